using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>
/// Datadog's webhook integration. What arrives is what somebody pasted there, so members are looked for under the names of Tocsin's template and
/// of Datadog's own; a body with neither is read as <see cref="Generic"/> reads it.
/// </summary>
internal sealed partial class Datadog : IAlertSource
{
    /// <summary>What is pasted into Datadog's payload field.</summary>
    private const string Template = """
        {"id":"$ID","aggreg_key":"$AGGREG_KEY","alert_cycle_key":"$ALERT_CYCLE_KEY","alert_id":"$ALERT_ID","title":"$EVENT_TITLE","body":"$TEXT_ONLY_MSG","transition":"$ALERT_TRANSITION","type":"$ALERT_TYPE","status":"$ALERT_STATUS","priority":"$ALERT_PRIORITY","query":"$ALERT_QUERY","scope":"$ALERT_SCOPE","metric":"$ALERT_METRIC","hostname":"$HOSTNAME","tags":"$TAGS","link":"$LINK","snapshot":"$SNAPSHOT","date":"$DATE","last_updated":"$LAST_UPDATED","org_id":"$ORG_ID","org_name":"$ORG_NAME","event_type":"$EVENT_TYPE"}
        """;

    private const RegexOptions Fast = RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking;

    public ProviderInfo Info { get; } = new("datadog", "Datadog", new("https://docs.datadoghq.com/integrations/webhooks/"), []);

    public Result<ParsedDelivery> Parse(InboundRequest request) => PayloadFields.Read(request, (raw, body, note) =>
    {
        var fields = raw.Without(IsUnfilled);
        return fields.Text("transition", "alert_transition", "alert_cycle_key", "alert_id", "aggreg_key", "aggregate", "event_type") is null
            ? GenericEvents.Read(body, request, PayloadBytes.Notes(note, "The body is not of Datadog's template, so it was read by guessing."))
            : Read(fields, request, note);
    });

    private static Result<ParsedDelivery> Read(PayloadFields fields, InboundRequest request, string? note)
    {
        var warnings = default(Warnings);
        var (marks, title) = Headline(fields.Text("alert_title", "title") ?? "");
        var transition = fields.Text("transition", "alert_transition") ?? marks.FirstOrDefault(IsTransition) ?? "";
        var status = StatusOf(transition, fields);
        var labels = LabelsOf(fields);
        if (KeyOf(fields, title, labels) is not { } key)
        {
            return Error.Invalid("alert_cycle_key", "Nothing tells which alert this is: send alert_cycle_key, aggreg_key or alert_id, as the template on the source's page does.");
        }

        var kept = SignalLimits.Labels(labels, ref warnings);
        List<Link>? links = null;
        HttpLink.Add(ref links, "Datadog", fields.Text("link"));
        var snapshot = fields.Text("snapshot");
        var at = fields.Time("last_updated", request.ReceivedAt, ref warnings) ?? fields.Time("date", request.ReceivedAt, ref warnings);
        return new ParsedDelivery(
            [
                new()
                {
                    DedupKey = SignalLimits.DedupKey(key),
                    Status = status,
                    Title = SignalLimits.Title(title) is { Length: > 0 } line ? line : $"Datadog monitor {SignalLimits.Title(key)}",
                    Description = SignalLimits.Description(fields.Text("body", "text_only_msg")?.Replace("%%%", "", StringComparison.Ordinal).Trim(), ref warnings),
                    Severity = SeverityOf(fields, marks, transition, ref warnings),

                    // A reminder carries the time of the reminder, not of the beginning.
                    StartedAt = status == SignalStatus.Firing && !transition.StartsWith("Re", StringComparison.OrdinalIgnoreCase) ? at : null,
                    EndedAt = status == SignalStatus.Resolved ? at : null,
                    ExpiresAt = status == SignalStatus.Firing ? request.ReceivedAt + request.Source.ResolveTimeout : null,
                    Service = LabelHints.Service(kept),
                    Environment = LabelHints.Environment(kept),
                    Labels = kept,
                    Annotations = SignalLimits.Annotations(
                        LabelSet.From(new[] { ("query", fields.Text("query", "alert_query")), ("metric", fields.Text("metric")) }.Select(p => KeyValuePair.Create(p.Item1, p.Item2 ?? ""))), ref warnings),
                    Links = links ?? (IReadOnlyList<Link>)[],
                    Images = snapshot is not null && HttpLink.IsHttps(snapshot) ? [new(snapshot, "Snapshot")] : [],
                    SenderFingerprint = SignalLimits.SenderFingerprint(fields.Text("aggreg_key", "aggregate")),
                    Warnings = warnings.Sentences,
                },
            ],
            [], note);
    }

    /// <summary>One cycle from trigger to recovery; without it the monitor and its group.</summary>
    private static string? KeyOf(PayloadFields fields, string title, LabelSet labels) =>
        fields.Text("alert_cycle_key") ?? fields.Text("aggreg_key", "aggregate")
        ?? (fields.Text("alert_id") is { } monitor ? $"{monitor}/{string.Join(',', Words(fields.Text("scope", "alert_scope")).Order(StringComparer.Ordinal))}" : null)
        ?? (title.Length > 0 ? $"{title}/{labels["host"]}" : null);

    private static SignalStatus StatusOf(string transition, PayloadFields fields) =>
        transition.EndsWith("Recovered", StringComparison.OrdinalIgnoreCase) || transition.Equals("OK", StringComparison.OrdinalIgnoreCase)
            || (transition.Length == 0 && (Is(fields.Text("type", "alert_type"), "success") || Is(fields.Text("status", "alert_status"), "OK")))
            ? SignalStatus.Resolved
            : SignalStatus.Firing;

