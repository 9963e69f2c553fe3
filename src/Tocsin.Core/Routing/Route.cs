namespace Tocsin.Routing;

public enum MatchOp
{
    Equal,
    NotEqual,
    Regex,
    NotRegex,
}

public enum Urgency
{
    Low,
    High,
}

/// <summary>One node of the routing tree. Matchers are all of them (AND); a node without matchers takes everything.</summary>
public sealed record Route
{
    /// <summary>Unique in the tree; appears in every explanation.</summary>
    public required string Name { get; init; }

    public IReadOnlyList<Matcher> Match { get; init; } = [];

    /// <summary>The escalation policy, or null to inherit the parent's. <see cref="NoPolicy"/> pages nobody, on purpose.</summary>
    public string? Policy { get; init; }

    /// <summary>Null: by severity (critical and high are high, the rest low).</summary>
    public Urgency? Urgency { get; init; }

    /// <summary>The service that incidents of this route belong to; null: the alert's own service label.</summary>
    public string? Service { get; init; }

    /// <summary>Labels whose equal values fold alerts into one incident; null: inherit. "..." alone means all labels.</summary>
    public IReadOnlyList<string>? GroupBy { get; init; }

    /// <summary>How long a new incident collects alerts before it pages; null: inherit (root: 0 s).</summary>
    public TimeSpan? GroupWait { get; init; }

    /// <summary>
    /// The least time between two notices about new alerts of one incident, and how long after its end the same group reopens it;
    /// null: inherit (root: 5 min).
    /// </summary>
    public TimeSpan? GroupInterval { get; init; }

    /// <summary>The repository, <c>owner/name</c>, where alarms of the alert pipeline get issues; <see cref="NoIssues"/>: none; null: inherit.</summary>
    public string? Issues { get; init; }

    /// <summary>Whether an alarm that fires again opens its last issue again instead of a new one; null: inherit (root: a new one).</summary>
    public bool? ReopenIssues { get; init; }

    /// <summary>Whether later siblings are tried although this route matched.</summary>
    public bool Continue { get; init; }

    public IReadOnlyList<Route> Routes { get; init; } = [];

    public IReadOnlyList<RouteTest> Tests { get; init; } = [];

    /// <summary>The policy name that pages nobody.</summary>
    public const string NoPolicy = "none";

    /// <summary>Instead of a repository: no issues, although a parent names one.</summary>
    public const string NoIssues = "none";
}

/// <summary>An expectation that lives beside its route; <c>tocsin check</c> runs it.</summary>
/// <param name="At">The instant to ask for; null: any.</param>
public sealed record RouteTest(
    Alerts.LabelSet Labels, DateTimeOffset? At, string? ExpectPolicy, string? ExpectFirstPage, TimeSpan? ExpectWithin)
{
    /// <summary>Other alerts that fire at that time, by their labels: they may mute this one.</summary>
    public IReadOnlyList<Alerts.LabelSet> While { get; init; } = [];

    /// <summary>The contact method, by its name or type, of the first page.</summary>
    public string? ExpectBy { get; init; }

    /// <summary>Nobody is paged: it is muted, or routed to nobody, or nobody can be reached.</summary>
    public bool ExpectNobody { get; init; }

    /// <summary>The silence, maintenance window or inhibition rule that mutes it.</summary>
    public string? ExpectMutedBy { get; init; }

    public IReadOnlyList<StepExpectation> ExpectSteps { get; init; } = [];
}

/// <param name="Step">1-based.</param>
/// <param name="Reaches">A user's name, or <c>channel:NAME</c>.</param>
public sealed record StepExpectation(int Step, string Reaches);
