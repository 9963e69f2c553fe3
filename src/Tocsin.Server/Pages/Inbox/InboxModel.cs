using Tocsin.Sdk;

namespace Tocsin.Pages;

/// <summary>What the inbox shows, already chosen and sorted.</summary>
public sealed record InboxModel
{
    /// <summary>mine, team or all.</summary>
    public required string View { get; init; }

    public string Query { get; init; } = "";

    public string? QueryFault { get; init; }

    public IReadOnlyList<string> Terms { get; init; } = [];

    /// <summary>Nobody has these yet: by severity, then by age.</summary>
    public IReadOnlyList<Incident> Waiting { get; init; } = [];

    /// <summary>Acknowledged and snoozed.</summary>
    public IReadOnlyList<Incident> Held { get; init; } = [];

    /// <summary>Low urgency and waiting: folded.</summary>
    public IReadOnlyList<Incident> Low { get; init; } = [];

    public IReadOnlyList<Incident> ResolvedToday { get; init; } = [];

    /// <summary>Open incidents of all views, to say what this view leaves out.</summary>
    public int OpenInAll { get; init; }

    /// <summary>When nothing was found: an open incident that fails only one term, and that term.</summary>
    public NearMiss? Nearest { get; init; }

    /// <summary>More are open than one page shows.</summary>
    public bool Truncated { get; init; }

    /// <summary>Proof that quiet means quiet; null when no source has sent anything yet.</summary>
    public QuietLine? Quiet { get; init; }

    /// <summary>How to send the first alert; only while no source has ever sent one.</summary>
    public FirstAlert? First { get; init; }

    public bool IsEmpty => Waiting.Count + Held.Count + Low.Count == 0;

    /// <summary>Chooses and sorts: the worst and oldest that nobody has first, then what somebody has, low urgency last.</summary>
    /// <param name="open">All open incidents that are known.</param>
    /// <param name="resolved">Those resolved today.</param>
    internal static InboxModel Of(
        string view, InboxFilter filter, IReadOnlyList<Incident> open, IReadOnlyList<Incident> resolved, Func<Incident, bool> inView)
    {
        var shown = open.Where(i => inView(i) && filter.Matches(i)).ToList();
        var waiting = shown.Where(i => i.Status == "triggered")
            .OrderByDescending(i => Words.SeverityRank(i.Severity)).ThenBy(i => i.CreatedAt).ToList();
        var near = shown.Count == 0 && !filter.IsEmpty ? filter.Nearest(open.Where(inView)) : null;
        return new()
        {
            View = view,
            Query = filter.Text,
            QueryFault = filter.Fault,
            Terms = filter.Terms,
            Waiting = [.. waiting.Where(i => i.Urgency != "low")],
            Low = [.. waiting.Where(i => i.Urgency == "low")],
            Held = [.. shown.Where(i => i.Status is "acknowledged" or "snoozed")
                .OrderBy(i => i.Status == "snoozed").ThenByDescending(i => Words.SeverityRank(i.Severity)).ThenBy(i => i.CreatedAt)],
            ResolvedToday = [.. resolved.Where(i => inView(i) && filter.Matches(i)).OrderByDescending(i => i.ResolvedAt)],
            OpenInAll = open.Count,
            Nearest = near is { } n ? new(n.Incident, n.Term) : null,
        };
    }
}

public sealed record NearMiss(Incident Incident, string Term);

/// <param name="Sources">How many sources have sent something.</param>
/// <param name="Since">When the last incident ended; null: there was none yet.</param>
public sealed record QuietLine(int Sources, DateTimeOffset LastEventAt, DateTimeOffset? Since);

/// <param name="Source">A source to try; null: there is none yet.</param>
/// <param name="Command">A shell command with the real address and key; null where the source takes its own tool's format only.</param>
public sealed record FirstAlert(string? Source, string? Command);
