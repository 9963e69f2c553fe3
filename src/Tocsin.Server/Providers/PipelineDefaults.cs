using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>What the readers of CloudWatch's and Grafana's events have in common: fields that may be missing or impossible, and what is said of them.</summary>
internal static class PipelineDefaults
{
    /// <param name="given">Null or empty: the sender named none.</param>
    /// <param name="where">Where the sender would have to name one.</param>
    /// <returns>Empty: there is none, which the findings say.</returns>
    public static IReadOnlyList<string> Teams(string? given, string where, PipelineRules rules, PipelineFindings findings)
    {
        IReadOnlyList<string> teams = given is null ? [] : PipelineText.Teams(given, findings);
        if (teams.Count > 0 || findings.Faults.Any(f => f.Field == "teams"))
        {
            return teams;
        }

        findings.Refuse("missing", "teams", $"There is no team in {where}", rules.Team is { } team ? $"{team} was taken" : "so there is no canonical event");
        return rules.Team is { } named && !rules.Strict ? [named] : [];
    }

    /// <param name="severity">Asked only when the sender gave no priority.</param>
    public static int? Priority(string? given, string where, Func<Severity> severity, PipelineRules rules, PipelineFindings findings)
    {
        var missing = given is null || PipelineText.Trim(given).Length == 0;
        if (!missing && PipelineText.Priority(given!) is { } priority)
        {
            return priority;
        }

        var taken = rules.Strict ? null : rules.PriorityOf(severity());
        findings.Refuse(
            missing ? "missing" : "invalid", "priority",
            missing ? $"There is no priority in {where}" : $"The priority \"{SignalLimits.Title(given!)}\" is none of P0, P1, P2 and P3",
            taken is { } set ? $"P{set.ToString(CultureInfo.InvariantCulture)} was taken" : "so there is no canonical event");
        return taken;
    }

    public static string Title(string title, PipelineFindings findings)
    {
        if (PipelineText.CodePoints(title) <= 500)
        {
            return title;
        }

        findings.Warn("The title has more than 500 characters and was cut.");
        return PipelineText.Trim(PipelineText.CutPoints(title, 500));
    }

    /// <param name="value">Undefined or null: not given.</param>
    public static DateTimeOffset Time(JsonElement value, DateTimeOffset receivedAt, PipelineFindings findings)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Undefined or JsonValueKind.Null:
                return PipelineText.Milliseconds(receivedAt);
            case JsonValueKind.String:
                return PipelineText.Time(JsonText.Of(value), receivedAt, findings);
            default:
                findings.Refuse("invalid", "occurred_at", "The time is not a text", "it was read as a number if it is one");
                var warnings = default(Warnings);
                return PipelineText.Milliseconds(SenderTime.Read(JsonText.Of(value) ?? "").Plausible("occurred_at", receivedAt, ref warnings) ?? receivedAt);
        }
    }

    public static string? Account(string? text, PipelineFindings findings) => Word(text, 100, "account_id", findings);

    public static string? Region(string? text, PipelineFindings findings) => Word(text, 50, "region", findings);

    /// <summary>What makes two alarms two is never lost: of an id that is too long the beginning is kept and a hash of the whole.</summary>
    public static string? AlarmId(string? text, PipelineFindings findings)
    {
        if (string.IsNullOrEmpty(text) || PipelineText.CodePoints(text) <= 1024)
        {
            return string.IsNullOrEmpty(text) ? null : text;
        }

        findings.Warn("identity.alarm_id has more than 1024 characters; its beginning and a hash were kept.");
        return $"{PipelineText.CutPoints(text, 900)}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
    }

    /// <summary>The end of each reading: what the schema does not allow never leaves, and each fault says where it comes from.</summary>
    public static PipelineItem Finish(CanonicalEvent? made, PipelineFindings findings, params ReadOnlySpan<(string Name, string? Value)> context)
    {
        if (made is not null && findings.Faults.Count == 0)
        {
            foreach (var error in made.Check())
            {
                findings.Reject("schema", error.Field ?? "body", error.Detail);
            }
        }

        if (findings.Faults.Count == 0)
        {
            return new(made, [], findings.Warnings);
        }

        var where = new StringBuilder(" [");
        foreach (var (name, value) in context)
        {
            if (!string.IsNullOrEmpty(value))
            {
                where.Append(where.Length == 2 ? "" : ", ").Append(name).Append('=').Append(SignalLimits.Title(value));
            }
        }

        where.Append(']');
        return new(null, [.. findings.Faults.Select(f => f with { Message = $"{f.Message}{where}" })], findings.Warnings);
    }

    private static string? Word(string? text, int most, string field, PipelineFindings findings)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var word = new string([.. text.Where(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-').Take(most)]);
        if (word.Length != text.Length)
        {
            findings.Warn($"identity.{field} \"{SignalLimits.Title(text)}\" may have only letters, digits, _ and -, at most {most}; the others were left out.");
        }

        return word.Length == 0 ? null : word;
    }
}
