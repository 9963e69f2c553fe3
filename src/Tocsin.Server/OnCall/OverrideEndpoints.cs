using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.OnCall;

internal static class OverrideEndpoints
{
    public static void MapOverrides(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/schedules/{name}/overrides").WithTags("On call").RequireAuthorization(Policies.Viewer);
        group.MapGet("/", List);
        group.MapPost("/", Create).RequireAuthorization(Policies.Responder);
        group.MapDelete("/{id:long}", Remove).RequireAuthorization(Policies.Responder);
    }

    /// <summary>Overrides of a schedule that people entered and that end after an instant, by their beginning. Those that its file declares are not among them.</summary>
    /// <param name="name">The schedule.</param>
    /// <param name="since">Also those that ended after this; absent: only those that have not ended.</param>
    internal static async Task<Results<Ok<Page<OverrideView>>, ProblemHttpResult>> List(
        string name, ClaimsPrincipal user, IEstates estates, Database database, EntryStore entries, TimeProvider clock, CancellationToken ct, DateTimeOffset? since = null)
    {
        var (estate, now) = (await estates.OfAsync(user, ct), clock.GetUtcNow());
        if (!estate.Schedules.ContainsKey(name))
        {
            return Error.NotFound("schedule", name).ToProblem();
        }

        var rows = await database.ReadAsync(session => entries.CoversAsync(session, estate.Workspace, name, since ?? now), ct);
        return TypedResults.Ok(new Page<OverrideView>([.. rows.Where(r => since is not null || r.RemovedAt is null).Select(r => Of(r, now, null))], null));
    }

    /// <summary>
    /// Puts somebody on call for a while. Responders put themselves on call; administrators and the team's managers anybody. Those whom it concerns are
    /// told. Of overlapping overrides the one entered later wins.
    /// </summary>
    /// <param name="name">The schedule.</param>
    internal static async Task<Results<Created<OverrideView>, ProblemHttpResult>> Create(
        string name, OverrideRequest request, ClaimsPrincipal user, CoverDesk desk, TimeProvider clock, CancellationToken ct)
    {
        var caller = Caller.Of(user);
        var made = await desk.AddAsync(
            caller, new(name, request.User ?? caller.User ?? "", request.From, request.To) { InsteadOf = request.InsteadOf, Reason = request.Reason }, ct);
        return made.Ok
            ? TypedResults.Created($"/api/v1/schedules/{Uri.EscapeDataString(name)}/overrides/{made.Value.Row.Id}", Of(made.Value.Row, clock.GetUtcNow(), made.Value.Sentence))
            : made.Error.ToProblem();
    }

    /// <summary>
    /// Takes an override back; what has passed of it stays. Whoever made it may, and the person whose shift it was; administrators and the team's managers
    /// any. Idempotent.
    /// </summary>
    /// <param name="name">The schedule.</param>
    /// <param name="id">The override's number.</param>
    internal static async Task<Results<Ok<OverrideView>, ProblemHttpResult>> Remove(
        string name, long id, ClaimsPrincipal user, CoverDesk desk, TimeProvider clock, CancellationToken ct)
    {
        var removed = await desk.RemoveAsync(Caller.Of(user), name, id, ct);
        return removed.Ok ? TypedResults.Ok(Of(removed.Value.Row, clock.GetUtcNow(), removed.Value.Sentence)) : removed.Error.ToProblem();
    }

    public static OverrideView Of(CoverRow row, DateTimeOffset now, string? change) => new(
        row.Id, row.Schedule, row.User, row.From, row.To, row.InsteadOf, row.Reason, row.MadeBy, row.MadeAt, StatusOf(row.From, row.To, row.RemovedAt, now), row.Swap, change);

    public static string StatusOf(DateTimeOffset from, DateTimeOffset to, DateTimeOffset? removedAt, DateTimeOffset now) =>
        removedAt is not null ? "removed" : to <= now ? "ended" : from > now ? "pending" : "active";
}

