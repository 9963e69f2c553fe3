using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Operations;
using Tocsin.Workspaces;

namespace Tocsin.Telemetry;

/// <summary>Makes an alert of a store of logs and metrics that is full, in each workspace, since each loses sight; and ends it when there is room again. Telling twice is telling once.</summary>
internal sealed class TelemetryAlarm(Database database, WorkspaceStore workspaces, IEstates estates, AlertStore alerts, AlertIntake intake, TimeProvider clock)
{
    private const string AlertKey = "telemetry-full";

    public async Task TellAsync(bool isFull, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        foreach (var workspace in await database.ReadAsync(workspaces.ListAsync, ct))
        {
            var fires = await database.ReadAsync(
                async session => await alerts.LoadAsync(session, workspace.Id, [AlertStore.Fingerprint(SelfAlarm.Source, AlertKey)]) is [{ State.Status: AlertStatus.Firing }], ct);
            if (isFull != fires && await estates.FindAsync(workspace.Id, ct) is { } estate)
            {
                await database.WriteAsync(tx => intake.StoreAsync(tx, estate, [new(SelfAlarm.Source, [SignalOf(isFull)], now)], now), ct);
            }
        }
    }

    private static Signal SignalOf(bool fires) => new()
    {
        DedupKey = AlertKey,
        Status = fires ? SignalStatus.Firing : SignalStatus.Resolved,
        Title = fires ? "The store of logs and metrics is full" : "The store of logs and metrics has room again",
        Description = "Logs, metrics and traces are refused with 503 until there is room; alerts are taken as ever. Raise Telemetry:MaxGigabytes, make room on the disk, or keep metrics for fewer days.",
        Severity = Severity.High,
        Labels = LabelSet.Of(("alertname", "TocsinTelemetryFull"), ("service", "tocsin")),
        Service = "tocsin",
    };
}
