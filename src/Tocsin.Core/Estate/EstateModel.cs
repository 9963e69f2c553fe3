using System.Collections.Frozen;
using Tocsin.Escalation;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Estate;

public sealed record Team(string Name, IReadOnlyList<string> Members)
{
    /// <summary>Users who may change the team's members, schedules and services without being administrators.</summary>
    public IReadOnlyList<string> Managers { get; init; } = [];
}

/// <param name="Policy">Used by routes that name no policy of their own; null: the root's.</param>
public sealed record Service(string Name, string? Team, string? Policy, string? Description = null);

/// <summary>Where alerts come from.</summary>
/// <param name="Type">The provider's id: alertmanager, grafana, generic.</param>
/// <param name="Key">The ingest-only key in the URL <c>/in/{type}/{key}</c>; at least 16 characters.</param>
public sealed record Source(string Name, string Type, string Key)
{
    /// <summary>The secret for the sender's signature; null: the key alone admits.</summary>
    public string? HmacSecret { get; init; }

    /// <summary>What severity an alert gets that states none.</summary>
    public Alerts.Severity DefaultSeverity { get; init; } = Alerts.Severity.High;

    /// <summary>The priorities, such as P0, whose alerts are at least of severity high, and all others at most a warning; null: the severity stands.</summary>
    public IReadOnlyList<string>? HighPriorities { get; init; }

    /// <summary>How long a firing alert stays open without being sent again; null: the provider's own rule.</summary>
    public TimeSpan? ResolveTimeout { get; init; }

    /// <summary>Keep alerts open when they are no longer sent, instead of resolving them.</summary>
    public bool KeepOpenOnExpiry { get; init; }

    /// <summary>How often it is expected to send at least; a longer silence is an alert of its own. Null: it may be silent.</summary>
    public TimeSpan? ExpectEvery { get; init; }

    /// <summary>How much later than <see cref="ExpectEvery"/> it may be.</summary>
    public TimeSpan Grace { get; init; }

    /// <summary>Provider-specific settings, such as <c>hmac_header</c>.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = FrozenDictionary<string, string>.Empty;
}

/// <summary>
/// Everything of one workspace that people configure, validated as a whole: every name that is referred to exists.
/// Immutable; a change makes a new one with a higher <see cref="Revision"/>.
/// </summary>
public sealed record EstateModel
{
    public required string Workspace { get; init; }

    public long Revision { get; init; }

    public FrozenDictionary<string, Person> Users { get; init; } = FrozenDictionary<string, Person>.Empty;

    public FrozenDictionary<string, Team> Teams { get; init; } = FrozenDictionary<string, Team>.Empty;

    public FrozenDictionary<string, Schedule> Schedules { get; init; } = FrozenDictionary<string, Schedule>.Empty;

    public FrozenDictionary<string, Policy> Policies { get; init; } = FrozenDictionary<string, Policy>.Empty;

    public FrozenDictionary<string, Service> Services { get; init; } = FrozenDictionary<string, Service>.Empty;

    public FrozenDictionary<string, Source> Sources { get; init; } = FrozenDictionary<string, Source>.Empty;

    public FrozenDictionary<string, ContactMethod> Channels { get; init; } = FrozenDictionary<string, ContactMethod>.Empty;

    /// <summary>The root of the routing tree; it takes whatever no child takes.</summary>
    public required Route Route { get; init; }

    /// <summary>Silences that the estate declares; those made by people and amtool live beside it.</summary>
    public IReadOnlyList<Silence> Silences { get; init; } = [];

    /// <summary>Maintenance windows that the estate declares; their kind says so.</summary>
    public IReadOnlyList<Silence> Maintenance { get; init; } = [];

    /// <summary>Which alerts mute which others.</summary>
    public IReadOnlyList<Inhibition> Inhibitions { get; init; } = [];

    /// <summary>What is looked for in logs and metrics, where it differs from the defaults.</summary>
    public IReadOnlyList<Telemetry.DetectorRule> Detectors { get; init; } = [];
}
