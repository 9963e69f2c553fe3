using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tocsin.Alerts;
using Tocsin.Data;

namespace Tocsin.Incidents;

internal sealed class IncidentStore(RowMemory memory)
{
    private readonly RowMemory<(long Workspace, long GroupHash), IncidentState> _newest = memory.Of<(long, long), IncidentState>(most: 5_000);

    /// <summary>Numbers for so many incidents about to be opened, the first of them; the others follow it.</summary>
    public async Task<long> NextNumbersAsync(Tx tx, long workspace, int count)
    {
        var last = await tx.ScalarAsync(
            "UPDATE workspace SET last_incident = last_incident + @count WHERE id = @workspace RETURNING last_incident", ("count", count), ("workspace", workspace))
            ?? throw new InvalidOperationException($"There is no workspace {workspace}.");
        return last - count + 1;
    }

    public async Task<IncidentState?> FindAsync(Session session, long workspace, long number) =>
        Unsaved(session)?.GetValueOrDefault((workspace, number))
        ?? await session.FirstAsync("SELECT state FROM incident WHERE workspace_id = @workspace AND number = @number", Read, ("workspace", workspace), ("number", number));

    /// <summary>How many incidents nobody has yet.</summary>
    public async Task<long> CountTriggeredAsync(Session session, long workspace)
    {
        await WriteOutAsync(session);
        return await session.ScalarAsync(
            "SELECT COUNT(*) FROM incident WHERE workspace_id = @workspace AND status = @status", ("workspace", workspace), ("status", (int)IncidentStatus.Triggered)) ?? 0;
    }

    /// <summary>The newest incident of a group, open or not.</summary>
    public async Task<IncidentState?> NewestOfGroupAsync(Session session, long workspace, long groupHash) =>
        (await NewestOfGroupsAsync(session, workspace, [groupHash])).GetValueOrDefault(groupHash);

    /// <summary>The newest incident of each of some groups that has one, open or not, by the group's hash.</summary>
    public async Task<Dictionary<long, IncidentState>> NewestOfGroupsAsync(Session session, long workspace, IReadOnlyCollection<long> groupHashes)
    {
        Dictionary<long, IncidentState> newest = new(groupHashes.Count);
        List<long> unknown = [];
        foreach (var hash in groupHashes)
        {
            if (_newest.TryGet(session, (workspace, hash), out var known))
            {
                newest[hash] = known;
            }
            else
            {
                unknown.Add(hash);
            }
        }

        var read = await ReadNewestAsync(session, workspace, unknown);
        _newest.Add(session, read.Select(state => ((workspace, state.GroupHash), state)));
        foreach (var state in read.Concat(Unsaved(session)?.Where(u => u.Key.Workspace == workspace).Select(u => u.Value) ?? []))
        {
            if (groupHashes.Contains(state.GroupHash) && (!newest.TryGetValue(state.GroupHash, out var known) || known.Number <= state.Number))
            {
                newest[state.GroupHash] = state;
            }
        }

        return newest;
    }

    /// <summary>Keeps a state; it is written, with all others that the transaction keeps, when its work is done.</summary>
    public void Save(Tx tx, long workspace, IncidentState state) =>
        tx.Gather<Dictionary<(long Workspace, long Number), IncidentState>>(this, unsaved => WriteAsync(tx, unsaved))[(workspace, state.Number)] = state;

    /// <summary>Incidents before a number, newest first.</summary>
    /// <param name="open">All that are not resolved; else <paramref name="status"/>, else all.</param>
    public async Task<List<IncidentState>> ListAsync(Session session, long workspace, bool open, IncidentStatus? status, long before, int limit)
    {
        await WriteOutAsync(session);
        return await session.QueryAsync(
            open
                ? "SELECT state FROM incident WHERE workspace_id = @workspace AND status <> 3 AND number < @before ORDER BY number DESC LIMIT @limit"
                : "SELECT state FROM incident WHERE workspace_id = @workspace AND (@status < 0 OR status = @status) AND number < @before ORDER BY number DESC LIMIT @limit",
            Read, open
                ? [("workspace", workspace), ("before", before), ("limit", limit)]
                : [("workspace", workspace), ("status", status is { } s ? (int)s : -1), ("before", before), ("limit", limit)]);
    }

