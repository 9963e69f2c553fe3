using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Pages;

/// <summary>The description of the API: the document for programs, and a page of it for people. Both are public, or both are not there.</summary>
internal static class DocsEndpoints
{
    private const string Document = "v1";

    /// <summary>Where the servers that this one replaces had them.</summary>
    private static readonly (string Known, string Here)[] _elsewhere = [("/openapi.json", $"/openapi/{Document}.json"), ("/redoc", "/docs")];

    public static void MapDocs(this IEndpointRouteBuilder routes, bool shown)
    {
        if (shown)
        {
            routes.MapOpenApi("/openapi/{documentName}.json").AllowAnonymous();
            routes.MapGet("/docs", Show).AllowAnonymous().ExcludeFromDescription();
            foreach (var (known, here) in _elsewhere)
            {
                routes.MapGet(known, () => TypedResults.Redirect(here)).AllowAnonymous().ExcludeFromDescription();
            }

            return;
        }

        // Not there for anybody with a key, also for one that may see little else.
        foreach (var path in (string[])["/openapi/{documentName}.json", "/docs", .. _elsewhere.Select(static e => e.Known)])
        {
            routes.MapGet(path, static (HttpContext http) => Error.NotFound("document", http.Request.Path).ToProblem())
                .RequireAuthorization(Policies.AlertReader).ExcludeFromDescription();
        }
    }

    private static async Task<IResult> Show(HttpContext http, FrameFactory frames, [FromKeyedServices(Document)] IOpenApiDocumentProvider documents, CancellationToken ct) =>
        new Rendered<DocsPage, DocsModel>(frames.Outer(http), DocsReader.Read(await documents.GetOpenApiDocumentAsync(ct)));
}
