using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>How many lines of one template a commit had, and when the last of them was written.</summary>
internal readonly record struct TemplateUse(long Workspace, MinedTemplate Template, long LastAt, long Lines);

/// <summary>The templates of log lines as they are stored.</summary>
internal sealed class TemplateStore(TelemetryDatabase telemetry)
{
    /// <summary>The templates of a workspace, those with the most lines first.</summary>
    /// <param name="service">Only of this service; null: of all.</param>
    public Task<IReadOnlyList<LogTemplate>> ListAsync(long workspace, string? service, CancellationToken ct) => telemetry.Database.ReadAsync<IReadOnlyList<LogTemplate>>(
        async session => await session.QueryAsync(
            $"""
            SELECT id, service, level, pattern, first_seen_at, last_seen_at, lines, example FROM log_template
            WHERE workspace_id = @workspace {(service is null ? "" : "AND service = @service")} ORDER BY lines DESC, id
            """,
            static row => new LogTemplate(
                row.GetInt64(0), row.GetString(1), (LineLevel)row.GetInt32(2), TemplateToken.Text(MinedTemplate.Parse(row.GetString(3))), row.Instant(4), row.Instant(5),
                row.GetInt64(6), row.GetString(7)),
            service is null ? [("workspace", workspace)] : [("workspace", workspace), ("service", service)]),
        ct);

    /// <summary>All that is known of a workspace's templates, for whoever goes on learning.</summary>
    public Task<List<MinedTemplate>> LoadAsync(Session session, long workspace) => session.QueryAsync(
        "SELECT id, service, level, pattern, example, first_seen_at FROM log_template WHERE workspace_id = @workspace ORDER BY first_seen_at, id",
        static row => new MinedTemplate(
            row.GetInt64(0), row.GetString(1), (LineLevel)row.GetInt32(2), MinedTemplate.Parse(row.GetString(3)), row.GetString(4), row.Instant(5)),
        ("workspace", workspace));

    /// <summary>Adds what a commit had to the counts, and templates that are new.</summary>
    /// <param name="uses">Sorted by workspace and id, each at most once, so that two nodes never wait for each other.</param>
    public Task CountAsync(Tx tx, IReadOnlyList<TemplateUse> uses) => tx.BatchAsync(
        """
        INSERT INTO log_template (workspace_id, id, service, level, pattern, example, first_seen_at, last_seen_at, lines) {rows}
        ON CONFLICT (workspace_id, id) DO UPDATE SET lines = log_template.lines + excluded.lines, pattern = excluded.pattern,
            first_seen_at = CASE WHEN excluded.first_seen_at < log_template.first_seen_at THEN excluded.first_seen_at ELSE log_template.first_seen_at END,
            last_seen_at = CASE WHEN excluded.last_seen_at > log_template.last_seen_at THEN excluded.last_seen_at ELSE log_template.last_seen_at END
        """,
        new("workspace", uses.Select(static u => u.Workspace).ToArray()), new("id", uses.Select(static u => u.Template.Id).ToArray()),
        new("service", uses.Select(static u => u.Template.Service).ToArray()), new("level", uses.Select(static u => (int)u.Template.Level).ToArray()),
        new("pattern", uses.Select(static u => u.Template.Stored).ToArray()), new("example", uses.Select(static u => u.Template.Example).ToArray()),
        new("first", uses.Select(static u => u.Template.FirstSeenAt.ToMicros()).ToArray()), new("last", uses.Select(static u => u.LastAt).ToArray()),
        new("lines", uses.Select(static u => u.Lines).ToArray()));

    /// <summary>The workspaces that ever had lines.</summary>
    public Task<List<long>> WorkspacesAsync(Session session) => session.QueryAsync("SELECT DISTINCT workspace_id FROM log_template", static row => row.GetInt64(0));

    /// <summary>Removes templates that no line had for long.</summary>
    public Task<int> ForgetAsync(Tx tx, long workspace, DateTimeOffset before) => tx.ExecuteAsync(
        "DELETE FROM log_template WHERE workspace_id = @workspace AND last_seen_at < @before", ("workspace", workspace), ("before", before.ToMicros()));

    /// <summary>
    /// Where there are as many templates as are learnt, nothing new can be told apart: those that no line had since an instant make room.
    /// </summary>
    public async Task<int> MakeRoomAsync(Tx tx, long workspace, DateTimeOffset before)
    {
        var isFull = await tx.ScalarAsync("SELECT COUNT(*) FROM log_template WHERE workspace_id = @workspace", ("workspace", workspace)) >= TemplateMiner.MostTemplates;
        return await tx.ExecuteAsync(
            $"""
            DELETE FROM log_template WHERE workspace_id = @workspace AND last_seen_at < @before
            {(isFull ? "" : "AND service IN (SELECT service FROM log_template WHERE workspace_id = @workspace GROUP BY service HAVING COUNT(*) >= @most)")}
            """,
            [("workspace", workspace), ("before", before.ToMicros()), .. isFull ? Array.Empty<(string, object?)>() : [("most", ServiceTemplates.MostTemplates)]]);
    }
}
