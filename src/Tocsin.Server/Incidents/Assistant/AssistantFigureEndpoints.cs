using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Operations;
using Tocsin.Pages;
using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Incidents;

/// <summary>State and figures at the addresses and in the shapes of the reliability assistant. <c>/health</c> is with the other probes, <c>/reports</c> with the page of that name.</summary>
internal static class AssistantFigureEndpoints
{
    public static IServiceCollection AddAssistant(this IServiceCollection services) => services
        .AddSingleton<EvidenceReader>().AddSingleton<AssistantDesk>().AddSingleton<TelemetryFigures>().AddSingleton<AnalyticsDesk>().AddSingleton<ModelStatus>().AddSingleton<StatusDesk>();

    public static void MapAssistant(this IEndpointRouteBuilder routes)
    {
        routes.MapAssistantIncidents();
        routes.MapAgent();
        routes.MapGet("/version", static () => TypedResults.Ok(new AssistantVersion(BuildInfo.Version, "v1", "Tocsin"))).AllowAnonymous().ExcludeFromDescription().WithMetadata(CountsItself.Instance);
        var group = routes.MapGroup("").WithTags("Assistant").WithMetadata(AnswersDetail.Instance).RequireAuthorization(Policies.Viewer);
        group.MapGet("/status", Status).Produces<AssistantStatus>().WithName("get_assistant_status");
        group.MapGet("/analytics", Analytics).Produces<AssistantAnalytics>().WithName("get_assistant_analytics");
    }

    /// <summary>How the installation and the workspace do: incidents, store, logs and metrics, the model and what it has spent.</summary>
    internal static async Task<IResult> Status(ClaimsPrincipal user, IEstates estates, StatusDesk desk, CancellationToken ct) =>
        TypedResults.Ok(await desk.ReadAsync(await estates.OfAsync(user, ct), ct));

    /// <summary>Mean times, incidents, shares of errors and latencies of the last days, worked out from what happened. A browser is led to the reports.</summary>
    internal static async Task<IResult> Analytics(HttpContext http, ClaimsPrincipal user, IEstates estates, AnalyticsDesk desk, CancellationToken ct) => Errors.WantsPage(http.Request)
        ? TypedResults.Redirect("/reports")
        : TypedResults.Ok(await desk.AnalyticsAsync(await estates.OfAsync(user, ct), ct));
}
