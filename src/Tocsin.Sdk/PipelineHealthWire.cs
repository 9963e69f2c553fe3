using System.Text.Json.Serialization;

namespace Tocsin.Sdk;

/// <summary>How alarms find their way to issues, within a window of time.</summary>
public sealed record PipelineHealthView
{
    /// <summary>ok, or alarm: at least one of the alarms fires.</summary>
    public required string Status { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The length of the window that ends at <see cref="At"/>.</summary>
    public required double WindowSeconds { get; init; }

    public required PipelineLatency Latency { get; init; }

    /// <summary>Attempts to bring issues to what they are to be, by source and team; one for several teams counts for each.</summary>
    public IReadOnlyList<PipelineShare> Issues { get; init; } = [];

    /// <summary>Of a hundred attempts those that failed: 0 to 100.</summary>
    public double ErrorPercent { get; init; }

    /// <summary>How long the oldest step waits that could have been taken; null: none waits.</summary>
    public double? WaitingSeconds { get; init; }

    /// <summary>Issues for which something is still to be done.</summary>
    public long Pending { get; init; }

    /// <summary>Issues that were given up.</summary>
    public long Failed { get; init; }

    /// <summary>Queues that are polled.</summary>
    public IReadOnlyList<QueueView> Queues { get; init; } = [];

    /// <summary>Deliveries of the last 24 hours that could not be read, wholly or in part, and were not replayed.</summary>
    public long Rejected { get; init; }

    /// <summary>Jobs that gave up.</summary>
    public long DeadJobs { get; init; }

    /// <summary>GitHub as the node that answers knows it; null: this workspace may not use the account.</summary>
    [JsonPropertyName("github")]
    public GitHubHealthView? GitHub { get; init; }

    public IReadOnlyList<PipelineAlarmView> Alarms { get; init; } = [];
}

/// <summary>From the receipt of an alert to the change of its issue. A comment counts from when it had its time.</summary>
/// <param name="Samples">Of how many steps.</param>
/// <param name="P50Seconds">Half of them took no longer; null: there were none.</param>
/// <param name="P95Seconds">95 of a hundred took no longer.</param>
/// <param name="P99Seconds">99 of a hundred took no longer.</param>
public sealed record PipelineLatency(int Samples, double? P50Seconds, double? P95Seconds, double? P99Seconds);

public sealed record PipelineShare(string Source, string Team, int Succeeded, int Failed);

/// <param name="Source">The source that polls it.</param>
/// <param name="Messages">About how many wait; null: that could not be counted.</param>
/// <param name="Hidden">About how many somebody works on.</param>
/// <param name="Delayed">About how many are not shown yet.</param>
/// <param name="DeadLetters">About how many are in its dead letter queue; null: it has none, or it could not be counted.</param>
/// <param name="Fault">What could not be counted, and why.</param>
public sealed record QueueView(string Source, DateTimeOffset ReadAt, long? Messages, long? Hidden, long? Delayed, long? DeadLetters, string? Fault);

/// <param name="Limit">Requests an hour; null, as are the next two, before the first answer.</param>
/// <param name="ResetAt">When all of them may be sent again.</param>
/// <param name="RestsUntil">Until when nothing is asked; null: GitHub is asked.</param>
public sealed record GitHubHealthView(bool Configured, int? Limit, int? Remaining, DateTimeOffset? ResetAt, DateTimeOffset? RestsUntil, string? Why);

/// <param name="Name">dead-letters, errors or slow.</param>
/// <param name="Says">What was measured.</param>
public sealed record PipelineAlarmView(string Name, bool Fires, string Says);
