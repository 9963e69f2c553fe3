namespace Tocsin.Telemetry;

/// <summary>One piece of work of a request, as OpenTelemetry tells it. Kept for investigation only.</summary>
/// <param name="TraceId">32 hex digits, lower case.</param>
/// <param name="SpanId">16 hex digits, lower case.</param>
/// <param name="StartedAt">UTC.</param>
/// <param name="Duration">Never negative.</param>
public sealed record TraceSpan(string TraceId, string SpanId, string Name, DateTimeOffset StartedAt, TimeSpan Duration)
{
    /// <summary>Empty for the first span of a trace.</summary>
    public string ParentId { get; init; } = "";

    public string Service { get; init; } = "";

    /// <summary>server, client, producer, consumer or internal.</summary>
    public string Kind { get; init; } = "internal";

    /// <summary>Whether the span says that its work failed.</summary>
    public bool Failed { get; init; }

    /// <summary>What the span says about its failure; empty when nothing.</summary>
    public string StatusText { get; init; } = "";

    /// <summary>
    /// A JSON object as text, with its exception under <c>exception</c>, its other events as <c>event.0</c> and so on and its links to other spans as <c>link.0</c> and so on; empty
    /// when there is nothing.
    /// </summary>
    public string Attributes { get; init; } = "";
}
