using System.Globalization;
using System.Text;
using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>
/// Alarms of Amazon CloudWatch: bare, as the message of an SNS notification, or as EventBridge tells them. On the strength of the key in the
/// address: an SNS signature is not looked at. An SNS message that is no alarm is an event of its own.
/// </summary>
internal sealed class CloudWatch : IAlertSource
{
    public ProviderInfo Info { get; } = new(
        "cloudwatch", "Amazon CloudWatch", new("https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html"),
        [PipelineRules.NoDataSetting, .. PipelineRules.Settings(defaults: false)]);

    public IReadOnlyList<Error> Check(Estate.Source source) => [.. PipelineRules.Check(source)];

    public Result<ParsedDelivery> Parse(InboundRequest request) => PayloadFields.Read(request, (fields, body, note) => fields.Text("Type") switch
    {
        "Notification" when fields.Text("Message") is { } message => Message(message, fields, request, note),
        "SubscriptionConfirmation" when fields.Text("TopicArn") is { } topic => new ParsedDelivery(
            [], [], PayloadBytes.Notes(note, $"{topic} asks to send here. If the topic is yours, confirm it by opening the SubscribeURL of this body; nothing arrives before that.")),
        "UnsubscribeConfirmation" => new ParsedDelivery([], [], PayloadBytes.Notes(note, $"{fields.Text("TopicArn")} no longer sends here.")),
        _ => Alarm(fields, request, null, note) ?? Other(body, request, PayloadBytes.Notes(note, "The body is no CloudWatch alarm, so it was read by guessing.")),
    });

    /// <summary>What an SNS notification carries: an alarm as JSON in a text, or whatever somebody published.</summary>
    private static Result<ParsedDelivery> Message(string message, PayloadFields envelope, InboundRequest request, string? note)
    {
        try
        {
            using var document = JsonDocument.Parse(message, new JsonDocumentOptions { MaxDepth = PayloadBytes.MaxDepth });
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return Alarm(new(document.RootElement), request, envelope.Text("MessageId"), note)
                    ?? Other(Encoding.UTF8.GetBytes(message), request, PayloadBytes.Notes(note, "The SNS message is no CloudWatch alarm, so it was read by guessing."));
            }
        }
        catch (JsonException)
        {
            // A plain text is a message too.
        }

        if (PipelineRules.Of(request.Source).Strict)
        {
            return NoAlarm;
        }

