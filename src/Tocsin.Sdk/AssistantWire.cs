using System.Text.Json.Serialization;

namespace Tocsin.Sdk;

/// <summary>What both forms of an incident tell. Instants are ISO 8601 in UTC, without zone.</summary>
public abstract record AssistantIncidentFields
{
    /// <summary>The incident's number, as text.</summary>
    public required string Id { get; init; }

    public required string Title { get; init; }

    /// <summary>low, medium, high or critical.</summary>
    public required string Severity { get; init; }

    /// <summary>open, investigating (somebody acknowledged it), mitigating (snoozed), resolved or closed.</summary>
    public required string Status { get; init; }

    /// <summary><c>unknown</c> when it has none.</summary>
    public required string Service { get; init; }

    public required string Created { get; init; }

    /// <summary>Who acknowledged it, else whom it was handed to, else the team that has the service; null: nobody in particular.</summary>
    public string? Assignee { get; init; }

    /// <summary>Always null: it is not known.</summary>
    [JsonPropertyName("affectedUsers")]
    public int? AffectedUsers { get; init; }

    public string? Description { get; init; }

    /// <summary>What is known of its extent, as one sentence.</summary>
    public string? Impact { get; init; }
}

/// <summary>An incident as clients of the reliability assistant list it.</summary>
public sealed record AssistantIncident : AssistantIncidentFields;

/// <summary>An incident with what is known around it.</summary>
public sealed record AssistantIncidentDetail : AssistantIncidentFields
{
    public required string Updated { get; init; }

    /// <summary>The description.</summary>
    public string? Summary { get; init; }

    /// <summary>Markdown: the likely cause as the model sees it; a sentence that says so while there is none.</summary>
    public required string Rca { get; init; }

    /// <summary>From what the model recommends; nothing of it is run.</summary>
    public required IReadOnlyList<AssistantPlan> Plans { get; init; }

    /// <summary>The service's lines around the incident's beginning: the last 20, oldest first.</summary>
    public required IReadOnlyList<AssistantLogLine> Logs { get; init; }

    public required AssistantMetrics Metrics { get; init; }

    /// <summary>What happened, oldest first.</summary>
    public required IReadOnlyList<AssistantEvent> Timeline { get; init; }
}

/// <param name="Id"><c>RB-001</c> and on.</param>
/// <param name="Status">Always <c>ready</c>: a person decides.</param>
public sealed record AssistantPlan(string Id, string Name, string Status, IReadOnlyList<string> Steps);

/// <param name="Timestamp">HH:MM:SS, UTC.</param>
/// <param name="Level">Upper case.</param>
public sealed record AssistantLogLine(string Timestamp, string Level, string Message);

/// <summary>A value for each of the last ten minutes that have one.</summary>
/// <param name="ErrorRate">In percent.</param>
/// <param name="Latency">In milliseconds.</param>
/// <param name="Connections">Of metrics that are called connections, db_connections, active_connections or connection_count.</param>
public sealed record AssistantMetrics(
    [property: JsonPropertyName("errorRate")] IReadOnlyList<AssistantPoint> ErrorRate, IReadOnlyList<AssistantPoint> Latency, IReadOnlyList<AssistantPoint> Connections);

/// <param name="Time">HH:MM, UTC.</param>
public sealed record AssistantPoint(string Time, double Value);

/// <param name="Event">incident_created, rca_completed; else the kind of the line in the log, with underscores.</param>
public sealed record AssistantEvent(string Timestamp, string Event, AssistantEventDetails Details);

/// <param name="Actor">user:ana, key:ci, ai:MODEL, system.</param>
public sealed record AssistantEventDetails(string Message, string Actor);

/// <param name="DurationMinutes">To the end, or until now.</param>
/// <param name="RootCause">As the model sees it; null: it was not asked, or saw none.</param>
/// <param name="ActionsTaken">Automated actions that were run: always 0, since none are.</param>
/// <param name="AgentRuns">How often the model said something about it.</param>
/// <param name="StabilityTrend">As in <see cref="AssistantTrend"/>.</param>
/// <param name="ResolutionSummary">What was said at its end; null: nothing.</param>
public sealed record AssistantSummary(
    string Id, string Title, string Status, string Severity, string CreatedAt, string UpdatedAt, double DurationMinutes, string? RootCause, int ActionsTaken, int AgentRuns,
    string StabilityTrend, string? ResolutionSummary);

/// <summary>What became of an incident.</summary>
/// <param name="Status">resolved, closed, acknowledged or escalated.</param>
public sealed record AssistantDone(string Status, string IncidentId)
{
    /// <summary>Only of an escalation: what its severity is now.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Severity { get; init; }
}

/// <param name="ApiVersion">Always v1.</param>
public sealed record AssistantVersion(string Version, string ApiVersion, string Name);

