using System.Data.Common;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>A key of a workspace, or of one person in it.</summary>
internal sealed record ApiKeyRow
{
    public required long Workspace { get; init; }

    public required string WorkspaceName { get; init; }

    /// <summary>0: the key of the operator's settings, which has no row.</summary>
    public required long Id { get; init; }

    public required string Name { get; init; }

    /// <summary>How the key begins; all that is known of it.</summary>
    public required string Prefix { get; init; }

    /// <summary>What it may be used for: of a person's key, never more than that person may now.</summary>
    public required Role Role { get; init; }

    /// <summary>The form of its text: <see cref="ApiKeyText.Own"/> or <see cref="ApiKeyText.Account"/>.</summary>
    public required string Kind { get; init; }

    public Scopes Scopes { get; init; } = Scopes.All;

    /// <summary>Whose it is; null: the workspace's.</summary>
    public long? Person { get; init; }

    /// <summary>That person's name in the estate.</summary>
    public string? Owner { get; init; }

    public string? CreatedBy { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Within minutes.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The key that takes its place since it was rotated.</summary>
    public long? ReplacedBy { get; init; }

    public bool IsLive(DateTimeOffset now) => RevokedAt is null && !(ExpiresAt <= now);

    public Caller ToCaller() => new(Workspace, WorkspaceName, Role, $"key:{Name}", null) { Key = Id == 0 ? null : Id, Scopes = Scopes };
}

/// <summary>A key about to be made.</summary>
/// <param name="By">For the log and the list; null: not known.</param>
internal sealed record NewApiKey(string Name, Role Role, string? By = null)
{
    public string Kind { get; init; } = ApiKeyText.Own;

    public Scopes Scopes { get; init; } = Scopes.All;

    public DateTimeOffset? ExpiresAt { get; init; }

    public long? Person { get; init; }
}

internal sealed class ApiKeyStore
{
    private const string Select =
        """
        SELECT k.workspace_id, w.name, k.id, k.name, k.prefix, k.role, k.kind, k.scopes, k.person_id, m.user_name, k.created_by,
            k.created_at, k.last_used_at, k.expires_at, k.revoked_at, k.replaced_by, m.role
        FROM api_key k JOIN workspace w ON w.id = k.workspace_id
        LEFT JOIN member m ON m.workspace_id = k.workspace_id AND m.person_id = k.person_id
        """;

    /// <summary>Makes a key of the workspace, of all that the role may, without an end.</summary>
    public async Task<string> CreateAsync(Tx tx, long workspace, string name, Role role, DateTimeOffset now) =>
        (await CreateAsync(tx, workspace, new(name, role), now)).Key;

    /// <summary>Makes a key. Only its hash is stored: the returned text is never seen again.</summary>
    public async Task<(long Id, string Key)> CreateAsync(Tx tx, long workspace, NewApiKey made, DateTimeOffset now)
    {
        var key = ApiKeyText.New(made.Kind);
        var id = await tx.ScalarAsync(
            """
            INSERT INTO api_key (workspace_id, name, prefix, key_hash, role, kind, scopes, person_id, created_by, created_at, expires_at)
            VALUES (@workspace, @name, @prefix, @hash, @role, @kind, @scopes, @person, @by, @now, @expires)
            RETURNING id
            """,
            ("workspace", workspace), ("name", made.Name), ("prefix", ApiKeyText.PrefixOf(key)), ("hash", ApiKeyText.Hash(key)),
            ("role", made.Role.Word()), ("kind", made.Kind), ("scopes", ScopeWords.Stored(made.Scopes)), ("person", made.Person),
            ("by", made.By), ("now", now.ToMicros()), ("expires", made.ExpiresAt?.ToMicros()));
        return (id!.Value, key);
    }

    /// <returns>The key, unless it was revoked or has expired, or is somebody's who is no member any more, suspended or disabled.</returns>
    public Task<ApiKeyRow?> FindAsync(Session session, byte[] hash, DateTimeOffset now) => session.FirstAsync(
        $"""
        {Select}
        WHERE k.key_hash = @hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > @now)
            AND (k.person_id IS NULL OR (m.person_id IS NOT NULL AND m.suspended_at IS NULL AND NOT EXISTS (SELECT 1 FROM person p WHERE p.id = k.person_id AND p.disabled_at IS NOT NULL)))
        """,
        Read, ("hash", hash), ("now", now.ToMicros()));

    public Task<ApiKeyRow?> FindAsync(Session session, long workspace, long id) =>
        session.FirstAsync($"{Select} WHERE k.workspace_id = @workspace AND k.id = @id", Read, ("workspace", workspace), ("id", id));

