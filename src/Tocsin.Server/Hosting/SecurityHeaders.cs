using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Hosting;

internal static class SecurityHeaders
{
    private const string Csp =
        "default-src 'none'; object-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; manifest-src 'self'; "
        + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    /// <summary>Headers that every answer carries: nothing is framed, sniffed, or run that did not come from here.</summary>
    /// <param name="subdomains">Hosts below ours are to be called by https alone, too.</param>
    public static void UseSecurityHeaders(this IApplicationBuilder app, bool subdomains)
    {
        var hsts = subdomains ? "max-age=31536000; includeSubDomains" : "max-age=31536000";
        Func<object, Task> finish = state => FinishAsync((HttpContext)state, hsts);
        app.Use((context, next) =>
        {
            Apply(context, hsts);
            context.Response.OnStarting(finish, context);
            return next(context);
        });
    }

    private static void Apply(HttpContext context, string hsts)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = Csp;
        headers.XContentTypeOptions = "nosniff";

        // Stylesheets and scripts say otherwise by themselves.
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        headers[Correlation.Header] = Correlation.Of(context);
        if (context.Request.IsHttps && !IsThisMachine(context.Request.Host.Host))
        {
            headers.StrictTransportSecurity = hsts;
        }
    }

    /// <summary>A browser would remember it for every other program that is tried there.</summary>
    private static bool IsThisMachine(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>What a refusal's status calls for, whoever made it.</summary>
    private static Task FinishAsync(HttpContext context, string hsts)
    {
        var (response, headers) = (context.Response, context.Response.Headers);
        if (headers.ContentSecurityPolicy.Count == 0)
        {
            // An exception on the way took all headers off the answer, and with them these.
            Apply(context, hsts);
        }

        switch (response.StatusCode)
        {
            case < 400:
                return Task.CompletedTask;
            case StatusCodes.Status401Unauthorized when headers.WWWAuthenticate.Count == 0:
                headers.WWWAuthenticate = "Bearer";
                break;
            case StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests when headers.RetryAfter.Count == 0:
                headers.RetryAfter = "5";
                break;
        }

        headers["X-Request-Id"] = Correlation.Of(context);
        return Task.CompletedTask;
    }
}
