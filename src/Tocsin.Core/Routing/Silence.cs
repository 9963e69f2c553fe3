using Tocsin.OnCall;

namespace Tocsin.Routing;

/// <summary>What people call it. Both mute in the same way.</summary>
public enum SilenceKind
{
    /// <summary>Made because something is known and being looked after.</summary>
    Silence,

    /// <summary>Planned work on services or machines.</summary>
    Maintenance,
}

/// <summary>
/// Mutes alerts that match all of <paramref name="Match"/> from <paramref name="StartsAt"/> (inclusive) to <paramref name="EndsAt"/> (exclusive), UTC.
/// One that <see cref="Repeats"/> mutes only at those times in between.
/// </summary>
public sealed record Silence(
    string Id, IReadOnlyList<Matcher> Match, DateTimeOffset StartsAt, DateTimeOffset EndsAt, string CreatedBy, string Comment)
{
    /// <summary>A silence or maintenance of no planned end lasts until this instant.</summary>
    public static DateTimeOffset Always { get; } = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public SilenceKind Kind { get; init; }

    /// <summary>Only alerts of one of these services; empty: of any. An alert's service may also come from its route.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>The times of the week at which it mutes; null: all the time.</summary>
    public WeeklyTimes? Repeats { get; init; }

    /// <summary>Ends early, as soon as everything that it mutes has resolved.</summary>
    public bool UntilResolved { get; init; }

    /// <summary>The user who is told before it ends; null: nobody in particular.</summary>
    public string? Owner { get; init; }
}
