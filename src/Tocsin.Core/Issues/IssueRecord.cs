using Tocsin.Alerts;

namespace Tocsin.Issues;

/// <summary>The numbers are stored.</summary>
public enum IssueStatus
{
    Open = 0,
    Closed = 1,
}

/// <summary>What is remembered of one alarm in one repository to decide about its next event. Instants are UTC.</summary>
public sealed record IssueRecord
{
    /// <summary>How many events are remembered to know them when they are delivered again.</summary>
    public const int Remembered = 8;

    /// <summary>Sixty-four lower-case hexadecimal digits.</summary>
    public required string Fingerprint { get; init; }

    /// <summary><c>owner/name</c>.</summary>
    public required string Repository { get; init; }

    public required IssueStatus Status { get; init; }

    public required string Source { get; init; }

    public required string Title { get; init; }

    public required IReadOnlyList<string> Teams { get; init; }

    /// <summary>0 to 3: P0 to P3.</summary>
    public required int Priority { get; init; }

    public string? AccountId { get; init; }

    public string? Region { get; init; }

    public string? AlarmId { get; init; }

    public int SchemaVersion { get; init; } = CanonicalEvent.SchemaVersion;

    /// <summary>When the newest event that counted happened, as its sender says.</summary>
    public required DateTimeOffset LastProviderStateAt { get; init; }

    public required DateTimeOffset FirstSeenAt { get; init; }

    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>When somebody closed the issue while the alarm fired; null: nobody did, or the alarm has ended since.</summary>
    public DateTimeOffset? ManuallyClosedAt { get; init; }

    public bool ManuallyClosed => ManuallyClosedAt is not null;

    /// <summary>Sixteen hexadecimal digits each, of the newest events, the newest last.</summary>
    public IReadOnlyList<string> Seen { get; init; } = [];

    /// <summary>The number, among those that are kept here, of the issue that its events go to; 0 before the first.</summary>
    public long Issue { get; init; }

    /// <summary>Somebody closed the issue. While the alarm fires that is respected until it ends; of one that is over it says nothing.</summary>
    public IssueRecord ClosedByHand(DateTimeOffset at) => Status == IssueStatus.Open ? this with { ManuallyClosedAt = at } : this;

    /// <summary>Somebody opened it again: its events count again.</summary>
    public IssueRecord ReopenedByHand() => this with { ManuallyClosedAt = null };
}