    /// <param name="workspace">0: of all workspaces.</param>
    public Task<List<ApiKeyRow>> ListAsync(Session session, long workspace) =>
        session.QueryAsync($"{Select} WHERE @workspace = 0 OR k.workspace_id = @workspace ORDER BY k.id", Read, ("workspace", workspace));

    public Task<List<ApiKeyRow>> ListOfAsync(Session session, long workspace, long person) => session.QueryAsync(
        $"{Select} WHERE k.workspace_id = @workspace AND k.person_id = @person ORDER BY k.id", Read, ("workspace", workspace), ("person", person));

    /// <summary>Makes this transaction the only one that adds to a person's keys until it ends, in whatever workspace.</summary>
    public static Task LockAccountAsync(Tx tx, long person) => tx.Dialect.IsPostgres
        ? tx.ExecuteAsync("SELECT id FROM person WHERE id = @person FOR NO KEY UPDATE", ("person", person))
        : Task.CompletedTask;

    /// <summary>The keys of <c>/api-keys</c> that a person has, wherever, oldest first.</summary>
    public Task<List<ApiKeyRow>> ListOfAccountAsync(Session session, long person) => session.QueryAsync(
        $"{Select} WHERE k.person_id = @person AND k.kind = @kind ORDER BY k.id", Read, ("person", person), ("kind", ApiKeyText.Account));

    /// <returns>The number of the key with that hash, live or not.</returns>
    public Task<long?> IdOfAsync(Session session, byte[] hash) => session.ScalarAsync("SELECT id FROM api_key WHERE key_hash = @hash", ("hash", hash));

    /// <returns>False when there is no such live key.</returns>
    public async Task<bool> RevokeAsync(Tx tx, long workspace, long id, DateTimeOffset now) => await tx.ExecuteAsync(
        "UPDATE api_key SET revoked_at = @now WHERE workspace_id = @workspace AND id = @id AND revoked_at IS NULL",
        ("now", now.ToMicros()), ("workspace", workspace), ("id", id)) == 1;

    /// <summary>Notes which key takes a key's place, and when it ends; never later than it would have.</summary>
    /// <returns>False when it was revoked or rotated meanwhile.</returns>
    public async Task<bool> ReplaceAsync(Tx tx, long workspace, long id, long by, DateTimeOffset endsAt) => await tx.ExecuteAsync(
        """
        UPDATE api_key SET replaced_by = @by, expires_at = CASE WHEN expires_at IS NULL OR expires_at > @ends THEN @ends ELSE expires_at END
        WHERE workspace_id = @workspace AND id = @id AND revoked_at IS NULL AND replaced_by IS NULL
        """,
        ("by", by), ("ends", endsAt.ToMicros()), ("workspace", workspace), ("id", id)) == 1;

    public async Task<bool> DeleteAsync(Tx tx, long workspace, long id) =>
        await tx.ExecuteAsync("DELETE FROM api_key WHERE workspace_id = @workspace AND id = @id", ("workspace", workspace), ("id", id)) == 1;

    public Task UsedAsync(Tx tx, long workspace, long id, DateTimeOffset at) => tx.ExecuteAsync(
        "UPDATE api_key SET last_used_at = @at WHERE workspace_id = @workspace AND id = @id AND (last_used_at IS NULL OR last_used_at < @at)",
        ("at", at.ToMicros()), ("workspace", workspace), ("id", id));

    private static ApiKeyRow Read(DbDataReader row)
    {
        var role = RoleOf(row.GetString(5));
        return new()
        {
            Workspace = row.GetInt64(0),
            WorkspaceName = row.GetString(1),
            Id = row.GetInt64(2),
            Name = row.GetString(3),
            Prefix = row.GetString(4),
            Role = row.NullableString(16) is { } theirs && RoleOf(theirs) < role ? RoleOf(theirs) : role,
            Kind = row.GetString(6),
            Scopes = ScopeWords.OfStored(row.NullableString(7)),
            Person = row.NullableLong(8),
            Owner = row.NullableString(9),
            CreatedBy = row.NullableString(10),
            CreatedAt = row.Instant(11),
            LastUsedAt = row.NullableInstant(12),
            ExpiresAt = row.NullableInstant(13),
            RevokedAt = row.NullableInstant(14),
            ReplacedBy = row.NullableLong(15),
        };
    }

    private static Role RoleOf(string text) => RoleWords.Read(text) ?? throw new InvalidDataException($"The database has a role '{text}' that is none.");
}
