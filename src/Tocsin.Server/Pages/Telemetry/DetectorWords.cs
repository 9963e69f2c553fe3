using System.Globalization;
using Tocsin.Estate;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>Detectors of the estate in sentences.</summary>
internal static class DetectorWords
{
    /// <summary>What a detector watches, and what comes of it.</summary>
    public static string Of(DetectorRule rule)
    {
        var where = rule.Service is { } service ? $"of {service}" : Detectors.NeedsRule(rule.Detector) ? "of all services" : "of all services without a detector of this type of their own";
        if (!rule.Enabled)
        {
            return $"Off: {rule.Detector} finds nothing {where}.";
        }

        var what = rule.Detector switch
        {
            Detectors.Query => Asked(rule.Query!),
            Detectors.Slo => $"{Number(rule.Objective * 100)} % of the {(rule.Measure == SloMeasure.Lines ? "lines are no errors" : rule.Measure.Total is { } total ? $"events that {total} counts are good, {rule.Measure.Bad} counts the bad ones" : "requests succeed, by error_rate")}; it speaks when the budget goes too fast",
            Detectors.Threshold => rule.Limits.Count == 0
                ? "CPU, memory, latency or error rate over the usual limits for five minutes"
                : $"for five minutes {string.Join(" or ", rule.Limits.OrderBy(l => l.Key).Select(l => $"{l.Key.Name()} over {Number(l.Value)}"))}, or another figure over its usual limit",
            _ => $"{Says(rule.Detector)}{(rule.Sensitivity == Sensitivity.Normal ? "" : $", with {rule.Sensitivity.ToString().ToLowerInvariant()} sensitivity")}",
        };
        return $"{Words.Sentence(what)}, {where}. What it finds becomes an alert{(rule.Severity is { } severity ? $" of the severity {severity.ToString().ToLowerInvariant()}" : "")}.";
    }

    public static string Says(string type) => Detectors.All.FirstOrDefault(d => d.Id == type).Says ?? "Findings of another part of Tocsin";

    private static string Asked(FixedQuery query) => query.Metric is { } metric
        ? $"the metric {metric} {string.Join(" or ", new[] { query.Above is { } above ? $"above {Number(above)}" : null, query.Below is { } below ? $"below {Number(below)}" : null }.OfType<string>())} for {Words.Span(query.Within)}"
        : $"More than {Words.Count(query.MoreThan, "line", "lines")}{(query.Text is { Length: > 0 } text ? $" with {text}" : "")}{(query.Least > LineLevel.Debug ? $", {query.Least.ToString().ToLowerInvariant()} or worse," : "")} within {Words.Span(query.Within)}";

    private static string Number(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
