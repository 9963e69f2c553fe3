namespace Tocsin.Sdk;

/// <summary>A stretch of a schedule with one answer: from (inclusive) to (exclusive).</summary>
/// <param name="Users">Empty: nobody.</param>
public sealed record ShiftView(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<string> Users, string Because);

/// <summary>Who is on call when.</summary>
/// <param name="TimeZone">The schedule's IANA zone; times are instants all the same.</param>
/// <param name="To">Where the shifts end; before what was asked for where there are very many.</param>
public sealed record ScheduleShifts(string Schedule, string TimeZone, DateTimeOffset From, DateTimeOffset To, IReadOnlyList<ShiftView> Shifts);

/// <summary>Where a schedule is not as one would expect.</summary>
/// <param name="AllowOverlap">Overlaps are meant.</param>
/// <param name="Gaps">Nobody is on call; at most 5 000.</param>
/// <param name="Overlaps">Rotations of one priority put different people on call together; at most 5 000.</param>
public sealed record ScheduleGaps(
    string Schedule, string TimeZone, DateTimeOffset From, DateTimeOffset To, bool AllowOverlap, IReadOnlyList<ShiftView> Gaps, IReadOnlyList<ShiftView> Overlaps);

/// <summary>A stretch in which other people are on call than before.</summary>
/// <param name="Before">Empty: nobody.</param>
/// <param name="After">Empty: nobody.</param>
public sealed record ShiftChangeView(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<string> Before, IReadOnlyList<string> After);

/// <summary>What a changed schedule would mean.</summary>
public sealed record SchedulePreview
{
    public required string Schedule { get; init; }

    /// <summary>Null where there are faults.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Who is on call instead of whom in the next 366 days, in the schedule's zone; null where there are faults.</summary>
    public string? Sentence { get; init; }

    /// <summary>The same stretch by stretch; at most 5 000.</summary>
    public IReadOnlyList<ShiftChangeView> Changes { get; init; } = [];

    /// <summary>The next 28 days of the changed schedule.</summary>
    public IReadOnlyList<ShiftView> Shifts { get; init; } = [];

    /// <summary>When nobody would be on call in the next 366 days.</summary>
    public IReadOnlyList<ShiftView> Gaps { get; init; } = [];

    /// <summary>When rotations of one priority would put different people on call together in the next 366 days.</summary>
    public IReadOnlyList<ShiftView> Overlaps { get; init; } = [];

    /// <summary>Why it cannot be saved so; then there is nothing else.</summary>
    public required IReadOnlyList<EstateFault> Faults { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }
}
