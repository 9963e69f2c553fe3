using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>A service that always wrote, or a metric that was always measured, and is silent.</summary>
public static class MissingData
{
    private const int Looked = 120;
    private const int LongestSilence = 150;
    private const int LeastSilence = 10;

    /// <summary>Of a service, so that series of it are told apart from its lines.</summary>
    private const string Lines = "";

    /// <param name="watchedSince">Silence of the time before it proves nothing.</param>
    public static Observation? Decide(ServiceHistory service, DetectorRule rule, long minute, long watchedSince) =>
        Silence(m => service.Lines[m] > 0, service.KnownSince, rule, minute, watchedSince) is { } silence
            ? Seen(service.Name, Lines, rule, silence, minute, "lines", Severity.High)
            : null;

    public static Observation? Decide(SeriesHistory series, DetectorRule rule, long minute, long watchedSince) =>
        Silence(m => !double.IsNaN(series.Values[m]), series.KnownSince, rule, minute, watchedSince) is { } silence
            ? Seen(series.Service, series.Key, rule, silence, minute, $"values of {series.Key}", Severity.Warning)
            : null;

    /// <summary>
    /// When most of a workspace falls silent at once, the way here is broken rather than each of them: one finding instead of many.
    /// </summary>
    /// <param name="speakers">How many services there are that are looked at.</param>
    public static IReadOnlyList<Observation> Together(IReadOnlyList<Observation> silent, int speakers)
    {
        string[] services = [.. silent.Where(o => o.IsClear && o.Key == Lines).Select(o => o.Service).Distinct(StringComparer.Ordinal)];
        return speakers >= 3 && services.Length * 2 > speakers
            ?
            [
                silent[0] with
                {
                    Service = "",
                    Key = "",
                    Severity = Severity.High,
                    Title = $"{services.Length} of {speakers} services are silent",
                    Text = "Most services fell silent at about the same time: look at the way of logs and metrics to this server first.",
                    Evidence = [.. silent.Where(o => o.Key == Lines).Take(10).Select(o => $"{Figures.Service(o.Service)}: {o.Evidence[0]}")],
                },
            ]
            : silent;
    }

    private static Observation Seen(string service, string key, DetectorRule rule, (long Last, long Gap) silence, long minute, string what, Severity severity) => new(
        Detectors.MissingData, service, key, true, rule.Severity ?? severity,
        $"{Figures.Service(service)}: no {Figures.Short(what, 120)} for {minute - silence.Last} minutes",
        "What always spoke is silent: it has stopped, or what it sends does not arrive.",
        [$"last heard at {Figures.Clock(silence.Last)}; in the two hours before, it was never silent for more than {silence.Gap} minutes"])
    {
        Since = Minutes.At(silence.Last + 1),
    };

    /// <returns>The last minute that spoke, and the longest pause in the two hours before; null: it is not silent, or was never regular.</returns>
    private static (long Last, long Gap)? Silence(Func<long, bool> speaks, long knownSince, DetectorRule rule, long minute, long watchedSince)
    {
        var least = LeastSilence * ErrorBurst.Strictness(rule.Sensitivity);
        for (var at = minute; at > minute - least; at--)
        {
            if (speaks(at))
            {
                return null;
            }
        }

        var last = minute - (long)least;
        while (!speaks(last))
        {
            if (--last <= minute - LongestSilence)
            {
                return null;
            }
        }

        var (longest, spoken, before) = (0L, 0, last - Looked);
        for (var at = last - Looked + 1; at <= last; at++)
        {
            if (speaks(at))
            {
                longest = Math.Max(longest, at - before);
                before = at;
                spoken++;
            }
        }

        var since = Math.Max(last, watchedSince);
        return spoken >= 20 && longest <= 10 && minute - since >= Math.Max(least, 4 * longest) && last - knownSince >= Looked
            && Season.Before(minute, knownSince).All(there => Any(speaks, there - Season.Around, there + 1))
            ? (last, longest)
            : null;
    }

    private static bool Any(Func<long, bool> speaks, long from, long to)
    {
        for (var at = from; at < to; at++)
        {
            if (speaks(at))
            {
                return true;
            }
        }

        return false;
    }
}
