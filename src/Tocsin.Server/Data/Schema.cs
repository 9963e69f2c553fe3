namespace Tocsin.Data;

/// <summary>
/// The tables, as one list of migrations for both engines. A released migration never changes; a new one is appended.
/// Instants are Unix microseconds; JSON and names are TEXT; yes and no are 1 and 0.
/// </summary>
internal static class Schema
{
    private static readonly string[] _migrations =
    [
        """
        CREATE TABLE workspace (
            id BIGINT NOT NULL PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            revision BIGINT NOT NULL,
            last_incident BIGINT NOT NULL,
            created_at BIGINT NOT NULL);

        CREATE TABLE estate_object (
            workspace_id BIGINT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            body TEXT NOT NULL,
            origin TEXT,
            updated_at BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, kind, name));

        CREATE TABLE silence (
            workspace_id BIGINT NOT NULL,
            id TEXT NOT NULL,
            body TEXT NOT NULL,
            starts_at BIGINT NOT NULL,
            ends_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, id));

        CREATE TABLE account (
            id {id},
            workspace_id BIGINT NOT NULL,
            email TEXT NOT NULL,
            user_name TEXT NOT NULL,
            role TEXT NOT NULL,
            password_hash TEXT,
            created_at BIGINT NOT NULL
            {pk});
        CREATE UNIQUE INDEX account_email ON account (workspace_id, email);

        CREATE TABLE web_session (
            workspace_id BIGINT NOT NULL,
            token_hash {blob} NOT NULL,
            account_id BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, token_hash));

        CREATE TABLE one_time_link (
            workspace_id BIGINT NOT NULL,
            token_hash {blob} NOT NULL,
            purpose TEXT NOT NULL,
            subject TEXT NOT NULL,
            expires_at BIGINT NOT NULL,
            used_at BIGINT,
            PRIMARY KEY (workspace_id, token_hash));

        CREATE TABLE api_key (
            id {id},
            workspace_id BIGINT NOT NULL,
            name TEXT NOT NULL,
            prefix TEXT NOT NULL,
            key_hash {blob} NOT NULL,
            role TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            last_used_at BIGINT,
            revoked_at BIGINT
            {pk});
        CREATE INDEX api_key_hash ON api_key (key_hash);

        CREATE TABLE delivery (
            id {id},
            workspace_id BIGINT NOT NULL,
            source TEXT NOT NULL,
            received_at BIGINT NOT NULL,
            verdict INTEGER NOT NULL,
            signals INTEGER NOT NULL,
            rejected INTEGER NOT NULL,
            reason TEXT,
            headers TEXT,
            body {blob}
            {pk});
        CREATE INDEX delivery_source ON delivery (workspace_id, source, id);

        CREATE TABLE source_state (
            workspace_id BIGINT NOT NULL,
            source TEXT NOT NULL,
            accepted BIGINT NOT NULL,
            unparsed BIGINT NOT NULL,
            last_event_at BIGINT,
            PRIMARY KEY (workspace_id, source));

        CREATE TABLE alert (
            id {id},
            workspace_id BIGINT NOT NULL,
            fingerprint BIGINT NOT NULL,
            status INTEGER NOT NULL,
            started_at BIGINT NOT NULL,
            ended_at BIGINT,
            expires_at BIGINT,
            updated_at BIGINT NOT NULL,
            severity INTEGER NOT NULL,
            episodes INTEGER NOT NULL,
            ended_by INTEGER NOT NULL,
            sender_start INTEGER NOT NULL,
            silenced INTEGER NOT NULL,
            body TEXT NOT NULL
            {pk});
        CREATE UNIQUE INDEX alert_fingerprint ON alert (workspace_id, fingerprint);
        CREATE INDEX alert_expiry ON alert (expires_at) WHERE expires_at IS NOT NULL;
        CREATE INDEX alert_muted ON alert (updated_at) WHERE status = 0 AND silenced = 1;

        CREATE TABLE incident (
            workspace_id BIGINT NOT NULL,
            number BIGINT NOT NULL,
            status INTEGER NOT NULL,
            group_hash BIGINT NOT NULL,
            severity INTEGER NOT NULL,
            created_at BIGINT NOT NULL,
            updated_at BIGINT NOT NULL,
            resolved_at BIGINT,
            state TEXT NOT NULL,
            PRIMARY KEY (workspace_id, number)){clustered};
        CREATE UNIQUE INDEX incident_open_group ON incident (workspace_id, group_hash) WHERE status <> 3;
        CREATE INDEX incident_group ON incident (workspace_id, group_hash, number);
        CREATE INDEX incident_status ON incident (workspace_id, status, number);

        CREATE TABLE incident_alert (
            workspace_id BIGINT NOT NULL,
            incident BIGINT NOT NULL,
            alert_id BIGINT NOT NULL,
            firing INTEGER NOT NULL,
            PRIMARY KEY (workspace_id, incident, alert_id)){clustered};
        CREATE INDEX incident_alert_alert ON incident_alert (workspace_id, alert_id, incident);

        CREATE TABLE page (
            id {id},
            workspace_id BIGINT NOT NULL,
            incident BIGINT NOT NULL,
            kind INTEGER NOT NULL,
            epoch BIGINT NOT NULL,
            step INTEGER NOT NULL,
            round INTEGER NOT NULL,
            recipient_kind INTEGER NOT NULL,
            recipient TEXT NOT NULL,
            method TEXT NOT NULL,
            type TEXT NOT NULL,
            page_key TEXT NOT NULL,
            status INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            created_at BIGINT NOT NULL,
            due_at BIGINT NOT NULL,
            first_try_at BIGINT,
            sent_at BIGINT,
            reason TEXT,
            because TEXT,
            state TEXT NOT NULL
            {pk});
        CREATE UNIQUE INDEX page_key_once ON page (workspace_id, page_key);
        CREATE INDEX page_incident ON page (workspace_id, incident, id);
        CREATE INDEX page_bundled ON page (workspace_id, recipient, due_at) WHERE status = 4;
        CREATE INDEX page_stand_in ON page (workspace_id, recipient) WHERE status = 0 AND kind = 7;

        CREATE TABLE recipient_minute (
            workspace_id BIGINT NOT NULL,
            recipient TEXT NOT NULL,
            minute BIGINT NOT NULL,
            planned INTEGER NOT NULL,
            PRIMARY KEY (workspace_id, recipient, minute));

        CREATE TABLE job (
            id {once},
            workspace_id BIGINT NOT NULL,
            lane BIGINT NOT NULL,
            kind TEXT NOT NULL,
            job_key TEXT NOT NULL,
            ready_at BIGINT NOT NULL,
            dead INTEGER NOT NULL,
            attempt INTEGER NOT NULL,
            failures INTEGER NOT NULL DEFAULT 0,
            lease_by TEXT,
            payload TEXT NOT NULL,
            error TEXT,
            created_at BIGINT NOT NULL
            {pk});
        CREATE UNIQUE INDEX job_once ON job (workspace_id, job_key);
        CREATE INDEX job_lane ON job (lane, ready_at) WHERE dead = 0;
        CREATE INDEX job_ready ON job (ready_at) WHERE dead = 0;

        CREATE TABLE event (
            id {id},
            workspace_id BIGINT NOT NULL,
            at BIGINT NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT NOT NULL,
            data TEXT
            {pk});
        CREATE INDEX event_subject ON event (workspace_id, subject, id);

        CREATE TABLE meta (
            name TEXT NOT NULL PRIMARY KEY,
            value TEXT NOT NULL);
        """,
        """
        CREATE INDEX alert_firing ON alert (workspace_id, id) WHERE status = 0;
        """,
        """
        CREATE INDEX incident_open ON incident (workspace_id, number) WHERE status <> 3;
        CREATE INDEX job_dead ON job (workspace_id, id) WHERE dead = 1;
        """,
        """
        CREATE TABLE imported_key (
            workspace_id BIGINT NOT NULL,
            origin TEXT NOT NULL,
            key_id BIGINT NOT NULL,
            user_name TEXT NOT NULL,
            salt TEXT NOT NULL,
            slow_hash {blob} NOT NULL,
            verified_at BIGINT,
            PRIMARY KEY (workspace_id, origin));
        CREATE INDEX imported_key_user ON imported_key (user_name) WHERE verified_at IS NULL;
        """,
        """
        CREATE TABLE person (
            id {key},
            email TEXT NOT NULL UNIQUE,
            password_hash TEXT,
            password_changed_at BIGINT,
            disabled_at BIGINT,
            totp_secret TEXT,
            totp_confirmed_at BIGINT,
            totp_last_step BIGINT,
            created_at BIGINT NOT NULL);

        CREATE TABLE member (
            workspace_id BIGINT NOT NULL,
            person_id BIGINT NOT NULL,
            user_name TEXT NOT NULL,
            role TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, person_id)){clustered};
        CREATE UNIQUE INDEX member_name ON member (workspace_id, user_name);
        CREATE INDEX member_person ON member (person_id, workspace_id);

        CREATE TABLE login (
            id {key},
            token_hash {blob} NOT NULL UNIQUE,
            person_id BIGINT NOT NULL,
            workspace_id BIGINT NOT NULL,
            kind TEXT NOT NULL,
            proof TEXT NOT NULL,
            address TEXT NOT NULL,
            agent TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            proved_at BIGINT NOT NULL,
            seen_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL);
        CREATE INDEX login_person ON login (person_id, id);

        CREATE TABLE passkey (
            credential_id {blob} NOT NULL PRIMARY KEY,
            person_id BIGINT NOT NULL,
            name TEXT NOT NULL,
            public_key {blob} NOT NULL,
            sign_count BIGINT NOT NULL,
            details TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            last_used_at BIGINT);
        CREATE INDEX passkey_person ON passkey (person_id);

        CREATE TABLE recovery_code (
            person_id BIGINT NOT NULL,
            code_hash {blob} NOT NULL,
            used_at BIGINT,
            PRIMARY KEY (person_id, code_hash)){clustered};

        CREATE TABLE external_login (
            issuer TEXT NOT NULL,
            subject TEXT NOT NULL,
            person_id BIGINT NOT NULL,
            created_at BIGINT NOT NULL,
            last_used_at BIGINT NOT NULL,
            PRIMARY KEY (issuer, subject)){clustered};
        CREATE INDEX external_login_person ON external_login (person_id);

        CREATE TABLE invitation (
            id {id},
            workspace_id BIGINT NOT NULL,
            token_hash {blob} NOT NULL,
            email TEXT NOT NULL,
            role TEXT NOT NULL,
            user_name TEXT,
            invited_by TEXT NOT NULL,
            created_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL,
            ended_at BIGINT
            {pk});
        CREATE INDEX invitation_token ON invitation (token_hash);

        ALTER TABLE api_key ADD COLUMN kind TEXT NOT NULL DEFAULT 'tcn';
        ALTER TABLE api_key ADD COLUMN person_id BIGINT;
        ALTER TABLE api_key ADD COLUMN scopes TEXT;
        ALTER TABLE api_key ADD COLUMN expires_at BIGINT;
        ALTER TABLE api_key ADD COLUMN created_by TEXT;
        CREATE INDEX api_key_person ON api_key (person_id) WHERE person_id IS NOT NULL;

        INSERT INTO person (email, password_hash, password_changed_at, created_at)
            SELECT email, MIN(password_hash), MIN(created_at), MIN(created_at) FROM account GROUP BY email;
        INSERT INTO member (workspace_id, person_id, user_name, role, created_at)
            SELECT a.workspace_id, p.id, a.user_name, a.role, a.created_at FROM account a JOIN person p ON p.email = a.email;
        INSERT INTO login (token_hash, person_id, workspace_id, kind, proof, address, agent, created_at, proved_at, seen_at, expires_at)
            SELECT s.token_hash, p.id, s.workspace_id, 'web', 'password', '', '', s.created_at, s.created_at, s.created_at, s.expires_at
            FROM web_session s JOIN account a ON a.workspace_id = s.workspace_id AND a.id = s.account_id JOIN person p ON p.email = a.email;
        DROP TABLE web_session;
        DROP TABLE account;
        """,
        """
        CREATE TABLE audit (
            workspace_id BIGINT NOT NULL,
            seq BIGINT NOT NULL,
            at BIGINT NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            subject TEXT NOT NULL,
            result TEXT NOT NULL,
            address TEXT NOT NULL,
            detail TEXT NOT NULL,
            data TEXT NOT NULL,
            prev TEXT NOT NULL,
            hash TEXT NOT NULL,
            PRIMARY KEY (workspace_id, seq));
        CREATE INDEX audit_actor ON audit (workspace_id, actor, seq);
        CREATE INDEX audit_action ON audit (workspace_id, action, seq);
        """,
        """
        ALTER TABLE person ADD COLUMN email_proved_at BIGINT;
        ALTER TABLE person ADD COLUMN last_workspace BIGINT;
        UPDATE person SET email_proved_at = created_at;

        CREATE TABLE login_place (
            person_id BIGINT NOT NULL,
            place TEXT NOT NULL,
            seen_at BIGINT NOT NULL,
            PRIMARY KEY (person_id, place)){clustered};
        """,
        """
        ALTER TABLE api_key ADD COLUMN replaced_by BIGINT;
        """,
        PagingTables.Deliveries,
        PagingTables.Replies,
        PagingTables.Devices,
        """
        ALTER TABLE source_state ADD COLUMN expected_at BIGINT;
        ALTER TABLE source_state ADD COLUMN silent_at BIGINT;
        ALTER TABLE source_state ADD COLUMN run_started_at BIGINT;
        """,
        OnCallTables.CoversAndCalendars,
        IdentityTables.Suspension,
        MuteTables.Mutes,
        PagingTables.LinkedAccounts,
        IdentityTables.SignInRules,
        PagingTables.Turns,
        """
        ALTER TABLE page ADD COLUMN in_doubt INTEGER NOT NULL DEFAULT 0;
        """,
        OnCallTables.CalendarShifts,
        """
        ALTER TABLE alert ADD COLUMN canonical TEXT;
        """,
        ReportTables.Spans,
        IssueTables.Issues,
        PagingTables.Proofs,
        SourceTables.Messages,
        DetectionTables.Findings,
        ReviewTables.Reviews,
        IssueTables.Pipeline,
        DetectionTables.Resumed,
    ];

    public static SchemaHistory History { get; } = new("schema_version", _migrations);

    public static int Version => History.Version;

    public static IReadOnlyList<string> Migration(int version, Dialect dialect) => History.Migration(version, dialect);
}
