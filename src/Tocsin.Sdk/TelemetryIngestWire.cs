using System.Text.Json.Serialization;

namespace Tocsin.Sdk;

/// <summary>What became of logs or metrics that were sent: they are stored.</summary>
/// <param name="Status">Always <c>accepted</c>.</param>
/// <param name="Count">How many entries are stored.</param>
/// <param name="Timestamp">ISO 8601 in UTC, without zone.</param>
public sealed record TelemetryAccepted(string Status, int Count, string Timestamp)
{
    /// <summary>Entries that were not taken, at most the first hundred of each cause; absent when all were.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RejectedTelemetry>? Rejected { get; init; }

    /// <summary>How many entries were not taken; absent when all were.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? RejectedCount { get; init; }
}

/// <summary>An entry that was not taken.</summary>
/// <param name="Index">Its place in what was sent, from 0.</param>
/// <param name="Field">The member at fault; empty: the entry as a whole.</param>
/// <param name="Message">One sentence that says what is wrong.</param>
public sealed record RejectedTelemetry(int Index, string Field, string Message);

/// <summary>What one node took in within the last hour, since it started.</summary>
/// <param name="OldestLog">When the oldest of the logs happened, ISO 8601 in UTC, without zone; null: there are none.</param>
/// <param name="NewestLog">When the newest of the logs happened.</param>
public sealed record TelemetryBuffer(long LogsCount, long MetricsCount, long SnapshotsCount, string? OldestLog, string? NewestLog);
