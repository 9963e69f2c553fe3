using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Tocsin.Jobs;

/// <summary>How this node works the job table. Section <c>Jobs</c>.</summary>
public sealed class JobOptions
{
    /// <summary>Jobs worked at once on this node. Default 128, 1 to 1024.</summary>
    [Range(1, 1024)]
    public int Concurrency { get; set; } = 128;

    /// <summary>Jobs of one lane (one target) worked at once on this node. Default 16, 1 to 256.</summary>
    [Range(1, 256)]
    public int LaneConcurrency { get; set; } = 16;

    /// <summary>A job not finished or renewed within this is taken by another node. Default 15 s, 5 s to 15 s.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:00:15")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the table is looked at when nothing says that work is there. Default 500 ms, 50 ms to 5 s.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:05")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>After this many failed attempts a job is put on the dead list. Default 10, 1 to 100.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 10;
}

[OptionsValidator]
internal sealed partial class JobOptionsValidator : IValidateOptions<JobOptions>;
