using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Routing;

namespace Tocsin.Alerts;

// The shapes of Alertmanager's API v2, as its clients read them: camelCase, instants with three decimals.

internal sealed record GettableAlert(
    LabelSet Annotations, DateTimeOffset EndsAt, string Fingerprint, IReadOnlyList<AlertmanagerReceiver> Receivers, DateTimeOffset StartsAt,
    GettableAlertStatus Status, DateTimeOffset UpdatedAt, string? GeneratorURL, LabelSet Labels)
{
    private const string AlertName = "alertname";

    public static GettableAlert Of(AlertRow row, IReadOnlyList<AlertmanagerReceiver> receivers, GettableAlertStatus status)
    {
        var (document, labels, annotations) = (row.Document, row.Document.Labels, row.Document.Annotations);
        if (labels[AlertName].Length == 0)
        {
            // Its sender speaks another language; what every client of this API shows is filled in from what we made of it.
            labels = With(labels, (AlertName, document.Title));
            annotations = With(annotations, ("summary", document.Title), ("description", document.Description));
        }

        return new(
            annotations, row.State.ExpiresAt ?? DateTimeOffset.MinValue, FingerprintOf(document, labels), receivers, row.State.StartedAt,
            status, row.UpdatedAt,
            document.Links?.FirstOrDefault(link => link.Text == "Source")?.Href, labels);
    }

    /// <summary>The same as the alert itself has it.</summary>
    public static string FingerprintOf(AlertRow row) => FingerprintOf(
        row.Document, row.Document.Labels[AlertName].Length == 0 ? With(row.Document.Labels, (AlertName, row.Document.Title)) : row.Document.Labels);

    /// <summary>The sender's own where it is one of this kind: labels may have been cut since.</summary>
    private static string FingerprintOf(AlertDocument document, LabelSet labels) =>
        document.DedupKey.Length == 16 && document.DedupKey.All(char.IsAsciiHexDigitLower) ? document.DedupKey : PrometheusFingerprint.Text(PrometheusFingerprint.Of(labels));

    private static LabelSet With(LabelSet set, params ReadOnlySpan<(string Name, string? Value)> more)
    {
        List<KeyValuePair<string, string>> pairs = [.. set];
        foreach (var (name, value) in more)
        {
            if (value is not null && set[name].Length == 0)
            {
                pairs.Add(new(name, value));
            }
        }

        return LabelSet.From(pairs);
    }
}

/// <param name="State">active or suppressed; nothing is left unprocessed here.</param>
/// <param name="InhibitedBy">The fingerprint of an alert that mutes it.</param>
/// <param name="MutedBy">Maintenance windows.</param>
internal sealed record GettableAlertStatus(string State, IReadOnlyList<string> SilencedBy, IReadOnlyList<string> InhibitedBy, IReadOnlyList<string> MutedBy)
{
    public static GettableAlertStatus Active { get; } = new("active", [], [], []);
}

/// <param name="Name">An escalation policy, or none.</param>
internal sealed record AlertmanagerReceiver(string Name);

internal sealed record AlertmanagerStatus(AlertmanagerCluster Cluster, AlertmanagerConfigText Config, DateTimeOffset Uptime, AlertmanagerVersion VersionInfo);

internal sealed record AlertmanagerCluster(string Status, IReadOnlyList<string> Peers);

internal sealed record AlertmanagerConfigText(string Original);

internal sealed record AlertmanagerVersion(string Version, string Revision, string Branch, string BuildUser, string BuildDate, string GoVersion);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters = [typeof(LabelSetConverter), typeof(AlertmanagerInstant)])]
[JsonSerializable(typeof(IAsyncEnumerable<GettableAlert>))]
[JsonSerializable(typeof(IReadOnlyList<AlertmanagerReceiver>))]
[JsonSerializable(typeof(AlertmanagerStatus))]
[JsonSerializable(typeof(IReadOnlyList<GettableSilence>))]
[JsonSerializable(typeof(PostableSilence))]
[JsonSerializable(typeof(PostedSilence))]
internal sealed partial class AlertmanagerJson : JsonSerializerContext;

/// <summary>Instants as this API writes them; it reads any RFC 3339.</summary>
internal sealed class AlertmanagerInstant : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset().ToUniversalTime();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
}
