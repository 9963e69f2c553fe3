using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Telemetry;

/// <summary>How long logs, metrics and traces are kept, and how much room they may take. Section <c>Telemetry</c>.</summary>
public sealed class TelemetryOptions
{
    /// <summary>Log lines older than this many days are removed; how many there were per minute is known for 35 days. Default 7, 1 to 3650.</summary>
    [Range(1, 3_650)]
    public int LogDays { get; set; } = 7;

    /// <summary>Samples older than this many days are removed, and refused when they come as late. Default 30, 1 to 3650.</summary>
    [Range(1, 3_650)]
    public int MetricDays { get; set; } = 30;

    /// <summary>Spans that were stored so many days ago are removed. Default 3, 1 to 3650.</summary>
    [Range(1, 3_650)]
    public int TraceDays { get; set; } = 3;

    /// <summary>So much of the disk the traces of one workspace may take, in GiB; the oldest go first. Default 1, 0.001 to 10000.</summary>
    [Range(0.001, 10_000)]
    public double TraceGigabytes { get; set; } = 1;

    /// <summary>
    /// So much of the disk all of it may take, in GiB; the oldest log lines go first. When nothing can go, logs and metrics are refused, alerts never. Default 10, 0.05 to 10000.
    /// </summary>
    [Range(0.05, 10_000)]
    public double MaxGigabytes { get; set; } = 10;

    /// <summary>
    /// While less of the disk is free, in GiB, the embedded store's logs, metrics and traces take no more of it: the oldest log lines make room for new ones. Default 1, 0 to 10000.
    /// </summary>
    [Range(0, 10_000)]
    public double MinFreeGigabytes { get; set; } = 1;
}

[OptionsValidator]
internal sealed partial class TelemetryOptionsValidator : IValidateOptions<TelemetryOptions>;
