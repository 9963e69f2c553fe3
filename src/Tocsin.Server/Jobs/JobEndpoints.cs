using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Jobs;

internal static class JobEndpoints
{
    public static void MapJobs(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/jobs/dead").WithTags("Operations").RequireAuthorization(Policies.Admin);
        group.MapGet("/", List);
        group.MapPost("/{id:long}/replay", Replay);
    }

    /// <summary>Jobs that gave up, newest first, at most 500. Nothing is deleted unsent.</summary>
    internal static async Task<Ok<Page<DeadJobView>>> List(ClaimsPrincipal user, Database database, JobStore jobs, CancellationToken ct)
    {
        var dead = await database.ReadAsync(session => jobs.DeadAsync(session, Caller.Of(user).Workspace), ct);
        return TypedResults.Ok(new Page<DeadJobView>([.. dead.Select(j => new DeadJobView(j.Id, j.Kind, j.Key, j.Attempts, j.DiedAt, j.Error))], null));
    }

    /// <summary>Makes a dead job ready again.</summary>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Replay(
        long id, ClaimsPrincipal user, Database database, JobStore jobs, AuditTrail audit, TimeProvider clock, CancellationToken ct) =>
        await ReplayAsync(id, Caller.Of(user), database, jobs, audit, clock, ct)
            ? TypedResults.NoContent()
            : Error.NotFound("dead job", id.ToString()).ToProblem();

    /// <returns>False: there is no such dead job.</returns>
    internal static Task<bool> ReplayAsync(long id, Caller caller, Database database, JobStore jobs, AuditTrail audit, TimeProvider clock, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            if (!await jobs.ReplayAsync(tx, caller.Workspace, id, clock.GetUtcNow()))
            {
                return false;
            }

            await audit.RecordAsync(tx, caller.Workspace, new(caller.Actor, "job.replayed", $"job/{id}", $"dead job {id} was let try again"));
            return true;
        },
        ct);
}
