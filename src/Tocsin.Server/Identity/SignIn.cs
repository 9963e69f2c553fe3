using Microsoft.Extensions.Options;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Identity.Oidc;

namespace Tocsin.Identity;

/// <summary>Somebody who is in: as whom, and the token that says so from now on.</summary>
internal sealed record SignedIn(Account Account, string Token);

/// <summary>Logging in and out. A first proof (a password, a passkey) ends in <see cref="ProvedAsync"/>, and all ways end in <see cref="BeginAsync"/>.</summary>
internal sealed class SignIn(Database database, AccountStore accounts, AuditTrail audit, PasswordRule rule, IOptions<AccountOptions> options, TimeProvider clock)
{
    /// <summary>What was shown is right, and not enough.</summary>
    public const string SecondNeeded = "login.second_needed";

    /// <summary>How long a browser stays logged in.</summary>
    public static readonly TimeSpan SessionLife = TimeSpan.FromDays(14);

    /// <summary>
    /// Goes on after a first proof of who somebody is. This is the one place between that and a session: what must be asked for besides is asked here.
    /// </summary>
    /// <param name="person">As he was when the proof was looked at.</param>
    /// <param name="workspace">The name of the one to look at; null: that of last time.</param>
    /// <returns><see cref="SecondNeeded"/> when the person has a second factor and did not show it.</returns>
    public async Task<Result<SignedIn>> ProvedAsync(Tx tx, PersonRow person, LoginFacts facts, string? workspace)
    {
        if (person.DisabledAt is not null)
        {
            return new Error(ErrorKind.Forbidden, "account.disabled", "This account is disabled. Ask whoever runs this Tocsin.");
        }

        // A new password ends all sessions: none may begin after it by the proof of the one before.
        var all = await accounts.OfPersonAsync(tx, person.Id);
        var memberships = all.FindAll(m => !m.IsOut);
        if (!await accounts.HoldsAsync(tx, person) || !rule.Admits(facts, memberships))
        {
            // As for a wrong one: where passwords are off, nobody is told that one is right.
            return new Error(ErrorKind.Forbidden, PasswordDoor.Wrong, "The address or the password is wrong.");
        }

        var chosen = workspace is null
            ? memberships.Find(m => m.Workspace == person.LastWorkspace) ?? memberships.FirstOrDefault()
            : memberships.Find(m => m.WorkspaceName == workspace);
        return chosen is null
            ? NoWorkspace(workspace, all.Exists(m => m.IsOut && (workspace is null || m.WorkspaceName == workspace)))
            : !facts.IsEnough && await FactorStore.AnyAsync(tx, person.Id)
                ? new Error(ErrorKind.Forbidden, SecondNeeded, "A code of the second factor is needed too: from the authenticator app, or a recovery code.")
                : await BeginAsync(tx, person.Id, chosen.Workspace, facts);
    }

    private static Error NoWorkspace(string? wanted, bool isSuspended) =>
        isSuspended ? new(ErrorKind.Forbidden, "account.suspended", "Your membership is suspended. Ask an administrator of the workspace.")
        : new(ErrorKind.Forbidden, "account.no_workspace", wanted is null
            ? "This account is a member of no workspace any more. Ask somebody there for an invitation."
            : "This account is not a member of that workspace.");

    /// <summary>Begins a session for somebody who has shown all that is asked for.</summary>
    /// <param name="person">A member of the workspace, neither suspended nor disabled.</param>
    /// <param name="life">How long it lasts; null: as long as one of its kind does.</param>
    /// <exception cref="InvalidOperationException">The person is not a member there.</exception>
    public async Task<SignedIn> BeginAsync(Tx tx, long person, long workspace, LoginFacts facts, TimeSpan? life = null)
    {
        var account = await accounts.FindMemberAsync(tx, workspace, person)
            ?? throw new InvalidOperationException($"Person {person} is not a member of workspace {workspace}.");
        var now = clock.GetUtcNow();
        await accounts.NotePlaceAsync(tx, person, LoginLimits.PlaceOf(facts.Address), now);
        await audit.RecordAsync(tx, workspace, new($"user:{account.UserName}", "login.succeeded", $"member/{account.UserName}", $"logged in: {facts.Kind}, by {facts.Proof}"));
        life ??= facts.Kind == LoginFacts.Token ? TimeSpan.FromHours(options.Value.TokenHours) : SessionLife;
        return new(account, await accounts.BeginSessionAsync(tx, workspace, person, facts, now, life.Value));
    }

    /// <summary>Goes on in another workspace that the person is a member of: a new session with what was proved for the old one, which ends.</summary>
    /// <param name="token">The old session's.</param>
    /// <returns>The new session's token; null: not a member there.</returns>
    public Task<string?> SwitchAsync(Caller by, string token, string workspace, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            if ((await accounts.OfPersonAsync(tx, by.Person!.Value)).Find(m => m.WorkspaceName == workspace && !m.IsOut) is not { } next
                || await accounts.MoveSessionAsync(tx, token, next.Workspace) is not { } moved)
            {
                return null;
            }

            await audit.RecordAsync(tx, next.Workspace, new($"user:{next.UserName}", "login.moved", $"member/{next.UserName}", "came from another workspace with the same login"));
            return moved;
        },
        ct);

    /// <summary>Ends what a browser is logged in with.</summary>
    /// <param name="by">Whose it is; null: nobody's any more.</param>
    public Task LogOutAsync(string token, Caller? by, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            await accounts.EndSessionAsync(tx, token);
            if (by is not null)
            {
                await audit.RecordAsync(tx, by.Workspace, new(by.Actor, "login.ended", $"member/{by.User}", "logged out"));
            }
        },
        ct);

    /// <summary>Ends all that a person is logged in with, in all workspaces.</summary>
    public Task LogOutEverywhereAsync(Caller by, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            var ended = await accounts.EndSessionsOfAsync(tx, by.Person!.Value);
            await audit.RecordAsync(tx, by.Workspace, new(by.Actor, "login.ended", $"member/{by.User}", $"logged out everywhere, sessions: {ended}"));
        },
        ct);

    /// <summary>Ends all that a person is logged in with, except what this request is made with.</summary>
    public Task EndOthersAsync(Caller by, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            var ended = await accounts.EndSessionsOfAsync(tx, by.Person!.Value, except: by.Login!.Id);
            await audit.RecordAsync(tx, by.Workspace, new(by.Actor, "login.ended", $"member/{by.User}", $"ended all other sessions: {ended}"));
        },
        ct);

    /// <summary>Ends one of a person's own logins.</summary>
    /// <returns>False: there is no such login of that person.</returns>
    public Task<bool> EndAsync(Caller by, long login, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            if (!await accounts.EndLoginAsync(tx, by.Person!.Value, login))
            {
                return false;
            }

            await audit.RecordAsync(tx, by.Workspace, new(by.Actor, "login.ended", $"member/{by.User}", $"ended session {login}"));
            return true;
        },
        ct);
}
