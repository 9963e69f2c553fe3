using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Routing;
using Tocsin.Sdk;

namespace Tocsin.Telemetry;

/// <summary>What a caller wrote into the address of a query; null: nothing. The description of the API says what each means.</summary>
internal sealed record MetricParameters
{
    [FromQuery(Name = "name")]
    public string? Name { get; init; }

    [FromQuery(Name = "service")]
    public string? Service { get; init; }

    [FromQuery(Name = "tags")]
    public string? Tags { get; init; }

    [FromQuery(Name = "from")]
    public DateTimeOffset? From { get; init; }

    [FromQuery(Name = "to")]
    public DateTimeOffset? To { get; init; }

    [FromQuery(Name = "step")]
    public string? Step { get; init; }

    [FromQuery(Name = "how")]
    public string? How { get; init; }

    [FromQuery(Name = "limit")]
    public int? Limit { get; init; }
}

internal static class MetricEndpoints
{
    private const string Raw = "raw";

    public static void MapMetrics(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1").WithTags("Metrics").RequireAuthorization(Policies.Viewer);
        group.MapGet("/metrics", List);
        group.MapGet("/metrics/query", Query);
        group.MapGet("/services", Services);
        group.MapGet("/traces/{id}", Trace);
    }

    /// <summary>Series, by name and service.</summary>
    /// <param name="name">Only of this name.</param>
    /// <param name="service">Only of this service; empty: of none.</param>
    /// <param name="limit">1 to 1000.</param>
    internal static async Task<Results<Ok<MetricListView>, ProblemHttpResult>> List(
        ClaimsPrincipal user, MetricQuery metrics, CancellationToken ct, string? name = null, string? service = null, int limit = 200)
    {
        if (limit is < 1 or > MetricQuery.MostSeries)
        {
            return Error.Invalid("limit", "Ask for 1 to 1000 series.").ToProblem();
        }

        var found = await metrics.SeriesAsync(Caller.Of(user).Workspace, new() { Name = name, Service = service }, limit + 1, ct);
        return TypedResults.Ok(new MetricListView([.. found.Take(limit).Select(View)], found.Count <= limit));
    }

    /// <summary>
    /// What series were over a span of time, one value a step. <c>how</c>: avg (the default), min, max, sum, last, count, rate (growth a second),
    /// p50, p95, p99, or raw for the samples themselves. <c>tags</c>: matchers such as <c>{host="a"}</c>. <c>from</c> to <c>to</c>: the last hour by default.
    /// <c>step</c>: such as 30s; by default one that makes about 240 values.
    /// </summary>
    internal static async Task<Results<Ok<MetricQueryView>, ProblemHttpResult>> Query(
        [AsParameters] MetricParameters asked, ClaimsPrincipal user, MetricQuery metrics, TimeProvider clock, CancellationToken ct)
    {
        var query = MetricSpan.Of(asked, clock.GetUtcNow());
        if (!query.Ok)
        {
            return query.Error.ToProblem();
        }

        var (filter, from, to, step, how, limit) = query.Value;
        var lines = how is { } aggregation
            ? await metrics.RangeAsync(Caller.Of(user).Workspace, filter, from, to, step, aggregation, limit + 1, ct)
            : await metrics.ReadAsync(Caller.Of(user).Workspace, filter, from, to, limit + 1, ct);
        var complete = lines.Count <= limit && (how is not null || lines.Sum(static l => l.Points.Count) < MetricQuery.MostPoints);
        return TypedResults.Ok(new MetricQueryView(
            from, to, how?.Word() ?? Raw, step.TotalSeconds, [.. lines.Take(limit).Select(l => new MetricLineView(View(l.Series), [.. Finite(l.Points)]))], complete));
    }

    /// <summary>Services that sent logs or metrics within a day, by name, with their newest figures.</summary>
    internal static async Task<Ok<Page<ServiceView>>> Services(ClaimsPrincipal user, ServiceDesk services, CancellationToken ct) =>
        TypedResults.Ok(new Page<ServiceView>(await services.ListAsync(Caller.Of(user).Workspace, ct), null));

    /// <summary>All that is known of one request, by its trace id.</summary>
    internal static async Task<Results<Ok<TraceView>, ProblemHttpResult>> Trace(string id, ClaimsPrincipal user, TraceQuery traces, CancellationToken ct)
    {
        var spans = await traces.FindAsync(Caller.Of(user).Workspace, id, ct);
        if (spans.Count == 0)
        {
            return Error.NotFound("trace", id).ToProblem();
        }

        var start = spans[0].StartedAt;
        return TypedResults.Ok(new TraceView(spans[0].TraceId, start, spans.Max(s => s.StartedAt + s.Duration - start).TotalMilliseconds, [.. spans.Select(View)]));
    }

