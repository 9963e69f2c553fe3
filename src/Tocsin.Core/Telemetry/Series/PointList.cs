namespace Tocsin.Telemetry;

/// <summary>Points of one series in memory, to be filled, brought into order and used again. For use by one thread.</summary>
public sealed class PointList
{
    private MetricPoint[] _points = new MetricPoint[16];

    public int Count { get; private set; }

    public ReadOnlySpan<MetricPoint> Points => _points.AsSpan(0, Count);

    public void Add(MetricPoint point)
    {
        MakeRoom(1);
        _points[Count++] = point;
    }

    /// <summary>Makes room for points at the end, which hold anything until they are set. Valid until the list is changed.</summary>
    public Span<MetricPoint> Extend(int count)
    {
        MakeRoom(count);
        Count += count;
        return _points.AsSpan(Count - count, count);
    }

    public void MakeRoom(int more)
    {
        if (_points.Length - Count < more)
        {
            Array.Resize(ref _points, Math.Max(Count + more, _points.Length * 2));
        }
    }

    public void Clear() => Count = 0;

    /// <summary>
    /// Brings the points into the order of time. Of several of one instant the last in the list stays: whoever sends a sample again
    /// corrects it.
    /// </summary>
    public void Settle()
    {
        if (IsSettled())
        {
            return;
        }

        // The sort that keeps equal ones in their order.
        var sorted = Points.ToArray().OrderBy(static p => p.AtMicros).ToArray();
        Count = 0;
        foreach (var point in sorted)
        {
            if (Count > 0 && _points[Count - 1].AtMicros == point.AtMicros)
            {
                Count--;
            }

            _points[Count++] = point;
        }
    }

    /// <summary>Those of a span of time, once they are in order.</summary>
    /// <param name="from">Inclusive, Unix microseconds.</param>
    /// <param name="to">Exclusive.</param>
    public ReadOnlySpan<MetricPoint> Between(long from, long to)
    {
        var first = FirstFrom(from);
        return Points[first..Math.Max(first, FirstFrom(to))];
    }

    private int FirstFrom(long micros)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _points[middle].AtMicros < micros ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private bool IsSettled()
    {
        for (var i = 1; i < Count; i++)
        {
            if (_points[i - 1].AtMicros >= _points[i].AtMicros)
            {
                return false;
            }
        }

        return true;
    }
}
