using Tocsin.Alerts;
using Tocsin.Escalation;
using Tocsin.Notify;
using Tocsin.Routing;

namespace Tocsin.Incidents;

/// <summary>What an incident does next: its life and its escalation. Pure: reads no clock, does no I/O.</summary>
public static class IncidentDecider
{
    /// <param name="now">The one instant of this transition, UTC.</param>
    /// <returns>
    /// The next state, the effects to store with it, and the lines for its timeline. An event that no longer applies returns
    /// the same state and no effects; it is never an error.
    /// </returns>
    public static IncidentDecision Decide(IncidentState state, IncidentEvent e, Responders responders, DateTimeOffset now)
    {
        var next = state with { UpdatedAt = now };
        return (state.Status, e) switch
        {
            (_, IncidentEvent.Opened o) => Open(next, o, responders, now),
            (_, IncidentEvent.Noted n) => Only(next, "incident.note_added", $"{n.By}: {n.Text}"),

            (IncidentStatus.Resolved, IncidentEvent.AlertsBack b) => Reopen(next, b, responders, now),
            (IncidentStatus.Resolved, IncidentEvent.AlertsEnded a) => Quietly(next with { FiringCount = Math.Max(0, next.FiringCount - a.Ended) }),
            (IncidentStatus.Resolved, IncidentEvent.Resolved or IncidentEvent.Acknowledged) => Ignore(state, $"already resolved by {state.ResolvedBy}"),
            (IncidentStatus.Resolved, _) => Ignore(state, "resolved already"),

            (_, IncidentEvent.AlertsJoined j) => Join(next, j, responders, now),
            (_, IncidentEvent.AlertsEnded a) when next.FiringCount - a.Ended <= 0 =>
                Resolve(next with { FiringCount = 0 }, "system", $"all alerts ended, the last was {a.Sample}"),
            (_, IncidentEvent.AlertsEnded a) => Only(
                next with { FiringCount = next.FiringCount - a.Ended }, "alert.resolved", $"{Many(a.Ended, a.Sample)} ended; {next.FiringCount - a.Ended} still firing"),
            (_, IncidentEvent.Resolved r) => Resolve(next, r.By, $"resolved by {r.By}"),
            (_, IncidentEvent.UpdateDue) => TellUpdate(next, now),

            (IncidentStatus.Acknowledged, IncidentEvent.Acknowledged) => Ignore(state, $"already acknowledged by {state.AcknowledgedBy}"),
            (_, IncidentEvent.Acknowledged a) => Acknowledge(next, a.By, now),
            (_, IncidentEvent.Snoozed s) when s.Until <= now => Ignore(state, "the snooze ends in the past"),
            (_, IncidentEvent.Snoozed s) => Snooze(next, s, now),
            (_, IncidentEvent.EscalatedBy b) => EscalateNow(next, b.By, responders, now),

            (IncidentStatus.Snoozed, IncidentEvent.Woken w) when w.Epoch == state.Epoch =>
                Restart(next with { Status = IncidentStatus.Triggered, SnoozedUntil = null, SnoozedBy = null }, responders, now, new IncidentLine("incident.unsnoozed", "the snooze is over")),
            (IncidentStatus.Triggered, IncidentEvent.Woken w) when w.Epoch == state.Epoch => Climb(next, responders, now, []),
            (IncidentStatus.Triggered, IncidentEvent.Unreachable u) when u.Epoch == state.Epoch && state.Escalation == EscalationStatus.Paging =>
                LoseRecipient(next, u, responders, now),
            (_, IncidentEvent.Unreachable u) => Only(next, "page.unreachable", $"{u.Recipient} could not be reached: {u.Reason}"),
            _ => Ignore(state, "does not apply any more"),
        };
    }

    /// <summary>Whether a page decided earlier should still be sent. Asked again at the door, since it may have waited.</summary>
    public static bool StillWanted(IncidentState state, long epoch) =>
        state.Status == IncidentStatus.Triggered
        && state.Escalation is EscalationStatus.Paging or EscalationStatus.Exhausted
        && epoch >= state.WantedFromEpoch;

