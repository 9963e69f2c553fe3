using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>A key of an alert server's file.</summary>
/// <param name="Origin">Its id there.</param>
internal sealed record AlertServerKeyRow(string Origin, string User, string Salt, byte[] SlowHash, DateTimeOffset? CreatedAt);

/// <summary>An imported key that nobody has used here yet, so that only its slow hash is known.</summary>
internal sealed record UnverifiedKey(long Workspace, string Origin, long KeyId, string Salt, byte[] SlowHash);

/// <summary>
/// Keys that came from an alert server. Each is an ordinary key beside a row here; its first use replaces the slow hash by the fast one
/// that all keys have, and from then on it is like any other.
/// </summary>
internal sealed class ImportedKeyStore
{
    /// <summary>Takes keys over; those of an earlier import are left as they are, also when they were revoked since.</summary>
    /// <returns>How many were new.</returns>
    public async Task<int> ImportAsync(Tx tx, long workspace, IReadOnlyList<AlertServerKeyRow> keys, Role role, DateTimeOffset now)
    {
        await tx.LockWorkspaceAsync(workspace);
        var added = 0;
        foreach (var key in keys)
        {
            if (await tx.ScalarAsync("SELECT COUNT(*) FROM imported_key WHERE workspace_id = @workspace AND origin = @origin", ("workspace", workspace), ("origin", key.Origin)) > 0)
            {
                continue;
            }

            // No text has an empty hash: only a verified key is found by its own.
            var id = await tx.ScalarAsync(
                """
                INSERT INTO api_key (workspace_id, name, prefix, key_hash, role, created_at) VALUES (@workspace, @name, @prefix, @none, @role, @created)
                RETURNING id
                """,
                ("workspace", workspace), ("name", Notify.PlainText.OneLine(key.User, 100)), ("prefix", AlertServerKey.PrefixOf(key.User)), ("none", Array.Empty<byte>()),
                ("role", role.ToString().ToLowerInvariant()), ("created", (key.CreatedAt ?? now).ToMicros()));
            await tx.ExecuteAsync(
                "INSERT INTO imported_key (workspace_id, origin, key_id, user_name, salt, slow_hash) VALUES (@workspace, @origin, @id, @user, @salt, @hash)",
                ("workspace", workspace), ("origin", key.Origin), ("id", id), ("user", key.User), ("salt", key.Salt), ("hash", key.SlowHash));
            added++;
        }

        return added;
    }

    public Task<List<UnverifiedKey>> UnverifiedAsync(Session session, string user) => session.QueryAsync(
        """
        SELECT i.workspace_id, i.origin, i.key_id, i.salt, i.slow_hash FROM imported_key i
        JOIN api_key k ON k.workspace_id = i.workspace_id AND k.id = i.key_id
        WHERE i.user_name = @user AND i.verified_at IS NULL AND k.revoked_at IS NULL ORDER BY i.key_id
        """,
        static row => new UnverifiedKey(row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetString(3), row.GetFieldValue<byte[]>(4)), ("user", user));

    /// <summary>Gives a key the fast hash by which it is found from now on.</summary>
    public async Task VerifiedAsync(Tx tx, UnverifiedKey key, byte[] hash, DateTimeOffset now)
    {
        await tx.ExecuteAsync(
            "UPDATE api_key SET key_hash = @hash WHERE workspace_id = @workspace AND id = @id AND revoked_at IS NULL",
            ("hash", hash), ("workspace", key.Workspace), ("id", key.KeyId));
        await tx.ExecuteAsync(
            "UPDATE imported_key SET verified_at = @now, salt = '', slow_hash = @none WHERE workspace_id = @workspace AND origin = @origin",
            ("now", now.ToMicros()), ("none", Array.Empty<byte>()), ("workspace", key.Workspace), ("origin", key.Origin));
    }
}
