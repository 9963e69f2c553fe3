namespace Tocsin.Telemetry;

/// <summary>One sample on its way into a block.</summary>
/// <param name="Order">Its place among those that came with it: of two of one series and instant the later counts.</param>
public readonly record struct HeadSample(long Series, int Order, MetricPoint Point);

/// <summary>
/// Samples of many series as they came, side by side: what one request brought is one part, the parts of one commit make a block.
/// Series that nobody asks for are stepped over unread.
/// </summary>
public static class HeadBlock
{
    /// <summary>One part of a block; blocks are parts one after another.</summary>
    /// <param name="samples">Are sorted in place.</param>
    public static byte[] Part(Span<HeadSample> samples)
    {
        samples.Sort(static (a, b) => a.Series != b.Series ? a.Series.CompareTo(b.Series) : a.Order.CompareTo(b.Order));
        var (part, series, points) = (new BlockWriter(), new BlockWriter(), new PointList());
        for (var i = 0; i < samples.Length;)
        {
            var id = samples[i].Series;
            points.Clear();
            for (; i < samples.Length && samples[i].Series == id; i++)
            {
                points.Add(samples[i].Point);
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
