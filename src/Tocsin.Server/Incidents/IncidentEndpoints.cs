using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Pages;
using Tocsin.Sdk;

namespace Tocsin.Incidents;

internal static class IncidentEndpoints
{
    private const int SearchedAtOnce = 500;

    public static void MapIncidents(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/incidents").WithTags("Incidents").RequireAuthorization(Policies.Viewer);
        group.MapGet("/", List);
        group.MapGet("/{number:long}", Get);

        var acts = group.MapGroup("/{number:long}").RequireAuthorization(Policies.Responder);
        acts.MapPost("/acknowledge", Acknowledge);
        acts.MapPost("/resolve", Resolve);
        acts.MapPost("/escalate", Escalate).WithMetadata(new Refuses(StatusCodes.Status409Conflict, "The incident is resolved."));
        acts.MapPost("/snooze", Snooze).WithMetadata(new Refuses(StatusCodes.Status409Conflict, "The incident is resolved."));
        acts.MapPost("/notes", Note);
        acts.MapPost("/reassign", Reassign).WithMetadata(new Refuses(StatusCodes.Status409Conflict, "The incident is resolved."));
        acts.MapPost("/responders", Ask).WithMetadata(new Refuses(StatusCodes.Status409Conflict, "The incident is resolved, or nobody can be asked."));
        acts.MapPost("/responders/answer", Answer).WithMetadata(new Refuses(StatusCodes.Status409Conflict, "The incident is resolved, or the caller was not asked."));
        group.MapPost("/{number:long}/move-policy", MovePolicy).RequireAuthorization(Policies.Configure);
        routes.MapPost("/api/v1/policies/{name}/move-incidents", MovePolicies).WithTags("Incidents").RequireAuthorization(Policies.Configure);
    }

    /// <summary>Incidents, newest first.</summary>
    /// <param name="status">open (all that are not resolved), triggered, acknowledged, snoozed, resolved or all.</param>
    /// <param name="q">Words and matchers that must all hold, such as <c>disk severity>=high service=~"check.*"</c>; as in the inbox.</param>
    internal static async Task<Results<Ok<Page<Incident>>, ProblemHttpResult>> List(
        ClaimsPrincipal user, Database database, IEstates estates, IncidentStore incidents, IncidentViews views,
        CancellationToken ct, string status = "open", string? q = null, string? cursor = null, int limit = Cursor.DefaultLimit)
    {
        if (Cursor.Before(cursor) is not { } before)
        {
            return Cursor.Invalid().ToProblem();
        }

        if (limit is < 1 or > 200)
        {
            return Cursor.InvalidLimit().ToProblem();
        }

        IncidentStatus? wanted = null;
        if (status is not ("open" or "all"))
        {
            if (!Enum.TryParse<IncidentStatus>(status, ignoreCase: true, out var parsed) || char.IsAsciiDigit(status[0]))
            {
                return Error.Invalid("status", "Use open, triggered, acknowledged, snoozed, resolved or all.").ToProblem();
            }

            wanted = parsed;
        }

        var filter = InboxFilter.Parse(q);
        if (filter.Fault is { } fault)
        {
            return Error.Invalid("q", fault).ToProblem();
        }

        var estate = await estates.OfAsync(user, ct);
        var part = filter.IsEmpty ? limit + 1 : SearchedAtOnce;
        List<Incident> found = [];
        while (found.Count <= limit)
        {
            var from = before;
            var rows = await database.ReadAsync(session => incidents.ListAsync(session, estate.Workspace, status == "open", wanted, from, part), ct);
            found.AddRange(rows.Select(row => views.Of(row, estate)).Where(filter.Matches));
            if (rows.Count < part)
            {
                break;
            }

            before = rows[^1].Number;
        }

        return TypedResults.Ok(Cursor.Page(found, limit, incident => incident, incident => incident.Number));
    }

    /// <summary>One incident with its alerts (the first 500), its pages and its timeline.</summary>
    internal static async Task<Results<Ok<IncidentDetail>, ProblemHttpResult>> Get(
        long number, ClaimsPrincipal user, Database database, IEstates estates, IncidentViews views, CancellationToken ct)
    {
        var estate = await estates.OfAsync(user, ct);
        return await database.ReadAsync(session => views.DetailAsync(session, estate, number), ct) is { } detail
            ? TypedResults.Ok(detail)
            : Error.NotFound("incident", number.ToString()).ToProblem();
    }

    /// <summary>Stops the paging: somebody has it. Repeating it changes nothing.</summary>
    internal static Task<Results<Ok<Incident>, ProblemHttpResult>> Acknowledge(
        long number, ClaimsPrincipal user, IncidentDesk desk, IEstates estates, IncidentViews views, CancellationToken ct) =>
        Act(user, estates, views, caller => desk.AcknowledgeAsync(caller.Workspace, number, caller.Actor, ct), ct);

    /// <summary>Ends the incident. Repeating it changes nothing.</summary>
    internal static Task<Results<Ok<Incident>, ProblemHttpResult>> Resolve(
        long number, ClaimsPrincipal user, IncidentDesk desk, IEstates estates, IncidentViews views, CancellationToken ct) =>
        Act(user, estates, views, caller => desk.ResolveAsync(caller.Workspace, number, caller.Actor, ct), ct);

