using System.Diagnostics;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

public sealed class WaterfallTests
{
    private static readonly DateTimeOffset _start = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);

    private static WaterfallItem Item(string id, string parent, int ms, int takes = 10, bool matters = false) => new(id, parent, _start.AddMilliseconds(ms), TimeSpan.FromMilliseconds(takes), matters);

    private static string Drawn(IReadOnlyList<WaterfallItem> items, int most = 100) => string.Join(
        ' ', Waterfall.Of(items, most).Rows.Select(r => $"{new string('.', r.Depth)}{items[r.Index].Id}{r.Place switch { WaterfallPlace.Orphan => "?", WaterfallPlace.Circle => "@", _ => "" }}{(r.LeftOut > 0 ? $"+{r.LeftOut}" : "")}"));

    [Fact]
    public void Each_stands_beneath_what_it_belongs_to_in_the_order_of_time() =>
        Assert.Equal("a .b ..d .c", Drawn([Item("c", "a", 20), Item("a", "", 0), Item("d", "b", 15), Item("b", "a", 10)]));

    [Fact]
    public void What_belongs_to_nothing_that_is_there_stands_at_the_top_and_says_so() =>
        Assert.Equal("o? .p a", Drawn([Item("a", "", 5), Item("o", "gone", 1), Item("p", "o", 2)]));

    [Fact]
    public void What_belongs_to_itself_is_shown_once_from_its_earliest_on() =>
        Assert.Equal("x@ .y ..z .t a s@", Drawn([Item("a", "", 5), Item("z", "y", 3), Item("x", "z", 1), Item("y", "x", 2), Item("s", "s", 9), Item("t", "x", 4)]));

    [Fact]
    public void Items_without_an_id_hang_on_others_and_carry_none() =>
        Assert.Equal("a . .b .", Drawn([Item("a", "", 0), Item("", "a", 1), Item("b", "a", 2), Item("", "a", 3)]));

    [Fact]
    public void Of_too_many_those_that_matter_and_then_the_longest_are_shown_with_what_they_belong_to()
    {
        List<WaterfallItem> items = [Item("a", "", 0, 100), Item("b", "a", 1, 50), Item("c", "b", 2, 1, matters: true), Item("d", "a", 3, 40), Item("e", "d", 4, 2), Item("f", "d", 5, 2)];

        Assert.Equal("a .b ..c .d+2", Drawn(items, most: 4));
        Assert.Equal("a+2 .b ..c", Drawn(items[..5], most: 3));
        Assert.Equal(2, Waterfall.Of(items, 4).LeftOut);
    }

    [Fact]
    public void Ten_thousand_in_a_chain_in_a_circle_or_side_by_side_are_drawn_at_once()
    {
        var watch = Stopwatch.StartNew();
        const int Count = 10_000;
        var chain = Waterfall.Of([.. Enumerable.Range(0, Count).Select(i => Item($"{i}", i == 0 ? "" : $"{i - 1}", i, Count - i))], 500);
        var circle = Waterfall.Of([.. Enumerable.Range(0, Count).Select(i => Item($"{i}", $"{(i + 1) % Count}", i))], Count);
        var tails = Waterfall.Of([.. Enumerable.Range(0, Count).Select(i => Item($"{i}", $"{Math.Max(i - 1, i == 0 ? 1 : 0)}", Count - i))], Count);
        var wide = Waterfall.Of([.. Enumerable.Range(0, Count).Select(i => Item($"{i}", i == 0 ? "" : "0", i, 1, matters: i % 100 == 0))], 500);

        Assert.Equal((500, Count - 500, Count - 500), (chain.Rows.Count, chain.LeftOut, chain.Rows[^1].LeftOut));
        Assert.Equal((Count, WaterfallPlace.Circle, Count - 1), (circle.Rows.Count, circle.Rows[0].Place, circle.Rows[^1].Depth));
        Assert.Equal((Count, 0), (tails.Rows.Count, tails.LeftOut));
        Assert.Equal((500, 9_500), (wide.Rows.Count, wide.Rows[0].LeftOut));
        Assert.All(Enumerable.Range(1, 99).Select(i => i * 100), failed => Assert.Contains(wide.Rows, r => r.Index == failed));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }
}