    internal static MetricSeriesView View(MetricSeries series) => new()
    {
        Name = series.Name,
        Service = Known(series.Service),
        Unit = Known(series.Unit),
        Kind = series.Kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Delta => "delta",
            _ => "gauge",
        },
        Tags = new Dictionary<string, string>(series.Tags),
        LastAt = series.LastAt,
    };

    /// <summary>Sums of very large numbers may leave what JSON can say.</summary>
    private static IEnumerable<MetricPointView> Finite(IReadOnlyList<MetricPoint> points) =>
        points.Where(static p => double.IsFinite(p.Value)).Select(static p => new MetricPointView(p.At, p.Value));

    private static SpanView View(TraceSpan span) => new()
    {
        SpanId = span.SpanId,
        ParentId = Known(span.ParentId),
        Name = span.Name,
        Service = Known(span.Service),
        Kind = span.Kind,
        StartedAt = span.StartedAt,
        DurationMs = span.Duration.TotalMilliseconds,
        Failed = span.Failed,
        StatusText = Known(span.StatusText),
        Attributes = Object(span.Attributes),
    };

    /// <summary>What a sender says is an object, as one; what cannot be read, as the text that it is.</summary>
    private static JsonElement? Object(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(text));
        try
        {
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException)
        {
            return JsonSerializer.SerializeToElement(text, TagJson.Default.String);
        }
    }

    private static string? Known(string text) => text.Length == 0 ? null : text;
}

/// <summary>A query that was read and can be answered.</summary>
/// <param name="How">Null: the samples themselves.</param>
internal sealed record MetricSpan(SeriesFilter Filter, DateTimeOffset From, DateTimeOffset To, TimeSpan Step, Aggregation? How, int Limit)
{
    private const int MostSteps = 11_000;
    private const int UsualSteps = 240;
    private const int UsualSeries = 20;
    private const int MostSeries = 200;

    private static readonly TimeSpan _longest = TimeSpan.FromDays(3_660);

    private static readonly int[] _steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400];

    /// <summary>Reads what was asked for.</summary>
    /// <returns>Or what is wrong with it, and what to write instead.</returns>
    public static Result<MetricSpan> Of(MetricParameters asked, DateTimeOffset now)
    {
        if (asked.Name is not { Length: > 0 })
        {
            return Error.Invalid("name", "Say which metric: GET /api/v1/metrics lists them.");
        }

        IReadOnlyList<Matcher> tags = [];
        if (asked.Tags is { Length: > 0 } text)
        {
            var read = MatcherText.Parse(text);
            if (!read.Ok)
            {
                return Error.Invalid("tags", $"Write matchers such as {{host=\"a\"}}: {read.Error.Detail}");
            }

            tags = read.Value;
        }

        var to = asked.To?.ToUniversalTime() ?? now;
        var from = asked.From?.ToUniversalTime() ?? to - TimeSpan.FromHours(1);
        if (from >= to || to - from > _longest)
        {
            return Error.Invalid("from", "Ask for a span that begins before it ends and is not longer than ten years.");
        }

        if (asked.Limit is < 1 or > MostSeries)
        {
            return Error.Invalid("limit", "Ask for 1 to 200 series.");
        }

        var limit = asked.Limit ?? UsualSeries;
        var filter = new SeriesFilter { Name = asked.Name, Service = asked.Service, Tags = tags };
        if (asked.How == "raw")
        {
            return new MetricSpan(filter, from, to, TimeSpan.Zero, null, limit);
        }

        if (AggregationWords.Read(asked.How ?? "avg") is not { } how)
        {
            return Error.Invalid("how", "Use avg, min, max, sum, last, count, rate, p50, p95, p99 or raw.");
        }

        var step = TimeSpan.FromSeconds(Array.Find(_steps, s => (to - from).TotalSeconds / s <= UsualSteps) is > 0 and var usual ? usual : _steps[^1]);
        if (asked.Step is { } given && (!DurationText.TryParse(given, out step) || step < TimeSpan.FromSeconds(1)))
        {
            return Error.Invalid("step", "Write 30s, 5m or 1h; at least 1s.");
        }

        return (to - from) / step > MostSteps
            ? Error.Invalid("step", $"That makes more than {MostSteps} values: ask for longer steps or less time.")
            : new MetricSpan(filter, from, to, step, how, limit);
    }
}

internal static class AggregationWords
{
    private static readonly Aggregation[] _all = Enum.GetValues<Aggregation>();

    public static string Word(this Aggregation how) => how.ToString().ToLowerInvariant();

    public static Aggregation? Read(string word) => Array.FindIndex(_all, how => how.Word() == word) is >= 0 and var at ? _all[at] : null;
}