    private static IncidentDecision Open(IncidentState state, IncidentEvent.Opened opened, Responders responders, DateTimeOffset now)
    {
        IncidentLine line = new("incident.triggered", opened.Because);
        if (state.Policy.Steps.Count == 0)
        {
            return new(state with { Escalation = EscalationStatus.Stopped }, [], [line, new("incident.not_paged", $"policy {state.Policy.Name} pages nobody")]);
        }

        if (opened.GroupWait <= TimeSpan.Zero)
        {
            return Climb(state, responders, now, [line]);
        }

        var at = now + opened.GroupWait;
        var next = state with { Escalation = EscalationStatus.Waiting, Epoch = state.Epoch + 1, NextAt = at };
        return new(next, [new IncidentEffect.WakeAt(at, next.Epoch)], [line, new("incident.waiting", $"collects alerts for {Text(opened.GroupWait)} before it pages")]);
    }

    private static IncidentDecision Join(IncidentState state, IncidentEvent.AlertsJoined joined, Responders responders, DateTimeOffset now)
    {
        var worse = joined.Worst > state.Severity;
        var next = state with
        {
            AlertCount = state.AlertCount + joined.Added,
            FiringCount = state.FiringCount + joined.Firing,
            Severity = worse ? joined.Worst : state.Severity,
            Untold = state.Untold + joined.Added,
        };
        IncidentLine line = new(
            "alert.grouped", $"{Many(joined.Added + Math.Max(0, joined.Firing - joined.Added), joined.Sample)} joined; {next.FiringCount} firing{(worse ? $"; now {joined.Worst.ToString().ToLowerInvariant()}" : "")}");

        if (state is { Status: IncidentStatus.Snoozed, IsSnoozedBySilence: true, Policy.Steps.Count: > 0 })
        {
            // What joins is never muted: the silence covers only what was here before.
            return Restart(
                next with
                {
                    Status = IncidentStatus.Triggered,
                    SnoozedUntil = null,
                    SnoozedBy = null,
                    Urgency = joined.Worst >= Severity.High && !state.UrgencyFixed ? Urgency.High : state.Urgency,
                },
                responders, now, line, new IncidentLine("incident.unsnoozed", $"no silence mutes {joined.Sample}"));
        }

        if (worse && !state.UrgencyFixed && state.Urgency == Urgency.Low && joined.Worst >= Severity.High
            && state is { Status: IncidentStatus.Triggered, Policy.Steps.Count: > 0, Escalation: not EscalationStatus.Waiting })
        {
            return Restart(next with { Urgency = Urgency.High }, responders, now, line, new IncidentLine("incident.urgency_raised", "high urgency from now on: the escalation begins again"));
        }

        if (worse && !state.UrgencyFixed && joined.Worst >= Severity.High)
        {
            next = next with { Urgency = Urgency.High };
        }

        if (joined.Added == 0 || state.Untold > 0 || state.Escalation == EscalationStatus.Waiting || state.Policy.Steps.Count == 0)
        {
            return new(next, [], [line]);
        }

        var earliest = (state.ToldAt ?? state.CreatedAt) + state.GroupInterval;
        return new(next, [new IncidentEffect.UpdateAt(earliest > now ? earliest : now)], [line]);
    }

    private static IncidentDecision TellUpdate(IncidentState state, DateTimeOffset now) => state.Untold == 0
        ? Ignore(state, "nothing new to tell")
        : new(
            state with { Untold = 0, ToldAt = now },
            [new IncidentEffect.Tell(MessageKind.AlertsAdded, $"{state.Untold} more")],
            [new("incident.update_told", $"{state.Untold} alerts joined since people were last told")]);

    private static IncidentDecision Reopen(IncidentState state, IncidentEvent.AlertsBack back, Responders responders, DateTimeOffset now)
    {
        var next = state with
        {
            Status = IncidentStatus.Triggered,
            AlertCount = state.AlertCount + back.Added,
            FiringCount = state.FiringCount + back.Firing,
            Severity = back.Worst > state.Severity ? back.Worst : state.Severity,
            Urgency = back.Worst >= Severity.High && !state.UrgencyFixed ? Urgency.High : state.Urgency,
            Reopened = state.Reopened + 1,
            AcknowledgedAt = null,
            AcknowledgedBy = null,
            ResolvedAt = null,
            ResolvedBy = null,
        };
        IncidentLine line = new("incident.reopened", $"{back.Sample} fires again {Text(now - state.ResolvedAt!.Value)} after the end");
        return state.Policy.Steps.Count == 0 ? new(next, [], [line]) : Restart(next, responders, now, line);
    }

