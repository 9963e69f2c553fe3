using Tocsin.Alerts;

namespace Tocsin.Issues;

/// <summary>One issue: what it is to be, and what is known of what it is. Instants are UTC.</summary>
public sealed record TrackedIssue
{
    /// <summary>The event that it is opened for.</summary>
    public required CanonicalEvent First { get; init; }

    /// <summary>Null until the host has said it.</summary>
    public long? Number { get; init; }

    public string? Url { get; init; }

    /// <summary>Whether it is to be open.</summary>
    public bool WantsOpen { get; init; } = true;

    /// <summary>Whether it is, as far as is known.</summary>
    public bool IsOpen { get; init; }

    /// <summary>The newest event that is to be told in a comment; null: none.</summary>
    public CanonicalEvent? Update { get; init; }

    /// <summary>How the event came in that it is opened for; null in what older versions stored.</summary>
    public EventOrigin? Origin { get; init; }

    /// <summary>How <see cref="Update"/> came in.</summary>
    public EventOrigin? UpdateOrigin { get; init; }

    /// <summary>How the event came in that last wanted it closed or opened again.</summary>
    public EventOrigin? TurnOrigin { get; init; }

    /// <summary>How many events the next comment stands for.</summary>
    public int Updates { get; init; }

    /// <summary>How many comments were made.</summary>
    public int Comments { get; init; }

    public DateTimeOffset? CommentedAt { get; init; }

    /// <summary>The labels that were put on it and are to stay.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>The labels that it is to have.</summary>
    public IReadOnlyList<string> WantsLabels { get; init; } = [];

    /// <summary>When something that must happen once was begun whose outcome is not known yet; null: nothing was.</summary>
    public DateTimeOffset? TriedAt { get; init; }

    /// <summary>When the host last changed its state because it was asked to from here, by the host's own clock.</summary>
    public DateTimeOffset? HostChangedAt { get; init; }

    /// <summary>Who closed or opened it by hand, and when it was heard of; null: nobody.</summary>
    public string? ByHand { get; init; }

    public DateTimeOffset? ByHandAt { get; init; }

    /// <summary>Failed attempts in a row.</summary>
    public int Failures { get; init; }

    /// <summary>Why the last attempt failed; null: it did not.</summary>
    public string? Error { get; init; }

    /// <summary>When it was given up; null: it was not. Only a person or the alarm's next event begins anew.</summary>
    public DateTimeOffset? FailedAt { get; init; }

    /// <summary>Whether something is still to be done.</summary>
    public bool IsPending => IssueSync.Next(this, TimeSpan.Zero, DateTimeOffset.MaxValue) is not IssueStep.Nothing;

    public static TrackedIssue Open(CanonicalEvent e, IReadOnlyList<string> labels, EventOrigin? origin = null) => new() { First = Kept(e), WantsLabels = labels, Origin = origin };

    /// <summary>The alarm still fires.</summary>
    public TrackedIssue Tell(CanonicalEvent e, IReadOnlyList<string> labels, EventOrigin? origin = null) =>
        Again() with { Update = Kept(e), Updates = Updates + 1, WantsLabels = labels, UpdateOrigin = origin };

    public TrackedIssue Close(EventOrigin? origin = null) => Again() with { WantsOpen = false, TurnOrigin = origin };

    public TrackedIssue Reopen(CanonicalEvent e, IReadOnlyList<string> labels, EventOrigin? origin = null) =>
        Tell(e, labels, origin) with { WantsOpen = true, TurnOrigin = origin };

    /// <summary>What the sender's own provider said may be long, and no issue tells it.</summary>
    private static CanonicalEvent Kept(CanonicalEvent e) => e with { RawProvider = null };

    /// <summary>Begins anew after it was given up.</summary>
    public TrackedIssue Again() => this with { Failures = 0, Error = null, FailedAt = null };

    /// <summary>Somebody closed it, or it is gone: nothing more is done to it.</summary>
    public TrackedIssue ClosedByHand(string by, DateTimeOffset at) =>
        Again() with { IsOpen = false, WantsOpen = false, Update = null, Updates = 0, ByHand = by, ByHandAt = at };

    /// <summary>Somebody opened it again, and it stays so.</summary>
    public TrackedIssue ReopenedByHand(string by, DateTimeOffset at) => Again() with { IsOpen = true, WantsOpen = true, ByHand = by, ByHandAt = at };
}

/// <summary>What is to be done next for an issue.</summary>
public abstract record IssueStep
{
    /// <param name="Search">It may have been made already: it is looked for first.</param>
    public sealed record Create(bool Search) : IssueStep;

    /// <param name="Search">It may stand there already: it is looked for first.</param>
    public sealed record Comment(CanonicalEvent Event, int Updates, bool Search) : IssueStep;

    public sealed record Label(IReadOnlyList<string> Add, IReadOnlyList<string> Remove) : IssueStep;

    public sealed record Close : IssueStep;

    public sealed record Reopen : IssueStep;

    /// <summary>A comment has its time.</summary>
    public sealed record Wait(DateTimeOffset Until) : IssueStep;

    public sealed record Nothing : IssueStep;
}

