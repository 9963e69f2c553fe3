using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Routing;

namespace Tocsin.Reports;

/// <summary>Reads the facts of a span of time. Each list has at most one row more than was asked for, which says that there are too many.</summary>
internal sealed class ReportStore
{
    private const string IncidentColumns = "number, status, severity, group_hash, created_at, resolved_at, state";
    private const int AtOnce = 2_000;

    /// <summary>When the oldest incident that is kept began; null: there is none.</summary>
    public Task<DateTimeOffset?> OldestAsync(Session session, long workspace) => session.FirstAsync(
        "SELECT created_at FROM incident WHERE workspace_id = @workspace AND created_at > 0 ORDER BY created_at LIMIT 1",
        static row => (DateTimeOffset?)row.Instant(0), ("workspace", workspace));

    /// <summary>Incidents that began in a span, oldest first.</summary>
    public Task<List<IncidentFact>> IncidentsAsync(Session session, long workspace, DateTimeOffset from, DateTimeOffset to, int most) => session.QueryAsync(
        $"SELECT {IncidentColumns} FROM incident WHERE workspace_id = @workspace AND created_at >= @from AND created_at < @to ORDER BY created_at LIMIT @limit",
        ReadIncident, Span(workspace, from, to, most));

    public async Task<List<IncidentFact>> IncidentsAsync(Session session, long workspace, IReadOnlyCollection<long> numbers)
    {
        List<IncidentFact> found = new(numbers.Count);
        foreach (var part in numbers.Chunk(AtOnce))
        {
            var (list, among) = Among(session, part);
            found.AddRange(await session.QueryAsync(
                $"SELECT {IncidentColumns} FROM incident WHERE workspace_id = @workspace AND number {among}", ReadIncident, ("workspace", workspace), ("ids", list)));
        }

        return found;
    }

    /// <summary>What was done with incidents in a span, in order.</summary>
    public Task<List<ActFact>> ActsAsync(Session session, long workspace, DateTimeOffset from, DateTimeOffset to, int most) => session.QueryAsync(
        """
        SELECT subject, kind, actor, at FROM event WHERE workspace_id = @workspace AND at >= @from AND at < @to AND kind IN (
            'incident.acknowledged', 'incident.resolved', 'incident.snoozed', 'incident.escalated', 'incident.reassigned', 'incident.help_joined', 'incident.help_declined')
        ORDER BY at LIMIT @limit
        """,
        ReadAct, Span(workspace, from, to, most));

    /// <summary>Messages that asked people to act, due in a span.</summary>
    public Task<List<MessageFact>> MessagesAsync(Session session, long workspace, DateTimeOffset from, DateTimeOffset to, int most) => session.QueryAsync(
        """
        SELECT incident, recipient, kind, epoch, due_at, sent_at FROM page
        WHERE workspace_id = @workspace AND due_at >= @from AND due_at < @to AND status IN (1, 4) AND kind IN (0, 5, 8, 9) AND recipient_kind = 0
        ORDER BY due_at LIMIT @limit
        """,
        static row => new MessageFact(row.GetInt64(0), row.GetString(1), (MessageKind)row.GetInt32(2), row.GetInt64(3), row.NullableInstant(5) ?? row.Instant(4)),
        Span(workspace, from, to, most));

    /// <summary>Which alerts were part of the incidents between two numbers, both included.</summary>
    public Task<List<(long Incident, long Alert)>> LinksAsync(Session session, long workspace, long first, long last, int most) => session.QueryAsync(
        "SELECT incident, alert_id FROM incident_alert WHERE workspace_id = @workspace AND incident >= @first AND incident <= @last LIMIT @limit",
        static row => (row.GetInt64(0), row.GetInt64(1)), ("workspace", workspace), ("first", first), ("last", last), ("limit", most + 1));

    /// <summary>What alerts are called, by their ids.</summary>
    public async Task<Dictionary<long, AlertName>> NamesAsync(Session session, long workspace, IReadOnlyCollection<long> alerts)
    {
        Dictionary<long, AlertName> names = new(alerts.Count);
        foreach (var part in alerts.Chunk(AtOnce))
        {
            var (list, among) = Among(session, part);
            foreach (var (id, name) in await session.QueryAsync($"SELECT id, body FROM alert WHERE workspace_id = @workspace AND id {among}", ReadName, ("workspace", workspace), ("ids", list)))
            {
                names[id] = name;
            }
        }

        return names;
    }

    private static (string, object?)[] Span(long workspace, DateTimeOffset from, DateTimeOffset to, int most) =>
        [("workspace", workspace), ("from", from.ToMicros()), ("to", to.ToMicros()), ("limit", most + 1)];

    private static (object List, string Among) Among(Session session, long[] ids) => session.Dialect.IsPostgres
        ? (ids, "= ANY(@ids)")
        : ($"[{string.Join(',', ids)}]", "IN (SELECT value FROM json_each(@ids))");

    private static IncidentFact ReadIncident(DbDataReader row)
    {
        var state = JsonSerializer.Deserialize(row.Utf8(6), ReportJson.Default.StatePart)!;
        return new()
        {
            Number = row.GetInt64(0),
            Status = (IncidentStatus)row.GetInt32(1),
            Severity = (Severity)row.GetInt32(2),
            Group = row.GetInt64(3),
            CreatedAt = row.Instant(4),
            EndedAt = row.NullableInstant(5),
            EndedByItself = state.ResolvedBy == "system",
            Urgency = state.Urgency,
            Service = state.Service,
            Reopened = state.Reopened,
        };
    }

    private static ActFact ReadAct(DbDataReader row)
    {
        var (subject, actor) = (row.GetString(0), row.GetString(2));
        return new(
            long.Parse(subject.AsSpan("incident/".Length)), actor.StartsWith("user:", StringComparison.Ordinal) ? actor["user:".Length..] : null,
            row.GetString(1) switch
            {
                "incident.acknowledged" => ActKind.Acknowledged,
                "incident.resolved" => ActKind.Resolved,
                "incident.snoozed" => ActKind.Snoozed,
                _ => ActKind.Heard,
            },
            row.Instant(3));
    }

    private static (long Id, AlertName Name) ReadName(DbDataReader row)
    {
        var document = AlertDocument.FromUtf8(row.Utf8(1));
        return (row.GetInt64(0), new(document.Labels["alertname"] is { Length: > 0 } name ? name : document.Title, document.Service, document.Source));
    }
}

/// <summary>What of an incident's state reports need; the rest is not read.</summary>
internal sealed record StatePart(Urgency Urgency, string? Service, string? ResolvedBy, int Reopened);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(StatePart))]
internal sealed partial class ReportJson : JsonSerializerContext;
