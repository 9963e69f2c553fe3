namespace Tocsin.Sdk.Telemetry;

/// <summary>What one instrument measured under one set of tags. Safe to use from any thread.</summary>
internal abstract class Series(KeyValuePair<string, object?>[] tags)
{
    protected KeyValuePair<string, object?>[] Tags { get; } = tags;

    protected Lock Gate { get; } = new();

    public abstract void Take(double value);

    /// <summary>Writes its point, as it is now.</summary>
    /// <param name="startedAt">Since when it counts, in nanoseconds since 1970.</param>
    public abstract void Write(ProtoWriter to, ulong startedAt, ulong now);

    protected void WriteTags(ProtoWriter to, int field)
    {
        foreach (var (name, value) in Tags)
        {
            OtlpValues.Pair(to, field, name, value);
        }
    }

    /// <summary>A value: the last one, or their sum.</summary>
    public sealed class Number(KeyValuePair<string, object?>[] tags, bool adds) : Series(tags)
    {
        private double _value;

        public override void Take(double value)
        {
            lock (Gate)
            {
                _value = adds ? _value + value : value;
            }
        }

        public override void Write(ProtoWriter to, ulong startedAt, ulong now)
        {
            double value;
            lock (Gate)
            {
                value = _value;
            }

            var point = to.Begin(1);
            WriteTags(to, 7);
            to.Fixed64(2, startedAt);
            to.Fixed64(3, now);
            to.Double(4, value);
            to.End(point);
        }
    }

    /// <summary>How many values were how large.</summary>
    /// <param name="bounds">Upper ends of the buckets, each of which it includes; what is above is in one bucket more.</param>
    public sealed class Histogram(KeyValuePair<string, object?>[] tags, double[] bounds) : Series(tags)
    {
        private readonly long[] _counts = new long[bounds.Length + 1];
        private long _count;
        private double _sum;
        private double _least = double.PositiveInfinity;
        private double _most = double.NegativeInfinity;

        public override void Take(double value)
        {
            var found = Array.BinarySearch(bounds, value);
            lock (Gate)
            {
                _counts[found < 0 ? ~found : found]++;
                _count++;
                _sum += value;
                _least = Math.Min(_least, value);
                _most = Math.Max(_most, value);
            }
        }

        public override void Write(ProtoWriter to, ulong startedAt, ulong now)
        {
            var point = to.Begin(1);
            WriteTags(to, 9);
            to.Fixed64(2, startedAt);
            to.Fixed64(3, now);
            lock (Gate)
            {
                to.Fixed64(4, (ulong)_count);
                to.Double(5, _sum);
                to.Fixed64s(6, _counts);
                to.Doubles(7, bounds);
                if (_count > 0)
                {
                    to.Double(11, _least);
                    to.Double(12, _most);
                }
            }

            to.End(point);
        }
    }
}
