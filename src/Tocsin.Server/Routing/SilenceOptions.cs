using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Routing;

/// <summary>How far silences and maintenance windows go that people make. Section <c>Silences</c>. Those that an estate declares are not limited.</summary>
public sealed class SilenceOptions
{
    /// <summary>The longest that a silence lasts, in hours; one that recurs may last a year. Default 720 (30 days), 1 to 8784.</summary>
    [Range(1, 8784)]
    public int MostHours { get; set; } = 720;

    /// <summary>A silence that would mute more firing alerts than this must be confirmed. Default 20, 1 to 100000.</summary>
    [Range(1, 100_000)]
    public int ConfirmAlerts { get; set; } = 20;

    /// <summary>
    /// A silence that would mute five firing alerts or more, and at least this part of all, must be confirmed. In per cent; default 50, 1 to 100.
    /// </summary>
    [Range(1, 100)]
    public int ConfirmPercent { get; set; } = 50;

    /// <summary>How long before its end the owner of a silence is told that still mutes firing alerts, in minutes. Default 15, 1 to 1440.</summary>
    [Range(1, 1440)]
    public int TellMinutes { get; set; } = 15;
}

[OptionsValidator]
internal sealed partial class SilenceOptionsValidator : IValidateOptions<SilenceOptions>;
