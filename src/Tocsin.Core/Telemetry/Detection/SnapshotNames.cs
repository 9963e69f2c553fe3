using System.Collections.Frozen;

namespace Tocsin.Telemetry;

/// <summary>The five figures that the rules of the reliability assistant know.</summary>
public enum SnapshotField
{
    CpuPercent,
    MemoryPercent,
    LatencyMs,

    /// <summary>0 to 1.</summary>
    ErrorRate,

    /// <summary>Requests a second.</summary>
    Throughput,
}

/// <summary>Which metrics are figures of a snapshot, and in which units they come.</summary>
public static class SnapshotNames
{
    private static readonly FrozenDictionary<string, SnapshotField> _fields = new (SnapshotField Field, string[] Names)[]
    {
        (SnapshotField.CpuPercent, ["cpu", "cpu_percent", "cpu_usage", "cpu_utilization", "processor", "system.cpu_percent"]),
        (SnapshotField.MemoryPercent, ["memory", "memory_percent", "mem_usage", "ram_usage", "memory_utilization", "system.memory_percent"]),
        (SnapshotField.LatencyMs, ["latency", "latency_ms", "response_time", "duration", "elapsed"]),
        (SnapshotField.ErrorRate, ["error_rate", "error_percent", "failure_rate", "error_ratio"]),
        (SnapshotField.Throughput, ["throughput", "requests_per_second", "rps", "qps", "tps"]),
    }.SelectMany(f => f.Names.Select(name => KeyValuePair.Create(name, f.Field))).ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>All names, in lower case.</summary>
    public static IEnumerable<string> All => _fields.Keys;

    /// <summary>The name that a snapshot itself gives the figure: <c>cpu_percent</c>.</summary>
    public static string Name(this SnapshotField field) => field switch
    {
        SnapshotField.CpuPercent => "cpu_percent",
        SnapshotField.MemoryPercent => "memory_percent",
        SnapshotField.LatencyMs => "latency_ms",
        SnapshotField.ErrorRate => "error_rate",
        SnapshotField.Throughput => "throughput",
        _ => throw new ArgumentOutOfRangeException(nameof(field)),
    };

    /// <summary>The figure that a metric of this name is, in any case; null: none.</summary>
    public static SnapshotField? FieldOf(string name) => _fields.TryGetValue(name, out var field) ? field : null;

    /// <summary>What a value of such a metric has to be multiplied with to be in the figure's unit.</summary>
    /// <param name="name">One that <see cref="FieldOf"/> knows.</param>
    /// <param name="unit">As the sender wrote it: <c>%</c>, <c>s</c>, <c>ratio</c>; empty: the usual unit of the name.</param>
    public static double Factor(string name, string unit) => FieldOf(name) switch
    {
        SnapshotField.CpuPercent or SnapshotField.MemoryPercent => IsRatio(unit) ? 100 : 1,
        SnapshotField.ErrorRate => IsPercent(unit) || (unit.Length == 0 && name.Equals("error_percent", StringComparison.OrdinalIgnoreCase)) ? 0.01 : 1,
        SnapshotField.LatencyMs => unit.ToLowerInvariant() switch
        {
            "s" or "sec" or "second" or "seconds" => 1000,
            "us" or "µs" or "microseconds" => 0.001,
            "ns" or "nanoseconds" => 0.000_001,
            _ => 1,
        },
        _ => 1,
    };

    private static bool IsRatio(string unit) => unit.ToLowerInvariant() is "1" or "ratio" or "fraction";

    private static bool IsPercent(string unit) => unit.ToLowerInvariant() is "%" or "percent" or "pct";
}