    /// <summary>Workspaces with snoozed incidents.</summary>
    public Task<List<long>> WithSnoozedAsync(Session session) => session.QueryAsync(
        "SELECT DISTINCT workspace_id FROM incident WHERE status = 2", static row => row.GetInt64(0));

    /// <summary>Makes firing alerts part of an incident. An incident's count of firing alerts is that of its firing links.</summary>
    /// <returns>How many were not part of it before, and how many more fire in it now.</returns>
    public async Task<(int Added, int Firing)> LinkAsync(Tx tx, long workspace, long incident, IReadOnlyCollection<long> alertIds)
    {
        var ids = alertIds.ToArray();
        var (workspaces, incidents, firing) = (new long[ids.Length], new long[ids.Length], new int[ids.Length]);
        Array.Fill(workspaces, workspace);
        Array.Fill(incidents, incident);
        Array.Fill(firing, 1);
        Column[] columns = [new("workspace", workspaces), new("incident", incidents), new("alert", ids), new("firing", firing)];
        var added = await tx.BatchAsync(
            "INSERT INTO incident_alert (workspace_id, incident, alert_id, firing) {rows} ON CONFLICT (workspace_id, incident, alert_id) DO NOTHING", columns);
        var again = added == ids.Length
            ? 0
            : await tx.BatchAsync(
                """
                INSERT INTO incident_alert (workspace_id, incident, alert_id, firing) {rows}
                ON CONFLICT (workspace_id, incident, alert_id) DO UPDATE SET firing = 1 WHERE incident_alert.firing = 0
                """,
                columns);
        return (added, added + again);
    }

    /// <summary>Notes that an alert no longer fires.</summary>
    /// <returns>The incidents in which it did; not those that it was only once part of.</returns>
    public Task<List<long>> EndLinksAsync(Tx tx, long workspace, long alertId) => tx.QueryAsync(
        "UPDATE incident_alert SET firing = 0 WHERE workspace_id = @workspace AND alert_id = @alert AND firing = 1 RETURNING incident",
        static row => row.GetInt64(0), ("workspace", workspace), ("alert", alertId));

    /// <summary>The incidents that an alert belongs to, newest first.</summary>
    public Task<List<long>> OfAlertAsync(Session session, long workspace, long alertId) => session.QueryAsync(
        "SELECT incident FROM incident_alert WHERE workspace_id = @workspace AND alert_id = @alert ORDER BY incident DESC LIMIT 50",
        static row => row.GetInt64(0), ("workspace", workspace), ("alert", alertId));

    /// <summary>The incidents of some alerts that were open or opened since an instant, and how many pages of them were sent since.</summary>
    public async Task<(int Incidents, int Pages)> PagedSinceAsync(Session session, long workspace, IReadOnlyCollection<long> alerts, DateTimeOffset since)
    {
        var (ids, wanted) = session.Dialect.IsPostgres
            ? ((object)alerts.ToArray(), "= ANY(@alerts)")
            : ($"[{string.Join(',', alerts)}]", "IN (SELECT value FROM json_each(@alerts))");
        var numbers = await session.QueryAsync(
            $"""
            SELECT DISTINCT i.number FROM incident_alert l JOIN incident i ON i.workspace_id = l.workspace_id AND i.number = l.incident
            WHERE l.workspace_id = @workspace AND l.alert_id {wanted} AND (i.resolved_at IS NULL OR i.resolved_at >= @since) ORDER BY i.number
            """,
            static row => row.GetInt64(0), ("workspace", workspace), ("alerts", ids), ("since", since.ToMicros()));
        var pages = numbers.Count == 0 ? 0 : await session.ScalarAsync(
            $"""
            SELECT COUNT(*) FROM page WHERE workspace_id = @workspace AND kind = 0 AND status = 1 AND sent_at >= @since
            AND incident {wanted}
            """,
            ("workspace", workspace), ("since", since.ToMicros()), ("alerts", session.Dialect.IsPostgres ? numbers.ToArray() : $"[{string.Join(',', numbers)}]")) ?? 0;
        return (numbers.Count, (int)pages);
    }

