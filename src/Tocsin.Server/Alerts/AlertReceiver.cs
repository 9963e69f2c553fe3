using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Issues;
using Tocsin.Operations;
using Tocsin.Providers;
using Tocsin.Streams;

namespace Tocsin.Alerts;

/// <summary>
/// Takes one delivery of one source, whatever brought it: a request, the test button, a replay. What cannot be read is kept
/// with its reason.
/// </summary>
internal sealed class AlertReceiver(
    AlertSourceRegistry providers, IngestBatcher batcher, DeliveryStore deliveries, SourceStore sources, Database database, PipelineMeter meter, IOptions<IngestOptions> options, TimeProvider clock,
    ILogger<AlertReceiver> logger)
{
    private static readonly string[] _shownHeaders = ["Content-Type", "User-Agent", "X-Grafana-Alerting-Signature"];

    /// <returns>The outcome after the commit; or a refusal after which nothing but the refused body itself is kept.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was stored; the sender must send again.</exception>
    public async Task<Result<DeliveryOutcome>> ReceiveAsync(
        EstateSnapshot estate, Source source, ReadOnlyMemory<byte> body, Func<string, string> headers, CancellationToken ct)
    {
        if (providers.Find(source.Type) is not { } provider)
        {
            return Error.NotFound("provider", source.Type);
        }

        var request = new InboundRequest(body, headers, source, clock.GetUtcNow());
        if (provider.Verify(request) is { } refusal)
        {
            await KeepAsync(estate, request, Verdict.Refused, refusal.Detail, ct);
            return refusal;
        }

        return await ParseAndStoreAsync(estate, provider, request, replays: null, ct);
    }

    /// <summary>Takes a delivery whose origin its transport has proved already, once: a message of the same id is answered as it was the first time.</summary>
    /// <param name="messageId">The sender's own; 1 to 255 characters, unique within the source.</param>
    public async Task<Result<DeliveryOutcome>> ReceiveCheckedAsync(
        EstateSnapshot estate, Source source, ReadOnlyMemory<byte> body, Func<string, string> headers, string messageId, CancellationToken ct) =>
        providers.Find(source.Type) is { } provider
            ? await ParseAndStoreAsync(estate, provider, new(body, headers, source, clock.GetUtcNow()), replays: null, ct, SignalLimits.DedupKey(messageId))
            : Error.NotFound("provider", source.Type);

    /// <summary>Keeps what may be forged, without effect.</summary>
    /// <returns>The refusal itself.</returns>
    public async Task<Error> RefuseAsync(
        EstateSnapshot estate, Source source, ReadOnlyMemory<byte> body, Func<string, string> headers, Error refusal, CancellationToken ct)
    {
        await KeepAsync(estate, new(body, headers, source, clock.GetUtcNow()), Verdict.Refused, refusal.Detail, ct);
        return refusal;
    }

    /// <summary>Takes a delivery that this server made itself, for the test button: it carries no sender's signature.</summary>
    public async Task<Result<DeliveryOutcome>> ReceiveOwnAsync(EstateSnapshot estate, Source source, ReadOnlyMemory<byte> body, CancellationToken ct) =>
        providers.Find(source.Type) is { } provider
            ? await ParseAndStoreAsync(estate, provider, new(body, _ => "", source, clock.GetUtcNow()), replays: null, ct)
            : Error.NotFound("provider", source.Type);

    /// <summary>
    /// Takes what was published on the live stream and is also routed: subscribers hear of it and the alert is decided about in one
    /// transaction. What the source cannot read is kept with its reason and published all the same.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Nothing was stored or published.</exception>
    public async Task PublishAsync(EstateSnapshot estate, Source source, ReadOnlyMemory<byte> body, LogLine published, CancellationToken ct)
    {
        var request = new InboundRequest(body, _ => "", source, clock.GetUtcNow());
        var parsed = providers.Find(source.Type)!.Parse(request);
        var delivery = parsed.Ok
            ? new Delivery(estate, source.Name, request.ReceivedAt, parsed.Value.Signals, parsed.Value.Rejected, parsed.Value.Note, body, null)
            : new Delivery(estate, source.Name, request.ReceivedAt, [], [new("alert", parsed.Error.Detail)], null, body, null);
        await StoreAsync(source.Type, delivery with { Published = published }, ct);
    }

    /// <summary>Reads a kept delivery again, with today's adapters and settings; its signature was judged when it came.</summary>
    public async Task<Result<DeliveryOutcome>> ReplayAsync(EstateSnapshot estate, long id, CancellationToken ct)
    {
        if (await database.ReadAsync(session => deliveries.FindAsync(session, estate.Workspace, id), ct) is not { Body: { } body } kept)
        {
            return Error.NotFound("delivery", id.ToString(CultureInfo.InvariantCulture));
        }

        if (kept.Verdict == Verdict.Refused)
        {
            return Error.Conflict("delivery.refused", "Its signature was wrong, so it may be forged: it cannot be replayed.");
        }

        var source = estate.Source(kept.Source);
        return providers.Find(source.Type) is { } provider
            ? await ParseAndStoreAsync(estate, provider, new(body, _ => "", source, clock.GetUtcNow()), id, ct, correlation: kept.Correlation)
            : Error.NotFound("provider", source.Type);
    }

    private async Task<Result<DeliveryOutcome>> ParseAndStoreAsync(
        EstateSnapshot estate, IAlertSource provider, InboundRequest request, long? replays, CancellationToken ct, string? messageId = null, string? correlation = null)
    {
        var parsed = provider.Parse(request);
        if (!parsed.Ok)
        {
            if (replays is { } known)
            {
                await database.WriteAsync(tx => deliveries.SaveVerdictAsync(tx, estate.Workspace, known, Verdict.Unparsed, 0, 0, parsed.Error.Detail), ct);
                return new DeliveryOutcome(known, Verdict.Unparsed, 0, 0, parsed.Error.Detail);
            }

            return await KeepAsync(estate, request, Verdict.Unparsed, parsed.Error.Detail, ct, messageId);
        }

        var (signals, rejected) = (Canonical(parsed.Value.Signals, provider.Info.Id, request.ReceivedAt), parsed.Value.Rejected);
        if (signals.Count > options.Value.MaxAlerts)
        {
            // Not refused whole: most senders never send a refused delivery again, and what is taken pages somebody.
            rejected = [.. rejected, .. BeyondLimit(signals.Count, options.Value.MaxAlerts)];
            signals = [.. signals.Take(options.Value.MaxAlerts)];
        }

        return await StoreAsync(
            provider.Info.Id, new(estate, request.Source.Name, request.ReceivedAt, signals, rejected, parsed.Value.Note, request.Body, Shown(request.Headers)) { Replays = replays, MessageId = messageId, Correlation = correlation ?? CorrelationOf(request) }, ct);
    }

    /// <summary>Alerts of any source that name a team and a priority have a canonical event.</summary>
    private static IReadOnlyList<Signal> Canonical(IReadOnlyList<Signal> signals, string type, DateTimeOffset receivedAt)
    {
        if (!signals.Any(s => s.Canonical is null && s.Labels["priority"].Length > 0))
        {
            return signals;
        }

        return [.. signals.Select(s => s.Canonical is null && PipelineSignal.Derive(s, type, receivedAt) is { } canonical ? s with { Canonical = canonical } : s)];
    }

    private async Task<DeliveryOutcome> StoreAsync(string provider, Delivery delivery, CancellationToken ct)
    {
        var outcome = await batcher.StoreAsync(delivery, ct);
        Instruments.Deliveries.Add(1, new("provider", provider), new("verdict", outcome.Verdict.ToString().ToLowerInvariant()));
        Instruments.Signals.Add(delivery.Signals.Count);
        meter.Delivered(provider, delivery.Signals, delivery.Rejected.Count, outcome.Verdict == Verdict.Duplicate ? "duplicate" : "accepted");
        if (delivery.Rejected.Count > 0 || delivery.Signals.Any(s => s.Canonical is not null))
        {
            logger.Delivered(outcome.Id, delivery.Source, outcome.Verdict, outcome.Signals, outcome.Rejected, delivery.MessageId, delivery.Correlation);
        }

        Instruments.IngestTime.Record((clock.GetUtcNow() - delivery.ReceivedAt).TotalSeconds);
        return outcome;
    }

    private static IEnumerable<RejectedElement> BeyondLimit(int count, int most) => Enumerable.Range(most, count - most).Select(i => new RejectedElement(
        $"alert {i + 1}", i > most ? "likewise." : $"At most {most} alerts of a delivery are taken. All of it is kept: raise Ingest:MaxAlerts and replay it, or send several."));

    private async Task<DeliveryOutcome> KeepAsync(EstateSnapshot estate, InboundRequest request, Verdict verdict, string reason, CancellationToken ct, string? messageId = null)
    {
        var kept = await StoreRefusedAsync(estate, request, verdict, reason, messageId, ct);
        if (verdict == Verdict.Unparsed)
        {
            meter.Delivered(request.Source.Type, [], 1, "rejected");
        }

        logger.Delivered(kept.Id, request.Source.Name, verdict, 0, 1, messageId, CorrelationOf(request));
        return kept;
    }

    private Task<DeliveryOutcome> StoreRefusedAsync(EstateSnapshot estate, InboundRequest request, Verdict verdict, string reason, string? messageId, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            await tx.LockWorkspaceAsync(estate.Workspace);
            if (messageId is not null && await deliveries.SeeAsync(tx, estate.Workspace, request.Source.Name, messageId, verdict, request.ReceivedAt) is { } seen)
            {
                return DeliveryOutcome.Again(seen);
            }

            var id = await deliveries.InsertAsync(
                tx, estate.Workspace, new DeliveryRow(0, request.Source.Name, request.ReceivedAt, verdict, 0, 0, reason, Shown(request.Headers), PackedBody.Pack(request.Body.Span)) { Correlation = CorrelationOf(request) });
            // A forger must not make a silent source look alive.
            await sources.CountAsync(tx, estate.Workspace, request.Source.Name, 0, 1, verdict == Verdict.Refused ? null : request.ReceivedAt);
            return new DeliveryOutcome(id, verdict, 0, 0, reason);
        },
        ct);

    private static string? CorrelationOf(InboundRequest request) => request.Headers(Correlation.Header) is { Length: > 0 } id ? id : null;

    private static string? Shown(Func<string, string> headers)
    {
        var shown = _shownHeaders.Select(name => (Name: name, Value: headers(name))).Where(h => h.Value.Length > 0).Select(h => $"{h.Name}: {h.Value}");
        var text = string.Join('\n', shown);
        return text.Length == 0 ? null : text[..Math.Min(1000, text.Length)];
    }
}
