using Tocsin.Telemetry;

namespace Tocsin.Bench.Detection;

/// <summary>Something that went wrong in made-up data, and who is expected to notice it.</summary>
/// <param name="From">The first minute.</param>
/// <param name="To">The minute after the last.</param>
/// <param name="Finders">Detectors whose job it is; others may notice it too.</param>
public sealed record Fault(string Kind, string Service, long From, long To, IReadOnlyList<string> Finders)
{
    /// <summary>How long after its end a finding still belongs to it.</summary>
    private const int Late = 30;

    public bool Explains(string service, long minute) => (service == Service || service.Length == 0) && minute >= From && minute < To + Late;

    /// <summary>Each kind, who is expected to find it, and how long it lasts in minutes.</summary>
    public static IReadOnlyList<(string Kind, int Least, int Most, string[] Finders)> Kinds { get; } =
    [
        ("database", 20, 45, [Detectors.ErrorBurst, Detectors.NewError, Detectors.Threshold, Detectors.MetricOutlier, Detectors.Slo]),
        ("memory", 25, 60, [Detectors.Threshold, Detectors.MetricOutlier, Detectors.NewError]),
        ("latency", 10, 25, [Detectors.Threshold, Detectors.MetricOutlier]),
        ("service", 20, 45, [Detectors.ErrorBurst, Detectors.Threshold, Detectors.MetricOutlier, Detectors.Slo]),
        ("disk", 20, 45, [Detectors.NewError]),
        ("level shift", 180, 300, [Detectors.MetricOutlier]),
        ("silence", 30, 60, [Detectors.MissingData]),
        ("series gone", 40, 90, [Detectors.MissingData]),
        ("job stopped", 90, 140, [Detectors.TemplateStopped]),
        ("flood", 15, 40, [Detectors.TemplateBurst]),
        ("slow burn", 300, 480, [Detectors.Slo]),
        ("unusual hour", 40, 80, [Detectors.ErrorBurst]),
    ];
}
