using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Jobs;
using Tocsin.Streams;

namespace Tocsin.Routing;

/// <summary>
/// Makes, changes and ends silences. A silence that begins quiets the open incidents that it covers wholly; one that ends lets
/// what still fires be routed, as if it had just come.
/// </summary>
internal sealed class SilenceDesk(Database database, IEstates estates, SilenceStore silences, AlertStore alerts, JobStore jobs, EventLog log, TimeProvider clock)
{
    public const string TurnKind = "silence.turn";

    private static readonly TimeSpan _longest = TimeSpan.FromDays(366);

    /// <summary>Stores a silence; an id that is known is changed.</summary>
    public async Task<Result<Silence>> SaveAsync(long workspace, Silence silence, string actor, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (silence.EndsAt <= now || silence.EndsAt <= silence.StartsAt || silence.EndsAt - silence.StartsAt > _longest)
        {
            return Error.Invalid("ends_at", "A silence ends in the future, after it starts, and lasts at most a year.");
        }

        if (SilenceSet.Check(silence) is { } error)
        {
            return error;
        }

        await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(workspace);
                await silences.SaveAsync(tx, workspace, silence, now);
                await log.AppendAsync(tx, workspace, now,
                    [new("silence.saved", $"silence/{silence.Id}", actor, $"mutes {MatcherText.Format(silence.Match)} until {silence.EndsAt:u}: {silence.Comment}")]);
                await TurnsAsync(tx, workspace, silence, now);
            },
            ct);
        estates.Forget(workspace);
        return silence;
    }

    /// <summary>Ends a silence now. One that has ended stays as it is.</summary>
    public async Task<Result<Silence>> ExpireAsync(long workspace, string id, string actor, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var ended = await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(workspace);
                if (await silences.FindAsync(tx, workspace, id) is not { } silence)
                {
                    return null;
                }

                if (silence.EndsAt <= now)
                {
                    return silence;
                }

                var cut = silence with { StartsAt = silence.StartsAt < now ? silence.StartsAt : now, EndsAt = now };
                await silences.SaveAsync(tx, workspace, cut, now);
                await log.AppendAsync(tx, workspace, now, [new("silence.expired", $"silence/{id}", actor, "ended before its time")]);
                await TurnsAsync(tx, workspace, cut, now);
                return cut;
            },
            ct);
        estates.Forget(workspace);
        return ended is null ? Error.NotFound("silence", id) : ended;
    }

    /// <summary>Ends a silence that lasts until all is resolved, since nothing that it mutes fires any more.</summary>
    public async Task EndResolvedAsync(EstateSnapshot estate, Silence silence, CancellationToken ct)
    {
        await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(estate.Workspace);
                var now = clock.GetUtcNow();
                if (await silences.FindAsync(tx, estate.Workspace, silence.Id) is not { UntilResolved: true } stored || stored.EndsAt <= now)
                {
                    return;
                }

                var left = SilenceSet.Preview(stored, await alerts.FiringAsync(tx, estate.Workspace, silenced: false), AlertIntake.SubjectOf);
                if (left.Value is { Count: 0 })
                {
                    await silences.SaveAsync(tx, estate.Workspace, stored with { EndsAt = now }, now);
                    await log.AppendAsync(tx, estate.Workspace, now, [new("silence.expired", $"silence/{stored.Id}", "system", "everything that it muted has resolved")]);
                }
            },
            ct);
        estates.Forget(estate.Workspace);
    }

    /// <summary>What a silence would mute of what fires now.</summary>
    public async Task<Result<IReadOnlyList<AlertRow>>> PreviewAsync(long workspace, Silence silence, CancellationToken ct)
    {
        var firing = await database.ReadAsync(session => alerts.FiringAsync(session, workspace, silenced: false), ct);
        return SilenceSet.Preview(silence, firing, AlertIntake.SubjectOf);
    }

    private Task TurnsAsync(Tx tx, long workspace, Silence silence, DateTimeOffset now)
    {
        var lane = StableHash.Of("silence", workspace.ToString());
        return jobs.EnqueueAsync(
            tx,
            [
                new(workspace, TurnKind, $"silence/{silence.Id}/{silence.StartsAt.ToMicros()}", lane, silence.StartsAt, silence.Id),
                new(workspace, TurnKind, $"silence/{silence.Id}/{silence.EndsAt.ToMicros()}", lane, silence.EndsAt, silence.Id),
            ],
            now);
    }
}

/// <summary>The moment when a silence begins or ends.</summary>
internal sealed class SilenceTurn(
    Database database, IEstates estates, SilenceStore silences, AlertIntake intake, Mutes mutes, IncidentStore incidents, JobStore jobs, TimeProvider clock) : IJobHandler
{
    private const int MostIncidents = 10_000;

    public string Kind => SilenceDesk.TurnKind;

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        estates.Forget(job.Workspace);
        var estate = await estates.FindAsync(job.Workspace, ct)
            ?? throw new StoreUnavailableException($"The configuration of workspace {job.Workspace} is not readable now.");
        await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(job.Workspace);
                var now = clock.GetUtcNow();
                if (await silences.FindAsync(tx, job.Workspace, job.Payload) is { } silence)
                {
                    await (silence.EndsAt <= now ? EndAsync(tx, estate, silence, now) : BeginAsync(tx, estate, silence, now));
                }

                await jobs.CompleteAsync(tx, job);
            },
            ct);
    }

    /// <summary>Quiets incidents that page, and all of whose firing alerts are muted now; what a person acknowledged or snoozed stays so.</summary>
    private async Task BeginAsync(Tx tx, EstateSnapshot estate, Silence silence, DateTimeOffset now)
    {
        foreach (var incident in await incidents.ListAsync(tx, estate.Workspace, open: true, null, long.MaxValue, MostIncidents))
        {
            await mutes.QuietAsync(tx, estate, incident, Author(silence), now);
        }
    }

    private async Task EndAsync(Tx tx, EstateSnapshot estate, Silence silence, DateTimeOffset now)
    {
        await intake.UnmuteAsync(tx, estate, now);
        foreach (var incident in await incidents.ListAsync(tx, estate.Workspace, open: false, IncidentStatus.Snoozed, long.MaxValue, MostIncidents))
        {
            if (incident.SnoozedBy == Author(silence))
            {
                await mutes.StirAsync(tx, estate.Workspace, incident, now);
            }
        }
    }

    private static string Author(Silence silence) => IncidentState.BySilence(silence.Kind, silence.Id);
}
