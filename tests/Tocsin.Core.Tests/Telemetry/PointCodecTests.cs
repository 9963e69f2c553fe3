using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>What is packed comes back to the bit. The seeds are fixed: a run that fails once fails always.</summary>
public sealed class PointCodecTests
{
    private const long Noon = 1_767_614_400_000_000;

    [Fact]
    public void Whatever_is_written_comes_back_to_the_bit() =>
        Prop.ForAll(Points().ToArbitrary(), points => Assert.Equal(Bits(points), Bits(Again(points)))).Check(Cases);

    [Fact]
    public void Several_blocks_one_after_another_are_read_one_after_another() =>
        Prop.ForAll(Points().ArrayOf().ToArbitrary(), blocks =>
        {
            var writer = new BlockWriter();
            foreach (var block in blocks)
            {
                PointCodec.Write(writer, block);
            }

            var reader = new BlockReader(writer.Written);
            var points = new PointList();
            while (!reader.AtEnd)
            {
                PointCodec.Read(ref reader, points);
            }

            Assert.Equal(Bits([.. blocks.SelectMany(b => b)]), Bits(points.Points.ToArray()));
        }).Check(Cases);

    [Fact]
    public void Bytes_that_are_no_block_are_refused_and_never_read_beyond_their_end() =>
        Prop.ForAll(Points().Zip(ArbMap.Default.GeneratorFor<(byte, int, int)>()).ToArbitrary(), broken =>
        {
            var (points, (other, at, length)) = broken;
            var bytes = Packed(points);
            bytes[Math.Abs(at % bytes.Length)] ^= other;
            var cut = bytes[..Math.Abs(length % (bytes.Length + 1))];
            try
            {
                var reader = new BlockReader(cut);
                PointCodec.Read(ref reader, new());
            }
            catch (InvalidDataException)
            {
                // The only thing that it may say.
            }
        }).Check(Cases);

    [Theory]
    [InlineData(double.MaxValue)]
    [InlineData(double.Epsilon)]
    [InlineData(-0.0)]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(9007199254740993d)]
    [InlineData(0.1)]
    [InlineData(123456789012.3456)]
    public void Numbers_at_the_edges_come_back_to_the_bit(double value)
    {
        MetricPoint[] points = [new(Noon, value), new(Noon + 1, 1), new(long.MinValue, value), new(long.MaxValue, -value)];

        Assert.Equal(Bits(points), Bits(Again(points)));
    }

    [Fact]
    public void An_hour_of_a_value_that_stays_takes_some_bytes() =>
        Assert.InRange(Packed([.. Enumerable.Range(0, 240).Select(i => new MetricPoint(Noon + (i * 15_000_000L), 42.5))]).Length, 1, 24);

    [Fact]
    public void An_hour_of_a_percentage_with_one_decimal_takes_at_most_two_bytes_a_sample()
    {
        var random = new System.Random(1);
        var points = Enumerable.Range(0, 240).Select(i => new MetricPoint(Noon + (i * 15_000_000L), Math.Round(30 + (random.NextDouble() * 5), 1))).ToArray();

        Assert.InRange(Packed(points).Length, 1, 500);
    }

    private static Gen<MetricPoint[]> Points() =>
        from values in Gen.OneOf(
            ArbMap.Default.GeneratorFor<double>(),
            ArbMap.Default.GeneratorFor<long>().Select(BitConverter.Int64BitsToDouble),
            Gen.Choose(-1_000, 1_000).Select(n => n / 100.0),
            Gen.Choose(-5, 5).Select(n => (double)n),
            Gen.Choose(int.MinValue, int.MaxValue).Select(n => n * 1e5 / 7),
            Gen.Constant(17.25)).ArrayOf()
        from unit in Gen.Elements(1L, 1_000L, 1_000_000L)
        from steps in Gen.OneOf(Gen.Constant(15L), Gen.Choose(-3, 100).Select(n => (long)n), ArbMap.Default.GeneratorFor<long>()).ArrayOf(values.Length)
        select values.Select((value, i) => new MetricPoint(unchecked((Noon / unit + steps.Take(i).Sum(static s => s % 1_000_000_007)) * unit), value)).ToArray();

    private static byte[] Packed(MetricPoint[] points)
    {
        var writer = new BlockWriter();
        PointCodec.Write(writer, points);
        return writer.Written.ToArray();
    }

    private static MetricPoint[] Again(MetricPoint[] points)
    {
        var reader = new BlockReader(Packed(points));
        var read = new PointList();
        PointCodec.Read(ref reader, read);
        Assert.True(reader.AtEnd);
        return read.Points.ToArray();
    }

    private static (long, long)[] Bits(MetricPoint[] points) => [.. points.Select(p => (p.AtMicros, BitConverter.DoubleToInt64Bits(p.Value)))];

    private static Config Cases => Config.QuickThrowOnFailure.WithMaxTest(2_000).WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(20260105, 7), FSharpOption<int>.None)));
}
