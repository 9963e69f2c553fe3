using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Providers;
using Tocsin.Streams;

namespace Tocsin.Alerts;

/// <summary>One delivery on its way into the store.</summary>
/// <param name="Signals">Those that could be read.</param>
/// <param name="Headers">What the source's page shows of the request besides its body; no credentials.</param>
internal sealed record Delivery(
    EstateSnapshot Estate, string Source, DateTimeOffset ReceivedAt, IReadOnlyList<Signal> Signals, IReadOnlyList<RejectedElement> Rejected,
    string? Note, ReadOnlyMemory<byte> Body, string? Headers)
{
    /// <summary>Prepared when the delivery is made, by whoever made it: the store's turn is short.</summary>
    public Intake Intake { get; } = new(Source, Signals, ReceivedAt);

    public byte[] Packed { get; } = PackedBody.Pack(Body.Span);

    /// <summary>The stored delivery that is replayed; null for a new one.</summary>
    public long? Replays { get; init; }

    /// <summary>The sender's own id, by which a delivery is taken once; null: it has none.</summary>
    public string? MessageId { get; init; }

    /// <summary>The name of the request that it came with; null: none.</summary>
    public string? Correlation { get; init; }

    /// <summary>The line with which subscribers of the live stream hear of it, in the same transaction; null: it came in as a source's delivery only.</summary>
    public LogLine? Published { get; init; }
}

/// <param name="Id">The kept delivery; null when it was unremarkable and not kept: a repetition, or one of very many.</param>
internal sealed record DeliveryOutcome(long? Id, Verdict Verdict, int Signals, int Rejected, string? Reason)
{
    /// <summary>Of a message that was received before.</summary>
    /// <param name="first">What became of it then.</param>
    public static DeliveryOutcome Again(Verdict first) => first == Verdict.Unparsed
        ? new(null, Verdict.Unparsed, 0, 0, "It was received before, rejected, and is kept since.")
        : new(null, Verdict.Duplicate, 0, 0, "It was received before.");
}

