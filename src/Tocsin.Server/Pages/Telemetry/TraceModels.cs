using System.Text.Json;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>Traces of a stretch of time.</summary>
public sealed record TracesModel(TracesForm Form)
{
    public const int Most = 100;

    /// <summary>What is wrong with what was asked; its field says beside what it is said.</summary>
    public Error? Fault { get; init; }

    public IReadOnlyList<TraceLine> Traces { get; init; } = [];

    /// <summary>There are more than these, or too many to look at.</summary>
    public bool IsPartial { get; init; }

    public IReadOnlyList<string> Services { get; init; } = [];
}

/// <param name="Href">Null: its id is none that an address can hold.</param>
public sealed record TraceLine(string TraceId, string? Href, string Service, string Name, DateTimeOffset StartedAt, TimeSpan Duration, long Spans, long Failed);

/// <summary>One trace, from top to bottom.</summary>
/// <param name="From">When its first span began.</param>
/// <param name="Length">Until its last span ended; more than zero.</param>
public sealed record TraceModel(string TraceId, DateTimeOffset From, TimeSpan Length)
{
    /// <summary>Rows that a page shows.</summary>
    public const int MostRows = 500;

    /// <summary>Lines of its logs that a page shows among them.</summary>
    public const int MostLines = 200;

    /// <summary>Distinct spans that are kept of it.</summary>
    public required int Spans { get; init; }

    public required int Failed { get; init; }

    public IReadOnlyList<TraceRow> Rows { get; init; } = [];

    /// <summary>Spans and lines that are not among the rows.</summary>
    public int LeftOut { get; init; }

    /// <summary>There are more lines, or they could not all be looked for in time.</summary>
    public bool LinesArePartial { get; init; }

    /// <summary>In the order in which they took part, each with its look.</summary>
    public IReadOnlyList<(string Service, string Css)> Services { get; init; } = [];

    /// <summary>Its lines in the search of logs.</summary>
    public required string Logs { get; init; }

    /// <summary>Of what was stored of it, from its spans and the lines that name it.</summary>
    internal static TraceModel Of(string traceId, IReadOnlyList<TraceSpan> spans, LogPage lines, LogsForm logs)
    {
        List<WaterfallItem> items = [.. spans.Select(static s => new WaterfallItem(s.SpanId, s.ParentId, s.StartedAt, s.Duration, s.Failed))];

        // A line hangs on the span that wrote it; one that names none, on what began the trace.
        var ids = spans.Select(static s => s.SpanId).ToHashSet(StringComparer.Ordinal);
        var top = spans.FirstOrDefault(static s => s.ParentId.Length == 0)?.SpanId ?? "";
        items.AddRange(lines.Lines.Select(l => new WaterfallItem("", ids.Contains(l.Line.SpanId) ? l.Line.SpanId : top, l.Line.At, TimeSpan.Zero, l.Line.Level >= LineLevel.Error)));
        var from = items.Min(static i => i.At);
        var length = TimeSpan.FromTicks(Math.Max(TimeSpan.TicksPerMicrosecond, items.Max(i => Math.Min((i.At - from).Ticks, long.MaxValue / 4) + Math.Min(i.Duration.Ticks, long.MaxValue / 4))));
        var waterfall = Waterfall.Of(items, MostRows);
        List<(string Service, string Css)> services = [.. spans.Select(static s => s.Service).Distinct(StringComparer.Ordinal).Select(static (service, n) => (service, ChartLine.Look(n)))];
        var css = services.ToDictionary(static s => s.Service, static s => s.Css, StringComparer.Ordinal);
        return new(traceId, from, length)
        {
            Spans = spans.Count,
            Failed = spans.Count(static s => s.Failed),
            LeftOut = waterfall.LeftOut,
            LinesArePartial = lines.Next is not null,
            Services = services,
            Logs = logs.Address,
            Rows = [.. waterfall.Rows.Select(Row)],
        };

        TraceRow Row(WaterfallRow row)
        {
            var span = row.Index < spans.Count ? spans[row.Index] : null;
            return new(row.Depth, row.Place, row.LeftOut, (items[row.Index].At - from) / length, items[row.Index].Duration / length)
            {
                Span = span is null ? null : new(span, css[span.Service]),
                Line = span is null ? LogPageEndpoints.RowOf(lines.Lines[row.Index - spans.Count]) : null,
            };
        }
    }
}

