using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Notify;

/// <summary>A way to reach a person or a channel, by one provider.</summary>
/// <param name="Name">Unique per person.</param>
/// <param name="Type">The provider's id: webhook, email, ntfy, slack.</param>
/// <param name="Settings">The provider's settings with secrets already filled in; keys as in YAML (url, secret, address, …).</param>
public sealed record ContactMethod(string Name, string Type, IReadOnlyDictionary<string, string> Settings);

/// <summary>One rung of a person's ladder.</summary>
/// <param name="After">Time since the page began. 0 to 24 h.</param>
/// <param name="Via">The name of a contact method.</param>
public sealed record NotifyRule(TimeSpan After, string Via);

/// <summary>When somebody is told that a shift of theirs begins.</summary>
public enum ShiftNotices
{
    None,
    Start,

    /// <summary>15 minutes before, and when it begins.</summary>
    Both,
}

/// <summary>Hours in which a person is not woken: what comes waits for their end, and is told then as one message.</summary>
/// <param name="Hours">Less than a day.</param>
/// <param name="AlsoHigh">High urgency waits too; otherwise only low urgency does.</param>
public sealed record QuietHours(DayWindow Hours, bool AlsoHigh = false)
{
    /// <summary>The hours that count for an urgency; null: it does not wait.</summary>
    public DayWindow? For(Urgency urgency) => urgency == Urgency.Low || AlsoHigh ? Hours : null;
}

public sealed record Person
{
    /// <summary>The short name that estates, routes and pages use; unique in the workspace.</summary>
    public required string Name { get; init; }

    /// <summary>How the person is shown; null: the name.</summary>
    public string? FullName { get; init; }

    public string? Email { get; init; }

    /// <summary>The IANA zone that the person lives in; null: not said.</summary>
    public string? TimeZone { get; init; }

    /// <summary>owner, admin, responder or viewer.</summary>
    public string Role { get; init; } = "responder";

    /// <summary>A disabled person is never paged; steps that name only disabled people fall through.</summary>
    public bool Disabled { get; init; }

    /// <summary>What the person wants to hear of the beginning of their shifts.</summary>
    public ShiftNotices ShiftNotices { get; init; } = ShiftNotices.Start;

    /// <summary>Where the person's time off is read, in iCalendar form. A secret; empty: set, but not known now. Null: nowhere.</summary>
    public string? TimeOffCalendar { get; init; }

    public IReadOnlyList<ContactMethod> Contact { get; init; } = [];

    public IReadOnlyList<NotifyRule> High { get; init; } = [];

    public IReadOnlyList<NotifyRule> Low { get; init; } = [];

    /// <summary>Null: none.</summary>
    public QuietHours? Quiet { get; init; }

    /// <summary>How many pages this person gets by one method within a minute before the rest comes as one message, 1 to 1000; null: as the installation says.</summary>
    public int? MaxPerMinute { get; init; }

    /// <summary>Takes part in the workspace's monthly test of contact methods.</summary>
    public bool SelfTest { get; init; } = true;
}
