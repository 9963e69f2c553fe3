namespace Tocsin.Telemetry;

/// <summary>One sample on its way into a block.</summary>
public readonly record struct HeadSample(long Series, MetricPoint Point);

/// <summary>
/// Samples of many series as they came, side by side: what one request brought is one part, the parts of one commit make a block.
/// Series that nobody asks for are stepped over unread.
/// </summary>
public static class HeadBlock
{
    /// <summary>One part of a block; blocks are parts one after another.</summary>
    /// <param name="samples">In the order in which they came: of two of one series and instant the later counts.</param>
    public static byte[] Part(ReadOnlySpan<HeadSample> samples)
    {
        // Numbers are sorted several times as fast as samples.
        var (ids, places) = (new long[samples.Length], new int[samples.Length]);
        for (var i = 0; i < samples.Length; i++)
        {
            (ids[i], places[i]) = (samples[i].Series, i);
        }

        Array.Sort(ids, places);
        var (part, series, points) = (new BlockWriter(), new BlockWriter(), new PointList());
        for (int i = 0, end; i < ids.Length; i = end)
        {
            var id = ids[i];
            for (end = i + 1; end < ids.Length && ids[end] == id; end++)
            {
            }

            Array.Sort(places, i, end - i);
            points.Clear();
            foreach (var place in places.AsSpan(i, end - i))
            {
                points.Add(samples[place].Point);
            }

            points.Settle();
            series.Clear();
            PointCodec.Write(series, points.Points);
            part.Fixed(id);
            part.Number((ulong)series.Length);
            part.Bytes(series.Written);
        }

        return part.Written.ToArray();
    }

    /// <summary>Reads the points of those series that are asked for, in the order in which they came.</summary>
    /// <param name="wanted">Where the points of a series go; null: nobody asks for it.</param>
    /// <exception cref="InvalidDataException">These are not the bytes of a block.</exception>
    public static void Read(ReadOnlySpan<byte> block, Func<long, PointList?> wanted)
    {
        var reader = new BlockReader(block);
        while (!reader.AtEnd)
        {
            var series = reader.Fixed();
            var points = reader.Bytes(reader.Count(int.MaxValue));
            if (wanted(series) is { } list)
            {
                var inner = new BlockReader(points);
                PointCodec.Read(ref inner, list);
            }
        }
    }
}