    private static IncidentDecision Acknowledge(IncidentState state, string by, DateTimeOffset now) => Stop(
        state with { Status = IncidentStatus.Acknowledged, AcknowledgedAt = now, AcknowledgedBy = by, SnoozedUntil = null, SnoozedBy = null },
        new("incident.acknowledged", $"acknowledged by {by}"),
        new IncidentEffect.Tell(MessageKind.Acknowledged, by));

    private static IncidentDecision Resolve(IncidentState state, string by, string reason) => Stop(
        state with { Status = IncidentStatus.Resolved, ResolvedAt = state.UpdatedAt, ResolvedBy = by, SnoozedUntil = null, SnoozedBy = null },
        new("incident.resolved", reason),
        new IncidentEffect.Tell(MessageKind.Resolved, by));

    private static IncidentDecision Snooze(IncidentState state, IncidentEvent.Snoozed snooze, DateTimeOffset now)
    {
        var stopped = Stop(
            state with { Status = IncidentStatus.Snoozed, SnoozedUntil = snooze.Until, SnoozedBy = snooze.By },
            new("incident.snoozed", $"snoozed by {snooze.By} for {Text(snooze.Until - now)}"));
        var next = stopped.State with { NextAt = snooze.Until };
        return stopped with { State = next, Effects = [.. stopped.Effects, new IncidentEffect.WakeAt(snooze.Until, next.Epoch)] };
    }

    private static IncidentDecision EscalateNow(IncidentState state, string by, Responders responders, DateTimeOffset now)
    {
        IncidentLine line = new("incident.escalated", $"escalated by {by}");
        if (state.Policy.Steps.Count == 0)
        {
            return Only(state, "incident.escalated", $"{by} asked to escalate, but policy {state.Policy.Name} has no steps");
        }

        return Climb(
            state with { Status = IncidentStatus.Triggered, AcknowledgedAt = null, AcknowledgedBy = null, SnoozedUntil = null, SnoozedBy = null, WantedFromEpoch = state.Status == IncidentStatus.Triggered ? state.WantedFromEpoch : state.Epoch + 1 },
            responders, now, [line]);
    }

    private static IncidentDecision LoseRecipient(IncidentState state, IncidentEvent.Unreachable lost, Responders responders, DateTimeOffset now)
    {
        IncidentLine line = new("page.unreachable", $"{lost.Recipient} could not be reached: {lost.Reason}");
        var left = state.Paging.Where(r => r != lost.Recipient).ToArray();
        var next = state with { Paging = left };
        return left.Length > 0 || !state.Paging.Contains(lost.Recipient, StringComparer.Ordinal)
            ? new(next, [], [line])
            : Climb(next, responders, now, [line, new("incident.fell_through", "nobody of this step can be reached: the next step begins at once")]);
    }

    private static IncidentDecision Restart(IncidentState state, Responders responders, DateTimeOffset now, params IncidentLine[] lines)
    {
        var decision = Climb(state with { Step = -1, Round = 1, WantedFromEpoch = state.Epoch + 1 }, responders, now, [.. lines]);
        return decision with { Effects = [new IncidentEffect.CancelPages("the escalation began again"), .. decision.Effects] };
    }

    /// <summary>Takes the next step that reaches somebody; steps that reach nobody are passed at once, and said.</summary>
    private static IncidentDecision Climb(IncidentState state, Responders responders, DateTimeOffset now, List<IncidentLine> lines)
    {
        var policy = state.Policy;
        var (step, round) = (state.Step, state.Round);
        var sinceSomebody = 0;
        while (sinceSomebody < policy.Steps.Count)
        {
            if (++step == policy.Steps.Count)
            {
                if (round >= policy.Rounds)
                {
                    break;
                }

                (step, round) = (0, round + 1);
            }

            var (recipients, reasons) = Reach(policy.Steps[step], state.Urgency, responders, now);
            if (recipients.Count > 0)
            {
                return PageStep(state, step, round, recipients, responders, now, lines);
            }

            sinceSomebody++;
            lines.Add(new("incident.fell_through", $"step {step + 1} of {policy.Steps.Count}, round {round}, reaches nobody: {string.Join("; ", reasons)}"));
        }

        return Exhaust(state with { Step = Math.Min(step, policy.Steps.Count - 1), Round = round }, responders, lines);
    }

