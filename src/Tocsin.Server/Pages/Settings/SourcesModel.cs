using Tocsin.Sdk;

namespace Tocsin.Pages;

/// <param name="Sources">Those of the estate.</param>
/// <param name="Kinds">Every kind that this build can read.</param>
/// <param name="Query">Narrows both.</param>
public sealed record SourcesModel(IReadOnlyList<SourceView> Sources, IReadOnlyList<SourceKind> Kinds, string Query);

/// <param name="Id">Used in YAML and in the address.</param>
/// <param name="Yaml">The lines that add one to the estate.</param>
public sealed record SourceKind(string Id, string Name, string Docs, string Yaml);

/// <param name="Older">The cursor of the next page; null: there is none.</param>
/// <param name="Open">The delivery whose raw body is shown; null: none is open.</param>
public sealed record RejectedModel(IReadOnlyList<DeliveryView> Deliveries, string? Older, DeliveryView? Open);

/// <param name="Payload">As it was entered.</param>
/// <param name="Result">JSON, as the API answers.</param>
public sealed record PayloadTried(string Payload, bool Accepted, string Result);

public sealed record SourceModel
{
    public required SourceView Source { get; init; }

    public required string KindName { get; init; }

    /// <summary>The tool's own documentation of its side.</summary>
    public required string Docs { get; init; }

    public IReadOnlyList<DeliveryView> Deliveries { get; init; } = [];

    /// <summary>The delivery whose raw body is shown; null: none is open.</summary>
    public DeliveryView? Open { get; init; }

    /// <summary>What was made of a payload that somebody entered; null: nobody did.</summary>
    public PayloadTried? Tried { get; init; }

    /// <summary>A body as the tool sends it.</summary>
    public required string Example { get; init; }
}
