using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>Grafana's webhook as the alert pipeline reads it: annotations before labels before the envelope, for each alert of the group.</summary>
internal sealed partial class PipelineGrafana
{
    private readonly PayloadFields _alert;
    private readonly PayloadFields _envelope;
    private readonly PayloadFields _labels;
    private readonly PayloadFields _annotations;
    private readonly PipelineRules _rules;
    private readonly PipelineFindings _findings;

    private PipelineGrafana(PayloadFields alert, PayloadFields envelope, PipelineRules rules)
    {
        (_alert, _envelope, _rules, _findings) = (alert, envelope, rules, new(rules.Strict));
        _labels = alert.All.ContainsKey("labels") ? alert.Object("labels") : envelope.Object("commonLabels");
        _annotations = alert.All.ContainsKey("annotations") ? alert.Object("annotations") : envelope.Object("commonAnnotations");
    }

    /// <summary>One item for each alert; an envelope without alerts is itself taken as one, as old versions of Grafana send it.</summary>
    public static IReadOnlyList<PipelineItem> Read(PayloadFields envelope, PipelineRules rules, string? messageId, DateTimeOffset receivedAt)
    {
        var alerts = envelope.List("alerts").ToArray();
        return alerts.Length == 0 || (alerts.Length == 1 && !PipelineReader.IsTruthy(alerts[0]))
            ? [new PipelineGrafana(envelope, envelope, rules).Read(messageId, receivedAt)]
            : [.. alerts.Select(alert => alert.ValueKind == JsonValueKind.Object
                ? new PipelineGrafana(new(alert), envelope, rules).Read(messageId, receivedAt)
                : PipelineReader.Rejected(Error.Invalid("alerts", "An alert must be a JSON object.")))];
    }

    private PipelineItem Read(string? messageId, DateTimeOffset receivedAt)
    {
        var (priorityText, teamsText) = (Find("priority"), Find("teams", "team"));
        if (_rules.IsAsked && IsTest && priorityText is null && teamsText is null)
        {
            return new(null, [], ["Grafana's test button: recorded, and nothing else."], Ignored: true);
        }

        var title = Title();
        var state = StateOf();
        var priority = PipelineDefaults.Priority(priorityText, "the annotations and labels (priority)", SeverityOf, _rules, _findings);
        var teams = PipelineDefaults.Teams(teamsText, "the annotations and labels (team or teams)", _rules, _findings);
        var (org, fingerprint) = (Given(_envelope, "orgId"), Given(_alert, "fingerprint") ?? Given(_envelope, "rule_id"));
        var source = Given(_alert, "generatorURL") ?? Given(_envelope, "generatorURL");
        var @event = _findings.Faults.Count > 0 || state is null || teams.Count == 0 || priority is null ? null : new CanonicalEvent
        {
            Source = "grafana",
            State = state.Value,
            Title = PipelineDefaults.Title(title, _findings),
            Description = PipelineText.Clean(Given(_annotations, "description"), 1500),
            Summary = PipelineText.Clean(Given(_annotations, "summary"), 1000),
            Reason = PipelineText.Clean(Values(Given(_alert, "valueString")), 500),
            Priority = priority.Value,
            OccurredAt = PipelineDefaults.Time(OccurredAt(state.Value), receivedAt, _findings),
            Teams = teams,
            AccountId = PipelineDefaults.Account(org, _findings),
            AlarmId = PipelineDefaults.AlarmId(fingerprint, _findings),
            RunbookUrl = PipelineText.Url(Given(_annotations, "runbook_url") ?? Given(_labels, "runbook_url"), "runbook_url", _findings),
            DashboardUrl = PipelineText.Url(Given(_alert, "dashboardURL") ?? Given(_alert, "panelURL"), "dashboardURL", _findings),
            SourceUrl = PipelineText.Url(source, "generatorURL", _findings),
            SilenceUrl = PipelineText.Url(Given(_alert, "silenceURL"), "silenceURL", _findings),
        };
        return PipelineDefaults.Finish(
            @event, _findings, ("source", "grafana"), ("message", messageId), ("alert", title), ("org", org), ("teams", string.Join(',', teams)), ("rule", source));
    }

    /// <summary>What the button "Test" of a contact point sends, unless labels were given with it.</summary>
    private bool IsTest => _labels.Text("alertname") == "TestAlert" && _labels.Text("instance") == "Grafana";