internal static class TimeOffEndpoints
{
    public static void MapTimeOff(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/time-off").WithTags("On call").RequireAuthorization(Policies.Viewer);
        group.MapGet("/", List);
        group.MapPost("/", Create).RequireAuthorization(Policies.Responder);
        group.MapDelete("/{id:long}", Remove).RequireAuthorization(Policies.Responder);
    }

    /// <summary>All time off that has not ended, by its beginning.</summary>
    internal static async Task<Ok<Page<TimeOffView>>> List(ClaimsPrincipal user, Database database, EntryStore entries, TimeProvider clock, CancellationToken ct)
    {
        var (workspace, now) = (Caller.Of(user).Workspace, clock.GetUtcNow());
        var book = await database.ReadAsync(session => entries.ReadAsync(session, workspace, now), ct);
        return TypedResults.Ok(new Page<TimeOffView>([.. book.Away.Select(r => Of(r, now, null))], null));
    }

    /// <summary>
    /// Says that somebody is away: the rotations leave them out. Everybody for themselves; administrators, and managers for their teams, for others. The
    /// answer names the gaps that it leaves.
    /// </summary>
    internal static async Task<Results<Created<TimeOffView>, ProblemHttpResult>> Create(
        TimeOffRequest request, ClaimsPrincipal user, TimeOffDesk desk, TimeProvider clock, CancellationToken ct)
    {
        var made = await desk.AddAsync(Caller.Of(user), request.User, request.From, request.To, request.Reason, ct);
        return made.Ok
            ? TypedResults.Created($"/api/v1/time-off/{made.Value.Row.Id}", Of(made.Value.Row, clock.GetUtcNow(), made.Value.Gaps))
            : made.Error.ToProblem();
    }

    /// <summary>Takes time off back; what has passed of it stays. Idempotent.</summary>
    internal static async Task<Results<Ok<TimeOffView>, ProblemHttpResult>> Remove(long id, ClaimsPrincipal user, TimeOffDesk desk, TimeProvider clock, CancellationToken ct)
    {
        var removed = await desk.RemoveAsync(Caller.Of(user), id, ct);
        return removed.Ok ? TypedResults.Ok(Of(removed.Value, clock.GetUtcNow(), null)) : removed.Error.ToProblem();
    }

    private static TimeOffView Of(TimeOffRow row, DateTimeOffset now, IReadOnlyList<ScheduleGap>? gaps) => new(
        row.Id, row.User, row.From, row.To, row.Reason, row.OfCalendar, row.MadeBy, row.MadeAt, OverrideEndpoints.StatusOf(row.From, row.To, row.RemovedAt, now),
        gaps?.Select(g => new GapView(g.Schedule, g.From, g.To)).ToList());
}

internal static class SwapEndpoints
{
    private static readonly TimeSpan _shown = TimeSpan.FromDays(7);

    public static void MapSwaps(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/swaps").WithTags("On call").RequireAuthorization(Policies.Viewer);
        group.MapGet("/", List);
        group.MapPost("/", Create).RequireAuthorization(Policies.Responder, Policies.Person);
        group.MapPost("/{id:long}/accept", Accept).RequireAuthorization(Policies.Responder, Policies.Person).WithMetadata(new Hosting.Refuses(StatusCodes.Status409Conflict, "It was answered, withdrawn or has expired."));
        group.MapPost("/{id:long}/decline", Decline).RequireAuthorization(Policies.Responder, Policies.Person).WithMetadata(new Hosting.Refuses(StatusCodes.Status409Conflict, "It was answered, withdrawn or has expired."));
        group.MapPost("/{id:long}/withdraw", Withdraw).RequireAuthorization(Policies.Responder).WithMetadata(new Hosting.Refuses(StatusCodes.Status409Conflict, "It was answered, withdrawn or has expired."));
    }

    /// <summary>Open requests for cover, and those answered within the last 7 days; newest first.</summary>
    internal static async Task<Ok<Page<SwapView>>> List(ClaimsPrincipal user, IEstates estates, Database database, SwapStore swaps, TimeProvider clock, CancellationToken ct)
    {
        var (estate, now) = (await estates.OfAsync(user, ct), clock.GetUtcNow());
        var rows = await database.ReadAsync(session => swaps.ListAsync(session, estate.Workspace, now - _shown), ct);
        return TypedResults.Ok(new Page<SwapView>([.. rows.Select(r => Of(new(r), estate, Caller.Of(user).User, now))], null));
    }

