using Microsoft.Extensions.Options;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>Somebody who is in: as whom, and the token that says so from now on.</summary>
internal sealed record SignedIn(Account Account, string Token);

/// <summary>Logging in and out. A first proof (a password here, others elsewhere) ends in <see cref="ProvedAsync"/>, and all ways end in <see cref="BeginAsync"/>.</summary>
internal sealed class SignIn(
    Database database, AccountStore accounts, Passwords passwords, LoginLimits limits, IOptions<AccountOptions> options, TimeProvider clock)
{
    public const string TooManyTries = "login.too_many";
    public const string Wrong = "login.wrong";

    private static readonly TimeSpan _sessionLife = TimeSpan.FromDays(14);

    /// <summary>Checks a password and begins a session.</summary>
    /// <param name="workspace">The name of the one to look at; null: that of last time.</param>
    /// <returns>The refusal is the same, and costs the same, for a wrong password, an unknown address and an account without a password.</returns>
    public async Task<Result<SignedIn>> LogInAsync(string email, string password, LoginFacts facts, string? workspace, CancellationToken ct)
    {
        var place = LoginLimits.PlaceOf(facts.Address);
        if (limits.Take($"place {place}") is { } wait)
        {
            return TooMany(wait);
        }

        var person = await database.ReadAsync(session => accounts.FindPersonAsync(session, email), ct);
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
                return new Error(ErrorKind.Forbidden, Wrong, "The address or the password is wrong.");
            case PasswordVerdict.RightButOld when await passwords.HashAsync(password, known, ct) is { } upgraded:
                await database.WriteAsync(tx => accounts.UpgradePasswordAsync(tx, person!, upgraded), ct);
                break;
        }

        limits.Return(account);
        limits.Return($"place {place}");
        return await database.WriteAsync(tx => ProvedAsync(tx, person!, facts, workspace), ct);
    }

    /// <summary>
    /// Goes on after a first proof of who somebody is. This is the one place between that and a session: what must be asked for besides is asked here.
    /// </summary>
    /// <param name="workspace">The name of the one to look at; null: that of last time.</param>
    public async Task<Result<SignedIn>> ProvedAsync(Tx tx, PersonRow person, LoginFacts facts, string? workspace)
    {
        if (person.DisabledAt is not null)
        {
            return new Error(ErrorKind.Forbidden, "account.disabled", "This account is disabled. Ask whoever runs this Tocsin.");
        }

        var memberships = await accounts.OfPersonAsync(tx, person.Id);
        var chosen = workspace is null
            ? memberships.Find(m => m.Workspace == person.LastWorkspace) ?? memberships.FirstOrDefault()
            : memberships.Find(m => m.WorkspaceName == workspace);
        return chosen is null
            ? new Error(ErrorKind.Forbidden, "account.no_workspace", workspace is null
                ? "This account is a member of no workspace any more. Ask somebody there for an invitation."
                : "This account is not a member of that workspace.")
            : await BeginAsync(tx, person.Id, chosen.Workspace, facts);
    }

    /// <summary>Begins a session for somebody who has shown all that is asked for.</summary>
    /// <param name="person">A member of the workspace, not disabled.</param>
    /// <exception cref="InvalidOperationException">The person is not a member there.</exception>
    public async Task<SignedIn> BeginAsync(Tx tx, long person, long workspace, LoginFacts facts)
    {
        var account = await accounts.FindMemberAsync(tx, workspace, person)
            ?? throw new InvalidOperationException($"Person {person} is not a member of workspace {workspace}.");
        var now = clock.GetUtcNow();
        await accounts.NotePlaceAsync(tx, person, LoginLimits.PlaceOf(facts.Address), now);
        var life = facts.Kind == LoginFacts.Token ? TimeSpan.FromHours(options.Value.TokenHours) : _sessionLife;
        return new(account, await accounts.BeginSessionAsync(tx, workspace, person, facts, now, life));
    }

    public Task LogOutAsync(string token, CancellationToken ct) => database.WriteAsync(tx => accounts.EndSessionAsync(tx, token), ct);

    /// <summary>Ends all that a person is logged in with.</summary>
    public Task LogOutEverywhereAsync(long person, CancellationToken ct) => database.WriteAsync(tx => accounts.EndSessionsOfAsync(tx, person), ct);

    public static Error Busy() => new(ErrorKind.Unavailable, "login.busy", "Many people log in at this moment. Try again in a few seconds.");

    public static Error TooMany(TimeSpan wait) => Error.TooMany(TooManyTries, $"Too many tries. Wait {Math.Ceiling(wait.TotalSeconds)} seconds.");

    /// <param name="knownPlace">A place that the account was logged in from before, which strangers elsewhere cannot use up; null: any other.</param>
    private static string AccountTries(string email, string? knownPlace) => $"account {email.Trim().ToLowerInvariant()} {knownPlace}";
}
