using Tocsin.Alerts;
using Tocsin.Escalation;

namespace Tocsin.Incidents;

/// <summary>Everything that can happen to an incident.</summary>
public abstract record IncidentEvent
{
    /// <summary>It was just made by its first alerts.</summary>
    /// <param name="Because">The route, as one sentence.</param>
    public sealed record Opened(TimeSpan GroupWait, string Because) : IncidentEvent;

    /// <param name="Added">Alerts that were not part of it before.</param>
    /// <param name="Firing">How many more alerts fire now than before.</param>
    /// <param name="Priority">The most urgent that they carry; null: none.</param>
    public sealed record AlertsJoined(int Added, int Firing, Severity Worst, string Sample, string? Priority = null) : IncidentEvent;

    /// <param name="Ended">How many fewer alerts fire now than before.</param>
    public sealed record AlertsEnded(int Ended, string Sample) : IncidentEvent;

    /// <summary>Alerts of its group fire again soon after it was resolved.</summary>
    public sealed record AlertsBack(int Added, int Firing, Severity Worst, string Sample, string? Priority = null) : IncidentEvent;

    /// <summary>A wake-up that was set earlier.</summary>
    public sealed record Woken(long Epoch) : IncidentEvent;

    /// <summary>The wake-up that tells people about alerts which joined.</summary>
    public sealed record UpdateDue : IncidentEvent;

    public sealed record Acknowledged(string By) : IncidentEvent;

    /// <param name="Summary">What it was and what ended it, for whoever reads it later; null: nothing is said.</param>
    /// <param name="Closes">Nothing is left to do about it.</param>
    public sealed record Resolved(string By, string? Summary = null, bool Closes = false) : IncidentEvent;

    public sealed record Snoozed(DateTimeOffset Until, string By) : IncidentEvent;

    /// <param name="AtLeast">What its severity becomes unless it is worse already.</param>
    public sealed record EscalatedBy(string By, Severity AtLeast = Severity.Unset) : IncidentEvent;

    /// <summary>It is handed over: the escalation begins there.</summary>
    /// <param name="To">The user, team or schedule that is paged first; null: <paramref name="Policy"/> takes over instead.</param>
    /// <param name="Revision">The estate's, for <paramref name="Policy"/>.</param>
    public sealed record Reassigned(Target? To, Policy? Policy, long Revision, string By) : IncidentEvent;

    /// <summary>An administrator lets it run on by another version of its policy.</summary>
    public sealed record PolicyMoved(Policy Policy, long Revision, string By) : IncidentEvent;

    /// <summary>Further people are asked to help; nothing stops.</summary>
    /// <param name="Note">What to tell them; null: nothing besides the incident.</param>
    public sealed record RespondersAsked(IReadOnlyList<Target> Targets, string By, string? Note) : IncidentEvent;

    /// <summary>Somebody who was asked joins, or declines.</summary>
    public sealed record ResponderAnswered(string By, bool Joins) : IncidentEvent;

    /// <summary>All methods of somebody who was asked failed.</summary>
    /// <param name="Ask">Which question it was.</param>
    public sealed record ResponderLost(string Recipient, long Ask, string Reason) : IncidentEvent;

    /// <summary>Whoever acknowledged cannot be reminded: all their methods failed.</summary>
    public sealed record ReminderLost(string Recipient, long Epoch, string Reason) : IncidentEvent;

    public sealed record Noted(string By, string Text) : IncidentEvent;

    /// <summary>All methods of one recipient failed for the step of this epoch.</summary>
    /// <param name="InDoubt">They may have been called all the same: a page went out and no answer came.</param>
    public sealed record Unreachable(string Recipient, long Epoch, string Reason, bool InDoubt) : IncidentEvent;
}

/// <summary>What a decision wants done; stored as rows in the same transaction as the state.</summary>
public abstract record IncidentEffect
{
    /// <param name="Step">0-based.</param>
    /// <param name="FallbackBy">When the step ends: by then a failing method gives way to the next.</param>
    /// <param name="StartsAt">When the recipient's ladder begins, UTC: now, or when they may be called again.</param>
    public sealed record Page(
        Recipient To, int Step, int Round, long Epoch, string Because, DateTimeOffset StartsAt, DateTimeOffset FallbackBy, string? NextRecipient) : IncidentEffect;

    /// <summary>Asks whoever acknowledged whether they still have it, by their whole ladder.</summary>
    public sealed record Remind(Recipient To, long Epoch, DateTimeOffset StartsAt, string Because) : IncidentEffect;

    /// <summary>Asks somebody to help, by their whole ladder.</summary>
    public sealed record Ask(Recipient To, long Number, string By, string? Note, string Because) : IncidentEffect;

    /// <summary>Calls for help that were not sent yet are not wanted any more.</summary>
    /// <param name="Recipient">Only those to this one; null: all.</param>
    public sealed record CancelAsks(string? Recipient, string Reason) : IncidentEffect;

    /// <summary>A team's turn is over.</summary>
    public sealed record TakeTurn(TeamTurn Turn) : IncidentEffect;

    public sealed record WakeAt(DateTimeOffset At, long Epoch) : IncidentEffect;

    public sealed record UpdateAt(DateTimeOffset At) : IncidentEffect;

    /// <summary>Pages that were not sent yet are not wanted any more.</summary>
    public sealed record CancelPages(string Reason) : IncidentEffect;

    /// <summary>Tells those who were paged already, by the methods that take notices.</summary>
    public sealed record Tell(Notify.MessageKind Kind, string By) : IncidentEffect;

    /// <summary>Nobody answered: administrators are told, loudly.</summary>
    public sealed record TellAdministrators(Recipient To, string Because, long Epoch) : IncidentEffect;
}

/// <summary>One line for the log, in the order of happening.</summary>
public sealed record IncidentLine(string Kind, string Reason);

/// <param name="Changed">False: the event did not apply; nothing is stored. <paramref name="Lines"/> then says why.</param>
public sealed record IncidentDecision(
    IncidentState State, IReadOnlyList<IncidentEffect> Effects, IReadOnlyList<IncidentLine> Lines, bool Changed = true);
