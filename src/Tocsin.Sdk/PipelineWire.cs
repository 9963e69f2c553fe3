using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tocsin.Sdk;

/// <summary>An alert in the canonical form of the AWS alert pipeline, version 1 of its schema. Members that say nothing are left out.</summary>
public sealed record CanonicalAlert
{
    /// <summary>1 or more.</summary>
    public required int SchemaVersion { get; init; }

    /// <summary>What kind of sender it came from: cloudwatch, grafana, or what a normalized event calls itself.</summary>
    public required string Source { get; init; }

    /// <summary>FIRING or RESOLVED.</summary>
    public required string State { get; init; }

    public required string Title { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Description { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Summary { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Reason { get; init; }

    /// <summary>P0 to P3, of which P0 is the most urgent.</summary>
    public required string Priority { get; init; }

    /// <summary>A date-time of RFC 3339: when the alert began, or ended.</summary>
    public required string OccurredAt { get; init; }

    /// <summary>1 to 10 names.</summary>
    public required IReadOnlyList<string> Teams { get; init; }

    public required CanonicalIdentity Identity { get; init; }

    public required CanonicalLinks Links { get; init; }

    /// <summary>What the sender's own provider had said, if the sender passed it on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? RawProvider { get; init; }
}

/// <summary>What distinguishes the alert at its provider; each part counts for the fingerprint.</summary>
public sealed record CanonicalIdentity(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? AccountId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Region,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? AlarmId);

/// <summary>http and https addresses.</summary>
public sealed record CanonicalLinks(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RunbookUrl,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? DashboardUrl,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SourceUrl,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? SilenceUrl);

/// <summary>What Tocsin makes of a payload.</summary>
public sealed record ParsedPayload
{
    /// <summary>Whether anything in it would be taken.</summary>
    public required bool Accepted { get; init; }

    /// <summary>What it was read as: cloudwatch, grafana, normalized, or another type of source; absent if that could not be told.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Source { get; init; }

    /// <summary>The canonical events, in the order of the payload. Empty where there is something that only gets noted, such as a test.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CanonicalAlert>? Events { get; init; }

    /// <summary>Of each event, 64 hexadecimal digits.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Fingerprints { get; init; }

    /// <summary>The text that each fingerprint is the SHA-256 of.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? FingerprintInputs { get; init; }

    /// <summary>Why the payload, or some of its alerts, would be rejected; absent if nothing is.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<PayloadFault>? Errors { get; init; }

    /// <summary>What had to be helped, and what is only noted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Warnings { get; init; }
}

/// <param name="Kind">not_json_object, unknown_source, missing, invalid, too_long, too_many or schema.</param>
/// <param name="Field">The field of the canonical event, or body.</param>
/// <param name="Message">What is wrong, with where it comes from in brackets.</param>
public sealed record PayloadFault(string Kind, string Field, string Message);
