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
internal sealed class SilenceDesk(
    Database database, IEstates estates, SilenceStore silences, JobStore jobs, EventLog log, SilenceOptions options, TimeProvider clock)
{
    public const string TurnKind = "silence.turn";

    private static readonly TimeSpan _longest = TimeSpan.FromDays(366);

    /// <summary>Stores a silence; an id that is known is changed. What people wish goes through <see cref="SilenceGuard"/>.</summary>
    /// <param name="also">What is to be stored with it.</param>
    public async Task<Result<Silence>> SaveAsync(long workspace, Silence silence, string actor, CancellationToken ct, Func<Tx, Task>? also = null)
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
                    [new("silence.saved", $"silence/{silence.Id}", actor, $"mutes {Scope(silence)} until {silence.EndsAt:u}: {silence.Comment}")]);
                await TurnsAsync(tx, workspace, silence, now);
                await (also?.Invoke(tx) ?? Task.CompletedTask);
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
                return await EndAsync(tx, workspace, id, actor, "ended before its time", now);
            },
            ct);
        estates.Forget(workspace);
        return ended is null ? Error.NotFound("silence", id) : ended;
    }

    public Task<Silence?> FindAsync(long workspace, string id, CancellationToken ct) => database.ReadAsync(session => silences.FindAsync(session, workspace, id), ct);

    /// <summary>Ends a silence in the caller's transaction, under the workspace's lock. One that is gone or has ended stays so.</summary>
    /// <returns>The silence as it is then; null: there is none.</returns>
    public async Task<Silence?> EndAsync(Tx tx, long workspace, string id, string actor, string reason, DateTimeOffset now)
    {
        if (await silences.FindAsync(tx, workspace, id) is not { } silence || silence.EndsAt <= now)
        {
            return await silences.FindAsync(tx, workspace, id);
        }

        var cut = silence with { StartsAt = silence.StartsAt < now ? silence.StartsAt : now, EndsAt = now };
        await silences.SaveAsync(tx, workspace, cut, now);
        await log.AppendAsync(tx, workspace, now, [new("silence.expired", $"silence/{id}", actor, reason)]);
        await TurnsAsync(tx, workspace, cut, now);
        return cut;
    }

    /// <summary>What a silence mutes, for people: its services, matchers and times.</summary>
    public static string Scope(Silence silence) =>
        $"{(silence.Services.Count > 0 ? $"service {string.Join(", ", silence.Services)} " : "")}{(silence.Match.Count > 0 ? MatcherText.Format(silence.Match) : "")}".TrimEnd()
        + (silence.Repeats is { } times ? $", {times}," : "");

    private Task TurnsAsync(Tx tx, long workspace, Silence silence, DateTimeOffset now)
    {
        var lane = StableHash.Of("silence", workspace.ToString());
        List<NewJob> turns =
        [
            new(workspace, TurnKind, $"silence/{silence.Id}/{silence.StartsAt.ToMicros()}", lane, silence.StartsAt, silence.Id),
            new(workspace, TurnKind, $"silence/{silence.Id}/{silence.EndsAt.ToMicros()}", lane, silence.EndsAt, silence.Id),
        ];
        var tell = silence.EndsAt - TimeSpan.FromMinutes(options.TellMinutes);
        if (tell > now && tell > silence.StartsAt)
        {
            turns.Add(new(workspace, SilenceEnding.JobKind, $"silence-ending/{silence.Id}/{silence.EndsAt.ToMicros()}", lane, tell, silence.Id));
        }

        return jobs.EnqueueAsync(tx, turns, now);
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
