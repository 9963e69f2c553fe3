namespace Tocsin.Data;

/// <summary>Migrations of what sources send, in a file of their own only because the list is long.</summary>
internal static class SourceTables
{
    /// <summary>Messages of queues and topics that were taken already, and where rejected deliveries are found.</summary>
    public const string Messages =
        """
        CREATE TABLE message_seen (
            workspace_id BIGINT NOT NULL,
            source TEXT NOT NULL,
            id TEXT NOT NULL,
            verdict INTEGER NOT NULL,
            at BIGINT NOT NULL,
            PRIMARY KEY (workspace_id, source, id)){clustered};
        CREATE INDEX delivery_rejected ON delivery (workspace_id, id) WHERE verdict IN (2, 3, 4);
        """;
}
