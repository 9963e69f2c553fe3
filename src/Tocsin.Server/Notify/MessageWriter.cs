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
        IncidentUrl = links.Incident(incident.Number),
        ActionUrl = page.Kind is MessageKind.Page or MessageKind.Unanswered ? links.Action(estate.Workspace, page.Id, now) : null,
    };
}
