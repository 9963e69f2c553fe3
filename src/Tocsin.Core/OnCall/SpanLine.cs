namespace Tocsin.OnCall;

/// <summary>A value that holds from (inclusive) to (exclusive), in ticks of one time line.</summary>
internal readonly record struct Span<T>(long From, long To, T Value);

/// <summary>Spans laid on one time line: stretches in order that do not overlap; the span that is later in the list is on top.</summary>
internal sealed class SpanLine<T>
    where T : class
{
    private readonly long[] _starts;
    private readonly long[] _ends;
    private readonly T[] _values;

    /// <param name="spans">Those that do not end after they begin are left out.</param>
    public SpanLine(IReadOnlyList<Span<T>> spans)
    {
        List<long> starts = [];
        List<long> ends = [];
        List<T> values = [];

        // Between two neighbouring cuts the value is the same, namely that of the last span which is open there.
        var cuts = new long[2 * spans.Count];
        var begins = new long[spans.Count];
        var byBegin = new int[spans.Count];
        for (var i = 0; i < spans.Count; i++)
        {
            cuts[2 * i] = begins[i] = spans[i].From;
            cuts[(2 * i) + 1] = spans[i].To;
            byBegin[i] = i;
        }

        Array.Sort(cuts);
        Array.Sort(begins, byBegin);

        var open = new PriorityQueue<int, int>();
        var begun = 0;
        for (var i = 0; i + 1 < cuts.Length; i++)
        {
            if (cuts[i] == cuts[i + 1])
            {
                continue;
            }

            for (; begun < begins.Length && begins[begun] <= cuts[i]; begun++)
            {
                open.Enqueue(byBegin[begun], -byBegin[begun]);
            }

            while (open.TryPeek(out var top, out _) && spans[top].To <= cuts[i])
            {
                open.Dequeue();
            }

            if (!open.TryPeek(out var winner, out _))
            {
                continue;
            }

            if (ends.Count > 0 && ends[^1] == cuts[i] && ReferenceEquals(values[^1], spans[winner].Value))
            {
                ends[^1] = cuts[i + 1];
                continue;
            }

            starts.Add(cuts[i]);
            ends.Add(cuts[i + 1]);
            values.Add(spans[winner].Value);
        }

        (_starts, _ends, _values) = ([.. starts], [.. ends], [.. values]);
    }

    /// <summary>The value that holds at this time, or null.</summary>
    /// <param name="until">When it ends, or the next one begins; <see cref="WallClock.Never"/> if there is no next one.</param>
    public T? At(long time, out long until)
    {
        var found = Array.BinarySearch(_starts, time);
        var index = found >= 0 ? found : ~found - 1;
        if (index >= 0 && time < _ends[index])
        {
            until = _ends[index];
            return _values[index];
        }

        until = index + 1 < _starts.Length ? _starts[index + 1] : WallClock.Never;
        return null;
    }
}
