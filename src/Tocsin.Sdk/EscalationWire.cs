using System.Text.Json.Serialization;

namespace Tocsin.Sdk;

/// <summary>Somebody, or a channel, that was asked to help with an incident.</summary>
/// <param name="RecipientKind">user or channel.</param>
/// <param name="Answer">asked, joined, declined or unreachable.</param>
public sealed record AskedView(string Recipient, string RecipientKind, string By, DateTimeOffset At, string Answer, DateTimeOffset? AnsweredAt);

/// <param name="To">Who has it from now on: <c>user:bo</c>, <c>team:payments</c>, <c>schedule:primary</c> or <c>policy:database</c>.</param>
/// <param name="Note">For the timeline; 1 to 10 000 characters.</param>
public sealed record ReassignRequest(string To, string? Note = null);

/// <param name="Targets">Whom to ask, 1 to 20: <c>user:bo</c>, <c>team:payments</c>, <c>schedule:primary</c>, <c>channel:room</c>.</param>
/// <param name="Note">What to tell them, at most 1 000 characters.</param>
public sealed record RespondersRequest(IReadOnlyList<string> Targets, string? Note = null);

/// <param name="Joins">False: declines.</param>
public sealed record ResponderAnswerRequest(bool Joins);

/// <summary>Which open incidents go on by the policy as it is now.</summary>
/// <param name="Incidents">Their numbers; those that were on that version already are not among them.</param>
public sealed record PolicyMoveView(string Policy, long Revision, IReadOnlyList<long> Incidents);

/// <param name="After">Time since the call began: 0s, 2m, 1h; at most 1d.</param>
/// <param name="Via">The name of a contact method.</param>
public sealed record NotifyRuleView(string After, string Via);

/// <param name="Between">Such as 22:00-08:00.</param>
/// <param name="Days">The days on which they begin, such as sun-thu; null: every day.</param>
/// <param name="TimeZone">An IANA zone; null: the person's.</param>
/// <param name="HighToo">High urgency waits too.</param>
public sealed record QuietHoursView(string Between, string? Days = null, string? TimeZone = null, bool HighToo = false);

/// <summary>How a person is reached.</summary>
public sealed record NotifyView
{
    public required string User { get; init; }

    /// <summary>The names of the contact methods.</summary>
    public IReadOnlyList<string> Methods { get; init; } = [];

    public IReadOnlyList<NotifyRuleView> High { get; init; } = [];

    public IReadOnlyList<NotifyRuleView> Low { get; init; } = [];

    /// <summary>What comes of it: <c>At once phone (ntfy), after 2 min mail (email)</c>.</summary>
    public required string HighSentence { get; init; }

    public required string LowSentence { get; init; }

    /// <summary>Null: none.</summary>
    public QuietHoursView? QuietHours { get; init; }

    /// <summary>Null: as the installation says.</summary>
    public int? MaxPagesPerMinute { get; init; }

    /// <summary>Takes part in the monthly test of contact methods, where the workspace has one.</summary>
    public bool SelfTest { get; init; } = true;

    /// <summary>The contact methods and whether they are known to reach the person.</summary>
    public IReadOnlyList<ContactProofView> Proofs { get; init; } = [];

    /// <summary>Why the person might not be woken; null: nothing is known to be in the way.</summary>
    public string? Warning { get; init; }
}

/// <summary>Whether a contact method is known to reach its person: a page or test that came by it was answered.</summary>
/// <param name="State">never, stale (long ago, or the last test was not answered) or good.</param>
/// <param name="Says">Such as <c>worked on 3 Nov 2026 (test)</c>.</param>
/// <param name="Rings">It rings a telephone.</param>
/// <param name="TestedAt">When the last test was sent; null: none was.</param>
public sealed record ContactProofView(string Method, string Type, string State, string Says, bool Rings, DateTimeOffset? AnsweredAt, DateTimeOffset? TestedAt);

/// <summary>Whether a workspace tests its people's contact methods each month.</summary>
/// <param name="Day">From which day of the month on, 1 to 28; of no account while it is not enabled.</param>
public sealed record SelfTestView([property: JsonRequired] bool Enabled, int Day = 1);

/// <param name="High">1 to 10.</param>
/// <param name="Low">1 to 10.</param>
/// <param name="QuietHours">Null: none.</param>
/// <param name="MaxPagesPerMinute">1 to 1000; null: as the installation says.</param>
/// <param name="SelfTest">Whether to take part in the monthly test. Default: yes.</param>
public sealed record NotifyRequest(
    IReadOnlyList<NotifyRuleView> High, IReadOnlyList<NotifyRuleView> Low, QuietHoursView? QuietHours = null, int? MaxPagesPerMinute = null,
    bool? SelfTest = null);
