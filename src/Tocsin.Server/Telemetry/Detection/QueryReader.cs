namespace Tocsin.Telemetry;

/// <summary>Asks the fixed questions of a workspace.</summary>
internal sealed class QueryReader(LogSearch logs, MetricQuery metrics)
{
    private const int MostSeries = 100;

    /// <summary>Minutes of one reading.</summary>
    private const int Piece = 900;

    /// <param name="now">The end of the time that is asked for.</param>
    /// <returns>What is so; and whether everything could be counted in time: if not, nothing found does not mean no.</returns>
    public async Task<(IReadOnlyList<Observation> Found, bool IsComplete)> AskAsync(long workspace, DetectorRule rule, DateTimeOffset now, CancellationToken ct)
    {
        var query = rule.Query!;
        if (query.Metric is not { } metric)
        {
            var asked = new LogQuery { From = now - query.Within, To = now, Text = query.Text ?? "", Least = query.Least, Service = rule.Service };
            var histogram = await logs.HistogramAsync(workspace, asked, 1, ct, logs.Budget);
            return (FixedQueries.OfLines(rule, histogram.Buckets.Sum(b => b.Total), now) is { } seen ? [seen] : [], histogram.Complete);
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

        return (found, true);
    }

    /// <summary>What the answers of a span rest on, for a look back.</summary>
    /// <param name="from">The first minute that is asked about; what is needed before it is read too.</param>
    /// <param name="to">The minute after the last.</param>
    public async Task<QueryPast> ReadSpanAsync(long workspace, DetectorRule rule, long from, long to, CancellationToken ct)
    {
        var query = rule.Query!;
        var (lines, series, isComplete) = (new MinuteValues(0), new Dictionary<(string Service, string Key), MinuteValues>(), true);
        var filter = new SeriesFilter { Name = query.Metric, Service = rule.Service };
        Aggregation[] ways = query.Metric is null ? [] : [.. (await metrics.SeriesAsync(workspace, filter, MostSeries, ct)).Select(HistoryKeeper.HowOf).Distinct()];
        for (var first = from - (long)query.Within.TotalMinutes; first < to; first += Piece)
        {
            var (begin, end) = (Minutes.At(first), Minutes.At(Math.Min(to, first + Piece)));
            if (query.Metric is null)
            {
                var asked = new LogQuery { From = begin, To = end, Text = query.Text ?? "", Least = query.Least, Service = rule.Service };
                var histogram = await logs.HistogramAsync(workspace, asked, (int)(end - begin).TotalMinutes, ct);
                isComplete &= histogram.Complete;
                foreach (var bucket in histogram.Buckets.Where(b => b.Total > 0))
                {
                    lines.Add(Minutes.Of(bucket.At), bucket.Total);
                }
            }

            foreach (var how in ways)
            {
                foreach (var (read, points) in await metrics.RangeAsync(workspace, filter, begin, end, TimeSpan.FromMinutes(1), how, MostSeries, ct))
                {
                    if (HistoryKeeper.HowOf(read) != how)
                    {
                        continue;
                    }

                    var key = (read.Service, HistoryKeeper.KeyOf(read));
                    if (!series.TryGetValue(key, out var values))
                    {
                        series[key] = values = new(double.NaN);
                    }

                    foreach (var point in points)
                    {
                        values[point.AtMicros / 60_000_000] = point.Value;
                    }
                }
            }
        }

        return new(rule, lines, series, isComplete);
    }
}
