using Tocsin.Alerts;

namespace Tocsin.Incidents;

/// <summary>Everything that can happen to an incident.</summary>
public abstract record IncidentEvent
{
    /// <summary>It was just made by its first alerts.</summary>
    /// <param name="Because">The route, as one sentence.</param>
    public sealed record Opened(TimeSpan GroupWait, string Because) : IncidentEvent;

    /// <param name="Added">Alerts that were not part of it before.</param>
    /// <param name="Firing">How many more alerts fire now than before.</param>
    public sealed record AlertsJoined(int Added, int Firing, Severity Worst, string Sample) : IncidentEvent;

    /// <param name="Ended">How many fewer alerts fire now than before.</param>
    public sealed record AlertsEnded(int Ended, string Sample) : IncidentEvent;

    /// <summary>Alerts of its group fire again soon after it was resolved.</summary>
    public sealed record AlertsBack(int Added, int Firing, Severity Worst, string Sample) : IncidentEvent;

    /// <summary>A wake-up that was set earlier.</summary>
    public sealed record Woken(long Epoch) : IncidentEvent;

    /// <summary>The wake-up that tells people about alerts which joined.</summary>
    public sealed record UpdateDue : IncidentEvent;

    public sealed record Acknowledged(string By) : IncidentEvent;

    public sealed record Resolved(string By) : IncidentEvent;

    public sealed record Snoozed(DateTimeOffset Until, string By) : IncidentEvent;

    public sealed record EscalatedBy(string By) : IncidentEvent;

    public sealed record Noted(string By, string Text) : IncidentEvent;

    /// <summary>All methods of one recipient failed for the step of this epoch.</summary>
    public sealed record Unreachable(string Recipient, long Epoch, string Reason) : IncidentEvent;
}

/// <summary>What a decision wants done; stored as rows in the same transaction as the state.</summary>
public abstract record IncidentEffect
{
    /// <param name="Step">0-based.</param>
    /// <param name="FallbackBy">When the step ends: by then a failing method gives way to the next.</param>
    public sealed record Page(
        Escalation.Recipient To, int Step, int Round, long Epoch, string Because, DateTimeOffset FallbackBy, string? NextRecipient) : IncidentEffect;

    public sealed record WakeAt(DateTimeOffset At, long Epoch) : IncidentEffect;

    public sealed record UpdateAt(DateTimeOffset At) : IncidentEffect;

    /// <summary>Pages that were not sent yet are not wanted any more.</summary>
    public sealed record CancelPages(string Reason) : IncidentEffect;

    /// <summary>Tells those who were paged already, by the methods that take notices.</summary>
    public sealed record Tell(Notify.MessageKind Kind, string By) : IncidentEffect;

    /// <summary>Nobody answered: administrators are told, loudly.</summary>
    public sealed record TellAdministrators(Escalation.Recipient To, string Because, long Epoch) : IncidentEffect;
}

/// <summary>One line for the log, in the order of happening.</summary>
public sealed record IncidentLine(string Kind, string Reason);

/// <param name="Changed">False: the event did not apply; nothing is stored. <paramref name="Lines"/> then says why.</param>
public sealed record IncidentDecision(
    IncidentState State, IReadOnlyList<IncidentEffect> Effects, IReadOnlyList<IncidentLine> Lines, bool Changed = true);
