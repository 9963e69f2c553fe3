using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Issues;
using Tocsin.Notify;
using Tocsin.Sdk;
using Tocsin.Streams;

namespace Tocsin.Incidents;

/// <summary>Incidents, alerts and pages as the wire shows them; the pages of the UI take the same records.</summary>
internal sealed class IncidentViews(IncidentStore incidents, AlertStore alerts, PageStore pages, IssueStore issues, EventLog log, PublicLinks links)
{
    private const int MostAlerts = 500;
    private const int MostEvents = 1000;
    private const int MostIssues = 100;

    public async Task<IncidentDetail?> DetailAsync(Session session, EstateSnapshot estate, long number)
    {
        if (await incidents.FindAsync(session, estate.Workspace, number) is not { } state)
        {
            return null;
        }

        var members = await alerts.OfIncidentAsync(session, estate.Workspace, number, MostAlerts);
        var sent = await pages.OfIncidentAsync(session, estate.Workspace, number);
        var timeline = await log.NewestAsync(session, estate.Workspace, $"incident/{number}", long.MaxValue, MostEvents);
        timeline.Reverse();
        var kept = await issues.OfIncidentAsync(session, estate.Workspace, number, MostIssues);
        return new(Of(state, estate), [.. members.Select(a => Of(a, estate, [number]))], [.. sent.Select(Of)], timeline) { Issues = [.. kept.Select(issue => IssueViews.Of(issue, number))] };
    }

    public Incident Of(IncidentState state, EstateSnapshot estate) => new()
    {
        Number = state.Number,
        Status = Word(state.Status),
        Title = state.Title,
        Description = state.Description,
        Severity = state.Severity.Word(),
        Urgency = Word(state.Urgency),
        Service = state.Service,
        Environment = state.Environment,
        Route = state.Route,
        Policy = state.Policy.Name,
        PolicyRevision = state.PolicyRevision,
        PolicyChanged = state.IsOpen && PolicyVersion.IsOld(estate, state),
        HandedTo = state.HandedTo?.ToString(),
        Priority = state.Priority,
        Asked = [.. (state.Asked ?? []).Select(Of)],
        GroupLabels = state.GroupLabels.ToDictionary(StringComparer.Ordinal),
        CreatedAt = state.CreatedAt,
        UpdatedAt = state.UpdatedAt,
        AcknowledgedAt = state.AcknowledgedAt,
        AcknowledgedBy = state.AcknowledgedBy,
        SnoozedUntil = state.SnoozedUntil,
        ResolvedAt = state.ResolvedAt,
        ResolvedBy = state.ResolvedBy,
        AlertCount = state.AlertCount,
        FiringCount = state.FiringCount,
        Escalation = Word(state.Escalation),
        Step = state.Step + 1,
        Steps = state.Policy.Steps.Count,
        Round = state.Round,
        Rounds = state.Policy.Rounds,
        NextAt = state.NextAt,
        Paging = [.. state.Paging.Select(id => id[(id.IndexOf(':', StringComparison.Ordinal) + 1)..])],
        Next = state is { Escalation: EscalationStatus.Paging, NextAt: { } at } && IncidentDecider.NextNames(state, estate.Responders, at) is { } names ? names.Split(", ") : [],
        Url = links.Incident(state.Number)?.ToString(),
    };

    public static Alert Of(AlertRow row, EstateSnapshot estate, IReadOnlyList<long> incidents) => new()
    {
        Id = row.Id,
        Source = row.Document.Source,
        DedupKey = row.Document.DedupKey,
        Status = Word(row.State.Status),
        Title = row.Document.Title,
        Description = row.Document.Description,
        Severity = row.Severity.Word(),
        Service = row.Document.Service,
        Environment = row.Document.Environment,
        Labels = row.Document.Labels.ToDictionary(StringComparer.Ordinal),
        Annotations = row.Document.Annotations.ToDictionary(StringComparer.Ordinal),
        Links = [.. (row.Document.Links ?? []).Select(l => new AlertLink(l.Text, l.Href))],
        StartedAt = row.State.StartedAt,
        EndedAt = row.State.EndedAt,
        ExpiresAt = row.State.ExpiresAt,
        UpdatedAt = row.UpdatedAt,
        Episodes = row.State.Episodes,
        SilencedBy = !row.Silenced ? null
            : Routing.Mute.Read(row.MutedBy) is { } mute ? mute.Name
            : estate.Silences.FirstMatch(AlertIntake.SubjectOf(row), row.UpdatedAt)?.Id ?? "ended",
        MutedBy = row.Silenced ? Routing.Mute.Read(row.MutedBy)?.Kind.ToString().ToLowerInvariant() ?? "silence" : null,
        Incidents = incidents,
    };

    private static AskedView Of(AskedResponder asked)
    {
        var parts = asked.Id.Split(':', 2);
        return new(parts[1], parts[0], asked.By, asked.At, Word(asked.Answer), asked.AnsweredAt);
    }

    public static PageView Of(PageRow page) => new()
    {
        Id = page.Id,
        Incident = page.Incident,
        Kind = Snake(page.Kind.ToString()),
        Recipient = page.Recipient,
        RecipientKind = page.RecipientKind == Escalation.RecipientKind.User ? "user" : "channel",
        Method = page.Method,
        Type = page.Type,
        Step = page.Step + 1,
        Round = page.Round,
        Key = page.Key,
        Status = Word(page.Status),
        Attempts = page.Attempts,
        CreatedAt = page.CreatedAt,
        DueAt = page.DueAt,
        SentAt = page.SentAt,
        DeliveredAt = page.DeliveredAt,
        SeenAt = page.SeenAt,
        Reason = page.Reason,
        Because = page.Because,
    };

    private static string Word<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static string Snake(string name) => string.Concat(name.Select((c, i) => char.IsAsciiLetterUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));
}
