using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Hosting;
using Tocsin.Sdk;

namespace Tocsin.Identity;

internal static class MeApiEndpoints
{
    public static void MapMeApi(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/me").WithTags("Accounts");
        group.MapGet("", Me).RequireAuthorization(Policies.AlertReader);
        group.MapGet("/sessions", Sessions).RequireAuthorization(Policies.Person);
        group.MapPost("/password", ChangePassword).RequireAuthorization(Policies.Person).WithMetadata(
            new Refuses(StatusCodes.Status403Forbidden, "The current password is wrong."), new Refuses(StatusCodes.Status429TooManyRequests, "Too many tries."));
        group.MapDelete("/sessions/{id}", End).RequireAuthorization(Policies.Person).RequireRecentProof();
    }

    /// <summary>Who asks: the person or key, its role, and the workspaces that a person is a member of.</summary>
    internal static async Task<Ok<MeView>> Me(ClaimsPrincipal user, AccountReader reader, TimeProvider clock, CancellationToken ct) =>
        TypedResults.Ok(await reader.MeAsync(Caller.Of(user), clock.GetUtcNow(), ct));

    /// <summary>What the person is logged in with, in all workspaces, newest use first.</summary>
    internal static async Task<Ok<Page<SessionView>>> Sessions(ClaimsPrincipal user, AccountReader reader, TimeProvider clock, CancellationToken ct) =>
        TypedResults.Ok(new Page<SessionView>(await reader.SessionsAsync(Caller.Of(user), clock.GetUtcNow(), ct), null));

    /// <summary>Changes the person's password; all other sessions end.</summary>
    internal static async Task<Results<NoContent, ProblemHttpResult>> ChangePassword(
        PasswordRequest body, HttpContext http, ClaimsPrincipal user, PasswordReset passwords, CancellationToken ct)
    {
        var caller = Caller.Of(user);
        return await passwords.ChangeAsync(caller, body.Current ?? "", body.Password, LoginFacts.Of(http, caller.Login!.Kind, "password"), ct) is { } refusal
            ? refusal.ToProblem()
            : TypedResults.NoContent();
    }

    /// <summary>Ends one of the person's own sessions at once.</summary>
    internal static async Task<Results<NoContent, ProblemHttpResult>> End(long id, ClaimsPrincipal user, SignIn signIn, CancellationToken ct) =>
        await signIn.EndAsync(Caller.Of(user), id, ct)
            ? TypedResults.NoContent()
            : Error.NotFound("session", $"{id}").ToProblem();
}
