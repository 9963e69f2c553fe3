using Tocsin.Sdk;

namespace Tocsin.Pages;

public sealed record SilencesModel
{
    /// <summary>Maintenance windows instead of silences: the same page with other words.</summary>
    public bool Maintenance { get; init; }

    public IReadOnlyList<SilenceView> Silences { get; init; } = [];

    /// <summary>The names of the services that can be chosen.</summary>
    public IReadOnlyList<string> Services { get; init; } = [];

    public SilenceForm Form { get; init; } = new("", "2h", "");

    public string? Fault { get; init; }

    /// <summary>What the form would mute; null until it was asked.</summary>
    public SilencePreview? Preview { get; init; }

    /// <summary>It would mute every alert that fires, or many: a second, deliberate word is needed.</summary>
    public bool MutesAll { get; init; }

    public string Base => Maintenance ? "/maintenance" : "/silences";
}

/// <summary>As typed.</summary>
/// <param name="Match">One matcher a line.</param>
/// <param name="For">30m, 2h, 1d; counted from the start.</param>
public sealed record SilenceForm(string Match, string For, string Comment)
{
    public IReadOnlyList<string> Services { get; init; } = [];

    /// <summary>The beginning, in the reader's zone: <c>2026-11-23T22:00</c>; empty: now.</summary>
    public string Start { get; init; } = "";

    /// <summary>mon, tue, …; of a silence that recurs.</summary>
    public IReadOnlyList<string> Days { get; init; } = [];

    public string From { get; init; } = "";

    public string To { get; init; } = "";

    public string TimeZone { get; init; } = "";

    public bool UntilResolved { get; init; }

    public bool Recurs => From.Length > 0 || To.Length > 0 || Days.Count > 0;
}

/// <summary>The page behind the link in the message that a silence ends soon.</summary>
/// <param name="Muted">How many alerts fire that it mutes.</param>
/// <param name="Notice">What the last press did.</param>
/// <param name="Fault">Why the last press did nothing.</param>
public sealed record SilenceLinkModel(SilenceView Silence, int Muted, string? Notice, string? Fault);
