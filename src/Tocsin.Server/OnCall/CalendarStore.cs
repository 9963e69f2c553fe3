using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Tocsin.Data;

namespace Tocsin.OnCall;

/// <summary>A calendar that the estate names.</summary>
/// <param name="Kind"><see cref="CalendarLinks.OfSchedule"/> or <see cref="CalendarLinks.OfUser"/>.</param>
/// <param name="Url">A secret; empty: not known now.</param>
/// <param name="Zone">An IANA id: where its whole days are.</param>
internal sealed record WantedCalendar(string Kind, string Name, string Url, string Zone)
{
    /// <summary>Kept beside the copy instead of the address itself.</summary>
    public string AddressHash { get; } = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Url)));
}

/// <summary>What is known of a calendar.</summary>
internal sealed record CalendarCopy(string Kind, string Name, string AddressHash)
{
    public string? Etag { get; init; }

    public string? LastModified { get; init; }

    public required DateTimeOffset AskedAt { get; init; }

    /// <summary>When it was read well last; null: never.</summary>
    public DateTimeOffset? ReadAt { get; init; }

    /// <summary>Why the last attempt failed; what was read before stays in force. Null: it went well.</summary>
    public string? Fault { get; init; }

    /// <summary>What of it was left out, a sentence a line; empty: nothing.</summary>
    public string Notes { get; init; } = "";
}

/// <summary>
/// The copies of other programs' calendars. Who asks for one leases it by writing when: only the holder of the newest lease may write what came of it, so
/// that a node which slept meanwhile changes nothing.
/// </summary>
internal sealed class CalendarStore
{
    private const string OfOne = "workspace_id = @workspace AND kind = @kind AND name = @name";
    private const string Columns = "kind, name, address_hash, etag, last_modified, asked_at, read_at, fault, notes";

    public static Task<List<CalendarCopy>> ListAsync(Session session, long workspace) => session.QueryAsync(
        $"SELECT {Columns} FROM calendar_copy WHERE workspace_id = @workspace ORDER BY kind, name", Read, ("workspace", workspace));

    /// <summary>How one is; null: it was never asked for.</summary>
    public static Task<CalendarCopy?> FindAsync(Session session, long workspace, string kind, string name) => session.FirstAsync(
        $"SELECT {Columns} FROM calendar_copy WHERE {OfOne}", Read, ("workspace", workspace), ("kind", kind), ("name", name));

    /// <summary>The last text that could be read; null: none yet.</summary>
    public Task<string?> BodyAsync(Session session, long workspace, string kind, string name) => session.FirstAsync(
        $"SELECT body FROM calendar_copy WHERE {OfOne}", static row => row.NullableString(0), ("workspace", workspace), ("kind", kind), ("name", name));

    /// <param name="known">The copy that is due; null: there is none yet.</param>
    /// <returns>False: another node asks already.</returns>
    public async Task<bool> TryLeaseAsync(Tx tx, long workspace, WantedCalendar calendar, CalendarCopy? known, DateTimeOffset now) => await tx.ExecuteAsync(
        """
        INSERT INTO calendar_copy (workspace_id, kind, name, address_hash, asked_at, notes) VALUES (@workspace, @kind, @name, @hash, @now, '')
        ON CONFLICT (workspace_id, kind, name) DO UPDATE SET address_hash = excluded.address_hash, asked_at = excluded.asked_at
        WHERE calendar_copy.asked_at = @before AND calendar_copy.asked_at < excluded.asked_at
        """,
        ("workspace", workspace), ("kind", calendar.Kind), ("name", calendar.Name), ("hash", calendar.AddressHash), ("now", now.ToMicros()),
        ("before", known?.AskedAt.ToMicros() ?? -1)) == 1;

    /// <returns>False: the lease is another's by now; nothing was written.</returns>
    public async Task<bool> TakeAsync(Tx tx, long workspace, CalendarCopy copy, string body) => await tx.ExecuteAsync(
        $"UPDATE calendar_copy SET etag = @etag, last_modified = @modified, body = @body, read_at = @read, fault = NULL, notes = @notes WHERE {OfOne} AND asked_at = @asked",
        ("etag", copy.Etag), ("modified", copy.LastModified), ("body", body), ("read", copy.ReadAt?.ToMicros()), ("notes", copy.Notes),
        ("workspace", workspace), ("kind", copy.Kind), ("name", copy.Name), ("asked", copy.AskedAt.ToMicros())) == 1;

    /// <returns>False: the lease is another's by now; nothing was written.</returns>
    public async Task<bool> FailAsync(Tx tx, long workspace, WantedCalendar calendar, DateTimeOffset askedAt, string fault) => await tx.ExecuteAsync(
        $"UPDATE calendar_copy SET fault = @fault WHERE {OfOne} AND asked_at = @asked",
        ("fault", fault), ("workspace", workspace), ("kind", calendar.Kind), ("name", calendar.Name), ("asked", askedAt.ToMicros())) == 1;

    public Task ForgetAsync(Tx tx, long workspace, string kind, string name) => tx.ExecuteAsync(
        $"DELETE FROM calendar_copy WHERE {OfOne}", ("workspace", workspace), ("kind", kind), ("name", name));

    private static CalendarCopy Read(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2))
    {
        Etag = row.NullableString(3),
        LastModified = row.NullableString(4),
        AskedAt = row.Instant(5),
        ReadAt = row.NullableInstant(6),
        Fault = row.NullableString(7),
        Notes = row.GetString(8),
    };
}
