using Tocsin.Data;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.Routing;
using Tocsin.Streams;

namespace Tocsin.Incidents;

/// <summary>The only shell around <see cref="IncidentDecider"/>: load, decide, save, log, enqueue; one transaction, under the workspace's lock.</summary>
internal sealed class IncidentFlow(IncidentStore incidents, PagePlanner planner, PageStore pages, TurnStore turns, JobStore jobs, EventLog log)
{
    public const string WakeKind = "incident.wake";
    public const string UpdateKind = "incident.update";

    /// <summary>The job that wakes an incident at the end of what it waits for now.</summary>
    public static string WakeKey(IncidentState state) => $"wake/{state.Number}/{state.Epoch}";

    public Task<IncidentState?> FindAsync(Tx tx, EstateSnapshot estate, long number) => incidents.FindAsync(tx, estate.Workspace, number);

    /// <returns>The decision; null when there is no such incident.</returns>
    public async Task<IncidentDecision?> ApplyAsync(Tx tx, EstateSnapshot estate, long number, IncidentEvent e, string actor, DateTimeOffset now) =>
        await incidents.FindAsync(tx, estate.Workspace, number) is { } state ? await ApplyAsync(tx, estate, state, e, actor, now) : null;

    /// <summary>An incident as it is, as a decision that decided nothing.</summary>
    public async Task<IncidentDecision?> LookAsync(Tx tx, EstateSnapshot estate, long number) =>
        await incidents.FindAsync(tx, estate.Workspace, number) is { } state ? new(state, [], [], Changed: false) : null;

    /// <summary>As above for a state that the caller loaded under the lock, or just made.</summary>
    public async Task<IncidentDecision> ApplyAsync(Tx tx, EstateSnapshot estate, IncidentState state, IncidentEvent e, string actor, DateTimeOffset now)
    {
        var decision = IncidentDecider.Decide(state, e, await RespondersAsync(tx, estate, state, e), now);
        if (!decision.Changed)
        {
            return decision;
        }

        incidents.Save(tx, estate.Workspace, decision.State);
        var subject = $"incident/{state.Number}";
        await log.AppendAsync(tx, estate.Workspace, now, [.. decision.Lines.Select(line => new LogLine(line.Kind, subject, actor, line.Reason))]);
        foreach (var effect in decision.Effects)
        {
            await EnactAsync(tx, estate, decision.State, effect, now);
        }

        // Before the first page nothing was sent that could show what is no longer so.
        if (state.ToldAt is not null && IncidentFace.Of(state) != IncidentFace.Of(decision.State))
        {
            await planner.RefreshAsync(tx, estate, decision.State, now);
        }

        return decision;
    }

    /// <summary>Those of the estate; where members of a team take turns, with who had the last ones.</summary>
    private async Task<Responders> RespondersAsync(Tx tx, EstateSnapshot estate, IncidentState state, IncidentEvent e)
    {
        var policy = e switch
        {
            IncidentEvent.Reassigned { Policy: { } other } => other,
            IncidentEvent.PolicyMoved { Policy: var newer } => newer,
            _ => state.Policy,
        };
        return policy.Steps.Any(step => step.RoundRobin) ? estate.Responders.With(await turns.OfAsync(tx, estate.Workspace, policy.Name)) : estate.Responders;
    }

    private Task EnactAsync(Tx tx, EstateSnapshot estate, IncidentState state, IncidentEffect effect, DateTimeOffset now) => effect switch
    {
        IncidentEffect.Page page => planner.PageAsync(tx, estate, state, page, now),
        IncidentEffect.CancelPages cancel => pages.CancelAsync(tx, estate.Workspace, state.Number, cancel.Reason, now),
        IncidentEffect.Tell tell => planner.TellAsync(tx, estate, state, tell, now),
        IncidentEffect.TellAdministrators tell => planner.TellAdministratorAsync(tx, estate, state, tell, now),
        IncidentEffect.Remind remind => planner.RemindAsync(tx, estate, state, remind, now),
        IncidentEffect.Ask ask => planner.AskAsync(tx, estate, state, ask, now),
        IncidentEffect.CancelAsks cancel => pages.CancelAsksAsync(tx, estate.Workspace, state.Number, cancel.Recipient, cancel.Reason),
        IncidentEffect.TakeTurn take => turns.TakeAsync(tx, estate.Workspace, take.Turn),
        IncidentEffect.WakeAt wake => TimerAsync(tx, estate, WakeKind, $"wake/{state.Number}/{wake.Epoch}", wake.At, $"{state.Number} {wake.Epoch}", now),
        IncidentEffect.UpdateAt update => TimerAsync(tx, estate, UpdateKind, $"update/{state.Number}", update.At, $"{state.Number}", now),
        _ => throw new InvalidOperationException($"No way to enact {effect}."),
    };

    private Task TimerAsync(Tx tx, EstateSnapshot estate, string kind, string key, DateTimeOffset at, string payload, DateTimeOffset now) =>
        jobs.EnqueueAsync(tx, [new(estate.Workspace, kind, key, StableHash.Of("timer", estate.Model.Workspace), at, payload)], now);
}

/// <summary>Wakes an incident when its wait is over.</summary>
internal sealed class IncidentWake(Database database, IEstates estates, IncidentFlow flow, Mutes mutes, JobStore jobs, TimeProvider clock) : IJobHandler
{
    public string Kind => IncidentFlow.WakeKind;

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        var parts = job.Payload.Split(' ');
        var woken = new IncidentEvent.Woken(long.Parse(parts[1]));
        await TimerJob.RunAsync(
            database, estates, flow, jobs, clock, job, long.Parse(parts[0]), (tx, estate, incident, now) => mutes.WakeAsync(tx, estate, incident, woken, now), ct);
    }
}

/// <summary>Tells people about alerts that joined since they were last told.</summary>
internal sealed class IncidentUpdate(Database database, IEstates estates, IncidentFlow flow, JobStore jobs, TimeProvider clock) : IJobHandler
{
    public string Kind => IncidentFlow.UpdateKind;

    public Task RunAsync(LeasedJob job, CancellationToken ct) =>
        TimerJob.RunAsync(database, estates, flow, jobs, clock, job, long.Parse(job.Payload), (_, _, _, _) => Task.FromResult<IncidentEvent>(new IncidentEvent.UpdateDue()), ct);
}

file static class TimerJob
{
    public static async Task RunAsync(
        Database database, IEstates estates, IncidentFlow flow, JobStore jobs, TimeProvider clock, LeasedJob job, long number,
        Func<Tx, EstateSnapshot, IncidentState, DateTimeOffset, Task<IncidentEvent>> happens, CancellationToken ct)
    {
        var estate = await estates.FindAsync(job.Workspace, ct)
            ?? throw new StoreUnavailableException($"The configuration of workspace {job.Workspace} is not readable now.");
        await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(job.Workspace);
                var now = clock.GetUtcNow();
                if (await flow.FindAsync(tx, estate, number) is { } incident)
                {
                    await flow.ApplyAsync(tx, estate, incident, await happens(tx, estate, incident, now), "system", now);
                }

                await jobs.CompleteAsync(tx, job);
            },
            ct);
    }
}