    /// <summary>Notes that alerts which no incident had before are part of some, firing.</summary>
    public Task LinkNewAsync(Tx tx, long workspace, IReadOnlyList<(long Incident, long Alert)> links)
    {
        var count = links.Count;
        var (workspaces, incidents, alerts, firing) = (new long[count], new long[count], new long[count], new int[count]);
        for (var i = 0; i < count; i++)
        {
            (workspaces[i], incidents[i], alerts[i], firing[i]) = (workspace, links[i].Incident, links[i].Alert, 1);
        }

        return tx.BatchAsync(
            "INSERT INTO incident_alert (workspace_id, incident, alert_id, firing) {rows}",
            new("workspace", workspaces), new("incident", incidents), new("alert", alerts), new("firing", firing));
    }

    private Dictionary<(long Workspace, long Number), IncidentState>? Unsaved(Session session) =>
        (session as Tx)?.Gathered<Dictionary<(long Workspace, long Number), IncidentState>>(this);

    /// <summary>Before a question that the kept states alone cannot answer.</summary>
    private async Task WriteOutAsync(Session session)
    {
        if (session is Tx tx && Unsaved(tx) is { Count: > 0 } unsaved)
        {
            await WriteAsync(tx, unsaved);
            unsaved.Clear();
        }
    }

    private static async Task<List<IncidentState>> ReadNewestAsync(Session session, long workspace, List<long> groupHashes)
    {
        if (groupHashes.Count > 0 && session.Dialect.IsPostgres)
        {
            return await session.QueryAsync(
                """
                SELECT n.state FROM unnest(@hashes) AS hash CROSS JOIN LATERAL (
                    SELECT state FROM incident WHERE workspace_id = @workspace AND group_hash = hash ORDER BY number DESC LIMIT 1) n
                """,
                Read, ("hashes", groupHashes.ToArray()), ("workspace", workspace));
        }

        List<IncidentState> read = [];
        foreach (var hash in groupHashes)
        {
            if (await session.FirstAsync(
                "SELECT state FROM incident WHERE workspace_id = @workspace AND group_hash = @hash ORDER BY number DESC LIMIT 1",
                Read, ("workspace", workspace), ("hash", hash)) is { } state)
            {
                read.Add(state);
            }
        }

        return read;
    }

    private async Task WriteAsync(Tx tx, Dictionary<(long Workspace, long Number), IncidentState> unsaved)
    {
        _newest.Change(tx, unsaved.GroupBy(u => (u.Key.Workspace, u.Value.GroupHash), u => u.Value)
            .Select(group => (group.Key, Newest: group.MaxBy(state => state.Number)!))
            .Where(group => !_newest.TryGet(tx, group.Key, out var known) || known.Number <= group.Newest.Number));

        // The older first: a group's last incident is over before its next one is open.
        var rows = unsaved.OrderBy(u => u.Key).ToArray();
        await tx.BatchAsync(
            """
            INSERT INTO incident (workspace_id, number, status, group_hash, severity, created_at, updated_at, resolved_at, state) {rows}
            ON CONFLICT (workspace_id, number) DO UPDATE SET
                status = excluded.status, severity = excluded.severity, updated_at = excluded.updated_at, resolved_at = excluded.resolved_at, state = excluded.state
            """,
            new("workspace", Array.ConvertAll(rows, r => r.Key.Workspace)), new("number", Array.ConvertAll(rows, r => r.Key.Number)),
            new("status", Array.ConvertAll(rows, r => (int)r.Value.Status)), new("hash", Array.ConvertAll(rows, r => r.Value.GroupHash)), new("severity", Array.ConvertAll(rows, r => (int)r.Value.Severity)),
            new("created", Array.ConvertAll(rows, r => r.Value.CreatedAt.ToMicros())), new("updated", Array.ConvertAll(rows, r => r.Value.UpdatedAt.ToMicros())),
            new("resolved", Array.ConvertAll(rows, r => r.Value.ResolvedAt.ToMicros())),
            new("state", Array.ConvertAll(rows, r => (ReadOnlyMemory<byte>)JsonSerializer.SerializeToUtf8Bytes(r.Value, IncidentJson.Default.IncidentState))));
    }

    private static IncidentState Read(DbDataReader row) => JsonSerializer.Deserialize(row.Utf8(0), IncidentJson.Default.IncidentState)!;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true, Converters = [typeof(LabelSetConverter)])]
[JsonSerializable(typeof(IncidentState))]
[JsonSerializable(typeof(Escalation.Policy))]
internal sealed partial class IncidentJson : JsonSerializerContext;
