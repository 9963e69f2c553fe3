using System.Data.Common;
using Tocsin.Data;
using Tocsin.Streams;

namespace Tocsin.Identity;

/// <summary>A member as others in the workspace see him.</summary>
/// <param name="SeenAt">When he last used a session that looks at this workspace; null: none is left.</param>
/// <param name="HasSecondFactor">An authenticator app or a passkey.</param>
internal sealed record MemberRow(Account Account, DateTimeOffset JoinedAt, DateTimeOffset? SeenAt, bool HasSecondFactor);

/// <summary>What members may do to each other: nobody gives a role above his own, touches somebody above him, or leaves a workspace without an owner.</summary>
internal static class MemberRules
{
    /// <summary>A role that people have, by its word.</summary>
    public static Result<Role> Read(string? word) => word switch
    {
        "viewer" => Role.Viewer,
        "responder" => Role.Responder,
        "admin" => Role.Admin,
        "owner" => Role.Owner,
        _ => Error.Invalid("role", "'role' must be viewer, responder, admin or owner."),
    };

    /// <returns>Why the role cannot be given; null: it can.</returns>
    public static Error? MayGive(Caller by, Role role) => role > by.Role ? Error.Forbidden("Nobody gives a role above his own.") : null;

    /// <returns>Why this member cannot be changed; null: he can.</returns>
    public static Error? MayChange(Caller by, Account member) => member.Role > by.Role ? Error.Forbidden("Somebody with a role above yours can be changed only by his like.") : null;

    /// <param name="next">Null: he goes, or is kept out.</param>
    /// <returns>Why not; null: an owner is left who can come in.</returns>
    public static Error? KeepsAnOwner(IReadOnlyList<Account> members, Account member, Role? next) =>
        member is { Role: Role.Owner, IsOut: false } && next != Role.Owner && members.Count(m => m is { Role: Role.Owner, IsOut: false }) == 1
            ? Error.Conflict("member.last_owner", "The last owner stays: make somebody else an owner first.")
            : null;
}

/// <summary>The people of a workspace, their roles, and how they leave it.</summary>
internal sealed class Members(Database database, AccountStore accounts, AccountIds ids, EventLog log, AccountMail mail, TimeProvider clock)
{
    public Task<List<MemberRow>> ListAsync(long workspace, CancellationToken ct) => database.ReadAsync(
        async session =>
        {
            var facts = await session.QueryAsync(
                """
                SELECT m.person_id, m.created_at,
                    (SELECT MAX(l.seen_at) FROM login l WHERE l.person_id = m.person_id AND l.workspace_id = m.workspace_id),
                    CASE WHEN p.totp_confirmed_at IS NOT NULL OR EXISTS (SELECT 1 FROM passkey k WHERE k.person_id = m.person_id) THEN 1 ELSE 0 END
                FROM member m JOIN person p ON p.id = m.person_id WHERE m.workspace_id = @workspace
                """,
                ReadFacts, ("workspace", workspace));
            var known = facts.ToDictionary(f => f.Person);
            return (await accounts.ListAsync(session, workspace)).ConvertAll(a => new MemberRow(a, known[a.Id].JoinedAt, known[a.Id].SeenAt, known[a.Id].Second));
        },
        ct);

    /// <summary>Gives a member another role. Keys that he owns and that could do more than he now may are revoked. Idempotent.</summary>
    /// <param name="id">As <see cref="AccountIds"/> gives it.</param>
    public Task<Result<Account>> SetRoleAsync(Caller by, string id, Role role, CancellationToken ct) => ChangeAsync(
        by, id,
        (member, members) => MayChange(by, member) ?? MemberRules.MayGive(by, role) ?? MemberRules.KeepsAnOwner(members, member, role),
        async (tx, member) =>
        {
            if (member.Role != role)
            {
                var now = clock.GetUtcNow();
                await GiveRoleAsync(tx, accounts, member, role, now);
                await log.AppendAsync(tx, by.Workspace, now, [new("member.role_changed", $"member/{member.UserName}", by.Actor, $"{member.Role.Word()} became {role.Word()}")]);
            }

            return member with { Role = role };
        },
        ct);

    /// <summary>Ends a membership, with its sessions, its devices and the keys that the person owns here. The account itself stays. Everybody may leave himself.</summary>
    /// <param name="id">As <see cref="AccountIds"/> gives it.</param>
    public Task<Result<Account>> RemoveAsync(Caller by, string id, CancellationToken ct) => ChangeAsync(
        by, id,
        (member, members) => (member.Id == by.Person ? null : MayChange(by, member)) ?? MemberRules.KeepsAnOwner(members, member, null),
        async (tx, member) =>
        {
            var now = clock.GetUtcNow();
            await tx.ExecuteAsync("DELETE FROM member WHERE workspace_id = @workspace AND person_id = @person", ("workspace", by.Workspace), ("person", member.Id));
            await accounts.EndSessionsInAsync(tx, by.Workspace, member.Id);

            // What he does from now on, such as a login that fails, is none of this workspace's business.
            await tx.ExecuteAsync("UPDATE person SET last_workspace = NULL WHERE id = @person AND last_workspace = @workspace", ("person", member.Id), ("workspace", by.Workspace));
            await tx.ExecuteAsync("DELETE FROM device WHERE workspace_id = @workspace AND user_name = @user", ("workspace", by.Workspace), ("user", member.UserName));
            await EndWhatHeGaveAsync(tx, member, null, now);
            await log.AppendAsync(tx, by.Workspace, now, [new("member.removed", $"member/{member.UserName}", by.Actor, by.Person == member.Id ? "left" : $"was {member.Role.Word()}")]);
            return member;
        },
        ct);

