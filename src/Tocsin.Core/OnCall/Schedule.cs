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

    /// <summary>Weekdays on which a restricted window may begin; empty: all.</summary>
    public IReadOnlyList<DayOfWeek> Days { get; init; } = [];

    /// <summary>The daily window; from after to means over midnight. Both or neither.</summary>
    public TimeOnly? From { get; init; }

    public TimeOnly? To { get; init; }

    /// <summary>Where several rotations cover an instant, only those of the highest priority are on call.</summary>
    public int Priority { get; init; }
}

/// <summary>One person instead of whoever the rotations name, from (inclusive) to (exclusive), on the schedule's wall clock.</summary>
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
/// <param name="Until">When this answer changes next, UTC; null: never, as far as a year ahead.</param>
/// <param name="Because">For explanations: <c>rotation weekly</c>, <c>override until …</c>, <c>no rotation covers this time</c>.</param>
public sealed record OnCallNow(IReadOnlyList<string> Users, DateTimeOffset? Until, string Because);

/// <summary>A stretch with one answer: from (inclusive) to (exclusive), UTC.</summary>
public sealed record Shift(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<string> Users, string Because);
