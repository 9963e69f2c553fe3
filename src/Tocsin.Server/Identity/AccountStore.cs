using System.Data.Common;
using System.Security.Cryptography;
using Tocsin.Data;
using Tocsin.Workspaces;

namespace Tocsin.Identity;

/// <summary>A person as a member of one workspace.</summary>
/// <param name="Id">The person, who may be a member of other workspaces too.</param>
/// <param name="UserName">The estate's user that this is; the two are joined by name.</param>
/// <param name="PasswordHash">Null: no password was ever set.</param>
internal sealed record Account(long Workspace, string WorkspaceName, long Id, string Email, string UserName, Role Role, string? PasswordHash)
{
    /// <summary>Since when the administrators of the workspace keep him out of it; null: they do not.</summary>
    public DateTimeOffset? SuspendedAt { get; init; }

    /// <summary>Since when the operator has the whole account disabled; null: it is not.</summary>
    public DateTimeOffset? DisabledAt { get; init; }

    /// <summary>He cannot come in, and is never paged.</summary>
    public bool IsOut => SuspendedAt is not null || DisabledAt is not null;
}

/// <summary>Somebody who can log in, whatever he is a member of.</summary>
/// <param name="Email">In lower case; one person has it.</param>
/// <param name="PasswordHash">Null or empty: no password was ever set.</param>
/// <param name="EmailProvedAt">When it was known that the address is really his; null: he only says so.</param>
/// <param name="LastWorkspace">Which one he looked at last.</param>
/// <param name="PasswordChangedAt">When it was last set, or taken away; null: never.</param>
internal sealed record PersonRow(
    long Id, string Email, string? PasswordHash, DateTimeOffset? DisabledAt, DateTimeOffset? EmailProvedAt, DateTimeOffset CreatedAt, long? LastWorkspace,
    DateTimeOffset? PasswordChangedAt);

/// <summary>What somebody is logged in with.</summary>
/// <param name="Kind"><see cref="LoginFacts.Web"/> or <see cref="LoginFacts.Token"/>.</param>
/// <param name="Proof">As <see cref="LoginFacts.Proof"/>.</param>
/// <param name="ProvedAt">When he last proved who he is; sensitive acts ask how long ago that was.</param>
internal sealed record LoginRow(
    long Id, long Person, long Workspace, string Kind, string Proof, string Address, string Agent,
    DateTimeOffset CreatedAt, DateTimeOffset ProvedAt, DateTimeOffset SeenAt, DateTimeOffset ExpiresAt);

/// <summary>People, their membership in workspaces, what they are logged in with, and one-time links. Tokens are 256 random bits; only their hashes are stored.</summary>
internal sealed class AccountStore
{
    private const int MostPlaces = 50;

    private static readonly string[] _ownedByPeople = ["passkey", "recovery_code", "external_login", "login_place"];

    private const string Columns = "m.workspace_id, w.name, p.id, p.email, m.user_name, m.role, p.password_hash, m.suspended_at, p.disabled_at";
    private const string Tables = "person p JOIN member m ON m.person_id = p.id JOIN workspace w ON w.id = m.workspace_id";
    private const string Select = $"SELECT {Columns} FROM {Tables}";
    private const string SelectPerson = "SELECT id, email, password_hash, disabled_at, email_proved_at, created_at, last_workspace, password_changed_at FROM person";
    private const string LoginIsGood = $"l.expires_at > @now AND (l.kind <> '{LoginFacts.Web}' OR l.seen_at >= @idle)";
    private const string LoginColumns =
        "l.id, l.person_id, l.workspace_id, l.kind, l.proof, l.address, l.agent, l.created_at, l.proved_at, l.seen_at, l.expires_at";

    public async Task<bool> AnyAsync(Session session) => await session.ScalarAsync("SELECT COUNT(*) FROM member") > 0;

    public async Task<bool> AnyAsync(Session session, long workspace) =>
        await session.ScalarAsync("SELECT COUNT(*) FROM member WHERE workspace_id = @workspace", ("workspace", workspace)) > 0;

    public Task<List<Account>> ListAsync(Session session, long workspace) =>
        session.QueryAsync($"{Select} WHERE m.workspace_id = @workspace ORDER BY p.id", Read, ("workspace", workspace));

