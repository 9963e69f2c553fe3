namespace Tocsin.Pages;

/// <summary>Some weeks of a schedule, cut into days of its own wall clock, and the same as a list of hand-offs.</summary>
public sealed record ScheduleTimeline
{
    public required string Schedule { get; init; }

    public required string TimeZone { get; init; }

    /// <summary>The reader's zone where its wall clock shows other times within these weeks; null: it does not.</summary>
    public string? ReaderZone { get; init; }

    /// <summary>Monday of the first week.</summary>
    public required DateOnly From { get; init; }

    public required IReadOnlyList<ScheduleWeek> Weeks { get; init; }

    public IReadOnlyList<AgendaDay> Agenda { get; init; } = [];
}

public sealed record ScheduleWeek(IReadOnlyList<ScheduleDay> Days, IReadOnlyList<ScheduleRow> Rows);

/// <param name="Hours">23 or 25 where the clocks change.</param>
/// <param name="NowSlot">The half hour of the wall clock that it is now, 0 to 47; null: it is not today.</param>
public sealed record ScheduleDay(DateOnly Date, DateTimeOffset From, DateTimeOffset To, double Hours, int? NowSlot);

public sealed record ScheduleRow(string Name, bool Outcome, IReadOnlyList<ScheduleCell> Cells);

public sealed record ScheduleCell(IReadOnlyList<SchedulePiece> Pieces);

/// <param name="From">Half hours of the day's wall clock, 0 to 47.</param>
/// <param name="To">1 to 48.</param>
/// <param name="Label">What is written on it, short; empty: nothing fits.</param>
/// <param name="Hue">0 to 7; −1 for nobody.</param>
/// <param name="Text">The whole shift in words, with the reader's times where they differ.</param>
/// <param name="Begins">When the whole shift begins, as far as it was looked at.</param>
/// <param name="Ends">When it ends, as far as it was looked at.</param>
public sealed record SchedulePiece(IReadOnlyList<string> Users, int From, int To, string Label, int Hue, string Text, DateTimeOffset Begins, DateTimeOffset Ends);

public sealed record AgendaDay(DateOnly Date, double Hours, IReadOnlyList<AgendaLine> Lines);

/// <summary>One stretch with the same people.</summary>
/// <param name="At">When it begins that day, on the schedule's wall clock; empty: before.</param>
/// <param name="Until">In words, on the schedule's wall clock; empty: beyond what was looked at.</param>
/// <param name="Yours">Both on the reader's wall clock; null: it shows the same.</param>
/// <param name="Hue">0 to 7; −1 for nobody.</param>
public sealed record AgendaLine(IReadOnlyList<string> Users, string At, string Until, string? Yours, int Hue, DateTimeOffset From, DateTimeOffset To);