/// <summary>How the installation does, as the workspace sees it.</summary>
/// <param name="Status">operational; incident while one is open and not snoozed; degraded while this node cannot take or page.</param>
/// <param name="ActiveIncident">The newest that is open and not snoozed; null: none.</param>
/// <param name="WatsonxConfigured">Whether the model is an agent of watsonx; <paramref name="Model"/> tells of any.</param>
/// <param name="SlackConfigured">Whether the workspace has a channel or contact of Slack.</param>
/// <param name="MonitoringActive">Whether somebody looks: the rules have run in the last five minutes, or the model in twice its span.</param>
public sealed record AssistantStatus(
    string Status, string Version, string Timestamp, string? ActiveIncident, AssistantTrend StabilityTrend, bool DatabaseConnected, bool WatsonxConfigured, bool SlackConfigured,
    bool MonitoringActive, AssistantBuffer BufferStats, AssistantModel Model);

/// <param name="Trend">unknown, stable, improving, degrading or critical.</param>
public sealed record AssistantTrend(string Trend, int StableCount, int Total)
{
    /// <summary>Of the last check; left out when there was none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? LatestStable { get; init; }
}

/// <summary>What came in the last hour.</summary>
/// <param name="Logs">Lines.</param>
/// <param name="Metrics">Series with a value.</param>
/// <param name="Snapshots">Services of which one of the five figures of a snapshot is known.</param>
public sealed record AssistantBuffer(long Logs, long Metrics, long Snapshots);

/// <summary>The model beside the rules.</summary>
/// <param name="Name">Null: none is configured.</param>
/// <param name="LastLookAt">Null: it has not looked yet.</param>
/// <param name="LastOutcome">As one sentence.</param>
public sealed record AssistantModel(
    bool Configured, string? Name, long CallsThisHour, int CallsPerHour, long TokensToday, int TokensPerDay, string? LastLookAt, string? LastOutcome);

/// <summary>Figures of the last days. What there is no data for is null or missing, never made up.</summary>
/// <param name="Mtta">Mean minutes until a person first answered, of incidents that began in the last seven days and in the seven before.</param>
/// <param name="Mttr">Mean minutes until the end, likewise; those that ended by themselves before anybody answered do not count.</param>
/// <param name="IncidentTrends">The last seven days (UTC), oldest first.</param>
/// <param name="ErrorRates">The five services with the greatest share of lines of level error and worse in the last day.</param>
/// <param name="LatencyP95">For each hour of the last day (UTC) that has values, oldest first.</param>
/// <param name="AutohealHistory">Always empty: no automated actions are run.</param>
public sealed record AssistantAnalytics(
    AssistantMean Mtta, AssistantMean Mttr, [property: JsonPropertyName("incidentTrends")] IReadOnlyList<AssistantDay> IncidentTrends,
    [property: JsonPropertyName("errorRates")] IReadOnlyList<AssistantErrorRate> ErrorRates, [property: JsonPropertyName("latencyP95")] IReadOnlyList<AssistantHour> LatencyP95,
    [property: JsonPropertyName("autohealHistory")] IReadOnlyList<AssistantDone> AutohealHistory, [property: JsonPropertyName("logStats")] AssistantLogStats LogStats,
    [property: JsonPropertyName("incidentStats")] AssistantIncidentStats IncidentStats);

/// <param name="Trend">up or down; null where one of the two is missing, or they are equal.</param>
public sealed record AssistantMean(double? Current, double? Previous, string? Trend);

/// <param name="Sev1">Of severity critical.</param>
/// <param name="Sev2">Of severity high.</param>
/// <param name="Sev3">All others.</param>
public sealed record AssistantDay(string Date, int Sev1, int Sev2, int Sev3);

/// <param name="Rate">In percent of all lines.</param>
public sealed record AssistantErrorRate(string Service, double Rate, long Errors, long Total);

/// <param name="Hour">HH:00, UTC.</param>
/// <param name="Value">Milliseconds.</param>
public sealed record AssistantHour(string Hour, double Value);

/// <summary>Lines of the last day.</summary>
public sealed record AssistantLogStats(long Total, long Debug, long Info, long Warning, long Error, long Critical);

/// <summary>Incidents that began in the last seven days, by what they are now.</summary>
public sealed record AssistantIncidentStats(int Total, int Open, int Investigating, int Mitigating, int Resolved);

/// <param name="Id"><c>RPT-</c> and the incident's number in eight digits.</param>
/// <param name="Incident">Its number, as text.</param>
/// <param name="Status">published once it is resolved, draft before.</param>
/// <param name="Author">Who resolved it; else the model; else system.</param>
public sealed record AssistantReport(string Id, string Title, string Incident, string Date, string Status, string Author, string Summary);

/// <param name="Status">Always triggered: it is done.</param>
/// <param name="Message">What came of it.</param>
public sealed record AssistantTriggered(string Status, string Message);

/// <summary>What a model says about what it was shown.</summary>
/// <param name="IncidentId">Null: no route makes an incident of it.</param>
/// <param name="SystemOk">It sees no anomaly.</param>
public sealed record AssistantAnalysis(string? IncidentId, AssistantRca Rca, IReadOnlyList<AssistantAction> RecommendedActions, string Summary, bool SystemOk);

/// <param name="Confidence">Always null: no number stands for it.</param>
public sealed record AssistantRca(string RootCause, IReadOnlyList<string> ContributingFactors, IReadOnlyList<string> Evidence, double? Confidence);

/// <param name="Automated">Always false, and so is <paramref name="Executed"/>: nothing is run.</param>
public sealed record AssistantAction(string ActionType, string Description, string? Service, bool Automated, bool Executed);
