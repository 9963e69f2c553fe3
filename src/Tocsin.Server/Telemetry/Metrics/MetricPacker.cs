using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Hosting;

namespace Tocsin.Telemetry;

/// <summary>
/// Turns heads into chunks, beside everything else: reads and counts outside of the writer's turn, and then puts the one in the place of the other in one
/// short transaction. Whatever ends it in between, each sample is in a head or in a chunk. Of several nodes that do it at once
/// the first is the one whose work counts.
/// </summary>
internal sealed class MetricPacker(TelemetryDatabase telemetry, MetricStore store, SeriesTables tables, TimeProvider clock, ILogger<MetricPacker> logger)
    : RepeatedWork(TimeSpan.FromSeconds(5), clock)
{
    /// <summary>Heads are left alone until one is older than this, or they hold <see cref="SamplesAtOnce"/>: the more of a series come together, the less is written.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>About as many samples become chunks in one transaction.</summary>
    public const int SamplesAtOnce = 500_000;

    /// <summary>A chunk that has as many points grows no more.</summary>
    public const int FullChunk = 480;

    private const int SeriesAtOnce = 500;

    public override async Task TurnAsync(CancellationToken ct)
    {
        tables.LetGo();
        foreach (var (workspace, samples, oldestAt) in await telemetry.Database.ReadAsync(store.WaitingAsync, ct))
        {
            if (samples >= SamplesAtOnce || Clock.GetUtcNow() - oldestAt >= Patience)
            {
                while (await PackAsync(workspace, ct))
                {
                    // As long as there is a full load.
                }
            }
        }
    }

    /// <summary>Makes chunks of the oldest heads of one workspace.</summary>
    /// <returns>Whether it is worth while to go on at once: there was a full load, and nobody else was faster.</returns>
    public async Task<bool> PackAsync(long workspace, CancellationToken ct)
    {
        var (turn, heads) = await telemetry.Database.ReadAsync(
            async session => (await store.TurnAsync(session, workspace), await store.OldestHeadsAsync(session, workspace, SamplesAtOnce)), ct);
        if (heads.Count == 0)
        {
            return false;
        }

        List<ChunkRow> chunks = [];
        List<(long Span, long Series)> closed = [];
        var (all, body) = (new PointList(), new BlockWriter());
        foreach (var (span, bySeries) in Sort(heads))
        {
            foreach (var series in bySeries.Keys.Order().Chunk(SeriesAtOnce))
            {
                var open = await telemetry.Database.ReadAsync(session => store.OpenChunksAsync(session, workspace, span, series), ct);
                var known = open.ToDictionary(static c => c.Series);
                foreach (var id in series)
                {
                    var chunk = Merge(span, id, known.TryGetValue(id, out var before) ? before : null, bySeries[id], turn, all, body);
                    chunks.Add(chunk);
                    if (chunk.Part != MetricStore.Open && before.Body is not null)
                    {
                        closed.Add((span, id));
                    }
                }
            }
        }

        return await telemetry.Database.WriteAsync(tx => store.PackAsync(tx, workspace, turn, heads, chunks, closed), ct)
            && heads.Sum(static h => (long)h.Samples) >= SamplesAtOnce;
    }

    protected override void Waits(string reason) => logger.PackingWaits(reason);

    protected override void Broke(Exception bug) => logger.PackingBroke(bug);

    /// <summary>The points of heads by span and series, those of later heads later.</summary>
    private static SortedDictionary<long, Dictionary<long, PointList>> Sort(List<HeadRow> heads)
    {
        SortedDictionary<long, Dictionary<long, PointList>> spans = [];
        PointList read = new();
        var (reading, start) = (0L, 0L);
        Dictionary<long, PointList>? span = null;
        foreach (var head in heads)
        {
            HeadBlock.Read(head.Body, series =>
            {
                Spread();
                reading = series;
                return read;
            });
            Spread();
        }

        return spans;

        void Spread()
        {
            // Most samples lie in the span of the one before.
            PointList? list = null;
            foreach (var point in read.Points)
            {
                if (span is null || point.AtMicros < start || point.AtMicros - start >= MetricStore.SpanLength)
                {
                    start = MetricStore.SpanOf(point.AtMicros);
                    span = spans.TryGetValue(start, out var known) ? known : spans[start] = [];
                    list = null;
                }

                if (list is null)
                {
                    ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(span, reading, out _);
                    list = place ??= new();
                }

                list.Add(point);
            }

            read.Clear();
        }
    }

    /// <param name="all">And <paramref name="body"/>: used again and again.</param>
    private static ChunkRow Merge(long span, long series, ChunkRow? open, PointList news, long turn, PointList all, BlockWriter body)
    {
        all.Clear();
        body.Clear();
        if (open is { } before)
        {
            var reader = new BlockReader(before.Body);
            PointCodec.Read(ref reader, all);
        }

        news.Points.CopyTo(all.Extend(news.Count));

        all.Settle();
        PointCodec.Write(body, all.Points);
        return new(span, series, all.Count >= FullChunk ? turn : MetricStore.Open, all.Count, body.Written.ToArray());
    }
}
