using Microsoft.Extensions.Logging;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Incidents;
using Tocsin.OnCall;
using Tocsin.Workspaces;

namespace Tocsin.Routing;

/// <summary>
/// Keeps what is muted in step with what mutes: routes alerts that nothing mutes any more, wakes incidents that are quiet for nothing, quiets those that
/// a window covers which begins, and ends silences that last until all is resolved. Whatever became of the silence, window or rule, and safe on many
/// nodes at once: each is decided under the workspace's lock.
/// </summary>
internal sealed class MuteWatch(Database database, IEstates estates, MuteParts parts, TimeProvider clock, ILogger<MuteWatch> logger)
    : RepeatedWork(TimeSpan.FromSeconds(5), clock)
{
    private const int MostIncidents = 10_000;
    private const int Part = 500;

    /// <summary>More than the age that a node's configuration may have: whoever muted something since may know a silence that this node lacks.</summary>
    private static readonly TimeSpan _settled = TimeSpan.FromSeconds(5);

    /// <summary>Each look may read all alerts that fire.</summary>
    private static readonly TimeSpan _resolvedEvery = TimeSpan.FromSeconds(30);

    // What this node knows to have been done, so that it asks the store only about news. Used by the one loop.
    private readonly Dictionary<(long Workspace, string Mute), DateTimeOffset> _begun = [];
    private DateTimeOffset _resolvedAt = DateTimeOffset.MinValue;

    public override async Task TurnAsync(CancellationToken ct)
    {
        var before = Clock.GetUtcNow() - _settled;
        foreach (var workspace in await database.ReadAsync(session => parts.Alerts.MutedAsync(session, before), ct))
        {
            if (await estates.FindAsync(workspace, ct) is { } estate && await IsAnyUnmutedAsync(estate, before, ct))
            {
                await database.WriteAsync(tx => parts.Intake.UnmuteAsync(tx, estate, Clock.GetUtcNow(), before), ct);
            }
        }

        foreach (var workspace in await database.ReadAsync(parts.Incidents.WithSnoozedAsync, ct))
        {
            if (await estates.FindAsync(workspace, ct) is { } estate)
            {
                await StirAsync(estate, before, ct);
            }
        }

        await BeginAsync(ct);
    }

    protected override void Waits(string reason) => logger.MutesWait(reason);

    protected override void Broke(Exception bug) => logger.MutesBroke(bug);

    /// <summary>Looked at outside the lock, since as a rule there is nothing to do.</summary>
    private async Task<bool> IsAnyUnmutedAsync(EstateSnapshot estate, DateTimeOffset before, CancellationToken ct) => await database.ReadAsync(
        async session =>
        {
            var muted = (await parts.Alerts.FiringAsync(session, estate.Workspace, silenced: true)).FindAll(row => row.UpdatedAt <= before);
            return (await parts.Mutes.OfAsync(session, estate, muted, Clock.GetUtcNow())).Count < muted.Count;
        },
        ct);

    private async Task StirAsync(EstateSnapshot estate, DateTimeOffset before, CancellationToken ct)
    {
        var now = Clock.GetUtcNow();
        var stirred = await database.ReadAsync(
            async session =>
            {
                List<IncidentState> found = [];
                foreach (var incident in await parts.Incidents.ListAsync(session, estate.Workspace, open: false, IncidentStatus.Snoozed, long.MaxValue, MostIncidents))
                {
                    if (incident.IsSnoozedBySilence && incident.UpdatedAt <= before && await parts.Mutes.WhollyAsync(session, estate, incident.Number, now) is null)
                    {
                        found.Add(incident);
                    }
                }

                return found;
            },
            ct);
        foreach (var incident in stirred)
        {
            await database.WriteAsync(
                async tx =>
                {
                    await tx.LockWorkspaceAsync(estate.Workspace);
                    await parts.Mutes.StirAsync(tx, estate.Workspace, incident, Clock.GetUtcNow());
                },
                ct);
        }
    }

    private async Task BeginAsync(CancellationToken ct)
    {
        var now = Clock.GetUtcNow();
        var looksForResolved = now - _resolvedAt >= _resolvedEvery;
        foreach (var workspace in await database.ReadAsync(parts.Workspaces.ListAsync, ct))
        {
            if (await estates.FindAsync(workspace.Id, ct) is not { Silences.Count: > 0 } estate)
            {
                continue;
            }

            foreach (var (silence, occurrence) in estate.Silences.At(now))
            {
                // The others have a job of their own for their beginning.
                if (occurrence is { } o && (silence.Repeats is not null || estate.Declares(silence.Id)) && _begun.GetValueOrDefault((workspace.Id, silence.Id)) != o.From)
                {
                    await database.WriteAsync(tx => BeginAsync(tx, estate, silence, o, now), ct);
                    _begun[(workspace.Id, silence.Id)] = o.From;
                }

                if (looksForResolved && occurrence is not null && silence.UntilResolved && !await IsAnyLeftAsync(estate, silence, ct))
                {
                    await EndResolvedAsync(estate, silence, ct);
                }
            }
        }

        _resolvedAt = looksForResolved ? now : _resolvedAt;
    }

    /// <summary>Quiets the incidents that a window covers; once for each time that it begins, so that what a person wakes meanwhile stays awake.</summary>
    private async Task BeginAsync(Tx tx, EstateSnapshot estate, Silence silence, Occurrence occurrence, DateTimeOffset now)
    {
        await tx.LockWorkspaceAsync(estate.Workspace);
        var key = Mute.Of(silence, now).Key;
        var begun = await tx.ExecuteAsync(
            """
            INSERT INTO mute_turn (workspace_id, mute, began_at) VALUES (@workspace, @mute, @began)
            ON CONFLICT (workspace_id, mute) DO UPDATE SET began_at = excluded.began_at WHERE mute_turn.began_at <> excluded.began_at
            """,
            ("workspace", estate.Workspace), ("mute", key), ("began", occurrence.From.ToMicros()));
        if (begun > 0)
        {
            foreach (var incident in await parts.Incidents.ListAsync(tx, estate.Workspace, open: true, null, long.MaxValue, MostIncidents))
            {
                await parts.Mutes.QuietAsync(tx, estate, incident, by: null, now);
            }
        }
    }

    private async Task EndResolvedAsync(EstateSnapshot estate, Silence silence, CancellationToken ct)
    {
        await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(estate.Workspace);

                // Something may have come since the look outside the lock.
                if (SilenceSet.Preview(silence, await parts.Alerts.FiringAsync(tx, estate.Workspace, silenced: false), AlertIntake.SubjectOf).Value is { Count: 0 })
                {
                    await parts.Silences.EndAsync(tx, estate.Workspace, silence.Id, "system", "everything that it muted has resolved", Clock.GetUtcNow());
                }
            },
            ct);
        estates.Forget(estate.Workspace);
    }

    private async Task<bool> IsAnyLeftAsync(EstateSnapshot estate, Silence silence, CancellationToken ct)
    {
        var after = 0L;
        while (true)
        {
            var start = after;
            var rows = await database.ReadAsync(session => parts.Alerts.FiringAfterAsync(session, estate.Workspace, start, Part), ct);
            if (SilenceSet.Preview(silence, rows, AlertIntake.SubjectOf).Value is { Count: > 0 })
            {
                return true;
            }

            if (rows.Count < Part)
            {
                return false;
            }

            after = rows[^1].Id;
        }
    }
}

/// <summary>What the watch works with.</summary>
internal sealed record MuteParts(AlertStore Alerts, AlertIntake Intake, IncidentStore Incidents, Mutes Mutes, SilenceDesk Silences, WorkspaceStore Workspaces);

internal static partial class MuteLog
{
    [LoggerMessage(2341, LogLevel.Warning, "What is muted is not compared with what mutes it now: {Reason}")]
    public static partial void MutesWait(this ILogger logger, string reason);

    [LoggerMessage(2342, LogLevel.Critical, "Comparing what is muted with what mutes it met a bug; it is tried again in 5 seconds")]
    public static partial void MutesBroke(this ILogger logger, Exception e);
}
