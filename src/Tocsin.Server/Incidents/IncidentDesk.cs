using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Sdk;

namespace Tocsin.Incidents;

/// <summary>What people do to incidents, whatever surface they use: page, API, signed link, command line.</summary>
internal sealed class IncidentDesk(Database database, IEstates estates, IncidentStore incidents, IncidentFlow flow, AlertIntake alerts, TimeProvider clock)
{
    /// <summary>Stands between a name and the system through which the person acted: <c>user:ana via slack</c>.</summary>
    public const string Via = " via ";

    private Func<Tx, Task<bool>>? Begin { get; init; }

    /// <summary>The same desk for one act that may arrive more than once.</summary>
    /// <param name="begin">Runs first, in the transaction of the act. False: it was done already, and nothing is changed.</param>
    public IncidentDesk Once(Func<Tx, Task<bool>> begin) => new(database, estates, incidents, flow, alerts, clock) { Begin = begin };

    public Task<Result<IncidentState>> AcknowledgeAsync(long workspace, long number, string actor, CancellationToken ct) =>
        ActAsync(workspace, number, new IncidentEvent.Acknowledged(Name(actor)), actor, ct);

    public Task<Result<IncidentState>> ResolveAsync(long workspace, long number, string actor, CancellationToken ct) =>
        ActAsync(workspace, number, new IncidentEvent.Resolved(Name(actor)), actor, ct);

    /// <summary>Ends an incident, or adds to what was said about its end.</summary>
    /// <param name="summary">At most 10 000 characters; null or blank: nothing.</param>
    /// <param name="closes">Nothing is left to do about it.</param>
    public Task<Result<IncidentState>> ConcludeAsync(long workspace, long number, string? summary, bool closes, string actor, CancellationToken ct) => summary is { Length: > 10_000 }
        ? Task.FromResult<Result<IncidentState>>(Error.Invalid("summary", "Write at most 10 000 characters."))
        : ActAsync(workspace, number, new IncidentEvent.Resolved(Name(actor), summary?.Trim() is { Length: > 0 } said ? said : null, closes), actor, ct);

    public Task<Result<IncidentState>> EscalateAsync(long workspace, long number, string actor, CancellationToken ct) =>
        EscalateAsync(workspace, number, Severity.Unset, actor, ct);

    /// <param name="atLeast">What its severity becomes unless it is worse already.</param>
    public Task<Result<IncidentState>> EscalateAsync(long workspace, long number, Severity atLeast, string actor, CancellationToken ct) =>
        ActAsync(workspace, number, new IncidentEvent.EscalatedBy(Name(actor), atLeast), actor, ct);

    /// <param name="until">In the future, at most 30 days ahead.</param>
    public Task<Result<IncidentState>> SnoozeAsync(long workspace, long number, DateTimeOffset until, string actor, CancellationToken ct)
    {
        var ahead = until - clock.GetUtcNow();
        return ahead <= TimeSpan.Zero || ahead > TimeSpan.FromDays(30)
            ? Task.FromResult<Result<IncidentState>>(Error.Invalid("until", "Snooze until an instant in the next 30 days."))
            : ActAsync(workspace, number, new IncidentEvent.Snoozed(until.ToUniversalTime(), Name(actor)), actor, ct);
    }

    /// <param name="text">1 to 10 000 characters.</param>
    public Task<Result<IncidentState>> NoteAsync(long workspace, long number, string text, string actor, CancellationToken ct) => text.Trim() is { Length: >= 1 and <= 10_000 } note
        ? ActAsync(workspace, number, new IncidentEvent.Noted(Name(actor), note), actor, ct)
        : Task.FromResult<Result<IncidentState>>(Error.Invalid("text", "Write a note of 1 to 10 000 characters."));

    /// <summary>Hands an incident over: its escalation begins there. The same again, while they are being called first, changes nothing.</summary>
    /// <param name="to"><c>user:bo</c>, <c>team:payments</c>, <c>schedule:primary</c> or <c>policy:database</c>.</param>
    /// <param name="note">For the timeline; null: none.</param>
    public async Task<Result<IncidentState>> ReassignAsync(long workspace, long number, string to, string? note, string actor, CancellationToken ct)
    {
        var words = note?.Trim() is { Length: > 0 } text ? text : null;
        if (words is { Length: > 10_000 })
        {
            return Error.Invalid("note", "Write a note of at most 10 000 characters.");
        }

        if (await estates.FindAsync(workspace, ct) is not { } estate)
        {
            return Error.NotFound("incident", number.ToString());
        }

        var wished = Handed(estate, to.Trim(), Name(actor));
        if (!wished.Ok)
        {
            return wished.Error;
        }

        var handed = await ActAsync(workspace, number, wished.Value, actor, ct);
        return handed.Ok && words is not null ? await NoteAsync(workspace, number, words, actor, ct) : handed;
    }

    /// <summary>Asks further people to help; nothing stops. Whoever was asked already is not asked again.</summary>
    /// <param name="targets">1 to 20, as <c>user:bo</c>.</param>
    /// <param name="note">What to tell them, at most 1 000 characters; null: nothing.</param>
    public async Task<Result<IncidentState>> AskAsync(long workspace, long number, IReadOnlyList<string> targets, string? note, string actor, CancellationToken ct)
    {
        if (targets.Count is 0 or > 20)
        {
            return Error.Invalid("targets", "Say whom to ask: 1 to 20 of user:NAME, team:NAME, schedule:NAME or channel:NAME.");
        }

        if (note is { Length: > 1_000 })
        {
            return Error.Invalid("note", "Write at most 1 000 characters.");
        }

        if (await estates.FindAsync(workspace, ct) is not { } estate)
        {
            return Error.NotFound("incident", number.ToString());
        }

        List<Target> asked = [];
        foreach (var text in targets)
        {
            if (!Target.TryParse(text.Trim(), out var target) || !Exists(estate.Model, target))
            {
                return Error.Invalid("targets", $"There is no '{text}'; ask user:NAME, team:NAME, schedule:NAME or channel:NAME.");
            }

            asked.Add(target);
        }

        var words = note?.Trim() is { Length: > 0 } said ? said : null;
        return await ActAsync(workspace, number, new IncidentEvent.RespondersAsked(asked, Name(actor), words), actor, ct);
    }

