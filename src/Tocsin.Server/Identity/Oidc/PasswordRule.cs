using Microsoft.Extensions.Options;

namespace Tocsin.Identity.Oidc;

/// <summary>Who may log in with a password, where single sign-on is the way in.</summary>
internal sealed class PasswordRule(IOptions<OidcOptions> settings)
{
    public const string Refusal = "Passwords are switched off here; use single sign-on.";

    /// <summary>Whether anybody may: then there is a form, and passwords are looked at.</summary>
    public bool AdmitsSome => settings.Value.AllowPasswords || settings.Value.BreakGlass;

    /// <summary>Whether everybody may.</summary>
    public bool AdmitsAll => settings.Value.AllowPasswords;

    /// <summary>Whether somebody who proved to be a person may go on, after a password was the proof.</summary>
    /// <param name="memberships">All of that person's. Owning another workspace opens nothing: a session can change to any of them.</param>
    public bool Admits(LoginFacts facts, IReadOnlyList<Account> memberships) => settings.Value.AllowPasswords || !facts.Proof.StartsWith("password", StringComparison.Ordinal)
        || (settings.Value.BreakGlass && memberships.Any(m => m.Role == Role.Owner && settings.Value.IsWorkspace(m.Workspace, m.WorkspaceName)));
}
