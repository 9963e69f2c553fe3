using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Operations;

internal static class OperationEndpoints
{
    public static void MapOperations(this IEndpointRouteBuilder routes)
    {
        foreach (var path in (string[])["/healthz", "/health/live", "/-/healthy"])
        {
            routes.MapMethods(path, ["GET", "HEAD"], static () => TypedResults.Text("OK\n")).AllowAnonymous().ExcludeFromDescription().WithMetadata(CountsItself.Instance);
        }

        // As the alert server answered, for whatever watched it; the reliability assistant said "healthy". Whether the store answers too is /readyz's to say.
        routes.MapGet("/health", static () => TypedResults.Text("""{"status":"ok"}""", "application/json")).AllowAnonymous().ExcludeFromDescription()
            .WithMetadata(CountsItself.Instance);

        foreach (var path in (string[])["/readyz", "/health/ready", "/-/ready"])
        {
            routes.MapMethods(path, ["GET", "HEAD"], Ready).AllowAnonymous().ExcludeFromDescription().WithMetadata(CountsItself.Instance);
        }

        routes.MapGet("/metrics", static (PrometheusText metrics) => TypedResults.Text(metrics.Render(), "text/plain; version=0.0.4; charset=utf-8"))
            .AllowAnonymous().ExcludeFromDescription();
        routes.MapGet("/api/v1/version", Version).WithTags("Operations").RequireAuthorization(Policies.Viewer);
    }

    /// <summary>200 when this node can take and page; 503 otherwise. Details are in the log and, for callers, in <c>tocsin doctor</c>.</summary>
    private static ContentHttpResult Ready(Readiness readiness, HttpContext http)
    {
        if (readiness.Check() is null)
        {
            return TypedResults.Text("OK\n");
        }

        http.Response.Headers.RetryAfter = "5";
        return TypedResults.Text("not ready\n", statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>What was built, and on what it runs.</summary>
    internal static Ok<VersionView> Version(Database database) => TypedResults.Ok(BuildInfo.View(database));
}

/// <summary>What was built, and on what it runs.</summary>
internal static class BuildInfo
{
    public static string Version { get; } = typeof(BuildInfo).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    public static string Commit { get; } = System.Reflection.CustomAttributeExtensions
        .GetCustomAttribute<System.Reflection.AssemblyInformationalVersionAttribute>(typeof(BuildInfo).Assembly)?.InformationalVersion.Split('+') is [_, var commit] ? commit : "unknown";

    public static VersionView View(Database database) => new(Version, Commit, database.Description, Schema.Version.ToString());
}
