using Tocsin.Escalation;

namespace Tocsin.Incidents;

/// <summary>The escalation of an incident: which step is next, whom it pages and when, and what happens when nobody is left.</summary>
internal static class Escalator
{
    /// <summary>How often administrators are told that nobody answers, and how often at most.</summary>
    public static readonly TimeSpan UnansweredEvery = TimeSpan.FromMinutes(15);

    public const int MostUnanswered = 16;

    /// <summary>Nobody is called for the same group twice within this.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromSeconds(60);

    /// <summary>R13: by how much the clocks of nodes may disagree.</summary>
    private static readonly TimeSpan _clocksDiffer = TimeSpan.FromSeconds(5);

    public static IncidentDecision Restart(IncidentState state, Responders responders, DateTimeOffset now, params IncidentLine[] lines)
    {
        var decision = Climb(
            state with { Step = -1, Round = 1, WantedFromEpoch = state.Epoch + 1, TimesUnanswered = 0, IsReminded = false, PagedAt = Begun(state.PagedAt, now) }, responders, now, [.. lines]);
        return decision with { Effects = [new IncidentEffect.CancelPages("the escalation began again"), .. decision.Effects] };
    }

    /// <summary>Takes the next step that counts now and reaches somebody; steps that do not are passed at once, and said.</summary>
    /// <param name="passed">Gets each step that was looked at, the one that is taken last; null: nobody asks.</param>
    public static IncidentDecision Climb(
        IncidentState state, Responders responders, DateTimeOffset now, List<IncidentLine> lines, List<(int Step, int Round, StepReach Reach)>? passed = null)
    {
        var policy = state.Policy;
        var (step, round) = (state.Step, state.Round);
        var sinceSomebody = 0;
        while (sinceSomebody < policy.Steps.Count)
        {
            if (++step >= policy.Steps.Count)
            {
                if (round >= policy.Rounds)
                {
                    break;
                }

                (step, round) = (0, round + 1);
            }

            var reach = Reach(state, step, responders, now);
            passed?.Add((step, round, reach));
            if (reach.Recipients.Count > 0)
            {
                return PageStep(state, step, round, reach, responders, now, lines);
            }

            sinceSomebody++;
            lines.Add(reach.Skipped is { } skipped
                ? new("incident.step_skipped", $"step {step + 1} of {policy.Steps.Count}, round {round}, does not count now: {skipped}")
                : new("incident.fell_through", $"step {step + 1} of {policy.Steps.Count}, round {round}, reaches nobody: {string.Join("; ", reach.Targets.Select(t => t.Reached.Because))}"));
        }

        return Exhaust(state with { Step = Math.Min(step, policy.Steps.Count - 1), Round = round }, responders, now, lines);
    }

    public static IncidentDecision LoseRecipient(IncidentState state, IncidentEvent.Unreachable lost, Responders responders, DateTimeOffset now)
    {
        IncidentLine line = new("page.unreachable", $"{lost.Recipient} could not be reached: {lost.Reason}");
        var left = state.Paging.Where(r => r != lost.Recipient).ToArray();
        // Whoever is certain to have heard nothing can be called again at once.
        var next = state with { Paging = left, PagedAt = lost.InDoubt ? state.PagedAt : state.PagedAt?.Where(p => p.Key != lost.Recipient).ToDictionary(StringComparer.Ordinal) };
        return left.Length > 0 || !state.Paging.Contains(lost.Recipient, StringComparer.Ordinal)
            ? new(next, [], [line])
            : Climb(next, responders, now, [line, new("incident.fell_through", "nobody of this step can be reached: the next step begins at once")]);
    }

    /// <summary>Nobody has acted since nobody answered: administrators hear it again; where nobody could be paged at all, that is tried again first.</summary>
    /// <param name="passed">As for <see cref="Climb"/>.</param>
    public static IncidentDecision TellAgain(
        IncidentState state, Responders responders, DateTimeOffset now, List<(int Step, int Round, StepReach Reach)>? passed = null)
    {
        if (state.TimesUnanswered >= MostUnanswered)
        {
            return new(
                state with { NextAt = null }, [],
                [new("incident.unanswered_over", $"administrators were told {state.TimesUnanswered} times and nobody acted: they are not told again, and the incident stays open")]);
        }

        return state.Paging.Count == 0
            ? Climb(state with { Step = -1, Round = 1 }, responders, now, [new("incident.tried_again", "nobody could be paged before: the steps are tried again")], passed)
            : Exhaust(state, responders, now, []);
    }

    /// <summary>Who is paged next unless somebody answers, as it looks now; null: nobody.</summary>
    public static string? NextNames(IncidentState state, Responders responders, DateTimeOffset at)
    {
        var (step, round) = (state.Step, state.Round);
        for (var tries = 0; tries < state.Policy.Steps.Count; tries++)
        {
            if (++step >= state.Policy.Steps.Count)
            {
                if (++round > state.Policy.Rounds)
                {
                    return null;
                }

                step = 0;
            }

            if (Reach(state, step, responders, at).Recipients is { Count: > 0 } recipients)
            {
                return state.Policy.Steps[step] is { RoundRobin: true } turns && responders.Turns is null && turns.Notify.Any(t => t.Kind == TargetKind.Team)
                    ? string.Join(", ", turns.Notify.Select(t => t.Kind == TargetKind.Team ? $"one of {t.Name}" : t.Name))
                    : string.Join(", ", recipients.Select(r => r.To.Name));
            }
        }

        return null;
    }

