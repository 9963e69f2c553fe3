using System.Text.Json.Serialization;

namespace Tocsin.Sdk;

/// <summary>What a program that has no adapter sends to a generic source: one alert that begins, goes on, or ends.</summary>
public sealed record AlertEvent
{
    /// <summary>One line, at most 250 characters.</summary>
    public required string Title { get; init; }

    /// <summary>firing or resolved.</summary>
    public string Status { get; init; } = "firing";

    /// <summary>Equal for all events of the same alert, at most 255 characters; a resolved event ends the alert of its key.</summary>
    public required string DedupKey { get; init; }

    /// <summary>critical, high, warning or info; null: the source's default.</summary>
    public string? Severity { get; init; }

    public string? Description { get; init; }

    public string? Service { get; init; }

    public string? Environment { get; init; }

    /// <summary>Identity and routing; at most 64.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>What is only shown: summary, runbook_url, values.</summary>
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>Null: when the server receives it.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>One alert of the Alertmanager API; its labels are its identity.</summary>
public sealed record PostableAlert(
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, string> Annotations,
    DateTimeOffset? StartsAt,
    DateTimeOffset? EndsAt);

/// <summary>Alerts on their way in are written in camelCase, as the rest of that world does.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AlertEvent))]
[JsonSerializable(typeof(IReadOnlyList<PostableAlert>))]
public sealed partial class IngestJson : JsonSerializerContext;
