using System.Text.Json;
using Tocsin.Alerts;

namespace Tocsin.Providers;

/// <summary>An alarm of CloudWatch as the alert pipeline reads it: what is not in the alarm itself stands in its description.</summary>
internal sealed class PipelineAlarm
{
    private const int DescriptionLength = 4096;
    private const int MostLines = 20;
    private const int MostParts = 10;

    private static readonly string[] _keys = ["TEAM", "TEAMS", "PRIORITY", "RUNBOOK", "SUMMARY"];

    private PipelineAlarm()
    {
    }

    /// <summary>As it was written; null or blank: not given.</summary>
    private string? Name { get; init; }

    private string? State { get; init; }

    private string? Description { get; init; }

    private string? Reason { get; init; }

    /// <summary>Undefined if it was not sent.</summary>
    private JsonElement ChangedAt { get; init; }

    private string? Account { get; init; }

    private string? Arn { get; init; }

    /// <summary>As people say it: <c>US East (N. Virginia)</c>.</summary>
    private string? RegionName { get; init; }

    /// <summary>Both shapes in which AWS tells an alarm; null if it is neither.</summary>
    public static PipelineAlarm? Of(PayloadFields fields)
    {
        if (fields.All.ContainsKey("AlarmName") || fields.All.ContainsKey("NewStateValue"))
        {
            return new()
            {
                Name = PipelineReader.Given(fields, "AlarmName"),
                State = PipelineReader.Given(fields, "NewStateValue"),
                Description = PipelineReader.Given(fields, "AlarmDescription"),
                Reason = PipelineReader.Given(fields, "NewStateReason"),
                ChangedAt = fields.All.GetValueOrDefault("StateChangeTime"),
                Account = PipelineReader.Given(fields, "AWSAccountId"),
                Arn = PipelineReader.Given(fields, "AlarmArn"),
                RegionName = PipelineReader.Given(fields, "Region"),
            };
        }

        var detail = fields.Object("detail");
        var state = detail.Object("state");
        return !detail.All.ContainsKey("alarmName") ? null : new()
        {
            Name = PipelineReader.Given(detail, "alarmName"),
            State = PipelineReader.Given(state, "value"),
            Description = PipelineReader.Given(detail.Object("configuration"), "description"),
            Reason = PipelineReader.Given(state, "reason"),
            ChangedAt = state.All.GetValueOrDefault("timestamp"),
            Account = PipelineReader.Given(fields, "account"),
            Arn = fields.List("resources").Select(GenericScopes.Words).FirstOrDefault(),
            RegionName = PipelineReader.Given(fields, "region"),
        };
    }

    public PipelineItem Read(PipelineRules rules, string? messageId, DateTimeOffset receivedAt)
    {
        var findings = new PipelineFindings(rules.Strict);
        var title = PipelineText.Trim(Name ?? "");
        if (title.Length == 0)
        {
            findings.Reject("missing", "title", "The alarm has no AlarmName.");
        }

        var state = StateOf(rules, findings, out var ignored);
        if (ignored)
        {
            return new(null, [], ["An alarm without data (INSUFFICIENT_DATA): recorded, and nothing else. The setting insufficient_data says otherwise."], Ignored: true);
        }

        var words = AlarmWords.Read(Description, findings);
        var priority = PipelineDefaults.Priority(words.Priority, "AlarmDescription (PRIORITY=…)", () => Severity.Unset, rules, findings);
        var teams = PipelineDefaults.Teams(words.Teams, "AlarmDescription (TEAM=… or TEAMS=…)", rules, findings);
        var region = RegionOf(findings);
        var @event = findings.Faults.Count > 0 || state is null || teams.Count == 0 || priority is null ? null : new CanonicalEvent
        {
            Source = "cloudwatch",
            State = state.Value,
            Title = PipelineDefaults.Title(title, findings),
            Description = words.Text,
            Summary = words.Summary,
            Reason = PipelineText.Clean(Reason, 1000),
            Priority = priority.Value,
            OccurredAt = PipelineDefaults.Time(ChangedAt, receivedAt, findings),
            Teams = teams,
            AccountId = PipelineDefaults.Account(Account, findings),
            Region = region,
            AlarmId = PipelineDefaults.AlarmId(Arn, findings),
            RunbookUrl = PipelineText.Url(words.Runbook, "RUNBOOK", findings),
            DashboardUrl = PipelineText.Url(words.Dashboard, "DASHBOARD", findings),
            SourceUrl = region is null ? null : PipelineText.Url(
                $"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#alarmsV2:alarm/{PercentEncoded(Name!)}", "The alarm's address", findings),
        };
        return PipelineDefaults.Finish(
            @event, findings, ("source", "cloudwatch"), ("message", messageId), ("alarm", title), ("account", Account), ("teams", string.Join(',', teams)), ("arn", Arn));
    }

    private CanonicalState? StateOf(PipelineRules rules, PipelineFindings findings, out bool ignored)
    {
        ignored = false;
        switch (State?.ToUpperInvariant())
        {
            case "ALARM":
                return CanonicalState.Firing;
            case "OK":
                return CanonicalState.Resolved;
            case "INSUFFICIENT_DATA" when rules.NoData is "firing":
                return CanonicalState.Firing;
            case "INSUFFICIENT_DATA" when rules.NoData is "resolved":
                return CanonicalState.Resolved;
            case "INSUFFICIENT_DATA" when !rules.Strict || rules.NoData is "ignore":
                ignored = true;
                return null;
            case null:
                findings.Reject("missing", "state", "The alarm has no NewStateValue.");
                return null;
            default:
                findings.Reject("invalid", "state", $"The NewStateValue \"{SignalLimits.Title(State)}\" is neither ALARM nor OK.");
                return null;
        }
    }

