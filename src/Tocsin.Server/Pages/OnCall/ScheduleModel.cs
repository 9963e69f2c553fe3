namespace Tocsin.Pages;

public sealed record SchedulesModel(IReadOnlyList<ScheduleLine> Schedules);

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

    public IReadOnlyList<LayerNote> Layers { get; init; } = [];
}

public sealed record Gap(DateTimeOffset From, DateTimeOffset To);

/// <param name="Sentence">"ana, bo and chen take turns every week from Mon 09:00".</param>
public sealed record LayerNote(string Name, string Sentence);
