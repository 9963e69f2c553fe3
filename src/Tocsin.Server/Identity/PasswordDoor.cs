using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Identity.Oidc;

namespace Tocsin.Identity;

/// <summary>Logging in with a password: slow for everybody, and bounded for the machine.</summary>
internal sealed class PasswordDoor(Database database, AccountStore accounts, Passwords passwords, LoginLimits limits, PasswordRule rule, SignIn signIn, AuditTrail audit)
{
    public const string TooManyTries = "login.too_many";
    public const string Wrong = "login.wrong";

    /// <summary>Checks a password and begins a session.</summary>
    /// <param name="workspace">The name of the one to look at; null: that of last time.</param>
    /// <returns>The refusal is the same, and costs the same, for a wrong password, an unknown address and an account without a password.</returns>
    public async Task<Result<SignedIn>> LogInAsync(string email, string password, LoginFacts facts, string? workspace, CancellationToken ct)
    {
        if (!rule.AdmitsSome)
        {
            return Error.Forbidden(PasswordRule.Refusal);
        }

        var person = await database.ReadAsync(session => accounts.FindPersonAsync(session, email), ct);
        return await CheckAsync(person, email, password, facts, ct) is { } refusal ? refusal : await database.WriteAsync(tx => signIn.ProvedAsync(tx, person!, facts, workspace), ct);
    }

    /// <summary>Checks the password of somebody who is known already, with the same limits as a login.</summary>
    /// <returns>Null: it is right.</returns>
    public Task<Error?> CheckAsync(PersonRow person, string password, LoginFacts facts, CancellationToken ct) => CheckAsync(person, person.Email, password, facts, ct);

    private async Task<Error?> CheckAsync(PersonRow? person, string email, string password, LoginFacts facts, CancellationToken ct)
    {
        var place = LoginLimits.PlaceOf(facts.Address);
        if (limits.Take($"place {place}") is { } wait)
        {
            return TooMany(wait);
        }

        var known = person is not null && await database.ReadAsync(session => accounts.KnowsPlaceAsync(session, person.Id, place), ct);
        var account = AccountTries(email, known ? place : null);
        if (limits.Take(account) is { } waitForIt)
        {
            return TooMany(waitForIt);
        }

        switch (await passwords.CheckAsync(person?.PasswordHash, password, known, ct))
        {
            case PasswordVerdict.Busy:
                limits.Return(account);
                limits.Return($"place {place}");
                return Busy();
            case PasswordVerdict.Wrong:
                // Whoever administers the person's workspace sees it; what nobody has an account for, the operator.
                audit.Refused(person?.LastWorkspace ?? AuditStore.Installation, new(AuditEntry.Nobody, "login.failed", AuditEntry.LoginName(email), "a wrong password, or an unknown address") { Result = AuditResult.Refused });
                return new Error(ErrorKind.Forbidden, Wrong, "The address or the password is wrong.");
            case PasswordVerdict.RightButOld when await passwords.HashAsync(password, known, ct) is { } upgraded:
                await database.WriteAsync(tx => accounts.UpgradePasswordAsync(tx, person!, upgraded), ct);
                break;
        }

        limits.Return(account);
        limits.Return($"place {place}");
        return null;
    }

    public static Error Busy() => new(ErrorKind.Unavailable, "login.busy", "Many people log in at this moment. Try again in a few seconds.");

    public static Error TooMany(TimeSpan wait) => Error.TooMany(TooManyTries, $"Too many tries. Wait {Math.Ceiling(wait.TotalSeconds)} seconds.");

    /// <param name="knownPlace">A place that the account was logged in from before, which strangers elsewhere cannot use up; null: any other.</param>
    private static string AccountTries(string email, string? knownPlace) => $"account {email.Trim().ToLowerInvariant()} {knownPlace}";
}
