using System.Data.Common;
using System.Text.Json;
using Tocsin.Alerts;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>A finding as it is kept.</summary>
/// <param name="SeenAt">When it was last said.</param>
/// <param name="EndedAt">Null: it is not over.</param>
internal sealed record FindingRow(long Id, Finding Finding, DateTimeOffset OpenedAt, DateTimeOffset SeenAt, DateTimeOffset? EndedAt);

internal sealed class FindingStore
{
    private const string Columns = "id, detector, service, finding_key, severity, title, body, evidence, since, opened_at, seen_at, ended_at";

    /// <summary>Those that are not over, oldest first.</summary>
    public Task<List<FindingRow>> OpenAsync(Session session, long workspace) => session.QueryAsync(
        $"SELECT {Columns} FROM finding WHERE workspace_id = @workspace AND ended_at IS NULL ORDER BY id", Read, ("workspace", workspace));

    /// <summary>Those of one detector and service that are not over, oldest first.</summary>
    public Task<List<FindingRow>> OpenAsync(Session session, long workspace, string detector, string service) => session.QueryAsync(
        $"SELECT {Columns} FROM finding WHERE workspace_id = @workspace AND detector = @detector AND service = @service AND ended_at IS NULL ORDER BY id",
        Read, ("workspace", workspace), ("detector", detector), ("service", service));

    /// <summary>What a detector found, newest first.</summary>
    /// <param name="before">Only those with a smaller id.</param>
    public Task<List<FindingRow>> HistoryAsync(Session session, long workspace, string detector, string? service, long before, int limit) => session.QueryAsync(
        $"""
        SELECT {Columns} FROM finding
        WHERE workspace_id = @workspace AND detector = @detector AND id < @before {(service is null ? "" : "AND service = @service")}
        ORDER BY id DESC LIMIT @limit
        """,
        Read, [("workspace", workspace), ("detector", detector), ("before", before), ("limit", limit), .. service is null ? Array.Empty<(string, object?)>() : [("service", service)]]);

    /// <summary>The newest finding of each detector.</summary>
    public Task<List<FindingRow>> LastAsync(Session session, long workspace) => session.QueryAsync(
        $"""
        SELECT {Columns} FROM finding WHERE workspace_id = @workspace AND id IN (
            SELECT MAX(id) FROM finding WHERE workspace_id = @workspace GROUP BY detector)
        """,
        Read, ("workspace", workspace));

    public Task AddAsync(Tx tx, long workspace, Finding finding, DateTimeOffset now) => tx.ExecuteAsync(
        """
        INSERT INTO finding (workspace_id, detector, service, finding_key, severity, title, body, evidence, since, opened_at, seen_at)
        VALUES (@workspace, @detector, @service, @key, @severity, @title, @body, @evidence, @since, @now, @now)
        """,
        ("workspace", workspace), ("detector", finding.Detector), ("service", finding.Service), ("key", finding.Key), ("severity", (int)finding.Severity),
        ("title", finding.Title), ("body", finding.Text), ("evidence", JsonSerializer.Serialize(finding.Evidence)), ("since", (finding.Since ?? now).ToMicros()), ("now", now.ToMicros()));

    /// <summary>Notes that it is still so; how bad it is, and why, as it was worst.</summary>
    public Task SeeAsync(Tx tx, long workspace, FindingRow row, Finding finding, DateTimeOffset now) => finding.Severity > row.Finding.Severity
        ? tx.ExecuteAsync(
            "UPDATE finding SET seen_at = @now, severity = @severity, title = @title, body = @body, evidence = @evidence WHERE workspace_id = @workspace AND id = @id",
            ("now", now.ToMicros()), ("severity", (int)finding.Severity), ("title", finding.Title), ("body", finding.Text),
            ("evidence", JsonSerializer.Serialize(finding.Evidence)), ("workspace", workspace), ("id", row.Id))
        : tx.ExecuteAsync("UPDATE finding SET seen_at = @now WHERE workspace_id = @workspace AND id = @id", ("now", now.ToMicros()), ("workspace", workspace), ("id", row.Id));

    public Task EndAsync(Tx tx, long workspace, long id, DateTimeOffset now) => tx.ExecuteAsync(
        "UPDATE finding SET ended_at = @now WHERE workspace_id = @workspace AND id = @id AND ended_at IS NULL", ("now", now.ToMicros()), ("workspace", workspace), ("id", id));

    private static FindingRow Read(DbDataReader row) => new(
        row.GetInt64(0),
        new()
        {
            Detector = row.GetString(1),
            Service = row.GetString(2),
            Key = row.GetString(3),
            Severity = (Severity)row.GetInt32(4),
            Title = row.GetString(5),
            Text = row.GetString(6),
            Evidence = JsonSerializer.Deserialize<string[]>(row.GetString(7)) ?? [],
            Since = row.Instant(8),
            Over = !row.IsDBNull(11),
        },
        row.Instant(9), row.Instant(10), row.NullableInstant(11));
}
