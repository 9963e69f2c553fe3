using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

public sealed class HeadBlockTests
{
    [Fact]
    public void Samples_of_many_series_come_back_by_series_and_only_those_asked_for()
    {
        var random = new Random(3);
        var sent = Enumerable.Range(0, 5_000).Select(i => new HeadSample(random.Next(300) - 150, new(1_000_000L + i, random.Next(1_000) / 8.0))).ToArray();
        byte[] block = [.. HeadBlock.Part(sent.AsSpan(0, 2_000).ToArray()), .. HeadBlock.Part(sent.AsSpan(2_000).ToArray())];

        Dictionary<long, PointList> read = [];
        HeadBlock.Read(block, series => series % 2 == 0 ? read.TryGetValue(series, out var known) ? known : read[series] = new() : null);

        Assert.Equal(
            sent.Where(s => s.Series % 2 == 0).GroupBy(s => s.Series).ToDictionary(g => g.Key, g => g.Select(s => s.Point).ToArray()),
            read.ToDictionary(p => p.Key, p => p.Value.Points.ToArray()));
    }

    [Fact]
    public void Of_two_samples_of_one_instant_the_later_one_stays()
    {
        var block = HeadBlock.Part(new HeadSample[] { new(7, new(20, 1)), new(7, new(10, 2)), new(7, new(20, 3)) });

        var read = new PointList();
        HeadBlock.Read(block, _ => read);

        Assert.Equal([new(10, 2), new(20, 3)], read.Points.ToArray());
    }
}
