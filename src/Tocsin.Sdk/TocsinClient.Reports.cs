using System.Text.Json.Serialization.Metadata;

namespace Tocsin.Sdk;

/// <summary>What a report is asked for; null leaves out the condition.</summary>
/// <param name="From">Null: 28 days before <paramref name="To"/>.</param>
/// <param name="To">Null: now.</param>
/// <param name="TimeZone">An IANA zone; null: UTC.</param>
public sealed record ReportRequest(DateTimeOffset? From = null, DateTimeOffset? To = null, string? Team = null, string? Service = null, string? TimeZone = null);

/// <summary>Reports.</summary>
public sealed partial class TocsinClient
{
    /// <summary>How many incidents there were, and how fast they were answered and ended.</summary>
    public Task<ResponseReportView> GetResponseReportAsync(ReportRequest request, CancellationToken ct = default) =>
        ReportAsync("response", request, WireJson.Default.ResponseReportView, ct);

    /// <summary>Who was paged how often, and when.</summary>
    public Task<PeopleReportView> GetPeopleReportAsync(ReportRequest request, CancellationToken ct = default) =>
        ReportAsync("people", request, WireJson.Default.PeopleReportView, ct);

    /// <summary>Who was on call how much, and what would have been fair.</summary>
    public Task<FairnessReportView> GetFairnessReportAsync(ReportRequest request, CancellationToken ct = default) =>
        ReportAsync("fairness", request, WireJson.Default.FairnessReportView, ct);

    /// <summary>Which alerts were noise, and what to do about it.</summary>
    public Task<NoiseReportView> GetNoiseReportAsync(ReportRequest request, CancellationToken ct = default) =>
        ReportAsync("noise", request, WireJson.Default.NoiseReportView, ct);

    private Task<T> ReportAsync<T>(string report, ReportRequest request, JsonTypeInfo<T> type, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(request);
        return GetAsync(
            Query(
                $"api/v1/reports/{report}", ("from", Instant(request.From)), ("to", Instant(request.To)), ("team", request.Team), ("service", request.Service),
                ("time_zone", request.TimeZone)),
            type,
            ct);
    }
}