    private static IncidentDecision PageStep(
        IncidentState state, int step, int round, List<(Recipient To, string Because)> recipients, Responders responders, DateTimeOffset now, List<IncidentLine> lines)
    {
        var policy = state.Policy;
        var wait = policy.Steps[step].Wait;
        var next = state with
        {
            Escalation = EscalationStatus.Paging,
            Step = step,
            Round = round,
            Epoch = state.Epoch + 1,
            NextAt = now + wait,
            Paging = [.. recipients.Select(r => r.To.Id)],
            Untold = 0,
            ToldAt = now,
        };
        var after = NextNames(next, responders, now + wait);
        List<IncidentEffect> effects =
        [
            .. recipients.Select(r => new IncidentEffect.Page(r.To, step, round, next.Epoch, r.Because, now + wait, after)),
            new IncidentEffect.WakeAt(now + wait, next.Epoch),
        ];
        lines.Add(new(
            step == 0 && round == 1 ? "incident.paging" : "incident.escalated",
            $"step {step + 1} of {policy.Steps.Count}, round {round} of {policy.Rounds}: {string.Join(", ", recipients.Select(r => $"{r.To.Name} ({r.Because})"))}"));
        return new(next, effects, lines);
    }

    private static IncidentDecision Exhaust(IncidentState state, Responders responders, List<IncidentLine> lines)
    {
        var next = state with { Escalation = EscalationStatus.Exhausted, Epoch = state.Epoch + 1, NextAt = null };
        lines.Add(new("incident.unanswered", $"all steps of policy {state.Policy.Name} ran, nobody answered"));
        var (administrators, because) = responders.Administrators();
        if (administrators.Count == 0)
        {
            lines.Add(new("incident.nobody_told", "no administrator can be reached: give one a contact method"));
        }

        return new(next, [.. administrators.Select(a => new IncidentEffect.TellAdministrators(a, because, next.Epoch))], lines);
    }

    private static (List<(Recipient To, string Because)> Recipients, List<string> Reasons) Reach(
        PolicyStep step, Urgency urgency, Responders responders, DateTimeOffset now)
    {
        List<(Recipient To, string Because)> recipients = [];
        List<string> reasons = [];
        foreach (var target in step.Notify)
        {
            var (reached, because) = responders.Resolve(target, urgency, now);
            reasons.Add(because);
            recipients.AddRange(reached.Where(r => recipients.TrueForAll(known => known.To.Id != r.Id)).Select(r => (r, because)));
        }

        return (recipients, reasons);
    }

    /// <summary>Who is paged next unless somebody answers, as it looks now; null: nobody.</summary>
    public static string? NextNames(IncidentState state, Responders responders, DateTimeOffset at)
    {
        var (step, round) = (state.Step, state.Round);
        for (var tries = 0; tries < state.Policy.Steps.Count; tries++)
        {
            if (++step == state.Policy.Steps.Count)
            {
                if (++round > state.Policy.Rounds)
                {
                    return null;
                }

                step = 0;
            }

            if (Reach(state.Policy.Steps[step], state.Urgency, responders, at).Recipients is { Count: > 0 } recipients)
            {
                return string.Join(", ", recipients.Select(r => r.To.Name));
            }
        }

        return null;
    }

    private static IncidentDecision Stop(IncidentState state, IncidentLine line, params IncidentEffect[] effects)
    {
        var next = state with
        {
            Escalation = EscalationStatus.Stopped,
            Epoch = state.Epoch + 1,
            WantedFromEpoch = state.Epoch + 1,
            NextAt = null,
            Paging = [],
        };
        return new(next, [new IncidentEffect.CancelPages(line.Reason), .. effects], [line]);
    }

    private static IncidentDecision Only(IncidentState state, string kind, string reason) => new(state, [], [new(kind, reason)]);

    private static IncidentDecision Quietly(IncidentState state) => new(state, [], []);

    private static IncidentDecision Ignore(IncidentState state, string why) => new(state, [], [new("incident.ignored", why)], Changed: false);

    private static string Many(int count, string sample) => count <= 1 ? sample : $"{sample} and {count - 1} more";

    /// <summary>A duration for people: the two largest units.</summary>
    public static string Text(TimeSpan span) => span switch
    {
        { TotalSeconds: < 60 } => $"{Math.Max(0, Math.Round(span.TotalSeconds)):0} s",
        { TotalMinutes: < 60 } => span.Seconds == 0 ? $"{span.Minutes} min" : $"{span.Minutes} min {span.Seconds} s",
        { TotalHours: < 24 } => span.Minutes == 0 ? $"{span.Hours} h" : $"{span.Hours} h {span.Minutes} min",
        _ => span.Hours == 0 ? $"{span.Days} d" : $"{span.Days} d {span.Hours} h",
    };
}
