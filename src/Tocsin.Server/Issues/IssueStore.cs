using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tocsin.Data;

namespace Tocsin.Issues;

internal sealed record RecordRow(long Id, IssueRecord Record);

/// <param name="Alert">The alert whose event it was opened for.</param>
internal sealed record IssueRow(long Id, long RecordId, long Alert, string Repository, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, TrackedIssue Issue)
{
    /// <summary>The job that does what is pending; one for all issues of a record, so that they keep their order.</summary>
    public string JobKey => KeyOf(RecordId);

    public static string KeyOf(long recordId) => $"issue/{recordId}";
}

/// <summary>When a repository was last looked at, and when a webhook last told of it.</summary>
internal sealed record RepositoryRow(string Repository, DateTimeOffset? LookedAt, DateTimeOffset? ToldAt);

internal sealed class IssueStore
{
    private const string Columns = "id, record_id, alert_id, repository, created_at, updated_at, state";

    public Task<List<RecordRow>> RecordsAsync(Session session, long workspace, IReadOnlyCollection<string> fingerprints) => session.QueryAsync(
        $"SELECT id, state FROM issue_record WHERE workspace_id = @workspace AND fingerprint {AnyText(session)} ORDER BY id",
        ReadRecord, ("workspace", workspace), ("values", Texts(session, fingerprints)));

    public Task<RecordRow?> RecordAsync(Session session, long workspace, long id) => session.FirstAsync(
        "SELECT id, state FROM issue_record WHERE workspace_id = @workspace AND id = @id", ReadRecord, ("workspace", workspace), ("id", id));

    public Task<List<IssueRow>> FindManyAsync(Session session, long workspace, IReadOnlyCollection<long> ids) => session.QueryAsync(
        $"SELECT {Columns} FROM issue WHERE workspace_id = @workspace AND id {AnyNumber(session)}",
        Read, ("workspace", workspace), ("values", Numbers(session, ids)));

    public Task<IssueRow?> FindAsync(Session session, long workspace, long id) => session.FirstAsync(
        $"SELECT {Columns} FROM issue WHERE workspace_id = @workspace AND id = @id", Read, ("workspace", workspace), ("id", id));

    /// <summary>The issues of a record for which something is to be done, in the order in which they were wanted.</summary>
    public Task<List<IssueRow>> PendingAsync(Session session, long workspace, long recordId) => session.QueryAsync(
        $"SELECT {Columns} FROM issue WHERE workspace_id = @workspace AND record_id = @record AND pending = 1 ORDER BY id LIMIT 2",
        Read, ("workspace", workspace), ("record", recordId));

    /// <summary>Issues for which something is to be done and that were not given up, the oldest first.</summary>
    public Task<List<IssueRow>> WaitingAsync(Session session, long workspace, int limit) => session.QueryAsync(
        $"SELECT {Columns} FROM issue WHERE workspace_id = @workspace AND pending = 1 AND failed = 0 ORDER BY id LIMIT @limit",
        Read, ("workspace", workspace), ("limit", limit));

    /// <summary>The issues of one alert, newest first.</summary>
    public Task<List<IssueRow>> OfAlertAsync(Session session, long workspace, long alert, int limit) => session.QueryAsync(
        $"""
        SELECT {Columns} FROM issue WHERE workspace_id = @workspace AND (alert_id = @alert OR record_id IN (SELECT record_id FROM issue WHERE workspace_id = @workspace AND alert_id = @alert))
        ORDER BY id DESC LIMIT @limit
        """,
        Read, ("workspace", workspace), ("alert", alert), ("limit", limit));

    /// <summary>Issues before an id, newest first.</summary>
    /// <param name="state">open, closed, failed, pending or all.</param>
    public Task<List<IssueRow>> ListAsync(Session session, long workspace, string state, string? repository, long before, int limit) => session.QueryAsync(
        $"""
        SELECT {Columns} FROM issue WHERE workspace_id = @workspace AND id < @before AND (@repository = '' OR repository_key = @repository)
        AND (@state = 'all' OR (@state = 'open' AND is_open = 1) OR (@state = 'closed' AND is_open = 0 AND number IS NOT NULL) OR (@state = 'failed' AND failed = 1) OR (@state = 'pending' AND pending = 1))
        ORDER BY id DESC LIMIT @limit
        """,
        Read, ("workspace", workspace), ("before", before), ("repository", repository?.ToLowerInvariant() ?? ""), ("state", state), ("limit", limit));

