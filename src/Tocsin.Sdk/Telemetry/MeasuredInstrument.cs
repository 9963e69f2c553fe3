using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Tocsin.Sdk.Telemetry;

/// <summary>One instrument with its series.</summary>
internal sealed class MeasuredInstrument
{
    private const ulong Cumulative = 2;

    // What OpenTelemetry has for instruments that name none; fits milliseconds, and bytes badly.
    private static readonly double[] _usualBounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000];
    private static readonly KeyValuePair<string, object?>[] _beyond = [new("otel.metric.overflow", true)];

    private readonly Instrument _instrument;
    private readonly int _limit;
    private readonly double[]? _bounds;
    private readonly ConcurrentDictionary<TagSet, Series> _series = new(TagSetComparer.Instance);
    private readonly ConcurrentDictionary<TagSet, Series>.AlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>> _lookup;

    public MeasuredInstrument(Instrument instrument, int limit, ulong startedAt)
    {
        (_instrument, _limit, StartedAt) = (instrument, limit, startedAt);
        var kind = instrument.GetType() is { IsGenericType: true } type ? type.GetGenericTypeDefinition() : null;
        _bounds = kind == typeof(Histogram<>) ? BoundsOf(instrument) : null;
        Adds = kind == typeof(Counter<>) || kind == typeof(UpDownCounter<>);
        IsSum = Adds || kind == typeof(ObservableCounter<>) || kind == typeof(ObservableUpDownCounter<>);
        IsMonotonic = kind == typeof(Counter<>) || kind == typeof(ObservableCounter<>);
        _lookup = _series.GetAlternateLookup<ReadOnlySpan<KeyValuePair<string, object?>>>();
    }

    public string Meter => _instrument.Meter.Name;

    private ulong StartedAt { get; }

    private bool Adds { get; }

    private bool IsSum { get; }

    private bool IsMonotonic { get; }

    /// <summary>Values that are no finite numbers are left out, as is a counter's step back.</summary>
    public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (double.IsFinite(value) && !(Adds && IsMonotonic && value < 0))
        {
            Find(tags).Take(value);
        }
    }

    /// <summary>Forgets what was observed before: an observed thing that is gone is not told of any more.</summary>
    public void BeginObserving()
    {
        if (_instrument.IsObservable)
        {
            _series.Clear();
        }
    }

    /// <returns>OTLP's metric with all points, or null when there are none.</returns>
    public byte[]? Write(ProtoWriter to, ulong now)
    {
        var series = _series.Values;
        if (series.Count == 0)
        {
            return null;
        }

        to.Clear();
        to.Text(1, OtlpValues.Cut(_instrument.Name));
        if (_instrument.Description is { Length: > 0 } description)
        {
            to.Text(2, OtlpValues.Cut(description));
        }

        if (_instrument.Unit is { Length: > 0 } unit)
        {
            to.Text(3, OtlpValues.Cut(unit));
        }

        var data = to.Begin(_bounds is not null ? 9 : IsSum ? 7 : 5);
        foreach (var one in series)
        {
            one.Write(to, StartedAt, now);
        }

        if (_bounds is not null || IsSum)
        {
            to.Varint(2, Cumulative);
        }

        if (IsMonotonic)
        {
            to.Varint(3, 1);
        }

        to.End(data);
        return to.Written.ToArray();
    }

    private static double[] BoundsOf(Instrument instrument)
    {
        var advised = instrument switch
        {
            Histogram<double> histogram => histogram.Advice?.HistogramBucketBoundaries?.ToArray(),
            Histogram<float> histogram => histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray(),
            Histogram<decimal> histogram => histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray(),
            Histogram<long> histogram => histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray(),
            Histogram<int> histogram => histogram.Advice?.HistogramBucketBoundaries?.Select(bound => (double)bound).ToArray(),
            _ => null,
        };
        return advised ?? _usualBounds;
    }

    private Series Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (_lookup.TryGetValue(tags, out var known))
        {
            return known;
        }

        // Whoever puts user names into tags gets one series for all that is too much, and keeps the sum.
        if (_series.Count >= _limit)
        {
            return _series.GetOrAdd(new(_beyond), static (set, self) => self.Make(set.Pairs), this);
        }

        var pairs = tags.ToArray();
        return _series.GetOrAdd(new(pairs), static (set, self) => self.Make(set.Pairs), this);
    }

    private Series Make(KeyValuePair<string, object?>[] tags) =>
        _bounds is not null ? new Series.Histogram(tags, _bounds) : new Series.Number(tags, Adds);
}
