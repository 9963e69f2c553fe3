namespace Tocsin.Sdk;

/// <summary>An issue that an alarm got, as it is known here.</summary>
public sealed record IssueView
{
    public required long Id { get; init; }

    /// <summary><c>owner/name</c>.</summary>
    public required string Repository { get; init; }

    /// <summary>Null until it was made.</summary>
    public long? Number { get; init; }

    public string? Url { get; init; }

    /// <summary>waiting (it is still to be made), open or closed.</summary>
    public required string State { get; init; }

    /// <summary>Whether something is still to be done for it.</summary>
    public bool Pending { get; init; }

    /// <summary>What is done next: create, comment, label, close or reopen; null: nothing, or it was given up.</summary>
    public string? Next { get; init; }

    public required string Title { get; init; }

    /// <summary>P0 to P3.</summary>
    public required string Priority { get; init; }

    public IReadOnlyList<string> Teams { get; init; } = [];

    public required string Source { get; init; }

    /// <summary>Sixty-four hexadecimal digits: which alarm it is.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The alert's id.</summary>
    public required long Alert { get; init; }

    /// <summary>The newest incident of the alert; null: none.</summary>
    public long? Incident { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public int Comments { get; init; }

    public DateTimeOffset? CommentedAt { get; init; }

    /// <summary>Failed attempts in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Why the last attempt failed; null: it did not.</summary>
    public string? Error { get; init; }

    /// <summary>When it was given up; null: it was not. It can be retried.</summary>
    public DateTimeOffset? FailedAt { get; init; }

    /// <summary>Who closed it, or opened it again, by hand last.</summary>
    public string? ByHand { get; init; }

    public DateTimeOffset? ByHandAt { get; init; }

    /// <summary>What is remembered of the alarm in this repository; null in lists.</summary>
    public IssueAlarmView? Alarm { get; init; }
}

/// <summary>What decides about an alarm's next event.</summary>
/// <param name="Status">open or closed.</param>
/// <param name="LastProviderStateAt">When the newest event that counted happened, as its sender says.</param>
/// <param name="ManuallyClosedAt">When somebody closed the issue while the alarm fired; null: nobody did, or it ended since.</param>
public sealed record IssueAlarmView(
    string Status, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, DateTimeOffset LastProviderStateAt, bool ManuallyClosed, DateTimeOffset? ManuallyClosedAt, long? CurrentIssue);

/// <param name="Repository"><c>owner/name</c>; null: only the account is checked.</param>
public sealed record GitHubCheckRequest(string? Repository = null);

/// <param name="Good">Whether all findings are.</param>
public sealed record GitHubCheckView(bool Good, IReadOnlyList<GitHubFindingView> Findings);

/// <param name="Name">What was tried: account, installation, issues, repository.</param>
/// <param name="Detail">What was seen, and what to do if it is wrong.</param>
public sealed record GitHubFindingView(string Name, bool Good, string Detail);
