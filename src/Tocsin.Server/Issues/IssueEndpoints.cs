using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Providers;
using Tocsin.Sdk;

namespace Tocsin.Issues;

internal static class IssueEndpoints
{
    /// <summary>The largest that GitHub sends of an issue is far below.</summary>
    private const int MaxHookBytes = 1024 * 1024;

    public static void MapIssues(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/issues").WithTags("Issues").RequireAuthorization(Policies.Viewer);
        group.MapGet("/", List);
        group.MapGet("/{id:long}", Get);
        group.MapPost("/{id:long}/retry", Retry).RequireAuthorization(Policies.Responder);
        routes.MapGet("/api/v1/pipeline/health", Health).WithTags("Issues").RequireAuthorization(Policies.Viewer);
        routes.MapPost("/api/v1/github/check", Check).WithTags("Issues").RequireAuthorization(Policies.Configure);
        routes.MapPost("/in/github", Hear).AllowAnonymous().WithTags("Issues").WithMetadata(CountsItself.Instance)
            .WithMetadata(new TakesBody("application/json", "A webhook of GitHub of the event issues, signed with X-Hub-Signature-256."))
            .WithMetadata(new Refuses(StatusCodes.Status400BadRequest, "The signature is right, but the body could not be read. Nothing was changed."))
            .WithMetadata(new Refuses(StatusCodes.Status401Unauthorized, "The signature is missing or wrong, or the operator has set no secret. Nothing was changed."));
    }

    /// <summary>How alarms find their way to issues: how fast, how often it fails, what waits, and which of Tocsin's own alarms about it fire.</summary>
    internal static async Task<Ok<PipelineHealthView>> Health(
        ClaimsPrincipal user, Data.Database database, Estate.IEstates estates, PipelineFigures figures, IIssueHost host, TimeProvider clock, CancellationToken ct)
    {
        var estate = await Estate.EstateAccess.OfAsync(estates, user, ct);
        return TypedResults.Ok(await database.ReadAsync(session => figures.ReadAsync(session, estate, host, clock.GetUtcNow()), ct));
    }

    /// <summary>Issues that alarms got, newest first.</summary>
    /// <param name="state">open, closed, pending (something is still to be done), failed (given up) or all.</param>
    /// <param name="repository">Only of this repository, <c>owner/name</c>.</param>
    internal static async Task<Results<Ok<Page<IssueView>>, ProblemHttpResult>> List(
        ClaimsPrincipal user, IssueDesk desk, CancellationToken ct, string state = "all", string? repository = null, string? cursor = null, int limit = Cursor.DefaultLimit)
    {
        if (Cursor.Before(cursor) is not { } before)
        {
            return Cursor.Invalid().ToProblem();
        }

        if (limit is < 1 or > 200)
        {
            return Cursor.InvalidLimit().ToProblem();
        }

        return state is "open" or "closed" or "pending" or "failed" or "all"
            ? TypedResults.Ok(Cursor.Page(await desk.ListAsync(Caller.Of(user).Workspace, state, repository, before, limit + 1, ct), limit, issue => issue, issue => issue.Id))
            : Error.Invalid("state", "Use open, closed, pending, failed or all.").ToProblem();
    }

    /// <summary>One issue, with what is remembered of its alarm.</summary>
    internal static async Task<Results<Ok<IssueView>, ProblemHttpResult>> Get(long id, ClaimsPrincipal user, IssueDesk desk, CancellationToken ct) =>
        await desk.FindAsync(Caller.Of(user).Workspace, id, ct) is { } issue ? TypedResults.Ok(issue) : Error.NotFound("issue", id.ToString()).ToProblem();

    /// <summary>Tries again what was given up, now. Repeating it, or where nothing is to be done, changes nothing.</summary>
    internal static async Task<Results<Ok<IssueView>, ProblemHttpResult>> Retry(long id, ClaimsPrincipal user, IssueDesk desk, CancellationToken ct) =>
        await desk.RetryAsync(Caller.Of(user), id, ct) && await desk.FindAsync(Caller.Of(user).Workspace, id, ct) is { } issue
            ? TypedResults.Ok(issue)
            : Error.NotFound("issue", id.ToString()).ToProblem();

    /// <summary>Tries out, without leaving a trace, what the installation's GitHub account may do; says which permission is missing.</summary>
    internal static async Task<Results<Ok<GitHubCheckView>, ProblemHttpResult>> Check(
        GitHubCheckRequest request, ClaimsPrincipal user, Estate.IEstates estates, IssueChecker checker, CancellationToken ct)
    {
        var estate = await Estate.EstateAccess.OfAsync(estates, user, ct);
        var checkedNow = await checker.CheckAsync(estate, request.Repository, ct);
        return checkedNow.Ok ? TypedResults.Ok(checkedNow.Value) : checkedNow.Error.ToProblem();
    }

    /// <summary>Takes what people did to issues at GitHub: closed, opened again, deleted.</summary>
    /// <remarks>The same delivery twice changes nothing. Events of other kinds, and of issues that are not known here, are taken and forgotten.</remarks>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Hear(
        HttpContext http, IssueDesk desk, IOptions<GitHubOptions> options, RateLimits limits, CancellationToken ct)
    {
        var (body, refusal) = await RequestBody.ReadAsync(http.Request, MaxHookBytes, ct);
        if (refusal is not null)
        {
            return refusal.ToProblem();
        }

        if (!GitHubHook.IsSigned(options.Value.WebhookSecret, http.Request.Headers["X-Hub-Signature-256"].ToString(), body.Span))
        {
            return limits.OfStranger(http)?.ToProblem(http) ?? Problems.Of(
                StatusCodes.Status401Unauthorized, "github.unsigned", "The signature in X-Hub-Signature-256 is missing or does not belong to this body and GitHub:WebhookSecret.");
        }

        if (http.Request.Headers["X-GitHub-Event"] == "issues")
        {
            var news = GitHubHook.Read(body, http.Request.Headers["X-GitHub-Delivery"].ToString());
            if (!news.Ok)
            {
                return Problems.Of(StatusCodes.Status400BadRequest, "github.unreadable", news.Error.Detail);
            }

            if (news.Value is { } told)
            {
                await desk.HearAsync(told, ct);
            }
        }

        return TypedResults.NoContent();
    }
}