    private string Title()
    {
        foreach (var text in new[] { Given(_labels, "rulename"), Given(_labels, "alertname"), Given(_envelope.Object("groupLabels"), "alertname"), Given(_envelope, "title") })
        {
            if (text is not null && PipelineText.Trim(text) is { Length: > 0 } title)
            {
                return title;
            }
        }

        _findings.Refuse("missing", "title", "The alert has no title: no label rulename or alertname, and the webhook has no title", "\"Grafana alert\" was taken");
        return "Grafana alert";
    }

    private CanonicalState? StateOf()
    {
        var word = Given(_alert, "status") ?? Given(_envelope, "status") ?? Given(_envelope, "state");
        switch (word?.ToUpperInvariant())
        {
            case "FIRING" or "ALERTING":
                return CanonicalState.Firing;
            case "RESOLVED" or "OK":
                return CanonicalState.Resolved;
            case null:
                _findings.Reject("missing", "state", "The alert has no status.");
                return null;
            default:
                _findings.Reject("invalid", "state", $"The status \"{SignalLimits.Title(word)}\" is none of firing, alerting, resolved and ok.");
                return null;
        }
    }

    private Severity SeverityOf() => SeverityWords.Read(_labels.Text("severity") ?? _annotations.Text("severity") ?? "");

    /// <summary>An end happened when it ended: told with the time of its beginning it could not be told from a beginning that arrives late.</summary>
    private JsonElement OccurredAt(CanonicalState state)
    {
        string[] names = state == CanonicalState.Resolved ? ["endsAt", "startsAt"] : ["startsAt", "endsAt"];
        foreach (var scope in new[] { _alert, _envelope })
        {
            foreach (var name in names)
            {
                if (scope.All.TryGetValue(name, out var time) && PipelineReader.IsTruthy(time) && !IsZero(time))
                {
                    return time;
                }
            }
        }

        return default;
    }

    private static bool IsZero(JsonElement time) => time.ValueKind == JsonValueKind.String && JsonText.Of(time)!.StartsWith("0001-01-01", StringComparison.Ordinal);

    /// <summary>The text under one of these names in the annotations, else the labels, else the envelope; each name in four spellings. Null: nowhere.</summary>
    private string? Find(params ReadOnlySpan<string> names)
    {
        foreach (var scope in new[] { _annotations, _labels, _envelope })
        {
            foreach (var name in names)
            {
                foreach (var spelling in (string[])[name, name.ToUpperInvariant(), string.Concat(char.ToUpperInvariant(name[0]).ToString(), name.AsSpan(1))])
                {
                    if (scope.All.TryGetValue(spelling, out var value) && value.ValueKind != JsonValueKind.Null && TextOf(value, name) is { } text
                        && (_rules.Strict || PipelineText.Trim(text).Length > 0))
                    {
                        return text;
                    }
                }
            }
        }

        return null;
    }

    /// <summary>Numbers and lists are what people write in templates, too.</summary>
    private string? TextOf(JsonElement value, string name)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String or JsonValueKind.Number:
                return JsonText.Of(value);
            case JsonValueKind.Array:
                return string.Join(',', value.EnumerateArray().Select(JsonText.Of).Where(t => t is not null));
            default:
                _findings.Refuse("invalid", name == "priority" ? "priority" : "teams", $"{name} is not a text", "it was not read");
                return null;
        }
    }

    private static string? Given(PayloadFields fields, string name) => PipelineReader.Given(fields, name);

    /// <summary>
    /// Grafana's <c>[ var='B' labels={instance=x} value=93.2 ]</c> as people read it: <c>[instance=x] B=93.2</c>, what has the same labels together.
    /// A text of another form stays as it is.
    /// </summary>
    internal static string? Values(string? text)
    {
        if (text is null)
        {
            return null;
        }

        OrderedDictionary<string, List<string>> groups = new(StringComparer.Ordinal);
        foreach (Match group in ValueGroup().Matches(text))
        {
            var labels = group.Groups["labels"].Value.Trim();
            if (!groups.TryGetValue(labels, out var values))
            {
                groups[labels] = values = [];
            }

            values.Add(string.Create(CultureInfo.InvariantCulture, $"{group.Groups["name"].Value.Trim('\'', '"')}={group.Groups["value"].Value}"));
        }

        if (groups.Count == 0)
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        foreach (var (labels, values) in groups)
        {
            result.Append(result.Length == 0 ? "" : "; ").Append(labels.Length == 0 ? "" : $"[{labels}] ").AppendJoin(", ", values);
        }

        return result.ToString();
    }

    [GeneratedRegex("""\[\s*var=(?<name>'[^']*'|[^\s\]]+)\s+(?:labels=\{(?<labels>[^}]*)\}\s+)?value=(?<value>[^\s\]]+)\s*\]""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ValueGroup();
}
