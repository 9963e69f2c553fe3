namespace Tocsin.Data;

/// <summary>Migrations of issues that alarms get, in a file of their own only because the list is long.</summary>
internal static class IssueTables
{
    /// <summary>What is known of each alarm in each repository, its issues, and when each repository was last looked at.</summary>
    public const string Issues =
        """
        CREATE TABLE issue_record (
            id {id},
            workspace_id BIGINT NOT NULL,
            fingerprint TEXT NOT NULL,
            repository TEXT NOT NULL,
            last_seen_at BIGINT NOT NULL,
            state TEXT NOT NULL
            {pk});
        CREATE UNIQUE INDEX issue_record_key ON issue_record (workspace_id, fingerprint, repository);
        CREATE INDEX issue_record_seen ON issue_record (workspace_id, last_seen_at);

        CREATE TABLE issue (
            id {id},
            workspace_id BIGINT NOT NULL,
            record_id BIGINT NOT NULL,
            alert_id BIGINT NOT NULL,
            repository TEXT NOT NULL,
            repository_key TEXT NOT NULL,
            number BIGINT,
            is_open INTEGER NOT NULL,
            pending INTEGER NOT NULL,
            failed INTEGER NOT NULL,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            state TEXT NOT NULL
            {pk});
        CREATE INDEX issue_of_record ON issue (workspace_id, record_id, id);
        CREATE INDEX issue_of_alert ON issue (workspace_id, alert_id, id);
        CREATE INDEX issue_number ON issue (repository_key, number) WHERE number IS NOT NULL;

        CREATE TABLE issue_repository (
            workspace_id BIGINT NOT NULL,
            repository TEXT NOT NULL,
            looked_at BIGINT,
            told_at BIGINT,
            PRIMARY KEY (workspace_id, repository)){clustered};
        """;

    /// <summary>What was tried for issues and how long each took, how full polled queues are, and which request a delivery came with and which alerts it told of.</summary>
    public const string Pipeline =
        """
        CREATE TABLE issue_step (
            id {id},
            workspace_id BIGINT NOT NULL,
            at BIGINT NOT NULL,
            source TEXT NOT NULL,
            team TEXT NOT NULL,
            step TEXT NOT NULL,
            outcome INTEGER NOT NULL,
            latency BIGINT
            {pk});
        CREATE INDEX issue_step_at ON issue_step (workspace_id, at);

        CREATE TABLE queue_depth (
            workspace_id BIGINT NOT NULL,
            source TEXT NOT NULL,
            read_at BIGINT NOT NULL,
            visible BIGINT,
            hidden BIGINT,
            delayed BIGINT,
            dead BIGINT,
            fault TEXT,
            PRIMARY KEY (workspace_id, source)){clustered};

        ALTER TABLE delivery ADD COLUMN correlation TEXT;
        ALTER TABLE delivery ADD COLUMN alerts {blob};
        """;
}