/// <summary>A span or a line.</summary>
/// <param name="LeftOut">So many beneath it are not shown.</param>
/// <param name="Begins">0 to 1 of the trace's length.</param>
/// <param name="Takes">0 to 1 of the trace's length.</param>
public sealed record TraceRow(int Depth, WaterfallPlace Place, int LeftOut, double Begins, double Takes)
{
    /// <summary>Deeper rows are no further to the right.</summary>
    public const int MostIndent = 12;

    public SpanPart? Span { get; init; }

    public LogRowModel? Line { get; init; }

    public string Indent => $"d{Math.Min(Depth, MostIndent)}";

    /// <summary>Why it stands at the top; null: it belongs there, or beneath another.</summary>
    public string? Why => Place switch
    {
        WaterfallPlace.Orphan => "the span that it belongs to is not here",
        WaterfallPlace.Circle => "what it belongs to belongs to it",
        _ => null,
    };
}

/// <summary>One span, with what it says taken apart.</summary>
public sealed record SpanPart(TraceSpan Span, string Css)
{
    private const int MostAttributes = 100;

    /// <summary>What it says of itself, without its events and links.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Attributes => [.. Members.Where(static m => !IsNumbered(m.Key, "event.") && !IsNumbered(m.Key, "link.")).Take(MostAttributes).Select(static m => new KeyValuePair<string, string>(m.Key, Text(m.Value)))];

    /// <summary>What happened meanwhile: when, its name, and what it says of it.</summary>
    public IReadOnlyList<SpanMoment> Moments => [.. Members.Where(static m => IsNumbered(m.Key, "event.") && m.Value.ValueKind == JsonValueKind.Object).Select(static m => Moment(m.Value))];

    /// <summary>Other spans that it has to do with, perhaps of other traces.</summary>
    public IReadOnlyList<(string TraceId, string SpanId, string More)> Links =>
    [
        .. Members.Where(static m => IsNumbered(m.Key, "link.") && m.Value.ValueKind == JsonValueKind.Object)
            .Select(static m => (Text(m.Value, "trace_id"), Text(m.Value, "span_id"), Rest(m.Value, "trace_id", "span_id"))).Where(static l => l.Item1.Length > 0),
    ];

    private IReadOnlyList<KeyValuePair<string, JsonElement>> Members
    {
        get
        {
            if (Span.Attributes.Length == 0)
            {
                return [];
            }

            try
            {
                var json = JsonElement.Parse(Span.Attributes);
                return json.ValueKind == JsonValueKind.Object ? [.. json.EnumerateObject().Select(static p => new KeyValuePair<string, JsonElement>(p.Name, p.Value))] : [new("attributes", json)];
            }
            catch (JsonException)
            {
                // It was cut when it came in.
                return [new("attributes", JsonSerializer.SerializeToElement(Span.Attributes))];
            }
        }
    }

    private static bool IsNumbered(string name, string prefix) => name.StartsWith(prefix, StringComparison.Ordinal) && name.Length > prefix.Length && name.AsSpan(prefix.Length).IndexOfAnyExceptInRange('0', '9') < 0;

    private static SpanMoment Moment(JsonElement json) => new(
        DateTimeOffset.TryParse(Text(json, "at"), System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AssumeUniversal, out var at) ? at.ToUniversalTime() : null,
        Text(json, "name"), Rest(json, "name", "at"));

    private static string Text(JsonElement json, string name) => json.TryGetProperty(name, out var value) ? Text(value) : "";

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.Object && value.TryGetProperty("stacktrace", out var stack) && stack.ValueKind == JsonValueKind.String
        ? string.Join('\n', value.EnumerateObject().Where(static p => p.Name != "stacktrace").Select(static p => $"{p.Name}: {p.Value}").Append(stack.GetString()))
        : value.ToString();

    private static string Rest(JsonElement json, params string[] without) =>
        string.Join(", ", json.EnumerateObject().Where(p => !without.Contains(p.Name)).Select(static p => $"{p.Name}: {p.Value}"));
}

/// <param name="At">Null: it does not say.</param>
public sealed record SpanMoment(DateTimeOffset? At, string Name, string Rest);
