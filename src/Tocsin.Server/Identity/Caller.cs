using System.Diagnostics;
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

/// <summary>Roles as they are written: in the API, in the database, to people.</summary>
internal static class RoleWords
{
    public static string Word(this Role role) => role switch
    {
        Role.Publisher => "publisher",
        Role.Viewer => "viewer",
        Role.Responder => "responder",
        Role.Admin => "admin",
        Role.Owner => "owner",
        _ => throw new UnreachableException(),
    };

    /// <returns>Null: there is no such role.</returns>
    public static Role? Read(string? text)
    {
        foreach (var role in Enum.GetValues<Role>())
        {
            if (role.Word() == text)
            {
                return role;
            }
        }

        return null;
    }
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

    /// <summary>The number of the key; null for people, and for a key that is a setting.</summary>
    public long? Key { get; init; }

    /// <summary>What a key was narrowed to.</summary>
    public Scopes Scopes { get; init; } = Scopes.All;

    private const string WorkspaceClaim = "tocsin:workspace";
    private const string WorkspaceNameClaim = "tocsin:workspace-name";
    private const string UserClaim = "tocsin:user";
    private const string PersonClaim = "tocsin:person";
    private const string LoginClaim = "tocsin:login";
    private const string KeyClaim = "tocsin:key";
    private const string ScopesClaim = "tocsin:scopes";

    /// <param name="policy">One of <see cref="Policies"/> that <see cref="AccessRule"/> lists.</param>
    public bool May(string policy) => AccessRule.All[policy].Admits(Role, Scopes);

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

        if (Key is { } key)
        {
            claims.Add(new(KeyClaim, key.ToString()));
        }

        if (Scopes != Scopes.All)
        {
            claims.Add(new(ScopesClaim, ((int)Scopes).ToString()));
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
            Person = Number(principal, PersonClaim),
            Login = principal.FindFirstValue(LoginClaim) is { } login ? CallerLogin.Of(login) : null,
            Key = Number(principal, KeyClaim),
            Scopes = Number(principal, ScopesClaim) is { } scopes ? (Scopes)scopes : Scopes.All,
        }
        : null;

    private static long? Number(ClaimsPrincipal principal, string claim) => principal.FindFirstValue(claim) is { } text ? long.Parse(text) : null;
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
