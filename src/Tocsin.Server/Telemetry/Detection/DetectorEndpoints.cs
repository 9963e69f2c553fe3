using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Telemetry;

internal static class DetectorEndpoints
{
    public static void MapDetectors(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/detectors").WithTags("Detection").RequireAuthorization(Policies.Viewer);
        group.MapGet("/", List);
        group.MapGet("/{detector}/history", History);
        group.MapPost("/preview", Preview);
    }

    /// <summary>The detectors of logs and metrics, whether they are on, and what they found last.</summary>
    internal static async Task<Ok<DetectorList>> List(ClaimsPrincipal user, IEstates estates, DetectorDesk desk, CancellationToken ct) =>
        TypedResults.Ok(await desk.ListAsync(await estates.OfAsync(user, ct), ct));

    /// <summary>What a detector found, with its evidence, newest first.</summary>
    /// <param name="detector">As the list gives it, such as <c>error-burst</c>.</param>
    /// <param name="service">Only of this service.</param>
    internal static async Task<Results<Ok<Page<FindingView>>, ProblemHttpResult>> History(
        string detector, ClaimsPrincipal user, DetectorDesk desk, CancellationToken ct, string? service = null, string? cursor = null, int limit = Cursor.DefaultLimit)
    {
        if (Cursor.Before(cursor) is not { } before)
        {
            return Cursor.Invalid().ToProblem();
        }

        if (limit is < 1 or > 200)
        {
            return Cursor.InvalidLimit().ToProblem();
        }

        var rows = await desk.HistoryAsync(Caller.Of(user).Workspace, detector, service, before, limit + 1, ct);
        return rows.Count == 0 && !Detectors.Exists(detector)
            ? Error.NotFound("detector", detector).ToProblem()
            : TypedResults.Ok(Cursor.Page([.. rows], limit, finding => finding, finding => finding.Id));
    }

    /// <summary>When a detector with these settings would have found something in the last days. Nothing is changed, and nobody is told.</summary>
    internal static async Task<Results<Ok<DetectorPreview>, ProblemHttpResult>> Preview(
        DetectorPreviewRequest request, ClaimsPrincipal user, IEstates estates, DetectorDesk desk, DetectorRuleReader reader, CancellationToken ct)
    {
        var estate = await estates.OfAsync(user, ct);
        var rule = reader.Read(request.Type, request.Service, request.Settings);
        if (!rule.Ok)
        {
            return rule.Error.ToProblem();
        }

        return request.Days is < 1 or > DetectorDesk.MostDays
            ? Error.Invalid("days", $"Ask for 1 to {DetectorDesk.MostDays} days.").ToProblem()
            : TypedResults.Ok(await desk.PreviewAsync(estate.Workspace, rule.Value, request.Days ?? 1, ct));
    }
}
