namespace Tocsin.Pages;

public sealed record PoliciesModel(IReadOnlyList<PolicyTimeline> Policies);

/// <summary>A policy as it runs from the first page on.</summary>
public sealed record PolicyTimeline
{
    public required string Name { get; init; }

    /// <summary>All steps of all rounds that are drawn, on one axis.</summary>
    public IReadOnlyList<PolicyBar> Bars { get; init; } = [];

    /// <summary>Rounds that are not drawn any more.</summary>
    public int MoreRounds { get; init; }

    public required IReadOnlyList<PolicyMoment> Steps { get; init; }

    /// <summary>What comes after each round, in order of time.</summary>
    public required IReadOnlyList<PolicyEnd> Ends { get; init; }

    /// <summary>Routes that name it.</summary>
    public IReadOnlyList<string> Routes { get; init; } = [];

    /// <summary>Services whose alerts go by it.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];
}

/// <param name="From">48ths of the axis, 0 to 47.</param>
/// <param name="To">1 to 48.</param>
/// <param name="Step">1 for the first.</param>
/// <param name="At">When it begins, after the first page, such as "5 min".</param>
/// <param name="Text">In words, for hovering.</param>
public sealed record PolicyBar(int From, int To, int Step, string At, string Text)
{
    public int Hue => (Step - 1) % 8;
}

/// <param name="After">"at once", "after 5 min".</param>
/// <param name="Again">When it comes in later rounds, such as "after 20 min, 40 min"; null: it does not.</param>
/// <param name="When">For what it counts; null: always.</param>
/// <param name="PassedNow">Why it would be passed now; null: it would not, or that depends on the incident.</param>
/// <param name="Wait">How long it waits for an answer; null: not at all.</param>
public sealed record PolicyMoment(int Number, string After, string? Again, IReadOnlyList<PolicyTarget> Targets, string? When, string? PassedNow, string? Wait);

/// <param name="What">user, schedule, team, "one of team" or channel.</param>
/// <param name="Link">Where it is shown; null: nowhere.</param>
/// <param name="Now">The people and channels that it reaches now; empty: nobody.</param>
/// <param name="Because">How it leads to them.</param>
/// <param name="Until">Of a schedule: when that changes; null: not soon, or it is none.</param>
/// <param name="Next">Of a schedule: who comes then.</param>
public sealed record PolicyTarget(string What, string Name, string? Link, IReadOnlyList<string> Now, string Because, DateTimeOffset? Until, IReadOnlyList<string> Next);

public sealed record PolicyEnd(string After, string What);
