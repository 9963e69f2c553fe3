using Tocsin.Sdk;

namespace Tocsin.Pages;

/// <summary>What is looked for.</summary>
/// <param name="State">firing, resolved or all.</param>
public sealed record AlertsForm(string State, string Source, string Team, string Priority)
{
    public bool IsEmpty => State == "all" && Source.Length == 0 && Team.Length == 0 && Priority.Length == 0;

    /// <summary>As it stands in an address, without the question mark.</summary>
    public string Query => string.Join('&', Parts.Where(part => part.Value.Length > 0).Select(part => $"{part.Name}={Uri.EscapeDataString(part.Value)}"));

    private IEnumerable<(string Name, string Value)> Parts => [("state", State), ("source", Source), ("team", Team), ("priority", Priority)];
}

/// <param name="Priority">P0 to P3; empty: it has none.</param>
public sealed record AlertLine(Alert Alert, IReadOnlyList<string> Teams, string Priority);

/// <param name="Sources">Names to choose from.</param>
/// <param name="Older">The cursor of the next page; null: that was all.</param>
public sealed record AlertsModel(AlertsForm Form, IReadOnlyList<AlertLine> Alerts, IReadOnlyList<string> Sources, IReadOnlyList<string> Teams, string? Older);

/// <summary>One alert and all that is known of how it came and what came of it.</summary>
public sealed record AlertModel
{
    public required Alert Alert { get; init; }

    /// <summary>Indented JSON; null: it has no canonical event.</summary>
    public string? Canonical { get; init; }

    /// <summary>Sixty-four hexadecimal digits.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>The text that is hashed.</summary>
    public string? FingerprintInput { get; init; }

    /// <summary>Where its routes lead, by the configuration of now.</summary>
    public IReadOnlyList<AlertWay> Ways { get; init; } = [];

    /// <summary>What was decided about its events, newest first.</summary>
    public IReadOnlyList<EventView> Decisions { get; init; } = [];

    public IReadOnlyList<IssueView> Issues { get; init; } = [];

    /// <summary>What is remembered of the alarm in each repository.</summary>
    public IReadOnlyList<AlertMemory> Memories { get; init; } = [];

    /// <summary>Kept deliveries that told of it, newest first.</summary>
    public IReadOnlyList<DeliveryView> Deliveries { get; init; } = [];

    /// <summary>The delivery whose body is shown; null: none is kept.</summary>
    public DeliveryView? Shown { get; init; }

    /// <summary>Its body with what looks like a secret left out, and not more than can be read.</summary>
    public string? Body { get; init; }

    /// <summary>How many bytes the whole body has.</summary>
    public int BodyBytes { get; init; }

    public bool BodyIsCut { get; init; }
}

/// <param name="Policy">Whom it pages; null: nobody.</param>
/// <param name="Issues">The repository that its issue is in; null: it gets none.</param>
public sealed record AlertWay(string Route, string? Policy, string? Issues, string Reason);

/// <param name="Status">open or closed.</param>
public sealed record AlertMemory(string Repository, string Status, DateTimeOffset FirstSeenAt, DateTimeOffset LastSeenAt, DateTimeOffset LastProviderStateAt, DateTimeOffset? ManuallyClosedAt);
