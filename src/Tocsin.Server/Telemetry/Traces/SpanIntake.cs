using Microsoft.Extensions.Logging;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>What became of spans: those beyond what one trace may have are refused.</summary>
internal sealed record SpansStored(int Stored, int Refused);

/// <summary>What one request brought, by trace.</summary>
internal sealed record SpanBatch(long Workspace, IReadOnlyList<SpanBlock> Blocks)
{
    public int PackedBytes { get; } = Blocks.Sum(static b => b.Body.Length);
}

/// <summary>Takes in spans: those of many requests are stored by one commit. A span that comes again is told once.</summary>
internal sealed class SpanIntake(TelemetryDatabase telemetry, SpanStore store, TraceSums sums, TimeProvider clock, ILogger<SpanIntake> logger)
    : CommitBatcher<SpanBatch, SpansStored>(telemetry.Database, MostRequests, clock)
{
    /// <summary>Spans of one trace; what names one trace for ever would otherwise fill the store with what nobody can read.</summary>
    public const int MostSpans = 10_000;

    /// <summary>The same in bytes, unpacked.</summary>
    public const int MostTraceBytes = 16 * 1024 * 1024;

    private const int MostRequests = 10_000;
    private const int MostBytes = 1024 * 1024;
    private const long MostWaitingBytes = 64 * MostBytes;

    private long _waitingBytes;

    protected override int MostWeight => MostBytes;

    /// <summary>Stores spans and returns after they are durable.</summary>
    /// <exception cref="StoreUnavailableException">Too much is waiting, or the store is away: nothing was stored, the sender must send again.</exception>
    public async Task<SpansStored> StoreAsync(long workspace, IReadOnlyList<TraceSpan> spans, CancellationToken ct)
    {
        if (spans.Count == 0)
        {
            return new(0, 0);
        }

        var batch = new SpanBatch(workspace, [.. spans.GroupBy(static s => StorableText.Of(s.TraceId.ToLowerInvariant())).Select(static trace => Block(trace.Key, trace))]);
        if (Interlocked.Add(ref _waitingBytes, batch.PackedBytes) > MostWaitingBytes)
        {
            Interlocked.Add(ref _waitingBytes, -batch.PackedBytes);
            throw new StoreUnavailableException("Too many spans are waiting for the store.");
        }

        try
        {
            return await StoreAsync(batch, ct);
        }
        finally
        {
            Interlocked.Add(ref _waitingBytes, -batch.PackedBytes);
        }
    }

    protected override long WorkspaceOf(SpanBatch item) => item.Workspace;

    protected override int WeightOf(SpanBatch item) => item.PackedBytes;

    protected override async Task<SpansStored[]> StoreAsync(Tx tx, List<SpanBatch> batch)
    {
        var workspace = batch[0].Workspace;
        var sizes = await store.SizesAsync(tx, workspace, [.. batch.SelectMany(static b => b.Blocks).Select(static b => b.Trace).Distinct()]);
        List<SpanBlock> taken = [];
        var done = new SpansStored[batch.Count];
        for (var i = 0; i < done.Length; i++)
        {
            var (stored, refused) = (0, 0);
            foreach (var block in batch[i].Blocks)
            {
                var (spans, bytes) = sizes.GetValueOrDefault(block.Trace);
                if (spans + block.Spans > MostSpans || bytes + block.Bytes > MostTraceBytes)
                {
                    refused += block.Spans;
                    continue;
                }

                sizes[block.Trace] = (spans + block.Spans, bytes + block.Bytes);
                stored += block.Spans;
                taken.Add(block);
            }

            done[i] = new(stored, refused);
        }

        if (taken.Count > 0)
        {
            await store.InsertAsync(tx, workspace, taken, Clock.GetUtcNow());
            await sums.AddAsync(tx, workspace, taken, Clock.GetUtcNow());
        }

        return done;
    }

    protected override void BatchBroke(int count, Exception bug) => logger.SpansBroke(count, bug);

    /// <summary>Its sender is told that we failed, and sends it again.</summary>
    protected override Task<SpansStored> KeepBrokenAsync(SpanBatch item, Exception bug)
    {
        logger.SpansBroke(1, bug);
        return Task.FromException<SpansStored>(bug);
    }

    private static SpanBlock Block(string traceId, IEnumerable<TraceSpan> spans) => SpanBlock.Of(traceId, [.. spans.Select(span => span with { TraceId = traceId })]);
}

internal static partial class SpanLog
{
    [LoggerMessage(3131, LogLevel.Error, "A batch of spans from {Count} requests met a bug; each is now stored by itself, and refused if it meets it again")]
    public static partial void SpansBroke(this ILogger logger, int count, Exception e);
}
