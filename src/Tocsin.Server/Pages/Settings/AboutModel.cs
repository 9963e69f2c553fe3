using Tocsin.Sdk;

namespace Tocsin.Pages;

public sealed record AboutModel
{
    public required VersionView Version { get; init; }

    /// <summary>When the active revision was applied, and by whom; null: never changed.</summary>
    public DateTimeOffset? AppliedAt { get; init; }

    public string? AppliedBy { get; init; }

    public IReadOnlyList<DeadJobView> Dead { get; init; } = [];

    public IReadOnlyList<KeyView> Keys { get; init; } = [];

    /// <summary>What the engine says of itself.</summary>
    public required EngineLine Engine { get; init; }
}

/// <param name="Ok">Due work is being done.</param>
/// <param name="Text">"due work is done within 12 ms", or what is late.</param>
public sealed record EngineLine(bool Ok, string Text);
