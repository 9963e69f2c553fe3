using Microsoft.Extensions.Logging;
using Tocsin.Hosting;

namespace Tocsin.Telemetry;

/// <summary>Keeps logs within their age and their room, and says when there is none. Safe on many nodes at once.</summary>
internal sealed class LogKeeper(LogRetention retention, TelemetryRoom room, TelemetryAlarm alarm, TimeProvider clock, ILogger<LogKeeper> logger)
    : RepeatedWork(TimeSpan.FromSeconds(20), clock)
{
    public override async Task TurnAsync(CancellationToken ct)
    {
        await room.BoundAsync(ct);
        await retention.RunAsync(Clock.GetUtcNow(), ct);
        await alarm.TellAsync(room.IsFull, ct);
    }

    protected override void Waits(string reason) => logger.KeeperWaits(reason);

    protected override void Broke(Exception bug) => logger.KeeperBroke(bug);
}
