using System.Text.RegularExpressions;

namespace Tocsin.Data;

/// <summary>
/// The tables of logs, metrics and traces, as <see cref="Schema"/> has those of everything else. They have a history of their own,
/// since the embedded store keeps them in a file of their own.
/// </summary>
internal static partial class TelemetrySchema
{
    private static readonly string[] _migrations =
    [
        // Metrics and traces. A series' id is made of its name, service and tags.
        """
        CREATE TABLE metric_series (
            workspace_id BIGINT NOT NULL, id BIGINT NOT NULL, name TEXT NOT NULL, service TEXT NOT NULL, tags TEXT NOT NULL, unit TEXT NOT NULL,
            kind INTEGER NOT NULL, last_at BIGINT NOT NULL, PRIMARY KEY (workspace_id, id));
        CREATE INDEX metric_series_name ON metric_series (workspace_id, name, service);
        CREATE INDEX metric_series_service ON metric_series (workspace_id, service);
        CREATE INDEX metric_series_last ON metric_series (workspace_id, last_at);
        CREATE TABLE metric_head (
            workspace_id BIGINT NOT NULL, id {id}, stored_at BIGINT NOT NULL, samples INTEGER NOT NULL, first_at BIGINT NOT NULL, last_at BIGINT NOT NULL,
            body {blob} NOT NULL {pk});
        CREATE TABLE metric_chunk (
            workspace_id BIGINT NOT NULL, span BIGINT NOT NULL, series_id BIGINT NOT NULL, part BIGINT NOT NULL, points INTEGER NOT NULL,
            body {blob} NOT NULL, PRIMARY KEY (workspace_id, span, series_id, part));
        CREATE TABLE metric_turn (workspace_id BIGINT NOT NULL PRIMARY KEY, turn BIGINT NOT NULL);
        CREATE TABLE trace_block (
            workspace_id BIGINT NOT NULL, id {id}, trace BIGINT NOT NULL, stored_at BIGINT NOT NULL, spans INTEGER NOT NULL, bytes INTEGER NOT NULL,
            body {blob} NOT NULL {pk});
        CREATE INDEX trace_block_trace ON trace_block (workspace_id, trace);
        CREATE INDEX trace_block_stored ON trace_block (workspace_id, stored_at)
        """,
        LogTables.Blocks,
        TraceTables.Summaries,
        LogTables.Hours,

        // When each service was seen last is read from the index alone. Old series are looked for once an hour, without one.
        """
        DROP INDEX metric_series_service;
        DROP INDEX metric_series_last;
        CREATE INDEX metric_series_service ON metric_series (workspace_id, service, last_at)
        """,
    ];

    public static SchemaHistory History { get; } = new("telemetry_version", _migrations);

    /// <summary>Every table of logs, metrics and traces.</summary>
    public static IReadOnlyList<string> Tables { get; } = [.. _migrations.SelectMany(static m => TableName().Matches(m)).Select(static m => m.Groups["name"].Value)];

    [GeneratedRegex("CREATE TABLE (?<name>[a-z_]+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex TableName();
}
