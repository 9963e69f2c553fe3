using Tocsin.Incidents;
using Tocsin.Providers;

namespace Tocsin.Notify;

/// <summary>What people are told who answered a page: what is so now, and what happens next.</summary>
internal static class ReplyTexts
{
    /// <summary>The answer was there before the provider had told that it took the test.</summary>
    public const string TooEarly = "The test is not known to be sent yet. Nothing was changed; answer again in a moment.";

    public static string Confirmed(string method) => $"Thank you: {PlainText.OneLine(method, 64)} reaches you.";

    /// <param name="person">Whoever answered.</param>
    public static string Of(IncidentState incident, ReplyVerb verb, Person person) => (verb, incident.Status) switch
    {
        (ReplyVerb.Note, _) => $"The note is in the timeline of #{incident.Number}.",
        (ReplyVerb.Escalate, IncidentStatus.Triggered) => $"#{incident.Number}: the next step is paged now.",
        (ReplyVerb.Snooze, IncidentStatus.Snoozed) when incident.SnoozedUntil is { } until =>
            $"#{incident.Number} is put off until {PlainText.Clock(until, incident.UpdatedAt, person.TimeZone)}. Escalation begins again then.",
        (_, IncidentStatus.Acknowledged) => incident.AcknowledgedBy == person.Name
            ? $"You have #{incident.Number}. Nobody else is paged."
            : $"{incident.AcknowledgedBy} has #{incident.Number} already. Nobody else is paged.",
        (_, IncidentStatus.Resolved) => $"#{incident.Number} is resolved. Nobody is paged for it unless it comes back.",
        _ => $"#{incident.Number} is {incident.Status.ToString().ToLowerInvariant()}.",
    };
}