    private string? RegionOf(PipelineFindings findings)
    {
        if (Arn?.Split(':') is [_, _, _, { Length: > 0 } code, ..])
        {
            return PipelineDefaults.Region(code, findings);
        }

        return RegionName is null ? null : PipelineDefaults.Region(
            RegionName switch
            {
                "US East - N. Virginia" or "US East (N. Virginia)" => "us-east-1",
                "US East - Ohio" or "US East (Ohio)" => "us-east-2",
                "US West - N. California" or "US West (N. California)" => "us-west-1",
                "US West - Oregon" or "US West (Oregon)" => "us-west-2",
                "Europe - Ireland" or "Europe (Ireland)" or "EU (Ireland)" => "eu-west-1",
                "Asia Pacific - Tokyo" or "Asia Pacific (Tokyo)" => "ap-northeast-1",
                var other => other.ToLowerInvariant().Replace(' ', '-'),
            },
            findings);
    }

    /// <summary>As JavaScript encodes a part of an address.</summary>
    private static string PercentEncoded(string text) => Uri.EscapeDataString(text)
        .Replace("%21", "!", StringComparison.Ordinal).Replace("%27", "'", StringComparison.Ordinal)
        .Replace("%28", "(", StringComparison.Ordinal).Replace("%29", ")", StringComparison.Ordinal).Replace("%2A", "*", StringComparison.Ordinal);

    /// <summary>The words of an alarm's description: <c>KEY=VALUE</c>, one a line, or between bars, or both, as the pipeline's own documentation shows it.</summary>
    private sealed class AlarmWords
    {
        private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

        public string? Teams => Value("TEAMS") ?? Value("TEAM");

        public string? Priority => Value("PRIORITY");

        public string? Runbook => Value("RUNBOOK");

        public string? Summary => PipelineText.Clean(Value("SUMMARY"), 255);

        /// <summary>The pipeline knows no such key: it stays in the text as well.</summary>
        public string? Dashboard { get; private set; }

        public string? Text { get; private set; }

        public static AlarmWords Read(string? description, PipelineFindings findings)
        {
            var words = new AlarmWords();
            if (description is null)
            {
                return words;
            }

            if (description.Length > DescriptionLength)
            {
                findings.Refuse("too_long", "description", $"The AlarmDescription has more than {DescriptionLength} characters", "only the beginning was read");
                description = PipelineText.Cut(description, DescriptionLength);
            }

            List<string> text = [];
            foreach (var piece in Pieces(description, findings))
            {
                words.Take(piece, text);
            }

            words.Text = text.Count == 0 ? null : PipelineText.CutPoints(string.Join(' ', text), 4000);
            return words;
        }

        private string? Value(string key) => _values.GetValueOrDefault(key) is { Length: > 0 } value ? value : null;

        private void Take(string piece, List<string> text)
        {
            var equals = piece.IndexOf('=', StringComparison.Ordinal);
            var key = KeyOf(piece);
            if (equals >= 0 && key.Length == 0)
            {
                return;
            }

            if (_keys.Contains(key))
            {
                // An address may be longer than the other values.
                _values[key] = PipelineText.Clean(piece[(equals + 1)..], key == "RUNBOOK" ? PipelineText.UrlLength : 255) ?? "";
                return;
            }

            if (key == "DASHBOARD")
            {
                Dashboard = PipelineText.Trim(piece[(equals + 1)..]);
            }

            if (PipelineText.Clean(piece, 500) is { } clean)
            {
                text.Add(clean);
            }
        }

        private static IEnumerable<string> Pieces(string description, PipelineFindings findings)
        {
            if (!description.Contains('\n', StringComparison.Ordinal))
            {
                return Most(Parts(description), MostParts, "parts between bars", findings);
            }

            // A bar in a line means nothing by itself; between two words that the pipeline knows it does.
            return Most(description.Split('\n').Select(PipelineText.Trim), MostLines, "lines", findings)
                .SelectMany(line => IsPiped(line) ? Most(Parts(line), MostParts, "parts between bars", findings) : [line]);
        }

        private static bool IsPiped(string line)
        {
            var parts = Parts(line).ToArray();
            return parts.Length > 1 && (KeyOf(parts[0]) is "TEAM" or "TEAMS" or "PRIORITY" || parts.Skip(1).Any(p => _keys.Contains(KeyOf(p))));
        }

        private static IEnumerable<string> Parts(string line) => line.Split('|').Select(PipelineText.Trim);

        private static string[] Most(IEnumerable<string> pieces, int most, string what, PipelineFindings findings)
        {
            var all = pieces.ToArray();
            if (all.Length <= most)
            {
                return all;
            }

            findings.Warn($"The AlarmDescription has {all.Length} {what}; the first {most} were read.");
            return all[..most];
        }

        private static string KeyOf(string piece) =>
            piece.IndexOf('=', StringComparison.Ordinal) is var at and >= 0 ? PipelineText.Trim(piece[..at]).ToUpperInvariant() : "";
    }
}
