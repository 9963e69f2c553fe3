using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Alerts;

/// <summary>The deliveries that nothing, or not everything, was made of: kept as they came, with the reason, to be read again.</summary>
internal static class RejectedEndpoints
{
    public static void MapRejected(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/rejected").WithTags("Sources").RequireAuthorization(Policies.Viewer);
        group.MapGet("/", List);
        group.MapGet("/{id:long}", AlertEndpoints.GetDelivery);
        group.MapPost("/{id:long}/replay", AlertEndpoints.Replay).RequireAuthorization(Policies.Responder)
            .WithMetadata(new Refuses(StatusCodes.Status409Conflict, "Its signature was wrong, so it may be forged."));
    }

    /// <summary>Deliveries that were rejected wholly (unparsed), in part (partial) or as forged (refused), newest first; without the bodies.</summary>
    /// <param name="source">Only of this source.</param>
    internal static async Task<Results<Ok<Page<DeliveryView>>, ProblemHttpResult>> List(
        ClaimsPrincipal user, Database database, DeliveryStore deliveries, CancellationToken ct, string? source = null, string? cursor = null, int limit = Cursor.DefaultLimit)
    {
        if (Cursor.Before(cursor) is not { } before)
        {
            return Cursor.Invalid().ToProblem();
        }

        if (limit is < 1 or > 200)
        {
            return Cursor.InvalidLimit().ToProblem();
        }

        var rows = await database.ReadAsync(session => deliveries.ListRejectedAsync(session, Caller.Of(user).Workspace, source, before, limit + 1), ct);
        return TypedResults.Ok(Cursor.Page(rows, limit, row => AlertEndpoints.Of(row, body: false), row => row.Id));
    }
}
