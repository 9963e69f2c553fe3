using System.Data.Common;
using Tocsin.Data;

namespace Tocsin.Identity;

internal sealed record ApiKeyRow(
    long Workspace, string WorkspaceName, long Id, string Name, string Prefix, Role Role, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt);

internal sealed class ApiKeyStore
{
    private const string Select =
        """
        SELECT k.workspace_id, w.name, k.id, k.name, k.prefix, k.role, k.created_at, k.last_used_at, k.revoked_at
        FROM api_key k JOIN workspace w ON w.id = k.workspace_id
        """;

    /// <summary>Makes a key. Only its hash is stored: the returned text is never seen again.</summary>
    public async Task<string> CreateAsync(Tx tx, long workspace, string name, Role role, DateTimeOffset now)
    {
        var key = ApiKeyText.New();
        await tx.ExecuteAsync(
            """
            INSERT INTO api_key (workspace_id, name, prefix, key_hash, role, created_at)
            VALUES (@workspace, @name, @prefix, @hash, @role, @now)
            """,
            ("workspace", workspace), ("name", name), ("prefix", key[..10]), ("hash", ApiKeyText.Hash(key)), ("role", role.ToString().ToLowerInvariant()), ("now", now.ToMicros()));
        return key;
    }

    public Task<ApiKeyRow?> FindAsync(Session session, byte[] hash) =>
        session.FirstAsync($"{Select} WHERE k.key_hash = @hash AND k.revoked_at IS NULL", Read, ("hash", hash));

    /// <param name="workspace">0: of all workspaces.</param>
    public Task<List<ApiKeyRow>> ListAsync(Session session, long workspace) =>
        session.QueryAsync($"{Select} WHERE @workspace = 0 OR k.workspace_id = @workspace ORDER BY k.id", Read, ("workspace", workspace));

    /// <returns>False when there is no such live key.</returns>
    public async Task<bool> RevokeAsync(Tx tx, long workspace, long id, DateTimeOffset now) => await tx.ExecuteAsync(
        "UPDATE api_key SET revoked_at = @now WHERE workspace_id = @workspace AND id = @id AND revoked_at IS NULL",
        ("now", now.ToMicros()), ("workspace", workspace), ("id", id)) == 1;

    public Task UsedAsync(Tx tx, long workspace, long id, DateTimeOffset at) => tx.ExecuteAsync(
        "UPDATE api_key SET last_used_at = @at WHERE workspace_id = @workspace AND id = @id", ("at", at.ToMicros()), ("workspace", workspace), ("id", id));

    private static ApiKeyRow Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetString(3), row.GetString(4), Enum.Parse<Role>(row.GetString(5), ignoreCase: true),
        row.Instant(6), row.NullableInstant(7), row.NullableInstant(8));
}