/// <summary>
/// Gathers deliveries of many requests into one transaction a workspace, and answers each after the commit. While one batch is
/// being written the next gathers: the busier, the larger the batches.
/// </summary>
internal sealed class IngestBatcher(
    Database database, AlertIntake intake, DeliveryStore deliveries, SourceStore sources, IOptions<IngestOptions> options, TimeProvider clock, ILogger<IngestBatcher> logger)
    : CommitBatcher<Delivery, DeliveryOutcome>(database, options.Value.MaxWaiting, clock)
{
    private const int MaxSignalsPerBatch = 4_000;
    private const int MostKeptInSecond = 20;
    private const int TrimEvery = 200;

    // Used by the one loop only.
    private readonly Dictionary<(long Workspace, string Source), (long Second, int Count)> _keptInSecond = [];

    protected override int MostWeight => MaxSignalsPerBatch;

    protected override long WorkspaceOf(Delivery item) => item.Estate.Workspace;

    protected override int WeightOf(Delivery item) => item.Signals.Count;

    protected override void BatchBroke(int count, Exception bug) => logger.BatchBroke(count, bug);

    /// <summary>What cannot be stored because of a bug is kept as it came, so that it can be replayed once the bug is mended.</summary>
    protected override async Task<DeliveryOutcome> KeepBrokenAsync(Delivery item, Exception bug)
    {
        logger.DeliveryBroke(item.Source, bug);
        var reason = $"An internal error kept it from being stored: {bug.Message} Replay it after an upgrade.";
        var id = await Database.WriteAsync(
            async tx =>
            {
                await PublishAsync(tx, item.Estate.Workspace, [item], Clock.GetUtcNow());
                var row = new DeliveryRow(0, item.Source, item.ReceivedAt, Verdict.Unparsed, 0, item.Signals.Count, reason, item.Headers, item.Packed);
                return await deliveries.InsertAsync(tx, item.Estate.Workspace, row with { Correlation = item.Correlation });
            },
            CancellationToken.None);
        return new(id, Verdict.Unparsed, 0, item.Signals.Count, reason);
    }

    protected override async Task<DeliveryOutcome[]> StoreAsync(Tx tx, List<Delivery> batch)
    {
        var now = Clock.GetUtcNow();
        var again = await AgainAsync(tx, batch, now);
        if (again.Count == 0)
        {
            return await StoreNewAsync(tx, batch, now);
        }

        var fresh = batch.Where((_, i) => !again.ContainsKey(i)).ToList();
        Queue<DeliveryOutcome> stored = new(fresh.Count == 0 ? [] : await StoreNewAsync(tx, fresh, now));
        return [.. batch.Select((_, i) => again.TryGetValue(i, out var outcome) ? outcome : stored.Dequeue())];
    }

    /// <summary>Those of a batch that were received before, by their place in it.</summary>
    private async Task<Dictionary<int, DeliveryOutcome>> AgainAsync(Tx tx, List<Delivery> batch, DateTimeOffset now)
    {
        Dictionary<int, DeliveryOutcome> again = [];
        for (var i = 0; i < batch.Count; i++)
        {
            var (delivery, verdict) = (batch[i], batch[i].Rejected.Count == 0 ? Verdict.Accepted : batch[i].Signals.Count > 0 ? Verdict.Partial : Verdict.Unparsed);
            if (delivery.MessageId is { } id && await deliveries.SeeAsync(tx, delivery.Estate.Workspace, delivery.Source, id, verdict, now) is { } seen)
            {
                again[i] = DeliveryOutcome.Again(seen);
            }
        }

        return again;
    }

    private async Task<DeliveryOutcome[]> StoreNewAsync(Tx tx, List<Delivery> batch, DateTimeOffset now)
    {
        var estate = batch[^1].Estate;
        await PublishAsync(tx, estate.Workspace, batch, now);
        var results = await intake.StoreAsync(tx, estate, [.. batch.Select(w => w.Intake with { Origin = new(w.Correlation, w.ReceivedAt, w.MessageId) })], now);
        var outcomes = await KeepAsync(tx, estate.Workspace, batch, results);
        foreach (var source in batch.GroupBy(w => w.Source))
        {
            await sources.CountAsync(
                tx, estate.Workspace, source.Key, source.Sum(w => w.Signals.Count), source.Count(w => w.Rejected.Count > 0), source.Max(w => w.ReceivedAt));
        }

        return outcomes;
    }

    private async Task PublishAsync(Tx tx, long workspace, List<Delivery> batch, DateTimeOffset now)
    {
        LogLine[] published = [.. batch.Select(w => w.Published).OfType<LogLine>()];
        if (published.Length > 0)
        {
            await intake.PublishAsync(tx, workspace, now, published);
        }
    }

    /// <summary>
    /// Whether an ordinary delivery is kept as it came. In a storm the few that a source has room for would push each other out within
    /// milliseconds; some of every second tell more, and cost less.
    /// </summary>
    private bool MayKeep(Delivery delivery)
    {
        ref var kept = ref CollectionsMarshal.GetValueRefOrAddDefault(_keptInSecond, (delivery.Estate.Workspace, delivery.Source), out _);
        var second = delivery.ReceivedAt.ToUnixTimeSeconds();
        kept = kept.Second == second ? (second, kept.Count + 1) : (second, 1);
        return kept.Count <= MostKeptInSecond;
    }

    /// <summary>Keeps what is worth a row: a repetition changed nothing and is not.</summary>
    private async Task<DeliveryOutcome[]> KeepAsync(Tx tx, long workspace, List<Delivery> batch, IntakeResult[] results)
    {
        var outcomes = new DeliveryOutcome[batch.Count];
        List<int> kept = [];
        for (var i = 0; i < outcomes.Length; i++)
        {
            var delivery = batch[i];
            var (verdict, reason) = Judge(delivery, results[i]);
            outcomes[i] = new(delivery.Replays, verdict, delivery.Signals.Count, delivery.Rejected.Count, reason);
            if (delivery.Replays is { } replayed)
            {
                await deliveries.SaveVerdictAsync(tx, workspace, replayed, verdict, delivery.Signals.Count, delivery.Rejected.Count, reason, DeliveredAlerts.Of(delivery));
            }
            else if (verdict != Verdict.Duplicate && (verdict != Verdict.Accepted || MayKeep(delivery)))
            {
                kept.Add(i);
            }
        }

        if (kept.Count == 0)
        {
            return outcomes;
        }

        var ids = await deliveries.InsertAsync(tx, workspace, [.. kept.Select(i => RowOf(batch[i], outcomes[i]))]);
        for (var i = 0; i < ids.Length; i++)
        {
            outcomes[kept[i]] = outcomes[kept[i]] with { Id = ids[i] };
        }

        if (ids[0] / TrimEvery != (ids[^1] + 1) / TrimEvery)
        {
            foreach (var source in kept.Select(i => batch[i].Source).Distinct(StringComparer.Ordinal))
            {
                await deliveries.TrimAsync(tx, workspace, source);
            }
        }

        return outcomes;
    }

    private static DeliveryRow RowOf(Delivery delivery, DeliveryOutcome outcome) => new(
        0, delivery.Source, delivery.ReceivedAt, outcome.Verdict, outcome.Signals, outcome.Rejected, outcome.Reason, delivery.Headers, delivery.Packed)
    {
        Correlation = delivery.Correlation,
        Alerts = DeliveredAlerts.Of(delivery),
    };

    private static (Verdict Verdict, string? Reason) Judge(Delivery delivery, IntakeResult result)
    {
        var reasons = delivery.Rejected.Take(20).Select(r => $"{r.Path}: {r.Reason}");
        if (delivery.Rejected.Count > 0)
        {
            return (delivery.Signals.Count > 0 ? Verdict.Partial : Verdict.Unparsed, string.Join(" ", reasons));
        }

        var warnings = delivery.Signals.SelectMany(s => s.Warnings).Distinct(StringComparer.Ordinal).Take(5);
        var notes = string.Join(" ", delivery.Note is null ? warnings : [delivery.Note, .. warnings]);
        return (result.Changed == 0 && result.Repeated > 0 ? Verdict.Duplicate : Verdict.Accepted, notes.Length == 0 ? null : notes);
    }
}

internal static partial class IngestLog
{
    [LoggerMessage(2301, LogLevel.Error, "A batch of {Count} deliveries met a bug; each is now stored by itself")]
    public static partial void BatchBroke(this ILogger logger, int count, Exception e);

    [LoggerMessage(2303, LogLevel.Information, "Delivery {DeliveryId} from {Source} is {Verdict}: {Accepted} taken, {Rejected} rejected; message {MessageId}, request {CorrelationId}")]
    public static partial void Delivered(this ILogger logger, long? deliveryId, string source, Verdict verdict, int accepted, int rejected, string? messageId, string? correlationId);

    [LoggerMessage(2302, LogLevel.Error, "A delivery from {Source} met a bug; it is kept as unparsed and can be replayed")]
    public static partial void DeliveryBroke(this ILogger logger, string source, Exception e);
}
