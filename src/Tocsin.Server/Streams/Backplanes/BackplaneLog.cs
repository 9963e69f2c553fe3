using Microsoft.Extensions.Logging;

namespace Tocsin.Streams.Backplanes;

internal static partial class BackplaneLog
{
    [LoggerMessage(3041, LogLevel.Information, "Nodes hear of each other by {Backplane}, there and back in {RoundTripInMs} ms")]
    public static partial void BackplaneConnected(this ILogger logger, string backplane, long roundTripInMs);

    [LoggerMessage(3042, LogLevel.Warning, "The backplane {Backplane} is away: {Reason}; nodes look at the store by themselves until it is back, nothing is lost")]
    public static partial void BackplaneLost(this ILogger logger, string backplane, string reason);

    [LoggerMessage(3043, LogLevel.Warning, "A message on the channel of group {Group} is no alert: {Reason}; it is left out")]
    public static partial void ForeignRejected(this ILogger logger, string group, string reason);

    [LoggerMessage(3044, LogLevel.Warning, "{Messages} alerts of other programs came faster than the store takes them; they are left out")]
    public static partial void ForeignDropped(this ILogger logger, long messages);

    [LoggerMessage(3045, LogLevel.Warning, "Alerts of other programs wait, the store is away: {Reason}; next try in {RetryInMs} ms")]
    public static partial void ForeignWait(this ILogger logger, string reason, long retryInMs);

    [LoggerMessage(3046, LogLevel.Warning, "Workspace {Workspace}, whose alerts are shared with other programs, does not exist; none are shared until it does")]
    public static partial void NoSuchWorkspace(this ILogger logger, string workspace);
}
