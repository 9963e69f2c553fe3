using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Incidents;

/// <summary>Incidents as clients of the reliability assistant know them.</summary>
internal static class AssistantViews
{
    private const string NoCause = "No analysis of the cause yet.";

    public static AssistantIncident Of(IncidentState state, EstateSnapshot estate) => new()
    {
        Id = AssistantWords.Id(state.Number),
        Title = state.Title,
        Severity = AssistantWords.Severity(state.Severity),
        Status = AssistantWords.Status(state),
        Service = state.Service ?? "unknown",
        Created = DetailAnswer.Time(state.CreatedAt),
        Assignee = AssigneeOf(state, estate),
        Description = state.Description,
        Impact = ImpactOf(state),
    };

    public static AssistantIncidentDetail Of(IncidentState state, EstateSnapshot estate, ModelVerdict? verdict, IncidentEvidence evidence, IEnumerable<EventView> lines)
    {
        var brief = Of(state, estate);
        return new()
        {
            Id = brief.Id,
            Title = brief.Title,
            Severity = brief.Severity,
            Status = brief.Status,
            Service = brief.Service,
            Created = brief.Created,
            Assignee = brief.Assignee,
            Description = brief.Description,
            Impact = brief.Impact,
            Updated = DetailAnswer.Time(state.UpdatedAt),
            Summary = state.Description,
            Rca = verdict is null ? NoCause : Markdown(verdict),
            Plans = verdict is null ? [] : [.. verdict.Actions.Select((action, i) => new AssistantPlan($"RB-{i + 1:000}", $"{action.Action}{(action.Service.Length > 0 ? $" {action.Service}" : "")}", "ready", action.Reason.Length > 0 ? [action.Reason] : []))],
            Logs = evidence.Logs,
            Metrics = evidence.Metrics,
            Timeline = [.. lines.Select(Of)],
        };
    }

    public static AssistantEvent Of(EventView line) => new(
        DetailAnswer.Time(line.At),
        line.Kind switch
        {
            "incident.triggered" => "incident_created",
            VerdictDesk.Reviewed => "rca_completed",
            var kind => kind.Replace('.', '_'),
        },
        new(line.Reason, line.Actor));

    public static double Minutes(IncidentState state, DateTimeOffset now) =>
        Math.Round(Math.Max(0, ((state.ResolvedAt ?? now) - state.CreatedAt).TotalMinutes), 1);

    private static string? AssigneeOf(IncidentState state, EstateSnapshot estate) =>
        state.AcknowledgedBy ?? state.HandedTo?.Name ?? (state.Service is { } service && estate.Model.Services.TryGetValue(service, out var known) ? known.Team : null);

    private static string ImpactOf(IncidentState state) =>
        $"{state.AlertCount} alert{(state.AlertCount == 1 ? "" : "s")}, {state.FiringCount} firing{(state.Environment is { } environment ? $", in {environment}" : "")}";

    /// <summary>The texts are a model's: whoever shows them escapes them, as all text from outside.</summary>
    private static string Markdown(ModelVerdict verdict) => string.Join(
        "\n",
        (string[])
        [
            "## Likely cause, as the model sees it", "", verdict.RootCause,
            .. verdict.Factors.Count > 0 ? (string[])["", "## Contributing", "", .. verdict.Factors.Select(f => $"- {f}")] : [],
            .. verdict.Summary.Length > 0 ? (string[])["", verdict.Summary] : [],
        ]);
}
