using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;

namespace Tocsin.Incidents;

/// <summary>What people do to incidents, whatever surface they use: page, API, signed link, command line.</summary>
internal sealed class IncidentDesk(Database database, IEstates estates, IncidentFlow flow, AlertIntake alerts, TimeProvider clock)
{
    /// <summary>Stands between a name and the system through which the person acted: <c>user:ana via slack</c>.</summary>
    public const string Via = " via ";

    private Func<Tx, Task<bool>>? Begin { get; init; }

    /// <summary>The same desk for one act that may arrive more than once.</summary>
    /// <param name="begin">Runs first, in the transaction of the act. False: it was done already, and nothing is changed.</param>
    public IncidentDesk Once(Func<Tx, Task<bool>> begin) => new(database, estates, flow, alerts, clock) { Begin = begin };

    public Task<Result<IncidentState>> AcknowledgeAsync(long workspace, long number, string actor, CancellationToken ct) =>
        ActAsync(workspace, number, new IncidentEvent.Acknowledged(Name(actor)), actor, ct);

    public Task<Result<IncidentState>> ResolveAsync(long workspace, long number, string actor, CancellationToken ct) =>
        ActAsync(workspace, number, new IncidentEvent.Resolved(Name(actor)), actor, ct);

    public Task<Result<IncidentState>> EscalateAsync(long workspace, long number, string actor, CancellationToken ct) =>
        ActAsync(workspace, number, new IncidentEvent.EscalatedBy(Name(actor)), actor, ct);

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
            _ => decision.State,
        };
    }

    private static string Name(string actor)
    {
        var name = actor[(actor.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return name.IndexOf(Via, StringComparison.Ordinal) is > 0 and var via ? name[..via] : name;
    }
}
