using Tocsin.Sdk;

namespace Tocsin.Pages;

/// <summary>One incident as its page shows it.</summary>
public sealed record IncidentModel
{
    public required IncidentDetail Detail { get; init; }

    /// <summary>all, people, pages, alerts or decisions.</summary>
    public string Show { get; init; } = "all";

    /// <summary>Whom it could be handed to, or who could be asked to help: <c>user:ana</c>.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>The names of the policies that could take it over.</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <summary>Null: it is of no service, or only what changed is asked for.</summary>
    public IncidentTelemetry? Telemetry { get; init; }

    /// <summary>Null: no detector has to do with it, or only what changed is asked for.</summary>
    public IncidentFindings? Findings { get; init; }

    /// <summary>What was typed into the note when it was refused.</summary>
    public string? Note { get; init; }

    internal Incident Incident => Detail.Incident;

    internal IReadOnlyList<EventView> Timeline =>
        [.. Detail.Timeline.Where(e => Show == "all" || Words.Event(e.Kind, e.Actor).Group == Show).OrderBy(e => e.Seq)];

    /// <summary>The escalation is over and not one of its pages went out, which is another thing than nobody answering.</summary>
    internal bool NobodyReached =>
        Incident.Escalation == "exhausted" && Detail.Pages.Any(p => p.Kind == "page") && Detail.Pages.All(p => p.Kind != "page" || p.SentAt is null);

    /// <summary>The pages by whom they went to, those paged last first.</summary>
    internal IReadOnlyList<Responder> Responders =>
        [.. Detail.Pages.Where(p => p.Kind == "page").GroupBy(p => (p.RecipientKind, p.Recipient))
            .Select(g => new Responder(g.Key.Recipient, g.Key.RecipientKind, [.. g.OrderBy(p => p.DueAt).ThenBy(p => p.Id)]))
            .OrderByDescending(r => r.Pages[^1].DueAt)];

    internal IReadOnlyList<AlertLink> Links
    {
        get
        {
            var links = Detail.Alerts.SelectMany(a => a.Links)
                .Concat(Detail.Alerts.SelectMany(a => a.Annotations).Where(a => IsLink(a)).Select(a => new AlertLink(Name(a.Key), a.Value)));
            return [.. links.DistinctBy(l => l.Href).Take(20)];
        }
    }

    /// <summary>How many sources the alerts came from.</summary>
    internal IReadOnlyList<string> Sources => [.. Detail.Alerts.Select(a => a.Source).Distinct(StringComparer.Ordinal)];

    /// <summary>Labels that every alert has with the same value.</summary>
    internal IReadOnlyDictionary<string, string> CommonLabels
    {
        get
        {
            if (Detail.Alerts.Count == 0)
            {
                return Incident.GroupLabels;
            }

            return Detail.Alerts[0].Labels
                .Where(l => Detail.Alerts.All(a => a.Labels.TryGetValue(l.Key, out var other) && other == l.Value))
                .ToDictionary(StringComparer.Ordinal);
        }
    }

    private static bool IsLink(KeyValuePair<string, string> annotation) =>
        annotation.Value.StartsWith("http", StringComparison.OrdinalIgnoreCase) && SafeMarkdown.IsSafe(annotation.Value);

    private static string Name(string key) => key switch
    {
        "runbook_url" or "runbook" => "Runbook",
        "dashboard_url" or "__dashboardUid__" => "Dashboard",
        _ => key,
    };
}

public sealed record Responder(string Name, string Kind, IReadOnlyList<PageView> Pages);
