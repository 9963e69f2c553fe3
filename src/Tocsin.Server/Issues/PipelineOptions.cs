using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using Tocsin.Identity;

namespace Tocsin.Issues;

/// <summary>When the way of alarms to their issues is an alarm itself, and what of it metrics name. Section <c>Pipeline</c>.</summary>
public sealed class PipelineOptions
{
    /// <summary>So many messages in the dead letter queues of polled queues page whoever the routes name; 0: never. Default 1, 0 to 1 000 000.</summary>
    [Range(0, 1_000_000)]
    public int DeadLetterAlarm { get; set; } = 1;

    /// <summary>So many of a hundred attempts to keep issues that failed within the window do; 0: never. Default 50, 0 to 100.</summary>
    [Range(0, 100)]
    public int ErrorAlarmPercent { get; set; } = 50;

    /// <summary>Of at least so many attempts. Default 10, 1 to 100 000.</summary>
    [Range(1, 100_000)]
    public int ErrorAlarmLeast { get; set; } = 10;

    /// <summary>So long from the alert to its issue, for more than one of twenty steps within the window or for one that still waits, does; zero: never. Default 1 min, 0 to 1 d.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan SlowAlarm { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The time that is looked at. Default 15 min, 1 min to 1 d.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>Whether <c>/metrics</c>, which everybody may read, names teams, workspaces and their queues: yes, no, or auto. Default auto: unless anybody may register an account.</summary>
    [RegularExpression("^(yes|no|auto)$", ErrorMessage = "MetricNames must be yes, no or auto.")]
    public string MetricNames { get; set; } = "auto";

    internal PipelineLimits Limits => new(DeadLetterAlarm, ErrorAlarmPercent, ErrorAlarmLeast, SlowAlarm);

    internal bool NamesIn(AccountOptions accounts) => MetricNames == "yes" || (MetricNames == "auto" && accounts.Registration != Registration.Open);
}

[OptionsValidator]
internal sealed partial class PipelineOptionsValidator : IValidateOptions<PipelineOptions>;
