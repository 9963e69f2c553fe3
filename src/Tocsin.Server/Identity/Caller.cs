using System.Security.Claims;

namespace Tocsin.Identity;

/// <summary>What an account or key may do; from viewer on each includes those before it.</summary>
internal enum Role
{
    /// <summary>Only for keys: publishes and reads alerts of the live stream, and nothing else, as a key of the alert server did.</summary>
    Publisher,
    Viewer,
    Responder,
    Admin,
    Owner,
}

/// <summary>Who makes this request. The workspace comes from the credential, never from the request.</summary>
/// <param name="Actor">For the log: <c>user:ana</c>, <c>key:ci</c>.</param>
/// <param name="User">The estate's user behind the account; null for keys.</param>
internal sealed record Caller(long Workspace, string WorkspaceName, Role Role, string Actor, string? User)
{
    private const string WorkspaceClaim = "tocsin:workspace";
    private const string WorkspaceNameClaim = "tocsin:workspace-name";
    private const string UserClaim = "tocsin:user";

    public ClaimsPrincipal ToPrincipal(string scheme)
    {
        List<Claim> claims =
        [
            new(ClaimTypes.Name, Actor),
            new(ClaimTypes.Role, Role.ToString()),
            new(WorkspaceClaim, Workspace.ToString()),
            new(WorkspaceNameClaim, WorkspaceName),
        ];
        if (User is not null)
        {
            claims.Add(new(UserClaim, User));
        }

        return new(new ClaimsIdentity(claims, scheme));
    }

    /// <exception cref="InvalidOperationException">The request is anonymous; the route lacks its rule.</exception>
    public static Caller Of(ClaimsPrincipal principal) => Find(principal) ?? throw new InvalidOperationException("An anonymous request came past the fallback policy.");

    public static Caller? Find(ClaimsPrincipal principal) => principal.FindFirstValue(WorkspaceClaim) is { } workspace
        ? new(
            long.Parse(workspace), principal.FindFirstValue(WorkspaceNameClaim)!, Enum.Parse<Role>(principal.FindFirstValue(ClaimTypes.Role)!),
            principal.FindFirstValue(ClaimTypes.Name)!, principal.FindFirstValue(UserClaim))
        : null;
}

/// <summary>The authorization policies, by the least role that they ask for.</summary>
internal static class Policies
{
    /// <summary>Whoever may hear the alerts that others publish: anybody of the workspace.</summary>
    public const string AlertReader = nameof(AlertReader);

    /// <summary>Whoever may publish alerts: responders, and keys made for it.</summary>
    public const string AlertPublisher = nameof(AlertPublisher);

    public const string Viewer = nameof(Role.Viewer);
    public const string Responder = nameof(Role.Responder);
    public const string Admin = nameof(Role.Admin);
}
