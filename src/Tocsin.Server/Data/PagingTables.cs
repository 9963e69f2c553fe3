namespace Tocsin.Data;

/// <summary>Migrations of how people are reached and answer, in a file of their own only because the list is long.</summary>
internal static class PagingTables
{
    /// <summary>What a provider called a message, and the answers that were taken.</summary>
    public const string Replies =
        """
        ALTER TABLE page ADD COLUMN receipt TEXT;

        CREATE TABLE reply_seen (
            workspace_id BIGINT NOT NULL,
            source TEXT NOT NULL,
            reply_id TEXT NOT NULL,
            at BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, source, reply_id)){clustered};
        """;

    /// <summary>Browsers and phones that people registered.</summary>
    public const string Devices =
        """
        CREATE TABLE device (
            id {id},
            workspace_id BIGINT NOT NULL,
            user_name TEXT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            address_hash {blob} NOT NULL,
            address TEXT NOT NULL,
            host TEXT NOT NULL,
            agent TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            sent_at BIGINT,
            error TEXT,
            error_at BIGINT,
            ended_at BIGINT,
            rang INTEGER,
            rang_at BIGINT
            {pk});
        CREATE UNIQUE INDEX device_address ON device (workspace_id, address_hash);
        CREATE INDEX device_user ON device (workspace_id, user_name, id);
        """;

    /// <summary>Accounts of other systems that people linked by a code.</summary>
    public const string LinkedAccounts =
        """
        CREATE TABLE linked_account (
            workspace_id BIGINT NOT NULL,
            source TEXT NOT NULL,
            user_name TEXT NOT NULL,
            account TEXT NOT NULL,
            linked_at BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, source, user_name)){clustered};
        """;

    /// <summary>What providers tell of a page after they took it.</summary>
    public const string Deliveries =
        """
        ALTER TABLE page ADD COLUMN delivered_at BIGINT;
        ALTER TABLE page ADD COLUMN seen_at BIGINT;
        """;

    /// <summary>Who had the last turns of teams; and what waits for the end of quiet hours is found quickly.</summary>
    public const string Turns =
        """
        CREATE TABLE team_turn (
            workspace_id BIGINT NOT NULL,
            policy TEXT NOT NULL,
            step INTEGER NOT NULL,
            team TEXT NOT NULL,
            user_name TEXT NOT NULL,
            place INTEGER NOT NULL,
            PRIMARY KEY (workspace_id, policy, step, team));
        CREATE INDEX page_waited ON page (workspace_id, recipient) WHERE status = 0 AND kind = 10;
        """;

    /// <summary>Which contact methods are known to reach their person, and on which day of the month they are tested (0: on none).</summary>
    public const string Proofs =
        """
        ALTER TABLE workspace ADD COLUMN self_test_day INTEGER NOT NULL DEFAULT 0;

        CREATE TABLE contact_proof (
            workspace_id BIGINT NOT NULL,
            user_name TEXT NOT NULL,
            method TEXT NOT NULL,
            address TEXT NOT NULL,
            answered_at BIGINT,
            answered_by TEXT,
            asked_at BIGINT,
            PRIMARY KEY (workspace_id, user_name, method)){clustered};
        """;
}
