using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Alerts;

/// <summary>How deliveries are taken in. Section <c>Ingest</c>.</summary>
public sealed class IngestOptions
{
    /// <summary>The largest body, also after decompression, in bytes. Default 1 MiB, 1 KiB to 64 MiB.</summary>
    [Range(1024, 64 * 1024 * 1024)]
    public int MaxBodyBytes { get; set; } = 1024 * 1024;

    /// <summary>The most alerts that are taken of one delivery; the others are named as rejected, and all of it is kept. Default 1 000, 1 to 100 000.</summary>
    [Range(1, 100_000)]
    public int MaxAlerts { get; set; } = 1_000;

    /// <summary>
    /// So many deliveries of a workspace that were rejected within 24 hours, wholly or in part, page its administrators; 0: never. Default 20, 0 to 100 000.
    /// </summary>
    [Range(0, 100_000)]
    public int RejectedAlarm { get; set; } = 20;

    /// <summary>Deliveries that may wait for the store; more are answered 503. Default 10 000, 1 to 1 000 000.</summary>
    [Range(1, 1_000_000)]
    public int MaxWaiting { get; set; } = 10_000;
}

[OptionsValidator]
internal sealed partial class IngestOptionsValidator : IValidateOptions<IngestOptions>;