    /// <summary>The role of the member who has a name, and whether he was locked out; null: no member has it.</summary>
    public async Task<(Role Role, bool Disabled)?> RoleOfAsync(Session session, long workspace, string userName) => await session.FirstAsync(
        $"SELECT m.role, COALESCE(p.disabled_at, m.suspended_at) FROM {Tables} WHERE m.workspace_id = @workspace AND m.user_name = @name",
        static row => ((Role, bool)?)(Enum.Parse<Role>(row.GetString(0), ignoreCase: true), !row.IsDBNull(1)), ("workspace", workspace), ("name", userName));

    /// <summary>A new person, a member of nothing yet.</summary>
    /// <param name="passwordHash">Null: none; he comes in another way.</param>
    /// <param name="emailProved">Whether it is known that the address is his.</param>
    /// <returns>The person's id; null when the address has an account.</returns>
    public Task<long?> NewPersonAsync(Tx tx, string email, string? passwordHash, bool emailProved, DateTimeOffset now) => tx.ScalarAsync(
        """
        INSERT INTO person (email, password_hash, password_changed_at, email_proved_at, created_at) VALUES (@email, @hash, @changed, @proved, @now)
        ON CONFLICT (email) DO NOTHING RETURNING id
        """,
        ("email", Normal(email)), ("hash", passwordHash), ("changed", passwordHash is null ? null : now.ToMicros()),
        ("proved", emailProved ? now.ToMicros() : null), ("now", now.ToMicros()));

    /// <summary>
    /// The person of an address that somebody trustworthy says is his (a single sign-on, a link that was mailed), made if there is none. If
    /// the address was only claimed so far, whoever claimed it loses the password, the sessions and all else that he could come back with.
    /// </summary>
    public async Task<PersonRow> OfProvedEmailAsync(Tx tx, string email, DateTimeOffset now)
    {
        await NewPersonAsync(tx, email, null, emailProved: true, now);
        var person = (await FindPersonAsync(tx, email))!;
        if (person.EmailProvedAt is null)
        {
            await ProveEmailAsync(tx, person, now);
        }

        return (await FindPersonAsync(tx, person.Id))!;
    }

    /// <summary>Notes that the address is really his. What was set up before that, perhaps by somebody else, goes.</summary>
    public async Task ProveEmailAsync(Tx tx, PersonRow person, DateTimeOffset now)
    {
        if (person.EmailProvedAt is not null)
        {
            return;
        }

        await tx.ExecuteAsync(
            "UPDATE person SET email_proved_at = @now, password_hash = NULL, password_changed_at = @now, totp_secret = NULL, totp_confirmed_at = NULL WHERE id = @person", ("now", now.ToMicros()), ("person", person.Id));
        await EndSessionsOfAsync(tx, person.Id);
        foreach (var table in _ownedByPeople)
        {
            await tx.ExecuteAsync($"DELETE FROM {table} WHERE person_id = @person", ("person", person.Id));
        }

        await tx.ExecuteAsync("UPDATE api_key SET revoked_at = @now WHERE person_id = @person AND revoked_at IS NULL", ("now", now.ToMicros()), ("person", person.Id));
    }

    public Task<PersonRow?> FindPersonAsync(Session session, string email) =>
        session.FirstAsync($"{SelectPerson} WHERE email = @email", ReadPerson, ("email", Normal(email)));

    public Task<PersonRow?> FindPersonAsync(Session session, long id) => session.FirstAsync($"{SelectPerson} WHERE id = @id", ReadPerson, ("id", id));

    /// <summary>The memberships of a person, oldest first.</summary>
    public Task<List<Account>> OfPersonAsync(Session session, long person) =>
        session.QueryAsync($"{Select} WHERE p.id = @person ORDER BY m.created_at, m.workspace_id", Read, ("person", person));

    /// <returns>Null: not a member there.</returns>
    public Task<Account?> FindMemberAsync(Session session, long workspace, long person) =>
        session.FirstAsync($"{Select} WHERE m.workspace_id = @workspace AND p.id = @person", Read, ("workspace", workspace), ("person", person));

