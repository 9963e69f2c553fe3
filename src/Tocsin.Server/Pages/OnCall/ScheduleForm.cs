namespace Tocsin.Pages;

/// <summary>A schedule as its form has it: texts, whether they can be used or not.</summary>
public sealed record ScheduleForm
{
    public string Name { get; init; } = "";

    /// <summary>Empty: none.</summary>
    public string Team { get; init; } = "";

    public string TimeZone { get; init; } = "";

    /// <summary>Names of lists.</summary>
    public IReadOnlyList<string> Holidays { get; init; } = [];

    public bool AllowOverlap { get; init; }

    public IReadOnlyList<RotationForm> Rotations { get; init; } = [];

    /// <summary>Everybody who takes turns, once.</summary>
    public IReadOnlyList<string> People => [.. Rotations.SelectMany(r => r.Turns).SelectMany(t => t).Where(p => p.Length > 0).Distinct(StringComparer.Ordinal)];

    /// <summary>Without what was left empty: turns of nobody and windows that say nothing.</summary>
    public ScheduleForm Tidy() => this with
    {
        Rotations =
        [
            .. Rotations.Select(r => r with
            {
                Turns = [.. r.Turns.Select(t => (IReadOnlyList<string>)[.. t.Where(p => p.Length > 0)]).Where(t => t.Count > 0)],
                Windows = [.. r.Windows.Where(w => w.Days.Count > 0 || w.From.Length > 0 || w.To.Length > 0)],
            }),
        ],
    };
}

public sealed record RotationForm
{
    /// <summary>The name that it is stored under, so that what the form does not show stays; empty: it is new.</summary>
    public string Was { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>The users of each turn.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Turns { get; init; } = [];

    /// <summary>How many units a turn lasts.</summary>
    public string Count { get; init; } = "1";

    /// <summary>h, d, w or mo.</summary>
    public string Unit { get; init; } = "w";

    /// <summary>The first hand-off, on the rotation's wall clock.</summary>
    public string Start { get; init; } = "";

    /// <summary>Empty: never.</summary>
    public string End { get; init; } = "";

    /// <summary>Empty: the schedule's.</summary>
    public string TimeZone { get; init; } = "";

    /// <summary>Empty: 0.</summary>
    public string Priority { get; init; } = "";

    /// <summary>Empty: always.</summary>
    public IReadOnlyList<WindowForm> Windows { get; init; } = [];
}

/// <param name="Days">mon to sun, or holiday.</param>
public sealed record WindowForm(IReadOnlyList<string> Days, string From, string To);