    /// <summary>The issues of the alerts of an incident, newest first.</summary>
    public Task<List<IssueRow>> OfIncidentAsync(Session session, long workspace, long incident, int limit) => session.QueryAsync(
        """
        SELECT i.id, i.record_id, i.alert_id, i.repository, i.created_at, i.updated_at, i.state FROM incident_alert l
        JOIN issue i ON i.workspace_id = l.workspace_id AND i.alert_id = l.alert_id
        WHERE l.workspace_id = @workspace AND l.incident = @incident ORDER BY i.id DESC LIMIT @limit
        """,
        Read, ("workspace", workspace), ("incident", incident), ("limit", limit));

    /// <summary>In which workspaces an issue of the host is known, and under which ids: a webhook names no workspace.</summary>
    public Task<List<(long Workspace, long Id)>> OfNumberAsync(Session session, string repository, long number) => session.QueryAsync(
        "SELECT workspace_id, id FROM issue WHERE repository_key = @repository AND number = @number",
        static row => (row.GetInt64(0), row.GetInt64(1)), ("repository", repository.ToLowerInvariant()), ("number", number));

    /// <summary>The open issues of a repository, by number.</summary>
    public async Task<Dictionary<long, long>> KnownAsync(Session session, long workspace, string repository, IReadOnlyCollection<long> numbers) =>
        (await session.QueryAsync(
            $"SELECT number, id FROM issue WHERE workspace_id = @workspace AND repository = @repository AND number {AnyNumber(session)}",
            static row => (row.GetInt64(0), row.GetInt64(1)), ("workspace", workspace), ("repository", repository), ("values", Numbers(session, numbers)))).ToDictionary();

    public async Task<bool> HasOpenAsync(Session session, long workspace, string repository) =>
        await session.ScalarAsync("SELECT 1 FROM issue WHERE workspace_id = @workspace AND repository = @repository AND is_open = 1 LIMIT 1", ("workspace", workspace), ("repository", repository)) is not null;

    public async Task<(long Open, long Pending, long Failed)> CountAsync(Session session, long workspace) => await session.FirstAsync(
        "SELECT COALESCE(SUM(is_open), 0), COALESCE(SUM(pending), 0), COALESCE(SUM(failed), 0) FROM issue WHERE workspace_id = @workspace",
        static row => (Convert.ToInt64(row.GetValue(0)), Convert.ToInt64(row.GetValue(1)), Convert.ToInt64(row.GetValue(2))), ("workspace", workspace));

    public Task SaveAsync(Tx tx, long workspace, IReadOnlyList<RecordRow> records) => tx.BatchAsync(
        """
        INSERT INTO issue_record (id, workspace_id, fingerprint, repository, last_seen_at, state) {rows}
        ON CONFLICT (workspace_id, fingerprint, repository) DO UPDATE SET last_seen_at = excluded.last_seen_at, state = excluded.state
        """,
        new("id", Each(records, r => r.Id)), new("workspace", Each(records, _ => workspace)), new("fingerprint", Each(records, r => r.Record.Fingerprint)),
        new("repository", Each(records, r => r.Record.Repository)), new("seen", Each(records, r => r.Record.LastSeenAt.ToMicros())),
        new("state", Each(records, r => (string?)JsonSerializer.Serialize(r.Record, IssueJson.Default.IssueRecord))));

