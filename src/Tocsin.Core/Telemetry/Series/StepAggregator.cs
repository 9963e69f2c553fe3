namespace Tocsin.Telemetry;

/// <summary>
/// Turns the samples of one series into one value a step. Steps begin at whole multiples of their length; a step without samples has no
/// value. For use by one thread.
/// </summary>
/// <param name="step">At least a microsecond.</param>
public sealed class StepAggregator(Aggregation how, MetricKind kind, TimeSpan step)
{
    /// <summary>Nobody knows what a counter did in a pause longer than this, and than two steps.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly List<MetricPoint> _done = [];
    private readonly List<double> _values = [];
    private readonly long _step = (long)step.TotalMicroseconds;
    private readonly long _pause = PauseBefore(step);
    private readonly bool _grows = how == Aggregation.Rate && kind != MetricKind.Delta;
    private MetricPoint? _last;
    private long _bucket;
    private long _count;
    private double _sum;
    private double _low;
    private double _high;
    private double _latest;

    // Of growth: how much, and over how many microseconds of the step.
    private double _growth;
    private double _covered;

    /// <summary>How long before the first step the samples are of use, in microseconds: what grew is known by the sample before.</summary>
    public static long PauseBefore(TimeSpan step) => (long)Math.Max(LongestPause.TotalMicroseconds, step.TotalMicroseconds * 2);

    /// <summary>The beginning of the step that holds an instant, Unix microseconds.</summary>
    public static long StepOf(long micros, TimeSpan step)
    {
        var length = (long)step.TotalMicroseconds;
        return (micros / length * length) - (micros % length < 0 ? length : 0);
    }

    /// <param name="point">Later than all before it.</param>
    public void Add(MetricPoint point)
    {
        if (_grows)
        {
            Grow(point);
            return;
        }

        MoveTo(StepOf(point.AtMicros, step));
        _low = _count == 0 ? point.Value : Math.Min(_low, point.Value);
        _high = _count == 0 ? point.Value : Math.Max(_high, point.Value);
        _sum += point.Value;
        _latest = point.Value;
        _count++;
        if (how is Aggregation.P50 or Aggregation.P95 or Aggregation.P99)
        {
            _values.Add(point.Value);
        }
    }

    /// <summary>The values of all steps that begin at or after <paramref name="from"/>, in order; each is told at the beginning of its step.</summary>
    public IReadOnlyList<MetricPoint> Finish(DateTimeOffset from)
    {
        Close();
        var first = new MetricPoint(from, 0).AtMicros;
        return _done.Count == 0 || _done[0].AtMicros >= first ? _done : [.. _done.Where(p => p.AtMicros >= first)];
    }

    /// <summary>What grew between two samples is spread evenly over the time between them.</summary>
    private void Grow(MetricPoint point)
    {
        if (_last is { } last && point.AtMicros - last.AtMicros <= _pause)
        {
            var growth = point.Value >= last.Value ? point.Value - last.Value : point.Value;
            var length = (double)(point.AtMicros - last.AtMicros);
            for (var at = last.AtMicros; at < point.AtMicros;)
            {
                var bucket = StepOf(at, step);
                var until = Math.Min(bucket + _step, point.AtMicros);
                MoveTo(bucket);
                _growth += growth * ((until - at) / length);
                _covered += until - at;
                _count++;
                at = until;
            }
        }

        _last = point;
    }

    private void MoveTo(long bucket)
    {
        if (bucket != _bucket)
        {
            Close();
            _bucket = bucket;
        }
    }

    private void Close()
    {
        if (_count > 0)
        {
            _done.Add(new(_bucket, Value()));
        }

        (_count, _sum, _growth, _covered) = (0, 0, 0, 0);
        _values.Clear();
    }

    private double Value() => how switch
    {
        Aggregation.Avg => _sum / _count,
        Aggregation.Min => _low,
        Aggregation.Max => _high,
        Aggregation.Sum => _sum,
        Aggregation.Last => _latest,
        Aggregation.Count => _count,
        Aggregation.Rate => _grows ? _growth / _covered * TimeSpan.MicrosecondsPerSecond : _sum / step.TotalSeconds,
        Aggregation.P50 => Quantile(0.5),
        Aggregation.P95 => Quantile(0.95),
        _ => Quantile(0.99),
    };

    private double Quantile(double share)
    {
        _values.Sort();
        var place = share * (_values.Count - 1);
        var below = (int)place;
        return below + 1 == _values.Count ? _values[below] : _values[below] + ((_values[below + 1] - _values[below]) * (place - below));
    }
}
