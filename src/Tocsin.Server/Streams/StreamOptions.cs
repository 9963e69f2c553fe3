using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Streams;

/// <summary>The live stream. Section <c>Stream</c>.</summary>
public sealed class StreamOptions
{
    /// <summary>After so long a silence subscribers are told that the stream lives. Default 15 s, 1 s to 5 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>A subscriber that takes nothing for so long is cut; it can resume. Default 30 s, 1 s to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Stall { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A subscriber that fell out of the shared window and is not back within this time is cut; it can resume. Default 2 min, 1 s to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan CatchUp { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The newest events that are kept ready in memory for all subscribers of one filter together, in bytes; who is further behind reads the log.
    /// Default 4 MiB, 16 KiB to 1 GiB.
    /// </summary>
    [Range(16 * 1024, 1024 * 1024 * 1024)]
    public int WindowBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Subscribers of this node at once; more are answered 503. Default 15 000, 1 to 1 000 000.</summary>
    [Range(1, 1_000_000)]
    public int MaxSubscribers { get; set; } = 15_000;
}

[OptionsValidator]
internal sealed partial class StreamOptionsValidator : IValidateOptions<StreamOptions>;