    /// <summary>What somebody says who was asked to help. Saying the same again changes nothing.</summary>
    public Task<Result<IncidentState>> AnswerAsync(long workspace, long number, bool joins, string actor, CancellationToken ct) =>
        ActAsync(workspace, number, new IncidentEvent.ResponderAnswered(Name(actor), joins), actor, ct);

    /// <summary>Lets an incident go on by its policy as that is now. On that version already: changes nothing.</summary>
    public async Task<Result<IncidentState>> MovePolicyAsync(long workspace, long number, string actor, CancellationToken ct)
    {
        if (await estates.FindAsync(workspace, ct) is not { } estate || await database.ReadAsync(session => incidents.FindAsync(session, workspace, number), ct) is not { } state)
        {
            return Error.NotFound("incident", number.ToString());
        }

        return !state.IsOpen || !PolicyVersion.IsOld(estate, state)
            ? state
            : await ActAsync(workspace, number, new IncidentEvent.PolicyMoved(estate.Model.Policies[state.Policy.Name], estate.Model.Revision, Name(actor)), actor, ct);
    }

    /// <summary>Lets all open incidents of a policy go on by it as it is now.</summary>
    public async Task<Result<PolicyMoveView>> MovePoliciesAsync(long workspace, string policy, string actor, CancellationToken ct)
    {
        if (await estates.FindAsync(workspace, ct) is not { } estate || !estate.Model.Policies.ContainsKey(policy))
        {
            return Error.NotFound("policy", policy);
        }

        var open = await database.ReadAsync(session => incidents.ListAsync(session, workspace, open: true, null, long.MaxValue, int.MaxValue), ct);
        List<long> moved = [];
        foreach (var state in open.Where(i => i.Policy.Name == policy && PolicyVersion.IsOld(estate, i)).OrderBy(i => i.Number))
        {
            if ((await MovePolicyAsync(workspace, state.Number, actor, ct)).Ok)
            {
                moved.Add(state.Number);
            }
        }

        return new PolicyMoveView(policy, estate.Model.Revision, moved);
    }

    private static Result<IncidentEvent.Reassigned> Handed(EstateSnapshot estate, string to, string by) =>
        to.StartsWith("policy:", StringComparison.Ordinal) && estate.Model.Policies.TryGetValue(to["policy:".Length..], out var policy)
            ? new IncidentEvent.Reassigned(null, policy, estate.Model.Revision, by)
        : Target.TryParse(to, out var target) && target.Kind != TargetKind.Channel && Exists(estate.Model, target)
            ? new IncidentEvent.Reassigned(target, null, estate.Model.Revision, by)
        : Error.Invalid("to", $"There is no '{to}'; hand it to user:NAME, team:NAME, schedule:NAME or policy:NAME.");

    private static bool Exists(EstateModel model, Target target) => target.Kind switch
    {
        TargetKind.User => model.Users.ContainsKey(target.Name),
        TargetKind.Team => model.Teams.ContainsKey(target.Name),
        TargetKind.Schedule => model.Schedules.ContainsKey(target.Name),
        _ => model.Channels.ContainsKey(target.Name),
    };

    /// <summary>Applies an event. Repeating what was done already succeeds and changes nothing.</summary>
    private async Task<Result<IncidentState>> ActAsync(long workspace, long number, IncidentEvent e, string actor, CancellationToken ct)
    {
        if (await estates.FindAsync(workspace, ct) is not { } estate)
        {
            return Error.NotFound("incident", number.ToString());
        }

        var decision = await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(workspace);
                var now = clock.GetUtcNow();
                if (Begin is not null && !await Begin(tx))
                {
                    return await flow.LookAsync(tx, estate, number);
                }

                var decided = await flow.ApplyAsync(tx, estate, number, e, actor, now);
                if (decided is { Changed: true } && e is IncidentEvent.Resolved)
                {
                    await alerts.LetGoAsync(tx, estate, number, now);
                }

                return decided;
            },
            ct);
        return decision switch
        {
            null => Error.NotFound("incident", number.ToString()),
            { Changed: false, State.Status: IncidentStatus.Resolved, Lines.Count: > 0 } when e is not (IncidentEvent.Resolved or IncidentEvent.Acknowledged) =>
                Error.Conflict("incident.resolved", $"Incident {number} is resolved; it reopens by itself when its alerts fire again."),
            { Changed: false, Lines: [{ Reason: var why }, ..] } when e is IncidentEvent.RespondersAsked => Error.Conflict("incident.nobody_asked", $"{char.ToUpperInvariant(why[0])}{why[1..]}."),
            { Changed: false, Lines: [{ Reason: var why }, ..] } when e is IncidentEvent.ResponderAnswered a && decision.State.Asked?.Any(r => r.Id == $"user:{a.By}") != true =>
                Error.Conflict("incident.not_asked", $"{char.ToUpperInvariant(why[0])}{why[1..]}."),
            _ => decision.State,
        };
    }

    private static string Name(string actor)
    {
        var name = actor[(actor.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return name.IndexOf(Via, StringComparison.Ordinal) is > 0 and var via ? name[..via] : name;
    }
}