    /// <summary>
    /// Asks somebody, or the team, to take a stretch in which the caller is on call. They are told by message and accept or decline; until then the caller
    /// stays on call. It ends by itself when the stretch begins, or after 7 days.
    /// </summary>
    internal static async Task<Results<Created<SwapView>, ProblemHttpResult>> Create(
        SwapRequest request, ClaimsPrincipal user, IEstates estates, SwapDesk desk, TimeProvider clock, CancellationToken ct)
    {
        var caller = Caller.Of(user);
        var asked = await desk.AskAsync(
            caller, new(request.Schedule, request.From, request.To, request.Ask) { BackFrom = request.BackFrom, BackTo = request.BackTo, Note = request.Note }, ct);
        return asked.Ok
            ? TypedResults.Created($"/api/v1/swaps/{asked.Value.Row.Id}", Of(asked.Value, await estates.OfAsync(user, ct), caller.User, clock.GetUtcNow()))
            : asked.Error.ToProblem();
    }

    /// <summary>Takes the shift. Only somebody who was asked.</summary>
    internal static Task<Results<Ok<SwapView>, ProblemHttpResult>> Accept(long id, ClaimsPrincipal user, IEstates estates, SwapDesk desk, TimeProvider clock, CancellationToken ct) =>
        AnswerAsync(user, estates, clock, desk.AcceptAsync, id, ct);

    /// <summary>Does not take it. One of a team that was asked only says so; the others are still asked.</summary>
    internal static Task<Results<Ok<SwapView>, ProblemHttpResult>> Decline(long id, ClaimsPrincipal user, IEstates estates, SwapDesk desk, TimeProvider clock, CancellationToken ct) =>
        AnswerAsync(user, estates, clock, desk.DeclineAsync, id, ct);

    /// <summary>Ends a request before anybody said yes: the asker, an administrator or one of the team's managers.</summary>
    internal static async Task<Results<Ok<SwapView>, ProblemHttpResult>> Withdraw(
        long id, ClaimsPrincipal user, IEstates estates, SwapDesk desk, TimeProvider clock, CancellationToken ct)
    {
        var caller = Caller.Of(user);
        var done = await desk.WithdrawAsync(caller, id, ct);
        return done.Ok ? TypedResults.Ok(Of(done.Value, await estates.OfAsync(user, ct), caller.User, clock.GetUtcNow())) : done.Error.ToProblem();
    }

    private static async Task<Results<Ok<SwapView>, ProblemHttpResult>> AnswerAsync(
        ClaimsPrincipal user, IEstates estates, TimeProvider clock, Func<long, long, string, string, CancellationToken, Task<Result<SwapChange>>> answer, long id, CancellationToken ct)
    {
        if (Caller.Of(user) is not { User: { } person } caller)
        {
            return Error.Conflict("swap.not_a_user", "You are no user of the estate, so nobody can have asked you.").ToProblem();
        }

        var done = await answer(caller.Workspace, id, person, caller.Actor, ct);
        return done.Ok ? TypedResults.Ok(Of(done.Value, await estates.OfAsync(user, ct), person, clock.GetUtcNow())) : done.Error.ToProblem();
    }

    public static SwapView Of(SwapChange change, EstateSnapshot estate, string? reader, DateTimeOffset now)
    {
        var row = change.Row;
        var state = row.StateAt(now);
        var mayAccept = state == SwapState.Open && reader is not null && SwapDesk.Candidates(estate, row).Contains(reader, StringComparer.Ordinal);
        return new(
            row.Id, row.Schedule, row.Asker, row.Asked, row.From, row.To, row.BackFrom, row.BackTo, row.Note, state, row.MadeAt, row.ExpiresAt, row.AnsweredBy, row.AnsweredAt,
            mayAccept, change.Sentence);
    }
}
