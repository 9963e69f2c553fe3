namespace Tocsin.Data;

/// <summary>Tables of what mutes alerts.</summary>
internal static class MuteTables
{
    public const string Mutes =
        """
        ALTER TABLE alert ADD COLUMN muted_by TEXT;
        CREATE INDEX incident_snoozed ON incident (workspace_id, number) WHERE status = 2;

        CREATE TABLE inhibit_place (
            workspace_id BIGINT NOT NULL,
            place_key BIGINT NOT NULL,
            alert_id BIGINT NOT NULL,
            side INTEGER NOT NULL,
            PRIMARY KEY (workspace_id, place_key, alert_id)){clustered};
        CREATE INDEX inhibit_place_alert ON inhibit_place (workspace_id, alert_id);

        CREATE TABLE inhibit_stamp (
            workspace_id BIGINT NOT NULL PRIMARY KEY,
            stamp BIGINT NOT NULL,
            revision BIGINT NOT NULL);

        CREATE TABLE mute_turn (
            workspace_id BIGINT NOT NULL,
            mute TEXT NOT NULL,
            began_at BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, mute));
        """;
}
