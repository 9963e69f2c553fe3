using Tocsin.Sdk;

namespace Tocsin.Pages;

public sealed record KeysModel
{
    /// <summary>Live ones first, then those that have ended, newest first.</summary>
    public IReadOnlyList<KeyView> Keys { get; init; } = [];

    public KeyForm Form { get; init; } = new();

    /// <summary>What is wrong with the form.</summary>
    public string? Fault { get; init; }

    /// <summary>A key that was made just now: shown this once.</summary>
    public NewKeyView? Made { get; init; }

    /// <summary>Roles that a key of the reader's may have, highest first.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Scopes that it may have.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>May make keys of the workspace.</summary>
    public bool ForWorkspace { get; init; }

    /// <summary>May make keys of one's own.</summary>
    public bool ForSelf { get; init; }

    public bool MayMake => (ForWorkspace || ForSelf) && Roles.Count > 0;
}

/// <summary>The form as it was typed.</summary>
/// <param name="Ends">A span from now, or empty: never.</param>
public sealed record KeyForm(string Name = "", string Role = "", IReadOnlyList<string>? Scopes = null, string Ends = "90d", bool Own = false);
