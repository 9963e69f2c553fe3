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
    public static Observation? Decide(ServiceHistory service, DetectorRule rule, long minute, long watchedSince)
    {
        // Of a service that is a day old nobody knows whether it is meant to go on.
        var severity = minute - service.KnownSince >= Minutes.OfDay ? Severity.High : Severity.Warning;
        return Silence(m => service.Lines[m] > 0, service.KnownSince, service.LastAt, rule, minute, watchedSince) is { } silence
            ? Seen(service.Name, Lines, rule, silence, minute, "lines", severity)
            : null;
    }

    public static Observation? Decide(SeriesHistory series, DetectorRule rule, long minute, long watchedSince) =>
        Silence(m => !double.IsNaN(series.Values[m]), series.KnownSince, series.LastAt, rule, minute, watchedSince) is { } silence
            ? Seen(series.Service, series.Key, rule, silence, minute, $"values of {series.Key}", Severity.Warning)
            : null;

    /// <summary>Whether a service is one that speaks: it did within the hours that a look sees, or a day.</summary>
    public static bool IsSpeaker(ServiceHistory service, long minute) =>
        service.LastAt > minute - Minutes.OfDay || service.Lines.Sum(minute - Looked - LongestSilence, minute + 1) > 0;

    /// <summary>
    /// When most of a workspace falls silent at once, the way here is broken rather than each of them: one finding instead of many.
    /// </summary>
    /// <param name="speakers">How many services there are that are looked at.</param>
    public static IReadOnlyList<Observation> Together(IReadOnlyList<Observation> silent, int speakers)
    {
        int Count(Predicate<Observation> counts) => silent.Where(o => o.Key == Lines && counts(o)).Select(o => o.Service).Distinct(StringComparer.Ordinal).Count();
        var (fresh, all) = (Count(o => o.IsClear), Count(_ => true));
        if (speakers < 3 || all * 2 <= speakers)
        {
            return silent;
        }

        var isClear = fresh * 2 > speakers;
        Observation together = silent[0] with
        {
            Service = "",
            Key = "",
            IsClear = isClear,
            Severity = Severity.High,
            Title = $"{all} of {speakers} services are silent",
            Text = "Most services fell silent at about the same time: look at the way of logs and metrics to this server first.",
            Evidence = [.. silent.Where(o => o.Key == Lines).Take(10).Select(o => $"{Figures.Service(o.Service)}: {o.Evidence[0]}")],
        };
        return isClear ? [together] : [together, .. silent];
    }

    private static Observation Seen(string service, string key, DetectorRule rule, (long Last, long? Gap) silence, long minute, string what, Severity severity) => new(
        Detectors.MissingData, service, key, silence.Gap is not null, rule.Severity ?? severity,
        $"{Figures.Service(service)}: no {Figures.Short(what, 120)} for {minute - silence.Last} minutes",
        "What always spoke is silent: it has stopped, or what it sends does not arrive.",
        [$"last heard at {Figures.Clock(silence.Last)}{(silence.Gap is { } gap ? $"; in the two hours before, it was never silent for more than {gap} minutes" : "")}"])
    {
        Since = Minutes.At(silence.Last + 1),
    };

    /// <returns>
    /// The last minute that spoke, and the longest pause in the two hours before, if that makes it missed; null in its place: it is too long ago to say, or nobody
    /// watched, and it only keeps open what was found. Null: it is not silent, was never regular, or is given up.
    /// </returns>
    private static (long Last, long? Gap)? Silence(Func<long, bool> speaks, long knownSince, long lastAt, DetectorRule rule, long minute, long watchedSince)
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
                return lastAt <= minute - LongestSilence && lastAt > minute - Minutes.OfDay ? (lastAt, null) : null;
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

        var enough = Math.Max(least, 4 * longest);
        return spoken >= 20 && longest <= 10 && minute - last >= enough && last - knownSince >= Looked && !IsUsual(speaks, knownSince, minute, (long)least)
            ? (last, minute - Math.Max(last, watchedSince) >= enough ? longest : null)
            : null;
    }

    /// <summary>Whether it fell silent around this time on earlier days too: on one for long, on half of them for as long as counts, or on both of the last two.</summary>
    private static bool IsUsual(Func<long, bool> speaks, long knownSince, long minute, long least)
    {
        bool Paused(long there) => LongestPause(speaks, there - Season.Around, there + Season.Around) >= least;
        var days = Season.Before(minute, knownSince);
        return days.Any(there => !Any(speaks, there - Season.Around, there + 1)) || (days.Count > 0 && days.Count(Paused) * 2 >= days.Count)
            || (Season.Lately(minute, knownSince) is { Count: > 0 } lately && lately.All(Paused));
    }

    private static long LongestPause(Func<long, bool> speaks, long from, long to)
    {
        var (longest, pause) = (0L, 0L);
        for (var at = from; at < to; at++)
        {
            pause = speaks(at) ? 0 : pause + 1;
            longest = Math.Max(longest, pause);
        }

        return longest;
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