    public Task SaveAsync(Tx tx, long workspace, IReadOnlyList<IssueRow> issues) => tx.BatchAsync(
        $$"""
        INSERT INTO issue (id, workspace_id, record_id, alert_id, repository, repository_key, number, is_open, pending, failed, created_at, updated_at, state) {rows}
        ON CONFLICT ({{(tx.Dialect.IsPostgres ? "workspace_id, id" : "id")}}) DO UPDATE SET number = excluded.number, is_open = excluded.is_open, pending = excluded.pending,
            failed = excluded.failed, updated_at = excluded.updated_at, state = excluded.state
        """,
        new("id", Each(issues, i => i.Id)), new("workspace", Each(issues, _ => workspace)), new("record", Each(issues, i => i.RecordId)), new("alert", Each(issues, i => i.Alert)),
        new("repository", Each(issues, i => (string?)i.Repository)), new("repository_key", Each(issues, i => (string?)i.Repository.ToLowerInvariant())), new("number", Each(issues, i => i.Issue.Number)), new("is_open", Each(issues, i => i.Issue.IsOpen ? 1 : 0)),
        new("pending", Each(issues, i => i.Issue.IsPending ? 1 : 0)), new("failed", Each(issues, i => i.Issue.FailedAt is null ? 0 : 1)),
        new("created", Each(issues, i => i.CreatedAt.ToMicros())), new("updated", Each(issues, i => i.UpdatedAt.ToMicros())),
        new("state", Each(issues, i => (string?)JsonSerializer.Serialize(i.Issue, IssueJson.Default.TrackedIssue))));

    public Task<RepositoryRow?> RepositoryAsync(Session session, long workspace, string repository) => session.FirstAsync(
        "SELECT repository, looked_at, told_at FROM issue_repository WHERE workspace_id = @workspace AND repository = @repository",
        ReadRepository, ("workspace", workspace), ("repository", repository));

    public Task<List<RepositoryRow>> RepositoriesAsync(Session session, long workspace) => session.QueryAsync(
        "SELECT repository, looked_at, told_at FROM issue_repository WHERE workspace_id = @workspace ORDER BY repository", ReadRepository, ("workspace", workspace));

    public Task LookedAsync(Tx tx, long workspace, string repository, DateTimeOffset at) => tx.ExecuteAsync(
        "INSERT INTO issue_repository (workspace_id, repository, looked_at) VALUES (@workspace, @repository, @at) ON CONFLICT (workspace_id, repository) DO UPDATE SET looked_at = excluded.looked_at",
        ("workspace", workspace), ("repository", repository), ("at", at.ToMicros()));

    public Task ToldAsync(Tx tx, long workspace, string repository, DateTimeOffset at) => tx.ExecuteAsync(
        "INSERT INTO issue_repository (workspace_id, repository, told_at) VALUES (@workspace, @repository, @at) ON CONFLICT (workspace_id, repository) DO UPDATE SET told_at = excluded.told_at",
        ("workspace", workspace), ("repository", repository), ("at", at.ToMicros()));

    private static string AnyText(Session session) => session.Dialect.IsPostgres ? "= ANY(@values)" : "IN (SELECT value FROM json_each(@values))";

    private static string AnyNumber(Session session) => AnyText(session);

    private static object Texts(Session session, IReadOnlyCollection<string> values) =>
        session.Dialect.IsPostgres ? values.ToArray() : JsonSerializer.Serialize([.. values], IssueJson.Default.StringArray);

    private static object Numbers(Session session, IReadOnlyCollection<long> values) => session.Dialect.IsPostgres ? values.ToArray() : $"[{string.Join(',', values)}]";

    private static T[] Each<TRow, T>(IReadOnlyList<TRow> rows, Func<TRow, T> value) => [.. rows.Select(value)];

    private static RecordRow ReadRecord(DbDataReader row) => new(row.GetInt64(0), JsonSerializer.Deserialize(row.Utf8(1), IssueJson.Default.IssueRecord)!);

    private static IssueRow Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetString(3), row.Instant(4), row.Instant(5), JsonSerializer.Deserialize(row.Utf8(6), IssueJson.Default.TrackedIssue)!);

    private static RepositoryRow ReadRepository(DbDataReader row) => new(row.GetString(0), row.NullableInstant(1), row.NullableInstant(2));
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(IssueRecord))]
[JsonSerializable(typeof(TrackedIssue))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class IssueJson : JsonSerializerContext;
