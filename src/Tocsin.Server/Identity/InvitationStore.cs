using System.Data.Common;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <param name="UserName">The name that the new member gets; null: one is found from the address.</param>
/// <param name="InvitedBy">As the log calls who invited: <c>user:ana</c>, <c>key:ci</c>.</param>
internal sealed record Invitation(
    long Workspace, string WorkspaceName, long Id, string Email, Role Role, string? UserName, string InvitedBy, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt);

/// <summary>Invitations. Of their tokens only hashes are stored.</summary>
internal sealed class InvitationStore
{
    private const string Select =
        """
        SELECT i.workspace_id, w.name, i.id, i.email, i.role, i.user_name, i.invited_by, i.created_at, i.expires_at
        FROM invitation i JOIN workspace w ON w.id = i.workspace_id
        """;

    /// <summary>Those that can still be accepted, newest first.</summary>
    public Task<List<Invitation>> ListAsync(Session session, long workspace, DateTimeOffset now) => session.QueryAsync(
        $"{Select} WHERE i.workspace_id = @workspace AND i.ended_at IS NULL AND i.expires_at > @now ORDER BY i.id DESC", Read, ("workspace", workspace), ("now", now.ToMicros()));

    /// <returns>Null: unknown, accepted, taken back, or too old.</returns>
    public Task<Invitation?> FindAsync(Session session, string token, DateTimeOffset now) => session.FirstAsync(
        $"{Select} WHERE i.token_hash = @hash AND i.ended_at IS NULL AND i.expires_at > @now", Read, ("hash", ApiKeyText.Hash(token)), ("now", now.ToMicros()));

    /// <summary>How many a workspace has made since an instant, whatever became of them.</summary>
    public async Task<long> CountAsync(Session session, long workspace, DateTimeOffset since) => await session.ScalarAsync(
        "SELECT COUNT(*) FROM invitation WHERE workspace_id = @workspace AND created_at > @since", ("workspace", workspace), ("since", since.ToMicros())) ?? 0;

    /// <summary>Makes one; an older one for the same address ends.</summary>
    /// <returns>Its id.</returns>
    public async Task<long> AddAsync(Tx tx, long workspace, string token, string email, Role role, string? userName, string by, DateTimeOffset now, DateTimeOffset expiresAt)
    {
        await tx.ExecuteAsync(
            "UPDATE invitation SET ended_at = @now WHERE workspace_id = @workspace AND email = @email AND ended_at IS NULL",
            ("now", now.ToMicros()), ("workspace", workspace), ("email", email));
        return (await tx.ScalarAsync(
            """
            INSERT INTO invitation (workspace_id, token_hash, email, role, user_name, invited_by, created_at, expires_at)
            VALUES (@workspace, @hash, @email, @role, @name, @by, @now, @expires) RETURNING id
            """,
            ("workspace", workspace), ("hash", ApiKeyText.Hash(token)), ("email", email), ("role", role.Word()), ("name", userName),
            ("by", by), ("now", now.ToMicros()), ("expires", expiresAt.ToMicros())))!.Value;
    }

    /// <returns>False: it was accepted or taken back already.</returns>
    public async Task<bool> EndAsync(Tx tx, long workspace, long id, DateTimeOffset now) => await tx.ExecuteAsync(
        "UPDATE invitation SET ended_at = @now WHERE workspace_id = @workspace AND id = @id AND ended_at IS NULL",
        ("now", now.ToMicros()), ("workspace", workspace), ("id", id)) == 1;

    private static Invitation Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetString(3), Enum.Parse<Role>(row.GetString(4), ignoreCase: true), row.NullableString(5),
        row.GetString(6), row.Instant(7), row.Instant(8));
}
