namespace Tocsin.Data;

/// <summary>Migrations of what people enter about being on call, in a file of their own only because the list is long.</summary>
internal static class OnCallTables
{
    /// <summary>Covers, time off, requests to take a shift; calendars that others read here and that are read from others; what was told.</summary>
    public const string CoversAndCalendars =
        """
        CREATE TABLE cover (
            id {once},
            workspace_id BIGINT NOT NULL,
            schedule TEXT NOT NULL,
            user_name TEXT NOT NULL,
            starts_at BIGINT NOT NULL,
            ends_at BIGINT NOT NULL,
            instead_of TEXT,
            reason TEXT NOT NULL,
            swap_id BIGINT,
            made_by TEXT NOT NULL,
            made_at BIGINT NOT NULL,
            removed_by TEXT,
            removed_at BIGINT
            {pk});
        CREATE INDEX cover_ends ON cover (workspace_id, ends_at);

        CREATE TABLE time_off (
            id {once},
            workspace_id BIGINT NOT NULL,
            user_name TEXT NOT NULL,
            starts_at BIGINT NOT NULL,
            ends_at BIGINT NOT NULL,
            reason TEXT NOT NULL,
            calendar INTEGER NOT NULL,
            made_by TEXT NOT NULL,
            made_at BIGINT NOT NULL,
            removed_by TEXT,
            removed_at BIGINT
            {pk});
        CREATE INDEX time_off_ends ON time_off (workspace_id, ends_at);

        CREATE TABLE shift_swap (
            id {once},
            workspace_id BIGINT NOT NULL,
            schedule TEXT NOT NULL,
            asker TEXT NOT NULL,
            asked TEXT,
            starts_at BIGINT NOT NULL,
            ends_at BIGINT NOT NULL,
            back_from BIGINT,
            back_to BIGINT,
            note TEXT NOT NULL,
            state TEXT NOT NULL,
            made_at BIGINT NOT NULL,
            expires_at BIGINT NOT NULL,
            answered_by TEXT,
            answered_at BIGINT
            {pk});
        CREATE INDEX shift_swap_state ON shift_swap (workspace_id, state, expires_at);

        CREATE TABLE calendar_link (
            workspace_id BIGINT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            token_hash {blob} NOT NULL,
            made_by TEXT NOT NULL,
            made_at BIGINT NOT NULL,
            read_at BIGINT,
            content_hash TEXT,
            version BIGINT NOT NULL,
            changed_at BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, kind, name));
        CREATE UNIQUE INDEX calendar_link_token ON calendar_link (token_hash);

        CREATE TABLE calendar_copy (
            workspace_id BIGINT NOT NULL,
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            address_hash TEXT NOT NULL,
            etag TEXT,
            body TEXT,
            asked_at BIGINT NOT NULL,
            read_at BIGINT,
            fault TEXT,
            notes TEXT NOT NULL,
            PRIMARY KEY (workspace_id, kind, name));

        CREATE TABLE oncall_told (
            workspace_id BIGINT NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            starts_at BIGINT NOT NULL,
            ends_at BIGINT NOT NULL,
            told_at BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, kind, subject, starts_at));
        """;
    /// <summary>Who is on call by the calendars that schedules name, and when those changed last.</summary>
    public const string CalendarShifts =
        """
        ALTER TABLE calendar_copy ADD COLUMN last_modified TEXT;

        CREATE TABLE calendar_shift (
            id {once},
            workspace_id BIGINT NOT NULL,
            schedule TEXT NOT NULL,
            user_name TEXT NOT NULL,
            starts_at BIGINT NOT NULL,
            ends_at BIGINT NOT NULL
            {pk});
        CREATE INDEX calendar_shift_ends ON calendar_shift (workspace_id, ends_at);
        """;
}
