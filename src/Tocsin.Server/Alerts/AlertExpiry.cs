using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;

namespace Tocsin.Alerts;

/// <summary>Ends alerts whose sender stopped sending them. Safe on many nodes at once: each is decided under the workspace's lock.</summary>
internal sealed class AlertExpiry(Database database, AlertStore alerts, AlertIntake intake, IEstates estates, TimeProvider clock, ILogger<AlertExpiry> logger)
    : RepeatedWork(TimeSpan.FromSeconds(1), clock)
{
    private const int MostAtOnce = 2_000;

    protected override void Waits(string reason) => logger.ExpiryWaits(reason);

    protected override void Broke(Exception bug) => logger.ExpiryBroke(bug);

    /// <returns>How many alerts ended.</returns>
    public override async Task<int> TurnAsync(CancellationToken ct)
    {
        var ended = 0;
        var expired = await database.ReadAsync(session => alerts.ExpiredAsync(session, Clock.GetUtcNow(), MostAtOnce), ct);
        foreach (var workspace in expired.GroupBy(e => e.Workspace))
        {
            if (await estates.FindAsync(workspace.Key, ct) is { } estate)
            {
                ended += await database.WriteAsync(tx => intake.ExpireAsync(tx, estate, [.. workspace.Select(e => e.Fingerprint)], Clock.GetUtcNow()), ct);
            }
        }

        return ended;
    }
}

internal static partial class ExpiryLog
{
    [LoggerMessage(2311, LogLevel.Warning, "Alerts that were not sent again are not ended now: {Reason}")]
    public static partial void ExpiryWaits(this ILogger logger, string reason);

    [LoggerMessage(2312, LogLevel.Critical, "Ending alerts met a bug; it is tried again in a second")]
    public static partial void ExpiryBroke(this ILogger logger, Exception e);
}
