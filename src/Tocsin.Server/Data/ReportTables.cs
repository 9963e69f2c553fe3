namespace Tocsin.Data;

/// <summary>Migrations for reports, in a file of their own only because the list is long.</summary>
internal static class ReportTables
{
    /// <summary>What a span of time holds is found without reading all that ever was.</summary>
    public const string Spans =
        """
        CREATE INDEX incident_created ON incident (workspace_id, created_at);
        CREATE INDEX page_told ON page (workspace_id, due_at) WHERE status IN (1, 4);
        CREATE INDEX event_answer ON event (workspace_id, at) WHERE kind IN (
            'incident.acknowledged', 'incident.resolved', 'incident.snoozed', 'incident.escalated', 'incident.reassigned', 'incident.help_joined', 'incident.help_declined');
        """;
}