    /// <summary>Makes a person a member, or changes his role; a member keeps his name.</summary>
    /// <param name="userName">Used by no other member; <see cref="FreeNameAsync"/> finds one.</param>
    public Task JoinAsync(Tx tx, long workspace, long person, string userName, Role role, DateTimeOffset now) => tx.ExecuteAsync(
        """
        INSERT INTO member (workspace_id, person_id, user_name, role, created_at) VALUES (@workspace, @person, @name, @role, @now)
        ON CONFLICT (workspace_id, person_id) DO UPDATE SET role = excluded.role
        """,
        ("workspace", workspace), ("person", person), ("name", userName), ("role", role.Word()), ("now", now.ToMicros()));

    /// <summary>The names of those members who cannot come in; whom the estate calls so is never paged.</summary>
    public static Task<List<string>> OutAsync(Session session, long workspace) => session.QueryAsync(
        """
        SELECT m.user_name FROM member m JOIN person p ON p.id = m.person_id
        WHERE m.workspace_id = @workspace AND (m.suspended_at IS NOT NULL OR p.disabled_at IS NOT NULL)
        """,
        static row => row.GetString(0), ("workspace", workspace));

    /// <summary>Keeps a member out of a workspace, or lets him in again; its configuration counts as changed then, since whom it pages did.</summary>
    /// <param name="since">Null: he may come in.</param>
    public async Task SuspendAsync(Tx tx, long workspace, long person, DateTimeOffset? since)
    {
        await tx.ExecuteAsync(
            "UPDATE member SET suspended_at = @since WHERE workspace_id = @workspace AND person_id = @person", ("since", since?.ToMicros()), ("workspace", workspace), ("person", person));
        await WorkspaceStore.TouchAsync(tx, workspace);
    }

    /// <summary>Disables a whole account, in every workspace, or enables it again. As <see cref="SuspendAsync"/>, the configurations count as changed.</summary>
    /// <param name="since">Null: it is enabled.</param>
    public async Task DisableAsync(Tx tx, long person, DateTimeOffset? since)
    {
        await tx.ExecuteAsync("UPDATE person SET disabled_at = @since WHERE id = @person", ("since", since?.ToMicros()), ("person", person));
        foreach (var member in await OfPersonAsync(tx, person))
        {
            await WorkspaceStore.TouchAsync(tx, member.Workspace);
        }
    }

    /// <summary>A name like the wanted one that neither a member has nor, unless it is theirs to have, a person of the estate.</summary>
    /// <param name="taken">Names that nobody may take: those of people whom the configuration pages.</param>
    public async Task<string> FreeNameAsync(Session session, long workspace, string wanted, IReadOnlySet<string> taken)
    {
        var members = (await ListAsync(session, workspace)).Select(a => a.UserName).ToHashSet(StringComparer.Ordinal);
        for (var i = 1; ; i++)
        {
            var name = i == 1 ? wanted : $"{wanted}-{i}";
            if (!members.Contains(name) && !taken.Contains(name))
            {
                return name;
            }
        }
    }

    public Task SetPasswordAsync(Tx tx, long person, string passwordHash, DateTimeOffset now) => tx.ExecuteAsync(
        "UPDATE person SET password_hash = @hash, password_changed_at = @now WHERE id = @id",
        ("hash", passwordHash), ("now", now.ToMicros()), ("id", person));

    /// <summary>Stores the same password with the parameters of today; unless it was changed meanwhile.</summary>
    public Task UpgradePasswordAsync(Tx tx, PersonRow person, string passwordHash) => tx.ExecuteAsync(
        "UPDATE person SET password_hash = @hash WHERE id = @id AND password_hash = @old", ("hash", passwordHash), ("id", person.Id), ("old", person.PasswordHash));

