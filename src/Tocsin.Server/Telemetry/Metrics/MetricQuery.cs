using Tocsin.Data;
using Tocsin.Routing;

namespace Tocsin.Telemetry;

/// <summary>Reads series and their samples, from heads and chunks alike.</summary>
internal sealed class MetricQuery(TelemetryDatabase telemetry, MetricStore store, SeriesTables tables)
{
    /// <summary>Series of one query.</summary>
    public const int MostSeries = 1_000;

    /// <summary>Samples that <see cref="ReadAsync"/> gives, of all series together.</summary>
    public const int MostPoints = 1_000_000;

    /// <summary>Series that meet a filter, by name and service.</summary>
    /// <param name="limit">At least 1; of more the first are given.</param>
    /// <exception cref="ArgumentException">A regular expression of the filter is none; <see cref="MatcherText"/> refuses those before.</exception>
    /// <exception cref="StoreUnavailableException">The store is away.</exception>
    public async Task<IReadOnlyList<MetricSeries>> SeriesAsync(long workspace, SeriesFilter filter, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var compiled = CompiledMatcher.CompileAll(filter.Tags);
        var matchers = compiled.Ok ? compiled.Value : throw new ArgumentException(compiled.Error.Detail, nameof(filter));
        List<MetricSeries> found = [];
        await telemetry.Database.ReadAsync(
            session => store.SeriesAsync(session, workspace, filter.Name, filter.Service, series =>
            {
                var subject = new RouteSubject(series.Tags, default, null, null, "");
                if (matchers.All(m => m.IsMatch(subject)))
                {
                    found.Add(series);
                }

                return found.Count < limit;
            }),
            ct);

        // What this node stored itself is newer than what the rows say.
        return tables.Find(workspace) is { } table
            ? found.ConvertAll(series => table.Find(series.Id) is { } entry && entry.LastAt > series.LastAt.ToMicros() ? series with { LastAt = Instants.FromMicros(entry.LastAt) } : series)
            : found;
    }

    /// <summary>The samples of the series that meet a filter, in the order of time.</summary>
    /// <param name="to">Exclusive.</param>
    /// <param name="limit">Of series, 1 to <see cref="MostSeries"/>.</param>
    /// <returns>Every series, also those without samples in the span. Beyond <see cref="MostPoints"/> the later samples are left out: ask for less time, or for steps.</returns>
    /// <exception cref="StoreUnavailableException">The store is away.</exception>
    public async Task<IReadOnlyList<(MetricSeries Series, IReadOnlyList<MetricPoint> Points)>> ReadAsync(
        long workspace, SeriesFilter filter, DateTimeOffset from, DateTimeOffset to, int limit, CancellationToken ct)
    {
        var series = await SeriesAsync(workspace, filter, Math.Min(limit, MostSeries), ct);
        var lists = series.Select(static _ => new List<MetricPoint>()).ToArray();
        var left = MostPoints;
        await EachAsync(workspace, series, from.ToMicros(), to.ToMicros(), (i, points) =>
        {
            var taken = points[..Math.Min(points.Length, left)];
            left -= taken.Length;
            lists[i].AddRange(taken);
        }, ct);
        return [.. series.Select((s, i) => (s, (IReadOnlyList<MetricPoint>)lists[i]))];
    }

    /// <summary>One value a step of the series that meet a filter.</summary>
    /// <param name="from">The first step is the one that holds it.</param>
    /// <param name="to">Exclusive.</param>
    /// <param name="step">Steps begin at its whole multiples; those without samples have no value.</param>
    /// <param name="limit">Of series, 1 to <see cref="MostSeries"/>.</param>
    /// <exception cref="StoreUnavailableException">The store is away.</exception>
    public async Task<IReadOnlyList<(MetricSeries Series, IReadOnlyList<MetricPoint> Points)>> RangeAsync(
        long workspace, SeriesFilter filter, DateTimeOffset from, DateTimeOffset to, TimeSpan step, Aggregation how, int limit, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, TimeSpan.FromMilliseconds(1));
        var series = await SeriesAsync(workspace, filter, Math.Min(limit, MostSeries), ct);
        var steps = series.Select(s => new StepAggregator(how, s.Kind, step)).ToArray();
        var first = StepAggregator.StepOf(from.ToMicros(), step);
        var begin = how == Aggregation.Rate ? first - StepAggregator.PauseBefore(step) : first;
        await EachAsync(workspace, series, begin, to.ToMicros(), (i, points) =>
        {
            foreach (var point in points)
            {
                steps[i].Add(point);
            }
        }, ct);
        return [.. series.Select((s, i) => (s, steps[i].Finish(Instants.FromMicros(first))))];
    }

    /// <summary>The newest sample of each series since an instant; null: it has none.</summary>
    /// <exception cref="StoreUnavailableException">The store is away.</exception>
    public async Task<MetricPoint?[]> NewestAsync(long workspace, IReadOnlyList<MetricSeries> series, DateTimeOffset since, DateTimeOffset to, CancellationToken ct)
    {
        var newest = new MetricPoint?[series.Count];
        await EachAsync(workspace, series, since.ToMicros(), to.ToMicros(), (i, points) => newest[i] = points.IsEmpty ? newest[i] : points[^1], ct);
        return newest;
    }

    private delegate void Take(int series, ReadOnlySpan<MetricPoint> points);

    /// <summary>Hands over the points of each series in the order of time, a span after the other.</summary>
    private async Task EachAsync(long workspace, IReadOnlyList<MetricSeries> series, long from, long to, Take take, CancellationToken ct)
    {
        if (series.Count == 0 || from >= to)
        {
            return;
        }

        await telemetry.Database.ReadAsync(
            async session =>
            {
                // Heads first: what becomes a chunk from here on is then seen twice, which changes nothing, and not missed.
                var heads = series.ToDictionary(static s => s.Id, static _ => new PointList());
                var spans = new SortedSet<long>();
                foreach (var head in await store.HeadsAsync(session, workspace, from, to))
                {
                    HeadBlock.Read(head.Body, heads.GetValueOrDefault);
                }

                foreach (var points in heads.Values)
                {
                    points.Settle();
                    foreach (var point in points.Between(from, to))
                    {
                        spans.Add(MetricStore.SpanOf(point.AtMicros));
                    }
                }

                if (await store.SpansAsync(session, workspace) is { } kept)
                {
                    for (var span = Math.Max(MetricStore.SpanOf(from), kept.First); span <= kept.Last && span < to; span += MetricStore.SpanLength)
                    {
                        spans.Add(span);
                    }
                }

                var ids = series.Select(static s => s.Id).ToArray();
                PointList all = new();
                foreach (var span in spans)
                {
                    var chunks = (await store.ChunksAsync(session, workspace, span, ids)).ToLookup(static c => c.Series);
                    for (var i = 0; i < ids.Length; i++)
                    {
                        all.Clear();
                        foreach (var chunk in chunks[ids[i]])
                        {
                            Unpack(chunk.Body, all);
                        }

                        foreach (var point in heads[ids[i]].Between(span, span + MetricStore.SpanLength))
                        {
                            all.Add(point);
                        }

                        all.Settle();
                        take(i, all.Between(Math.Max(from, span), Math.Min(to, span + MetricStore.SpanLength)));
                    }
                }

                return true;
            },
            ct);
    }

    private static void Unpack(byte[] body, PointList points)
    {
        var reader = new BlockReader(body);
        PointCodec.Read(ref reader, points);
    }
}
