using System.Data.Common;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Tocsin.Data;
using Tocsin.Notify;

namespace Tocsin.Identity;

/// <summary>A person as a member of one workspace.</summary>
/// <param name="Id">The person, who may be a member of other workspaces too.</param>
/// <param name="UserName">The estate's user that this is; the two are joined by name.</param>
/// <param name="PasswordHash">Null: no password was ever set.</param>
internal sealed record Account(long Workspace, string WorkspaceName, long Id, string Email, string UserName, Role Role, string? PasswordHash);

/// <summary>How somebody came in.</summary>
/// <param name="Kind"><see cref="Web"/> for a browser's cookie, <see cref="Token"/> for a bearer token.</param>
/// <param name="Proof">What was shown: <c>setup</c>, <c>password</c>, <c>passkey</c>, <c>oidc</c>; a second factor is added with <c>+</c>.</param>
/// <param name="Address">Where from, for the list of sessions.</param>
/// <param name="Agent">With which program, as it says itself.</param>
internal sealed record LoginFacts(string Kind, string Proof, string Address, string Agent)
{
    public const string Web = "web";
    public const string Token = "token";

    private const int MaxAgent = 200;

    public static LoginFacts Of(HttpContext http, string kind, string proof) => new(
        kind, proof, http.Connection.RemoteIpAddress?.ToString() ?? "", PlainText.OneLine(http.Request.Headers.UserAgent.ToString(), MaxAgent));
}

/// <summary>People, their membership in workspaces, what they are logged in with, and one-time links. Tokens are 256 random bits; only their hashes are stored.</summary>
internal sealed class AccountStore
{
    private const string Select =
        """
        SELECT m.workspace_id, w.name, p.id, p.email, m.user_name, m.role, p.password_hash
        FROM person p JOIN member m ON m.person_id = p.id JOIN workspace w ON w.id = m.workspace_id
        """;

    public async Task<bool> AnyAsync(Session session) => await session.ScalarAsync("SELECT COUNT(*) FROM member") > 0;

    /// <summary>The memberships of that address, oldest first; addresses compare without case. Empty: unknown, or a member of nothing.</summary>
    public Task<List<Account>> FindByEmailAsync(Session session, string email) =>
        session.QueryAsync($"{Select} WHERE p.email = @email AND p.disabled_at IS NULL ORDER BY m.created_at, m.workspace_id", Read, ("email", Normal(email)));

    public Task<List<Account>> ListAsync(Session session, long workspace) =>
        session.QueryAsync($"{Select} WHERE m.workspace_id = @workspace ORDER BY p.id", Read, ("workspace", workspace));

    /// <summary>Makes a person a member, or gives an existing one of that address a new password, name and role.</summary>
    /// <returns>The person's id.</returns>
    public async Task<long> SaveAsync(Tx tx, long workspace, string email, string userName, Role role, string passwordHash, DateTimeOffset now)
    {
        var person = (await tx.ScalarAsync(
            """
            INSERT INTO person (email, password_hash, password_changed_at, created_at) VALUES (@email, @hash, @now, @now)
            ON CONFLICT (email) DO UPDATE SET password_hash = excluded.password_hash, password_changed_at = excluded.password_changed_at
            RETURNING id
            """,
            ("email", Normal(email)), ("hash", passwordHash), ("now", now.ToMicros())))!.Value;
        await tx.ExecuteAsync(
            """
            INSERT INTO member (workspace_id, person_id, user_name, role, created_at) VALUES (@workspace, @person, @name, @role, @now)
            ON CONFLICT (workspace_id, person_id) DO UPDATE SET user_name = excluded.user_name, role = excluded.role
            """,
            ("workspace", workspace), ("person", person), ("name", userName), ("role", role.ToString().ToLowerInvariant()), ("now", now.ToMicros()));
        return person;
    }

    public Task SetPasswordAsync(Tx tx, Account account, string passwordHash, DateTimeOffset now) => tx.ExecuteAsync(
        "UPDATE person SET password_hash = @hash, password_changed_at = @now WHERE id = @id",
        ("hash", passwordHash), ("now", now.ToMicros()), ("id", account.Id));

    /// <param name="workspace">The one that the session looks at; the person is a member of it.</param>
    /// <returns>The session's token; shown once, to whoever logged in.</returns>
    public async Task<string> BeginSessionAsync(Tx tx, long workspace, long person, LoginFacts facts, DateTimeOffset now, TimeSpan life)
    {
        var token = NewToken();
        await tx.ExecuteAsync(
            """
            INSERT INTO login (token_hash, person_id, workspace_id, kind, proof, address, agent, created_at, proved_at, seen_at, expires_at)
            VALUES (@hash, @person, @workspace, @kind, @proof, @address, @agent, @now, @now, @now, @expires)
            """,
            ("hash", Hash(token)), ("person", person), ("workspace", workspace), ("kind", facts.Kind), ("proof", facts.Proof),
            ("address", facts.Address), ("agent", facts.Agent), ("now", now.ToMicros()), ("expires", (now + life).ToMicros()));
        return token;
    }

    public Task<Account?> FindBySessionAsync(Session session, string token, DateTimeOffset now) => session.FirstAsync(
        $"""
        {Select} JOIN login l ON l.workspace_id = m.workspace_id AND l.person_id = p.id
        WHERE l.token_hash = @hash AND l.expires_at > @now AND p.disabled_at IS NULL
        """,
        Read, ("hash", Hash(token)), ("now", now.ToMicros()));

    public Task EndSessionAsync(Tx tx, string token) => tx.ExecuteAsync("DELETE FROM login WHERE token_hash = @hash", ("hash", Hash(token)));

    /// <summary>Ends all that a person is logged in with, in every workspace.</summary>
    public Task EndSessionsOfAsync(Tx tx, long person) => tx.ExecuteAsync("DELETE FROM login WHERE person_id = @person", ("person", person));

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

    private static string Normal(string email) => email.Trim().ToLowerInvariant();

    private static byte[] Hash(string token) => ApiKeyText.Hash(token);

    private static Account Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetString(3), row.GetString(4), Enum.Parse<Role>(row.GetString(5), ignoreCase: true), row.NullableString(6));
}

internal sealed record LinkTarget(long Workspace, string Subject);
