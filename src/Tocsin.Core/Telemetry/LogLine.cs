namespace Tocsin.Telemetry;

/// <summary>How bad a log line says that things are; ordered.</summary>
public enum LineLevel
{
    Debug,
    Info,
    Warning,
    Error,
    Critical,
}

/// <summary>
/// One entry of a log as it was understood, whichever way it came. Whoever makes one has already applied <see cref="TelemetryLimits"/>,
/// so that nothing after it cuts or refuses.
/// </summary>
/// <param name="At">When it happened, UTC; when it was received if the sender did not say.</param>
/// <param name="Message">May hold line feeds: a stack trace is one line here.</param>
public sealed record LogLine(DateTimeOffset At, LineLevel Level, string Message)
{
    /// <summary>What wrote it; empty when unknown.</summary>
    public string Service { get; init; } = "";

    /// <summary>The logger, file or host; empty when unknown.</summary>
    public string Source { get; init; } = "";

    /// <summary>Such as <c>production</c>; empty when unknown.</summary>
    public string Environment { get; init; } = "";

    /// <summary>As the sender wrote it, 32 hex digits from OpenTelemetry; empty when there is none.</summary>
    public string TraceId { get; init; } = "";

    /// <summary>16 hex digits from OpenTelemetry; empty when there is none.</summary>
    public string SpanId { get; init; } = "";

    /// <summary>A JSON object of what else was said about it, as text; empty when there is nothing.</summary>
    public string Attributes { get; init; } = "";
}
