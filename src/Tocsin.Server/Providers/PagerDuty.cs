using System.Globalization;
using System.Text;
using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>
/// Events as they are sent to PagerDuty, version 2 and the older one: trigger, acknowledge, resolve, and change events. The routing key is the
/// source's key.
/// </summary>
internal sealed class PagerDuty : IAlertSource
{
    public ProviderInfo Info { get; } = new("pagerduty", "PagerDuty events", new("https://developer.pagerduty.com/docs/events-api-v2-overview"), []);

    public Result<ParsedDelivery> Parse(InboundRequest request) => PayloadFields.Read(request, (fields, _, note) =>
    {
        var signal = fields.Text("event_type") is { } old ? Old(fields, old, request)
            : fields.Text("event_action") is { } action ? Event(fields, action, request)
            : fields.Object("payload").Text("summary") is not null ? Change(fields, request)
            : Error.Invalid("event_action", "Send event_action: trigger, acknowledge or resolve.");
        return signal.Ok ? new ParsedDelivery([signal.Value], [], note) : signal.Error;
    });

    /// <summary>The key under which a sender can speak of an event that named none: of equal events the same.</summary>
    public static string KeyOf(PayloadFields fields)
    {
        var payload = fields.Object("payload");
        return fields.Text("dedup_key", "incident_key")
            ?? string.Join('/', new[] { payload.Text("source"), payload.Text("component"), payload.Text("class"), payload.Text("summary") ?? fields.Text("description") }.Where(p => p is not null));
    }

    private static Result<Signal> Event(PayloadFields fields, string action, InboundRequest request)
    {
        if (Status(action) is not { } status)
        {
            return Error.Invalid("event_action", $"event_action is \"{SignalLimits.Title(action)}\"; use trigger, acknowledge or resolve.");
        }

        var warnings = default(Warnings);
        var payload = fields.Object("payload");
        var (summary, key) = (payload.Text("summary"), KeyOf(fields));
        if (status == SignalStatus.Firing && summary is null)
        {
            return Error.Invalid("payload.summary", "A trigger needs payload.summary: what is wrong, in a line.");
        }

        if (key.Length == 0)
        {
            return Error.Invalid("dedup_key", $"{action} needs dedup_key: which event it speaks of.");
        }

        var labels = Labels(payload, "source", "component", "group", "class", "severity");
        var severity = SeverityWords.Read(payload.Text("severity"));
        if (severity == Severity.Unset && payload.Text("severity") is { } unknown)
        {
            warnings.Add(LabelHints.UnknownSeverity("severity", unknown));
        }

        List<Link>? links = null;
        foreach (var link in fields.List("links").Select(l => new PayloadFields(l)))
        {
            HttpLink.Add(ref links, SignalLimits.Title(link.Text("text") ?? "Link"), link.Text("href"));
        }

        HttpLink.Add(ref links, SignalLimits.Title(fields.Text("client") ?? "Sender"), fields.Text("client_url"));
        return Make(request, key, status, summary ?? key, severity, labels, payload.All.GetValueOrDefault("custom_details"), links, ref warnings) with
        {
            StartedAt = status == SignalStatus.Firing ? payload.Time("timestamp", request.ReceivedAt, ref warnings) : null,
            Images = [.. fields.List("images").Select(i => new PayloadFields(i)).Where(i => HttpLink.IsHttps(i.Text("src") ?? "")).Take(16).Select(ImageOf)],
            Warnings = warnings.Sentences,
        };
    }

    private static Result<Signal> Old(PayloadFields fields, string type, InboundRequest request)
    {
        if (Status(type) is not { } status)
        {
            return Error.Invalid("event_type", $"event_type is \"{SignalLimits.Title(type)}\"; use trigger, acknowledge or resolve.");
        }

        var (description, key) = (fields.Text("description"), KeyOf(fields));
        if (key.Length == 0 || (status == SignalStatus.Firing && description is null))
        {
            return status == SignalStatus.Firing
                ? Error.Invalid("description", "A trigger needs description: what is wrong, in a line.")
                : Error.Invalid("incident_key", $"{type} needs incident_key: which event it speaks of.");
        }

        var warnings = default(Warnings);
        List<Link>? links = null;
        HttpLink.Add(ref links, SignalLimits.Title(fields.Text("client") ?? "Sender"), fields.Text("client_url"));
        return Make(request, key, status, description ?? key, Severity.Unset, LabelSet.Empty, fields.All.GetValueOrDefault("details"), links, ref warnings);
    }

