using System.Globalization;

namespace Tocsin.Issues;

/// <summary>One attempt to bring an issue to what it is to be.</summary>
/// <param name="Teams">1 to 10 names.</param>
/// <param name="Step">create, comment, label, close or reopen.</param>
/// <param name="Latency">Of one that was done, from the receipt of its event; null: it failed, or that is not known.</param>
public sealed record StepFact(DateTimeOffset At, string Source, IReadOnlyList<string> Teams, string Step, bool Done, TimeSpan? Latency);

/// <summary>How issues were kept within a time.</summary>
public sealed record PipelineFacts
{
    public IReadOnlyList<StepFact> Steps { get; init; } = [];

    /// <summary>Since when the oldest step waits that could have been taken and was not; null: none waits.</summary>
    public DateTimeOffset? WaitingSince { get; init; }

    /// <summary>Messages in dead letter queues, as far as they could be counted.</summary>
    public long DeadLetters { get; init; }
}

/// <summary>From when on it is an alarm.</summary>
/// <param name="DeadLetters">So many messages in dead letter queues; 0: never.</param>
/// <param name="ErrorPercent">So many of a hundred attempts that failed; 0: never.</param>
/// <param name="ErrorLeast">Of at least so many attempts.</param>
/// <param name="Slow">So long for 95 of a hundred steps, or for one that still waits; zero: never.</param>
public sealed record PipelineLimits(int DeadLetters, int ErrorPercent, int ErrorLeast, TimeSpan Slow);

/// <param name="Name">dead-letters, errors or slow.</param>
/// <param name="Says">What was measured, for people, without a full stop.</param>
public sealed record PipelineAlarm(string Name, bool Fires, string Says);

/// <summary>Figures of how the pipeline does, and whether they are an alarm. Pure.</summary>
public static class PipelineHealth
{
    /// <summary>So few steps say nothing about how slow it is.</summary>
    private const int LeastSteps = 5;

    /// <summary>The time within which a share of them was done: of the sorted times the first that at least so many reach.</summary>
    /// <param name="share">Above 0, up to 1.</param>
    /// <returns>Null: there are none.</returns>
    public static TimeSpan? Percentile(IReadOnlyList<TimeSpan> sorted, double share) =>
        sorted.Count == 0 ? null : sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Count) - 1, 0, sorted.Count - 1)];

    /// <summary>The times that are known, the shortest first.</summary>
    public static IReadOnlyList<TimeSpan> Latencies(PipelineFacts facts) => [.. facts.Steps.Select(s => s.Latency).OfType<TimeSpan>().Order()];

    /// <summary>Of a hundred attempts those that failed; 0 if there were none.</summary>
    public static double ErrorPercent(PipelineFacts facts) => facts.Steps.Count == 0 ? 0 : 100.0 * facts.Steps.Count(s => !s.Done) / facts.Steps.Count;

    /// <summary>Each alarm, whether it fires or not.</summary>
    public static IReadOnlyList<PipelineAlarm> Alarms(PipelineFacts facts, PipelineLimits limits, DateTimeOffset now)
    {
        var latencies = Latencies(facts);
        var slowest = latencies.Count >= LeastSteps ? Percentile(latencies, 0.95) : null;
        var waits = now - facts.WaitingSince;
        var isSlow = limits.Slow > TimeSpan.Zero && (slowest > limits.Slow || waits > limits.Slow);
        var errors = ErrorPercent(facts);
        return
        [
            new(
                "dead-letters", limits.DeadLetters > 0 && facts.DeadLetters >= limits.DeadLetters,
                string.Create(CultureInfo.InvariantCulture, $"{facts.DeadLetters} messages are in dead letter queues")),
            new(
                "errors", limits.ErrorPercent > 0 && facts.Steps.Count >= limits.ErrorLeast && errors >= limits.ErrorPercent,
                string.Create(CultureInfo.InvariantCulture, $"{errors:0} % of {facts.Steps.Count} attempts to keep issues failed")),
            new(
                "slow", isSlow,
                waits > limits.Slow && waits >= (slowest ?? TimeSpan.Zero)
                    ? string.Create(CultureInfo.InvariantCulture, $"an issue waits for {waits.Value.TotalSeconds:0} s")
                    : string.Create(CultureInfo.InvariantCulture, $"95 % of the steps were done within {(slowest ?? Percentile(latencies, 0.95) ?? TimeSpan.Zero).TotalSeconds:0.0} s of the alert")),
        ];
    }
}
