using System.Globalization;
using Tocsin.Alerts;

namespace Tocsin.Incidents;

/// <summary>What the reliability assistant calls things, both ways. Its five states are our four, and whether one that is over was closed.</summary>
internal static class AssistantWords
{
    public static IReadOnlyList<string> Statuses { get; } = ["open", "investigating", "mitigating", "resolved", "closed"];

    public static string Status(IncidentState state) => state.Status switch
    {
        IncidentStatus.Triggered => "open",
        IncidentStatus.Acknowledged => "investigating",
        IncidentStatus.Snoozed => "mitigating",
        _ => state.ClosedAt is null ? "resolved" : "closed",
    };

    /// <returns>Null: there is no such state.</returns>
    public static IncidentStatus? ReadStatus(string word) => word.ToLowerInvariant() switch
    {
        "open" => IncidentStatus.Triggered,
        "investigating" => IncidentStatus.Acknowledged,
        "mitigating" => IncidentStatus.Snoozed,
        "resolved" or "closed" => IncidentStatus.Resolved,
        _ => null,
    };

    /// <summary>An incident without a severity counts as medium, as the assistant took words that it did not know.</summary>
    public static string Severity(Severity severity) => severity switch
    {
        Alerts.Severity.Critical => "critical",
        Alerts.Severity.High => "high",
        Alerts.Severity.Info => "low",
        _ => "medium",
    };

    /// <summary>One step up.</summary>
    public static Severity Worse(Severity severity) => severity switch
    {
        Alerts.Severity.Critical or Alerts.Severity.High => Alerts.Severity.Critical,
        Alerts.Severity.Info => Alerts.Severity.Warning,
        _ => Alerts.Severity.High,
    };

    public static string Id(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <returns>Null: no incident is called that, such as a UUID of the assistant's own.</returns>
    public static long? ReadId(string id) => long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
