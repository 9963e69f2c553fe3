using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>
/// A metric far from where it was in the last two hours, and from where it was at this time on earlier days; or one that moved by less and stays
/// there, as a cumulative sum of its robust deviations shows. What only goes where it goes every day is neither.
/// </summary>
public static class MetricOutlier
{
    private const int Now = 9;
    private const int Gap = 10;
    private const int Recent = 120;
    private const int Leastknown = 30;
    private const double Far = 8;

    /// <summary>Minutes over which a move adds up, and of the past that it is held against.</summary>
    private const int Adding = 45;

    private const int Held = 120;
    private const double Slack = 1;
    private const double Enough = 25;

    /// <summary>What one wild value may add at most.</summary>
    private const double Most = 4;

    /// <summary>Hours of the past that a look needs.</summary>
    internal const int Hours = ((Adding + Held) / 60) + 1;

    /// <param name="service">Whose lines tell how much there is to do; null: nothing tells.</param>
    /// <param name="minute">The newest whole minute.</param>
    public static Observation? Decide(SeriesHistory series, ServiceHistory? service, DetectorRule rule, long minute)
    {
        var to = minute + 1;
        var newest = series.Values.Known(to - Now, to);
        if (newest.Count < 3)
        {
            return null;
        }

        var current = Robust.Median(newest.ToArray());
        var strict = ErrorBurst.Strictness(rule.Sensitivity);
        var traffic = IsMadeByTraffic(series) && service is not null ? Traffic(service, to) : 1;
        return OutOfReach(series, rule, minute, current, strict, traffic) ?? Moved(series, rule, minute, current, strict, traffic);
    }

    private static Observation? OutOfReach(SeriesHistory series, DetectorRule rule, long minute, double current, double strict, double traffic)
    {
        var to = minute + 1;
        var recent = Range.Of(series.Values.Known(to - Gap - Recent, to - Gap));
        if (recent is not { } near)
        {
            return null;
        }

        var distance = (current - near.Median) / near.Deviation;
        if (Math.Abs(distance) < Far * strict / 2 || IsExplained(current, near, traffic, Far * strict / 2) || !Matters(series, current, near.Median) || !IsBad(series, distance))
        {
            return null;
        }

        var seasons = Seasons(series, minute);
        var clear = Math.Abs(distance) >= Far * strict && near.IsBeyond(current);
        bool WasHere(Range season) =>
            (current - season.Median) / season.Deviation is var there && (Math.Sign(there) != Math.Sign(distance) || Math.Abs(there) < Far * strict / 2 || !season.IsBeyond(current));

        // One earlier day on which it was here too, for whatever reason, is enough to say that it can be.
        if (seasons.Exists(WasHere) || (Ranges(series, Season.Lately(minute, series.KnownSince)) is { Count: 2 } lately && lately.TrueForAll(WasHere)))
        {
            return null;
        }

        return Seen(series, rule, clear, current, near.Median, distance,
        [
            $"{Figures.Of(current, series.Unit)} (median of the last {Now} minutes until {Figures.Clock(to)})",
            $"in the two hours before: median {Figures.Of(near.Median, series.Unit)}, from {Figures.Of(near.Low)} to {Figures.Of(near.High)}: {Figures.Of(Math.Abs(distance))} deviations away",
            .. Told(series, seasons),
        ], to - Now);
    }

    private static Observation? Moved(SeriesHistory series, DetectorRule rule, long minute, double current, double strict, double traffic)
    {
        var to = minute + 1;
        if (Range.Of(series.Values.Known(to - Adding - Held, to - Adding)) is not { } before)
        {
            return null;
        }

        var (up, down, upSince, downSince) = (0.0, 0.0, to, to);
        for (var at = to - Adding; at < to; at++)
        {
            var value = series.Values[at];
            if (double.IsNaN(value))
            {
                continue;
            }

            var step = Math.Clamp((value - before.Median) / before.Deviation, -Most, Most);
            up = Math.Max(0, up + step - Slack);
            down = Math.Max(0, down - step - Slack);
            upSince = up == 0 ? at + 1 : upSince == to ? at : upSince;
            downSince = down == 0 ? at + 1 : downSince == to ? at : downSince;
        }

        var (sum, since) = up >= down ? (up, upSince) : (down, downSince);
        var level = Robust.Median([.. series.Values.Known(to - (2 * Now), to), current]);
        var distance = (level - before.Median) / before.Deviation;
        if (IsExplained(level, before, traffic, 3 * strict) || sum < Enough * strict / 2 || Math.Sign(distance) != (up >= down ? 1 : -1) || Math.Abs(distance) < 2 || !Matters(series, level, before.Median, 1.5) || !IsBad(series, distance))
        {
            return null;
        }

        // A move that it makes at this time on other days too is its way, wherever its level is.
        foreach (var there in Season.Before(minute, series.KnownSince))
        {
            var (was, is_) = (series.Values.Known(there - Adding - Held, there - Adding), series.Values.Known(there - Season.Around, there + Season.Around));
            if (was.Count >= Leastknown && is_.Count >= Leastknown)
            {
                var moved = Robust.Median(is_.ToArray()) - Robust.Median(was.ToArray());
                if (Math.Sign(moved) == Math.Sign(distance) && Math.Abs(moved) >= 0.4 * Math.Abs(level - before.Median))
                {
                    return null;
                }
            }
        }

        var seasons = Seasons(series, minute);
        if (seasons.Exists(s => !s.IsBeyond(level) && Math.Abs(level - s.Median) < 3 * s.Deviation))
        {
            return null;
        }

        var clear = sum >= Enough * strict && Math.Abs(distance) >= 5 * strict && to - since >= 10;
        return Seen(series, rule, clear, level, before.Median, distance,
        [
            $"since about {Figures.Clock(since)} around {Figures.Of(level, series.Unit)}, before around {Figures.Of(before.Median, series.Unit)}",
            $"{Figures.Of(Math.Abs(distance))} deviations away; the sum of deviations is {Figures.Of(sum)}, {Figures.Of(Enough * strict)} is enough",
            .. Told(series, seasons),
        ], since);
    }

