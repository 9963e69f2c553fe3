using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tocsin.Alerts;
using Tocsin.Data;

namespace Tocsin.Incidents;

internal sealed class IncidentStore
{
    public async Task<long> NextNumberAsync(Tx tx, long workspace) => await tx.ScalarAsync(
        "UPDATE workspace SET last_incident = last_incident + 1 WHERE id = @workspace RETURNING last_incident", ("workspace", workspace))
        ?? throw new InvalidOperationException($"There is no workspace {workspace}.");

    public Task<IncidentState?> FindAsync(Session session, long workspace, long number) => session.FirstAsync(
        "SELECT state FROM incident WHERE workspace_id = @workspace AND number = @number", Read, ("workspace", workspace), ("number", number));

    /// <summary>How many incidents nobody has yet.</summary>
    public async Task<long> CountTriggeredAsync(Session session, long workspace) => await session.ScalarAsync(
        "SELECT COUNT(*) FROM incident WHERE workspace_id = @workspace AND status = @status",
        ("workspace", workspace), ("status", (int)IncidentStatus.Triggered)) ?? 0;

    /// <summary>The newest incident of a group, open or not.</summary>
    public Task<IncidentState?> NewestOfGroupAsync(Session session, long workspace, long groupHash) => session.FirstAsync(
        "SELECT state FROM incident WHERE workspace_id = @workspace AND group_hash = @hash ORDER BY number DESC LIMIT 1",
        Read, ("workspace", workspace), ("hash", groupHash));

    public Task SaveAsync(Tx tx, long workspace, IncidentState state) => tx.ExecuteAsync(
        """
        INSERT INTO incident (workspace_id, number, status, group_hash, severity, created_at, updated_at, resolved_at, state)
        VALUES (@workspace, @number, @status, @hash, @severity, @created, @updated, @resolved, @state)
        ON CONFLICT (workspace_id, number) DO UPDATE SET
            status = excluded.status, severity = excluded.severity, updated_at = excluded.updated_at, resolved_at = excluded.resolved_at, state = excluded.state
        """,
        ("workspace", workspace), ("number", state.Number), ("status", (int)state.Status), ("hash", state.GroupHash), ("severity", (int)state.Severity),
        ("created", state.CreatedAt.ToMicros()), ("updated", state.UpdatedAt.ToMicros()), ("resolved", state.ResolvedAt.ToMicros()),
        ("state", JsonSerializer.Serialize(state, IncidentJson.Default.IncidentState)));

    /// <summary>Incidents before a number, newest first.</summary>
    /// <param name="open">All that are not resolved; else <paramref name="status"/>, else all.</param>
    public Task<List<IncidentState>> ListAsync(Session session, long workspace, bool open, IncidentStatus? status, long before, int limit) => session.QueryAsync(
        open
            ? "SELECT state FROM incident WHERE workspace_id = @workspace AND status IN (0, 1, 2) AND number < @before ORDER BY number DESC LIMIT @limit"
            : "SELECT state FROM incident WHERE workspace_id = @workspace AND (@status < 0 OR status = @status) AND number < @before ORDER BY number DESC LIMIT @limit",
        Read, open
            ? [("workspace", workspace), ("before", before), ("limit", limit)]
            : [("workspace", workspace), ("status", status is { } s ? (int)s : -1), ("before", before), ("limit", limit)]);

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

    private static IncidentState Read(DbDataReader row) => JsonSerializer.Deserialize(row.GetString(0), IncidentJson.Default.IncidentState)!;
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true, Converters = [typeof(LabelSetConverter)])]
[JsonSerializable(typeof(IncidentState))]
internal sealed partial class IncidentJson : JsonSerializerContext;
