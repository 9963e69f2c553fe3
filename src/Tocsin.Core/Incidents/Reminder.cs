using Tocsin.Escalation;

namespace Tocsin.Incidents;

/// <summary>An acknowledgement that grew old: whoever has the incident is reminded, and if still nothing happens it pages again.</summary>
internal static class Reminder
{
    private static readonly TimeSpan _leastWait = TimeSpan.FromMinutes(1);

    public static IncidentDecision Due(IncidentState state, Responders responders, DateTimeOffset now)
    {
        if (state.IsReminded)
        {
            return Expire(state, $"{state.AcknowledgedBy} was reminded and nothing happened", responders, now);
        }

        var (reached, because) = responders.Resolve(new(TargetKind.User, state.AcknowledgedBy ?? ""), state.Urgency, now);
        if (reached is not [var to])
        {
            return Expire(state, $"{state.AcknowledgedBy} cannot be reminded: {because}", responders, now);
        }

        var start = to.StartAt(now);
        var first = state.Policy.Steps.Count > 0 ? state.Policy.Steps[0].Wait : TimeSpan.Zero;
        var end = start + (first > _leastWait ? first : _leastWait);
        var next = state with { Epoch = state.Epoch + 1, NextAt = end, IsReminded = true };
        return new(
            next,
            [new IncidentEffect.Remind(to, next.Epoch, start, "has acknowledged it"), new IncidentEffect.WakeAt(end, next.Epoch)],
            [new("incident.reminded", $"nothing has happened for {IncidentDecider.Text(state.Policy.RepageAfter ?? TimeSpan.Zero)}: {to.Name} is asked, and it pages again in {IncidentDecider.Text(end - now)} unless something does")]);
    }

    /// <summary>Nobody has it any more: the escalation begins again.</summary>
    public static IncidentDecision Expire(IncidentState state, string why, Responders responders, DateTimeOffset now) => Escalator.Restart(
        Handover.Anew(state), responders, now, new IncidentLine("incident.acknowledgement_expired", $"{why}: the escalation begins again"));
}
