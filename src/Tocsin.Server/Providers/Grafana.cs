using System.Globalization;
using System.Text;
using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>
/// Grafana Alerting's webhook contact point, payload version 1: every alert of the group. A body without a list of alerts comes from a custom
/// payload template or from an old Grafana, and is read as <see cref="Generic"/> reads it.
/// </summary>
internal sealed class Grafana : IAlertSource
{
    private const string SignatureHeader = "X-Grafana-Alerting-Signature";
    private const string NoDataSeverity = "no_data_severity";

    public ProviderInfo Info { get; } = new(
        "grafana",
        "Grafana Alerting",
        new("https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/"),
        [
            .. HmacSignature.Settings(SignatureHeader),
            new(
                NoDataSeverity,
                "The severity of alerts about missing data or a data source that fails, if they state none: critical, high, warning or info. Default: warning."),
            .. PipelineRules.Settings(defaults: false),
        ]);

    public IReadOnlyList<Error> Check(Estate.Source source) => [.. PipelineRules.Check(source)];

    public Error? Verify(InboundRequest request) => HmacSignature.Verify(request, SignatureHeader);

    public Result<ParsedDelivery> Parse(InboundRequest request)
    {
        var body = PayloadBytes.Clean(request.Body, out var note);
        try
        {
            var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = PayloadBytes.MaxDepth });
            reader.Read();
            var rules = PipelineRules.Of(request.Source);
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                return rules.Strict ? PipelineReader.NotAnObject : Custom(body, request, note);
            }

            List<KeyValuePair<string, string>> scratch = new(16);
            var webhook = PrometheusWebhook.Read(ref reader, scratch, out var alerts);
            reader.Read();
            var items = ItemsOf(body, rules, request);
            return webhook.HasAlerts && ReadAlerts(ref alerts, webhook, request, scratch, rules, items, note) is { } read ? read : ReadEnvelope(body, request, rules, items, note);
        }
        catch (JsonException e)
        {
            return PayloadBytes.NotJson(body, e);
        }
    }

    /// <summary>
    /// The alerts of the body as the alert pipeline sees them. A storm of alerts in which no priority is spoken of, for a source that asks for none, is
    /// not read a second time.
    /// </summary>
    private static IReadOnlyList<PipelineItem> ItemsOf(ReadOnlyMemory<byte> body, PipelineRules rules, InboundRequest request)
    {
        if (!rules.IsAsked && body.Span.IndexOf("riority"u8) < 0 && body.Span.IndexOf("RIORITY"u8) < 0)
        {
            return [];
        }

        using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = PayloadBytes.MaxDepth });
        return PipelineGrafana.Read(new(document.RootElement), rules, null, request.ReceivedAt);
    }

    /// <summary>A body without alerts: an old Grafana's, which is an alert itself, or a template of the user's own.</summary>
    private static Result<ParsedDelivery> ReadEnvelope(ReadOnlyMemory<byte> body, InboundRequest request, PipelineRules rules, IReadOnlyList<PipelineItem> items, string? note)
    {
        if (items is [{ Event: { } canonical }])
        {
            return new ParsedDelivery([PipelineSignal.Of(canonical, request) with { Warnings = items[0].Warnings }], [], note);
        }

        return rules.Strict && items is [{ Faults.Count: > 0 } item] ? item.ToError() : Custom(body, request, note);
    }

    private static Result<ParsedDelivery> Custom(ReadOnlyMemory<byte> body, InboundRequest request, string? note) => GenericEvents.Read(
        body, request, PayloadBytes.Notes(note, "The body is not Grafana's own (a custom payload?), so it was read by guessing."));

    /// <returns>Null if there is no alert in the list, and the webhook is one itself.</returns>
    private static Result<ParsedDelivery>? ReadAlerts(
        ref Utf8JsonReader reader, in PrometheusWebhook webhook, InboundRequest request, List<KeyValuePair<string, string>> scratch,
        PipelineRules rules, IReadOnlyList<PipelineItem> items, string? note)
    {
        List<Signal> signals = [];
        var rejected = new Rejections();
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            var alert = PrometheusAlert.Read(ref reader, scratch);
            alert.Labels ??= webhook.CommonLabels;
            alert.Annotations ??= webhook.CommonAnnotations;
            var item = i < items.Count ? items[i] : null;
            if (rules.Strict && item?.Faults.Count > 0)
            {
                rejected.Add("alerts", i, item.Reason);
            }
            else if (alert.Fault is { } fault)
            {
                rejected.Add("alerts", i, fault);
            }
            else if (alert.Labels is not { Count: > 0 } && string.IsNullOrWhiteSpace(alert.Fingerprint))
            {
                rejected.Add("alerts", i, "An alert needs a fingerprint or at least one label that has a value.");
            }
            else
            {
                var signal = ToSignal(ref alert, webhook, request);
                signals.Add(item is null ? signal : PipelineSignal.With(item, rules, signal));
            }
        }

        if (signals.Count + rejected.Count > 0)
        {
            return new ParsedDelivery(signals, rejected.All, PayloadBytes.Notes(note, webhook.TruncationNote));
        }

        if (items is [{ Event: not null }])
        {
            return null;
        }

        return Error.Invalid("alerts", "The webhook's list of alerts is empty.");
    }

    private static Signal ToSignal(ref PrometheusAlert alert, in PrometheusWebhook webhook, InboundRequest request)
    {
        var (labels, annotations) = (alert.Labels ?? LabelSet.Empty, alert.Annotations ?? LabelSet.Empty);
        var status = webhook.StatusOf(ref alert);
        ref var warnings = ref alert.Warnings;

        // Grafana's own fingerprint knows the rule, which the labels that it sends do not always tell.
        var key = string.IsNullOrWhiteSpace(alert.Fingerprint) ? PrometheusFingerprint.Text(PrometheusFingerprint.Of(labels)) : alert.Fingerprint;

        var kept = SignalLimits.Labels(labels, ref warnings);
        List<Link>? links = null;
        HttpLink.Add(ref links, "Runbook", annotations["runbook_url"]);
        HttpLink.Add(ref links, "Dashboard", alert.DashboardUrl);
        HttpLink.Add(ref links, "Dashboard", annotations["dashboard_url"]);
        HttpLink.Add(ref links, "Panel", alert.PanelUrl);
        HttpLink.Add(ref links, "Silence", alert.SilenceUrl);
        HttpLink.Add(ref links, "Rule", alert.GeneratorUrl);
        HttpLink.Add(ref links, "Grafana", webhook.ExternalUrl);

        return new()
        {
            DedupKey = SignalLimits.DedupKey(key),
            Status = status,
            Title = Title(labels, annotations, webhook.Title, key),
            Description = SignalLimits.Description(
                annotations["description"] is { Length: > 0 } description ? description : annotations["message"], ref warnings),
            Severity = SeverityOf(labels, request.Source, ref warnings),
            StartedAt = alert.StartsAt.Plausible("startsAt", request.ReceivedAt, ref warnings),
            EndedAt = status == SignalStatus.Resolved ? alert.EndsAt.Plausible("endsAt", request.ReceivedAt, ref warnings) : null,
            ExpiresAt = status == SignalStatus.Firing ? request.ReceivedAt + request.Source.ResolveTimeout : null,
            Service = LabelHints.Service(kept),
            Environment = LabelHints.Environment(kept),
            Labels = kept,
            Annotations = SignalLimits.Annotations(annotations, ref warnings),
            Links = links ?? (IReadOnlyList<Link>)[],
            Images = alert.ImageUrl is { } image && HttpLink.IsHttps(image) ? [new(image, "Panel", alert.PanelUrl)] : [],
            Value = (alert.Values ?? alert.ValueString) is { Length: > 0 } value ? SignalLimits.Title(value) : null,
            SenderFingerprint = SignalLimits.SenderFingerprint(alert.Fingerprint),
            Warnings = warnings.Sentences,
        };
    }

    /// <summary>Grafana's two alerts about itself carry the texts of the rule that could not be evaluated, which would be misleading as a title.</summary>
    private static string Title(LabelSet labels, LabelSet annotations, string? groupTitle, string key)
    {
        var about = labels["alertname"] switch
        {
            "DatasourceNoData" => "No data: ",
            "DatasourceError" => "Data source error: ",
            _ => null,
        };
        var rule = labels["rulename"];
        return about is not null && rule.Length > 0 ? SignalLimits.Title(about + rule)
            : SignalLimits.Title(annotations["summary"]) is { Length: > 0 } summary ? summary
            : SignalLimits.Title(labels["alertname"]) is { Length: > 0 } name ? name
            : SignalLimits.Title(groupTitle ?? "") is { Length: > 0 } title ? title
            : $"Grafana alert {SignalLimits.Title(key)}";
    }

    private static Severity SeverityOf(LabelSet labels, Estate.Source source, ref Warnings warnings)
    {
        var severity = LabelHints.Severity(labels, ref warnings);
        return severity == Severity.Unset && labels["alertname"] is "DatasourceNoData" or "DatasourceError"
            ? SeverityWords.Read(source.Settings.GetValueOrDefault(NoDataSeverity)) is not Severity.Unset and var set ? set : Severity.Warning
            : severity;
    }

    public string Snippet(string baseUrl, Estate.Source source)
    {
        var hmac = source.HmacSecret is null
            ? "4. To have each delivery signed, set a secret on this source and the same under Optional Webhook settings > HMAC Signature."
            : $"""
               4. Optional Webhook settings > HMAC Signature:
                    Secret            the secret of this source
                    Header            {source.Settings.GetValueOrDefault("hmac_header", SignatureHeader)}
                    Timestamp header  {source.Settings.GetValueOrDefault("hmac_timestamp_header", "(leave empty)")}
               """;
        return $"""
            In Grafana:
            1. Alerts & IRM > Alerting > Contact points > Create contact point.
            2. Name: Tocsin. Integration: Webhook.
            3. URL: {baseUrl}/in/grafana/{Uri.EscapeDataString(source.Key)}
               HTTP method: POST. Leave "Disable resolved message" off.
            {hmac}
            5. Test, then Save contact point.
            6. Notification policies: make Tocsin the default contact point, or add a policy for the alerts that should page.

            """;
    }

    public ReadOnlyMemory<byte> Example(SignalStatus status, DateTimeOffset now)
    {
        var resolved = status == SignalStatus.Resolved;
        var (word, state) = resolved ? ("resolved", "ok") : ("firing", "alerting");
        var started = Rfc3339(now.AddMinutes(-5));
        var ended = resolved ? Rfc3339(now) : "0001-01-01T00:00:00Z";
        var fingerprint = PrometheusFingerprint.Text(PrometheusFingerprint.Of(
            LabelSet.Of(("alertname", "TocsinTest"), ("grafana_folder", "Tests"), ("instance", "test.example"), ("severity", "warning"))));
        return Encoding.UTF8.GetBytes($$"""
            {
              "receiver": "Tocsin",
              "status": "{{word}}",
              "alerts": [
                {
                  "status": "{{word}}",
                  "labels": {
                    "alertname": "TocsinTest",
                    "grafana_folder": "Tests",
                    "instance": "test.example",
                    "severity": "warning"
                  },
                  "annotations": {
                    "summary": "A test alert from Grafana",
                    "description": "Somebody pressed the test button. Nothing is wrong."
                  },
                  "startsAt": "{{started}}",
                  "endsAt": "{{ended}}",
                  "generatorURL": "https://grafana.example/alerting/grafana/tocsin-test/view?orgId=1",
                  "fingerprint": "{{fingerprint}}",
                  "silenceURL": "https://grafana.example/alerting/silence/new?alertmanager=grafana&matcher=alertname%3DTocsinTest&orgId=1",
                  "dashboardURL": "",
                  "panelURL": "",
                  "values": { "A": 1 },
                  "valueString": "[ var='A' labels={instance=test.example} value=1 ]",
                  "orgId": 1
                }
              ],
              "groupLabels": { "alertname": "TocsinTest", "grafana_folder": "Tests" },
              "commonLabels": {
                "alertname": "TocsinTest",
                "grafana_folder": "Tests",
                "instance": "test.example",
                "severity": "warning"
              },
              "commonAnnotations": {
                "summary": "A test alert from Grafana",
                "description": "Somebody pressed the test button. Nothing is wrong."
              },
              "externalURL": "https://grafana.example/",
              "version": "1",
              "groupKey": "{}:{alertname=\"TocsinTest\", grafana_folder=\"Tests\"}",
              "truncatedAlerts": 0,
              "orgId": 1,
              "title": "[{{word.ToUpperInvariant()}}:1] TocsinTest Tests (test.example warning)",
              "state": "{{state}}",
              "message": "A test alert from Grafana"
            }
            """);
    }

    private static string Rfc3339(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
