namespace Tocsin.Data;

/// <summary>Migrations of what detectors find, in a file of their own only because the list is long. They are with the alerts that they become, not with telemetry.</summary>
internal static class DetectionTables
{
    /// <summary>Each finding from its beginning to its end, and what a workspace has set for the rules of the reliability assistant.</summary>
    public const string Findings =
        """
        CREATE TABLE finding (
            id {id},
            workspace_id BIGINT NOT NULL,
            detector TEXT NOT NULL,
            service TEXT NOT NULL,
            finding_key TEXT NOT NULL,
            severity INTEGER NOT NULL,
            title TEXT NOT NULL,
            body TEXT NOT NULL,
            evidence TEXT NOT NULL,
            since BIGINT NOT NULL,
            opened_at BIGINT NOT NULL,
            seen_at BIGINT NOT NULL,
            ended_at BIGINT
            {pk});
        CREATE UNIQUE INDEX finding_open ON finding (workspace_id, detector, service, finding_key) WHERE ended_at IS NULL;
        CREATE INDEX finding_history ON finding (workspace_id, detector, id);

        CREATE TABLE detection (
            workspace_id BIGINT NOT NULL PRIMARY KEY,
            forced INTEGER NOT NULL DEFAULT 0,
            baseline TEXT,
            turned_at BIGINT,
            skipped TEXT);
        """;

    /// <summary>Since when somebody has watched without a break.</summary>
    public const string Resumed = "ALTER TABLE detection ADD COLUMN resumed_at BIGINT;";
}