    /// <summary>Whether the password of a person is still the one that he had; and then it stays so until the transaction ends.</summary>
    /// <param name="person">As it was when the password was looked at.</param>
    public async Task<bool> HoldsAsync(Tx tx, PersonRow person) => await tx.ExecuteAsync(
        "UPDATE person SET password_changed_at = password_changed_at WHERE id = @id AND COALESCE(password_changed_at, 0) = @changed",
        ("id", person.Id), ("changed", person.PasswordChangedAt?.ToMicros() ?? 0)) == 1;

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
        await tx.ExecuteAsync("UPDATE person SET last_workspace = @workspace WHERE id = @person", ("workspace", workspace), ("person", person));
        return token;
    }

    /// <param name="kind">A cookie does not open what a bearer token does, and the other way round.</param>
    /// <param name="idleSince">A browser's session that was last used before this is over.</param>
    /// <returns>Who is logged in with the token; null when it is unknown, over, or of another kind.</returns>
    public Task<(Account Account, LoginRow Login)?> FindLoginAsync(Session session, string token, string kind, DateTimeOffset now, DateTimeOffset idleSince) => session.FirstAsync(
        $"""
        SELECT {Columns}, {LoginColumns}
        FROM {Tables} JOIN login l ON l.workspace_id = m.workspace_id AND l.person_id = p.id
        WHERE l.token_hash = @hash AND l.kind = @kind AND {LoginIsGood} AND p.disabled_at IS NULL AND m.suspended_at IS NULL
        """,
        static row => ((Account, LoginRow)?)(Read(row), ReadLogin(row, 9)), ("hash", Hash(token)), ("kind", kind), ("now", now.ToMicros()), ("idle", idleSince.ToMicros()));

    /// <summary>What a person is logged in with, in all workspaces, newest use first.</summary>
    public Task<List<LoginRow>> LoginsAsync(Session session, long person, DateTimeOffset now, DateTimeOffset idleSince) => session.QueryAsync(
        $"SELECT {LoginColumns} FROM login l WHERE l.person_id = @person AND {LoginIsGood} ORDER BY l.seen_at DESC, l.id DESC",
        static row => ReadLogin(row, 0), ("person", person), ("now", now.ToMicros()), ("idle", idleSince.ToMicros()));

    /// <summary>What a person is logged in with that looks at one workspace, newest use first.</summary>
    public Task<List<LoginRow>> LoginsInAsync(Session session, long workspace, long person, DateTimeOffset now, DateTimeOffset idleSince) => session.QueryAsync(
        $"SELECT {LoginColumns} FROM login l WHERE l.person_id = @person AND l.workspace_id = @workspace AND {LoginIsGood} ORDER BY l.seen_at DESC, l.id DESC",
        static row => ReadLogin(row, 0), ("person", person), ("workspace", workspace), ("now", now.ToMicros()), ("idle", idleSince.ToMicros()));

    public Task SeenAsync(Tx tx, long login, DateTimeOffset now) => tx.ExecuteAsync(
        "UPDATE login SET seen_at = @now WHERE id = @id AND seen_at < @now", ("now", now.ToMicros()), ("id", login));

    /// <summary>Notes that whoever is logged in has proved again who he is, and gives the session a new token; the old one is over.</summary>
    public async Task<string> ProvedAgainAsync(Tx tx, long login, DateTimeOffset now)
    {
        var token = NewToken();
        await tx.ExecuteAsync("UPDATE login SET token_hash = @hash, proved_at = @now, seen_at = @now WHERE id = @id", ("hash", Hash(token)), ("now", now.ToMicros()), ("id", login));
        return token;
    }

    /// <summary>Gives a login another workspace and another token; the old token ends.</summary>
    /// <returns>The new token; null: the old one had ended.</returns>
    public async Task<string?> MoveSessionAsync(Tx tx, string token, long workspace)
    {
        var next = NewToken();
        var person = await tx.ScalarAsync(
            "UPDATE login SET token_hash = @next, workspace_id = @workspace WHERE token_hash = @hash RETURNING person_id",
            ("next", Hash(next)), ("workspace", workspace), ("hash", Hash(token)));
        if (person is null)
        {
            return null;
        }

        await tx.ExecuteAsync("UPDATE person SET last_workspace = @workspace WHERE id = @person", ("workspace", workspace), ("person", person));
        return next;
    }

    public Task EndSessionAsync(Tx tx, string token) => tx.ExecuteAsync("DELETE FROM login WHERE token_hash = @hash", ("hash", Hash(token)));

    /// <returns>False: that person has no such login.</returns>
    public async Task<bool> EndLoginAsync(Tx tx, long person, long login) =>
        await tx.ExecuteAsync("DELETE FROM login WHERE person_id = @person AND id = @id", ("person", person), ("id", login)) == 1;

    /// <returns>False: that person has no such login that looks at the workspace.</returns>
    public async Task<bool> EndLoginInAsync(Tx tx, long workspace, long person, long login) => await tx.ExecuteAsync(
        "DELETE FROM login WHERE person_id = @person AND workspace_id = @workspace AND id = @id", ("person", person), ("workspace", workspace), ("id", login)) == 1;

    /// <summary>Ends all that a person is logged in with, in every workspace.</summary>
    /// <param name="except">The login that stays; null: none.</param>
    /// <returns>How many ended.</returns>
    public Task<int> EndSessionsOfAsync(Tx tx, long person, long? except = null) => tx.ExecuteAsync(
        "DELETE FROM login WHERE person_id = @person AND id <> @except", ("person", person), ("except", except ?? 0));

    /// <summary>Ends what a person is logged in with that looks at one workspace.</summary>
    /// <param name="except">The login that stays; null: none.</param>
    /// <returns>How many ended.</returns>
    public Task<int> EndSessionsInAsync(Tx tx, long workspace, long person, long? except = null) => tx.ExecuteAsync(
        "DELETE FROM login WHERE person_id = @person AND workspace_id = @workspace AND id <> @except",
        ("person", person), ("workspace", workspace), ("except", except ?? 0));

    /// <summary>Whether the person has logged in from there before.</summary>
    public async Task<bool> KnowsPlaceAsync(Session session, long person, string place) =>
        await session.ScalarAsync("SELECT COUNT(*) FROM login_place WHERE person_id = @person AND place = @place", ("person", person), ("place", place)) > 0;

    /// <summary>Remembers where somebody logged in from; the oldest places are forgotten.</summary>
    public async Task NotePlaceAsync(Tx tx, long person, string place, DateTimeOffset now)
    {
        await tx.ExecuteAsync(
            """
            INSERT INTO login_place (person_id, place, seen_at) VALUES (@person, @place, @now)
            ON CONFLICT (person_id, place) DO UPDATE SET seen_at = excluded.seen_at
            """,
            ("person", person), ("place", place), ("now", now.ToMicros()));
        await tx.ExecuteAsync(
            """
            DELETE FROM login_place WHERE person_id = @person AND place NOT IN (
                SELECT place FROM login_place WHERE person_id = @person ORDER BY seen_at DESC LIMIT @most)
            """,
            ("person", person), ("most", MostPlaces));
    }

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

    /// <summary>Whether there is a link that is good beyond an instant.</summary>
    public async Task<bool> HasLinkAsync(Session session, string purpose, string subject, DateTimeOffset beyond) => await session.ScalarAsync(
        "SELECT COUNT(*) FROM one_time_link WHERE purpose = @purpose AND subject = @subject AND used_at IS NULL AND expires_at > @beyond",
        ("purpose", purpose), ("subject", subject), ("beyond", beyond.ToMicros())) > 0;

    /// <summary>Ends links that were not used.</summary>
    public async Task EndLinksAsync(Tx tx, string purpose, params string[] subjects)
    {
        foreach (var subject in subjects)
        {
            await tx.ExecuteAsync("DELETE FROM one_time_link WHERE purpose = @purpose AND subject = @subject AND used_at IS NULL", ("purpose", purpose), ("subject", subject));
        }
    }

    /// <returns>False when it was used already.</returns>
    public async Task<bool> UseLinkAsync(Tx tx, string token, DateTimeOffset now) => await tx.ExecuteAsync(
        "UPDATE one_time_link SET used_at = @now WHERE token_hash = @hash AND used_at IS NULL", ("now", now.ToMicros()), ("hash", Hash(token))) == 1;

    public static string NewToken() => System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    private static string Normal(string email) => email.Trim().ToLowerInvariant();

    private static byte[] Hash(string token) => ApiKeyText.Hash(token);

    private static PersonRow ReadPerson(DbDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.NullableString(2), row.NullableInstant(3), row.NullableInstant(4), row.Instant(5), row.NullableLong(6), row.NullableInstant(7));

    private static LoginRow ReadLogin(DbDataReader row, int at) => new(
        row.GetInt64(at), row.GetInt64(at + 1), row.GetInt64(at + 2), row.GetString(at + 3), row.GetString(at + 4), row.GetString(at + 5), row.GetString(at + 6),
        row.Instant(at + 7), row.Instant(at + 8), row.Instant(at + 9), row.Instant(at + 10));

    private static Account Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetInt64(2), row.GetString(3), row.GetString(4), Enum.Parse<Role>(row.GetString(5), ignoreCase: true), row.NullableString(6))
    {
        SuspendedAt = row.NullableInstant(7),
        DisabledAt = row.NullableInstant(8),
    };
}

internal sealed record LinkTarget(long Workspace, string Subject);
