namespace Tocsin.Data;

internal static class TraceTables
{
    /// <summary>
    /// What lists of traces need: a row a trace, and a row for each service that took part. Spans that come later are added to both. The name is that of the span which began the
    /// trace, of a service that of its earliest span.
    /// </summary>
    public const string Summaries =
        """
        CREATE TABLE trace_summary (
            workspace_id BIGINT NOT NULL,
            trace BIGINT NOT NULL,
            trace_id TEXT NOT NULL,
            service TEXT NOT NULL,
            name TEXT NOT NULL,
            is_root INTEGER NOT NULL,
            named_at BIGINT NOT NULL,
            started_at BIGINT NOT NULL,
            ended_at BIGINT NOT NULL,
            spans BIGINT NOT NULL,
            failed BIGINT NOT NULL,
            stored_at BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, trace)){clustered};
        CREATE INDEX trace_summary_started ON trace_summary (workspace_id, started_at);
        CREATE INDEX trace_summary_failed ON trace_summary (workspace_id, started_at) WHERE failed > 0;
        CREATE INDEX trace_summary_stored ON trace_summary (workspace_id, stored_at);

        CREATE TABLE trace_service (
            workspace_id BIGINT NOT NULL,
            trace BIGINT NOT NULL,
            service TEXT NOT NULL,
            name TEXT NOT NULL,
            started_at BIGINT NOT NULL,
            stored_at BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, trace, service)){clustered};
        CREATE INDEX trace_service_started ON trace_service (workspace_id, service, started_at);
        CREATE INDEX trace_service_stored ON trace_service (workspace_id, stored_at);
        """;
}
