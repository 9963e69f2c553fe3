using Tocsin.Sdk;

namespace Tocsin.Pages;

/// <summary>How alarms get issues in one workspace.</summary>
public sealed record GitHubModel
{
    /// <summary>App 123, or a token; null: none is set.</summary>
    public string? Account { get; init; }

    /// <summary>Whether this workspace may have the installation's account act for it.</summary>
    public required bool MayUse { get; init; }

    /// <summary>Until when nothing is asked, and why; null: GitHub is asked.</summary>
    public string? Rests { get; init; }

    /// <summary>Where GitHub sends its webhooks.</summary>
    public required string HookUrl { get; init; }

    public required bool TakesHooks { get; init; }

    public required TimeSpan LookEvery { get; init; }

    public IReadOnlyList<GitHubRepository> Repositories { get; init; } = [];

    /// <summary>Issues that were given up, newest first.</summary>
    public IReadOnlyList<IssueView> Failed { get; init; } = [];

    public required long Open { get; init; }

    public required long Pending { get; init; }

    /// <summary>What was tried out just now; null: nothing was.</summary>
    public GitHubCheckView? Check { get; init; }

    /// <summary>What of; empty: the account alone.</summary>
    public string Checked { get; init; } = "";

    public string? Fault { get; init; }
}

/// <param name="LookedAt">When its issues were last looked at.</param>
/// <param name="ToldAt">When a webhook of it last came.</param>
public sealed record GitHubRepository(string Name, DateTimeOffset? LookedAt, DateTimeOffset? ToldAt);
