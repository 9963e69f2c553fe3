using System.Text.Json;

namespace Tocsin.Sdk;

/// <summary>One series of a metric.</summary>
public sealed record MetricSeriesView
{
    public required string Name { get; init; }

    /// <summary>What was measured; null: its sender does not say.</summary>
    public string? Service { get; init; }

    /// <summary>As the sender wrote it, such as <c>ms</c>; null: unknown.</summary>
    public string? Unit { get; init; }

    /// <summary>gauge, counter (a running total) or delta (what was added since the sample before).</summary>
    public required string Kind { get; init; }

    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>When its newest sample was measured; at most a minute behind.</summary>
    public DateTimeOffset LastAt { get; init; }
}

/// <param name="Complete">False: there are more; ask for a name or a service.</param>
public sealed record MetricListView(IReadOnlyList<MetricSeriesView> Items, bool Complete);

public sealed record MetricPointView(DateTimeOffset At, double Value);

/// <param name="Points">In the order of time. Steps without samples have none.</param>
public sealed record MetricLineView(MetricSeriesView Series, IReadOnlyList<MetricPointView> Points);

/// <summary>What series were over a span of time.</summary>
/// <param name="To">Exclusive.</param>
/// <param name="How">avg, min, max, sum, last, count, rate, p50, p95, p99; or raw: the samples themselves.</param>
/// <param name="StepSeconds">Each point stands for so many seconds from its instant on; 0 for raw.</param>
/// <param name="Complete">False: more series, or more raw samples, than are given.</param>
public sealed record MetricQueryView(
    DateTimeOffset From, DateTimeOffset To, string How, double StepSeconds, IReadOnlyList<MetricLineView> Series, bool Complete);

/// <summary>What is known of a service at a glance; what is null nobody has measured of late.</summary>
public sealed record ServiceView
{
    public required string Name { get; init; }

    /// <summary>When a log line or a sample of it was seen last.</summary>
    public DateTimeOffset LastSeenAt { get; init; }

    /// <summary>Over the last five minutes.</summary>
    public double LogsPerMinute { get; init; }

    /// <summary>Lines of the levels error and critical, over the last five minutes.</summary>
    public double ErrorsPerMinute { get; init; }

    /// <summary>This and the next four: the newest figures of the last 15 minutes; of several series the mean, for the throughput the sum.</summary>
    public double? CpuPercent { get; init; }

    public double? MemoryPercent { get; init; }

    public double? LatencyMs { get; init; }

    /// <summary>0 to 1.</summary>
    public double? ErrorRate { get; init; }

    /// <summary>Requests a second.</summary>
    public double? Throughput { get; init; }
}

/// <summary>One piece of work of a request.</summary>
public sealed record SpanView
{
    public required string SpanId { get; init; }

    /// <summary>Null for the first of a trace.</summary>
    public string? ParentId { get; init; }

    public required string Name { get; init; }

    public string? Service { get; init; }

    /// <summary>server, client, producer, consumer or internal.</summary>
    public required string Kind { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public double DurationMs { get; init; }

    public bool Failed { get; init; }

    public string? StatusText { get; init; }

    /// <summary>What else was said about it; null: nothing.</summary>
    public JsonElement? Attributes { get; init; }
}

/// <summary>All that is known of one request.</summary>
/// <param name="Spans">By their start.</param>
public sealed record TraceView(string TraceId, DateTimeOffset StartedAt, double DurationMs, IReadOnlyList<SpanView> Spans);

/// <summary>One request at a glance.</summary>
public sealed record TraceSummaryView
{
    public required string TraceId { get; init; }

    /// <summary>Where it began; null: its sender does not say.</summary>
    public string? Service { get; init; }

    /// <summary>Of the span that began it, or of the earliest that came.</summary>
    public required string Name { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    public double DurationMs { get; init; }

    /// <summary>As they came: one that was sent twice counts twice. So do the failed ones.</summary>
    public long Spans { get; init; }

    public long FailedSpans { get; init; }
}

/// <param name="Complete">False: there are more, or the time holds more than the 50 000 newest traces that are looked at. Ask for less time.</param>
public sealed record TraceListView(IReadOnlyList<TraceSummaryView> Items, bool Complete);
