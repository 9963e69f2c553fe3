using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Tocsin.Operations;

/// <summary>What the process measures of itself: one meter, read by <c>/metrics</c> and by OpenTelemetry alike.</summary>
internal static class Instruments
{
    public const string MeterName = "Tocsin";

    private static readonly Meter _meter = new(MeterName);

    public static Counter<long> Deliveries { get; } = _meter.CreateCounter<long>("tocsin_deliveries_total", description: "Deliveries by source type and verdict.");

    public static Counter<long> Signals { get; } = _meter.CreateCounter<long>("tocsin_signals_total", description: "Alerts received, firing or resolved.");

    public static Counter<long> Attempts { get; } = _meter.CreateCounter<long>("tocsin_page_attempts_total", description: "Attempts to send a page, by provider and outcome.");

    public static Histogram<double> PageDelay { get; } = _meter.CreateHistogram<double>(
        "tocsin_page_delay_seconds", "s", "From when a page was due to when its provider accepted it.",
        advice: new() { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 3, 10, 60, 300] });

    public static Histogram<double> IngestTime { get; } = _meter.CreateHistogram<double>(
        "tocsin_ingest_seconds", "s", "From receipt of a delivery to its commit.",
        advice: new() { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5] });

    public static Counter<long> PasswordHashes { get; } = _meter.CreateCounter<long>("tocsin_password_hashes_total", description: "Slow hashes of passwords: each keeps a core busy for some 100 ms.");

    public static Counter<long> Limited { get; } = _meter.CreateCounter<long>("tocsin_limited_requests_total", description: "Requests answered 429 unread, by what was counted: source, key, person or address.");

    public static Counter<long> DeadJobs { get; } = _meter.CreateCounter<long>("tocsin_jobs_dead_total", description: "Jobs that gave up.");

    public static Counter<long> IssueSteps { get; } = _meter.CreateCounter<long>("tocsin_issue_steps_total", description: "Steps taken for issues of alarms, by step and outcome: done, later, refused, gone.");

    public static Counter<long> GitHubRequests { get; } = _meter.CreateCounter<long>("tocsin_github_requests_total", description: "Requests to GitHub by outcome: ok, refused, limited, failed.");

    public static Counter<long> ModelCalls { get; } = _meter.CreateCounter<long>("tocsin_model_calls_total", description: "Questions to the language model by outcome: read, refused, unusable, failed, refused_by_provider.");

    public static Counter<long> ModelTokens { get; } = _meter.CreateCounter<long>("tocsin_model_tokens_total", description: "Tokens that the language model's provider counted.");

    public static Counter<long> PipelineEvents { get; } = _meter.CreateCounter<long>("tocsin_pipeline_events_total", description: "Canonical events and what was rejected, by source, team, priority and outcome: accepted, duplicate, rejected.");

    public static Counter<long> PipelineActions { get; } = _meter.CreateCounter<long>("tocsin_pipeline_actions_total", description: "What events meant for issues, by source and action: create, comment, close, reopen, skip_stale, skip_manual_close, none.");

    public static Counter<long> PipelineIssues { get; } = _meter.CreateCounter<long>("tocsin_pipeline_issue_steps_total", description: "Attempts to bring issues to what they are to be, by source, team and outcome: success, failure.");

    public static Histogram<double> PipelineLatency { get; } = _meter.CreateHistogram<double>(
        "tocsin_pipeline_latency_seconds", "s", "From receipt of an alert to the change of its issue, by source and step.",
        advice: new() { HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800] });

    public static Counter<long> BackplaneNotices { get; } = _meter.CreateCounter<long>("tocsin_backplane_notices_total", description: "What nodes told each other, sent or heard by this one.");

    public static Counter<long> BackplaneLosses { get; } = _meter.CreateCounter<long>("tocsin_backplane_losses_total", description: "How often the backplane went away.");

    public static Counter<long> ForeignAlerts { get; } = _meter.CreateCounter<long>("tocsin_shared_alerts_total", description: "Alerts shared with other programs on Redis, by what became of them: logged, known, rejected, dropped, sent.");

    public static Counter<long> TelemetryEntries { get; } = _meter.CreateCounter<long>("tocsin_telemetry_entries_total", description: "Log lines, samples and spans received, by kind (log, metric, span) and verdict: accepted, rejected.");

    public static bool Has(Instrument instrument) => instrument.Meter == _meter;
}

