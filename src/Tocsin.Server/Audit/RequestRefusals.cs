using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Identity;

namespace Tocsin.Audit;

/// <summary>What requests are refused for, as entries of the audit. The route stands for the address that was asked for, which may hold a secret.</summary>
internal static class RequestRefusals
{
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

    private static string RouteOf(HttpContext http) =>
        http.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } pattern } ? $"{http.Request.Method} /{pattern.TrimStart('/')}" : "";
}
