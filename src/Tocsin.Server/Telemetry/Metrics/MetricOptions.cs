using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Telemetry;

/// <summary>How metrics are taken in. Section <c>Telemetry:Metrics</c>.</summary>
public sealed class MetricOptions
{
    /// <summary>Series of one workspace; samples of further ones are refused, and their senders told so. Default 50 000, 100 to 5 000 000.</summary>
    [Range(100, 5_000_000)]
    public int MaxSeries { get; set; } = 50_000;
}

[OptionsValidator]
internal sealed partial class MetricOptionsValidator : IValidateOptions<MetricOptions>;
