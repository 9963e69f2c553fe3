using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Telemetry;

internal static class TraceEndpoints
{
    public static void MapTraces(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/traces").WithTags("Traces").RequireAuthorization(Policies.Viewer);
        group.MapGet("", List);
        group.MapGet("/{id}", Get);
    }

    /// <summary>Traces of a stretch of time, those with errors first.</summary>
    /// <param name="service">Only those in which this service took part.</param>
    /// <param name="operation">Only those that began so; with <c>service</c>, whose part of it began so.</param>
    /// <param name="from">The beginning, included: an instant, or how long ago (<c>-15m</c>, <c>-2h</c>); default: an hour ago.</param>
    /// <param name="to">The end, not included, in the same forms; default: now.</param>
    /// <param name="errors">Only those of which a span failed.</param>
    /// <param name="longer_than">Only those that took longer, such as <c>250ms</c> or <c>1.5s</c>.</param>
    /// <param name="order">errors (the default: those with errors, then the others, the newest of each first), newest or slowest.</param>
    /// <param name="limit">1 to 200.</param>
    internal static async Task<Results<Ok<TraceListView>, ProblemHttpResult>> List(
        ClaimsPrincipal user, TraceQuery traces, TimeProvider clock, CancellationToken ct, string? service = null, string? operation = null, string? from = null, string? to = null,
        bool errors = false, string? longer_than = null, string order = "errors", int limit = 50)
    {
        var now = clock.GetUtcNow();
        if (LogTime.Read(from ?? "-1h", now) is not { } since)
        {
            return Error.Invalid("from", LogTime.Advice).ToProblem();
        }

        if (LogTime.Read(to ?? "-0s", now) is not { } until || until <= since)
        {
            return Error.Invalid("to", $"{LogTime.Advice} It must be later than from.").ToProblem();
        }

        if (longer_than is { Length: > 0 } && TraceTime.Read(longer_than) is null)
        {
            return Error.Invalid("longer_than", TraceTime.Advice).ToProblem();
        }

        if (TraceTime.Order(order) is not { } by)
        {
            return Error.Invalid("order", "Use errors, newest or slowest.").ToProblem();
        }

        if (limit is < 1 or > 200)
        {
            return Error.Invalid("limit", "Ask for 1 to 200 traces.").ToProblem();
        }

        var query = new TraceListQuery
        {
            From = since,
            To = until,
            Service = Given(service),
            Operation = Given(operation),
            Errors = errors,
            LongerThan = TraceTime.Read(longer_than ?? ""),
            Order = by,
        };
        var found = await traces.ListAsync(Caller.Of(user).Workspace, query, limit, ct);
        return TypedResults.Ok(new TraceListView([.. found.Traces.Select(View)], found.Complete));
    }

    /// <summary>All that is known of one request, by its trace id.</summary>
    internal static async Task<Results<Ok<TraceView>, ProblemHttpResult>> Get(string id, ClaimsPrincipal user, TraceQuery traces, CancellationToken ct)
    {
        var spans = await traces.FindAsync(Caller.Of(user).Workspace, id, ct);
        if (spans.Count == 0)
        {
            return Error.NotFound("trace", id).ToProblem();
        }

        var start = spans[0].StartedAt;
        return TypedResults.Ok(new TraceView(spans[0].TraceId, start, spans.Max(s => (s.StartedAt - start + s.Duration).TotalMilliseconds), [.. spans.Select(View)]));
    }

    private static TraceSummaryView View(TraceSummary trace) => new()
    {
        TraceId = trace.TraceId,
        Service = Known(trace.Service),
        Name = trace.Name,
        StartedAt = trace.StartedAt,
        DurationMs = trace.Duration.TotalMilliseconds,
        Spans = trace.Spans,
        FailedSpans = trace.Failed,
    };

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

    private static string? Given(string? text) => text is { Length: > 0 } ? text : null;
}

/// <summary>What callers write about how long traces took, and how they want them.</summary>
internal static class TraceTime
{
    public const string Advice = "Write how long, such as 250ms, 1.5s or 2m.";

    /// <returns>Null: it cannot be read.</returns>
    public static TimeSpan? Read(string text)
    {
        text = text.Trim();
        var (number, unit) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], 0.001) : text.EndsWith('s') ? (text[..^1], 1d) : ("", 0);
        return unit > 0 && double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count) && count * unit <= DurationText.Max.TotalSeconds
            ? TimeSpan.FromSeconds(count * unit)
            : DurationText.TryParse(text, out var span) ? span : null;
    }

    public static TraceOrder? Order(string word) => word switch
    {
        "errors" => TraceOrder.Errors,
        "newest" => TraceOrder.Newest,
        "slowest" => TraceOrder.Slowest,
        _ => null,
    };

    /// <summary>"840 µs", "12.5 ms", "1.8 s", "2 min 5 s".</summary>
    public static string Words(TimeSpan span) => span switch
    {
        { TotalMilliseconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMicroseconds:0} µs"),
        { TotalMilliseconds: < 100 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0.#} ms"),
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:0} ms"),
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.##} s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(span.TotalMinutes):0} min {span.Seconds} s"),
    };
}
