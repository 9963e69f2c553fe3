using System.Globalization;

namespace Tocsin.Telemetry;

/// <summary>Whether things are as they should be.</summary>
/// <param name="Details">What is not, each a sentence without a full stop.</param>
public sealed record StabilityVerdict(bool MetricsOk, bool LogsOk, IReadOnlyList<string> Details)
{
    public bool IsStable => MetricsOk && LogsOk;
}

public enum StabilityTrend
{
    /// <summary>There is nothing to judge by.</summary>
    Unknown,
    Stable,
    Improving,
    Degrading,
    Critical,
}

/// <summary>The rules by which the reliability assistant calls a system stable. Pure; all comparisons are strict.</summary>
public static class StabilityRules
{
    /// <summary>How far back lines count.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    /// <summary>Verdicts that a trend is made of, and how far apart they are.</summary>
    public const int TrendOf = 5;

    public static readonly TimeSpan TrendStep = TimeSpan.FromMinutes(1);

    private const int MostErrors = 10;
    private const int MostAlike = 5;
    private const int AlikeLength = 50;

    /// <summary>Judges the newest figures of all services and the lines of the last five minutes.</summary>
    /// <param name="baseline">What the workspace calls usual; null: nothing was set.</param>
    public static StabilityVerdict Decide(
        IReadOnlyList<ServiceSnapshot> snapshots, IReadOnlyList<LogLine> lines, IReadOnlyDictionary<SnapshotField, double>? baseline, DateTimeOffset now)
    {
        List<string> metrics = [.. snapshots.SelectMany(AnomalyRules.Limits).Select(s => s.Text)];
        foreach (var snapshot in snapshots)
        {
            metrics.AddRange(OverBaseline(snapshot, baseline, SnapshotField.LatencyMs, 2));
            metrics.AddRange(OverBaseline(snapshot, baseline, SnapshotField.ErrorRate, 3));
        }

        string[] logs = [.. OfLines([.. lines.Where(l => l.At > now - Window && l.At <= now)])];
        return new(metrics.Count == 0, logs.Length == 0, [.. metrics, .. logs]);
    }

    /// <param name="stable">The last verdicts, at most <see cref="TrendOf"/>, in any order.</param>
    public static StabilityTrend Trend(IReadOnlyCollection<bool> stable) => stable.Count(s => s) switch
    {
        _ when stable.Count == 0 => StabilityTrend.Unknown,
        var good when good == stable.Count => StabilityTrend.Stable,
        0 => StabilityTrend.Critical,
        var good when good * 2 > stable.Count => StabilityTrend.Improving,
        _ => StabilityTrend.Degrading,
    };

    public static bool ShouldRerunAgent(StabilityTrend trend, int stable) =>
        trend is StabilityTrend.Critical or StabilityTrend.Degrading || (trend == StabilityTrend.Improving && stable < 3);

    private static IEnumerable<string> OverBaseline(ServiceSnapshot snapshot, IReadOnlyDictionary<SnapshotField, double>? baseline, SnapshotField field, int times)
    {
        if (baseline is not null && baseline.TryGetValue(field, out var usual) && usual > 0 && snapshot.Values.TryGetValue(field, out var value) && value > times * usual)
        {
            var of = snapshot.Service.Length == 0 ? "" : $"{snapshot.Service}: ";
            yield return string.Create(CultureInfo.InvariantCulture, $"{of}{field.Name()} of {value:0.###}, more than {times} times the baseline of {usual:0.###}");
        }
    }

    private static IEnumerable<string> OfLines(IReadOnlyList<LogLine> lines)
    {
        var criticals = lines.Count(l => l.Level == LineLevel.Critical);
        if (criticals > 0)
        {
            yield return criticals == 1 ? "a critical line within 5 minutes" : $"{criticals} critical lines within 5 minutes";
        }

        var errors = lines.Count(l => l.Level == LineLevel.Error);
        if (errors > MostErrors)
        {
            yield return $"{errors} errors within 5 minutes";
        }

        var alike = lines.Where(l => l.Level >= LineLevel.Error)
            .GroupBy(l => l.Message.Length <= AlikeLength ? l.Message : l.Message[..AlikeLength], StringComparer.Ordinal)
            .MaxBy(g => g.Count());
        if (alike?.Count() > MostAlike)
        {
            yield return $"{alike.Count()} times the same error: {alike.Key.ReplaceLineEndings(" ")}";
        }
    }
}