    /// <summary>
    /// Keeps a member out of this workspace until he is let in again, and touches no other: his sessions here end, his own keys are refused, the open invitations that he made end, and he
    /// is not paged. Idempotent.
    /// </summary>
    /// <param name="id">As <see cref="AccountIds"/> gives it.</param>
    public Task<Result<Account>> SuspendAsync(Caller by, string id, CancellationToken ct) => ChangeAsync(
        by, id,
        (member, members) => member.Id == by.Person
            ? Error.Conflict("member.oneself", "Nobody suspends himself. Leave, or let another administrator do it.")
            : MayChange(by, member) ?? MemberRules.KeepsAnOwner(members, member, null),
        async (tx, member) =>
        {
            if (member.SuspendedAt is not null)
            {
                return member;
            }

            var now = clock.GetUtcNow();
            await accounts.SuspendAsync(tx, by.Workspace, member.Id, now);
            var ended = await accounts.EndSessionsInAsync(tx, by.Workspace, member.Id);
            await EndInvitationsAsync(tx, member, now);
            await mail.SuspendedAsync(tx, by.Workspace, by.WorkspaceName, member.Email, now);
            await log.AppendAsync(tx, by.Workspace, now, [new("member.suspended", $"member/{member.UserName}", by.Actor, $"may not come in and is not paged; sessions ended: {ended}")]);
            return member with { SuspendedAt = now };
        },
        ct);

    /// <summary>Lets somebody in again who was suspended. Idempotent.</summary>
    /// <param name="id">As <see cref="AccountIds"/> gives it.</param>
    public Task<Result<Account>> ResumeAsync(Caller by, string id, CancellationToken ct) => ChangeAsync(
        by, id,
        (member, _) => MayChange(by, member),
        async (tx, member) =>
        {
            if (member.SuspendedAt is null)
            {
                return member;
            }

            var now = clock.GetUtcNow();
            await accounts.SuspendAsync(tx, by.Workspace, member.Id, since: null);
            await log.AppendAsync(tx, by.Workspace, now, [new("member.resumed", $"member/{member.UserName}", by.Actor, $"may come in again, as {member.Role.Word()}")]);
            return member with { SuspendedAt = null };
        },
        ct);

    /// <param name="refuses">Why not, of the member and all members; null: go on.</param>
    private Task<Result<Account>> ChangeAsync(
        Caller by, string id, Func<Account, IReadOnlyList<Account>, Error?> refuses, Func<Tx, Account, Task<Account>> change, CancellationToken ct) => database.WriteAsync<Result<Account>>(
        async tx =>
        {
            // Two owners who remove each other at once must not both succeed.
            await tx.LockWorkspaceAsync(by.Workspace);
            var members = await accounts.ListAsync(tx, by.Workspace);
            return ids.Find(members, id) is not { } member ? Error.NotFound("member", id)
                : refuses(member, members) is { } refusal ? refusal
                : await change(tx, member);
        },
        ct);

    private Error? MayChange(Caller by, Account member) =>
        !by.May(Policies.Admin) ? Error.Forbidden("Only administrators change other members.") : RecentProof.Missing(by, clock.GetUtcNow()) ?? MemberRules.MayChange(by, member);

    private static Task<int> EndInvitationsAsync(Tx tx, Account member, DateTimeOffset now) => tx.ExecuteAsync(
        "UPDATE invitation SET ended_at = @now WHERE workspace_id = @workspace AND invited_by = @by AND ended_at IS NULL",
        ("now", now.ToMicros()), ("workspace", member.Workspace), ("by", $"user:{member.UserName}"));

    /// <summary>The act itself, whoever decided it. What the member handed out above the new role ends, and so does a link with which somebody below it could become him.</summary>
    public static async Task GiveRoleAsync(Tx tx, AccountStore accounts, Account member, Role role, DateTimeOffset now)
    {
        await accounts.JoinAsync(tx, member.Workspace, member.Id, member.UserName, role, now);
        await EndWhatHeGaveAsync(tx, member, role, now);
        await accounts.EndLinksAsync(tx, PasswordReset.Purpose, PasswordReset.ByAdministrator(member.Id));
    }

    /// <summary>What somebody handed out may not outlive the right to do so.</summary>
    /// <param name="role">What he keeps; null: nothing.</param>
    private static async Task EndWhatHeGaveAsync(Tx tx, Account member, Role? role, DateTimeOffset now)
    {
        foreach (var above in Enum.GetValues<Role>().Where(r => role is null || r > role))
        {
            await tx.ExecuteAsync(
                "UPDATE api_key SET revoked_at = @now WHERE workspace_id = @workspace AND person_id = @person AND role = @role AND revoked_at IS NULL",
                ("now", now.ToMicros()), ("workspace", member.Workspace), ("person", member.Id), ("role", above.Word()));
            await tx.ExecuteAsync(
                "UPDATE invitation SET ended_at = @now WHERE workspace_id = @workspace AND invited_by = @by AND role = @role AND ended_at IS NULL",
                ("now", now.ToMicros()), ("workspace", member.Workspace), ("by", $"user:{member.UserName}"), ("role", above.Word()));
        }

        if (role < Role.Admin)
        {
            await EndInvitationsAsync(tx, member, now);
        }
    }

    private static (long Person, DateTimeOffset JoinedAt, DateTimeOffset? SeenAt, bool Second) ReadFacts(DbDataReader row) =>
        (row.GetInt64(0), row.Instant(1), row.NullableInstant(2), row.GetInt64(3) == 1);
}
