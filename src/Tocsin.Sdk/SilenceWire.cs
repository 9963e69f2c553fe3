namespace Tocsin.Sdk;

/// <param name="Status">active while it mutes, pending before it does (again), expired.</param>
public sealed record SilenceView(
    string Id, IReadOnlyList<string> Match, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string CreatedBy, string Comment, string Status)
{
    /// <summary>silence or maintenance.</summary>
    public string Kind { get; init; } = "silence";

    /// <summary>Only alerts of one of these services; empty: of any.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>The times of the week at which it mutes: <c>Sat, Sun 22:00–04:00 (Europe/Berlin)</c>; null: all the time.</summary>
    public string? Repeats { get; init; }

    /// <summary>Ends as soon as everything that it mutes has resolved.</summary>
    public bool UntilResolved { get; init; }

    /// <summary>The user who is told before it ends.</summary>
    public string? Owner { get; init; }

    /// <summary>When it mutes next, or since when it mutes now; null: never again.</summary>
    public DateTimeOffset? MutesFrom { get; init; }

    /// <summary>When that is over.</summary>
    public DateTimeOffset? MutesUntil { get; init; }

    /// <summary>It stands in the estate, and changes only there.</summary>
    public bool Declared { get; init; }
}

/// <summary>A silence to be: what it mutes and until when.</summary>
/// <param name="Match">Matchers, all of which must match: <c>service="checkout"</c>.</param>
/// <param name="StartsAt">Default: now.</param>
/// <param name="EndsAt">Either this or <paramref name="For"/>; at most a year after the start.</param>
/// <param name="For">How long from the start: 30m, 2h, 1d.</param>
/// <param name="Comment">Why, for others. Needed.</param>
public sealed record SilenceRequest(
    IReadOnlyList<string>? Match = null, DateTimeOffset? StartsAt = null, DateTimeOffset? EndsAt = null, string? For = null, string? Comment = null)
{
    /// <summary>Only alerts of one of these services; with <c>match</c> both must hold.</summary>
    public IReadOnlyList<string>? Services { get; init; }

    /// <summary>The times of day at which it mutes, such as 22:00 and 04:00 (the next day's, if it is not after <c>from</c>); both or neither.</summary>
    public string? From { get; init; }

    /// <summary>See <c>from</c>.</summary>
    public string? To { get; init; }

    /// <summary>The days on which that begins: mon, tue, wed, thu, fri, sat, sun. Default: every day. Needs <c>from</c> and <c>to</c>.</summary>
    public IReadOnlyList<string>? Days { get; init; }

    /// <summary>The IANA zone of <c>from</c> and <c>to</c>, such as Europe/Berlin.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Ends as soon as everything that it mutes has resolved, at the latest at its end.</summary>
    public bool? UntilResolved { get; init; }

    /// <summary>The user who is told before it ends. Default: whoever makes it.</summary>
    public string? Owner { get; init; }

    /// <summary>It is meant, although it mutes much: the answer silence.needs_confirmation asks for this.</summary>
    public bool? Confirm { get; init; }
}

/// <summary>What a silence would mute now.</summary>
public sealed record SilencePreview(int Alerts, IReadOnlyList<Alert> Examples, IReadOnlyList<long> Incidents)
{
    /// <summary>How many alerts fire in all.</summary>
    public int Firing { get; init; }

    /// <summary>Why making it asks for <c>confirm</c>; null: it does not.</summary>
    public string? Doubt { get; init; }

    /// <summary>It would mute whatever comes, which only administrators may.</summary>
    public bool Total { get; init; }

    /// <summary>What it would have muted in the last seven days; null: not asked for.</summary>
    public SilencePast? Past { get; init; }
}

/// <summary>What a silence would have muted in the last seven days, had it been there all the time.</summary>
/// <param name="Pages">Pages to people and channels that were sent for these incidents.</param>
/// <param name="AtLeast">There are more alerts than were looked through.</param>
public sealed record SilencePast(int Alerts, int Incidents, int Pages, bool AtLeast);

/// <summary>How much longer a silence lasts.</summary>
/// <param name="For">30m, 2h, 1d, counted from its end.</param>
public sealed record ExtendRequest(string? For);
