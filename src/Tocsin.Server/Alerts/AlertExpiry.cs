using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Estate;

namespace Tocsin.Alerts;

/// <summary>Ends alerts whose sender stopped sending them. Safe on many nodes at once: each end is decided under the workspace's lock.</summary>
internal sealed class AlertExpiry(Database database, AlertStore alerts, AlertIntake intake, IEstates estates, TimeProvider clock, ILogger<AlertExpiry> logger) : BackgroundService
{
    private const int MostAtOnce = 2_000;

    private static readonly TimeSpan _every = TimeSpan.FromSeconds(1);

    /// <returns>How many alerts ended.</returns>
    public async Task<int> TurnAsync(CancellationToken ct)
    {
        var ended = 0;
        var expired = await database.ReadAsync(session => alerts.ExpiredAsync(session, clock.GetUtcNow(), MostAtOnce), ct);
        foreach (var workspace in expired.GroupBy(e => e.Workspace))
        {
            if (await estates.FindAsync(workspace.Key, ct) is { } estate)
            {
                ended += await database.WriteAsync(tx => intake.ExpireAsync(tx, estate, [.. workspace.Select(e => e.Fingerprint)], clock.GetUtcNow()), ct);
            }
        }

        return ended;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await TurnAsync(stoppingToken);
            }
            catch (StoreUnavailableException e)
            {
                logger.ExpiryWaits(e.Message);
            }

            await Task.Delay(_every, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}

internal static partial class ExpiryLog
{
    [LoggerMessage(2311, LogLevel.Warning, "Alerts that were not sent again are not ended now: {Reason}")]
    public static partial void ExpiryWaits(this ILogger logger, string reason);
}
