using System.Data.Common;
using System.Security.Cryptography;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>Somebody who can log in to a workspace.</summary>
/// <param name="UserName">The estate's user that this is; the two are joined by name.</param>
internal sealed record Account(long Workspace, string WorkspaceName, long Id, string Email, string UserName, Role Role, string? PasswordHash);

/// <summary>Accounts, web sessions and one-time links. Tokens are 256 random bits; only their hashes are stored.</summary>
internal sealed class AccountStore
{
    private const string Select =
        """
        SELECT a.workspace_id, w.name, a.id, a.email, a.user_name, a.role, a.password_hash
        FROM account a JOIN workspace w ON w.id = a.workspace_id
        """;

    public async Task<bool> AnyAsync(Session session) => await session.ScalarAsync("SELECT COUNT(*) FROM account") > 0;

    /// <summary>Accounts of that address, in any workspace; addresses compare without case.</summary>
    public Task<List<Account>> FindByEmailAsync(Session session, string email) =>
        session.QueryAsync($"{Select} WHERE a.email = @email ORDER BY a.id", Read, ("email", email.Trim().ToLowerInvariant()));

    public Task<List<Account>> ListAsync(Session session, long workspace) =>
        session.QueryAsync($"{Select} WHERE a.workspace_id = @workspace ORDER BY a.id", Read, ("workspace", workspace));

    /// <summary>Makes an account, or gives an existing one of that address a new password and role.</summary>
    public async Task<long> SaveAsync(Tx tx, long workspace, string email, string userName, Role role, string passwordHash, DateTimeOffset now) => (await tx.ScalarAsync(
        """
        INSERT INTO account (workspace_id, email, user_name, role, password_hash, created_at) VALUES (@workspace, @email, @name, @role, @hash, @now)
        ON CONFLICT (workspace_id, email) DO UPDATE SET user_name = excluded.user_name, role = excluded.role, password_hash = excluded.password_hash
        RETURNING id
        """,
        ("workspace", workspace), ("email", email.Trim().ToLowerInvariant()), ("name", userName), ("role", role.ToString().ToLowerInvariant()),
        ("hash", passwordHash), ("now", now.ToMicros())))!.Value;

    public Task SetPasswordAsync(Tx tx, Account account, string passwordHash) => tx.ExecuteAsync(
        "UPDATE account SET password_hash = @hash WHERE workspace_id = @workspace AND id = @id",
        ("hash", passwordHash), ("workspace", account.Workspace), ("id", account.Id));

    /// <returns>The session's token; shown once, to the browser.</returns>
    public async Task<string> BeginSessionAsync(Tx tx, long workspace, long account, DateTimeOffset now, TimeSpan life)
    {
        var token = NewToken();
        await tx.ExecuteAsync(
            "INSERT INTO web_session (workspace_id, token_hash, account_id, created_at, expires_at) VALUES (@workspace, @hash, @account, @now, @expires)",
            ("workspace", workspace), ("hash", Hash(token)), ("account", account), ("now", now.ToMicros()), ("expires", (now + life).ToMicros()));
        return token;
    }

    public Task<Account?> FindBySessionAsync(Session session, string token, DateTimeOffset now) => session.FirstAsync(
        $"""
        {Select} JOIN web_session s ON s.workspace_id = a.workspace_id AND s.account_id = a.id
        WHERE s.token_hash = @hash AND s.expires_at > @now
        """,
        Read, ("hash", Hash(token)), ("now", now.ToMicros()));

    public Task EndSessionAsync(Tx tx, string token) => tx.ExecuteAsync("DELETE FROM web_session WHERE token_hash = @hash", ("hash", Hash(token)));

    public Task EndSessionsOfAsync(Tx tx, long workspace, long account) => tx.ExecuteAsync(
        "DELETE FROM web_session WHERE workspace_id = @workspace AND account_id = @account", ("workspace", workspace), ("account", account));

    /// <summary>Makes a link that works once, until it expires. A new link of the same purpose and subject ends the older one.</summary>
    public async Task<string> NewLinkAsync(Tx tx, long workspace, string purpose, string subject, DateTimeOffset expiresAt)
    {
        var token = NewToken();
        await tx.ExecuteAsync(
            "DELETE FROM one_time_link WHERE workspace_id = @workspace AND purpose = @purpose AND subject = @subject",
            ("workspace", workspace), ("purpose", purpose), ("subject", subject));
        await tx.ExecuteAsync(
            "INSERT INTO one_time_link (workspace_id, token_hash, purpose, subject, expires_at) VALUES (@workspace, @hash, @purpose, @subject, @expires)",
            ("workspace", workspace), ("hash", Hash(token)), ("purpose", purpose), ("subject", subject), ("expires", expiresAt.ToMicros()));
        return token;
    }

    /// <returns>The workspace and subject of a link that is still good; null otherwise.</returns>
    public Task<LinkTarget?> FindLinkAsync(Session session, string purpose, string token, DateTimeOffset now) => session.FirstAsync(
        "SELECT workspace_id, subject FROM one_time_link WHERE purpose = @purpose AND token_hash = @hash AND used_at IS NULL AND expires_at > @now",
        static row => new LinkTarget(row.GetInt64(0), row.GetString(1)), ("purpose", purpose), ("hash", Hash(token)), ("now", now.ToMicros()));

    /// <returns>False when it was used already.</returns>
    public async Task<bool> UseLinkAsync(Tx tx, string token, DateTimeOffset now) => await tx.ExecuteAsync(
        "UPDATE one_time_link SET used_at = @now WHERE token_hash = @hash AND used_at IS NULL", ("now", now.ToMicros()), ("hash", Hash(token))) == 1;

    private static string NewToken() => System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private static byte[] Hash(string token) => ApiKeyText.Hash(token);

    private static Account Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetString(3), row.GetString(4), Enum.Parse<Role>(row.GetString(5), ignoreCase: true), row.NullableString(6));
}

internal sealed record LinkTarget(long Workspace, string Subject);
