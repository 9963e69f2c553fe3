using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;

namespace Tocsin.Alerts;

/// <summary>
/// Ends alerts whose sender stopped sending them, and routes those that nothing mutes any more, whatever became of the silence.
/// Safe on many nodes at once: each is decided under the workspace's lock.
/// </summary>
internal sealed class AlertExpiry(Database database, AlertStore alerts, AlertIntake intake, IEstates estates, TimeProvider clock, ILogger<AlertExpiry> logger)
    : RepeatedWork(TimeSpan.FromSeconds(1), clock)
{
    private const int MostAtOnce = 2_000;

    private static readonly TimeSpan _unmuteEvery = TimeSpan.FromSeconds(5);

    /// <summary>More than the age that a node's configuration may have.</summary>
    private static readonly TimeSpan _settled = TimeSpan.FromSeconds(5);

    private DateTimeOffset _unmuteAt = DateTimeOffset.MinValue;

    /// <returns>How many alerts ended.</returns>
    public override async Task<int> TurnAsync(CancellationToken ct)
    {
        var ended = await ExpireAsync(ct);
        if (Clock.GetUtcNow() >= _unmuteAt)
        {
            _unmuteAt = Clock.GetUtcNow() + _unmuteEvery;
            await UnmuteAsync(ct);
        }

        return ended;
    }

    protected override void Waits(string reason) => logger.ExpiryWaits(reason);

    protected override void Broke(Exception bug) => logger.ExpiryBroke(bug);

    private async Task<int> ExpireAsync(CancellationToken ct)
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

    private async Task UnmuteAsync(CancellationToken ct)
    {
        var before = Clock.GetUtcNow() - _settled;
        foreach (var workspace in await database.ReadAsync(session => alerts.MutedAsync(session, before), ct))
        {
            if (await estates.FindAsync(workspace, ct) is { } estate && await IsAnyUnmutedAsync(estate, before, ct))
            {
                await database.WriteAsync(tx => intake.UnmuteAsync(tx, estate, Clock.GetUtcNow(), before), ct);
            }
        }
    }

    /// <summary>Looked at outside the lock, since as a rule there is nothing to do.</summary>
    private async Task<bool> IsAnyUnmutedAsync(EstateSnapshot estate, DateTimeOffset before, CancellationToken ct)
    {
        var muted = await database.ReadAsync(session => alerts.FiringAsync(session, estate.Workspace, silenced: true), ct);
        return muted.Exists(row => row.UpdatedAt <= before && estate.Silences.FirstMatch(AlertIntake.SubjectOf(row), Clock.GetUtcNow()) is null);
    }
}

internal static partial class ExpiryLog
{
    [LoggerMessage(2311, LogLevel.Warning, "Alerts that were not sent again are not ended now: {Reason}")]
    public static partial void ExpiryWaits(this ILogger logger, string reason);

    [LoggerMessage(2312, LogLevel.Critical, "Ending and unmuting alerts met a bug; it is tried again in a second")]
    public static partial void ExpiryBroke(this ILogger logger, Exception e);
}
