namespace Tocsin.Issues;

internal enum HostVerdict
{
    Done,

    /// <summary>The same is good later: the host is away, busy, or has a limit. Never an outcome.</summary>
    Later,

    /// <summary>The host refuses; the same may be good once somebody has changed something there.</summary>
    Refused,

    /// <summary>The issue was deleted.</summary>
    Gone,
}

/// <summary>An issue as its host has it.</summary>
/// <param name="ChangedAt">By the host's clock.</param>
internal sealed record HostedIssue(long Number, string? Url, bool IsOpen, DateTimeOffset? ChangedAt, string? ClosedBy = null);

/// <summary>What came of one request.</summary>
/// <param name="Reason">For people: what was wrong and what to do; empty if nothing was.</param>
internal sealed record HostAnswer(HostVerdict Verdict, string Reason = "")
{
    public static HostAnswer Ok { get; } = new(HostVerdict.Done);

    /// <summary>The issue that it is about; of a search null: there is none.</summary>
    public HostedIssue? Issue { get; init; }

    /// <summary>When it may be tried again; null: as failures go.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    /// <summary>It may have had an effect although nothing is known of it.</summary>
    public bool MayHaveWorked { get; init; }

    /// <summary>Whether it says something about the request, and not only about the host's state.</summary>
    public bool Counts { get; init; } = true;

    /// <summary>After how many failures in a row it is given up; null: never, unless refused.</summary>
    public int? GiveUpAfter { get; init; }
}

/// <param name="Title">At most 256 characters.</param>
/// <param name="Body">Markdown.</param>
/// <param name="Teams">Whose labels are made with their colour if they are not there.</param>
internal sealed record NewIssue(string Title, string Body, IReadOnlyList<string> Labels, IReadOnlyList<string> Teams);

/// <summary>How much may still be asked of the host.</summary>
/// <param name="ResetAt">When all of it may be asked again.</param>
/// <param name="SeenAt">When the host said so.</param>
internal sealed record HostLimit(int Limit, int Remaining, DateTimeOffset ResetAt, DateTimeOffset SeenAt);

/// <summary>What is right or wrong with the access to the host, or to one repository.</summary>
/// <param name="Detail">What was seen, and what to do if it is wrong.</param>
internal sealed record HostFinding(string Name, bool IsGood, string Detail);

/// <summary>A system that holds issues. Each call ends in bounded time; only what was done is <see cref="HostVerdict.Done"/>.</summary>
internal interface IIssueHost
{
    /// <summary>Whether there is an account to act with.</summary>
    bool IsConfigured { get; }

    /// <summary>Until when nothing is asked, because the host failed several times or set a limit; null: ask.</summary>
    (DateTimeOffset Until, string Why)? Rests { get; }

    /// <summary>What the host said last of its limit to this node; null: nothing yet.</summary>
    HostLimit? Limit { get; }

    Task<HostAnswer> CreateAsync(string repository, NewIssue issue, CancellationToken ct);

    /// <summary>Looks for issues whose body holds a mark: none, the one, or those that were made twice.</summary>
    /// <param name="since">They were changed then or later.</param>
    Task<(HostAnswer Answer, IReadOnlyList<HostedIssue> Issues)> FindAllAsync(string repository, string mark, DateTimeOffset since, CancellationToken ct);

    /// <summary>Closes an issue that was made although there was one already, and says in it which is kept.</summary>
    Task<HostAnswer> CloseDoubleAsync(string repository, long number, long kept, CancellationToken ct);

    Task<HostAnswer> ReadAsync(string repository, long number, CancellationToken ct);

    Task<HostAnswer> CommentAsync(string repository, long number, string body, CancellationToken ct);

    /// <summary>Looks for the comment that holds a mark; there is one if the answer has an issue.</summary>
    Task<HostAnswer> FindCommentAsync(string repository, long number, string mark, DateTimeOffset since, CancellationToken ct);

    Task<HostAnswer> SetOpenAsync(string repository, long number, bool open, CancellationToken ct);

    Task<HostAnswer> LabelAsync(string repository, long number, IssueStep.Label label, IReadOnlyList<string> teams, CancellationToken ct);

    /// <summary>The issues that were made here and changed since an instant.</summary>
    Task<(HostAnswer Answer, IReadOnlyList<HostedIssue> Issues)> ChangedAsync(string repository, DateTimeOffset since, CancellationToken ct);

    /// <summary>Tries out what the account may do.</summary>
    /// <param name="repository">Null: only whether the account is known.</param>
    Task<IReadOnlyList<HostFinding>> CheckAsync(string? repository, CancellationToken ct);
}
