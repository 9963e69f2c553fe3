using System.Data.Common;
using System.Text.Json;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Sdk;

namespace Tocsin.Streams;

/// <summary>A line about to be logged.</summary>
/// <param name="Subject"><c>incident/12</c>, <c>source/grafana</c>, <c>silence/…</c>.</param>
/// <param name="Actor"><c>user:ana</c>, <c>key:ci</c>, <c>source:grafana</c>, <c>system</c>.</param>
internal readonly record struct LogLine(string Kind, string Subject, string Actor, string Reason, string? Data = null);

/// <summary>Some lines of the log, oldest first.</summary>
/// <param name="IsFull">There may be more after the last.</param>
internal readonly record struct LogPage(List<LogRow> Rows, bool IsFull);

/// <summary>
/// The append-only log of everything that happened, written in the transaction of what it tells. Timeline, audit, explanation
/// and live stream read it. Its sequence grows in commit order within a workspace.
/// </summary>
internal sealed class EventLog(ChangeSignal changes, AuditStore audit)
{
    private const int MaxReason = 1000;
    private const int MostPageLines = 500;

    /// <summary>Of data; whoever catches up holds one page.</summary>
    private const int MostPageBytes = 256 * 1024;

    /// <summary>Told of each line, with its workspace, once it is committed by this node. Quick, and does not throw.</summary>
    public Action<long, LogLine>? Committed { get; set; }

    /// <summary>Adds lines; they are written, in order, when the transaction's work is done. What people and their machines did goes into the audit too.</summary>
    public Task AppendAsync(Tx tx, long workspace, DateTimeOffset at, IReadOnlyList<LogLine> lines)
    {
        var gathered = tx.Gather<List<(long Workspace, long At, LogLine Line)>>(this, all => WriteAsync(tx, all));
        var when = at.ToMicros();
        foreach (var line in lines)
        {
            gathered.Add((workspace, when, line));
            if (AuditedLines.EntryOf(line) is { } entry)
            {
                audit.Append(tx, workspace, at, entry);
            }
        }

        return Task.CompletedTask;
    }

    private async Task WriteAsync(Tx tx, List<(long Workspace, long At, LogLine Line)> lines)
    {
        await tx.BatchAsync(
            "INSERT INTO event (workspace_id, at, kind, subject, actor, reason, data) {rows}",
            new("workspace", Each(lines, l => l.Workspace)), new("at", Each(lines, l => l.At)), new("kind", Each(lines, l => l.Line.Kind)),
            new("subject", Each(lines, l => l.Line.Subject)), new("actor", Each(lines, l => l.Line.Actor)),
            new("reason", Each(lines, l => Short(l.Line.Reason))), new("data", Each(lines, l => l.Line.Data)));
        tx.WhenDone(committed =>
        {
            if (committed)
            {
                foreach (var workspace in lines.Select(l => l.Workspace).Distinct())
                {
                    changes.Raise(workspace);
                }

                if (Committed is { } tell)
                {
                    lines.ForEach(l => tell(l.Workspace, l.Line));
                }
            }
        });
    }

    /// <summary>Lines of one subject, or all of a workspace, newest first, before a sequence number.</summary>
    /// <param name="subject">Null: all.</param>
    public Task<List<EventView>> NewestAsync(Session session, long workspace, string? subject, long before, int limit) => session.QueryAsync(
        subject is null
            ? "SELECT id, at, kind, subject, actor, reason, data FROM event WHERE workspace_id = @workspace AND id < @before ORDER BY id DESC LIMIT @limit"
            : "SELECT id, at, kind, subject, actor, reason, data FROM event WHERE workspace_id = @workspace AND subject = @subject AND id < @before ORDER BY id DESC LIMIT @limit",
        Read, subject is null
            ? [("workspace", workspace), ("before", before), ("limit", limit)]
            : [("workspace", workspace), ("subject", subject), ("before", before), ("limit", limit)]);

