using Tocsin.Reports;

namespace Tocsin.Tests.Reports;

/// <summary>Stretches of time against sets of single ticks.</summary>
public sealed class StretchesTests
{
    private const int Ticks = 60;

    [Fact]
    public void What_two_have_in_common_together_and_apart_is_what_their_ticks_say()
    {
        var random = new Random(7);
        for (var run = 0; run < 2000; run++)
        {
            var (a, b) = (Any(random), Any(random));
            var (inA, inB) = (TicksOf(a), TicksOf(b));

            Assert.Equal(inA.Intersect(inB).Order(), TicksOf(a.And(b)));
            Assert.Equal(inA.Union(inB).Order(), TicksOf(a.Or(b)));
            Assert.Equal(inA.Except(inB).Order(), TicksOf(a.Without(b)));
            Assert.Equal(inA.Intersect(inB).Count(), a.Within(b).Ticks);
            Assert.Equal(inA.Count, a.Length.Ticks);
            Assert.Equal(a.Spans.Count(s => inB.Count(t => t >= s.From && t < s.To) >= 3), a.CountHolding(b, TimeSpan.FromTicks(3)));
        }
    }

    [Fact]
    public void What_overlaps_or_touches_is_one_and_what_is_turned_round_nothing() =>
        Assert.Equal([(1, 7), (9, 10)], Stretches.OfTicks([(5, 7), (1, 3), (9, 10), (3, 5), (2, 6), (8, 4)]).Spans);

    private static Stretches Any(Random random) =>
        Stretches.OfTicks(Enumerable.Range(0, random.Next(8)).Select(_ => random.Next(Ticks)).Select(from => ((long)from, (long)from + random.Next(12))).ToArray());

    private static List<long> TicksOf(Stretches stretches) => [.. stretches.Spans.SelectMany(s => Enumerable.Range(0, (int)(s.To - s.From)).Select(i => s.From + i))];
}
