using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Incidents;

namespace Tocsin.Notify;

/// <summary>Makes the message of a page: the incident as it is now, the reason as it was decided.</summary>
internal sealed class MessageWriter(PublicLinks links)
{
    /// <param name="more">For a message that stands for many: how many.</param>
    public Message Write(EstateSnapshot estate, PageRow page, IncidentState incident, int more, DateTimeOffset now) => new()
    {
        Kind = page.Kind,
        Key = page.Key,
        Workspace = estate.Model.Workspace,
        WorkspaceId = estate.Workspace,
        Incident = incident.Number,
        Title = incident.Title,
        Description = incident.Description,
        Severity = incident.Severity,
        Urgency = incident.Urgency,
        Status = incident.Status.ToString().ToLowerInvariant(),
        Service = incident.Service,
        Environment = incident.Environment,
        Labels = incident.GroupLabels,
        AlertCount = incident.AlertCount,
        MoreCount = more,
        StartedAt = incident.CreatedAt,
        Now = now,
        Recipient = page.Recipient,
        TimeZone = page.RecipientKind == RecipientKind.User ? estate.Model.Users.GetValueOrDefault(page.Recipient)?.TimeZone : null,
        Step = page.Kind == MessageKind.Page ? page.Step + 1 : 0,
        Steps = page.Facts.Steps,
        Round = page.Round,
        Because = page.Because,
        NextRecipient = page.Facts.NextRecipient,
        NextAt = page.Facts.NextAt,
        By = page.Facts.By,
        Policy = incident.Policy.Name,
        Note = page.Facts.Note,
        IncidentUrl = page.Kind == MessageKind.Waited && more > 1 && links.BaseUrl is { } inbox ? new($"{inbox}/") : links.Incident(incident.Number),
        ActionUrl = page.Kind is MessageKind.Page or MessageKind.Unanswered or MessageKind.Reminder or MessageKind.Asked ? links.Action(estate.Workspace, page.Id, now) : null,
        AnswerCode = page.Kind is MessageKind.Page or MessageKind.Unanswered ? links.AnswerCode(estate.Workspace, page.Id) : null,
        ReplyUrl = page.Kind is MessageKind.Page ? links.Reply(page.Type, estate.Workspace, page.Id) : null,
        Thread = page.Facts.Thread,
    };

    /// <summary>What a message that was sent says when it is changed: the incident as it is now, as of when it became so.</summary>
    public Message Change(EstateSnapshot estate, PageRow page, IncidentState incident, DateTimeOffset now)
    {
        var message = Write(estate, page, incident, 0, now);
        return incident.Status switch
        {
            IncidentStatus.Acknowledged => message with { Kind = MessageKind.Acknowledged, By = incident.AcknowledgedBy, Now = incident.AcknowledgedAt ?? now },
            IncidentStatus.Resolved => message with { Kind = MessageKind.Resolved, By = incident.ResolvedBy, Now = incident.ResolvedAt ?? now },
            IncidentStatus.Snoozed => message with { Kind = MessageKind.Snoozed, By = incident.SnoozedBy, NextAt = incident.SnoozedUntil },
            _ => message,
        };
    }
}
