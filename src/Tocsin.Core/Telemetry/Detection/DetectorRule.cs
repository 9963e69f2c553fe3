using System.Collections.Frozen;
using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>How much it takes until a detector says something.</summary>
public enum Sensitivity
{
    /// <summary>Only what is far out.</summary>
    Low,
    Normal,
    High,
}

/// <summary>The detectors that there are, by id.</summary>
public static class Detectors
{
    public const string ErrorBurst = "error-burst";
    public const string NewError = "new-error";
    public const string TemplateBurst = "template-burst";
    public const string TemplateStopped = "template-stopped";
    public const string MetricOutlier = "metric-outlier";
    public const string MissingData = "missing-data";
    public const string Threshold = "threshold";
    public const string Slo = "slo";
    public const string Query = "query";

    /// <summary>All of them, each with one sentence for people.</summary>
    public static IReadOnlyList<(string Id, string Says)> All { get; } =
    [
        (ErrorBurst, "A service writes far more errors than it usually does at this time"),
        (NewError, "A service writes an error that it never wrote before, again and again"),
        (TemplateBurst, "One kind of line comes far more often than it usually does"),
        (TemplateStopped, "One kind of line that came regularly no longer comes, while its service goes on writing"),
        (MetricOutlier, "A metric is far from where it usually is at this time, or has moved and stays there"),
        (MissingData, "A service or metric that always spoke is silent"),
        (Threshold, "CPU, memory, latency or error rate is over its limit for five minutes"),
        (Slo, "A service level objective loses its budget too fast"),
        (Query, "A fixed question about logs or a metric is answered with yes"),
    ];

    /// <summary>Those that look without being told what at.</summary>
    public static bool NeedsRule(string id) => id is Slo or Query;

    public static bool Exists(string id) => All.Any(d => d.Id == id);

    /// <summary>How long a finding stays open after it was last seen.</summary>
    public static TimeSpan CalmOf(string id) => id switch
    {
        NewError => TimeSpan.FromMinutes(2),
        MissingData or TemplateStopped => TimeSpan.FromMinutes(3),
        Query => TimeSpan.FromMinutes(5),
        _ => TimeSpan.FromMinutes(10),
    };
}

/// <summary>What counts as good for a service level objective.</summary>
/// <param name="Total">The metric that counts all events; null: <see cref="Bad"/> is a share of 0 to 1, or null too.</param>
/// <param name="Bad">The metric that counts bad events; null: lines are the events and errors are bad.</param>
public sealed record SloMeasure(string? Total, string? Bad)
{
    /// <summary>Every line is an event; an error is a bad one.</summary>
    public static SloMeasure Lines { get; } = new(null, null);

    /// <summary>The figure error_rate of the service.</summary>
    public static SloMeasure ErrorRate { get; } = new(null, SnapshotField.ErrorRate.Name());
}

/// <summary>A question whose answer is a finding: about lines, or about a metric.</summary>
public sealed record FixedQuery
{
    /// <summary>What lines must hold, as in the search of logs; null: it asks about a metric.</summary>
    public string? Text { get; init; }

    public LineLevel Least { get; init; } = LineLevel.Debug;

    /// <summary>So many lines are still fine.</summary>
    public long MoreThan { get; init; }

    /// <summary>The name of a metric; null: it asks about lines.</summary>
    public string? Metric { get; init; }

    public double? Above { get; init; }

    public double? Below { get; init; }

    /// <summary>Lines within so long; a metric for so long. Whole minutes, 1 to 1440.</summary>
    public TimeSpan Within { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>What a workspace wants of one detector, for all services or for one.</summary>
/// <param name="Detector">One of <see cref="Detectors"/>.</param>
public sealed record DetectorRule(string Name, string Detector)
{
    /// <summary>Null: all services that no other rule of the detector names.</summary>
    public string? Service { get; init; }

    public bool Enabled { get; init; } = true;

    public Sensitivity Sensitivity { get; init; } = Sensitivity.Normal;

    /// <summary>How bad its findings are; null: as the detector thinks.</summary>
    public Severity? Severity { get; init; }

    /// <summary>For <see cref="Detectors.Threshold"/>: other limits than the usual ones.</summary>
    public IReadOnlyDictionary<SnapshotField, double> Limits { get; init; } = FrozenDictionary<SnapshotField, double>.Empty;

    /// <summary>For <see cref="Detectors.Slo"/>: the share of events that are to be good, 0.5 to 0.99999.</summary>
    public double Objective { get; init; } = 0.999;

    /// <summary>For <see cref="Detectors.Slo"/>.</summary>
    public SloMeasure Measure { get; init; } = SloMeasure.ErrorRate;

    /// <summary>For <see cref="Detectors.Query"/>.</summary>
    public FixedQuery? Query { get; init; }
}

/// <summary>The rules of a workspace, and the defaults where it has none.</summary>
public sealed class DetectorBook
{
    private readonly FrozenDictionary<(string Detector, string Service), DetectorRule> _rules;

    /// <param name="rules">At most one of a detector for a service, but for those that <see cref="Detectors.NeedsRule"/>.</param>
    public DetectorBook(IEnumerable<DetectorRule> rules)
    {
        DetectorRule[] all = [.. rules];
        _rules = all.Where(r => !Detectors.NeedsRule(r.Detector)).DistinctBy(r => (r.Detector, r.Service)).ToFrozenDictionary(r => (r.Detector, r.Service ?? ""));
        Slos = [.. all.Where(r => r is { Detector: Detectors.Slo, Enabled: true })];
        Queries = [.. all.Where(r => r is { Detector: Detectors.Query, Enabled: true, Query: not null })];
        All = all;
    }

    public static DetectorBook Usual { get; } = new([]);

    public IReadOnlyList<DetectorRule> All { get; }

    public IReadOnlyList<DetectorRule> Slos { get; }

    public IReadOnlyList<DetectorRule> Queries { get; }

    /// <summary>The rule for a service: its own, else that of the workspace, else the default.</summary>
    /// <returns>Null: it is switched off there.</returns>
    public DetectorRule? For(string detector, string service)
    {
        var rule = _rules.GetValueOrDefault((detector, service)) ?? _rules.GetValueOrDefault((detector, "")) ?? new(detector, detector);
        return rule.Enabled ? rule : null;
    }

    /// <summary>Whether any service can have findings of it.</summary>
    public bool IsOn(string detector) => detector switch
    {
        Detectors.Slo => Slos.Count > 0,
        Detectors.Query => Queries.Count > 0,
        _ => For(detector, "") is not null || _rules.Values.Any(r => r.Detector == detector && r.Enabled),
    };
}
