using System.Collections.Frozen;
using Tocsin.Alerts;
using Tocsin.Telemetry;

namespace Tocsin.Estate;

/// <summary>Detectors.</summary>
internal sealed partial class EstateReader
{
    private static readonly SnapshotField[] _limited = [SnapshotField.CpuPercent, SnapshotField.MemoryPercent, SnapshotField.LatencyMs, SnapshotField.ErrorRate];

    /// <summary>Keys that belong to some types only.</summary>
    private static readonly FrozenDictionary<string, string[]> _detectorKeys = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        [Detectors.Threshold] = [.. _limited.Select(f => f.Name())],
        [Detectors.Slo] = ["objective", "measure", "bad_metric", "total_metric"],
        [Detectors.Query] = ["text", "level", "more_than", "metric", "above", "below", "within"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly Dictionary<(string Type, string? Service), string> _detectors = [];

    public DetectorRule ReadDetector(EstateMap map, string path)
    {
        var (name, type, service) = (map.Text("name"), map.Text("type"), map.TextOrNull("service"));
        foreach (var (owner, keys) in _detectorKeys.Where(k => k.Key != type))
        {
            foreach (var key in keys.Where(k => map.Find(k) is not null))
            {
                Fault(map.Find(key)!, $"{path}.{key}", $"\"{key}\" belongs to detectors of the type {owner}, and this one is {type}");
            }
        }

        if (map.Find("sensitivity") is { } sensitivity && type is Detectors.Threshold or Detectors.Slo or Detectors.Query)
        {
            Fault(sensitivity, $"{path}.sensitivity", $"detectors of the type {type} go by their limits and have no sensitivity");
        }

        if (!Detectors.NeedsRule(type) && !_detectors.TryAdd((type, service), name))
        {
            Fault(map, path, $"detector {_detectors[(type, service)]} is of the type {type} for {(service is null ? "all services" : service)} too; one is enough", name);
        }

        if (type == Detectors.Slo && service is null)
        {
            Fault(map, path, "an objective is one of a service; give \"service\"", name);
        }

        return new(name, type)
        {
            Service = service,
            Enabled = map.TextOrNull("enabled") != "false",
            Sensitivity = map.TextOrNull("sensitivity") is { } wanted ? Enum.Parse<Sensitivity>(wanted, ignoreCase: true) : Sensitivity.Normal,
            Severity = map.TextOrNull("severity") is { } severity ? Enum.Parse<Severity>(severity, ignoreCase: true) : null,
            Limits = _limited.Where(f => map.Find(f.Name()) is not null).ToFrozenDictionary(f => f, f => Number(map, f.Name())!.Value),
            Objective = (Number(map, "objective") ?? 99.9) / 100,
            Measure = type == Detectors.Slo ? ReadMeasure(map, path) : SloMeasure.ErrorRate,
            Query = type == Detectors.Query ? ReadQuery(map, path) : null,
        };
    }

    private SloMeasure ReadMeasure(EstateMap map, string path)
    {
        var measure = map.TextOrNull("measure") ?? "error_rate";
        var (bad, total) = (map.TextOrNull("bad_metric"), map.TextOrNull("total_metric"));
        if ((measure == "metrics") != (bad is not null && total is not null) || (measure != "metrics" && (bad ?? total) is not null))
        {
            Fault(map, path, "\"bad_metric\" and \"total_metric\" belong together, and to \"measure: metrics\"");
        }

        return measure switch
        {
            "lines" => SloMeasure.Lines,
            "metrics" => new(total, bad),
            _ => SloMeasure.ErrorRate,
        };
    }

    private FixedQuery ReadQuery(EstateMap map, string path)
    {
        var (text, metric) = (map.TextOrNull("text") ?? (map.Find("level") is null ? null : ""), map.TextOrNull("metric"));
        var (above, below) = (Number(map, "above"), Number(map, "below"));
        if (text is null == metric is null)
        {
            Fault(map, path, text is null ? "a query needs \"text\" or \"level\" if it asks about lines, or \"metric\"" : "a query asks either about lines or about a metric");
        }
        else if (metric is null && (above ?? below) is not null)
        {
            Fault(map, path, "\"above\" and \"below\" need a \"metric\"; for lines give \"more_than\"");
        }
        else if (metric is not null && ((above ?? below) is null || map.Find("more_than") is not null))
        {
            Fault(map, path, "a query about a metric needs \"above\" or \"below\", and no \"more_than\"");
        }
        else if (above < below)
        {
            Fault(map, path, "each value would be too high or too low: \"above\" is below \"below\"");
        }

        if (map.Duration("within") is { } within && within.Ticks % TimeSpan.TicksPerMinute != 0)
        {
            Fault(map.Find("within")!, $"{path}.within", "give whole minutes", map.Text("within"));
        }

        return new()
        {
            Text = text,
            Least = map.TextOrNull("level") is { } level ? Enum.Parse<LineLevel>(level, ignoreCase: true) : LineLevel.Debug,
            MoreThan = map.Whole("more_than") ?? 0,
            Metric = metric,
            Above = above,
            Below = below,
            Within = map.Duration("within") ?? TimeSpan.FromMinutes(5),
        };
    }

    private static double? Number(EstateMap map, string key) => map.TryText(key, out var text) && EstateDetectorShapes.TryNumber(text, out var number) ? number : null;
}
