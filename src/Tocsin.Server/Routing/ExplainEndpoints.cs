using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Sdk;

namespace Tocsin.Routing;

internal static class ExplainEndpoints
{
    public static void MapExplain(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/v1/explain", Explain).WithTags("Routing").RequireAuthorization(Policies.Viewer).WithMetadata(new Refuses(StatusCodes.Status404NotFound, "There is no incident of that number."));

    /// <summary>Where an alert with these labels would go and who would be paged when; or, for an incident, where it went.</summary>
    internal static async Task<Results<Ok<Explanation>, ProblemHttpResult>> Explain(
        ExplainRequest request, ClaimsPrincipal user, IEstates estates, Explainer explainer, Database database, IncidentStore incidents, TimeProvider clock, CancellationToken ct)
    {
        var estate = await estates.OfAsync(user, ct);
        if (request.Incident is { } number)
        {
            return await database.ReadAsync(session => incidents.FindAsync(session, estate.Workspace, number), ct) is { } state
                ? TypedResults.Ok(explainer.Recorded(estate, state))
                : Error.NotFound("incident", number.ToString()).ToProblem();
        }

        var at = request.At?.ToUniversalTime() ?? clock.GetUtcNow();
        return request.Labels switch
        {
            not { Count: > 0 } => Error.Invalid("labels", "Send the labels of an alert ('labels') or the number of an incident ('incident').").ToProblem(),
            var labels when labels.Any(l => l.Value is null) => Error.Invalid($"labels.{labels.First(l => l.Value is null).Key}", "The value of a label must be text.").ToProblem(),
            _ when at.Year is < 1970 or > 9000 => Error.Invalid("at", "Ask for an instant of the years 1970 to 9000.").ToProblem(),
            var labels => TypedResults.Ok(await explainer.ExplainAsync(estate, LabelSet.From(labels), at, ct)),
        };
    }
}
