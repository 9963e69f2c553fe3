using System.Text.Json.Serialization;

namespace Tocsin.Sdk;

/// <summary>Labels of an alert that might come, or the number of an incident that did.</summary>
/// <param name="At">The instant to ask for; null: now. Ignored for an incident: its reasons were recorded.</param>
public sealed record ExplainRequest(IReadOnlyDictionary<string, string>? Labels = null, long? Incident = null, DateTimeOffset? At = null)
{
    /// <summary>A body as a source receives it, instead of labels; needs <c>source</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Payload { get; init; }

    /// <summary>The name of the source that would receive it, or the id of a provider (grafana, alertmanager, generic).</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Source { get; init; }

    /// <summary>An alert that is stored: what would become of it, were it to come at <c>at</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Alert { get; init; }

    /// <summary>Asks why this user was not paged: for an incident, an alert, a span of time, or labels that might come.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? User { get; init; }

    /// <summary>The beginning of the span; with <c>user</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? From { get; init; }

    /// <summary>The end of the span. Default: now.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? To { get; init; }
}

/// <summary>Why somebody is, was or would be paged.</summary>
/// <param name="Recorded">True: from the log of what happened. False: worked out for the asked instant.</param>
public sealed record Explanation(
    bool Recorded, IReadOnlyList<ExplainRoute> Routes, IReadOnlyList<ExplainDestination> Destinations, string? SilencedBy, IReadOnlyList<string> Warnings)
{
    /// <summary>The instant that was asked for; null: recorded.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>What was made of the alert before anything was decided; null: recorded.</summary>
    public ExplainAlert? Alert { get; init; }

    /// <summary>Silences, maintenance windows and inhibition rules: which mute the alert, and why the others do not. At most 50, those that mute first.</summary>
    public IReadOnlyList<ExplainMute> Mutes { get; init; } = [];

    /// <summary>Why the asked user was not paged, or how they were.</summary>
    public IReadOnlyList<Absence> Absences { get; init; } = [];

    /// <summary>What is expected here as a test of the estate, in YAML; null: recorded.</summary>
    public string? Test { get; init; }
}

/// <summary>An alert as matchers see it.</summary>
/// <param name="Adapter">The provider that read it; null: only labels were given.</param>
/// <param name="Notes">What the fields were read from, and what had to be put right.</param>
public sealed record ExplainAlert(
    string? Adapter, string? Source, string Title, string Severity, string? Service, string? Environment, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<string> Notes);

/// <param name="Kind">silence, maintenance or inhibition.</param>
/// <param name="Reason">Until when, or by which alert; or why not.</param>
public sealed record ExplainMute(string Kind, string Name, bool Mutes, string Reason);

/// <summary>One reason why somebody was not paged, or a page that they got.</summary>
/// <param name="Verdict">
/// paged, waiting, muted, not_routed, not_named, not_on_call, unreachable, step_not_reached, step_skipped, quiet_hours, answered_first, method_failed,
/// rate_limited or nothing_happened.
/// </param>
public sealed record Absence(string Verdict, string Reason)
{
    public long? Incident { get; init; }

    public long? Alert { get; init; }

    /// <summary>When that was decided, or would have been.</summary>
    public DateTimeOffset? At { get; init; }
}

/// <param name="Depth">0 for the root.</param>
/// <param name="Outcome">matched, failed or not_reached.</param>
public sealed record ExplainRoute(string Name, int Depth, string Outcome, string Reason);

public sealed record ExplainDestination(
    string Route, string Policy, string Urgency, string? Service, IReadOnlyDictionary<string, string> GroupLabels, long? JoinsIncident,
    IReadOnlyList<ExplainStep> Steps)
{
    /// <summary>The revision of the configuration that the policy is of; 0: not known.</summary>
    public long PolicyRevision { get; init; }

    /// <summary>By now the policy is another one; the incident goes on by the one that it began with.</summary>
    public bool PolicyChanged { get; init; }

    /// <summary>Whom the incident was handed to, as <c>user:bo</c>: that is its first step.</summary>
    public string? HandedTo { get; init; }
}

/// <param name="AfterSeconds">Time since the incident began.</param>
public sealed record ExplainStep(int Step, int Round, double AfterSeconds, string Target, IReadOnlyList<ExplainPage> Pages, string Because)
{
    /// <summary>The step's condition does not hold then; it is passed at once.</summary>
    public bool Skipped { get; init; }
}

public sealed record ExplainPage(string Recipient, string Method, string Type, double AfterSeconds)
{
    /// <summary>user or channel.</summary>
    public string RecipientKind { get; init; } = "user";

    /// <summary>Why the recipient is not called when the step begins: quiet hours, or called for the same just before; null: they are.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Held { get; init; }
}
