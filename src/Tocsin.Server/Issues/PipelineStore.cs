using System.Data.Common;
using Tocsin.Data;

namespace Tocsin.Issues;

/// <summary>How full a polled queue is.</summary>
/// <param name="Visible">Messages that wait.</param>
/// <param name="Hidden">Messages that somebody works on.</param>
/// <param name="Delayed">Messages that are not shown yet.</param>
/// <param name="Dead">Messages in its dead letter queue; null: it has none, or it cannot be counted.</param>
/// <param name="Fault">What could not be counted, and why; null: all could.</param>
internal sealed record QueueDepth(string Source, DateTimeOffset ReadAt, long? Visible, long? Hidden, long? Delayed, long? Dead, string? Fault);

/// <summary>What the pipeline is judged by: attempts to keep issues, and the depth of queues.</summary>
internal sealed class PipelineStore
{
    /// <summary>Percentiles of more would be the same.</summary>
    private const int MostSteps = 20_000;

    public Task AddStepAsync(Tx tx, long workspace, StepFact step) => tx.ExecuteAsync(
        "INSERT INTO issue_step (workspace_id, at, source, team, step, outcome, latency) VALUES (@workspace, @at, @source, @team, @step, @outcome, @latency)",
        ("workspace", workspace), ("at", step.At.ToMicros()), ("source", step.Source), ("team", string.Join(',', step.Teams)), ("step", step.Step), ("outcome", step.Done ? 0 : 1),
        ("latency", step.Latency is { } latency ? latency.Ticks / TimeSpan.TicksPerMicrosecond : null));

    /// <summary>The newest steps since an instant.</summary>
    public Task<List<StepFact>> StepsAsync(Session session, long workspace, DateTimeOffset since) => session.QueryAsync(
        "SELECT at, source, team, step, outcome, latency FROM issue_step WHERE workspace_id = @workspace AND at >= @since ORDER BY at DESC LIMIT @most",
        static row => new StepFact(
            row.Instant(0), row.GetString(1), row.GetString(2).Split(','), row.GetString(3), row.GetInt32(4) == 0,
            row.IsDBNull(5) ? null : TimeSpan.FromTicks(row.GetInt64(5) * TimeSpan.TicksPerMicrosecond)),
        ("workspace", workspace), ("since", since.ToMicros()), ("most", MostSteps));

    public Task SaveDepthAsync(Tx tx, long workspace, QueueDepth depth) => tx.ExecuteAsync(
        """
        INSERT INTO queue_depth (workspace_id, source, read_at, visible, hidden, delayed, dead, fault) VALUES (@workspace, @source, @at, @visible, @hidden, @delayed, @dead, @fault)
        ON CONFLICT (workspace_id, source) DO UPDATE SET
            read_at = excluded.read_at, visible = excluded.visible, hidden = excluded.hidden, delayed = excluded.delayed, dead = excluded.dead, fault = excluded.fault
        """,
        ("workspace", workspace), ("source", depth.Source), ("at", depth.ReadAt.ToMicros()), ("visible", depth.Visible), ("hidden", depth.Hidden), ("delayed", depth.Delayed),
        ("dead", depth.Dead), ("fault", depth.Fault));

    public Task<List<QueueDepth>> DepthsAsync(Session session, long workspace) => session.QueryAsync(
        "SELECT source, read_at, visible, hidden, delayed, dead, fault FROM queue_depth WHERE workspace_id = @workspace ORDER BY source",
        ReadDepth, ("workspace", workspace));

    public Task<int> ForgetDepthAsync(Tx tx, long workspace, string source) =>
        tx.ExecuteAsync("DELETE FROM queue_depth WHERE workspace_id = @workspace AND source = @source", ("workspace", workspace), ("source", source));

    public async Task<long> DeadJobsAsync(Session session, long workspace) =>
        await session.ScalarAsync("SELECT COUNT(*) FROM job WHERE workspace_id = @workspace AND dead = 1", ("workspace", workspace)) ?? 0;

    private static QueueDepth ReadDepth(DbDataReader row) => new(
        row.GetString(0), row.Instant(1), Number(row, 2), Number(row, 3), Number(row, 4), Number(row, 5), row.NullableString(6));

    private static long? Number(DbDataReader row, int at) => row.IsDBNull(at) ? null : row.GetInt64(at);
}
