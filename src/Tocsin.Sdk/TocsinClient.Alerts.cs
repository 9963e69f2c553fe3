namespace Tocsin.Sdk;

public sealed partial class TocsinClient
{
    /// <summary>Alerts of a source, a team or a priority, newest first. A page may hold fewer than <paramref name="limit"/>, or none, although there is a next one.</summary>
    public Task<Page<Alert>> FindAlertsAsync(
        string status = "all", string? source = null, string? team = null, string? priority = null, string? cursor = null, int limit = 50, CancellationToken ct = default) =>
        GetAsync(
            Query("api/v1/alerts", ("status", status), ("source", source), ("team", team), ("priority", priority), ("cursor", cursor), ("limit", Number(limit))), WireJson.Default.PageAlert, ct);
}
