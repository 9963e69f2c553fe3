using Tocsin.Alerts;
using Tocsin.Routing;

namespace Tocsin.Notify;

public enum MessageKind
{
    /// <summary>Somebody is asked to act. Everything else is a notice.</summary>
    Page,
    Acknowledged,
    Resolved,
    Reopened,
    AlertsAdded,

    /// <summary>All steps ran and nobody answered; goes to administrators.</summary>
    Unanswered,
    Test,

    /// <summary>Stands for pages that one person would have got too many of within a minute.</summary>
    More,

    /// <summary>Asks whoever acknowledged whether they still have it.</summary>
    Reminder,

    /// <summary>Somebody who works on the incident asks for help; nothing stops and nothing is taken over.</summary>
    Asked,

    /// <summary>Stands for all that waited for the end of a person's quiet hours.</summary>
    Waited,

    /// <summary>A test that asks whether it was noticed, and remembers the answer.</summary>
    SelfTest,

    /// <summary>Only as a change of an earlier message: somebody put the incident off.</summary>
    Snoozed,

    /// <summary>A device that somebody registered can't be reached any more; goes to them by another method.</summary>
    DeviceLost,

    /// <summary>Something a person should know that is about no incident: the title says it, <see cref="Message.Because"/> what it means.</summary>
    Note,
}

/// <summary>What is told to one recipient through one method. Texts of other systems are data: each channel escapes them.</summary>
public sealed record Message
{
    public required MessageKind Kind { get; init; }

    /// <summary>The page key (R4): equal over retries, restarts and nodes; 22 characters of base64url.</summary>
    public required string Key { get; init; }

    public required string Workspace { get; init; }

    /// <summary>The workspace's number in the store, for methods whose addresses are kept there; 0: the message is only looked at.</summary>
    public long WorkspaceId { get; init; }

    /// <summary>The incident's number; 0 for a test.</summary>
    public required long Incident { get; init; }

    public required string Title { get; init; }

    public string? Description { get; init; }

    public Severity Severity { get; init; }

    public Urgency Urgency { get; init; }

    /// <summary>triggered, acknowledged, snoozed or resolved.</summary>
    public required string Status { get; init; }

    public string? Service { get; init; }

    public string? Environment { get; init; }

    public LabelSet Labels { get; init; } = LabelSet.Empty;

    public int AlertCount { get; init; }

    /// <summary>For <see cref="MessageKind.More"/> and <see cref="MessageKind.Waited"/>: how many incidents this one message stands for.</summary>
    public int MoreCount { get; init; }

    public DateTimeOffset StartedAt { get; init; }

    /// <summary>The one instant of this message, UTC; ages are counted to it.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The user or channel that this goes to.</summary>
    public required string Recipient { get; init; }

    /// <summary>The IANA zone that the recipient lives in, for wall-clock times in texts; null: not known, texts are in UTC.</summary>
    public string? TimeZone { get; init; }

    /// <summary>1-based; 0 if no step is behind it.</summary>
    public int Step { get; init; }

    public int Steps { get; init; }

    /// <summary>1-based.</summary>
    public int Round { get; init; }

    /// <summary>Why this recipient: <c>Payments primary, rotation weekly (step 1 of 3)</c>.</summary>
    public string? Because { get; init; }

    /// <summary>Who is paged next unless somebody answers; null: nobody.</summary>
    public string? NextRecipient { get; init; }

    public DateTimeOffset? NextAt { get; init; }

    /// <summary>Who acknowledged or resolved it, for those kinds.</summary>
    public string? By { get; init; }

    public string? Policy { get; init; }

    /// <summary>What a person wrote for the recipient, for <see cref="MessageKind.Asked"/>.</summary>
    public string? Note { get; init; }

    /// <summary>The incident's page in the UI; null when no public address is known.</summary>
    public Uri? IncidentUrl { get; init; }

    /// <summary>The signed page with the one button; opening it changes nothing.</summary>
    public Uri? ActionUrl { get; init; }

    /// <summary>What a button carries so that the answer finds its page: 32 characters of base64url, for this workspace only; null: nothing can be answered.</summary>
    public string? AnswerCode { get; init; }

    /// <summary>Where the provider may send what the recipient answers to this very page; null when no public address is known.</summary>
    public Uri? ReplyUrl { get; init; }

    /// <summary>The provider's own name of the conversation in which this incident was told first: a follow-up goes there. Null: there is none.</summary>
    public string? Thread { get; init; }
}
