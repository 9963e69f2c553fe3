using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>
/// More errors within five minutes than a service's own past explains: that of the last two hours, and that of the same time on earlier days. Without a
/// past it takes many errors, and a good share of all lines.
/// </summary>
public static class ErrorBurst
{
    /// <summary>Minutes of one piece.</summary>
    internal const int Piece = 5;

    /// <summary>Pieces before the newest that say how things usually are, after a gap of two that may belong to the burst.</summary>
    private const int Recent = 22;

    private const int Gap = 2;

    private const double Least = 10;
    private const double LeastWithoutPast = 30;

    /// <param name="minute">The newest whole minute.</param>
    public static Observation? Decide(ServiceHistory service, DetectorRule rule, long minute)
    {
        var strict = Strictness(rule.Sensitivity);
        var to = minute + 1;
        var errors = service.Errors.Sum(to - Piece, to);
        if (errors < Least * strict / 2)
        {
            return null;
        }

        var recent = service.Errors.Pieces(to - Piece - (Gap * Piece), Recent, Piece);
        var lines = service.Lines.Sum(to - Piece, to);
        var known = minute - service.KnownSince;
        if (known < 60)
        {
            return WithoutPast(service, rule, minute, errors, lines, strict);
        }

        // A service that is younger than two hours has fewer pieces to its name.
        var past = Past.Of(recent.AsSpan(Math.Max(0, Recent - (int)((known / Piece) - Gap - 1))), Usual(service.Errors, service.KnownSince, minute));
        var share = lines > 0 ? Math.Min(1, errors / lines) : 1;
        var before = ShareBefore(service, to);
        var limit = Math.Max(Least * strict, Math.Max(past.Median + (6 * strict * past.Deviation), Math.Max(1.5 * past.High, 1.5 * past.UsualHigh)));
        var still = Math.Max(Least * strict / 2, past.Median + (3 * strict * past.Deviation));

        // What is over within minutes, as when a new version starts, wakes nobody: unless there is very much of it, it must last.
        var lasts = service.Errors.Sum(to - (2 * Piece), to - Piece);
        var isClear = errors > limit && (errors > 3 * limit || lasts > limit);

        // Where errors grow as all lines do, there is more traffic and not more trouble.
        var isTraffic = before is > 0 and < 0.5 && share < 1.5 * before;
        return errors > still && !isTraffic
            ? Seen(service, rule, minute, isClear, errors >= 2 * limit, errors,
            [
                $"{Figures.Of(errors)} errors within 5 minutes until {Figures.Clock(to)}",
                $"in the two hours before: median {Figures.Of(past.Median)}, at most {Figures.Of(past.High)} within 5 minutes",
                .. past.UsualCount > 0 ? [$"at this time on {past.UsualCount} earlier days: at most {Figures.Of(past.UsualHigh)}"] : Array.Empty<string>(),
                $"{Figures.Share(share)} of all lines are errors, {(before is { } was ? Figures.Share(was) : "unknown")} before",
            ])
            : null;
    }

    internal static double Strictness(Sensitivity sensitivity) => sensitivity switch
    {
        Sensitivity.Low => 1.6,
        Sensitivity.High => 0.65,
        _ => 1,
    };

    /// <summary>The highest pieces of each earlier day around the same time, and what both of the last two days had.</summary>
    internal static (double[] Days, double Lately) Usual(MinuteValues values, long knownSince, long minute)
    {
        double High(long there) => values.Pieces(there + Season.Around, 2 * Season.Around / Piece, Piece).Max();
        return ([.. Season.Before(minute, knownSince).Select(High)], Season.Lately(minute, knownSince).Select(High).DefaultIfEmpty(0).Min());
    }

    private static Observation? WithoutPast(ServiceHistory service, DetectorRule rule, long minute, double errors, double lines, double strict) =>
        errors > LeastWithoutPast * strict / 2 && errors >= 0.2 * lines
            ? Seen(service, rule, minute, errors > LeastWithoutPast * strict, errors > 4 * LeastWithoutPast * strict, errors,
            [
                $"{Figures.Of(errors)} errors within 5 minutes until {Figures.Clock(minute + 1)}, {Figures.Share(lines > 0 ? Math.Min(1, errors / lines) : 1)} of all lines",
                "the service is known for less than an hour, so that nothing says what is usual",
            ])
            : null;

    private static Observation Seen(ServiceHistory service, DetectorRule rule, long minute, bool clear, bool severe, double errors, IReadOnlyList<string> evidence) => new(
        Detectors.ErrorBurst, service.Name, "", clear, rule.Severity ?? (severe ? Severity.High : Severity.Warning),
        $"{Figures.Service(service.Name)}: {Figures.Of(errors)} errors within 5 minutes", "Far more errors than this service usually writes at this time.", evidence)
    {
        Since = Minutes.At(minute + 1 - Piece),
    };

    private static double? ShareBefore(ServiceHistory service, long to)
    {
        var (from, end) = (to - ((Recent + Gap + 1) * Piece), to - ((Gap + 1) * Piece));
        var lines = service.Lines.Sum(from, end);
        return lines > 0 ? Math.Min(1, service.Errors.Sum(from, end) / lines) : null;
    }
}

/// <summary>What counts by pieces of time usually are.</summary>
/// <param name="High">The highest of the recent pieces; of many the second highest, so that one bad moment does not hide the next.</param>
/// <param name="UsualHigh">The median over earlier days of the highest piece around the same time, or what both of the last two days had if that is more.</param>
/// <param name="UsualCount">How many earlier days there are.</param>
internal readonly record struct Past(double Median, double Deviation, double High, double UsualHigh, int UsualCount)
{
    public static Past Of(ReadOnlySpan<double> recent, (double[] Days, double Lately) usual)
    {
        double[] sorted = [.. recent];
        Array.Sort(sorted);
        var high = sorted.Length == 0 ? 0 : sorted[^(sorted.Length >= 20 ? 2 : 1)];
        var (median, deviation) = sorted.Length == 0 ? (0, 0) : Robust.Spread(sorted);

        // Counts scatter by their root even where the past happens not to.
        deviation = Math.Max(deviation, Math.Max(1, Math.Sqrt(median)));
        return new(median, deviation, high, Math.Max(usual.Lately, usual.Days.Length == 0 ? 0 : Robust.Median([.. usual.Days])), usual.Days.Length);
    }
}
