using Tocsin.Alerts;
using Tocsin.Escalation;
using Tocsin.Routing;

namespace Tocsin.Incidents;

/// <summary>The numbers are stored.</summary>
public enum IncidentStatus
{
    Triggered = 0,
    Acknowledged = 1,
    Snoozed = 2,
    Resolved = 3,
}

public enum EscalationStatus
{
    /// <summary>Collecting alerts before the first page.</summary>
    Waiting,

    /// <summary>Steps run until somebody answers.</summary>
    Paging,

    /// <summary>All steps and rounds ran; nobody answered.</summary>
    Exhausted,

    /// <summary>Acknowledged, snoozed, resolved, or its policy pages nobody.</summary>
    Stopped,
}

/// <summary>The numbers are stored.</summary>
public enum ResponderAnswer
{
    Asked = 0,
    Joined = 1,
    Declined = 2,
    Unreachable = 3,
}

/// <summary>Somebody who was asked to help.</summary>
/// <param name="Id">As in <see cref="Recipient.Id"/>.</param>
/// <param name="Number">Which question of the incident it was, from 1.</param>
public sealed record AskedResponder(string Id, long Number, string By, DateTimeOffset At, ResponderAnswer Answer, DateTimeOffset? AnsweredAt);

/// <summary>All that an incident's decisions depend on. Stored whole; every change makes a new one.</summary>
public sealed record IncidentState
{
    public required long Number { get; init; }

    public IncidentStatus Status { get; init; }

    public required string Title { get; init; }

    public string? Description { get; init; }

    public Severity Severity { get; init; }

    public Urgency Urgency { get; init; }

    /// <summary>Whether the route fixed the urgency; if not, it rises with the severity.</summary>
    public bool UrgencyFixed { get; init; }

    public string? Service { get; init; }

    public string? Environment { get; init; }

    public required string Route { get; init; }

    /// <summary>The policy as it was when the incident began: changes of the estate do not move running escalations.</summary>
    public required Policy Policy { get; init; }

    /// <summary>The revision of the estate that <see cref="Policy"/> is of; 0: begun before that was kept.</summary>
    public long PolicyRevision { get; init; }

    /// <summary>Whom it was handed to: the first step of <see cref="Policy"/> is that, and what it had before follows; null: it was not.</summary>
    public Target? HandedTo { get; init; }

    /// <summary>The most urgent priority of its alerts, as their senders wrote it; null: none.</summary>
    public string? Priority { get; init; }

    public LabelSet GroupLabels { get; init; } = LabelSet.Empty;

    public long GroupHash { get; init; }

    public TimeSpan GroupInterval { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public DateTimeOffset? AcknowledgedAt { get; init; }

    public string? AcknowledgedBy { get; init; }

    public DateTimeOffset? SnoozedUntil { get; init; }

    /// <summary>A person's name, or what <see cref="BySilence"/> makes of a silence.</summary>
    public string? SnoozedBy { get; init; }

    public DateTimeOffset? ResolvedAt { get; init; }

    public string? ResolvedBy { get; init; }

    /// <summary>What a person said at the end; null: nothing.</summary>
    public string? Resolution { get; init; }

    /// <summary>When a person said that nothing is left to do, after it was resolved; null: nobody did.</summary>
    public DateTimeOffset? ClosedAt { get; init; }

    public int AlertCount { get; init; }

    public int FiringCount { get; init; }

    public EscalationStatus Escalation { get; init; }

    /// <summary>0-based; -1 before the first.</summary>
    public int Step { get; init; } = -1;

    /// <summary>1-based.</summary>
    public int Round { get; init; } = 1;

    /// <summary>Grows with each wake-up that is set; a wake-up of an older epoch no longer applies.</summary>
    public long Epoch { get; init; }

    /// <summary>Pages of an epoch before this one are no longer wanted.</summary>
    public long WantedFromEpoch { get; init; }

    /// <summary>When the escalation does something next, UTC.</summary>
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>Recipients of the current step that have not failed; ids as in <see cref="Recipient.Id"/>.</summary>
    public IReadOnlyList<string> Paging { get; init; } = [];

    /// <summary>When each person's last ladder for this group began or will begin, by <see cref="Recipient.Id"/>; null: nobody was paged.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset>? PagedAt { get; init; }

    /// <summary>How often administrators were told that nobody answered.</summary>
    public int TimesUnanswered { get; init; }

    /// <summary>Whoever acknowledged was asked whether they still have it, and nothing happened since.</summary>
    public bool IsReminded { get; init; }

    /// <summary>Those who were asked to help; null: nobody.</summary>
    public IReadOnlyList<AskedResponder>? Asked { get; init; }

    /// <summary>How often it was reopened; part of every page key.</summary>
    public int Reopened { get; init; }

    /// <summary>Alerts that joined since people were last told.</summary>
    public int Untold { get; init; }

    public DateTimeOffset? ToldAt { get; init; }

    /// <summary>Quiet only because its alerts are muted: by a silence, a maintenance window or another alert.</summary>
    public bool IsSnoozedBySilence => SnoozedBy?.Split(' ')[0] is "silence" or "maintenance" or "inhibition";

    public bool IsOpen => Status != IncidentStatus.Resolved;

    /// <summary>Who snoozes an incident all of whose alerts a silence or maintenance window mutes.</summary>
    public static string BySilence(SilenceKind kind, string id) => $"{kind.ToString().ToLowerInvariant()} {id}";

    /// <summary>Who snoozes an incident all of whose alerts are muted by others that fire.</summary>
    /// <param name="source">The title of one of those.</param>
    public static string ByInhibition(string rule, string source) => $"inhibition {rule}: {source}";
}
