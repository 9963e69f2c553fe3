using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Streams;

/// <summary>Alerts that are published at <c>/alerts</c> and heard there. Section <c>AlertServer</c>.</summary>
public sealed class AlertServerOptions
{
    /// <summary>How long the newest alert of a group is told to those who connect without saying what they heard last. Default 30 min, 0 (never) to 24 h.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan ReplayWithin { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>The largest published alert, also after decompression, in bytes. Default 64 KiB, 256 to 1 MiB.</summary>
    [Range(256, 1024 * 1024)]
    public int MaxAlertBytes { get; set; } = 64 * 1024;

    /// <summary>Published alerts that may wait for the store; more are answered 503. Default 10 000, 1 to 1 000 000.</summary>
    [Range(1, 1_000_000)]
    public int MaxWaiting { get; set; } = 10_000;

    /// <summary>A folder with the <c>auth.json</c> of an alert server, whose keys are taken over at each start; empty: none. Also read from <c>AUTH_STORE_DIR</c>.</summary>
    public string KeyFolder { get; set; } = "";
}

[OptionsValidator]
internal sealed partial class AlertServerOptionsValidator : IValidateOptions<AlertServerOptions>;
