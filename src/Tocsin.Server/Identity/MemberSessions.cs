using Microsoft.Extensions.Options;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Sdk;

namespace Tocsin.Identity;

/// <summary>
/// What the members of a workspace are logged in with there, for those who administer it. A session that looks at another workspace is not theirs to see or end, also if it is the same
/// person's: who must stay out of this one is suspended or removed.
/// </summary>
internal sealed class MemberSessions(Database database, AccountStore accounts, AccountIds ids, AuditTrail audit, IOptions<AccountOptions> options, TimeProvider clock)
{
    /// <param name="id">As <see cref="AccountIds"/> gives it.</param>
    /// <returns>Newest use first.</returns>
    public Task<Result<List<SessionView>>> ListAsync(Caller by, string id, CancellationToken ct) => database.ReadAsync<Result<List<SessionView>>>(
        async session =>
        {
            var now = clock.GetUtcNow();
            return ids.Find(await accounts.ListAsync(session, by.Workspace), id) is { } member
                ? (await accounts.LoginsInAsync(session, by.Workspace, member.Id, now, options.Value.IdleSince(now))).ConvertAll(login => AccountReader.Of(login, by.WorkspaceName, by))
                : Error.NotFound("member", id);
        },
        ct);

    /// <summary>Ends one session of a member at once.</summary>
    /// <param name="id">As <see cref="AccountIds"/> gives it.</param>
    public Task<Result<Account>> EndAsync(Caller by, string id, long login, CancellationToken ct) => ChangeAsync(
        by, id,
        async (tx, member) => await accounts.EndLoginInAsync(tx, by.Workspace, member.Id, login) ? $"ended session {login} of {member.UserName}" : null,
        $"{login}", ct);

    /// <summary>Ends all sessions of a member at once; an administrator's own, except the one that asks. Idempotent.</summary>
    /// <param name="id">As <see cref="AccountIds"/> gives it.</param>
    public Task<Result<Account>> EndAllAsync(Caller by, string id, CancellationToken ct) => ChangeAsync(
        by, id,
        async (tx, member) => $"ended all sessions of {member.UserName} in this workspace: {await accounts.EndSessionsInAsync(tx, by.Workspace, member.Id, except: by.Login?.Id)}",
        "", ct);

    /// <param name="end">What was done; null: there was nothing to end.</param>
    /// <param name="what">What there would have been.</param>
    private Task<Result<Account>> ChangeAsync(Caller by, string id, Func<Tx, Account, Task<string?>> end, string what, CancellationToken ct) => database.WriteAsync<Result<Account>>(
        async tx =>
        {
            if (ids.Find(await accounts.ListAsync(tx, by.Workspace), id) is not { } member)
            {
                return Error.NotFound("member", id);
            }

            if (MemberRules.MayChange(by, member) is { } refusal)
            {
                return refusal;
            }

            if (await end(tx, member) is not { } done)
            {
                return Error.NotFound("session", what);
            }

            await audit.RecordAsync(tx, by.Workspace, new(by.Actor, "login.ended", $"member/{member.UserName}", done));
            return member;
        },
        ct);
}
