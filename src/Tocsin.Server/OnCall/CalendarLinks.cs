using System.Buffers.Text;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Streams;

namespace Tocsin.OnCall;

/// <summary>The secret address under which calendar programs read shifts; only its hash is stored.</summary>
/// <param name="Kind"><see cref="CalendarLinks.OfSchedule"/> or <see cref="CalendarLinks.OfUser"/>.</param>
/// <param name="Version">Grows each time that the content is another.</param>
internal sealed record CalendarLink(
    long Workspace, string Kind, string Name, string MadeBy, DateTimeOffset MadeAt, DateTimeOffset? ReadAt, string? ContentHash, long Version, DateTimeOffset ChangedAt);

/// <summary>
/// Makes and ends calendar addresses. A person's own is theirs; that of a schedule is made by any responder where there is none, and renewed or ended by
/// administrators and the team's managers, since others read it too.
/// </summary>
internal sealed class CalendarLinks(Database database, IEstates estates, EventLog log, TimeProvider clock)
{
    public const string OfSchedule = "schedule";
    public const string OfUser = "user";

    private const string Columns = "workspace_id, kind, name, made_by, made_at, read_at, content_hash, version, changed_at";

    private static readonly TimeSpan _readEvery = TimeSpan.FromHours(1);

    public Task<List<CalendarLink>> ListAsync(Session session, long workspace) => session.QueryAsync(
        $"SELECT {Columns} FROM calendar_link WHERE workspace_id = @workspace ORDER BY kind, name", Read, ("workspace", workspace));

    /// <returns>The link of a secret, in whatever workspace; looking up the hash takes a time that says nothing about how much of a guess was right.</returns>
    public Task<CalendarLink?> FindAsync(string secret, CancellationToken ct) => database.ReadAsync(
        session => session.FirstAsync($"SELECT {Columns} FROM calendar_link WHERE token_hash = @hash", Read, ("hash", Hash(secret))), ct);

    /// <summary>Makes an address, or a new one in the place of the old.</summary>
    /// <returns>The link with its secret, which nobody can see again.</returns>
    public async Task<Result<(CalendarLink Link, string Secret)>> RenewAsync(Caller caller, string kind, string name, CancellationToken ct)
    {
        var (estate, now) = (await OfAsync(caller.Workspace, ct), clock.GetUtcNow());
        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        return await database.WriteAsync<Result<(CalendarLink, string)>>(
            async tx =>
            {
                await tx.LockWorkspaceAsync(caller.Workspace);
                var exists = (await ListAsync(tx, caller.Workspace)).Exists(l => l.Kind == kind && l.Name == name);
                if (Fault(caller, estate, kind, name, exists) is { } fault)
                {
                    return fault;
                }

                await tx.ExecuteAsync(
                    """
                    INSERT INTO calendar_link (workspace_id, kind, name, token_hash, made_by, made_at, version, changed_at) VALUES (@workspace, @kind, @name, @hash, @by, @now, 0, @now)
                    ON CONFLICT (workspace_id, kind, name) DO UPDATE SET token_hash = excluded.token_hash, made_by = excluded.made_by, made_at = excluded.made_at, read_at = NULL
                    """,
                    ("workspace", caller.Workspace), ("kind", kind), ("name", name), ("hash", Hash(secret)), ("by", caller.Actor), ("now", now.ToMicros()));
                await log.AppendAsync(tx, caller.Workspace, now, [new("calendar.renewed", $"{kind}/{name}", caller.Actor, exists ? "a new calendar address; the old one no longer works" : "a calendar address")]);
                return (new CalendarLink(caller.Workspace, kind, name, caller.Actor, now, null, null, 0, now), secret);
            },
            ct);
    }

    /// <summary>Ends an address. Idempotent.</summary>
    public async Task<Result<bool>> RevokeAsync(Caller caller, string kind, string name, CancellationToken ct)
    {
        var (estate, now) = (await OfAsync(caller.Workspace, ct), clock.GetUtcNow());
        if (Fault(caller, estate, kind, name, exists: true) is { } fault)
        {
            return fault;
        }

        return await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(caller.Workspace);
                var ended = await tx.ExecuteAsync(
                    "DELETE FROM calendar_link WHERE workspace_id = @workspace AND kind = @kind AND name = @name", ("workspace", caller.Workspace), ("kind", kind), ("name", name));
                if (ended > 0)
                {
                    await log.AppendAsync(tx, caller.Workspace, now, [new("calendar.revoked", $"{kind}/{name}", caller.Actor, "the calendar address no longer works")]);
                }

                return ended > 0;
            },
            ct);
    }

    /// <summary>Remembers what was read. What is other than before gets a higher version, so that programs take it over.</summary>
    /// <returns>The link as it is now.</returns>
    public async Task<CalendarLink> ReadAsync(CalendarLink link, string contentHash, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (link.ContentHash == contentHash && now - link.ReadAt < _readEvery)
        {
            return link;
        }

        return await database.WriteAsync(
            tx => tx.FirstAsync(
                $"""
                UPDATE calendar_link SET read_at = @now, content_hash = @content,
                    version = CASE WHEN content_hash = @content THEN version ELSE version + 1 END,
                    changed_at = CASE WHEN content_hash = @content THEN changed_at ELSE @now END
                WHERE workspace_id = @workspace AND kind = @kind AND name = @name RETURNING {Columns}
                """,
                Read, ("now", now.ToMicros()), ("content", contentHash), ("workspace", link.Workspace), ("kind", link.Kind), ("name", link.Name)),
            ct) ?? link;
    }

    private static Error? Fault(Caller caller, EstateSnapshot estate, string kind, string name, bool exists) => kind switch
    {
        OfUser => !estate.Model.Users.ContainsKey(name) ? Error.NotFound("calendar", name)
            : caller.User == name || EntryRules.ManagesPerson(caller, estate, name) ? null : Error.Forbidden("Everybody has his own calendar address."),
        OfSchedule => !estate.Model.Schedules.TryGetValue(name, out var schedule) ? Error.NotFound("calendar", name)
            : !exists || EntryRules.Manages(caller, estate, schedule.Team) ? null
            : Error.Forbidden("Others read this calendar by its address: administrators and the team's managers renew or end it."),
        _ => Error.NotFound("calendar", name),
    };

    private static byte[] Hash(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));

    private static CalendarLink Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), row.Instant(4), row.NullableInstant(5), row.NullableString(6), row.GetInt64(7), row.Instant(8));

    private async ValueTask<EstateSnapshot> OfAsync(long workspace, CancellationToken ct) =>
        await estates.FindAsync(workspace, ct) ?? throw new StoreUnavailableException("The workspace's configuration cannot be read now.");
}
