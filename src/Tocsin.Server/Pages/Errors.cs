using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Hosting;

namespace Tocsin.Pages;

/// <summary>Errors as pages, for people; programs get problems (RFC 9457).</summary>
internal static class Errors
{
    /// <summary>Whether whoever asks would rather read a page than JSON.</summary>
    public static bool WantsPage(HttpRequest request) =>
        request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase)
        && !request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)
        && !request.Path.StartsWithSegments("/in", StringComparison.OrdinalIgnoreCase);

    public static Rendered<ErrorPage, ErrorModel> Page(Frame frame, int status, string title, string text, EngineLine? engine = null, string? trace = null, string? retry = null) =>
        new(frame, new() { Status = status, Title = title, Text = text, Engine = engine, TraceId = trace, Retry = retry }, status);

    public static Rendered<ErrorPage, ErrorModel> NotFound(Frame frame) => Page(
        frame, StatusCodes.Status404NotFound, "Not here", "There is nothing at this address. It may have been removed, or the address may have a slip.");

    /// <summary>Answers a status that something else decided. Only who is signed in is told how the engine does.</summary>
    public static Task WriteAsync(HttpContext http, int status, string? trace)
    {
        var frame = http.RequestServices.GetRequiredService<FrameFactory>().Outer(http);
        var engine = http.User.Identity?.IsAuthenticated == true ? AboutEndpoints.Engine(http.RequestServices.GetRequiredService<Readiness>()) : null;
        var retry = HttpMethods.IsGet(http.Request.Method) ? $"{http.Request.Path}{http.Request.QueryString}" : null;
        return Of(frame, status, trace, engine, retry).ExecuteAsync(http);
    }

    private static Rendered<ErrorPage, ErrorModel> Of(Frame frame, int status, string? trace, EngineLine? engine, string? retry) => status switch
    {
        StatusCodes.Status404NotFound => NotFound(frame),
        StatusCodes.Status403Forbidden => Page(frame, status, "Not allowed", "Your role does not allow this. Ask an administrator of the workspace."),
        StatusCodes.Status429TooManyRequests => Page(frame, status, "Too many requests", "More came at once than is taken. Nothing was changed; try again in a few seconds.", retry: retry),
        StatusCodes.Status503ServiceUnavailable => Page(
            frame, status, "Not reachable just now", "The store does not answer. Nothing that was accepted is lost; try again in a few seconds.", engine, trace, retry),
        >= 500 => Page(frame, status, "Something broke here", "The page could not be made. What was stored before is safe. Tell an administrator the trace id.", engine, trace, retry),
        _ => Page(frame, status, "Refused", "The request could not be understood. Go back and try again."),
    };
}
