namespace Tocsin.Sdk;

public sealed partial class TocsinClient
{
    /// <summary>The detectors of logs and metrics, whether they are on, and what they found last.</summary>
    public Task<DetectorList> ListDetectorsAsync(CancellationToken ct = default) => GetAsync("api/v1/detectors", WireJson.Default.DetectorList, ct);

    /// <summary>What a detector found, newest first.</summary>
    /// <param name="service">Only of this service; null: of all.</param>
    public Task<Page<FindingView>> ListFindingsAsync(string detector, string? service = null, string? cursor = null, int limit = 50, CancellationToken ct = default) =>
        GetAsync(
            Query($"api/v1/detectors/{Uri.EscapeDataString(detector)}/history", ("service", service), ("cursor", cursor), ("limit", Number(limit))),
            WireJson.Default.PageFindingView, ct);

    /// <summary>When a detector with these settings would have found something. Nothing is changed, and nobody is told.</summary>
    public Task<DetectorPreview> PreviewDetectorAsync(DetectorPreviewRequest request, CancellationToken ct = default) =>
        PostAsync("api/v1/detectors/preview", request, WireJson.Default.DetectorPreviewRequest, WireJson.Default.DetectorPreview, ct);
}
