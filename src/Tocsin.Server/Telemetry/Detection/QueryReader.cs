namespace Tocsin.Telemetry;

/// <summary>Asks the fixed questions of a workspace.</summary>
internal sealed class QueryReader(LogSearch logs, MetricQuery metrics)
{
    private const int MostSeries = 100;

    /// <param name="now">The end of the time that is asked for.</param>
    public async Task<IReadOnlyList<Observation>> AskAsync(long workspace, DetectorRule rule, DateTimeOffset now, CancellationToken ct)
    {
        var query = rule.Query!;
        if (query.Metric is not { } metric)
        {
            var asked = new LogQuery { From = now - query.Within, To = now, Text = query.Text ?? "", Least = query.Least, Service = rule.Service };
            var histogram = await logs.HistogramAsync(workspace, asked, 1, ct);
            return FixedQueries.OfLines(rule, histogram.Buckets.Sum(b => b.Total), now) is { } seen ? [seen] : [];
        }

        List<Observation> found = [];
        var filter = new SeriesFilter { Name = metric, Service = rule.Service };
        foreach (var how in (await metrics.SeriesAsync(workspace, filter, MostSeries, ct)).Select(HistoryKeeper.HowOf).Distinct())
        {
            foreach (var (series, points) in await metrics.RangeAsync(workspace, filter, now - query.Within, now, TimeSpan.FromMinutes(1), how, MostSeries, ct))
            {
                if (HistoryKeeper.HowOf(series) == how && FixedQueries.OfMetric(rule, HistoryKeeper.KeyOf(series), [.. points.Select(p => p.Value)], now) is { } seen)
                {
                    found.Add(seen with { Service = rule.Service ?? series.Service });
                }
            }
        }

        return found;
    }
}
