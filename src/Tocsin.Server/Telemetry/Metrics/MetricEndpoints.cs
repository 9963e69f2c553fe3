using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Routing;
using Tocsin.Sdk;

namespace Tocsin.Telemetry;

internal static class MetricEndpoints
{
    public static void MapMetrics(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1").WithTags("Metrics").RequireAuthorization(Policies.Viewer);
        group.MapGet("/metrics", List);
        group.MapGet("/metrics/query", Query);
        group.MapGet("/services", Services);
    }

    /// <summary>Series, by name and service.</summary>
    /// <param name="name">Only of this name.</param>
    /// <param name="service">Only of this service; empty: of none.</param>
    /// <param name="limit">Series, 1 to 200.</param>
    internal static async Task<Results<Ok<MetricListView>, ProblemHttpResult>> List(
        ClaimsPrincipal user, MetricQuery metrics, CancellationToken ct, string? name = null, string? service = null, int limit = 200)
    {
        if (limit is < 1 or > 200)
        {
            return Error.Invalid("limit", "Ask for 1 to 200 series.").ToProblem();
        }

        var found = await metrics.SeriesAsync(Caller.Of(user).Workspace, new() { Name = name, Service = service }, limit + 1, ct);
        return TypedResults.Ok(new MetricListView([.. found.Take(limit).Select(View)], found.Count <= limit));
    }

    /// <summary>What series were over a span of time, one value a step.</summary>
    /// <param name="name">The metric.</param>
    /// <param name="service">Only of this service; empty: of none.</param>
    /// <param name="tags">Matchers such as <c>{host="a", zone=~"eu-.*"}</c>, all of which must hold.</param>
    /// <param name="from">The beginning of the span, included; default: an hour before its end.</param>
    /// <param name="to">The end of the span, not included; default: now.</param>
    /// <param name="step">How long each value stands for, such as 30s; default: what makes at most 240 values.</param>
    /// <param name="how">avg (the default), min, max, sum, last, count, rate (growth a second), p50, p95, p99, or raw for the samples themselves.</param>
    /// <param name="limit">Series, 1 to 200.</param>
    internal static async Task<Results<Ok<MetricQueryView>, ProblemHttpResult>> Query(
        ClaimsPrincipal user, MetricQuery metrics, TimeProvider clock, CancellationToken ct, string? name = null, string? service = null, string? tags = null,
        DateTimeOffset? from = null, DateTimeOffset? to = null, string? step = null, string how = "avg", int limit = 20)
    {
        var query = MetricSpan.Of(new(name, service, tags, from, to, step, how, limit), clock.GetUtcNow());
        if (!query.Ok)
        {
            return query.Error.ToProblem();
        }

        var (workspace, span) = (Caller.Of(user).Workspace, query.Value);
        var lines = span.How is { } aggregation
            ? await metrics.RangeAsync(workspace, span.Filter, span.From, span.To, span.Step, aggregation, limit + 1, ct)
            : await metrics.ReadAsync(workspace, span.Filter, span.From, span.To, limit + 1, ct);
        var complete = lines.Count <= limit && (span.How is not null || lines.Sum(static l => l.Points.Count) < MetricQuery.MostPoints);
        return TypedResults.Ok(new MetricQueryView(
            span.From, span.To, how, span.Step.TotalSeconds, [.. lines.Take(limit).Select(l => new MetricLineView(View(l.Series), [.. Finite(l.Points)]))], complete));
    }

    /// <summary>Services that sent logs or metrics within a day, by name, with their newest figures.</summary>
    internal static async Task<Ok<Page<ServiceView>>> Services(ClaimsPrincipal user, ServiceDesk services, CancellationToken ct) =>
        TypedResults.Ok(new Page<ServiceView>(await services.ListAsync(Caller.Of(user).Workspace, ct), null));

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

    private static string? Known(string text) => text.Length == 0 ? null : text;
}

/// <summary>What a caller wrote into the address of a query; null: nothing.</summary>
internal sealed record MetricParameters(
    string? Name, string? Service, string? Tags, DateTimeOffset? From, DateTimeOffset? To, string? Step, string How, int Limit);

/// <summary>A query that was read and can be answered.</summary>
/// <param name="How">Null: the samples themselves.</param>
internal sealed record MetricSpan(SeriesFilter Filter, DateTimeOffset From, DateTimeOffset To, TimeSpan Step, Aggregation? How, int Limit)
{
    private const int MostSteps = 11_000;
    private const int UsualSteps = 240;
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

        var filter = new SeriesFilter { Name = asked.Name, Service = asked.Service, Tags = tags };
        if (asked.How == "raw")
        {
            return new MetricSpan(filter, from, to, TimeSpan.Zero, null, asked.Limit);
        }

        if (AggregationWords.Read(asked.How) is not { } how)
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
            : new MetricSpan(filter, from, to, step, how, asked.Limit);
    }
}

internal static class AggregationWords
{
    private static readonly Aggregation[] _all = Enum.GetValues<Aggregation>();

    public static string Word(this Aggregation how) => how.ToString().ToLowerInvariant();

    public static Aggregation? Read(string word) => Array.FindIndex(_all, how => how.Word() == word) is >= 0 and var at ? _all[at] : null;
}
