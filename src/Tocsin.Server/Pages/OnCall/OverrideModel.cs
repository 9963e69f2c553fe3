namespace Tocsin.Pages;

/// <summary>The form for an override of a schedule; what was typed stays.</summary>
public sealed record OverrideModel
{
    public required string Schedule { get; init; }

    public required string TimeZone { get; init; }

    public string User { get; init; } = "";

    /// <summary>On the reader's wall clock, as the browser's field has it.</summary>
    public string From { get; init; } = "";

    public string To { get; init; } = "";

    /// <summary>The one who is replaced; empty: everybody.</summary>
    public string Instead { get; init; } = "";

    public string Reason { get; init; } = "";

    /// <summary>Who can be put on call by this reader, by short name.</summary>
    public IReadOnlyList<string> People { get; init; } = [];

    /// <summary>Who is on call at the beginning, by short name.</summary>
    public IReadOnlyList<string> OnCall { get; init; } = [];

    /// <summary>The reader may only put himself on call.</summary>
    public bool OnlySelf { get; init; }

    /// <summary>Who would be on call instead of whom; null: it was not asked yet.</summary>
    public string? Sentence { get; init; }

    public string? Fault { get; init; }
}