    private static Severity SeverityOf(PayloadFields fields, IReadOnlyList<string> marks, string transition, ref Warnings warnings)
    {
        // An event's own priority is "normal" or "low" and says nothing about the alert.
        if ((fields.Text("alert_priority", "priority") ?? marks.FirstOrDefault(m => Priority().IsMatch(m))) is { } priority && !Is(priority, "normal") && !Is(priority, "low"))
        {
            if (SeverityWords.Read(priority) is not Severity.Unset and var severity)
            {
                return severity;
            }

            warnings.Add(LabelHints.UnknownSeverity("priority", priority));
        }

        return transition.EndsWith("Warn", StringComparison.OrdinalIgnoreCase) ? Severity.Warning
            : fields.Text("type", "alert_type")?.ToLowerInvariant() switch
            {
                "error" => Severity.High,
                "warning" => Severity.Warning,
                "info" => Severity.Info,
                _ => Severity.Unset,
            };
    }

    private static LabelSet LabelsOf(PayloadFields fields)
    {
        Dictionary<string, string> labels = [];
        List<string> plain = [];
        foreach (var tag in Words(fields.Text("scope", "alert_scope")).Concat(Words(fields.Text("tags"))))
        {
            if (tag.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && colon < tag.Length - 1)
            {
                labels.TryAdd(tag[..colon], tag[(colon + 1)..]);
            }
            else if (tag is not ("monitor" or "*"))
            {
                plain.Add(tag);
            }
        }

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                labels.TryAdd(name, value);
            }
        }

        Add("tags", plain.Count == 0 ? null : string.Join(',', plain.Distinct(StringComparer.Ordinal)));
        Add("host", fields.Text("hostname"));
        Add("monitor_id", fields.Text("alert_id"));
        Add("org", fields.Text("org_name") ?? fields.Object("org").Text("name"));
        Add("priority", fields.Text("alert_priority", "priority") is { } priority && Priority().IsMatch(priority) ? priority : null);
        return LabelSet.From(labels);
    }

    /// <summary>A title such as <c>[P1] [Triggered on {host:x}] CPU high</c>, without the marks in front of it.</summary>
    private static (IReadOnlyList<string> Marks, string Title) Headline(string text)
    {
        List<string> marks = [];
        while (Mark().Match(text) is { Success: true } mark && mark.Length < text.Length)
        {
            marks.Add(mark.Groups["text"].Value);
            text = text[mark.Length..];
        }

        return ([.. marks.Select(m => OnScope().Replace(m, ""))], text);
    }

    private static string[] Words(string? list) => list?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static bool Is(string? text, string word) => string.Equals(text, word, StringComparison.OrdinalIgnoreCase);

    private static bool IsTransition(string mark) => TransitionWord().IsMatch(mark);

    /// <summary>A variable for which Datadog had nothing to fill in arrives as its own name.</summary>
    private static bool IsUnfilled(JsonElement value) => value.ValueKind == JsonValueKind.String && Variable().IsMatch(JsonText.Of(value)!);

    [GeneratedRegex(@"^\$[A-Z][A-Z0-9_]*(\[[^\]]*\])?$", Fast)]
    private static partial Regex Variable();

    [GeneratedRegex(@"^\s*\[(?<text>[^\[\]]{1,200})\]\s*", Fast)]
    private static partial Regex Mark();

    [GeneratedRegex(@"\s+on\s+\{.*$", Fast)]
    private static partial Regex OnScope();

    [GeneratedRegex(@"^(Re-?)?(Triggered|Warn|No Data|notify)$|Recovered$", Fast | RegexOptions.IgnoreCase)]
    private static partial Regex TransitionWord();

    [GeneratedRegex(@"^P[1-5]$", Fast | RegexOptions.IgnoreCase)]
    private static partial Regex Priority();

    public string Snippet(string baseUrl, Estate.Source source) => $"""
        In Datadog:
        1. Integrations > Webhooks > New webhook.
        2. Name: tocsin. URL: {baseUrl}/in/datadog/{Uri.EscapeDataString(source.Key)}
        3. Payload, in place of what is there:

        {Template}

        4. Save, and write @webhook-tocsin into the message of each monitor that should page, so that it is told of the alert and of its recovery.

        """;

    public ReadOnlyMemory<byte> Example(SignalStatus status, DateTimeOffset now)
    {
        var (transition, type) = status == SignalStatus.Resolved ? ("Recovered", "success") : ("Triggered", "error");
        var at = now.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetBytes($$"""
            {
              "id": "7000000000000000001",
              "aggreg_key": "tocsin-test",
              "alert_cycle_key": "tocsin-test",
              "alert_id": "1",
              "title": "[P3] [{{transition}} on {host:test.example}] A test alert from Datadog",
              "body": "Somebody pressed the test button. Nothing is wrong.",
              "transition": "{{transition}}",
              "type": "{{type}}",
              "status": "",
              "priority": "P3",
              "query": "avg(last_5m):avg:system.load.1{host:test.example} > 2",
              "scope": "host:test.example",
              "metric": "system.load.1",
              "hostname": "test.example",
              "tags": "host:test.example,service:tocsin,monitor",
              "link": "https://app.datadoghq.example/monitors/1",
              "snapshot": "$SNAPSHOT",
              "date": "{{at}}",
              "last_updated": "{{at}}",
              "org_id": "1",
              "org_name": "Tests",
              "event_type": "query_alert_monitor"
            }
            """);
    }
}
