using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Hosting;
using Tocsin.Sdk;

namespace Tocsin.Identity;

internal static class KeyEndpoints
{
    private static readonly Refuses _none = new(StatusCodes.Status404NotFound, "The workspace has no key of that number that is yours to change.");

    public static void MapKeys(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/keys").WithTags("Keys").RequireAuthorization(Policies.Viewer);
        group.MapGet("/", List);
        group.MapPost("/", Create).RequireRecentProof().WithMetadata(new Refuses(StatusCodes.Status409Conflict, "You have as many keys of your own as one may have."));
        group.MapPost("/{id:long}/rotate", Rotate).RequireRecentProof().WithMetadata(_none, new Refuses(StatusCodes.Status409Conflict, "The key has ended, or was rotated already."));
        group.MapDelete("/{id:long}", Revoke).WithMetadata(_none);
    }

    /// <summary>The keys, without the keys themselves: administrators see all of the workspace, others their own.</summary>
    internal static async Task<Ok<Page<KeyView>>> List(ClaimsPrincipal user, KeyDesk desk, CancellationToken ct) =>
        TypedResults.Ok(new Page<KeyView>([.. (await desk.ListAsync(Caller.Of(user), ct)).Select(Of)], null));

    /// <summary>Makes a key and answers it; it is not shown again. It may never do more than its maker. Not idempotent.</summary>
    internal static async Task<Results<Created<NewKeyView>, ProblemHttpResult>> Create(KeyRequest request, ClaimsPrincipal user, KeyDesk desk, CancellationToken ct)
    {
        var made = await desk.CreateAsync(Caller.Of(user), request, ct);
        return made.Ok ? TypedResults.Created((string?)null, Of(made.Value)) : made.Error.ToProblem();
    }

    /// <summary>Makes a key that may the same; the old one goes on for the grace time and then ends.</summary>
    /// <param name="id">The number of the old key.</param>
    internal static async Task<Results<Created<NewKeyView>, ProblemHttpResult>> Rotate(
        long id, KeyRotation request, ClaimsPrincipal user, KeyDesk desk, CancellationToken ct)
    {
        var made = await desk.RotateAsync(Caller.Of(user), id, request, ct);
        return made.Ok ? TypedResults.Created((string?)null, Of(made.Value)) : made.Error.ToProblem();
    }

    /// <summary>Ends a key, on all nodes within five seconds. Idempotent.</summary>
    /// <param name="id">The number of the key.</param>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Revoke(long id, ClaimsPrincipal user, KeyDesk desk, CancellationToken ct)
    {
        var ended = await desk.RevokeAsync(Caller.Of(user), id, ct);
        return ended.Ok ? TypedResults.NoContent() : ended.Error.ToProblem();
    }

    public static KeyView Of(ApiKeyRow row) => new()
    {
        Id = row.Id,
        Name = row.Name,
        Prefix = row.Prefix,
        Kind = row.Kind,
        Role = row.Role.Word(),
        Scopes = ScopeWords.Write(row.Scopes),
        Owner = row.Owner,
        CreatedBy = row.CreatedBy,
        CreatedAt = row.CreatedAt,
        LastUsedAt = row.LastUsedAt,
        ExpiresAt = row.ExpiresAt,
        RevokedAt = row.RevokedAt,
        ReplacedBy = row.ReplacedBy,
    };

    public static NewKeyView Of(MadeKey made) => new(made.Key, Of(made.Facts));
}
