using Microsoft.Extensions.Logging;

namespace Tocsin.Telemetry;

internal static partial class LogsLog
{
    [LoggerMessage(3101, LogLevel.Error, "Storing {Requests} requests with log lines met a bug; each is now stored by itself")]
    public static partial void LogBatchBroke(this ILogger logger, int requests, Exception e);

    [LoggerMessage(3102, LogLevel.Warning, "Log lines are not merged now: {Reason}")]
    public static partial void MergerWaits(this ILogger logger, string reason);

    [LoggerMessage(3103, LogLevel.Error, "Merging log lines met a bug; it is tried again in 3 s")]
    public static partial void MergerBroke(this ILogger logger, Exception e);

    [LoggerMessage(3104, LogLevel.Warning, "Old log lines are not removed now: {Reason}")]
    public static partial void KeeperWaits(this ILogger logger, string reason);

    [LoggerMessage(3105, LogLevel.Error, "Removing old log lines met a bug; it is tried again in 20 s")]
    public static partial void KeeperBroke(this ILogger logger, Exception e);

    [LoggerMessage(3106, LogLevel.Warning, "Log lines of other nodes are not followed now: {Reason}")]
    public static partial void TailWaits(this ILogger logger, string reason);

    [LoggerMessage(3107, LogLevel.Error, "Following the log lines of other nodes met a bug; it is tried again in 1 s")]
    public static partial void TailBroke(this ILogger logger, Exception e);

    [LoggerMessage(3108, LogLevel.Error, "Handing {Blocks} stored blocks on met a bug; their lines are stored, and whoever follows missed them")]
    public static partial void TailMissed(this ILogger logger, int blocks, Exception e);
}
