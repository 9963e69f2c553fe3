using System.Data.Common;
using Tocsin.Data;

namespace Tocsin.Alerts;

/// <summary>One row of the alert table: what decides, and the document that does not.</summary>
internal sealed record AlertRow
{
    public required long Id { get; init; }

    public required long Fingerprint { get; init; }

    public required AlertState State { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public required Severity Severity { get; init; }

    /// <summary>Muted when it was last routed; nothing was paged for it.</summary>
    public bool Silenced { get; init; }

    /// <summary>What muted it then, as <see cref="Routing.Mute.Key"/> writes it; null while it is not muted.</summary>
    public string? MutedBy { get; init; }

    public required AlertText Text { get; init; }

    /// <summary>
    /// Its last canonical event as JSON of the wire; null if it never had one. Kept, since it cannot be made again from the rest: reasons, times and
    /// whatever a sender of canonical events wrote are in no other column.
    /// </summary>
    public string? Canonical { get; init; }

    public AlertDocument Document => Text.Document;
}

/// <summary>The alerts. One is remembered once it is sent again: most of a storm never is.</summary>
internal sealed class AlertStore(RowMemory memory)
{
    private readonly RowMemory<(long Workspace, long Fingerprint), AlertRow> _remembered = memory.Of<(long, long), AlertRow>(most: 20_000);

    private const string Columns =
        "id, fingerprint, status, started_at, sender_start, ended_at, ended_by, expires_at, episodes, updated_at, severity, silenced, body, muted_by, canonical";

    /// <summary>What makes two deliveries the same alert: the source and its own key for it.</summary>
    public static long Fingerprint(string source, string dedupKey) => StableHash.Of(source, dedupKey);

    /// <summary>The known ones among the given fingerprints, each at most once.</summary>
    public async Task<List<AlertRow>> LoadAsync(Session session, long workspace, IReadOnlyCollection<long> fingerprints)
    {
        if (session.Dialect.IsPostgres)
        {
            return await session.QueryAsync(
                $"SELECT {Columns} FROM alert WHERE workspace_id = @workspace AND fingerprint = ANY(@fingerprints)",
                Read, ("workspace", workspace), ("fingerprints", fingerprints.ToArray()));
        }

        List<AlertRow> rows = new(fingerprints.Count);
        List<long> unknown = [];
        foreach (var fingerprint in fingerprints)
        {
            if (_remembered.TryGet(session, (workspace, fingerprint), out var row))
            {
                rows.Add(row);
            }
            else
            {
                unknown.Add(fingerprint);
            }
        }

        if (unknown.Count > 0)
        {
            var read = await session.QueryAsync(
                $"SELECT {Columns} FROM alert WHERE workspace_id = @workspace AND fingerprint IN (SELECT value FROM json_each(@fingerprints))",
                Read, ("workspace", workspace), ("fingerprints", $"[{string.Join(',', unknown)}]"));
            rows.AddRange(read);
            _remembered.Add(session, read.Select(row => ((workspace, row.Fingerprint), row)));
        }

        return rows;
    }

