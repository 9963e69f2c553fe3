using Tocsin.Alerts;
using Tocsin.Routing;

namespace Tocsin.Reports;

public enum NoiseAdviceKind
{
    RaiseWait,
    LowerUrgency,
    QuietHours,
    Silence,
    Damp,
}

/// <param name="Text">What the figures say, and what to do about it; whole sentences.</param>
public sealed record NoiseAdvice(NoiseAdviceKind Kind, string Text);

/// <summary>What one alert meant for people. An incident counts for each of the names that its alerts have. Formulas: <c>docs/reference/reports.md</c>.</summary>
public sealed record NoiseFigures
{
    public required AlertName Alert { get; init; }

    /// <summary>The worst of its incidents.</summary>
    public Severity Severity { get; init; }

    public int Incidents { get; init; }

    /// <summary>Calls to people.</summary>
    public int Pages { get; init; }

    public int PagesAtNight { get; init; }

    /// <summary>Of the incidents those that are over.</summary>
    public int Ended { get; init; }

    /// <summary>Of those the ones that ended by themselves within <see cref="NoiseRules.SoonOver"/>, before anybody answered.</summary>
    public int EndedSoonAlone { get; init; }

    /// <summary>How long nine of ten of those lasted at most; null: there is none.</summary>
    public TimeSpan? SoonP90 { get; init; }

    /// <summary>Of those that are over the ones that no person acknowledged, snoozed or resolved.</summary>
    public int NeverAnswered { get; init; }

    /// <summary>Of those that are over the ones that paged somebody.</summary>
    public int EndedPaged { get; init; }

    /// <summary>Of those the ones that nobody answered.</summary>
    public int PagedNeverAnswered { get; init; }

    /// <summary>How often it was back within <see cref="NoiseRules.SoonBack"/> of an end, in the same incident or a new one of its group.</summary>
    public int Flaps { get; init; }

    public IReadOnlyList<NoiseAdvice> Advice { get; init; } = [];
}

/// <summary>How much must be seen before something is said about it.</summary>
public static class NoiseRules
{
    /// <summary>Who takes longer than this to end was not only a blip.</summary>
    public static readonly TimeSpan SoonOver = TimeSpan.FromMinutes(10);

    public static readonly TimeSpan SoonBack = TimeSpan.FromMinutes(30);

    /// <summary>Incidents that are over, for advice about how they end and whether they are answered.</summary>
    public const int LeastEnded = 5;

    /// <summary>In percent of those that are over.</summary>
    public const int LeastSoonAlone = 80;

    public const int LeastAtNight = 3;

    public const int LeastFlaps = 5;

    /// <summary>In percent of the incidents.</summary>
    public const int LeastFlapShare = 30;
}

public sealed record NoiseReport(IReadOnlyList<NoiseFigures> Alerts)
{
    /// <param name="incidents">Those that the report is about.</param>
    /// <param name="acts">On these incidents at least.</param>
    /// <param name="links">In any order; the same one may come twice.</param>
    /// <param name="calls">As <see cref="PeopleReport"/> has them.</param>
    public static NoiseReport Of(IReadOnlyList<IncidentFact> incidents, IEnumerable<ActFact> acts, IEnumerable<AlertLinkFact> links, IEnumerable<Call> calls)
    {
        var first = ResponseReport.FirstAnswers(acts);
        var callsOf = calls.ToLookup(c => c.Incident);
        var flapsOf = FlapsOf(incidents);
        var byNumber = incidents.ToDictionary(i => i.Number);
        var lines = links.Distinct().Where(l => byNumber.ContainsKey(l.Incident)).GroupBy(l => l.Alert)
            .Select(g => Figures(g.Key, [.. g.Select(l => byNumber[l.Incident])], first, callsOf, flapsOf))
            .OrderByDescending(n => n.Pages).ThenByDescending(n => n.Incidents).ThenByDescending(n => n.Flaps)
            .ThenBy(n => n.Alert.Name, StringComparer.Ordinal).ThenBy(n => n.Alert.Service, StringComparer.Ordinal).ThenBy(n => n.Alert.Source, StringComparer.Ordinal);
        return new([.. lines]);
    }

