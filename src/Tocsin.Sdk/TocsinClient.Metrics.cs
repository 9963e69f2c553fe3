namespace Tocsin.Sdk;

/// <summary>What series are asked for; null leaves out the condition.</summary>
/// <param name="Tags">Matchers as text: <c>{host="a", zone=~"eu-.*"}</c>.</param>
/// <param name="From">Null: an hour before <paramref name="To"/>.</param>
/// <param name="To">Null: now.</param>
/// <param name="Step">Such as <c>30s</c>; null: the server chooses one.</param>
/// <param name="How">avg, min, max, sum, last, count, rate, p50, p95, p99 or raw.</param>
public sealed record MetricRequest(
    string Name, string? Service = null, string? Tags = null, DateTimeOffset? From = null, DateTimeOffset? To = null, string? Step = null, string How = "avg", int Limit = 20);

/// <summary>Which traces are asked for; null leaves out the condition.</summary>
/// <param name="Service">In which this service took part.</param>
/// <param name="Operation">That began so; with a service, whose part of it began so.</param>
/// <param name="From">Null: an hour ago.</param>
/// <param name="To">Null: now.</param>
/// <param name="LongerThan">Such as <c>250ms</c>.</param>
/// <param name="Order">errors (those with errors first), newest or slowest.</param>
public sealed record TraceRequest(
    string? Service = null, string? Operation = null, DateTimeOffset? From = null, DateTimeOffset? To = null, bool Errors = false, string? LongerThan = null, string Order = "errors",
    int Limit = 50);

/// <summary>Metrics, services and traces.</summary>
public sealed partial class TocsinClient
{
    /// <summary>Sends logs or metrics that are JSON already; they are stored when it returns. Not idempotent for logs: lines sent twice are there twice.</summary>
    /// <param name="kind">The last part of the address: logs, metrics or snapshot.</param>
    /// <param name="json">The body, UTF-8.</param>
    public async Task IngestAsync(string kind, ReadOnlyMemory<byte> json, CancellationToken ct = default)
    {
        using var content = new ReadOnlyMemoryContent(json);
        content.Headers.ContentType = new("application/json");
        using var response = await SendAsync(HttpMethod.Post, $"ingest/{kind}", content, ct);
    }

    /// <summary>Series by name and service.</summary>
    /// <param name="limit">1 to <see cref="MaxPage"/>.</param>
    public Task<MetricListView> ListMetricsAsync(string? name = null, string? service = null, int limit = 200, CancellationToken ct = default) =>
        GetAsync(Query("api/v1/metrics", ("name", name), ("service", service), ("limit", Number(limit))), WireJson.Default.MetricListView, ct);

    /// <summary>What series were over a span of time.</summary>
    public Task<MetricQueryView> QueryMetricsAsync(MetricRequest request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return GetAsync(
            Query(
                "api/v1/metrics/query", ("name", request.Name), ("service", request.Service), ("tags", request.Tags), ("from", Instant(request.From)),
                ("to", Instant(request.To)), ("step", request.Step), ("how", request.How), ("limit", Number(request.Limit))),
            WireJson.Default.MetricQueryView,
            ct);
    }

    /// <summary>Services that sent logs or metrics within a day, by name.</summary>
    public Task<Page<ServiceView>> ListServicesAsync(CancellationToken ct = default) => GetAsync("api/v1/services", WireJson.Default.PageServiceView, ct);

    /// <summary>Requests at a glance.</summary>
    public Task<TraceListView> ListTracesAsync(TraceRequest request, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return GetAsync(
            Query(
                "api/v1/traces", ("service", request.Service), ("operation", request.Operation), ("from", Instant(request.From)), ("to", Instant(request.To)),
                ("errors", request.Errors ? "true" : null), ("longer_than", request.LongerThan), ("order", request.Order), ("limit", Number(request.Limit))),
            WireJson.Default.TraceListView,
            ct);
    }

    /// <summary>All that is known of one request.</summary>
    public Task<TraceView> GetTraceAsync(string traceId, CancellationToken ct = default) =>
        GetAsync($"api/v1/traces/{Uri.EscapeDataString(traceId)}", WireJson.Default.TraceView, ct);
}
