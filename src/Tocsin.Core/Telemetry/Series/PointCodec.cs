using System.Numerics;

namespace Tocsin.Telemetry;

/// <summary>
/// Points of one series in few bytes. Times are differences of differences in the coarsest unit that holds them; values are differences of
/// decimal numbers where all of them are such, else what changed in their bits. Nothing is lost: every time and every bit of a value
/// comes back.
/// </summary>
public static class PointCodec
{
    /// <summary>More points than this are not in one block.</summary>
    public const int MostPoints = 4 * 1024 * 1024;

    private const long MostExact = 1L << 53;

    /// <summary>Below it, errors of rounding are less than a half.</summary>
    private const double AlwaysExact = 1L << 50;

    private static readonly long[] _units = [1, 1_000, 1_000_000];

    private static readonly double[] _powers = [1, 10, 100, 1_000, 10_000];

    /// <param name="points">In any order, at most <see cref="MostPoints"/>; shortest when in that of time.</param>
    public static void Write(BlockWriter into, ReadOnlySpan<MetricPoint> points)
    {
        var unit = UnitOf(points);
        var decimals = DecimalsOf(points);

        // The lowest two bits: the unit of time; above them 0 for bits, else one more than the decimals.
        into.Byte((byte)(unit | ((decimals + 1) << 2)));
        into.Number((ulong)points.Length);
        if (points.IsEmpty)
        {
            return;
        }

        WriteTimes(into, points, _units[unit]);
        if (decimals >= 0)
        {
            WriteDecimals(into, points, _powers[decimals]);
        }
        else
        {
            WriteBits(into, points);
        }
    }

    /// <summary>Reads the points of one block and adds them to <paramref name="points"/>, in the order in which they were written.</summary>
    /// <exception cref="InvalidDataException">These are not the bytes of a block.</exception>
    public static void Read(ref BlockReader from, PointList points)
    {
        var form = from.Byte();
        var (unit, decimals) = (form & 3, (form >> 2) - 1);
        if (unit >= _units.Length || decimals >= _powers.Length)
        {
            throw new InvalidDataException("A block of samples has a form that this version does not know.");
        }

        var count = from.Count(MostPoints);
        if (count == 0)
        {
            return;
        }

        var read = points.Extend(count);
        ReadTimes(ref from, read, _units[unit]);
        if (decimals >= 0)
        {
            ReadDecimals(ref from, read, _powers[decimals]);
        }
        else
        {
            ReadBits(ref from, read);
        }
    }

    private static int UnitOf(ReadOnlySpan<MetricPoint> points)
    {
        // Remainders of constants cost a fraction of those of variables.
        var isSeconds = true;
        foreach (var point in points)
        {
            isSeconds = isSeconds && point.AtMicros % 1_000_000 == 0;
            if (!isSeconds && point.AtMicros % 1_000 != 0)
            {
                return 0;
            }
        }

        return isSeconds ? 2 : 1;
    }

    /// <summary>How many decimals all values need; -1: they are no short decimal numbers.</summary>
    private static int DecimalsOf(ReadOnlySpan<MetricPoint> points)
    {
        var (decimals, largest) = (0, 0.0);
        foreach (var point in points)
        {
            while (!IsExact(point.Value, _powers[decimals]))
            {
                if (++decimals == _powers.Length)
                {
                    return -1;
                }
            }

            largest = Math.Max(largest, Math.Abs(point.Value));
        }

        // What is exact with few decimals is so with more, except where it becomes too large.
        return largest * _powers[decimals] < AlwaysExact || AreExact(points, _powers[decimals]) ? decimals : -1;
    }

