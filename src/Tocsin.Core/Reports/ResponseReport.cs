using Tocsin.Incidents;
using Tocsin.Routing;

namespace Tocsin.Reports;

/// <summary>How incidents of a span were answered. What began in the span counts, with all that happened to it since. Formulas: <c>docs/reference/reports.md</c>.</summary>
public sealed record ResponseFigures
{
    public int Incidents { get; init; }

    public int HighUrgency { get; init; }

    public int LowUrgency { get; init; }

    /// <summary>By what they are now.</summary>
    public int Triggered { get; init; }

    public int Acknowledged { get; init; }

    public int Snoozed { get; init; }

    public int Resolved { get; init; }

    /// <summary>From the beginning until a person first acknowledged, snoozed or resolved; null: nobody did.</summary>
    public Spread? TimeToAcknowledge { get; init; }

    /// <summary>From the beginning to the last end, of those that a person answered or that somebody ended; null: there is none.</summary>
    public Spread? TimeToResolve { get; init; }

    /// <summary>The same of those that ended by themselves before anybody answered; null: there is none.</summary>
    public Spread? TimeToEndAlone { get; init; }

    /// <summary>Came back at least once after an end.</summary>
    public int Reopened { get; init; }

    /// <summary>Open, and no person has answered yet: their times are in no figure.</summary>
    public int Waiting { get; init; }

    /// <summary>How long the longest of those has waited; null: none waits.</summary>
    public TimeSpan? LongestWait { get; init; }

    /// <summary>Those that ended by themselves before anybody answered.</summary>
    public int EndedAlone => TimeToEndAlone?.Count ?? 0;

    public int Open => Incidents - Resolved;
}

/// <summary>The figures of the incidents that have one name in common.</summary>
/// <param name="Name">Null: those that have no team, or no service.</param>
public sealed record ResponseLine(string? Name, ResponseFigures Figures);

/// <summary>What began within a day or a week of the wall clock that the report is drawn for.</summary>
public sealed record ResponseBucket(DateOnly From, int HighUrgency, int LowUrgency, TimeSpan? MedianTimeToAcknowledge);

public sealed record ResponseReport(
    ResponseFigures All, IReadOnlyList<ResponseLine> Teams, IReadOnlyList<ResponseLine> Services, IReadOnlyList<ResponseBucket> Buckets, bool ByWeek)
{
    /// <summary>Spans up to this long are told by days, longer ones by weeks that begin on Monday.</summary>
    public static readonly TimeSpan LongestByDay = TimeSpan.FromDays(35);

    /// <param name="incidents">Those that began from <paramref name="from"/> to <paramref name="to"/>.</param>
    /// <param name="acts">On these incidents at least; in any order.</param>
    /// <param name="clock">On whose wall clock days begin.</param>
    public static ResponseReport Of(
        IReadOnlyList<IncidentFact> incidents, IEnumerable<ActFact> acts, PersonalClock clock, DateTimeOffset from, DateTimeOffset to, DateTimeOffset now)
    {
        var first = FirstAnswers(acts);
        var byWeek = to - from > LongestByDay;
        return new(
            Figures(incidents, first, now), Lines(incidents, i => i.Team, first, now), Lines(incidents, i => i.Service, first, now),
            [.. BucketsOf(incidents, first, clock, from, to, byWeek)], byWeek);
    }

    /// <summary>When each incident was first taken by a person, by its number.</summary>
    public static IReadOnlyDictionary<long, DateTimeOffset> FirstAnswers(IEnumerable<ActFact> acts) =>
        acts.Where(a => a is { User: not null, Kind: not ActKind.Heard }).GroupBy(a => a.Incident).ToDictionary(g => g.Key, g => g.Min(a => a.At));

    private static ResponseLine[] Lines(
        IReadOnlyList<IncidentFact> incidents, Func<IncidentFact, string?> name, IReadOnlyDictionary<long, DateTimeOffset> first, DateTimeOffset now) =>
    [
        .. incidents.GroupBy(name, StringComparer.Ordinal).Select(g => new ResponseLine(g.Key, Figures([.. g], first, now)))
            .OrderByDescending(l => l.Figures.Incidents).ThenBy(l => l.Name, StringComparer.Ordinal),
    ];

    private static ResponseFigures Figures(IReadOnlyList<IncidentFact> incidents, IReadOnlyDictionary<long, DateTimeOffset> first, DateTimeOffset now)
    {
        int Count(Func<IncidentFact, bool> which) => incidents.Count(which);
        bool IsAnswered(IncidentFact incident) => first.ContainsKey(incident.Number);

        var waiting = incidents.Where(i => i.IsOpen && !IsAnswered(i)).ToArray();
        var alone = incidents.Where(i => i is { EndedAt: not null, EndedByItself: true } && !IsAnswered(i)).ToArray();
        return new()
        {
            Incidents = incidents.Count,
            HighUrgency = Count(i => i.Urgency == Urgency.High),
            LowUrgency = Count(i => i.Urgency == Urgency.Low),
            Triggered = Count(i => i.Status == IncidentStatus.Triggered),
            Acknowledged = Count(i => i.Status == IncidentStatus.Acknowledged),
            Snoozed = Count(i => i.Status == IncidentStatus.Snoozed),
            Resolved = Count(i => i.Status == IncidentStatus.Resolved),
            TimeToAcknowledge = Spread.Of(incidents.Where(IsAnswered).Select(i => After(i, first[i.Number]))),
            TimeToResolve = Spread.Of(incidents.Where(i => !i.IsOpen && (IsAnswered(i) || !i.EndedByItself)).Select(i => After(i, i.EndedAt!.Value))),
            TimeToEndAlone = Spread.Of(alone.Select(i => After(i, i.EndedAt!.Value))),
            Reopened = Count(i => i.Reopened > 0),
            Waiting = waiting.Length,
            LongestWait = waiting.Length == 0 ? null : waiting.Max(i => After(i, now)),
        };
    }

    private static IEnumerable<ResponseBucket> BucketsOf(
        IReadOnlyList<IncidentFact> incidents, IReadOnlyDictionary<long, DateTimeOffset> first, PersonalClock clock, DateTimeOffset from, DateTimeOffset to, bool byWeek)
    {
        DateOnly BeginOf(DateTimeOffset at) => clock.DayOf(at) is var day && byWeek ? day.AddDays(-(((int)day.DayOfWeek + 6) % 7)) : day;

        var known = incidents.ToLookup(i => BeginOf(i.CreatedAt));
        var last = BeginOf(to.AddTicks(-1));
        for (var begin = BeginOf(from); begin <= last; begin = begin.AddDays(byWeek ? 7 : 1))
        {
            var its = known[begin].ToArray();
            yield return new(
                begin, its.Count(i => i.Urgency == Urgency.High), its.Count(i => i.Urgency == Urgency.Low),
                Spread.Of(its.Where(i => first.ContainsKey(i.Number)).Select(i => After(i, first[i.Number])))?.Median);
        }
    }

    private static TimeSpan After(IncidentFact incident, DateTimeOffset at) => at > incident.CreatedAt ? at - incident.CreatedAt : TimeSpan.Zero;
}
