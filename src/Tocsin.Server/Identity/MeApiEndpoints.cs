using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Sdk;

namespace Tocsin.Identity;

internal static class MeApiEndpoints
{
    public static void MapMeApi(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/me").WithTags("Accounts");
        group.MapGet("", Me).RequireAuthorization(Policies.AlertReader);
        group.MapGet("/sessions", Sessions).RequireAuthorization(Policies.Person);
        group.MapDelete("/sessions/{id}", End).RequireAuthorization(Policies.Person);
    }

    /// <summary>Who asks: the person or key, its role, and the workspaces that a person is a member of.</summary>
    internal static async Task<Ok<MeView>> Me(ClaimsPrincipal user, AccountReader reader, TimeProvider clock, CancellationToken ct) =>
        TypedResults.Ok(await reader.MeAsync(Caller.Of(user), clock.GetUtcNow(), ct));

    /// <summary>What the person is logged in with, in all workspaces, newest use first.</summary>
    internal static async Task<Ok<Page<SessionView>>> Sessions(ClaimsPrincipal user, AccountReader reader, TimeProvider clock, CancellationToken ct) =>
        TypedResults.Ok(new Page<SessionView>(await reader.SessionsAsync(Caller.Of(user), clock.GetUtcNow(), ct), null));

    /// <summary>Ends one of the person's own sessions at once.</summary>
    internal static async Task<Results<NoContent, ProblemHttpResult>> End(long id, ClaimsPrincipal user, SignIn signIn, CancellationToken ct) =>
        await signIn.EndAsync(Caller.Of(user), id, ct)
            ? TypedResults.NoContent()
            : Error.NotFound("session", $"{id}").ToProblem();
}
