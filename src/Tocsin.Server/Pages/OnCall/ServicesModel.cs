using Tocsin.Sdk;

namespace Tocsin.Pages;

public sealed record ServicesModel(IReadOnlyList<ServiceLine> Services);

/// <param name="Open">Open incidents.</param>
/// <param name="Worst">The worst severity among them; null: none is open.</param>
/// <param name="First">Who is called first now.</param>
public sealed record ServiceLine(
    string Name, string? Description, string? Team, string? Policy, int Open, string? Worst, IReadOnlyList<string> First);

public sealed record ServiceModel
{
    public required string Name { get; init; }

    public string? Description { get; init; }

    public string? Team { get; init; }

    public required PolicyLine Policy { get; init; }

    /// <summary>The worst and oldest first.</summary>
    public IReadOnlyList<Incident> Open { get; init; } = [];

    /// <summary>The newest first.</summary>
    public IReadOnlyList<Incident> Ended { get; init; } = [];
}