    /// <summary>Lines of a workspace after a sequence number, oldest first.</summary>
    public Task<List<EventView>> AfterAsync(Session session, long workspace, long after, int limit) => session.QueryAsync(
        "SELECT id, at, kind, subject, actor, reason, data FROM event WHERE workspace_id = @workspace AND id > @after ORDER BY id LIMIT @limit",
        Read, ("workspace", workspace), ("after", after), ("limit", limit));

    /// <summary>The same a page at a time, for those who pass it on: at most 500 lines, and few of them if they are large.</summary>
    public async Task<LogPage> PageAfterAsync(Session session, long workspace, long after)
    {
        var bytes = 0;
        var rows = await session.QueryAsync(
            "SELECT id, at, kind, subject, actor, reason, data FROM event WHERE workspace_id = @workspace AND id > @after ORDER BY id LIMIT @limit",
            static row => new LogRow(row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5), row.NullableBytes(6)),
            row => (bytes += row.Data?.Length ?? 0) < MostPageBytes,
            ("workspace", workspace), ("after", after), ("limit", MostPageLines));
        return new(rows, IsFull: rows.Count == MostPageLines || bytes >= MostPageBytes);
    }

    /// <summary>The oldest line that is kept; 0: there is none.</summary>
    public async Task<long> OldestAsync(Session session, long workspace) =>
        await session.ScalarAsync("SELECT MIN(id) FROM event WHERE workspace_id = @workspace", ("workspace", workspace)) ?? 0;

    /// <summary>Lines up to this one may be gone; 0: all that ever were are kept.</summary>
    public async Task<long> ForgottenAsync(Session session, long workspace) =>
        await session.FirstAsync("SELECT value FROM meta WHERE name = @name", static row => long.Parse(row.GetString(0)), ("name", ForgottenName(workspace)));

    /// <summary>Removes lines older than an instant, never the newest, and notes how far, so that those who resume are told.</summary>
    /// <returns>How many were removed.</returns>
    public async Task<int> ForgetAsync(Tx tx, long workspace, DateTimeOffset before, int most)
    {
        if (await tx.ScalarAsync(
            """
            SELECT MAX(id) FROM (
                SELECT id FROM event WHERE workspace_id = @workspace AND at < @before AND id < (SELECT MAX(id) FROM event WHERE workspace_id = @workspace) ORDER BY id LIMIT @most) old
            """,
            ("workspace", workspace), ("before", before.ToMicros()), ("most", most)) is not { } last)
        {
            return 0;
        }

        var removed = await tx.ExecuteAsync(
            "DELETE FROM event WHERE workspace_id = @workspace AND id <= @last AND at < @before", ("workspace", workspace), ("last", last), ("before", before.ToMicros()));
        await tx.ExecuteAsync(
            "INSERT INTO meta (name, value) VALUES (@name, @value) ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value",
            ("name", ForgottenName(workspace)), ("value", $"{last}"));
        return removed;
    }

    private static string ForgottenName(long workspace) => $"forgotten/{workspace}";

    public async Task<long> LastAsync(Session session, long workspace) =>
        await session.ScalarAsync("SELECT MAX(id) FROM event WHERE workspace_id = @workspace", ("workspace", workspace)) ?? 0;

    private static EventView Read(DbDataReader row) => new(
        row.GetInt64(0), row.Instant(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetString(5),
        row.NullableString(6) is { } data ? JsonDocument.Parse(data).RootElement : null);

    private static string Short(string reason) => reason.Length <= MaxReason ? reason : string.Concat(reason.AsSpan(0, MaxReason - 1), "…");

    private static TValue[] Each<TValue>(List<(long Workspace, long At, LogLine Line)> lines, Func<(long Workspace, long At, LogLine Line), TValue> value)
    {
        var values = new TValue[lines.Count];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = value(lines[i]);
        }

        return values;
    }
}
