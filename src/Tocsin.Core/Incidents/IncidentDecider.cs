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
            (_, IncidentEvent.Noted n) => Busy(Only(next, "incident.note_added", $"{n.By}: {n.Text}"), now),

            (IncidentStatus.Resolved, IncidentEvent.AlertsBack b) => Reopen(next, b, responders, now),
            (IncidentStatus.Resolved, IncidentEvent.AlertsEnded a) => Quietly(next with { FiringCount = Math.Max(0, next.FiringCount - a.Ended) }),
            (IncidentStatus.Resolved, IncidentEvent.Resolved r) when Says(state, r) => Conclude(new(next, [], []), r, now),
            (IncidentStatus.Resolved, IncidentEvent.Resolved or IncidentEvent.Acknowledged) => Ignore(state, $"already resolved by {state.ResolvedBy}"),
            (IncidentStatus.Resolved, _) => Ignore(state, "resolved already"),

            (_, IncidentEvent.AlertsJoined j) => Join(next, j, responders, now),
            (_, IncidentEvent.AlertsEnded a) when next.FiringCount - a.Ended <= 0 =>
                Resolve(next with { FiringCount = 0 }, "system", $"all alerts ended, the last was {a.Sample}"),
            (_, IncidentEvent.AlertsEnded a) => Only(
                next with { FiringCount = next.FiringCount - a.Ended }, "alert.resolved", $"{Many(a.Ended, a.Sample)} ended; {next.FiringCount - a.Ended} still firing"),
            (_, IncidentEvent.Resolved r) => Conclude(Resolve(next, r.By, $"resolved by {r.By}"), r, now),
            (_, IncidentEvent.UpdateDue) => TellUpdate(next, now),

            (IncidentStatus.Acknowledged, IncidentEvent.Acknowledged a) => AcknowledgeAgain(state, next, a.By, now),
            (_, IncidentEvent.Acknowledged a) => Acknowledge(next, a.By, now),
            (_, IncidentEvent.Snoozed s) when s.Until <= now => Ignore(state, "the snooze ends in the past"),
            (_, IncidentEvent.Snoozed s) => Snooze(next, s, now),
            (_, IncidentEvent.EscalatedBy b) => EscalateNow(next, b, responders, now),
            (_, IncidentEvent.Reassigned r) => Handover.Reassign(next, r, responders, now),
            (_, IncidentEvent.PolicyMoved m) => Busy(Handover.MovePolicy(state, next, m, responders, now), now),
            (_, IncidentEvent.RespondersAsked a) => Busy(Help.Ask(state, next, a, responders, now), now),
            (_, IncidentEvent.ResponderAnswered a) => Busy(Help.Answer(state, next, a, now), now),
            (_, IncidentEvent.ResponderLost l) => Help.Lose(state, next, l),

            (IncidentStatus.Snoozed, IncidentEvent.Woken w) when w.Epoch == state.Epoch =>
                Escalator.Restart(next with { Status = IncidentStatus.Triggered, SnoozedUntil = null, SnoozedBy = null }, responders, now, new IncidentLine("incident.unsnoozed", "the snooze is over")),
            (IncidentStatus.Triggered, IncidentEvent.Woken w) when w.Epoch == state.Epoch && state.Escalation == EscalationStatus.Exhausted => Escalator.TellAgain(next, responders, now),
            (IncidentStatus.Triggered, IncidentEvent.Woken w) when w.Epoch == state.Epoch => Escalator.Climb(next, responders, now, []),
            (IncidentStatus.Acknowledged, IncidentEvent.Woken w) when w.Epoch == state.Epoch && state.Policy.RepageAfter is not null => Reminder.Due(next, responders, now),
            (IncidentStatus.Acknowledged, IncidentEvent.ReminderLost l) when l.Epoch == state.Epoch && state.IsReminded =>
                Reminder.Expire(next, $"{state.AcknowledgedBy} cannot be reminded: {l.Reason}", responders, now),
            (IncidentStatus.Triggered, IncidentEvent.Unreachable u) when u.Epoch == state.Epoch && state.Escalation == EscalationStatus.Paging =>
                Escalator.LoseRecipient(next, u, responders, now),
            (_, IncidentEvent.Unreachable u) => Only(next, "page.unreachable", $"{u.Recipient} could not be reached: {u.Reason}"),
            _ => Ignore(state, "does not apply any more"),
        };
    }

    /// <summary>Whether something decided earlier should still be sent. Asked again at the door, since it may have waited.</summary>
    /// <param name="recipient">As in <see cref="Recipient.Id"/>.</param>
    /// <param name="epoch">Of the decision; for a call for help, its number.</param>
    public static bool StillWanted(IncidentState state, MessageKind kind, string recipient, long epoch) => kind switch
    {
        MessageKind.Page or MessageKind.Unanswered => StillWanted(state, epoch),
        MessageKind.Reminder => state is { Status: IncidentStatus.Acknowledged, IsReminded: true } && epoch == state.Epoch,
        MessageKind.Asked => state.IsOpen && state.Asked?.Any(a => a.Id == recipient && a.Number == epoch && a.Answer == ResponderAnswer.Asked) == true,
        _ => true,
    };

    /// <summary>Whether a page of an epoch is still wanted.</summary>
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
            return Escalator.Climb(state, responders, now, [line]);
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
            Priority = PriorityText.MoreUrgent(state.Priority, joined.Priority),
            Untold = state.Untold + joined.Added,
        };
        IncidentLine line = new(
            "alert.grouped", $"{Many(joined.Added + Math.Max(0, joined.Firing - joined.Added), joined.Sample)} joined; {next.FiringCount} firing{(worse ? $"; now {joined.Worst.ToString().ToLowerInvariant()}" : "")}");

        if (state is { Status: IncidentStatus.Snoozed, IsSnoozedBySilence: true, Policy.Steps.Count: > 0 })
        {
            // What joins is never muted: the silence covers only what was here before.
            return Escalator.Restart(
                next with
                {
                    Status = IncidentStatus.Triggered,
                    SnoozedUntil = null,
                    SnoozedBy = null,
                    Urgency = joined.Worst >= Severity.High && !state.UrgencyFixed ? Urgency.High : state.Urgency,
                    PagedAt = PacedFor(state, joined.Worst),
                },
                responders, now, line, new IncidentLine("incident.unsnoozed", $"no silence mutes {joined.Sample}"));
        }

        if (worse && !state.UrgencyFixed && state.Urgency == Urgency.Low && joined.Worst >= Severity.High
            && state is { Status: IncidentStatus.Triggered, Policy.Steps.Count: > 0, Escalation: not EscalationStatus.Waiting })
        {
            return Escalator.Restart(next with { Urgency = Urgency.High, PagedAt = null }, responders, now, line, new IncidentLine("incident.urgency_raised", "high urgency from now on: the escalation begins again"));
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
            Resolution = null,
            ClosedAt = null,
            Priority = PriorityText.MoreUrgent(state.Priority, back.Priority),
            PagedAt = PacedFor(state, back.Worst),
        };
        IncidentLine line = new("incident.reopened", $"{back.Sample} fires again {Text(now - state.ResolvedAt!.Value)} after the end");
        return state.Policy.Steps.Count == 0 ? new(next, [], [line]) : Escalator.Restart(next, responders, now, line);
    }

    /// <summary>A call of low urgency does not hold up one of high urgency.</summary>
    private static IReadOnlyDictionary<string, DateTimeOffset>? PacedFor(IncidentState state, Severity worst) =>
        state.Urgency == Urgency.Low && worst >= Severity.High && !state.UrgencyFixed ? null : state.PagedAt;

    private static IncidentDecision Acknowledge(IncidentState state, string by, DateTimeOffset now)
    {
        var helped = Help.Joined(state, by, now);
        var stopped = Stop(
            helped with { Status = IncidentStatus.Acknowledged, AcknowledgedAt = now, AcknowledgedBy = by, SnoozedUntil = null, SnoozedBy = null },
            new("incident.acknowledged", $"acknowledged by {by}"),
            new IncidentEffect.Tell(MessageKind.Acknowledged, by));
        return Busy(helped == state ? stopped : stopped with { Effects = [.. stopped.Effects, new IncidentEffect.CancelAsks(Help.IdOf(by), $"acknowledged by {by}")] }, now);
    }

    /// <summary>Somebody has it already. Where it would be paged again for want of activity, this is some.</summary>
    private static IncidentDecision AcknowledgeAgain(IncidentState state, IncidentState next, string by, DateTimeOffset now)
    {
        if (state.Policy.RepageAfter is null || (by != state.AcknowledgedBy && !state.IsReminded))
        {
            return Ignore(state, $"already acknowledged by {state.AcknowledgedBy}");
        }

        return by == state.AcknowledgedBy
            ? Busy(Only(next, "incident.acknowledged", $"{by} still has it"), now)
            : Busy(Only(next with { AcknowledgedBy = by, AcknowledgedAt = now }, "incident.acknowledged", $"{by} takes it from {state.AcknowledgedBy}"), now);
    }

    /// <summary>Something happened: an acknowledgement counts as new from now on, where the policy lets them grow old.</summary>
    private static IncidentDecision Busy(IncidentDecision decision, DateTimeOffset now)
    {
        if (decision is not { Changed: true, State: { Status: IncidentStatus.Acknowledged, Policy.RepageAfter: { } rest } state })
        {
            return decision;
        }

        var next = state with { Epoch = state.Epoch + 1, NextAt = now + rest, IsReminded = false };
        return decision with { State = next, Effects = [.. decision.Effects, new IncidentEffect.WakeAt(now + rest, next.Epoch)] };
    }

    private static IncidentDecision Resolve(IncidentState state, string by, string reason)
    {
        var stopped = Stop(
            state with { Status = IncidentStatus.Resolved, ResolvedAt = state.UpdatedAt, ResolvedBy = by, SnoozedUntil = null, SnoozedBy = null, Asked = Help.Answered(state) },
            new("incident.resolved", reason),
            new IncidentEffect.Tell(MessageKind.Resolved, by));
        return state.Asked is null ? stopped : stopped with { Effects = [.. stopped.Effects, new IncidentEffect.CancelAsks(null, reason)] };
    }

    private static IncidentDecision Snooze(IncidentState state, IncidentEvent.Snoozed snooze, DateTimeOffset now)
    {
        var stopped = Stop(
            state with { Status = IncidentStatus.Snoozed, SnoozedUntil = snooze.Until, SnoozedBy = snooze.By },
            new("incident.snoozed", $"snoozed by {snooze.By} for {Text(snooze.Until - now)}"));
        var next = stopped.State with { NextAt = snooze.Until };
        return stopped with { State = next, Effects = [.. stopped.Effects, new IncidentEffect.WakeAt(snooze.Until, next.Epoch)] };
    }

    /// <summary>Whether a resolution says what an incident that is over does not know yet.</summary>
    private static bool Says(IncidentState state, IncidentEvent.Resolved resolved) =>
        (resolved.Summary is { } summary && summary != state.Resolution) || (resolved.Closes && state.ClosedAt is null);

    /// <summary>Adds to an end what was said about it, and that nothing is left to do.</summary>
    private static IncidentDecision Conclude(IncidentDecision ended, IncidentEvent.Resolved resolved, DateTimeOffset now)
    {
        var (state, lines) = (ended.State, ended.Lines);
        if (resolved.Summary is { } summary && summary != state.Resolution)
        {
            (state, lines) = (state with { Resolution = summary }, [.. lines, new("incident.resolution_added", $"{resolved.By}: {summary}")]);
        }

        if (resolved.Closes && state.ClosedAt is null)
        {
            (state, lines) = (state with { ClosedAt = now }, [.. lines, new("incident.closed", $"closed by {resolved.By}")]);
        }

        return ended with { State = state, Lines = lines };
    }

    private static IncidentDecision EscalateNow(IncidentState state, IncidentEvent.EscalatedBy escalated, Responders responders, DateTimeOffset now)
    {
        var by = escalated.By;
        var worse = escalated.AtLeast > state.Severity;
        IncidentLine line = new("incident.escalated", $"escalated by {by}{(worse ? $"; now {escalated.AtLeast.Word()}" : "")}");
        if (worse)
        {
            state = state with { Severity = escalated.AtLeast, Urgency = escalated.AtLeast >= Severity.High && !state.UrgencyFixed ? Urgency.High : state.Urgency, PagedAt = PacedFor(state, escalated.AtLeast) };
        }

        if (state.Policy.Steps.Count == 0)
        {
            return Only(state, "incident.escalated", $"{by} asked to escalate, but policy {state.Policy.Name} has no steps");
        }

        return Escalator.Climb(
            state with { Status = IncidentStatus.Triggered, AcknowledgedAt = null, AcknowledgedBy = null, SnoozedUntil = null, SnoozedBy = null, WantedFromEpoch = state.Status == IncidentStatus.Triggered ? state.WantedFromEpoch : state.Epoch + 1 },
            responders, now, [line]);
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
            IsReminded = false,
            PagedAt = Escalator.Begun(state.PagedAt, state.UpdatedAt),
        };
        return new(next, [new IncidentEffect.CancelPages(line.Reason), .. effects], [line]);
    }

    internal static IncidentDecision Only(IncidentState state, string kind, string reason) => new(state, [], [new(kind, reason)]);

    private static IncidentDecision Quietly(IncidentState state) => new(state, [], []);

    internal static IncidentDecision Ignore(IncidentState state, string why) => new(state, [], [new("incident.ignored", why)], Changed: false);

    /// <summary>Who is paged next unless somebody answers, as it looks now; null: nobody.</summary>
    public static string? NextNames(IncidentState state, Responders responders, DateTimeOffset at) => Escalator.NextNames(state, responders, at);

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
