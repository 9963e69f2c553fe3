using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>The form of a detector of the estate; what was typed stays.</summary>
public sealed record DetectorEditModel
{
    /// <summary>The stored name; null: the detector is new.</summary>
    public string? Stored { get; init; }

    public required DetectorDraft Draft { get; init; }

    /// <summary>What its type finds, as a sentence without a full stop.</summary>
    public string Says { get; init; } = "";

    /// <summary>What the form was opened with, so that nobody's change is lost unseen; empty: nothing was stored.</summary>
    public string Base { get; init; } = "";

    /// <summary>A mark of what was shown; empty: nothing.</summary>
    public string Seen { get; init; } = "";

    /// <summary>How far back it is tried, in days.</summary>
    public int Days { get; init; } = DetectorForm.Lengths[^1];

    /// <summary>What of the place that the form was opened from it cannot ask for, in words; empty: nothing.</summary>
    public string LeftOut { get; init; } = "";

    public IReadOnlyList<FormFault> Faults { get; init; } = [];

    /// <summary>What somebody else changed since the form was opened; empty: nothing.</summary>
    public IReadOnlyList<string> Meanwhile { get; init; } = [];

    /// <summary>Null: it was not asked yet, or there are faults.</summary>
    public DetectorOutlookModel? Outlook { get; init; }

    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>Names of metrics.</summary>
    public IReadOnlyList<string> Metrics { get; init; } = [];
}

/// <summary>What the form would mean.</summary>
/// <param name="Sentence">What it would watch.</param>
/// <param name="Edits">What would change of what is stored, a line each; empty: nothing, or it is new.</param>
/// <param name="Preview">What it would have found; null: it was not tried.</param>
public sealed record DetectorOutlookModel(string Sentence, IReadOnlyList<string> Edits, DetectorPreview? Preview, IReadOnlyList<LookBackChart> Charts)
{
    /// <summary>The detector that was tried.</summary>
    public DetectorRule? Rule { get; init; }
}

/// <summary>What a detector looked at.</summary>
/// <param name="Limits">Beyond which it speaks.</param>
public sealed record LookBackChart(string Title, string Unit, IReadOnlyList<double> Limits, IReadOnlyList<ChartLine> Lines)
{
    /// <summary>What would have been found in just these lines.</summary>
    public IReadOnlyList<FindingView> Told { get; init; } = [];
}

/// <summary>A detector that is changed elsewhere.</summary>
/// <param name="DeclaredIn">The place in a file.</param>
public sealed record DetectorFixedModel(string Name, string Type, string DeclaredIn, string Sentence, string Yaml);

/// <summary>The kinds of detectors that can be made.</summary>
public sealed record DetectorKindsModel(IReadOnlyList<(string Id, string Says)> Kinds);
