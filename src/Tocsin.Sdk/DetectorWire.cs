using System.Text.Json.Serialization;

namespace Tocsin.Sdk;

/// <summary>What the rules of the reliability assistant say now: <c>GET /anomaly/status</c>.</summary>
/// <param name="AnomalyType">The name of the only kind of signal, <c>multiple</c>, <c>forced_incident</c>, or null.</param>
/// <param name="Severity">low, medium, high or critical.</param>
/// <param name="AffectedMetrics">Names of figures, and <c>logs</c>.</param>
/// <param name="Confidence">0 to 1.</param>
public sealed record AnomalyStatusView(
    bool AnomalyDetected, string? AnomalyType, string Severity, string? Description, IReadOnlyList<string> AffectedMetrics, double Confidence);

public sealed record ForcedIncidentView(bool ForceIncidentMode);

/// <summary>Whether things are as they should be: <c>GET /stability/check</c>.</summary>
/// <param name="Details">What is not, in one sentence.</param>
/// <param name="ShouldRerunAgent">By the trend of the last five minutes.</param>
public sealed record StabilityView(bool IsStable, bool MetricsOk, bool LogsOk, string Details, bool ShouldRerunAgent);

public sealed record BaselineSetView(string Status);

/// <summary>One detector of a workspace.</summary>
/// <param name="Id">As in the label <c>detector</c> of its alerts.</param>
/// <param name="Says">What it finds, as a sentence without a full stop.</param>
/// <param name="Rules">The names of the estate's detectors of this type.</param>
/// <param name="Open">How many of its findings are not over.</param>
/// <param name="Last">Its newest finding; null: it never had one.</param>
public sealed record DetectorView(string Id, string Says, bool Enabled, IReadOnlyList<string> Rules, int Open, FindingView? Last);

/// <summary>The detectors of a workspace, and how they do.</summary>
/// <param name="LookedAt">When they last looked; null: never.</param>
/// <param name="Skipped">What they did not look at because it was too much, each as a sentence.</param>
public sealed record DetectorList(IReadOnlyList<DetectorView> Items, DateTimeOffset? LookedAt, IReadOnlyList<string> Skipped);

/// <summary>One finding, from its beginning to its end.</summary>
/// <param name="Key">What of the service it is about; empty: the service as a whole.</param>
/// <param name="Severity">critical, high, warning or info.</param>
/// <param name="Since">Since when the data shows it.</param>
/// <param name="EndedAt">Null: it is not over.</param>
public sealed record FindingView(
    long Id, string Detector, string Service, string Key, string Severity, string Title, string Text, IReadOnlyList<string> Evidence, DateTimeOffset Since, DateTimeOffset OpenedAt, DateTimeOffset? EndedAt);

/// <summary>A detector to be tried on what is stored.</summary>
public sealed record DetectorPreviewRequest
{
    /// <summary>One of those that <c>GET /api/v1/detectors</c> lists.</summary>
    public required string Type { get; init; }

    /// <summary>Only this service; null: all.</summary>
    public string? Service { get; init; }

    /// <summary>How far back, 1 to 7. Default: 1.</summary>
    public int? Days { get; init; }

    /// <summary>The further keys of a detector of the estate, such as <c>sensitivity</c>, <c>latency_ms</c> or <c>objective</c>, as texts.</summary>
    public IReadOnlyDictionary<string, string>? Settings { get; init; }
}

/// <summary>What a detector would have found.</summary>
/// <param name="Findings">At the instants at which it would have said so, oldest first, with the ends as far as they came.</param>
/// <param name="Complete">False: there was too much to look at all of it; <paramref name="Skipped"/> says what was left out.</param>
public sealed record DetectorPreview(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<FindingView> Findings, bool Complete, IReadOnlyList<string> Skipped)
{
    /// <summary>How many there would have been on an average day.</summary>
    [JsonIgnore]
    public double PerDay => (To - From).TotalDays is > 0 and var days ? Findings.Count / days : 0;
}
