using Microsoft.Extensions.Logging;

namespace Tocsin.Sdk.Telemetry;

internal static partial class TelemetryLog
{
    [LoggerMessage(9901, LogLevel.Warning, "{Words}")]
    public static partial void TelemetryLost(this ILogger logger, string words);
}
