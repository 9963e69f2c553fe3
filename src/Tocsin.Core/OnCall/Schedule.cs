namespace Tocsin.OnCall;

public enum PeriodUnit
{
    Hour,
    Day,
    Week,

    /// <summary>Hand-offs on the start's day of the month; where a month has no such day, on its last.</summary>
    Month,
}

/// <summary>How long one shift lasts on the wall clock. <paramref name="Count"/> is 1 to 366.</summary>
public readonly record struct RotationPeriod(int Count, PeriodUnit Unit);

/// <summary>A list of days off. Dates are those of the wall clock that asks.</summary>
/// <param name="Dates">Single days.</param>
/// <param name="Yearly">Days of each year; 29 February only in leap years.</param>
public sealed record Holidays(string Name, IReadOnlyList<DateOnly> Dates, IReadOnlyList<YearDay> Yearly);

/// <summary>A day of each year, such as 25 December.</summary>
public readonly record struct YearDay(int Month, int Day);

/// <summary>When people are on call: once on each of some days, for at most 24 hours.</summary>
public sealed record DutyWindow
{
    /// <summary>
    /// Weekdays on which the window begins, unless the day is a holiday. Empty, and not <see cref="OnHolidays"/>: every day, holidays
    /// too. Without times: the whole days.
    /// </summary>
    public IReadOnlyList<DayOfWeek> Days { get; init; } = [];

    /// <summary>It begins on holidays, whatever their weekday.</summary>
    public bool OnHolidays { get; init; }

    /// <summary>From after to means over midnight, and both equal means 24 hours from there. Both or neither.</summary>
    public TimeOnly? From { get; init; }

    public TimeOnly? To { get; init; }
}

/// <summary>
/// People who take turns. Hand-offs are wall-clock times in the rotation's zone: a weekly hand-off at 09:00 stays at 09:00
/// over a daylight-saving change. All local times are <see cref="DateTimeKind.Unspecified"/>.
/// A local time happens once, when the wall clock first shows it or a later one: a time that the clock skips is moved forward
/// to the next valid instant, and of a time that it shows twice the first counts.
/// </summary>
public sealed record Rotation
{
    public required string Name { get; init; }

    /// <summary>User names in turn, one at a time. Either these or <see cref="Turns"/>; at least one.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>Instead of <see cref="Users"/>: the users of each turn, who are on call together.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Turns { get; init; } = [];

    /// <summary>The first hand-off, on the rotation's wall clock; the first turn begins here.</summary>
    public required DateTime Start { get; init; }

    public required RotationPeriod Every { get; init; }

    /// <summary>When the rotation ends for good, on the wall clock; null: never.</summary>
    public DateTime? End { get; init; }

    /// <summary>An IANA zone id, the wall clock of all this rotation's times; null: the schedule's.</summary>
    public string? TimeZone { get; init; }

    /// <summary>
    /// The windows in which the rotation is on call; together, where they overlap. Empty: always. Turns go on outside them: they
    /// say when the person whose turn it is can be reached, not whose turn it is.
    /// </summary>
    public IReadOnlyList<DutyWindow> Windows { get; init; } = [];

    /// <summary>A shorter way to write a single window: see <see cref="DutyWindow.Days"/>.</summary>
    public IReadOnlyList<DayOfWeek> Days { get; init; } = [];

    /// <inheritdoc cref="DutyWindow.OnHolidays"/>
    public bool OnHolidays { get; init; }

    /// <inheritdoc cref="DutyWindow.From"/>
    public TimeOnly? From { get; init; }

    public TimeOnly? To { get; init; }

    /// <summary>The lists whose days are holidays to this rotation; null: the schedule's.</summary>
    public IReadOnlyList<Holidays>? Holidays { get; init; }

    /// <summary>
    /// Where several rotations cover an instant, only those of the highest priority are on call; of equal ones all, in the
    /// schedule's order.
    /// </summary>
    public int Priority { get; init; }

    /// <summary>The users of each turn, however they are written.</summary>
    public IEnumerable<IReadOnlyList<string>> InTurn() => Turns.Count > 0 ? Turns : Users.Select(IReadOnlyList<string> (user) => [user]);

    /// <summary>The windows, however they are written; empty: always on call.</summary>
    public IReadOnlyList<DutyWindow> AllWindows() =>
        Windows.Count > 0 ? Windows
        : Days.Count > 0 || OnHolidays || From is not null || To is not null ? [new() { Days = Days, OnHolidays = OnHolidays, From = From, To = To }]
        : [];
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

    /// <summary>The lists whose days are holidays to its rotations, unless a rotation has its own.</summary>
    public IReadOnlyList<Holidays> Holidays { get; init; } = [];

    /// <summary>That rotations of one priority are on call at the same time is meant; otherwise it is worth a warning.</summary>
    public bool AllowOverlap { get; init; }

    public IReadOnlyList<Rotation> Rotations { get; init; } = [];

    public IReadOnlyList<Override> Overrides { get; init; } = [];

    /// <summary>A calendar of another program that says who is on call; null: none.</summary>
    public ScheduleCalendar? Calendar { get; init; }
}

/// <summary>Who is on call at an instant, and why.</summary>
/// <param name="Users">Empty: nobody.</param>
/// <param name="Until">When this answer (users or reason) changes next, UTC; null: not within 366 days.</param>
/// <param name="Because">
/// For explanations: <c>rotation weekly</c>, <c>rotations days, nights</c>, <c>calendar of cal.example.com</c>, <c>override</c>, <c>cover: swap with bo</c>,
/// <c>rotation weekly; bo instead of ana: swap</c>, <c>rotation backup; ana is away</c>, <c>no rotation covers this time</c>,
/// <c>nobody is left; ana and bo are away</c>.
/// </param>
public sealed record OnCallNow(IReadOnlyList<string> Users, DateTimeOffset? Until, string Because);

/// <summary>A stretch with one answer: from (inclusive) to (exclusive), UTC.</summary>
/// <param name="Users">Empty: nobody; such a shift is a gap.</param>
public sealed record Shift(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<string> Users, string Because);

/// <summary>Where a schedule is not as one would expect: nobody on call, or several from rotations of one priority.</summary>
public sealed record Coverage(IReadOnlyList<Shift> Gaps, IReadOnlyList<Shift> Overlaps);
