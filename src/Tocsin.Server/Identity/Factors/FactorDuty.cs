using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>Who must have a second factor.</summary>
internal enum SecondFactorDuty
{
    /// <summary>Nobody must.</summary>
    None,

    /// <summary>Administrators and owners.</summary>
    Admins,

    /// <summary>Everybody.</summary>
    Everybody,
}

/// <summary>Whether somebody owes a second factor: until he has one, he may look and set one up.</summary>
internal sealed class FactorDuty(Database database, SignInRuleDesk rules)
{
    /// <returns>Null: he may go on. A key owes nothing, nor does whoever came by single sign-on, which asks by its own rules.</returns>
    public async Task<Error?> MissingAsync(Caller caller, CancellationToken ct) =>
        caller is { Login: { } login, Person: { } person } && await OwesAsync(caller.Workspace, person, caller.Role, login.Proof, ct)
            ? new(ErrorKind.Forbidden, "account.second_factor_required", "A second factor is asked for here. Set one up at /me/second-factor; until then nothing can be changed.")
            : null;

    /// <param name="workspace">The one that the session looks at.</param>
    /// <param name="proof">How the session began, as <see cref="LoginFacts.Proof"/>.</param>
    public async Task<bool> OwesAsync(long workspace, long person, Role role, string proof, CancellationToken ct) => proof != LoginFacts.SingleSignOn && await database.ReadAsync(
        async session => (await rules.DutyAsync(session, workspace), role) is (SecondFactorDuty.Everybody, _) or (SecondFactorDuty.Admins, >= Role.Admin)
            && !await FactorStore.AnyAsync(session, person),
        ct);
}
