using Microsoft.Extensions.Logging;

namespace Tocsin.Jobs;

internal static partial class JobLog
{
    [LoggerMessage(2101, LogLevel.Warning, "Job {JobId} ({Kind}) failed on attempt {Attempt}; next try in {RetryInMs} ms")]
    public static partial void JobFailed(this ILogger logger, long jobId, string kind, int attempt, long retryInMs, Exception e);

    [LoggerMessage(2102, LogLevel.Error, "Job {JobId} ({Kind}) gave up after {Attempt} attempts; it is on the dead list")]
    public static partial void JobDead(this ILogger logger, long jobId, string kind, int attempt, Exception e);

    [LoggerMessage(2103, LogLevel.Warning, "Job {JobId} ({Kind}) was taken over by another node; this node's result is dropped")]
    public static partial void LeaseLost(this ILogger logger, long jobId, string kind);

    [LoggerMessage(2104, LogLevel.Warning, "Job {JobId} ({Kind}) waited past its lease; it is left to whoever claims it")]
    public static partial void LeaseOver(this ILogger logger, long jobId, string kind);

    [LoggerMessage(2105, LogLevel.Warning, "Job {JobId} ({Kind}) could not be settled, the store is away: {Reason}; its lease runs out by itself")]
    public static partial void StoreAway(this ILogger logger, long jobId, string kind, string reason);

    [LoggerMessage(2106, LogLevel.Error, "The job table cannot be worked: {Reason}; next try in {RetryInMs} ms")]
    public static partial void TurnFailed(this ILogger logger, string reason, long retryInMs);

    [LoggerMessage(2107, LogLevel.Critical, "The job loop met a bug; it goes on in {RetryInMs} ms")]
    public static partial void TurnBroke(this ILogger logger, long retryInMs, Exception e);
}
