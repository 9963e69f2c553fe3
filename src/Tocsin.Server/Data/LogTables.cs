namespace Tocsin.Data;

/// <summary>Migrations of the tables of log lines: <c>docs/decisions/0011-telemetry-blocks.md</c> says why lines are no rows.</summary>
internal static class LogTables
{
    /// <summary>
    /// A block holds the lines of one hour that one commit, or later a merge, brought together; hour -1 holds lines from far apart. Its number is never given
    /// again, since lines are named by it.
    /// </summary>
    public const string Blocks =
        """
        CREATE TABLE log_block (
            workspace_id BIGINT NOT NULL,
            id {once},
            hour BIGINT NOT NULL,
            first_at BIGINT NOT NULL,
            last_at BIGINT NOT NULL,
            first_seq BIGINT NOT NULL,
            last_seq BIGINT NOT NULL,
            stored_at BIGINT NOT NULL,
            state INTEGER NOT NULL,
            levels INTEGER NOT NULL,
            lines INTEGER NOT NULL,
            characters BIGINT NOT NULL,
            bytes BIGINT NOT NULL,
            facets {blob},
            words {blob},
            body {blob} NOT NULL
            {pk});
        CREATE INDEX log_block_last ON log_block (workspace_id, last_at);
        CREATE INDEX log_block_first ON log_block (workspace_id, first_at);
        CREATE INDEX log_block_open ON log_block (workspace_id, hour, id) WHERE state < 2;
        CREATE INDEX log_block_age ON log_block (last_at);

        CREATE TABLE log_rate (
            workspace_id BIGINT NOT NULL,
            minute BIGINT NOT NULL,
            service TEXT NOT NULL,
            level INTEGER NOT NULL,
            template BIGINT NOT NULL,
            lines BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, minute, service, level, template)){clustered};

        CREATE TABLE log_template (
            workspace_id BIGINT NOT NULL,
            id BIGINT NOT NULL,
            service TEXT NOT NULL,
            level INTEGER NOT NULL,
            pattern TEXT NOT NULL,
            example TEXT NOT NULL,
            first_seen_at BIGINT NOT NULL,
            last_seen_at BIGINT NOT NULL,
            lines BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, id)){clustered};
        """;

    /// <summary>The same counts by whole hours, for long stretches of time.</summary>
    public const string Hours =
        """
        CREATE TABLE log_rate_hour (
            workspace_id BIGINT NOT NULL,
            hour BIGINT NOT NULL,
            service TEXT NOT NULL,
            level INTEGER NOT NULL,
            template BIGINT NOT NULL,
            lines BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, hour, service, level, template)){clustered};
        INSERT INTO log_rate_hour (workspace_id, hour, service, level, template, lines)
        SELECT workspace_id, CASE WHEN minute < 0 THEN (minute - 59) / 60 ELSE minute / 60 END, service, level, template, CAST(SUM(lines) AS BIGINT)
        FROM log_rate GROUP BY 1, 2, 3, 4, 5
        """;
}
