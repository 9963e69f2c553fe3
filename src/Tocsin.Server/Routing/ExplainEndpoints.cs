using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Routing;

internal static class ExplainEndpoints
{
    public static void MapExplain(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/explain", Explain).WithTags("Routing").RequireAuthorization(Policies.Viewer).WithMetadata(new Refuses(StatusCodes.Status404NotFound, "There is no incident, alert or user of that name."));

    /// <summary>
    /// What would become of an alert (labels, a payload as a source receives it, or a stored alert) at an instant, and who would be paged when; for an
    /// incident, what became of it. With a user: why that user was, or would be, not paged.
    /// </summary>
    internal static async Task<Results<Ok<Explanation>, ProblemHttpResult>> Explain(
        ExplainRequest request, ClaimsPrincipal user, IEstates estates, ExplainDesk desk, CancellationToken ct)
    {
        var explanation = await desk.ExplainAsync(await estates.OfAsync(user, ct), request, ct);
        return explanation.Ok ? TypedResults.Ok(explanation.Value) : explanation.Error.ToProblem();
    }
}
