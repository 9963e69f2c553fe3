using Tocsin.Escalation;

namespace Tocsin.Incidents;

/// <summary>An incident goes to somebody else, or goes on by another version of its policy.</summary>
internal static class Handover
{
    private static readonly TimeSpan _defaultWait = TimeSpan.FromMinutes(5);

    /// <summary>
    /// The escalation begins with whom it is handed to. When they do not answer in time, what it had before follows, so that handing over never
    /// ends the escalation silently; handing over again takes the place of the last time, and the same again while they are called first changes nothing.
    /// </summary>
    public static IncidentDecision Reassign(IncidentState state, IncidentEvent.Reassigned to, Responders responders, DateTimeOffset now)
    {
        if (state is { Status: IncidentStatus.Triggered, Escalation: EscalationStatus.Paging, Step: 0, Round: 1 }
            && (to.Policy is null ? state.HandedTo == to.To : state.HandedTo is null && state.Policy.Name == to.Policy.Name && state.PolicyRevision == to.Revision))
        {
            // Whoever has no answer asks again: the call that is under way is the answer.
            return IncidentDecider.Ignore(state, "it is handed there already, and they are being called");
        }

        var steps = state.HandedTo is null ? state.Policy.Steps : [.. state.Policy.Steps.Skip(1)];
        var wait = steps.Count > 0 && steps[0].Wait > TimeSpan.Zero ? steps[0].Wait : _defaultWait;
        var next = Anew(state) with
        {
            Policy = to.Policy ?? state.Policy with { Steps = [new([to.To!.Value], wait), .. steps] },
            PolicyRevision = to.Policy is null ? state.PolicyRevision : to.Revision,
            HandedTo = to.Policy is null ? to.To : null,
        };
        var whom = to.Policy is { } policy ? $"policy {policy.Name} of revision {to.Revision}" : $"{to.To!.Value.Kind.ToString().ToLowerInvariant()} {to.To.Value.Name}";
        return Escalator.Restart(next, responders, now, new IncidentLine("incident.reassigned", $"{to.By} hands it to {whom}: the escalation begins there"));
    }

    /// <summary>The step that runs ends as it began; what follows is of the new version.</summary>
    public static IncidentDecision MovePolicy(IncidentState state, IncidentState next, IncidentEvent.PolicyMoved to, Responders responders, DateTimeOffset now)
    {
        IncidentLine line = new("incident.policy_moved", $"{to.By} moves it to policy {to.Policy.Name} of revision {to.Revision}: the step that runs ends as it began, what follows is of that version");
        var moved = next with
        {
            Policy = state.HandedTo is null ? to.Policy : to.Policy with { Steps = [state.Policy.Steps[0], .. to.Policy.Steps] },
            PolicyRevision = to.Revision,

            // Whether an acknowledgement grows old is the new version's to say.
            NextAt = state.Status == IncidentStatus.Acknowledged && to.Policy.RepageAfter is null ? null : state.NextAt,
            IsReminded = false,
        };
        return state is { Status: IncidentStatus.Triggered, Policy.Steps.Count: 0 } && moved.Policy.Steps.Count > 0
            ? Escalator.Restart(moved, responders, now, line)
            : new(moved, [], [line]);
    }

    /// <summary>As if it had just been triggered.</summary>
    public static IncidentState Anew(IncidentState state) => state with
    {
        Status = IncidentStatus.Triggered,
        AcknowledgedAt = null,
        AcknowledgedBy = null,
        SnoozedUntil = null,
        SnoozedBy = null,
    };
}