    /// <summary>Writes rows, new or known, in one batch.</summary>
    public Task SaveAsync(Tx tx, long workspace, IReadOnlyList<AlertRow> rows)
    {
        _remembered.Change(tx, rows.Select(row => ((workspace, row.Fingerprint), row)));
        var count = rows.Count;
        long[] ids = new long[count], workspaces = new long[count], fingerprints = new long[count], started = new long[count], updated = new long[count];
        long?[] ended = new long?[count], expires = new long?[count];
        int[] status = new int[count], severity = new int[count], episodes = new int[count], endedBy = new int[count], senderStart = new int[count], silenced = new int[count];
        string?[] mutedBy = new string?[count], canonical = new string?[count];
        var bodies = new ReadOnlyMemory<byte>[count];
        for (var i = 0; i < count; i++)
        {
            var row = rows[i];
            (ids[i], workspaces[i], fingerprints[i]) = (row.Id, workspace, row.Fingerprint);
            (status[i], severity[i], episodes[i]) = ((int)row.State.Status, (int)row.Severity, row.State.Episodes);
            (started[i], ended[i], expires[i]) = (row.State.StartedAt.ToMicros(), row.State.EndedAt.ToMicros(), row.State.ExpiresAt.ToMicros());
            (endedBy[i], senderStart[i], silenced[i]) = ((int)row.State.EndedBy, row.State.SenderStart ? 1 : 0, row.Silenced ? 1 : 0);
            (updated[i], bodies[i], mutedBy[i]) = (row.UpdatedAt.ToMicros(), row.Text.Utf8, row.Silenced ? row.MutedBy : null);
            canonical[i] = row.Canonical;
        }

        return tx.BatchAsync(
            """
            INSERT INTO alert (id, workspace_id, fingerprint, status, started_at, sender_start, ended_at, ended_by, expires_at, episodes, updated_at, severity, silenced, body, muted_by, canonical)
            {rows}
            ON CONFLICT (workspace_id, fingerprint) DO UPDATE SET
                status = excluded.status, started_at = excluded.started_at, sender_start = excluded.sender_start, ended_at = excluded.ended_at,
                ended_by = excluded.ended_by, expires_at = excluded.expires_at, episodes = excluded.episodes, updated_at = excluded.updated_at,
                severity = excluded.severity, silenced = excluded.silenced, body = excluded.body, muted_by = excluded.muted_by, canonical = excluded.canonical
            """,
            new("id", ids), new("workspace", workspaces), new("fingerprint", fingerprints), new("status", status), new("started", started),
            new("sender_start", senderStart), new("ended", ended), new("ended_by", endedBy), new("expires", expires), new("episodes", episodes),
            new("updated", updated), new("severity", severity), new("silenced", silenced), new("body", bodies), new("muted_by", mutedBy), new("canonical", canonical));
    }

    public Task<AlertRow?> FindAsync(Session session, long workspace, long id) => session.FirstAsync(
        $"SELECT {Columns} FROM alert WHERE workspace_id = @workspace AND id = @id", Read, ("workspace", workspace), ("id", id));

    /// <summary>Alerts before an id, newest first.</summary>
    /// <param name="status">Null: all.</param>
    public Task<List<AlertRow>> ListAsync(Session session, long workspace, AlertStatus? status, long before, int limit) => session.QueryAsync(
        $"SELECT {Columns} FROM alert WHERE workspace_id = @workspace AND id < @before AND (@status < 0 OR status = @status) ORDER BY id DESC LIMIT @limit",
        Read, ("workspace", workspace), ("before", before), ("status", status is { } s ? (int)s : -1), ("limit", limit));

    /// <summary>All alerts that fire, oldest first; for evaluations over the whole, such as a new silence.</summary>
    /// <param name="silenced">Only those that are muted, or all.</param>
    public Task<List<AlertRow>> FiringAsync(Session session, long workspace, bool silenced) => session.QueryAsync(
        $"SELECT {Columns} FROM alert WHERE workspace_id = @workspace AND status = 0 AND silenced >= @silenced ORDER BY id",
        Read, ("workspace", workspace), ("silenced", silenced ? 1 : 0));

    /// <summary>Alerts that fire, after an id, oldest first: for reading all of them in small parts while others write.</summary>
    public Task<List<AlertRow>> FiringAfterAsync(Session session, long workspace, long after, int limit) => session.QueryAsync(
        $"SELECT {Columns} FROM alert WHERE workspace_id = @workspace AND status = 0 AND id > @after ORDER BY id LIMIT @limit",
        Read, ("workspace", workspace), ("after", after), ("limit", limit));

    /// <summary>The known ones among the given ids, each at most once.</summary>
    public async Task<List<AlertRow>> FindManyAsync(Session session, long workspace, IReadOnlyList<long> ids)
    {
        if (session.Dialect.IsPostgres)
        {
            return await session.QueryAsync(
                $"SELECT {Columns} FROM alert WHERE workspace_id = @workspace AND id = ANY(@ids)", Read, ("workspace", workspace), ("ids", ids.ToArray()));
        }

        List<AlertRow> rows = new(ids.Count);
        foreach (var id in ids)
        {
            if (await FindAsync(session, workspace, id) is { } row)
            {
                rows.Add(row);
            }
        }

        return rows;
    }

