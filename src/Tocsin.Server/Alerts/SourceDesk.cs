using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Providers;
using Tocsin.Sdk;

namespace Tocsin.Alerts;

/// <summary>The sources of a workspace as people meet them: address, snippet, what they sent, and a test event.</summary>
internal sealed class SourceDesk(AlertSourceRegistry providers, SourceStore store, AlertReceiver receiver, Database database, TimeProvider clock)
{
    /// <summary>What stands in place of a source's key for those who may not see it: whoever has the key can make alerts.</summary>
    private const string HiddenKey = "KEY";

    /// <param name="baseUrl">The address under which senders reach this installation, without a trailing slash.</param>
    /// <param name="name">One source; null: all, by name.</param>
    /// <param name="reader">Who may configure sees the keys.</param>
    public async Task<IReadOnlyList<SourceView>> ListAsync(EstateSnapshot estate, string baseUrl, string? name, Caller reader, CancellationToken ct)
    {
        var states = (await database.ReadAsync(session => store.ListAsync(session, estate.Workspace), ct)).ToDictionary(s => s.Source, StringComparer.Ordinal);
        return
        [
            .. estate.Model.Sources.Values.Where(s => name is null || s.Name == name).OrderBy(s => s.Name, StringComparer.Ordinal).Select(source =>
            {
                var state = states.GetValueOrDefault(source.Name);
                var shown = reader.May(Policies.Configure) ? source : source with { Key = HiddenKey };
                return new SourceView(
                    source.Name, source.Type, AddressOf(shown, baseUrl),
                    state?.LastAt, state?.Accepted ?? 0, state?.Unparsed ?? 0, providers.Find(source.Type)?.Snippet(baseUrl, shown) ?? "")
                {
                    Health = Word(SourceWatch.HealthOf(source, state, clock.GetUtcNow())),
                    ExpectEverySeconds = source.ExpectEvery?.TotalSeconds,
                    SilentSince = state?.SilentAt,
                };
            }),
        ];
    }

    /// <summary>Where deliveries go; of a queue, where they come from.</summary>
    private static string AddressOf(Estate.Source source, string baseUrl) => source.Type switch
    {
        Heartbeat.Id => HeartbeatEndpoints.Address(baseUrl, source.Key),
        Sqs.Id => source.Settings.GetValueOrDefault(Sqs.QueueUrlKey, ""),
        _ => $"{baseUrl}/in/{source.Type}/{Uri.EscapeDataString(source.Key)}",
    };

    private static string Word(SourceHealth health) => health switch
    {
        SourceHealth.Healthy => "healthy",
        SourceHealth.Late => "warning",
        SourceHealth.Silent => "unhealthy",
        _ => "unknown",
    };

    /// <summary>Delivers the provider's own example, which goes the whole way: it opens an incident and pages, or resolves it.</summary>
    public async Task<Result<DeliveryOutcome>> TestAsync(EstateSnapshot estate, string name, SignalStatus status, CancellationToken ct)
    {
        if (!estate.Model.Sources.TryGetValue(name, out var source) || providers.Find(source.Type) is not { } provider)
        {
            return Error.NotFound("source", name);
        }

        return await receiver.ReceiveOwnAsync(estate, source, provider.Example(status, clock.GetUtcNow()), ct);
    }
}
