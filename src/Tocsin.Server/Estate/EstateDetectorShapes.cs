using System.Globalization;
using Tocsin.Telemetry;
using static Tocsin.Estate.EstateTable;

namespace Tocsin.Estate;

/// <summary>The keys of detectors; a part of <see cref="EstateTable"/>.</summary>
internal static class EstateDetectorShapes
{
    public static readonly MapShape Detector = new("detector", "a detector", () =>
    [
        new("name", Name, "Unique among detectors.", Required: true),
        new("type", Words($"a type: {string.Join(", ", Detectors.All.Select(d => d.Id))}", [.. Detectors.All.Select(d => d.Id)]), "What it looks for.", Required: true),
        new("service", ShortText with { Says = "the name of a service, as logs and metrics have it" }, "Only this service. Default: all services that no other detector of the type names; slo needs one."),
        new("enabled", Flag, "false: nothing is found. Default: true."),
        new("sensitivity", Words("a sensitivity: low, normal or high", "low", "normal", "high"), "low says only what is far out, high more than that. Default: normal. Not of threshold, slo and query."),
        new("severity", Words("a severity: critical, high, warning or info", "critical", "high", "warning", "info"), "Of all its findings. Default: as the detector thinks, see the reference of detectors."),
        new("cpu_percent", Number(0, 100), "threshold: the limit of the CPU, in percent. Default: 85."),
        new("memory_percent", Number(0, 100), "threshold: the limit of the memory, in percent. Default: 90."),
        new("latency_ms", Number(0, 1e9), "threshold: the limit of the latency, in milliseconds. Default: 2000."),
        new("error_rate", Number(0, 1), "threshold: the limit of the error rate, 0 to 1. Default: 0.05."),
        new("objective", Number(50, 99.999), "slo: the share of events that are to be good, in percent. Default: 99.9."),
        new("measure", Words("a measure: error_rate, lines or metrics", "error_rate", "lines", "metrics"), "slo: error_rate, the service's figure of that name; lines, of which errors are bad; metrics, see the next two. Default: error_rate."),
        new("bad_metric", ShortText, "slo with the measure metrics: the metric that counts bad events."),
        new("total_metric", ShortText, "slo with the measure metrics: the metric that counts all events."),
        new("text", new ScalarShape("words to search for, at most 500 characters", t => t.Length <= 500) { MayBeEmpty = true }, "query about lines: the words that they hold, as in the search of logs. Default: any."),
        new("level", Words("a level: debug, info, warning, error or critical", "debug", "info", "warning", "error", "critical"), "query about lines: at least of this level. Default: debug."),
        new("more_than", Whole(0, 1_000_000_000), "query about lines: so many are still fine. Default: 0."),
        new("metric", ShortText, "query about a metric: its name."),
        new("above", Number(-1e15, 1e15), "query about a metric: too high above this."),
        new("below", Number(-1e15, 1e15), "query about a metric: too low below this."),
        new("within", Duration(TimeSpan.FromMinutes(1), TimeSpan.FromDays(1)), "query: lines within so long, a metric for so long, 1m to 1d. Default: 5m."),
    ]);

    public static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number) && double.IsFinite(number);

    private static ScalarShape Number(double least, double most) => new(
        string.Create(CultureInfo.InvariantCulture, $"a number from {least} to {most}"), t => TryNumber(t, out var number) && number >= least && number <= most)
    {
        Literal = "number",
        Pattern = @"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$",
    };
}
