using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Operations;
using Tocsin.Workspaces;

namespace Tocsin.Alerts;

/// <summary>
/// Makes an alert of rejected deliveries that pile up, and ends it when they were replayed or are a day old. Safe on many nodes at once: the alert is
/// decided under the workspace's lock, and telling it twice is telling it once.
/// </summary>
internal sealed class RejectedWatch(
    Database database, WorkspaceStore workspaces, IEstates estates, DeliveryStore deliveries, AlertStore alerts, AlertIntake intake, IOptions<IngestOptions> options,
    TimeProvider clock, ILogger<RejectedWatch> logger)
    : RepeatedWork(TimeSpan.FromSeconds(30), clock)
{
    private const string AlertKey = "rejected-pile";

    private static readonly TimeSpan _counted = TimeSpan.FromDays(1);

    /// <summary>One look at all workspaces.</summary>
    public override async Task TurnAsync(CancellationToken ct)
    {
        if (options.Value.RejectedAlarm == 0)
        {
            return;
        }

        var now = Clock.GetUtcNow();
        foreach (var workspace in await database.ReadAsync(workspaces.ListAsync, ct))
        {
            var (count, fires) = await database.ReadAsync(
                async session => (
                    await deliveries.CountRejectedAsync(session, workspace.Id, now - _counted),
                    (await alerts.LoadAsync(session, workspace.Id, [AlertStore.Fingerprint(SelfAlarm.Source, AlertKey)])) is [{ State.Status: AlertStatus.Firing }]),
                ct);
            if (count >= options.Value.RejectedAlarm != fires && await estates.FindAsync(workspace.Id, ct) is { } estate)
            {
                await database.WriteAsync(tx => intake.StoreAsync(tx, estate, [new(SelfAlarm.Source, [SignalOf(count, !fires)], now)], now), ct);
            }
        }
    }

    protected override void Waits(string reason) => logger.RejectedWatchWaits(reason);

    protected override void Broke(Exception bug) => logger.RejectedWatchBroke(bug);

    private static Signal SignalOf(long count, bool fires) => new()
    {
        DedupKey = AlertKey,
        Status = fires ? SignalStatus.Firing : SignalStatus.Resolved,
        Title = fires ? $"{count} deliveries were rejected within a day" : "Rejected deliveries no longer pile up",
        Description = "They are kept: look at the rejected deliveries, mend the sender or the source, and replay them. Each could have been an alert.",
        Severity = Severity.High,
        Labels = LabelSet.Of(("alertname", "TocsinRejectedDeliveries"), ("service", "tocsin")),
        Service = "tocsin",
    };
}

internal static partial class RejectedLog
{
    [LoggerMessage(2361, LogLevel.Warning, "Rejected deliveries are not counted now: {Reason}")]
    public static partial void RejectedWatchWaits(this ILogger logger, string reason);

    [LoggerMessage(2362, LogLevel.Critical, "Counting rejected deliveries met a bug; it is tried again in 30 s")]
    public static partial void RejectedWatchBroke(this ILogger logger, Exception e);
}
