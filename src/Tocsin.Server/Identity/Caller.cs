using System.Security.Claims;
using Tocsin.Data;

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
    /// <summary>The person's id, the same in all workspaces; null for keys.</summary>
    public long? Person { get; init; }

    /// <summary>What the person is logged in with; null for keys.</summary>
    public CallerLogin? Login { get; init; }

    /// <summary>A browser sent the credential by itself, perhaps for a page of another site.</summary>
    public bool ByCookie => Login?.Kind == LoginFacts.Web;

    private const string WorkspaceClaim = "tocsin:workspace";
    private const string WorkspaceNameClaim = "tocsin:workspace-name";
    private const string UserClaim = "tocsin:user";
    private const string PersonClaim = "tocsin:person";
    private const string LoginClaim = "tocsin:login";

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

        if (Person is { } person)
        {
            claims.Add(new(PersonClaim, person.ToString()));
        }

        if (Login is { } login)
        {
            claims.Add(new(LoginClaim, login.Text));
        }

        return new(new ClaimsIdentity(claims, scheme));
    }

    /// <exception cref="InvalidOperationException">The request is anonymous; the route lacks its rule.</exception>
    public static Caller Of(ClaimsPrincipal principal) => Find(principal) ?? throw new InvalidOperationException("An anonymous request came past the fallback policy.");

    public static Caller? Find(ClaimsPrincipal principal) => principal.FindFirstValue(WorkspaceClaim) is { } workspace
        ? new(
            long.Parse(workspace), principal.FindFirstValue(WorkspaceNameClaim)!, Enum.Parse<Role>(principal.FindFirstValue(ClaimTypes.Role)!),
            principal.FindFirstValue(ClaimTypes.Name)!, principal.FindFirstValue(UserClaim))
        {
            Person = principal.FindFirstValue(PersonClaim) is { } person ? long.Parse(person) : null,
            Login = principal.FindFirstValue(LoginClaim) is { } login ? CallerLogin.Of(login) : null,
        }
        : null;
}

/// <summary>What somebody is logged in with, as far as a request needs to know.</summary>
/// <param name="Kind"><see cref="LoginFacts.Web"/> or <see cref="LoginFacts.Token"/>.</param>
/// <param name="Proof">As <see cref="LoginFacts.Proof"/>.</param>
/// <param name="ProvedAt">When who it is was last proved.</param>
internal sealed record CallerLogin(long Id, string Kind, string Proof, DateTimeOffset ProvedAt)
{
    /// <summary>As one claim.</summary>
    public string Text => $"{Id} {Kind} {ProvedAt.ToMicros()} {Proof}";

    public static CallerLogin Of(string text) => text.Split(' ', 4) is [var id, var kind, var at, var proof]
        ? new(long.Parse(id), kind, proof, Instants.FromMicros(long.Parse(at)))
        : throw new FormatException("The claim of a login has four parts.");
}

/// <summary>The authorization policies, by the least role that they ask for.</summary>
internal static class Policies
{
    /// <summary>Whoever may hear the alerts that others publish: anybody of the workspace.</summary>
    public const string AlertReader = nameof(AlertReader);

    /// <summary>Whoever may publish alerts: responders, and keys made for it.</summary>
    public const string AlertPublisher = nameof(AlertPublisher);

    /// <summary>Somebody who logged in, not a key: for what is his own.</summary>
    public const string Person = nameof(Person);

    public const string Viewer = nameof(Role.Viewer);
    public const string Responder = nameof(Role.Responder);
    public const string Admin = nameof(Role.Admin);
}