    private static bool AreExact(ReadOnlySpan<MetricPoint> points, double power)
    {
        foreach (var point in points)
        {
            if (!IsExact(point.Value, power))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsExact(double value, double power)
    {
        var scaled = Math.Round(value * power);
        return Math.Abs(scaled) < MostExact && BitConverter.DoubleToInt64Bits((long)scaled / power) == BitConverter.DoubleToInt64Bits(value);
    }

    private static void WriteTimes(BlockWriter into, ReadOnlySpan<MetricPoint> points, long unit)
    {
        var runs = new Runs(into);
        var (last, step, stepMicros) = (points[0].AtMicros, 0L, 0L);
        into.Signed(last / unit);
        foreach (var at in points[1..])
        {
            // Samples come at even steps mostly, and those cost no division.
            var nextMicros = unchecked(at.AtMicros - last);
            if (nextMicros == stepMicros)
            {
                runs.Add(0);
            }
            else
            {
                var next = unchecked((at.AtMicros / unit) - (last / unit));
                runs.Add(unchecked(next - step));
                (step, stepMicros) = (next, nextMicros);
            }

            last = at.AtMicros;
        }

        runs.End();
    }

    private static void ReadTimes(ref BlockReader from, Span<MetricPoint> points, long unit)
    {
        var last = from.Signed();
        var (step, zeros) = (0L, 0);
        points[0] = new(unchecked(last * unit), 0);
        for (var i = 1; i < points.Length; i++)
        {
            unchecked
            {
                step += Runs.Next(ref from, ref zeros, points.Length);
                last += step;
                points[i] = new(last * unit, 0);
            }
        }
    }

    private static void WriteDecimals(BlockWriter into, ReadOnlySpan<MetricPoint> points, double power)
    {
        var runs = new Runs(into);
        var last = 0L;
        foreach (var point in points)
        {
            var value = (long)Math.Round(point.Value * power);
            runs.Add(value - last);
            last = value;
        }

        runs.End();
    }

    private static void ReadDecimals(ref BlockReader from, Span<MetricPoint> points, double power)
    {
        var (last, zeros) = (0L, 0);
        foreach (ref var point in points)
        {
            last = unchecked(last + Runs.Next(ref from, ref zeros, points.Length));
            point = new(point.AtMicros, last / power);
        }
    }

    /// <summary>
    /// Each value's difference in bits from the one before: a 0 for none; 10 and the bits where the last difference had them; or 11, how many
    /// zeros lead, how many bits follow, and those.
    /// </summary>
    private static void WriteBits(BlockWriter into, ReadOnlySpan<MetricPoint> points)
    {
        var last = BitConverter.DoubleToUInt64Bits(points[0].Value);
        into.Fixed((long)last);
        var (leading, length) = (0, 0);
        foreach (var point in points[1..])
        {
            var bits = BitConverter.DoubleToUInt64Bits(point.Value);
            var changed = bits ^ last;
            last = bits;
            if (changed == 0)
            {
                into.Bits(0, 1);
                continue;
            }

            var (zeros, trailing) = (BitOperations.LeadingZeroCount(changed), BitOperations.TrailingZeroCount(changed));
            if (length > 0 && zeros >= leading && trailing >= 64 - leading - length)
            {
                into.Bits(0b10, 2);
            }
            else
            {
                (leading, length) = (zeros, 64 - zeros - trailing);
                into.Bits(0b11, 2);
                into.Bits((ulong)leading, 6);
                into.Bits((ulong)(length - 1), 6);
            }

            into.Bits(changed >> (64 - leading - length), length);
        }
    }

    private static void ReadBits(ref BlockReader from, Span<MetricPoint> points)
    {
        var last = (ulong)from.Fixed();
        points[0] = new(points[0].AtMicros, BitConverter.UInt64BitsToDouble(last));
        var (leading, length) = (0, 0);
        foreach (ref var point in points[1..])
        {
            if (from.Bits(1) == 1)
            {
                if (from.Bits(1) == 1)
                {
                    (leading, length) = ((int)from.Bits(6), (int)from.Bits(6) + 1);
                }

                if (length == 0 || leading + length > 64)
                {
                    throw new InvalidDataException("A block of samples has values that nobody can have written.");
                }

                last ^= from.Bits(length) << (64 - leading - length);
            }

            point = new(point.AtMicros, BitConverter.UInt64BitsToDouble(last));
        }
    }

    /// <summary>Numbers of which many are 0: a run of those is a 0 and how many more of them there are.</summary>
    private ref struct Runs(BlockWriter into)
    {
        private int _zeros;

        public void Add(long number)
        {
            if (number == 0)
            {
                _zeros++;
                return;
            }

            End();
            into.Signed(number);
        }

        public void End()
        {
            if (_zeros > 0)
            {
                into.Signed(0);
                into.Number((ulong)_zeros - 1);
                _zeros = 0;
            }
        }

        /// <param name="zeros">How many are still to come of a run.</param>
        public static long Next(ref BlockReader from, ref int zeros, int most)
        {
            if (zeros > 0)
            {
                zeros--;
                return 0;
            }

            var number = from.Signed();
            if (number == 0)
            {
                zeros = from.Count(most);
            }

            return number;
        }
    }
}