    /// <summary>When a recipient's ladder may begin: after their quiet hours, and not within a minute of their last one for this group.</summary>
    /// <returns>The instant, and why it is not now; null: it is.</returns>
    public static (DateTimeOffset At, string? Why) StartOf(IncidentState state, Recipient to, DateTimeOffset now)
    {
        var paced = to.IsPaced && state.PagedAt is not null && state.PagedAt.TryGetValue(to.Id, out var last) && last + Pace > now && to.StartAt(now) == now ? last + Pace : now;
        if (to.StartAt(paced) is var free && free > paced)
        {
            // Whatever waits for the end of quiet hours is one message then, so that it needs no pace.
            return (free, $"{to.Name} has quiet hours, {to.Quiet}: the page waits {IncidentDecider.Text(free - now)}");
        }

        return (paced, paced == now ? null : $"{to.Name} was called for this group less than {IncidentDecider.Text(Pace)} ago: the page waits {IncidentDecider.Text(paced - now)}");
    }

    /// <summary>When the last ladders began that were not called off: those that are yet to begin did not.</summary>
    public static IReadOnlyDictionary<string, DateTimeOffset>? Begun(IReadOnlyDictionary<string, DateTimeOffset>? paged, DateTimeOffset now)
    {
        // Another node may have begun what by this node's clock is yet to begin.
        var begun = now + _clocksDiffer;
        if (paged is null || paged.Values.All(at => at <= begun))
        {
            return paged;
        }

        // One that was yet to begin waited for those before it, a pace apart.
        return paged.ToDictionary(p => p.Key, p => p.Value <= begun ? p.Value : p.Value - (Pace * Math.Ceiling((p.Value - begun) / Pace)), StringComparer.Ordinal);
    }

    private static IncidentDecision PageStep(
        IncidentState state, int step, int round, StepReach reach, Responders responders, DateTimeOffset now, List<IncidentLine> lines)
    {
        var policy = state.Policy;
        var starts = reach.Recipients.Select(r => StartOf(state, r.To, now)).ToArray();

        // The wait is for an answer, so it begins when the first of them can answer.
        var end = starts.Min(s => s.At) + policy.Steps[step].Wait;
        var next = state with
        {
            Escalation = EscalationStatus.Paging,
            Step = step,
            Round = round,
            Epoch = state.Epoch + 1,
            NextAt = end,
            Paging = [.. reach.Recipients.Select(r => r.To.Id)],
            PagedAt = Paced(state, reach, starts, now),
            Untold = 0,
            ToldAt = now,
        };
        var after = NextNames(next, responders, end);
        List<IncidentEffect> effects =
        [
            .. reach.Recipients.Select((r, i) => new IncidentEffect.Page(r.To, step, round, next.Epoch, r.Because, starts[i].At, end, after)),
            .. reach.Taken.Select(turn => new IncidentEffect.TakeTurn(turn)),
            new IncidentEffect.WakeAt(end, next.Epoch),
        ];
        lines.Add(new(
            step == 0 && round == 1 ? "incident.paging" : "incident.escalated",
            $"step {step + 1} of {policy.Steps.Count}, round {round} of {policy.Rounds}: {string.Join(", ", reach.Recipients.Select(r => $"{r.To.Name} ({r.Because})"))}"));
        lines.AddRange(starts.Select(s => s.Why).OfType<string>().Select(why => new IncidentLine("page.held", why)));
        return new(next, effects, lines);
    }

    private static IncidentDecision Exhaust(IncidentState state, Responders responders, DateTimeOffset now, List<IncidentLine> lines)
    {
        var again = now + UnansweredEvery;
        var next = state with { Escalation = EscalationStatus.Exhausted, Epoch = state.Epoch + 1, NextAt = again, TimesUnanswered = state.TimesUnanswered + 1 };
        var times = next.TimesUnanswered == 1 ? "" : $" (said {next.TimesUnanswered} times)";
        lines.Add(new("incident.unanswered", state.Paging.Count > 0
            ? $"all steps of policy {state.Policy.Name} ran, nobody answered{times}"
            : $"no step of policy {state.Policy.Name} pages anybody now{times}"));
        var (administrators, because) = responders.Administrators();
        if (administrators.Count == 0)
        {
            lines.Add(new("incident.nobody_told", "no administrator can be reached: give one a contact method"));
        }

        return new(
            next, [.. administrators.Select(a => new IncidentEffect.TellAdministrators(a, because, next.Epoch)), new IncidentEffect.WakeAt(again, next.Epoch)], lines);
    }

    private static StepReach Reach(IncidentState state, int step, Responders responders, DateTimeOffset at) =>
        // Turns are kept by the place of a step in its policy, which a step in front that hands over does not change.
        StepReach.Of(responders, state.Policy.Name, state.HandedTo is null ? step : step - 1, state.Policy.Steps[step], state.Urgency, state.Priority, at);

    /// <summary>When the ladders of those who are paced began, for those that still matter.</summary>
    private static Dictionary<string, DateTimeOffset>? Paced(IncidentState state, StepReach reach, (DateTimeOffset At, string? Why)[] starts, DateTimeOffset now)
    {
        var paced = state.PagedAt?.Where(p => p.Value + Pace > now).ToDictionary(StringComparer.Ordinal) ?? [];
        for (var i = 0; i < starts.Length; i++)
        {
            if (reach.Recipients[i].To.IsPaced)
            {
                paced[reach.Recipients[i].To.Id] = starts[i].At;
            }
        }

        return paced.Count == 0 ? null : paced;
    }
}
