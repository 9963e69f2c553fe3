namespace Tocsin.Alerts;

/// <summary>Which labels say what the canonical event has a field for. The first that has a value wins.</summary>
public static class LabelHints
{
    private static readonly string[] ServiceNames = ["service", "service_name", "service.name", "app", "job"];
    private static readonly string[] EnvironmentNames = ["env", "environment", "deployment.environment.name"];
    private static readonly string[] SeverityNames = ["severity", "priority", "level"];

    public static string? Service(LabelSet labels) => First(labels, ServiceNames);

    public static string? Environment(LabelSet labels) => First(labels, EnvironmentNames);

    /// <summary>
    /// The severity of the first of <c>severity</c>, <c>priority</c>, <c>level</c> whose word we know. If only unknown words are there, the answer is
    /// <see cref="Alerts.Severity.Unset"/> and a warning.
    /// </summary>
    public static Severity Severity(LabelSet labels, ref Warnings warnings)
    {
        string? unknown = null;
        foreach (var name in SeverityNames)
        {
            if (labels[name] is { Length: > 0 } word)
            {
                if (SeverityWords.Read(word) is not Alerts.Severity.Unset and var severity)
                {
                    return severity;
                }

                unknown ??= UnknownSeverity(name, word);
            }
        }

        if (unknown is not null)
        {
            warnings.Add(unknown);
        }

        return Alerts.Severity.Unset;
    }

    /// <summary>Whether the label of this name says something that the canonical event has a field for, or names the alert.</summary>
    public static bool Reads(string name) =>
        name is "alertname" or "instance" or "team"
        || ServiceNames.Contains(name) || EnvironmentNames.Contains(name) || SeverityNames.Contains(name);

    /// <summary>The sentence about a word for severity that is not known.</summary>
    public static string UnknownSeverity(string name, string word) =>
        $"The {name} \"{SignalLimits.Title(word)}\" is not known; the source's default applies.";

    private static string? First(LabelSet labels, string[] names)
    {
        foreach (var name in names)
        {
            if (labels[name] is { Length: > 0 } value)
            {
                return value;
            }
        }

        return null;
    }
}
