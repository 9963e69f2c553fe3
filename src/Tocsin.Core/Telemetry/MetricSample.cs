using Tocsin.Alerts;

namespace Tocsin.Telemetry;

public enum MetricKind
{
    /// <summary>A value that goes up and down.</summary>
    Gauge,

    /// <summary>A running total that only grows, until its process starts anew at zero.</summary>
    Counter,

    /// <summary>What was added since the sample before.</summary>
    Delta,
}

/// <summary>
/// One measured value. Its series is its name, service and tags. Histograms come as the Prometheus convention has them:
/// <c>NAME_bucket</c> with the tag <c>le</c>, <c>NAME_sum</c> and <c>NAME_count</c>.
/// </summary>
/// <param name="Name">1 to 255 characters, as the sender wrote it.</param>
/// <param name="At">When it was measured, UTC.</param>
/// <param name="Value">Finite.</param>
public sealed record MetricSample(string Name, DateTimeOffset At, double Value)
{
    public MetricKind Kind { get; init; }

    /// <summary>What was measured; empty when unknown.</summary>
    public string Service { get; init; } = "";

    /// <summary>Such as <c>ms</c> or <c>%</c>, as the sender wrote it; empty when unknown.</summary>
    public string Unit { get; init; } = "";

    public LabelSet Tags { get; init; } = LabelSet.Empty;
}
