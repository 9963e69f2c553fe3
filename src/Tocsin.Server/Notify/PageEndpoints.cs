using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Sdk;

namespace Tocsin.Notify;

internal static class PageEndpoints
{
    public static void MapPagesApi(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/pages", List).WithTags("Pages").RequireAuthorization(Policies.Viewer);

    /// <summary>Pages and notices, newest first.</summary>
    /// <param name="incident">Only of the incident of this number; 0: of all.</param>
    /// <param name="status">queued, sent, failed or cancelled; absent: all.</param>
    internal static async Task<Results<Ok<Page<PageView>>, ProblemHttpResult>> List(
        ClaimsPrincipal user, Database database, PageStore pages,
        CancellationToken ct, long incident = 0, string? status = null, string? cursor = null, int limit = Cursor.DefaultLimit)
    {
        if (Cursor.Before(cursor) is not { } before)
        {
            return Cursor.Invalid().ToProblem();
        }

        if (limit is < 1 or > 200)
        {
            return Cursor.InvalidLimit().ToProblem();
        }

        PageStatus? wanted = null;
        if (status is not null)
        {
            if (!Enum.TryParse<PageStatus>(status, ignoreCase: true, out var parsed) || !Enum.IsDefined(parsed))
            {
                return Error.Invalid("status", "Use queued, sent, failed or cancelled.").ToProblem();
            }

            wanted = parsed;
        }

        var rows = await database.ReadAsync(session => pages.ListAsync(session, Caller.Of(user).Workspace, incident, wanted, before, limit + 1), ct);
        return TypedResults.Ok(Cursor.Page(rows, limit, IncidentViews.Of, row => row.Id));
    }
}
