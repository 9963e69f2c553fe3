using System.Data.Common;
using Tocsin.Data;

namespace Tocsin.Alerts;

/// <summary>What is known of one source besides its configuration.</summary>
/// <param name="LastAt">Of the last delivery that was taken, readable or not.</param>
/// <param name="ExpectedAt">Since when it is expected to send; null: it is not, or nobody has looked yet.</param>
/// <param name="SilentAt">When its silence, or a run that takes too long, was made an alert; null: it is not one.</param>
/// <param name="RunStartedAt">Of a heartbeat: when the run began that has not ended.</param>
internal sealed record SourceState(
    string Source, long Accepted, long Unparsed, DateTimeOffset? LastAt, DateTimeOffset? ExpectedAt, DateTimeOffset? SilentAt, DateTimeOffset? RunStartedAt);

/// <summary>Counts and instants of each source, by name.</summary>
internal sealed class SourceStore
{
    /// <summary>Counts what a source sent, and when last.</summary>
    /// <param name="at">Null: it may not have been the source.</param>
    public Task CountAsync(Tx tx, long workspace, string source, int accepted, int unparsed, DateTimeOffset? at) => tx.ExecuteAsync(
        """
        INSERT INTO source_state (workspace_id, source, accepted, unparsed, last_event_at) VALUES (@workspace, @source, @accepted, @unparsed, @at)
        ON CONFLICT (workspace_id, source) DO UPDATE SET
            accepted = source_state.accepted + excluded.accepted, unparsed = source_state.unparsed + excluded.unparsed, last_event_at = COALESCE(excluded.last_event_at, source_state.last_event_at)
        """,
        ("workspace", workspace), ("source", source), ("accepted", (long)accepted), ("unparsed", (long)unparsed), ("at", at?.ToMicros()));

    public Task<List<SourceState>> ListAsync(Session session, long workspace) => session.QueryAsync(
        "SELECT source, accepted, unparsed, last_event_at, expected_at, silent_at, run_started_at FROM source_state WHERE workspace_id = @workspace",
        Read, ("workspace", workspace));

    /// <summary>Notes since when a source is expected to send, whether its silence is an alert, and which run goes on.</summary>
    public Task SaveWatchAsync(Tx tx, long workspace, string source, DateTimeOffset? expectedAt, DateTimeOffset? silentAt) => tx.ExecuteAsync(
        """
        INSERT INTO source_state (workspace_id, source, accepted, unparsed, expected_at, silent_at) VALUES (@workspace, @source, 0, 0, @expected, @silent)
        ON CONFLICT (workspace_id, source) DO UPDATE SET expected_at = excluded.expected_at, silent_at = excluded.silent_at
        """,
        ("workspace", workspace), ("source", source), ("expected", expectedAt?.ToMicros()), ("silent", silentAt?.ToMicros()));

    /// <param name="startedAt">Null: the run is over.</param>
    public Task SaveRunAsync(Tx tx, long workspace, string source, DateTimeOffset? startedAt) => tx.ExecuteAsync(
        """
        INSERT INTO source_state (workspace_id, source, accepted, unparsed, run_started_at) VALUES (@workspace, @source, 0, 0, @started)
        ON CONFLICT (workspace_id, source) DO UPDATE SET run_started_at = excluded.run_started_at
        """,
        ("workspace", workspace), ("source", source), ("started", startedAt?.ToMicros()));

    private static SourceState Read(DbDataReader row) => new(
        row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.NullableInstant(3), row.NullableInstant(4), row.NullableInstant(5), row.NullableInstant(6));
}
