namespace Tocsin.Sdk;

public sealed partial class TocsinClient
{
    public Task<Page<SilenceView>> ListSilencesAsync(CancellationToken ct = default) =>
        GetAsync("api/v1/silences", WireJson.Default.PageSilenceView, ct);

    /// <summary>Adds a silence. Not idempotent: each call adds one.</summary>
    public Task<SilenceView> AddSilenceAsync(SilenceRequest request, CancellationToken ct = default) =>
        PostAsync("api/v1/silences", request, WireJson.Default.SilenceRequest, WireJson.Default.SilenceView, ct);

    /// <summary>What a silence would mute now, and would have muted in the last seven days. Changes nothing.</summary>
    public Task<SilencePreview> PreviewSilenceAsync(SilenceRequest request, CancellationToken ct = default) =>
        PostAsync("api/v1/silences/preview", request, WireJson.Default.SilenceRequest, WireJson.Default.SilencePreview, ct);

    /// <summary>Moves the end of a silence or maintenance window. Not idempotent: each call moves it further.</summary>
    /// <param name="by">30m, 2h, 1d.</param>
    public Task<SilenceView> ExtendSilenceAsync(string id, string by, CancellationToken ct = default) =>
        PostAsync($"api/v1/silences/{Uri.EscapeDataString(id)}/extend", new(by), WireJson.Default.ExtendRequest, WireJson.Default.SilenceView, ct);

    /// <summary>Ends a silence or maintenance window now.</summary>
    public async Task ExpireSilenceAsync(string id, CancellationToken ct = default)
    {
        using var response = await SendAsync(HttpMethod.Delete, $"api/v1/silences/{Uri.EscapeDataString(id)}", null, ct);
    }

    /// <summary>Maintenance windows that are pending, active, or ended lately.</summary>
    public Task<Page<SilenceView>> ListMaintenanceAsync(CancellationToken ct = default) =>
        GetAsync("api/v1/maintenance", WireJson.Default.PageSilenceView, ct);

    /// <summary>Adds a maintenance window. Not idempotent: each call adds one.</summary>
    public Task<SilenceView> AddMaintenanceAsync(SilenceRequest request, CancellationToken ct = default) =>
        PostAsync("api/v1/maintenance", request, WireJson.Default.SilenceRequest, WireJson.Default.SilenceView, ct);
}
