using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>What a detector says about one service: that something is wrong, or that it is over.</summary>
public sealed record Finding
{
    /// <summary>The id of the detector: <c>error-burst</c>.</summary>
    public required string Detector { get; init; }

    /// <summary>Empty: no service in particular.</summary>
    public required string Service { get; init; }

    /// <summary>What of the service it is about, such as a template or a series, where the detector tells several apart; empty: the service as a whole.</summary>
    public string Key { get; init; } = "";

    public Severity Severity { get; init; } = Severity.Warning;

    public required string Title { get; init; }

    /// <summary>One or two sentences; empty when the title says it all.</summary>
    public string Text { get; init; } = "";

    /// <summary>What it was concluded from, each a sentence with its numbers.</summary>
    public IReadOnlyList<string> Evidence { get; init; } = [];

    /// <summary>Since when the data shows it, UTC; null: since it is said.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>What was found before is no longer so. Without a finding before it, it says nothing.</summary>
    public bool Over { get; init; }
}
