namespace Tocsin.Data;

/// <summary>
/// The tables of logs, metrics and traces, as <see cref="Schema"/> has those of everything else. They have a history of their own,
/// since the embedded store keeps them in a file of their own.
/// </summary>
internal static class TelemetrySchema
{
    private static readonly string[] _migrations =
    [
    ];

    public static SchemaHistory History { get; } = new("telemetry_version", _migrations);
}
