namespace Tocsin.OnCall;

public enum PeriodUnit
{
    Hour,
    Day,
    Week,
}

/// <summary>How long one shift lasts on the wall clock. <paramref name="Count"/> is 1 to 366.</summary>
public readonly record struct RotationPeriod(int Count, PeriodUnit Unit);

/// <summary>
/// People who take turns. Hand-offs are wall-clock times in the schedule's zone: a weekly hand-off at 09:00 stays at 09:00
/// over a daylight-saving change. All local times are <see cref="DateTimeKind.Unspecified"/>.
/// A local time happens once, when the wall clock first shows it or a later one: a time that the clock skips is moved forward
/// to the next valid instant, and of a time that it shows twice the first counts.
/// </summary>
public sealed record Rotation
{
    public required string Name { get; init; }

    /// <summary>User names in turn; at least one.</summary>
    public required IReadOnlyList<string> Users { get; init; }

    /// <summary>The first hand-off, on the schedule's wall clock; the first user is on from here.</summary>
    public required DateTime Start { get; init; }

    public required RotationPeriod Every { get; init; }

    /// <summary>When the rotation ends for good, on the wall clock; null: never.</summary>
    public DateTime? End { get; init; }

    /// <summary>Weekdays on which a restricted window may begin; empty: all. Without a daily window: the whole days.</summary>
    public IReadOnlyList<DayOfWeek> Days { get; init; } = [];

    /// <summary>
    /// The daily window; from after to means over midnight, and both equal means 24 hours from there. Both or neither.
    /// Turns go on outside the window: it says when the person whose turn it is can be reached, not whose turn it is.
    /// </summary>
    public TimeOnly? From { get; init; }

    public TimeOnly? To { get; init; }

    /// <summary>
    /// Where several rotations cover an instant, only those of the highest priority are on call; of equal ones all, in the
    /// schedule's order.
    /// </summary>
    public int Priority { get; init; }
}

/// <summary>
/// One person instead of whoever the rotations name, from (inclusive) to (exclusive), on the schedule's wall clock; also where
/// the rotations name nobody. Of overrides that overlap, the one later in the list wins.
/// </summary>
public sealed record Override(string User, DateTime From, DateTime To);

public sealed record Schedule
{
    public required string Name { get; init; }

    public string? Team { get; init; }

    /// <summary>An IANA zone id, such as Europe/Berlin.</summary>
    public required string TimeZone { get; init; }

    public IReadOnlyList<Rotation> Rotations { get; init; } = [];

    public IReadOnlyList<Override> Overrides { get; init; } = [];
}

/// <summary>Who is on call at an instant, and why.</summary>
/// <param name="Users">Empty: nobody.</param>
/// <param name="Until">When this answer (users or reason) changes next, UTC; null: not within 366 days.</param>
/// <param name="Because">
/// For explanations: <c>rotation weekly</c>, <c>rotations days, nights</c>, <c>override</c>, <c>cover: swap with bo</c>,
/// <c>rotation weekly; bo instead of ana: swap</c>, <c>rotation backup; ana is away</c>, <c>no rotation covers this time</c>,
/// <c>nobody is left; ana and bo are away</c>.
/// </param>
public sealed record OnCallNow(IReadOnlyList<string> Users, DateTimeOffset? Until, string Because);

/// <summary>A stretch with one answer: from (inclusive) to (exclusive), UTC.</summary>
/// <param name="Users">Empty: nobody; such a shift is a gap.</param>
public sealed record Shift(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<string> Users, string Because);
