using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>A sample that was not stored.</summary>
/// <param name="Index">Its place in what was sent.</param>
internal readonly record struct RefusedSample(int Index, string Reason);

/// <summary>What became of samples.</summary>
internal sealed record MetricsStored(int Stored, IReadOnlyList<RefusedSample> Refused);

/// <summary>What one request brought, ready for the store.</summary>
/// <param name="Behind">Series whose row must be written before, and the newest sample of each.</param>
internal sealed record MetricBatch(
    long Workspace, byte[] Part, int Samples, long FirstAt, long LastAt, IReadOnlyList<SeriesRow> Behind);

/// <summary>
/// Takes in samples: those of many requests are one row of one commit. A sample that comes again changes nothing, one with another value for the same
/// series and instant takes the place of the first.
/// </summary>
internal sealed class MetricIntake(
    TelemetryDatabase telemetry, MetricStore store, SeriesTables tables, IOptions<MetricOptions> options, IOptions<TelemetryOptions> kept, TimeProvider clock, ILogger<MetricIntake> logger)
    : CommitBatcher<MetricBatch, bool>(telemetry.Database, MostRequests, clock)
{
    /// <summary>What lies further ahead comes from a clock that is wrong.</summary>
    public static readonly TimeSpan MostAhead = TimeSpan.FromHours(1);

    private const int MostRequests = 10_000;
    private const int MostBytes = 1024 * 1024;
    private const long MostWaitingBytes = 64 * MostBytes;

    private readonly string _full = $"The workspace has {options.Value.MaxSeries} series, and this would be a new one: send fewer tags, or ask for a higher Telemetry:Metrics:MaxSeries.";
    private readonly string _tooOld = $"It is older than metrics are kept, {kept.Value.MetricDays} days (Telemetry:MetricDays).";
    private long _waitingBytes;

    protected override int MostWeight => MostBytes;

    /// <summary>Stores samples and returns after they are durable.</summary>
    /// <param name="samples">In any order; may repeat what was sent before.</param>
    /// <returns>How many are stored, and which are not: those of new series beyond the bound, those whose clock is ahead by more than an hour, and those older than metrics are kept.</returns>
    /// <exception cref="StoreUnavailableException">Too much is waiting, or the store is away: nothing was stored, the sender must send again.</exception>
    public async Task<MetricsStored> StoreAsync(long workspace, IReadOnlyList<MetricSample> samples, CancellationToken ct)
    {
        List<RefusedSample> refused = [];
        if (await PrepareAsync(workspace, samples, refused, ct) is not { } batch)
        {
            return new(0, refused);
        }

        if (Interlocked.Add(ref _waitingBytes, batch.Part.Length) > MostWaitingBytes)
        {
            Interlocked.Add(ref _waitingBytes, -batch.Part.Length);
            throw new StoreUnavailableException("Too many samples are waiting for the store.");
        }

        try
        {
            await StoreAsync(batch, ct);
        }
        finally
        {
            Interlocked.Add(ref _waitingBytes, -batch.Part.Length);
        }

        return new(batch.Samples, refused);
    }

    protected override long WorkspaceOf(MetricBatch item) => item.Workspace;

    protected override int WeightOf(MetricBatch item) => item.Part.Length;

    protected override async Task<bool[]> StoreAsync(Tx tx, List<MetricBatch> batch)
    {
        var workspace = batch[0].Workspace;
        Dictionary<long, SeriesRow> behind = [];
        foreach (var row in batch.SelectMany(static b => b.Behind))
        {
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(behind, row.Entry.Id, out var exists);
            known = exists ? row with { LastAt = Math.Max(row.LastAt, known.LastAt) } : row;
        }

        if (behind.Count > 0)
        {
            await store.SaveSeriesAsync(tx, workspace, [.. behind.Values]);
            tx.WhenDone(committed =>
            {
                foreach (var row in behind.Values.Where(_ => committed))
                {
                    row.Entry.Stored(row.LastAt);
                }
            });
        }

        var body = new byte[batch.Sum(static b => b.Part.Length)];
        var at = 0;
        foreach (var part in batch.Select(static b => b.Part))
        {
            part.CopyTo(body, at);
            at += part.Length;
        }

        await store.InsertHeadAsync(
            tx, workspace, batch.Sum(static b => b.Samples), batch.Min(static b => b.FirstAt), batch.Max(static b => b.LastAt), body, Clock.GetUtcNow());
        return new bool[batch.Count];
    }

    protected override void BatchBroke(int count, Exception bug) => logger.BatchBroke(count, bug);

    /// <summary>Its sender is told that we failed, and sends it again.</summary>
    protected override Task<bool> KeepBrokenAsync(MetricBatch item, Exception bug)
    {
        logger.BatchBroke(1, bug);
        return Task.FromException<bool>(bug);
    }

    /// <returns>Null: nothing is left to store.</returns>
    private async Task<MetricBatch?> PrepareAsync(long workspace, IReadOnlyList<MetricSample> samples, List<RefusedSample> refused, CancellationToken ct)
    {
        var table = await tables.OfAsync(workspace, ct);
        var oldest = (Clock.GetUtcNow() - TimeSpan.FromDays(kept.Value.MetricDays)).ToMicros();
        var latest = (Clock.GetUtcNow() + MostAhead).ToMicros();
        var (firstAt, lastAt) = (long.MaxValue, long.MinValue);
        List<HeadSample> taken = new(samples.Count);
        Dictionary<long, SeriesRow> behind = [];
        for (var i = 0; i < samples.Count; i++)
        {
            var sample = samples[i];
            var point = new MetricPoint(sample.At, sample.Value);
            if (point.AtMicros > latest)
            {
                refused.Add(new(i, "It lies more than an hour ahead: set the sender's clock."));
            }
            else if (point.AtMicros < oldest)
            {
                refused.Add(new(i, _tooOld));
            }
            else if (table.Of(sample, options.Value.MaxSeries) is { } series)
            {
                taken.Add(new(series.Id, point));
                (firstAt, lastAt) = (Math.Min(firstAt, point.AtMicros), Math.Max(lastAt, point.AtMicros));
                series.Describe(StorableText.Of(sample.Unit), sample.Kind);
                series.Seen(point.AtMicros);
                if (series.IsBehind(point.AtMicros))
                {
                    ref var row = ref CollectionsMarshal.GetValueRefOrAddDefault(behind, series.Id, out var exists);
                    row = new(series, exists ? Math.Max(row.LastAt, point.AtMicros) : point.AtMicros);
                }
            }
            else
            {
                refused.Add(new(i, _full));
            }
        }

        return taken.Count == 0
            ? null
            : new(workspace, HeadBlock.Part(CollectionsMarshal.AsSpan(taken)), taken.Count, firstAt, lastAt, [.. behind.Values]);
    }
}

internal static partial class MetricLog
{
    [LoggerMessage(3121, LogLevel.Error, "A batch of samples from {Count} requests met a bug; each is now stored by itself, and refused if it meets it again")]
    public static partial void BatchBroke(this ILogger logger, int count, Exception e);

    [LoggerMessage(3122, LogLevel.Warning, "Samples are not packed now: {Reason}")]
    public static partial void PackingWaits(this ILogger logger, string reason);

    [LoggerMessage(3124, LogLevel.Warning, "Old samples and spans are not removed now: {Reason}")]
    public static partial void KeepingWaits(this ILogger logger, string reason);

    [LoggerMessage(3125, LogLevel.Error, "Removing old samples and spans met a bug; it is tried again in an hour")]
    public static partial void KeepingBroke(this ILogger logger, Exception e);

    [LoggerMessage(3123, LogLevel.Error, "Packing samples met a bug; it is tried again in some seconds, and nothing is lost")]
    public static partial void PackingBroke(this ILogger logger, Exception e);
}