    private static NoiseFigures Figures(
        AlertName alert, IncidentFact[] incidents, IReadOnlyDictionary<long, DateTimeOffset> first, ILookup<long, Call> callsOf, Dictionary<long, int> flapsOf)
    {
        bool IsAnswered(IncidentFact incident) => first.ContainsKey(incident.Number);

        var ended = incidents.Where(i => !i.IsOpen).ToArray();
        var soon = ended.Where(i => i.EndedByItself && !IsAnswered(i) && i.EndedAt - i.CreatedAt <= NoiseRules.SoonOver).ToArray();
        var paged = ended.Where(i => callsOf.Contains(i.Number)).ToArray();
        var figures = new NoiseFigures
        {
            Alert = alert,
            Severity = incidents.Max(i => i.Severity),
            Incidents = incidents.Length,
            Pages = incidents.Sum(i => callsOf[i.Number].Count()),
            PagesAtNight = incidents.Sum(i => callsOf[i.Number].Count(c => c.AtNight)),
            Ended = ended.Length,
            EndedSoonAlone = soon.Length,
            SoonP90 = Spread.Of(soon.Select(i => i.EndedAt!.Value - i.CreatedAt))?.P90,
            NeverAnswered = ended.Count(i => !IsAnswered(i)),
            EndedPaged = paged.Length,
            PagedNeverAnswered = paged.Count(i => !IsAnswered(i)),
            Flaps = incidents.Sum(i => flapsOf[i.Number]),
        };
        return figures with { Advice = [.. AdviceOf(figures, incidents, callsOf)] };
    }

    private static IEnumerable<NoiseAdvice> AdviceOf(NoiseFigures n, IncidentFact[] incidents, ILookup<long, Call> callsOf)
    {
        if (n.Ended >= NoiseRules.LeastEnded && n.EndedSoonAlone * 100 >= n.Ended * NoiseRules.LeastSoonAlone)
        {
            var minutes = (int)Math.Max(1, Math.Ceiling(n.SoonP90!.Value.TotalMinutes));
            yield return new(NoiseAdviceKind.RaiseWait,
                $"Ends by itself, before anybody answers, in {n.EndedSoonAlone * 100 / n.Ended} % of {n.Ended} incidents, 9 of 10 of those within {minutes} min. "
                + $"Let it last longer before it tells anybody: raise its for: duration by {minutes} min, or the group_wait of its route to {minutes}m.");
        }

        var lenient = incidents.Where(i => i.Severity <= Severity.Warning).ToArray();
        int AtNight(Urgency urgency) => lenient.Where(i => i.Urgency == urgency).Sum(i => callsOf[i.Number].Count(c => c.AtNight));
        if (AtNight(Urgency.High) is >= NoiseRules.LeastAtNight and var loud)
        {
            yield return new(NoiseAdviceKind.LowerUrgency, $"Paged {loud} times at night although its severity is {Word(lenient)}. Make it low urgency on its route, so that it can wait for the morning.");
        }

        if (AtNight(Urgency.Low) is >= NoiseRules.LeastAtNight and var quiet)
        {
            yield return new(NoiseAdviceKind.QuietHours, $"Paged {quiet} times at night although it is of low urgency. Let people set quiet hours, or give the steps of its policy hours.");
        }

        if (n.EndedPaged >= NoiseRules.LeastEnded && n.PagedNeverAnswered == n.EndedPaged)
        {
            yield return new(NoiseAdviceKind.Silence, $"Nobody answered any of the {n.EndedPaged} incidents that paged and are over. Route it to policy none, or silence it; if it matters, find out why nobody answers.");
        }

        if (n.Flaps >= NoiseRules.LeastFlaps && n.Flaps * 100 >= n.Incidents * NoiseRules.LeastFlapShare)
        {
            yield return new(NoiseAdviceKind.Damp,
                $"Was back within {NoiseRules.SoonBack.TotalMinutes:0} min of its end {n.Flaps} times in {n.Incidents} incidents. Give it two limits, one to begin and one to end (keep_firing_for), or a longer group_interval.");
        }
    }

    /// <summary>How often each incident, by its number, was back soon after an end.</summary>
    private static Dictionary<long, int> FlapsOf(IReadOnlyList<IncidentFact> incidents)
    {
        var flaps = incidents.ToDictionary(i => i.Number, i => i.Reopened);
        foreach (var group in incidents.GroupBy(i => i.Group))
        {
            foreach (var (before, after) in Neighbours([.. group.OrderBy(i => i.CreatedAt).ThenBy(i => i.Number)]))
            {
                flaps[after.Number] += before.EndedAt is { } ended && after.CreatedAt - ended is var rest && rest >= TimeSpan.Zero && rest <= NoiseRules.SoonBack ? 1 : 0;
            }
        }

        return flaps;
    }

    private static IEnumerable<(IncidentFact Before, IncidentFact After)> Neighbours(IncidentFact[] row) => row.Zip(row.Skip(1));

    private static string Word(IncidentFact[] incidents) => incidents.Max(i => i.Severity) == Severity.Warning ? "warning" : "info";
}
