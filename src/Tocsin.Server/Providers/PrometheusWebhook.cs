using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>The envelope in which Alertmanager (payload version 4) and Grafana (version 1) send a group of alerts.</summary>
internal struct PrometheusWebhook
{
    /// <summary>Whether the body is such an envelope at all: it has a list named <c>alerts</c>.</summary>
    public bool HasAlerts;
    public string? Status;
    public string? ExternalUrl;
    public string? Title;
    public long TruncatedAlerts;

    /// <summary>Used by an alert that leaves the member out.</summary>
    public LabelSet? CommonLabels;
    public LabelSet? CommonAnnotations;

    /// <summary>
    /// Reads all but the alerts from the object at the reader's current token, and leaves the reader at its end.
    /// </summary>
    /// <param name="alerts">Stands at the start of the list of alerts, if <see cref="HasAlerts"/>.</param>
    public static PrometheusWebhook Read(ref Utf8JsonReader reader, List<KeyValuePair<string, string>> scratch, out Utf8JsonReader alerts)
    {
        var webhook = default(PrometheusWebhook);
        alerts = default;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (JsonText.IsName(ref reader, "alerts"u8))
            {
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartArray)
                {
                    // What follows the alerts belongs to each of them, so they are read last.
                    webhook.HasAlerts = true;
                    alerts = reader;
                }

                reader.Skip();
            }
            else if (JsonText.IsName(ref reader, "status"u8))
            {
                webhook.Status = PrometheusAlert.ReadText(ref reader);
            }
            else if (JsonText.IsName(ref reader, "externalURL"u8))
            {
                webhook.ExternalUrl = PrometheusAlert.ReadText(ref reader);
            }
            else if (JsonText.IsName(ref reader, "title"u8))
            {
                webhook.Title = PrometheusAlert.ReadText(ref reader);
            }
            else if (JsonText.IsName(ref reader, "truncatedAlerts"u8))
            {
                reader.Read();
                if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out webhook.TruncatedAlerts))
                {
                    reader.Skip();
                }
            }
            else if (JsonText.IsName(ref reader, "commonLabels"u8))
            {
                reader.Read();
                webhook.CommonLabels = default(PrometheusAlert).ReadMap(ref reader, "labels", scratch);
            }
            else if (JsonText.IsName(ref reader, "commonAnnotations"u8))
            {
                reader.Read();
                webhook.CommonAnnotations = default(PrometheusAlert).ReadMap(ref reader, "annotations", scratch);
            }
            else
            {
                reader.Skip();
            }
        }

        return webhook;
    }

    /// <summary>What the source's page should say about alerts that the sender left out.</summary>
    public readonly string? TruncationNote => TruncatedAlerts > 0
        ? $"The sender left out {TruncatedAlerts} alerts of this group (its max_alerts limit): an alert that is missing here is not resolved."
        : null;

    /// <summary>The alert's own status decides, the group's only if it has none.</summary>
    public readonly SignalStatus StatusOf(ref PrometheusAlert alert)
    {
        var word = alert.Status is { Length: > 0 } own ? own : Status;
        var status = StatusWords.Read(word);
        if (status is SignalStatus.Firing or SignalStatus.Resolved)
        {
            return status.Value;
        }

        alert.Warnings.Add(string.IsNullOrEmpty(word)
            ? "The alert has no status; it was taken as firing."
            : $"The status \"{SignalLimits.Title(word)}\" is not known; it was taken as firing.");
        return SignalStatus.Firing;
    }
}