/// <summary>Brings an issue to what it is to be, one call after the other, in the order of what happened. Pure.</summary>
public static class IssueSync
{
    /// <param name="pace">The least time between two comments; the last word before the end does not wait.</param>
    public static IssueStep Next(TrackedIssue issue, TimeSpan pace, DateTimeOffset now) => issue switch
    {
        { FailedAt: not null } => new IssueStep.Nothing(),

        // Also one that is over by now: that it happened is to be found later.
        { Number: null } => new IssueStep.Create(issue.TriedAt is not null),
        { WantsOpen: true, IsOpen: false } => new IssueStep.Reopen(),
        { Update: { } update } when !issue.WantsOpen || !(issue.CommentedAt + pace > now) => new IssueStep.Comment(update, issue.Updates, issue.TriedAt is not null),
        { WantsOpen: true } when !issue.Labels.ToHashSet(StringComparer.Ordinal).SetEquals(issue.WantsLabels) =>
            new IssueStep.Label([.. issue.WantsLabels.Except(issue.Labels, StringComparer.Ordinal)], [.. issue.Labels.Except(issue.WantsLabels, StringComparer.Ordinal)]),
        { WantsOpen: false, IsOpen: true } => new IssueStep.Close(),
        { Update: not null } => new IssueStep.Wait((issue.CommentedAt ?? now) + pace),
        _ => new IssueStep.Nothing(),
    };

    /// <summary>How the event came in that a step is taken for; null: that is not known.</summary>
    public static EventOrigin? OriginOf(TrackedIssue issue, IssueStep step) => step switch
    {
        IssueStep.Create => issue.Origin,
        IssueStep.Close or IssueStep.Reopen => issue.TurnOrigin,
        _ => issue.UpdateOrigin ?? issue.Origin,
    };

    /// <summary>Since when a step could have been taken: since its event came in, or since a comment had its time. Null: that is not known.</summary>
    /// <param name="pace">The least time between two comments.</param>
    public static DateTimeOffset? DueAt(TrackedIssue issue, IssueStep step, TimeSpan pace) => OriginOf(issue, step)?.ReceivedAt is not { } received ? null
        : step is IssueStep.Comment && issue.WantsOpen && issue.CommentedAt + pace is { } paced && paced > received ? paced : received;

    /// <summary>The issue after a step that may have had an effect although nothing is known of it, about to be taken.</summary>
    public static TrackedIssue Begin(TrackedIssue issue, DateTimeOffset now) => issue with { TriedAt = issue.TriedAt ?? now };

    /// <summary>The issue after a step was done.</summary>
    /// <param name="number">Of a new issue.</param>
    /// <param name="hostChangedAt">The host's own time of a change of state; null: it did not say.</param>
    public static TrackedIssue Done(TrackedIssue issue, IssueStep step, long? number, string? url, DateTimeOffset? hostChangedAt, DateTimeOffset now)
    {
        var calm = issue with { Failures = 0, Error = null, FailedAt = null, TriedAt = null };
        return step switch
        {
            IssueStep.Create => calm with { Number = number, Url = url, IsOpen = true, Labels = issue.WantsLabels, HostChangedAt = hostChangedAt },

            // More may have come while it was being told.
            IssueStep.Comment told => calm with
            {
                Update = issue.Updates > told.Updates ? issue.Update : null,
                Updates = Math.Max(0, issue.Updates - told.Updates),
                Comments = issue.Comments + 1,
                CommentedAt = now,
            },
            IssueStep.Label label => calm with { Labels = [.. issue.Labels.Except(label.Remove, StringComparer.Ordinal).Union(label.Add, StringComparer.Ordinal)] },
            IssueStep.Close => calm with { IsOpen = false, HostChangedAt = hostChangedAt },
            IssueStep.Reopen => calm with { IsOpen = true, HostChangedAt = hostChangedAt },
            _ => issue,
        };
    }

    /// <summary>The issue after an attempt that failed and will be repeated. What an earlier attempt left open stays open.</summary>
    /// <param name="known">Whether it certainly had no effect.</param>
    /// <param name="counts">False: it was not tried at all, or was told to come later.</param>
    public static TrackedIssue Failed(TrackedIssue issue, IssueStep step, string error, bool known, bool counts = true) => issue with
    {
        Failures = issue.Failures + (counts ? 1 : 0),
        Error = error,
        TriedAt = known && step is not (IssueStep.Create { Search: true } or IssueStep.Comment { Search: true }) ? null : issue.TriedAt,
    };

    /// <summary>The issue after an attempt that shows that no other would do better.</summary>
    public static TrackedIssue GivenUp(TrackedIssue issue, IssueStep step, string error, DateTimeOffset now) => Failed(issue, step, error, known: true) with { FailedAt = now };

    /// <summary>How long to wait after so many failures in a row: 2 s, 4 s and so on up to 5 min, less up to a quarter.</summary>
    /// <param name="jitter">0 up to 1.</param>
    public static TimeSpan Backoff(int failures, double jitter) =>
        TimeSpan.FromSeconds(Math.Min(300, Math.Pow(2, Math.Clamp(failures, 1, 10))) * (1 - (jitter / 4)));
}
