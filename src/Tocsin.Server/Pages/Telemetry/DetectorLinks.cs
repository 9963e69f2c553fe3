using System.Globalization;
using System.Text.RegularExpressions;
using Tocsin.Routing;
using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>Ways between detectors, what they found, and the logs and metrics that it was found in.</summary>
internal static partial class DetectorLinks
{
    private const int MostText = 400;

    /// <summary>Of a pattern, so many of its parts are asked for.</summary>
    private const int MostPhrases = 3;

    /// <summary>The form of a detector that asks for the lines of a search; what it cannot ask for is named there.</summary>
    /// <param name="pattern">What the pattern looks like that the search is narrowed to; null: none.</param>
    public static string Watch(LogsForm form, string? pattern)
    {
        var text = string.Join(' ', new[] { form.Q, pattern is null ? "" : Phrases(pattern) }.Where(t => t.Length > 0));
        string[] leftOut =
        [
            .. form.Environment.Length > 0 ? ["the environment"] : Array.Empty<string>(), .. form.Source.Length > 0 ? ["the source"] : Array.Empty<string>(),
            .. form.Trace.Length > 0 ? ["the trace"] : Array.Empty<string>(), .. form.Template is null ? [] : pattern is null ? ["the pattern"] : new[] { "the pattern itself, only for its words" },
        ];
        return DetectorDraft.AddressOf(
            Detectors.Query, ("about", DetectorDraft.Lines), ("text", text), ("level", form.Level), ("service", form.Service), ("without", leftOut.Length == 0 ? "" : Words.And(leftOut)));
    }

    /// <summary>The form of a detector that looks at the metric of a choice of series.</summary>
    /// <param name="most">The greatest value that is drawn; null: none, or it is drawn as something else than a detector would look at.</param>
    public static string Watch(SeriesPick pick, double? most) => DetectorDraft.AddressOf(
        Detectors.Query, ("about", DetectorDraft.Metric), ("metric", pick.Name), ("service", pick.Service), ("above", most is { } value ? Rounded(value).ToString("0.######", CultureInfo.InvariantCulture) : ""),
        ("without", pick.Tags.Length > 0 ? $"the tags {pick.Tags}" : ""));

    /// <summary>The lines that a finding is about, as far as it is about lines.</summary>
    public static LogsForm Logs(FindingView finding, TimeWindow window, DetectorRule? rule)
    {
        var form = new LogsForm(window) { Service = finding.Service };
        return finding.Detector switch
        {
            Detectors.NewError or Detectors.TemplateBurst or Detectors.TemplateStopped => form with { Template = long.TryParse(finding.Key, CultureInfo.InvariantCulture, out var id) ? id : null },
            Detectors.ErrorBurst => form with { Level = "error" },
            Detectors.Query when rule?.Query is { Metric: null } query => form with { Q = query.Text ?? "", Level = query.Least > LineLevel.Debug ? query.Least.ToString().ToLowerInvariant() : "" },
            _ => form,
        };
    }

    /// <summary>The metric that a finding is about; what its service measures where it is about lines.</summary>
    public static string Metrics(FindingView finding, TimeWindow window, DetectorRule? rule)
    {
        var form = new MetricsForm(window);
        var key = finding.Detector switch
        {
            Detectors.MetricOutlier or Detectors.Threshold => finding.Key,
            Detectors.MissingData when finding.Title.Contains("values", StringComparison.Ordinal) => finding.Key,
            Detectors.Query when rule?.Query?.Metric is not null && finding.Key.Split('/', 2) is [_, var series] => series,
            _ => "",
        };
        var (name, tags) = key.IndexOf('{', StringComparison.Ordinal) is > 0 and var brace ? (key[..brace], key[brace..]) : (key, "");
        return name.Length > 0 && SeriesPick.Of("avg", name, finding.Service, tags) is { Ok: true, Value: var pick }
            ? (form with { Picks = [pick] }).Address
            : $"{form.Address}&service={Uri.EscapeDataString(finding.Service)}";
    }

    /// <summary>The detector of the estate that a finding is of; null: the type looked as it usually does.</summary>
    public static DetectorRule? RuleOf(FindingView finding, IReadOnlyList<DetectorRule> rules) => Detectors.NeedsRule(finding.Detector)
        ? rules.FirstOrDefault(r => r.Detector == finding.Detector && (finding.Key == r.Name || finding.Key.StartsWith($"{r.Name}/", StringComparison.Ordinal)))
        : rules.FirstOrDefault(r => r.Detector == finding.Detector && r.Service == finding.Service) ?? rules.FirstOrDefault(r => r.Detector == finding.Detector && r.Service is null);

    /// <summary>What can be done about findings like this one that are of no use: each leads to a form, and changes nothing by itself.</summary>
    public static IEnumerable<(string Text, string Href)> Quieten(FindingView finding, DetectorRule? rule)
    {
        if (!Detectors.Exists(finding.Detector))
        {
            yield break;
        }

        var of = finding.Service.Length > 0 ? $" for {finding.Service}" : "";
        var own = rule is not null && (Detectors.NeedsRule(finding.Detector) || (rule.Service ?? "") == finding.Service) ? rule.Name : null;
        string Form(string key, string value) => own is not null ? $"{DetectorDraft.EditPath(own)}?{key}={value}"
            : DetectorDraft.AddressOf(finding.Detector, ("service", finding.Service), ("severity", rule?.Severity?.ToString().ToLowerInvariant() ?? ""), (key, value));

        if (finding.Detector is not (Detectors.Threshold or Detectors.Slo or Detectors.Query) && rule?.Sensitivity != Sensitivity.Low)
        {
            yield return ($"Make it less sensitive{of}", Form("sensitivity", "low"));
        }

        if (own is not null)
        {
            yield return ($"Change {own}", DetectorDraft.EditPath(own));
        }
        else if (finding.Detector == Detectors.Threshold)
        {
            yield return ($"Set other limits{of}", DetectorDraft.AddressOf(finding.Detector, ("service", finding.Service)));
        }

        yield return ($"Switch it off{of}", Form("enabled", "false"));
    }

    /// <summary>A silence of the alert that stands for a detector's findings about a service.</summary>
    public static string Silence(FindingView finding) =>
        $"/silences?match={Uri.EscapeDataString(MatcherText.Format(new Matcher("detector", MatchOp.Equal, finding.Detector)))}{Uri.EscapeDataString($", {MatcherText.Format(new Matcher("service", MatchOp.Equal, finding.Service))}")}";

    /// <summary>The longest parts of a pattern that are the same in all of its lines, as a search asks for them.</summary>
    private static string Phrases(string pattern)
    {
        var phrases = Wildcard().Split(pattern).Select(p => p.Replace("\"", " ", StringComparison.Ordinal).Trim()).Where(p => p.Count(char.IsLetterOrDigit) >= 3);
        var text = string.Join(' ', phrases.OrderByDescending(p => p.Length).Take(MostPhrases).Select(p => $"\"{(p.Length > MostText / MostPhrases ? p[..(MostText / MostPhrases)] : p)}\""));
        return text.Length > MostText ? "" : text;
    }

    /// <summary>A round number above a value, a little away from it.</summary>
    private static double Rounded(double value)
    {
        if (value == 0 || !double.IsFinite(value))
        {
            return 0;
        }

        var unit = Math.Pow(10, Math.Floor(Math.Log10(Math.Abs(value))) - 1);
        return Math.Ceiling((value + (0.2 * Math.Abs(value))) / unit) * unit;
    }

    [GeneratedRegex("<[^<>]*>", RegexOptions.NonBacktracking)]
    private static partial Regex Wildcard();
}
