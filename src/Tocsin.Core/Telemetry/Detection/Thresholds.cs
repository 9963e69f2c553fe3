using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>The limits of a snapshot, for each service by itself, and only where a figure is over its limit for five minutes.</summary>
public static class Thresholds
{
    private const int For = 5;

    /// <summary>What is a little below the limit keeps a finding open.</summary>
    private const double Almost = 0.95;

    /// <summary>The limit of a figure, in its unit; null: it has none.</summary>
    public static double? LimitOf(DetectorRule rule, SnapshotField field) => LimitsOf(rule, field)?.Limit;

    public static Observation? Decide(SeriesHistory series, DetectorRule rule, long minute)
    {
        if (series.Field is not { } field || LimitsOf(rule, field) is not { } limits)
        {
            return null;
        }

        var to = minute + 1;
        double[] values = [.. series.Values.Known(to - For, to).Select(v => v * series.Factor)];
        if (values.Length < 3 || values.Min() <= limits.Limit * Almost)
        {
            return null;
        }

        var least = values.Min();
        return new(
            Detectors.Threshold, series.Service, field.Name(), least > limits.Limit, rule.Severity ?? (least > limits.Severe ? Severity.High : Severity.Warning),
            $"{Figures.Service(series.Service)}: {field.Name()} over {Figures.Of(limits.Limit)}: {Figures.Of(values[^1])}",
            "A figure is over its limit.",
            [$"{Figures.Of(values[^1])} at {Figures.Clock(minute)}; over {Figures.Of(limits.Limit)} for the last {For} minutes, at least {Figures.Of(least)} in all of them"])
        {
            Since = Minutes.At(to - For),
        };
    }

    private static (double Limit, double Severe)? LimitsOf(DetectorRule rule, SnapshotField field)
    {
        var usual = AnomalyRules.LimitOf(field);
        return rule.Limits.TryGetValue(field, out var limit)
            ? (limit, usual is { } u && u.Severe > limit ? u.Severe : double.PositiveInfinity)
            : usual;
    }
}
