using System.Text.Json;
using Tocsin.Sdk;

namespace Tocsin.Telemetry;

/// <summary>Lines and what is counted of them, as they go out.</summary>
internal static class LogViews
{
    public static string Word(this LineLevel level) => level switch
    {
        LineLevel.Debug => "debug",
        LineLevel.Info => "info",
        LineLevel.Warning => "warning",
        LineLevel.Error => "error",
        _ => "critical",
    };

    public static LogPageView Of(LogPage page) => new([.. page.Lines.Select(Of)], page.Next, page.Complete);

    public static LogLineView Of(FoundLine found) => new()
    {
        Id = found.Id,
        At = found.Line.At,
        Level = found.Line.Level.Word(),
        Message = found.Line.Message,
        Service = Known(found.Line.Service),
        Source = Known(found.Line.Source),
        Environment = Known(found.Line.Environment),
        TraceId = Known(found.Line.TraceId),
        SpanId = Known(found.Line.SpanId),
        TracePage = TracePage(found.Line.TraceId),
        Attributes = found.Line.Attributes.Length > 0 ? Attributes(found.Line.Attributes) : null,
        Template = found.Template,
    };

    public static LogHistogramView Of(LogHistogram histogram) => new(
        [.. histogram.Buckets.Select(static b => new LogBucketView(b.At, b.Counts[0], b.Counts[1], b.Counts[2], b.Counts[3], b.Counts[4]))],
        (int)histogram.Step.TotalSeconds, histogram.Complete, histogram.CountedFrom);

    public static LogTemplateView Of(LogTemplate template) => new()
    {
        Id = template.Id,
        Service = Known(template.Service),
        Level = template.Level.Word(),
        Pattern = template.Pattern,
        FirstSeenAt = template.FirstSeenAt,
        LastSeenAt = template.LastSeenAt,
        Count = template.Count,
        Example = template.Example,
    };

    /// <summary>Where a trace is shown; null: it has no id, or none that an address can hold.</summary>
    public static string? TracePage(string traceId) => traceId.Length > 0 && traceId is not ("." or "..") && !traceId.Contains('/', StringComparison.Ordinal) ? $"/traces/{Uri.EscapeDataString(traceId)}" : null;

    private static string? Known(string text) => text.Length > 0 ? text : null;

    private static JsonElement Attributes(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            // Cut where it was too long: still worth reading.
            return JsonSerializer.SerializeToElement(text, WireJson.Default.String);
        }
    }
}