        var warnings = default(Warnings);
        var subject = SignalLimits.Title(envelope.Text("Subject") ?? message);
        return new ParsedDelivery(
            [
                new()
                {
                    DedupKey = SignalLimits.DedupKey($"{envelope.Text("TopicArn")}/{subject}"),
                    Status = SignalStatus.Firing,
                    Title = subject,
                    Description = SignalLimits.Description(message, ref warnings),
                    StartedAt = envelope.Time("Timestamp", request.ReceivedAt, ref warnings),
                    ExpiresAt = request.ReceivedAt + request.Source.ResolveTimeout,
                    Labels = SignalLimits.Labels(LabelSet.Of(("alertname", subject), ("topic", TopicName(envelope.Text("TopicArn")))), ref warnings),
                    Warnings = warnings.Sentences,
                },
            ],
            [], PayloadBytes.Notes(note, "A plain text: nothing will say that it is over, so a person resolves it."));
    }

    private static Result<ParsedDelivery> Other(ReadOnlyMemory<byte> body, InboundRequest request, string? note) =>
        PipelineRules.Of(request.Source).Strict ? NoAlarm : GenericEvents.Read(body, request, note);

    private static Error NoAlarm => new(ErrorKind.Invalid, "unknown_source", "The body is no CloudWatch alarm, and this source is strict.", "body");

    /// <returns>Null if these are not the fields of an alarm.</returns>
    private static Result<ParsedDelivery>? Alarm(PayloadFields fields, InboundRequest request, string? messageId, string? note)
    {
        var alarm = fields.Text("AlarmName") is not null ? AlarmFields.OfNotification(fields)
            : fields.Object("detail").Text("alarmName") is not null ? AlarmFields.OfEventBridge(fields)
            : null;
        if (alarm is null)
        {
            return null;
        }

        var rules = PipelineRules.Of(request.Source);
        var item = PipelineAlarm.Of(fields)!.Read(rules, messageId, request.ReceivedAt);
        if (rules.Strict && item.Faults.Count > 0)
        {
            return item.ToError();
        }

        if (StatusOf(alarm.State, rules) is not { } status)
        {
            return Error.Invalid("NewStateValue", $"The state \"{SignalLimits.Title(alarm.State ?? "")}\" of an alarm is none of ALARM, OK and INSUFFICIENT_DATA.");
        }

        var warnings = default(Warnings);
        var (pairs, text) = AlarmDescription.Read(alarm.Description);
        var labels = LabelsOf(alarm, pairs);
        var kept = SignalLimits.Labels(labels, ref warnings);
        List<Link>? links = null;
        HttpLink.Add(ref links, "Runbook", pairs.GetValueOrDefault("runbook"));
        HttpLink.Add(ref links, "Dashboard", pairs.GetValueOrDefault("dashboard"));
        HttpLink.Add(ref links, "CloudWatch", alarm.ConsoleUrl);
        var at = SenderTime.Read(alarm.ChangedAt ?? "").Plausible("StateChangeTime", request.ReceivedAt, ref warnings);
        return new ParsedDelivery(
            [
                PipelineSignal.With(item, rules, new()
                {
                    DedupKey = SignalLimits.DedupKey(alarm.Arn ?? $"{alarm.Account}/{alarm.Region}/{alarm.Name}"),
                    Status = status,
                    Title = SignalLimits.Title("INSUFFICIENT_DATA".Equals(alarm.State, StringComparison.OrdinalIgnoreCase) ? $"No data: {alarm.Name}" : alarm.Name),
                    Description = SignalLimits.Description(string.Join("\n\n", new[] { text, alarm.Reason }.Where(t => !string.IsNullOrWhiteSpace(t))), ref warnings),
                    Severity = LabelHints.Severity(labels, ref warnings),
                    StartedAt = status == SignalStatus.Firing ? at : null,
                    EndedAt = status == SignalStatus.Resolved ? at : null,
                    ExpiresAt = status == SignalStatus.Firing ? request.ReceivedAt + request.Source.ResolveTimeout : null,
                    Service = LabelHints.Service(kept),
                    Environment = LabelHints.Environment(kept),
                    Labels = kept,
                    Links = links ?? (IReadOnlyList<Link>)[],
                    Threshold = alarm.Threshold,
                    SenderFingerprint = SignalLimits.SenderFingerprint(alarm.Arn),
                    Warnings = warnings.Sentences,
                }),
            ],
            [], note);
    }

    private static SignalStatus? StatusOf(string? state, PipelineRules rules) => state?.ToUpperInvariant() switch
    {
        "ALARM" => SignalStatus.Firing,
        "OK" => SignalStatus.Resolved,
        "INSUFFICIENT_DATA" => rules.NoData switch
        {
            "firing" => SignalStatus.Firing,
            "resolved" => SignalStatus.Resolved,
            _ => SignalStatus.Info,
        },
        _ => null,
    };

    private static LabelSet LabelsOf(AlarmFields alarm, IReadOnlyDictionary<string, string> pairs)
    {
        Dictionary<string, string> labels = new() { ["alertname"] = alarm.Name };
        foreach (var (name, value) in pairs.Where(p => p.Key is not ("runbook" or "dashboard")).Concat(alarm.Dimensions))
        {
            labels.TryAdd(name, value);
        }

        foreach (var (name, value) in new[] { ("account", alarm.Account), ("region", alarm.Region), ("namespace", alarm.Namespace), ("metric", alarm.Metric) })
        {
            if (value is not null)
            {
                labels.TryAdd(name, value);
            }
        }

        return LabelSet.From(labels);
    }

    private static string TopicName(string? arn) => arn?[(arn.LastIndexOf(':') + 1)..] ?? "";

    public string Snippet(string baseUrl, Estate.Source source) => $"""
        In Amazon Web Services:
        1. SNS > Topics > the topic that your alarms notify > Create subscription.
        2. Protocol: HTTPS. Endpoint: {baseUrl}/in/cloudwatch/{Uri.EscapeDataString(source.Key)}
           Leave raw message delivery off or on: both are read.
        3. The subscription asks to be confirmed: its request appears among this source's deliveries. Look at the topic, and open the address in it.
        4. CloudWatch > Alarms: let each alarm notify the topic in the states "In alarm" and "OK".

        The description of an alarm may say more, each on a line of its own:
          TEAM=payments
          PRIORITY=P1
          SERVICE=checkout
          RUNBOOK=https://wiki.example/checkout

        """;

    public ReadOnlyMemory<byte> Example(SignalStatus status, DateTimeOffset now)
    {
        var (state, old) = status == SignalStatus.Resolved ? ("OK", "ALARM") : ("ALARM", "OK");
        var at = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'+0000'", CultureInfo.InvariantCulture);
        return Encoding.UTF8.GetBytes($$"""
            {
              "AlarmName": "tocsin-test",
              "AlarmDescription": "SERVICE=tocsin\nPRIORITY=P3\nSomebody pressed the test button. Nothing is wrong.",
              "AWSAccountId": "123456789012",
              "NewStateValue": "{{state}}",
              "NewStateReason": "Threshold Crossed: 1 datapoint was greater than the threshold (80.0).",
              "StateChangeTime": "{{at}}",
              "Region": "EU (Ireland)",
              "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:tocsin-test",
              "OldStateValue": "{{old}}",
              "Trigger": {
                "MetricName": "CPUUtilization",
                "Namespace": "AWS/EC2",
                "Statistic": "AVERAGE",
                "Dimensions": [ { "name": "InstanceId", "value": "i-0123456789abcdef0" } ],
                "Period": 60,
                "EvaluationPeriods": 1,
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": 80.0
              }
            }
            """);
    }
}