    private static Observation Seen(SeriesHistory series, DetectorRule rule, bool clear, double current, double usual, double distance, IReadOnlyList<string> evidence, long since) => new(
        Detectors.MetricOutlier, series.Service, series.Key, clear, rule.Severity ?? Severity.Warning,
        $"{Figures.Service(series.Service)}: {Figures.Short(series.Key, 120)} is {(distance > 0 ? "high" : "low")}: {Figures.Of(current, series.Unit)}, usually {Figures.Of(usual, series.Unit)}",
        "A metric is far from where it usually is at this time.", evidence)
    {
        Since = Minutes.At(since),
    };

    /// <summary>More to do makes these higher without anything being wrong; it excuses neither errors nor waiting.</summary>
    private static bool IsMadeByTraffic(SeriesHistory series) => series.Field is null or SnapshotField.CpuPercent or SnapshotField.MemoryPercent;

    /// <summary>How many times as much a service has had to do lately as in the two hours before, by the lines that it writes; at least 1.</summary>
    private static double Traffic(ServiceHistory service, long to)
    {
        const int Piece = 4;
        const int Lately = 40 / Piece;
        var pieces = service.Lines.Pieces(to, Lately + (Held / Piece), Piece);
        var lately = pieces.AsSpan(^Lately..).ToArray().Max();
        var usual = Robust.Median(pieces.AsSpan(..^Lately));
        return usual > 0 ? Math.Max(1, lately / usual) : 1;
    }

    private static bool IsExplained(double current, Range before, double traffic, double enough) =>
        traffic > 1.3 && current > before.Median && (current - (before.Median * traffic * 1.15)) / before.Deviation < enough;

    private static IEnumerable<string> Told(SeriesHistory series, List<Range> seasons) => seasons.Count == 0
        ? ["there is no earlier day to hold it against"]
        : [$"at this time on {seasons.Count} earlier days: from {Figures.Of(seasons.Min(s => s.Low), series.Unit)} to {Figures.Of(seasons.Max(s => s.High), series.Unit)}"];

    private static List<Range> Seasons(SeriesHistory series, long minute) => Ranges(series, Season.Before(minute, series.KnownSince));

    private static List<Range> Ranges(SeriesHistory series, IReadOnlyList<long> days)
    {
        List<Range> seasons = [];
        foreach (var there in days)
        {
            if (Range.Of(series.Values.Known(there - Season.Around, there + Season.Around)) is { } range)
            {
                seasons.Add(range);
            }
        }

        return seasons;
    }

    /// <summary>Of figures whose direction is known only the bad one counts: nobody is told that errors are few.</summary>
    private static bool IsBad(SeriesHistory series, double distance) => series.Field switch
    {
        null => true,
        SnapshotField.Throughput => distance < 0,
        _ => distance > 0,
    };

    /// <summary>Whether anybody would care, however unusual it is.</summary>
    /// <param name="demand">More than 1 where less certain ways of finding ask for more.</param>
    private static bool Matters(SeriesHistory series, double current, double usual, double demand = 1)
    {
        var moved = Math.Abs(current - usual) * series.Factor / demand;
        return series.Field switch
        {
            SnapshotField.CpuPercent or SnapshotField.MemoryPercent => moved >= 15,
            SnapshotField.ErrorRate => moved >= 0.02,
            SnapshotField.LatencyMs => moved >= Math.Max(20, 0.3 * Math.Abs(usual) * series.Factor),
            _ => Math.Abs(current - usual) / demand >= 0.3 * Math.Abs(usual),
        };
    }

    /// <summary>Where values lie.</summary>
    /// <param name="Deviation">Never so small that a last digit counts as far.</param>
    private readonly record struct Range(double Median, double Deviation, double Low, double High)
    {
        /// <returns>Null: too few values to say.</returns>
        public static Range? Of(IReadOnlyList<double> known)
        {
            if (known.Count < Leastknown)
            {
                return null;
            }

            double[] sorted = [.. known];
            Array.Sort(sorted);
            var (low, high) = (sorted[1], sorted[^2]);
            var spread = (Robust.Quantile(sorted, 0.9) - Robust.Quantile(sorted, 0.1)) / 2.56;
            var (median, deviation) = Robust.Spread(sorted);
            return new(median, Math.Max(Math.Max(deviation, spread), Math.Max(0.02 * Math.Abs(median), 1e-9)), low, high);
        }

        public bool IsBeyond(double value) => value > High || value < Low;
    }
}