    private static Result<Signal> Change(PayloadFields fields, InboundRequest request)
    {
        var warnings = default(Warnings);
        var payload = fields.Object("payload");
        List<Link>? links = null;
        foreach (var link in fields.List("links").Select(l => new PayloadFields(l)))
        {
            HttpLink.Add(ref links, SignalLimits.Title(link.Text("text") ?? "Link"), link.Text("href"));
        }

        var summary = payload.Text("summary")!;
        return Make(request, $"change/{summary}", SignalStatus.Info, summary, Severity.Info, Labels(payload, "source"), payload.All.GetValueOrDefault("custom_details"), links, ref warnings);
    }

    private static Signal Make(
        InboundRequest request, string key, SignalStatus status, string title, Severity severity, LabelSet labels, JsonElement details, List<Link>? links, ref Warnings warnings)
    {
        var annotations = SignalLimits.Annotations(Details(details), ref warnings);
        var kept = SignalLimits.Labels(labels, ref warnings);
        return new()
        {
            DedupKey = SignalLimits.DedupKey(key),
            Status = status,
            Title = SignalLimits.Title(title),
            Description = SignalLimits.Description(annotations["description"] is { Length: > 0 } said ? said : annotations["details"], ref warnings),
            Severity = severity,
            ExpiresAt = status == SignalStatus.Firing ? request.ReceivedAt + request.Source.ResolveTimeout : null,
            Service = LabelHints.Service(kept) ?? LabelHints.Service(annotations),
            Environment = LabelHints.Environment(kept) ?? LabelHints.Environment(annotations),
            Labels = kept,
            Annotations = annotations,
            Links = links ?? (IReadOnlyList<Link>)[],
            SenderFingerprint = SignalLimits.SenderFingerprint(key),
            Warnings = warnings.Sentences,
        };
    }

    private static Image ImageOf(PayloadFields image) =>
        new(image.Text("src")!, image.Text("alt") is { } alt ? SignalLimits.Title(alt) : null, image.Text("href") is { } href && HttpLink.IsHttp(href) ? href : null);

    private static LabelSet Labels(PayloadFields payload, params ReadOnlySpan<string> names)
    {
        List<KeyValuePair<string, string>> labels = [];
        foreach (var name in names)
        {
            if (payload.Text(name) is { } value)
            {
                labels.Add(new(name, value));
            }
        }

        return LabelSet.From(labels);
    }

    /// <summary>The first level of whatever the sender adds; deeper ones stay in the kept body.</summary>
    private static LabelSet Details(JsonElement details) => details.ValueKind switch
    {
        JsonValueKind.Object => LabelSet.From(new PayloadFields(details).All.Where(d => d.Key.Length > 0)
            .Select(d => KeyValuePair.Create(d.Key, JsonText.Of(d.Value) ?? ""))),
        JsonValueKind.String => LabelSet.Of(("details", JsonText.Of(details)!)),
        _ => LabelSet.Empty,
    };

    private static SignalStatus? Status(string action) => action switch
    {
        "trigger" => SignalStatus.Firing,
        "acknowledge" => SignalStatus.Acknowledged,
        "resolve" => SignalStatus.Resolved,
        _ => null,
    };

    public string Snippet(string baseUrl, Estate.Source source) => $$"""
        # Whatever sends PagerDuty events and lets you change the address:
        #   address      {{baseUrl}}/compat/pagerduty/v2/enqueue
        #   routing key  {{source.Key}}
        # Alertmanager, for example:
        receivers:
          - name: tocsin
            pagerduty_configs:
              - url: {{baseUrl}}/compat/pagerduty/v2/enqueue
                routing_key: {{source.Key}}

        # By hand:
        curl --fail-with-body {{baseUrl}}/compat/pagerduty/v2/enqueue \
          --header 'Content-Type: application/json' \
          --data '{
            "routing_key": "{{source.Key}}",
            "event_action": "trigger",
            "dedup_key": "backup/db1",
            "payload": {"summary": "The backup of db1 failed", "source": "db1", "severity": "error"}
          }'

        """;

    public ReadOnlyMemory<byte> Example(SignalStatus status, DateTimeOffset now)
    {
        var action = status == SignalStatus.Resolved ? "resolve" : "trigger";
        var at = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetBytes($$"""
            {
              "event_action": "{{action}}",
              "dedup_key": "tocsin-test",
              "payload": {
                "summary": "A test alert as PagerDuty's API takes it",
                "source": "test.example",
                "severity": "warning",
                "timestamp": "{{at}}",
                "component": "tocsin",
                "custom_details": { "description": "Somebody pressed the test button. Nothing is wrong." }
              }
            }
            """);
    }
}