/// <summary>What one node shows of its state. It ends with the node, which nothing else then keeps in memory: a process may run several, one after the other.</summary>
internal sealed class Gauges : IDisposable
{
    private readonly Meter _meter = new(Instruments.MeterName);

    public void Add(string name, string description, Func<double> read) => _meter.CreateObservableGauge(name, read, description: description);

    /// <summary>One that has a value for each of several things, or none.</summary>
    public void Add(string name, string description, Func<IEnumerable<Measurement<double>>> read) => _meter.CreateObservableGauge(name, read, description: description);

    public bool Has(Instrument instrument) => instrument.Meter == _meter;

    public void Dispose() => _meter.Dispose();
}

/// <summary>Renders the process's meter and the node's gauges as Prometheus text.</summary>
internal sealed class PrometheusText : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, ConcurrentDictionary<string, Series>> _series = [];

    public PrometheusText(Gauges gauges)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (Instruments.Has(instrument) || gauges.Has(instrument))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    public string Render()
    {
        foreach (var (_, gauges) in _series.Where(s => s.Key is ObservableGauge<double>))
        {
            // What is no longer there must not be shown with its last value.
            gauges.Clear();
        }

        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        foreach (var (instrument, series) in _series.OrderBy(s => s.Key.Name, StringComparer.Ordinal))
        {
            text.Append("# HELP ").Append(instrument.Name).Append(' ').Append(instrument.Description).Append('\n');
            text.Append("# TYPE ").Append(instrument.Name).Append(' ').Append(TypeOf(instrument)).Append('\n');
            foreach (var (labels, one) in series.OrderBy(s => s.Key, StringComparer.Ordinal))
            {
                one.Render(text, instrument.Name, labels);
            }
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var ofInstrument = _series.GetOrAdd(instrument, static _ => new(StringComparer.Ordinal));
        ofInstrument.GetOrAdd(Labels(tags), static (_, i) => new(BucketsOf(i), i is ObservableGauge<double>), instrument).Add(value);
    }

    private static string TypeOf(Instrument instrument) => instrument switch
    {
        Histogram<double> => "histogram",
        ObservableGauge<double> => "gauge",
        _ => "counter",
    };

    private static IReadOnlyList<double> BucketsOf(Instrument instrument) => (instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries ?? [];

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0)
        {
            return "";
        }

        var text = new StringBuilder();
        foreach (var (name, value) in tags)
        {
            var escaped = (value?.ToString() ?? "").Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            text.Append(text.Length > 0 ? "," : "").Append(name).Append("=\"").Append(escaped).Append('"');
        }

        return text.ToString();
    }

    private sealed class Series(IReadOnlyList<double> bounds, bool isGauge)
    {
        private readonly Lock _gate = new();
        private readonly long[] _buckets = new long[bounds.Count];
        private double _value;
        private long _count;

        public void Add(double value)
        {
            lock (_gate)
            {
                _value = isGauge ? value : _value + value;
                _count++;
                for (var i = 0; i < bounds.Count; i++)
                {
                    if (value <= bounds[i])
                    {
                        _buckets[i]++;
                    }
                }
            }
        }

        public void Render(StringBuilder text, string name, string labels)
        {
            lock (_gate)
            {
                if (bounds.Count == 0)
                {
                    Line(text, name, labels, _value);
                    return;
                }

                var comma = labels.Length > 0 ? "," : "";
                for (var i = 0; i < bounds.Count; i++)
                {
                    Line(text, $"{name}_bucket", $"{labels}{comma}le=\"{bounds[i].ToString(CultureInfo.InvariantCulture)}\"", _buckets[i]);
                }

                Line(text, $"{name}_bucket", $"{labels}{comma}le=\"+Inf\"", _count);
                Line(text, $"{name}_sum", labels, _value);
                Line(text, $"{name}_count", labels, _count);
            }
        }

        private static void Line(StringBuilder text, string name, string labels, double value)
        {
            text.Append(name);
            if (labels.Length > 0)
            {
                text.Append('{').Append(labels).Append('}');
            }

            text.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        }
    }
}
