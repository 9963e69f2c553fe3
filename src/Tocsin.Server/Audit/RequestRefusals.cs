using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Audit;

/// <summary>What requests are refused for, as entries of the audit. The route stands for the address that was asked for, which may hold a secret.</summary>
internal static class RequestRefusals
{
    /// <summary>One request is one entry.</summary>
    private static readonly object _noted = new();

    /// <summary>A credential that opens nothing. Nobody can say whose it is, so the installation's chain has it.</summary>
    public static void CredentialRefused(this AuditTrail trail, HttpContext http)
    {
        // A browser whose session has ended is led to the login; that is daily life.
        if (Credentials.Key(http.Request) is not null)
        {
            trail.Refused(AuditStore.Installation, new(AuditEntry.Nobody, "credential.refused", RouteOf(http), "a key or token that is unknown, revoked or expired")
            {
                Result = AuditResult.Refused,
            });
        }
    }

    /// <summary>A caller who is known, and may not.</summary>
    public static void AccessRefused(this AuditTrail trail, HttpContext http)
    {
        if (Caller.Find(http.User) is { } caller)
        {
            trail.Refused(caller.Workspace, new(caller.Actor, "access.refused", RouteOf(http), $"the role {caller.Role.ToString().ToLowerInvariant()}, or the key's scopes, do not allow it") { Result = AuditResult.Refused });
        }
    }

    /// <summary>A form, or a request of the kind that scripts make, that did not come from a page of ours in this session.</summary>
    public static void ForgeryRefused(this AuditTrail trail, HttpContext http) =>
        Note(trail, http, "forgery.refused", http.Request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site" ? "sent by a page of another site" : "without the token of this session");

    /// <summary>
    /// Notes what is refused before anybody looked at what it means: bodies and addresses that break a limit or a format, and requests above the limits. Not of the routes that take alerts in, which count
    /// by themselves and keep faulty deliveries as such. Comes before who is asking is known.
    /// </summary>
    public static void UseRequestRefusals(this IApplicationBuilder app)
    {
        var trail = app.ApplicationServices.GetRequiredService<AuditTrail>();
        app.Use(async (http, next) =>
        {
            try
            {
                await next(http);
            }
            catch (BadHttpRequestException bad)
            {
                Spoilt(trail, http, bad.StatusCode);
                throw;
            }

            switch (http.Response.StatusCode)
            {
                case StatusCodes.Status429TooManyRequests:
                    Note(trail, http, "limit.reached", "too many requests, or too many tries");
                    break;
                case StatusCodes.Status400BadRequest or StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType:
                    Spoilt(trail, http, http.Response.StatusCode);
                    break;
            }
        });
    }

    private static void Spoilt(AuditTrail trail, HttpContext http, int status) => Note(trail, http, "request.refused", $"a body or an address that is not what it must be ({status})");

    private static void Note(AuditTrail trail, HttpContext http, string action, string detail)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<CountsItself>() is not null || !http.Items.TryAdd(_noted, true))
        {
            return;
        }

        var caller = Caller.Find(http.User);
        trail.Refused(caller?.Workspace ?? AuditStore.Installation, new(caller?.Actor ?? AuditEntry.Nobody, action, RouteOf(http), detail) { Result = AuditResult.Refused });
    }

    private static string RouteOf(HttpContext http) =>
        http.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } pattern } ? $"{http.Request.Method} /{pattern.TrimStart('/')}" : "";
}
