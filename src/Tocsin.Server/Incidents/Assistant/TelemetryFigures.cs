using System.Globalization;
using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Incidents;

/// <summary>What logs and metrics come to, counted: lines of a day, shares of errors, latencies by hour, and how much came in the last hour.</summary>
internal sealed class TelemetryFigures(LogRates rates, MetricQuery metrics, AnomalyDesk rules)
{
    private const int MostSeries = 1_000;
    private const int MostServices = 5;

    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan _day = TimeSpan.FromDays(1);

    /// <summary>What the rules make of the last minutes.</summary>
    public async Task<AssistantTrend> TrendAsync(long workspace, CancellationToken ct)
    {
        var trend = await rules.TrendAsync(workspace, ct);
        return new(trend.Trend.ToString().ToLowerInvariant(), trend.Stable, trend.Total) { LatestStable = trend.Latest };
    }

    public async Task<AssistantBuffer> BufferAsync(long workspace, DateTimeOffset now, CancellationToken ct)
    {
        var counted = await rates.ReadAsync(workspace, now - _hour, now, ct);
        var series = (await metrics.SeriesAsync(workspace, new(), MostSeries, ct)).Where(s => s.LastAt >= now - _hour).ToList();
        return new(counted.Sum(r => r.Count), series.Count, series.Where(s => SnapshotNames.FieldOf(s.Name) is not null).Select(s => s.Service).Distinct(StringComparer.Ordinal).Count());
    }

    /// <summary>Lines of the last day by level, and the services with the greatest shares of errors.</summary>
    public async Task<(AssistantLogStats Lines, IReadOnlyList<AssistantErrorRate> Errors)> LinesAsync(long workspace, DateTimeOffset now, CancellationToken ct)
    {
        var counted = await rates.ReadAsync(workspace, now - _day, now, ct);
        long Of(LineLevel level) => counted.Where(r => r.Level == level).Sum(r => r.Count);
        return (
            new(counted.Sum(r => r.Count), Of(LineLevel.Debug), Of(LineLevel.Info), Of(LineLevel.Warning), Of(LineLevel.Error), Of(LineLevel.Critical)),
            [
                .. counted.GroupBy(r => r.Service, StringComparer.Ordinal)
                    .Select(g => (Service: g.Key.Length > 0 ? g.Key : "unknown", Errors: g.Where(r => r.Level >= LineLevel.Error).Sum(r => r.Count), Total: g.Sum(r => r.Count)))
                    .Where(s => s.Errors > 0).OrderByDescending(s => (double)s.Errors / s.Total).ThenByDescending(s => s.Errors).Take(MostServices)
                    .Select(s => new AssistantErrorRate(s.Service, Math.Round(100.0 * s.Errors / s.Total, 2), s.Errors, s.Total)),
            ]);
    }

    /// <summary>For each hour of the last day the 95th percentile of the slowest series: percentiles of several cannot be added up.</summary>
    public async Task<IReadOnlyList<AssistantHour>> LatencyAsync(long workspace, DateTimeOffset now, CancellationToken ct)
    {
        SortedDictionary<DateTimeOffset, double> slowest = [];
        var names = (await metrics.SeriesAsync(workspace, new(), MostSeries, ct)).Where(s => s.LastAt >= now - _day).Select(s => s.Name).Where(n => SnapshotNames.FieldOf(n) == SnapshotField.LatencyMs).Distinct(StringComparer.Ordinal);
        foreach (var name in names)
        {
            foreach (var (series, points) in await metrics.RangeAsync(workspace, new() { Name = name }, now - _day + _hour, now, _hour, Aggregation.P95, MostSeries, ct))
            {
                foreach (var point in points)
                {
                    slowest[point.At] = Math.Max(slowest.GetValueOrDefault(point.At, double.MinValue), point.Value * SnapshotNames.Factor(series.Name, series.Unit));
                }
            }
        }

        return [.. slowest.Select(p => new AssistantHour(p.Key.UtcDateTime.ToString("HH:mm", CultureInfo.InvariantCulture), Math.Round(p.Value, 2)))];
    }
}
