using System.Globalization;
using System.Text;
using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>
/// Prometheus and Alertmanager, in both ways in which they speak. A list is what Prometheus posts to an Alertmanager (API v2); an object
/// with <c>alerts</c> is what Alertmanager posts to a webhook receiver (payload version 4); any other object is a webhook whose payload
/// somebody has replaced, and is read as <see cref="Generic"/> reads it. Neither can sign what it sends: the key in the address is what admits.
/// </summary>
internal sealed class Alertmanager : IAlertSource
{
    /// <summary>How long an alert without an end stays firing unless it is sent again; the senders' own default.</summary>
    private static readonly TimeSpan DefaultResolveTimeout = TimeSpan.FromMinutes(5);

    public ProviderInfo Info { get; } = new(
        "alertmanager",
        "Prometheus and Alertmanager",
        new("https://prometheus.io/docs/alerting/latest/clients/"),
        []);

    public Result<ParsedDelivery> Parse(InboundRequest request)
    {
        var body = PayloadBytes.Clean(request.Body, out var note);
        try
        {
            var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = PayloadBytes.MaxDepth });
            reader.Read();
            return reader.TokenType switch
            {
                JsonTokenType.StartArray => ReadApi(ref reader, request, note),
                JsonTokenType.StartObject => ReadWebhook(ref reader, body, request, note),
                _ => Error.Invalid("body", "The body must be a list of alerts (API v2) or a webhook object with alerts."),
            };
        }
        catch (JsonException e)
        {
            return PayloadBytes.NotJson(body, e);
        }
    }

    private static ParsedDelivery ReadApi(ref Utf8JsonReader reader, InboundRequest request, string? note)
    {
        List<Signal> signals = [];
        var rejected = new Rejections();
        List<KeyValuePair<string, string>> scratch = new(16);
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            var alert = PrometheusAlert.Read(ref reader, scratch);
            if (Fault(in alert) is { } fault)
            {
                rejected.Add("", i, fault);
            }
            else
            {
                signals.Add(FromApi(ref alert, request));
            }
        }

        // Anything behind the list is an error, not something to overlook.
        reader.Read();
        return new(signals, rejected.All, note);
    }

    private static Signal FromApi(ref PrometheusAlert alert, InboundRequest request)
    {
        if (alert.EndsAt.Kind == SenderTimeKind.Unreadable)
        {
            alert.EndsAt.Plausible("endsAt", request.ReceivedAt, ref alert.Warnings);
        }

        // An end in the future is a promise to send the alert again before then, however far away it is.
        DateTimeOffset? end = alert.EndsAt.Kind == SenderTimeKind.Set ? alert.EndsAt.At : null;
        var resolved = end <= request.ReceivedAt;
        var expiresAt = resolved ? (DateTimeOffset?)null : end ?? request.ReceivedAt + (request.Source.ResolveTimeout ?? DefaultResolveTimeout);
        return ToSignal(ref alert, request, resolved ? SignalStatus.Resolved : SignalStatus.Firing, expiresAt, externalUrl: null);
    }

    private static Result<ParsedDelivery> ReadWebhook(
        ref Utf8JsonReader reader, ReadOnlyMemory<byte> body, InboundRequest request, string? note)
    {
        List<KeyValuePair<string, string>> scratch = new(16);
        var webhook = PrometheusWebhook.Read(ref reader, scratch, out var alerts);
        reader.Read();
        if (!webhook.HasAlerts)
        {
            return GenericEvents.Read(body, request, PayloadBytes.Notes(note, "The body has no list of alerts, so it was read by guessing."));
        }

        List<Signal> signals = [];
        var rejected = new Rejections();
        for (var i = 0; alerts.Read() && alerts.TokenType != JsonTokenType.EndArray; i++)
        {
            var alert = PrometheusAlert.Read(ref alerts, scratch);
            alert.Labels ??= webhook.CommonLabels;
            alert.Annotations ??= webhook.CommonAnnotations;
            if (Fault(in alert) is { } fault)
            {
                rejected.Add("alerts", i, fault);
                continue;
            }

            var status = webhook.StatusOf(ref alert);
            var expiresAt = status == SignalStatus.Firing ? request.ReceivedAt + request.Source.ResolveTimeout : null;
            signals.Add(ToSignal(ref alert, request, status, expiresAt, webhook.ExternalUrl));
        }

        return signals.Count + rejected.Count == 0
            ? Error.Invalid("alerts", "The webhook's list of alerts is empty.")
            : new ParsedDelivery(signals, rejected.All, PayloadBytes.Notes(note, webhook.TruncationNote));
    }

    private static string? Fault(in PrometheusAlert alert) =>
        alert.Fault is not null ? alert.Fault
        : alert.Labels is not { Count: > 0 } ? "An alert needs at least one label that has a value."
        : alert.StartsAt.Kind == SenderTimeKind.Set && alert.EndsAt.Kind == SenderTimeKind.Set && alert.EndsAt.At < alert.StartsAt.At
            ? "The alert's endsAt is before its startsAt."
        : null;

    private static Signal ToSignal(
        ref PrometheusAlert alert, InboundRequest request, SignalStatus status, DateTimeOffset? expiresAt, string? externalUrl)
    {
        var (labels, annotations) = (alert.Labels!, alert.Annotations ?? LabelSet.Empty);
        ref var warnings = ref alert.Warnings;
        var resolved = status == SignalStatus.Resolved;

        var kept = SignalLimits.Labels(labels, ref warnings);
        List<Link>? links = null;
        HttpLink.Add(ref links, "Runbook", annotations["runbook_url"]);
        HttpLink.Add(ref links, "Dashboard", annotations["dashboard_url"]);
        HttpLink.Add(ref links, "Source", alert.GeneratorUrl);
        HttpLink.Add(ref links, "Alertmanager", externalUrl);

        return new()
        {
            DedupKey = PrometheusFingerprint.Text(PrometheusFingerprint.Of(labels)),
            Status = status,
            Title = Title(labels, annotations),
            Description = SignalLimits.Description(
                annotations["description"] is { Length: > 0 } description ? description : annotations["message"], ref warnings),
            Severity = LabelHints.Severity(labels, ref warnings),
            StartedAt = alert.StartsAt.Plausible("startsAt", request.ReceivedAt, ref warnings),
            EndedAt = resolved ? alert.EndsAt.Plausible("endsAt", request.ReceivedAt, ref warnings) : null,
            ExpiresAt = expiresAt,
            Service = LabelHints.Service(kept),
            Environment = LabelHints.Environment(kept),
            Labels = kept,
            Annotations = SignalLimits.Annotations(annotations, ref warnings),
            Links = links ?? (IReadOnlyList<Link>)[],
            Value = annotations["value"] is { Length: > 0 } value ? SignalLimits.Title(value) : null,
            Threshold = annotations["threshold"] is { Length: > 0 } threshold ? SignalLimits.Title(threshold) : null,
            SenderFingerprint = SignalLimits.SenderFingerprint(alert.Fingerprint),
            Warnings = warnings.Sentences,
        };
    }

    private static string Title(LabelSet labels, LabelSet annotations) =>
        SignalLimits.Title(annotations["summary"]) is { Length: > 0 } summary ? summary
        : SignalLimits.Title(labels["alertname"]) is { Length: > 0 } name ? name
        : SignalLimits.Title(labels.ToString());

    public string Snippet(string baseUrl, Estate.Source source)
    {
        var url = new Uri(baseUrl);
        var path = $"{url.AbsolutePath.TrimEnd('/')}/in/alertmanager/{Uri.EscapeDataString(source.Key)}";
        return $"""
            # prometheus.yml: Prometheus sends its alerts to Tocsin itself, no Alertmanager needed.
            alerting:
              alertmanagers:
                - scheme: {url.Scheme}
                  path_prefix: {path}
                  static_configs:
                    - targets: ["{url.Host}:{url.Port}"]

            # Or alertmanager.yml: an Alertmanager that you have passes on what it notifies about.
            route:
              receiver: tocsin
            receivers:
              - name: tocsin
                webhook_configs:
                  - url: {url.GetLeftPart(UriPartial.Authority)}{path}
                    send_resolved: true

            """;
    }

    public ReadOnlyMemory<byte> Example(SignalStatus status, DateTimeOffset now)
    {
        var end = status == SignalStatus.Resolved ? now : now.AddMinutes(4);
        return Encoding.UTF8.GetBytes($$"""
            [
              {
                "labels": {
                  "alertname": "TocsinTest",
                  "instance": "test.example:9100",
                  "job": "node",
                  "severity": "warning"
                },
                "annotations": {
                  "summary": "A test alert from Prometheus",
                  "description": "Somebody pressed the test button. Nothing is wrong."
                },
                "startsAt": "{{Rfc3339(now.AddMinutes(-1))}}",
                "endsAt": "{{Rfc3339(end)}}",
                "generatorURL": "http://prometheus.example:9090/graph?g0.expr=up+%3D%3D+0&g0.tab=1"
              }
            ]
            """);
    }

    private static string Rfc3339(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
