using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Sdk;

namespace Tocsin.Identity;

internal static class KeyEndpoints
{
    public static void MapKeys(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/keys", List).WithTags("Keys").RequireAuthorization(Policies.Admin);

    /// <summary>The workspace's keys, without the keys themselves.</summary>
    internal static async Task<Ok<Page<KeyView>>> List(ClaimsPrincipal user, Database database, ApiKeyStore keys, CancellationToken ct)
    {
        var rows = await database.ReadAsync(session => keys.ListAsync(session, Caller.Of(user).Workspace), ct);
        return TypedResults.Ok(new Page<KeyView>([.. rows.Select(Of)], null));
    }

    public static KeyView Of(ApiKeyRow row) => new(row.Id, row.Name, row.Prefix, row.Role.ToString().ToLowerInvariant(), row.CreatedAt, row.LastUsedAt, row.RevokedAt);
}
