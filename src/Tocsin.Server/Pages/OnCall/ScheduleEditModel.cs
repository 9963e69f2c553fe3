namespace Tocsin.Pages;

/// <summary>The form for a schedule's rotations; what was typed stays.</summary>
public sealed record ScheduleEditModel
{
    /// <summary>The stored name; null: the schedule is new.</summary>
    public string? Stored { get; init; }

    public required ScheduleForm Form { get; init; }

    /// <summary>What the form was opened with, so that nobody's change is lost unseen; empty: nothing was stored.</summary>
    public string Base { get; init; } = "";

    /// <summary>A mark of what was previewed; empty: nothing.</summary>
    public string Seen { get; init; } = "";

    /// <summary>The id of the field that has the focus; null: the first.</summary>
    public string? Focus { get; init; }

    public IReadOnlyList<FormFault> Faults { get; init; } = [];

    /// <summary>What somebody else changed since the form was opened; empty: nothing.</summary>
    public IReadOnlyList<string> Meanwhile { get; init; } = [];

    /// <summary>Null: it was not asked yet, or there are faults.</summary>
    public SchedulePreviewModel? Preview { get; init; }

    /// <summary>By short name.</summary>
    public IReadOnlyList<string> People { get; init; } = [];

    /// <summary>Those whose schedules the reader may change.</summary>
    public IReadOnlyList<string> Teams { get; init; } = [];

    /// <summary>The reader may make schedules of no team.</summary>
    public bool MayBeOfNoTeam { get; init; }

    /// <summary>The workspace's lists of holidays.</summary>
    public IReadOnlyList<string> HolidayLists { get; init; } = [];
}

/// <param name="Field">The id of the field; null: of the whole form.</param>
public sealed record FormFault(string? Field, string Text);

/// <summary>What the form would mean.</summary>
/// <param name="Sentence">Who is on call instead of whom.</param>
/// <param name="Gaps">The first ones of the next year.</param>
/// <param name="Overlaps">Those that are not meant as they are.</param>
public sealed record SchedulePreviewModel(ScheduleTimeline Timeline, string Sentence, Flaws Gaps, Flaws Overlaps, IReadOnlyList<string> Warnings)
{
    /// <summary>Ticked: gaps are meant.</summary>
    public bool GapsAreMeant { get; init; }
}

/// <param name="First">Some of them, in words.</param>
public sealed record Flaws(int Count, IReadOnlyList<string> First);

/// <summary>A schedule that is changed elsewhere, or not by this reader.</summary>
/// <param name="DeclaredIn">The place in a file; null: none declares it.</param>
public sealed record ScheduleFixedModel(string Name, string? Team, string? DeclaredIn, IReadOnlyList<LayerNote> Layers)
{
    /// <summary>The reader may change it, but no form holds it.</summary>
    public bool IsLarge { get; init; }
}
