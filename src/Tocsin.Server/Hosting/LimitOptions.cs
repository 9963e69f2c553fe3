using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Hosting;

/// <summary>How many requests a node takes from one sender. What is beyond gets 429 and when to come again, before any work is done for it. Section <c>Limits</c>.</summary>
public sealed class LimitOptions
{
    /// <summary>Deliveries a second with one source's key; for ten seconds ten times as many at once; 0: no limit. Default 10000.</summary>
    [Range(0, 1_000_000)]
    public int SourcePerSecond { get; set; } = 10_000;

    /// <summary>Requests a second with one API key; for ten seconds ten times as many at once; 0: no limit. Default 2000.</summary>
    [Range(0, 1_000_000)]
    public int KeyPerSecond { get; set; } = 2_000;

    /// <summary>Requests a second of one person who is logged in; for ten seconds ten times as many at once; 0: no limit. Default 100.</summary>
    [Range(0, 1_000_000)]
    public int PersonPerSecond { get; set; } = 100;

    /// <summary>Requests a second without a credential, or with one that is refused, from one IPv4 address or IPv6 network (/64); for ten seconds ten times as many at once; 0: no limit. Default 100.</summary>
    [Range(0, 1_000_000)]
    public int AddressPerSecond { get; set; } = 100;
}

[OptionsValidator]
internal sealed partial class LimitOptionsValidator : IValidateOptions<LimitOptions>;
