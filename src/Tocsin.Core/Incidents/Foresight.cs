using Tocsin.Escalation;

namespace Tocsin.Incidents;

/// <summary>Somebody, or a channel, that a step would call.</summary>
/// <param name="StartsAt">When their ladder begins, UTC.</param>
/// <param name="Held">Why that is not when the step begins; null: it is.</param>
public sealed record ForeseenCall(Recipient To, string Because, DateTimeOffset StartsAt, string? Held)
{
    /// <summary>When a rung of the ladder is due: what would come in quiet hours waits for their end.</summary>
    public DateTimeOffset DueAt(Rung rung) => To.Quiet?.Free(StartsAt + rung.After) ?? StartsAt + rung.After;
}

/// <summary>What becomes of a step when it is its turn.</summary>
/// <param name="Step">0-based.</param>
/// <param name="Round">1-based.</param>
/// <param name="At">When it is its turn, UTC.</param>
/// <param name="Calls">Empty: it is passed at once.</param>
/// <param name="Again">Nobody could be paged before, so that the steps are tried again.</param>
public sealed record ForeseenStep(int Step, int Round, DateTimeOffset At, StepReach Reach, IReadOnlyList<ForeseenCall> Calls, bool Again);

/// <summary>How an escalation goes when nobody answers: the decisions themselves, taken ahead of time. Pure.</summary>
public static class Foresight
{
    /// <summary>All steps in the order of their turns, until all rounds are over; where nobody could be paged, also those that are tried again.</summary>
    /// <param name="policy">May have no step: then nothing happens.</param>
    /// <param name="priority">The incident's; null: it has none.</param>
    /// <param name="at">When the first step is due, UTC.</param>
    public static IEnumerable<ForeseenStep> Of(Policy policy, Routing.Urgency urgency, string? priority, Responders responders, DateTimeOffset at) =>
        Of(new() { Number = 0, Title = "", Route = "", Policy = policy, Urgency = urgency, Priority = priority, CreatedAt = at, UpdatedAt = at }, responders, at);

    /// <summary>The same for an incident as it was when it began.</summary>
    public static IEnumerable<ForeseenStep> Of(IncidentState begun, Responders responders, DateTimeOffset at)
    {
        var (state, now, again) = (begun, at, false);
        while (state.Policy.Steps.Count > 0 && !(state.Escalation == EscalationStatus.Exhausted && (state.Paging.Count > 0 || state.NextAt is null)))
        {
            List<(int Step, int Round, StepReach Reach)> passed = [];
            again |= state.Escalation == EscalationStatus.Exhausted;
            var decision = state.Escalation == EscalationStatus.Exhausted ? Escalator.TellAgain(state, responders, now, passed) : Escalator.Climb(state, responders, now, [], passed);
            foreach (var (step, round, reach) in passed)
            {
                yield return new(step, round, now, reach, reach.Recipients.Count == 0 ? [] : [.. decision.Effects.OfType<IncidentEffect.Page>().Select(page => Call(state, page, now))], again);
            }

            responders = responders.After(decision.Effects.OfType<IncidentEffect.TakeTurn>().Select(take => take.Turn));
            (state, now) = (decision.State, decision.State.NextAt ?? now);
        }
    }

    private static ForeseenCall Call(IncidentState state, IncidentEffect.Page page, DateTimeOffset now) =>
        new(page.To, page.Because, page.StartsAt, Escalator.StartOf(state, page.To, now).Why);
}