    /// <summary>Pages the next step of the policy now instead of at its time.</summary>
    internal static Task<Results<Ok<Incident>, ProblemHttpResult>> Escalate(
        long number, ClaimsPrincipal user, IncidentDesk desk, IEstates estates, IncidentViews views, CancellationToken ct) =>
        Act(user, estates, views, caller => desk.EscalateAsync(caller.Workspace, number, caller.Actor, ct), ct);

    /// <summary>Stops paging until an instant (<c>until</c>) or for a time (<c>for</c>: 30m, 1h, 1d; at most 30 days).</summary>
    internal static Task<Results<Ok<Incident>, ProblemHttpResult>> Snooze(
        long number, SnoozeRequest request, ClaimsPrincipal user, IncidentDesk desk, IEstates estates, IncidentViews views, TimeProvider clock, CancellationToken ct) =>
        Act(
            user, estates, views,
            caller => SnoozeEnd(request, clock.GetUtcNow()) is { } until
                ? desk.SnoozeAsync(caller.Workspace, number, until, caller.Actor, ct)
                : Task.FromResult<Result<IncidentState>>(Error.Invalid("for", "Say until when ('until', RFC 3339) or for how long ('for': 30m, 1h, 1d).")),
            ct);

    /// <summary>Writes a note of 1 to 10 000 characters into the timeline. Each call adds one.</summary>
    internal static Task<Results<Ok<Incident>, ProblemHttpResult>> Note(
        long number, NoteRequest request, ClaimsPrincipal user, IncidentDesk desk, IEstates estates, IncidentViews views, CancellationToken ct) =>
        Act(user, estates, views, caller => desk.NoteAsync(caller.Workspace, number, request.Text ?? "", caller.Actor, ct), ct);

    /// <summary>Hands the incident over: its escalation begins there, and goes on with what it had before when nobody answers. Repeating it while they are being called first changes nothing.</summary>
    internal static Task<Results<Ok<Incident>, ProblemHttpResult>> Reassign(
        long number, ReassignRequest request, ClaimsPrincipal user, IncidentDesk desk, IEstates estates, IncidentViews views, CancellationToken ct) =>
        Act(user, estates, views, caller => desk.ReassignAsync(caller.Workspace, number, request.To ?? "", request.Note, caller.Actor, ct), ct);

    /// <summary>Asks further people to help. Nothing stops and nobody takes it over; they answer with join or decline. Whoever was asked already is not asked again.</summary>
    internal static Task<Results<Ok<Incident>, ProblemHttpResult>> Ask(
        long number, RespondersRequest request, ClaimsPrincipal user, IncidentDesk desk, IEstates estates, IncidentViews views, CancellationToken ct) =>
        Act(user, estates, views, caller => desk.AskAsync(caller.Workspace, number, [.. (request.Targets ?? []).Select(t => t ?? "")], request.Note, caller.Actor, ct), ct);

    /// <summary>Joins or declines, for whoever was asked to help. Repeating it changes nothing.</summary>
    internal static Task<Results<Ok<Incident>, ProblemHttpResult>> Answer(
        long number, ResponderAnswerRequest request, ClaimsPrincipal user, IncidentDesk desk, IEstates estates, IncidentViews views, CancellationToken ct) =>
        Act(user, estates, views, caller => desk.AnswerAsync(caller.Workspace, number, request.Joins, caller.Actor, ct), ct);

    /// <summary>
    /// Lets the incident go on by its policy as that is now, instead of the version that it began with: the step that runs ends as it began, what follows is
    /// of the new version. Repeating it changes nothing.
    /// </summary>
    internal static Task<Results<Ok<Incident>, ProblemHttpResult>> MovePolicy(
        long number, ClaimsPrincipal user, IncidentDesk desk, IEstates estates, IncidentViews views, CancellationToken ct) =>
        Act(user, estates, views, caller => desk.MovePolicyAsync(caller.Workspace, number, caller.Actor, ct), ct);

    /// <summary>The same for all open incidents of a policy. Repeating it changes nothing.</summary>
    /// <param name="name">The policy.</param>
    internal static async Task<Results<Ok<PolicyMoveView>, ProblemHttpResult>> MovePolicies(string name, ClaimsPrincipal user, IncidentDesk desk, CancellationToken ct)
    {
        var caller = Caller.Of(user);
        var moved = await desk.MovePoliciesAsync(caller.Workspace, name, caller.Actor, ct);
        return moved.Ok ? TypedResults.Ok(moved.Value) : moved.Error.ToProblem();
    }

    public static DateTimeOffset? SnoozeEnd(SnoozeRequest request, DateTimeOffset now) =>
        request.Until ?? (request.For is { } text && DurationText.TryParse(text, out var span) ? now + span : null);

    private static async Task<Results<Ok<Incident>, ProblemHttpResult>> Act(
        ClaimsPrincipal user, IEstates estates, IncidentViews views, Func<Caller, Task<Result<IncidentState>>> act, CancellationToken ct)
    {
        var result = await act(Caller.Of(user));
        return result.Ok ? TypedResults.Ok(views.Of(result.Value, await estates.OfAsync(user, ct))) : result.Error.ToProblem();
    }
}