/// <summary>One alarm, whichever of the two shapes told it.</summary>
internal sealed record AlarmFields(string Name, string? State)
{
    public string? Arn { get; private init; }

    public string? Description { get; private init; }

    public string? Reason { get; private init; }

    public string? ChangedAt { get; private init; }

    public string? Account { get; private init; }

    public string? Namespace { get; private init; }

    public string? Metric { get; private init; }

    public string? Threshold { get; private init; }

    public IReadOnlyList<KeyValuePair<string, string>> Dimensions { get; private init; } = [];

    /// <summary>The code of the region out of the ARN; the message itself names it for people.</summary>
    public string? Region => Arn?.Split(':') is [_, _, _, { Length: > 0 } region, ..] ? region : null;

    /// <summary>Where the alarm is looked at; null outside the ordinary partition, whose consoles have other addresses.</summary>
    public string? ConsoleUrl => Arn?.StartsWith("arn:aws:", StringComparison.Ordinal) == true && Region is { } region
        ? $"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#alarmsV2:alarm/{Uri.EscapeDataString(Name)}"
        : null;

    public static AlarmFields OfNotification(PayloadFields fields)
    {
        // Composite alarms have no trigger, metric-math alarms no metric.
        var trigger = fields.Object("Trigger");
        return new(fields.Text("AlarmName")!, fields.Text("NewStateValue"))
        {
            Arn = fields.Text("AlarmArn"),
            Description = fields.Text("AlarmDescription"),
            Reason = fields.Text("NewStateReason"),
            ChangedAt = fields.Text("StateChangeTime"),
            Account = fields.Text("AWSAccountId"),
            Namespace = trigger.Text("Namespace"),
            Metric = trigger.Text("MetricName"),
            Threshold = trigger.Text("Threshold"),
            Dimensions = DimensionsOf(trigger.List("Dimensions").Select(d => new PayloadFields(d)).Select(d => (d.Text("name", "Name"), d.Text("value", "Value")))),
        };
    }

    public static AlarmFields OfEventBridge(PayloadFields fields)
    {
        var detail = fields.Object("detail");
        var state = detail.Object("state");
        var metric = new PayloadFields(detail.Object("configuration").List("metrics").FirstOrDefault()).Object("metricStat").Object("metric");
        return new(detail.Text("alarmName")!, state.Text("value"))
        {
            Arn = fields.List("resources").Select(GenericScopes.Words).FirstOrDefault(),
            Description = detail.Object("configuration").Text("description"),
            Reason = state.Text("reason"),
            ChangedAt = state.Text("timestamp"),
            Account = fields.Text("account"),
            Namespace = metric.Text("namespace"),
            Metric = metric.Text("name"),
            Dimensions = DimensionsOf(metric.Object("dimensions").All.Select(d => ((string?)d.Key, GenericScopes.Words(d.Value)))),
        };
    }

    private static KeyValuePair<string, string>[] DimensionsOf(IEnumerable<(string? Name, string? Value)> dimensions) =>
        [.. dimensions.Where(d => d is { Name: not null, Value: not null }).Select(d => KeyValuePair.Create(d.Name!, d.Value!))];
}

/// <summary>The words that people put into an alarm's description for whoever routes it.</summary>
internal static class AlarmDescription
{
    private static readonly string[] _known = ["team", "teams", "priority", "severity", "service", "runbook", "dashboard", "env", "environment"];

    /// <summary>
    /// <c>KEY=VALUE</c>, one a line or between bars, in any case; what is not of that form, or has another key, stays in the text.
    /// </summary>
    public static (IReadOnlyDictionary<string, string> Pairs, string? Text) Read(string? description)
    {
        Dictionary<string, string> pairs = [];
        List<string> rest = [];
        foreach (var part in description?.Split((char[])['\n', '\r', '|'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [])
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            var key = at > 0 ? part[..at].TrimEnd().ToLowerInvariant() : "";
            if (!_known.Contains(key) || part[(at + 1)..].Trim() is not { Length: > 0 } value || !pairs.TryAdd(key, value))
            {
                rest.Add(part);
            }
        }

        return (pairs, rest.Count == 0 ? null : string.Join('\n', rest));
    }
}
