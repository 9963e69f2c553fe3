using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>
/// A canonical event that its sender made himself: held against the published schema and otherwise passed on as it is; nothing is cleaned or
/// lower-cased. All faults are named at once.
/// </summary>
internal static class PipelineNormalized
{
    private static readonly string[] _members =
        ["schema_version", "source", "state", "title", "description", "summary", "reason", "priority", "occurred_at", "teams", "identity", "links", "raw_provider"];

    private static readonly string[] _identity = ["account_id", "region", "alarm_id"];
    private static readonly string[] _links = ["runbook_url", "dashboard_url", "source_url", "silence_url"];

    public static PipelineItem Read(PayloadFields fields)
    {
        var findings = new PipelineFindings(strict: true);
        Known(fields, _members, "", findings);
        var (identity, links) = (Object(fields, "identity", findings), Object(fields, "links", findings));
        Known(identity, _identity, "identity.", findings);
        Known(links, _links, "links.", findings);

        var version = Version(fields, findings);
        var state = Text(fields, "state", true, findings) switch
        {
            "FIRING" => CanonicalState.Firing,
            "RESOLVED" => CanonicalState.Resolved,
            var other => Invalid(other, "state", "state is FIRING or RESOLVED.", findings),
        };
        var priority = Text(fields, "priority", true, findings) switch
        {
            ['P', >= '0' and <= '3' and var digit] => digit - '0',
            var other => (int)Invalid(other, "priority", "priority is P0, P1, P2 or P3.", findings),
        };
        var occurred = Text(fields, "occurred_at", true, findings);
        var at = occurred is null ? null : PipelineText.Rfc3339(occurred);
        if (occurred is not null && at is null)
        {
            findings.Reject("invalid", "occurred_at", "occurred_at is a date-time of RFC 3339 with a zone, such as 2025-09-16T16:59:17Z.");
        }

        var made = new CanonicalEvent
        {
            Version = version,
            Source = Text(fields, "source", true, findings) ?? "",
            State = state,
            Title = Text(fields, "title", true, findings) ?? "",
            Description = Text(fields, "description", false, findings),
            Summary = Text(fields, "summary", false, findings),
            Reason = Text(fields, "reason", false, findings),
            Priority = priority,
            OccurredAt = at ?? DateTimeOffset.UnixEpoch,
            OccurredAtText = occurred,
            Teams = Teams(fields, findings),
            AccountId = NotEmpty(identity, "account_id", findings),
            Region = NotEmpty(identity, "region", findings),
            AlarmId = Text(identity, "alarm_id", false, findings, "identity."),
            RunbookUrl = Text(links, "runbook_url", false, findings, "links."),
            DashboardUrl = Text(links, "dashboard_url", false, findings, "links."),
            SourceUrl = Text(links, "source_url", false, findings, "links."),
            SilenceUrl = Text(links, "silence_url", false, findings, "links."),
            RawProvider = fields.All.TryGetValue("raw_provider", out var raw) ? raw.GetRawText() : null,
        };
        foreach (var error in made.Check().Where(e => findings.Faults.All(f => f.Field != e.Field)))
        {
            findings.Reject("schema", error.Field ?? "body", error.Detail);
        }

        return PipelineDefaults.Finish(
            made, findings, ("source", made.Source), ("title", made.Title), ("account", made.AccountId), ("teams", string.Join(',', made.Teams)), ("alarm", made.AlarmId));
    }

    private static void Known(PayloadFields fields, string[] known, string prefix, PipelineFindings findings)
    {
        foreach (var name in fields.All.Keys.Where(name => !known.Contains(name)).Take(20))
        {
            findings.Reject("schema", $"{prefix}{SignalLimits.Title(name)}", $"The event may have no property \"{prefix}{SignalLimits.Title(name)}\".");
        }
    }

    private static PayloadFields Object(PayloadFields fields, string name, PipelineFindings findings)
    {
        if (!fields.All.TryGetValue(name, out var value))
        {
            findings.Reject("missing", name, $"{name} is missing; it may be an empty object.");
        }
        else if (value.ValueKind != JsonValueKind.Object)
        {
            findings.Reject("invalid", name, $"{name} is an object.");
        }

        return fields.Object(name);
    }

    private static int Version(PayloadFields fields, PipelineFindings findings)
    {
        if (!fields.All.TryGetValue("schema_version", out var value))
        {
            findings.Reject("missing", "schema_version", "schema_version is missing; it is 1.");
            return 1;
        }

        // 1.0 is a whole number too, to JSON Schema.
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number is >= 1 and <= int.MaxValue && number == Math.Floor(number))
        {
            return (int)number;
        }

        findings.Reject("invalid", "schema_version", "schema_version is a whole number from 1.");
        return 1;
    }

    private static string? Text(PayloadFields fields, string name, bool required, PipelineFindings findings, string prefix = "")
    {
        if (!fields.All.TryGetValue(name, out var value))
        {
            if (required)
            {
                findings.Reject("missing", $"{prefix}{name}", $"{prefix}{name} is missing.");
            }

            return null;
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return JsonText.Of(value);
        }

        findings.Reject("invalid", $"{prefix}{name}", $"{prefix}{name} is a text.");
        return null;
    }

    private static string? NotEmpty(PayloadFields fields, string name, PipelineFindings findings)
    {
        var text = Text(fields, name, false, findings, "identity.");
        if (text is "")
        {
            findings.Reject("schema", $"identity.{name}", $"identity.{name} is not empty where it is given.");
        }

        return text;
    }

    private static IReadOnlyList<string> Teams(PayloadFields fields, PipelineFindings findings)
    {
        if (!fields.All.TryGetValue("teams", out var value))
        {
            findings.Reject("missing", "teams", "teams is missing.");
            return [];
        }

        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(t => t.ValueKind == JsonValueKind.String))
        {
            return [.. value.EnumerateArray().Take(1000).Select(t => JsonText.Of(t)!)];
        }

        findings.Reject("invalid", "teams", "teams is a list of texts.");
        return [];
    }

    private static CanonicalState Invalid(string? given, string field, string message, PipelineFindings findings)
    {
        if (given is not null)
        {
            findings.Reject("invalid", field, message);
        }

        return default;
    }
}
