using Tocsin.Sdk;

namespace Tocsin.Pages;

public sealed record SilencesModel
{
    public IReadOnlyList<SilenceView> Silences { get; init; } = [];

    public SilenceForm Form { get; init; } = new("", "2h", "");

    public string? Fault { get; init; }

    /// <summary>What the form would mute; null until it was asked.</summary>
    public SilencePreview? Preview { get; init; }

    /// <summary>It would mute every alert that fires: a second, deliberate word is needed.</summary>
    public bool MutesAll { get; init; }
}

/// <summary>As typed.</summary>
/// <param name="Match">One matcher a line.</param>
/// <param name="For">30m, 2h, 1d.</param>
public sealed record SilenceForm(string Match, string For, string Comment);