    /// <summary>Workspaces with alerts that fire and were muted before an instant.</summary>
    public Task<List<long>> MutedAsync(Session session, DateTimeOffset before) => session.QueryAsync(
        "SELECT DISTINCT workspace_id FROM alert WHERE status = 0 AND silenced = 1 AND updated_at <= @before",
        static row => row.GetInt64(0), ("before", before.ToMicros()));

    public Task<List<AlertRow>> OfIncidentAsync(Session session, long workspace, long incident, int limit) => session.QueryAsync(
        $"""
        SELECT {string.Join(", ", Columns.Split(", ").Select(c => "a." + c))} FROM incident_alert l
        JOIN alert a ON a.workspace_id = l.workspace_id AND a.id = l.alert_id
        WHERE l.workspace_id = @workspace AND l.incident = @incident ORDER BY a.status, a.id DESC LIMIT @limit
        """,
        Read, ("workspace", workspace), ("incident", incident), ("limit", limit));

    /// <summary>Alerts that fire in an incident and in no other that is open, and that do not expire by themselves.</summary>
    public Task<List<AlertRow>> FiringOnlyInAsync(Session session, long workspace, long incident) => session.QueryAsync(
        $"""
        SELECT {string.Join(", ", Columns.Split(", ").Select(c => "a." + c))} FROM incident_alert l
        JOIN alert a ON a.workspace_id = l.workspace_id AND a.id = l.alert_id
        WHERE l.workspace_id = @workspace AND l.incident = @incident AND l.firing = 1 AND a.status = 0 AND a.expires_at IS NULL
        AND NOT EXISTS (
            SELECT 1 FROM incident_alert o JOIN incident i ON i.workspace_id = o.workspace_id AND i.number = o.incident
            WHERE o.workspace_id = l.workspace_id AND o.alert_id = l.alert_id AND o.firing = 1 AND i.number <> l.incident AND i.status <> 3)
        """,
        Read, ("workspace", workspace), ("incident", incident));

    /// <summary>Fingerprints whose time without a re-send is over, by workspace.</summary>
    public Task<List<(long Workspace, long Fingerprint)>> ExpiredAsync(Session session, DateTimeOffset now, int limit) => session.QueryAsync(
        "SELECT workspace_id, fingerprint FROM alert WHERE expires_at IS NOT NULL AND expires_at <= @now ORDER BY expires_at LIMIT @limit",
        static row => (row.GetInt64(0), row.GetInt64(1)), ("now", now.ToMicros()), ("limit", limit));

    /// <summary>Puts off every expiry that fell, or would soon fall, into a time when this installation could hear nobody.</summary>
    public Task PutOffExpiriesAsync(Tx tx, DateTimeOffset before, DateTimeOffset until) => tx.ExecuteAsync(
        "UPDATE alert SET expires_at = @until WHERE expires_at IS NOT NULL AND expires_at < @before", ("until", until.ToMicros()), ("before", before.ToMicros()));

    /// <summary>Deletes alerts that ended before an instant and that no incident names.</summary>
    /// <returns>How many.</returns>
    public Task<int> DeleteEndedAsync(Tx tx, long workspace, DateTimeOffset before, int most)
    {
        memory.Forget(tx);
        return tx.ExecuteAsync(
            """
            DELETE FROM alert WHERE workspace_id = @workspace AND id IN (
                SELECT a.id FROM alert a WHERE a.workspace_id = @workspace AND a.status = 1 AND a.ended_at < @before
                AND NOT EXISTS (SELECT 1 FROM incident_alert l WHERE l.workspace_id = a.workspace_id AND l.alert_id = a.id) LIMIT @most)
            """,
            ("workspace", workspace), ("before", before.ToMicros()), ("most", most));
    }

    private static AlertRow Read(DbDataReader row) => new()
    {
        Id = row.GetInt64(0),
        Fingerprint = row.GetInt64(1),
        State = new(
            (AlertStatus)row.GetInt32(2), row.Instant(3), row.GetInt32(4) == 1, row.NullableInstant(5), (EndedBy)row.GetInt32(6), row.NullableInstant(7), row.GetInt32(8)),
        UpdatedAt = row.Instant(9),
        Severity = (Severity)row.GetInt32(10),
        Silenced = row.GetInt32(11) == 1,
        Text = AlertText.Stored(row.Utf8(12)),
        MutedBy = row.NullableString(13),
        Canonical = row.NullableString(14),
    };
}
