namespace Tocsin.Pages;

public sealed record SchedulesModel(IReadOnlyList<ScheduleLine> Schedules)
{
    public bool MayMake { get; init; }
}

/// <param name="GapAt">When nobody is on call next, within four weeks; null: covered.</param>
public sealed record ScheduleLine(
    string Name, string? Team, string TimeZone, IReadOnlyList<string> Now, DateTimeOffset? Until, IReadOnlyList<string> Rotations, DateTimeOffset? GapAt);

/// <summary>A schedule: who is on call now, its next weeks, and what it is made of.</summary>
public sealed record ScheduleModel
{
    public required string Name { get; init; }

    public string? Team { get; init; }

    public required string TimeZone { get; init; }

    /// <summary>How the schedule's wall clock differs from the reader's now, such as "your clock is 1 h behind"; null: it does not.</summary>
    public string? ZoneNote { get; init; }

    public IReadOnlyList<string> Now { get; init; } = [];

    public DateTimeOffset? Until { get; init; }

    public required ScheduleTimeline Timeline { get; init; }

    /// <summary>Whether the reader may change the rotations.</summary>
    public bool MayEdit { get; init; }

    /// <summary>The place in a file that declares the schedule, so that it changes only there; null: people edit it.</summary>
    public string? DeclaredIn { get; init; }

    public IReadOnlyList<Gap> Gaps { get; init; } = [];

    /// <summary>Overrides that people entered and that have not ended.</summary>
    public IReadOnlyList<EnteredLine> Entered { get; init; } = [];

    /// <summary>Null: not shown.</summary>
    public CalendarLine? Calendar { get; init; }

    /// <summary>The calendar of another program that says who is on call; null: none does.</summary>
    public ReadFromLine? ReadFrom { get; init; }

    public IReadOnlyList<LayerNote> Layers { get; init; } = [];
}

/// <summary>How the calendar of another program is.</summary>
/// <param name="ReadAt">When it was read well last; null: never.</param>
/// <param name="AskedAt">When it was asked for last; null: never.</param>
/// <param name="Fault">Why the last attempt failed; null: it went well.</param>
/// <param name="Notes">What of it was left out.</param>
public sealed record ReadFromLine(string Name, bool AsOverrides, DateTimeOffset? ReadAt, DateTimeOffset? AskedAt, string? Fault, IReadOnlyList<string> Notes);

public sealed record Gap(DateTimeOffset From, DateTimeOffset To);

/// <param name="Sentence">"ana, bo and chen take turns every week from Mon 09:00".</param>
public sealed record LayerNote(string Name, string Sentence);
