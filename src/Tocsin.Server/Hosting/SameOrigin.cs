using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Audit;
using Tocsin.Identity;

namespace Tocsin.Hosting;

internal static class SameOrigin
{
    /// <summary>
    /// Keeps other sites from using a person's session: what a browser sends to the API with a cookie and is more than reading must come
    /// from our own pages. Keys and bearer tokens are exempt, since no browser adds them by itself; forms carry a token of their own.
    /// </summary>
    public static void UseSameOrigin(this IApplicationBuilder app)
    {
        var audit = app.ApplicationServices.GetRequiredService<AuditTrail>();
        app.Use((context, next) =>
        {
            var request = context.Request;
            var writes = !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method));
            if (!writes || !IsForPrograms(request.Path) || Caller.Find(context.User) is not { ByCookie: true } || IsOurs(request))
            {
                return next(context);
            }

            audit.ForgeryRefused(context);
            return Error.Forbidden("A page of another site sent this with your session; nothing was changed.").ToProblem().ExecuteAsync(context);
        });
    }

    private static readonly string[] _forPrograms = ["/api", "/alerts", "/auth", "/account", "/api-keys"];

    private static bool IsForPrograms(PathString path) => Array.Exists(_forPrograms, start => path.StartsWithSegments(start, StringComparison.OrdinalIgnoreCase));

    private static bool IsOurs(HttpRequest request) => (request.Headers["Sec-Fetch-Site"].ToString(), request.Headers.Origin.ToString()) switch
    {
        ("same-origin" or "none", _) => true,
        ("", "") => true,
        ("", var origin) => string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
