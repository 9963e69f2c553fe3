using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>What one look of a detector saw.</summary>
/// <param name="Key">As <see cref="Finding.Key"/>.</param>
/// <param name="IsClear">Enough to begin a finding. If not, it only keeps one open that has begun: what goes up and down around a limit is one finding.</param>
public sealed record Observation(string Detector, string Service, string Key, bool IsClear, Severity Severity, string Title, string Text, IReadOnlyList<string> Evidence)
{
    /// <summary>Since when the data shows it.</summary>
    public DateTimeOffset? Since { get; init; }
}

/// <summary>A finding that has begun and is not over.</summary>
public sealed record OpenFinding(string Detector, string Service, string Key, DateTimeOffset SeenAt);

/// <summary>When findings begin and end. Pure.</summary>
public static class FindingLife
{
    /// <summary>What is to be told after a look.</summary>
    /// <param name="open">Those that have begun, of the detectors that looked and of no others.</param>
    /// <param name="seen">Each detector, service and key at most once.</param>
    /// <returns>Findings that begin, are still so, or are over.</returns>
    public static IReadOnlyList<Finding> Decide(IReadOnlyCollection<OpenFinding> open, IReadOnlyCollection<Observation> seen, DateTimeOffset now)
    {
        var known = open.ToDictionary(f => (f.Detector, f.Service, f.Key));
        List<Finding> told = [];
        foreach (var observation in seen)
        {
            if (known.Remove((observation.Detector, observation.Service, observation.Key)) || observation.IsClear)
            {
                told.Add(new()
                {
                    Detector = observation.Detector,
                    Service = observation.Service,
                    Key = observation.Key,
                    Severity = observation.Severity,
                    Title = observation.Title,
                    Text = observation.Text,
                    Evidence = observation.Evidence,
                    Since = observation.Since,
                });
            }
        }

        foreach (var calm in known.Values.Where(f => now - f.SeenAt >= Detectors.CalmOf(f.Detector)))
        {
            told.Add(new() { Detector = calm.Detector, Service = calm.Service, Key = calm.Key, Title = "", Over = true });
        }

        return told;
    }
}
