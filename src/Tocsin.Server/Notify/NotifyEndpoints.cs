using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Notify;

internal static class NotifyEndpoints
{
    public static void MapNotify(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/me/notify").WithTags("Accounts").RequireAuthorization(Policies.Responder)
            .WithMetadata(new Refuses(StatusCodes.Status404NotFound, "The caller is no person of the estate."));
        group.MapGet("/", Show);
        group.MapPut("/", Save).WithMetadata(new Refuses(StatusCodes.Status409Conflict, "Files manage the person."));
    }

    /// <summary>How the caller is reached: rules, quiet hours and limits, and what comes of them as sentences.</summary>
    internal static async Task<Results<Ok<NotifyView>, ProblemHttpResult>> Show(ClaimsPrincipal user, NotifyDesk desk, CancellationToken ct) =>
        await desk.FindAsync(Caller.Of(user), ct) is { } person
            ? TypedResults.Ok(await desk.ViewAsync(Caller.Of(user).Workspace, person, ct))
            : Error.NotFound("user", Caller.Of(user).User ?? Caller.Of(user).Actor).ToProblem();

    /// <summary>Changes how the caller is reached, all of it: what is not given goes back to its default. Repeating it changes nothing.</summary>
    internal static async Task<Results<Ok<NotifyView>, ProblemHttpResult>> Save(NotifyRequest request, ClaimsPrincipal user, NotifyDesk desk, CancellationToken ct)
    {
        var saved = await desk.SaveAsync(Caller.Of(user), request, ct);
        return saved.Ok ? TypedResults.Ok(await desk.ViewAsync(Caller.Of(user).Workspace, saved.Value, ct)) : saved.Error.ToProblem();
    }
}
