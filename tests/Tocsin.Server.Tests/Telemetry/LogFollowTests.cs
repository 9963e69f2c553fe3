using Tocsin.Telemetry;
using static Tocsin.Tests.Telemetry.Lines;

namespace Tocsin.Tests.Telemetry;

/// <summary>Whoever follows lines and is cut off goes on where it stopped.</summary>
public abstract class LogFollowTests(Engine engine)
{
    [StoreFact]
    public async Task What_was_stored_while_nobody_listened_comes_first_in_its_order_though_it_was_merged()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        await node.StoreAsync(At(0, "before"));
        string place;
        await using (var listener = await node.FollowAsync(Ever with { Text = "paid" }))
        {
            await node.StoreAsync(At(9, "1 paid"), At(1, "2 paid"), At(5, "3 paid"));
            Assert.Equal(["1 paid"], await listener.NextAsync(1));
            place = listener.Place;
        }

        for (var i = 4; i < 20; i++)
        {
            await node.StoreAsync(At(100 - i, $"{i} paid"), At(0, "refused"));
        }

        bench.Clock.Advance(TimeSpan.FromSeconds(30));
        await node.Merger.TurnAsync(default);
        Assert.InRange(await node.BlocksAsync(), 1, 10);
        await using var again = await node.FollowAsync(Ever with { Text = "paid" }, place);
        var expected = Enumerable.Range(1, 19).Select(i => $"{i} paid").ToList();
        var heard = await again.NextAsync(engine == Engine.Sqlite ? 18 : 19);

        // With several nodes nobody knows what was told just before the cut: it comes again, and its id tells.
        Assert.Equal(expected[^heard.Length..], heard);
        await node.StoreAsync(At(3, "20 paid"));
        Assert.Equal(["20 paid"], await again.NextAsync(1));
        Assert.Empty(again.Missed);
        Assert.False(again.Hears());
    }

    [StoreFact]
    public async Task Of_too_many_lines_the_newest_come_and_the_others_are_counted()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        string place;
        await using (var listener = await node.FollowAsync(Ever))
        {
            place = listener.Place;
        }

        await node.StoreAsync([.. Enumerable.Range(0, LogFollow.MostReplayed).Select(i => At(0, $"line {i}"))]);
        await node.StoreAsync([.. Enumerable.Range(LogFollow.MostReplayed, 7).Select(i => At(0, $"line {i}"))]);
        await using var again = await node.FollowAsync(Ever, place);

        Assert.Equal(Enumerable.Range(7, LogFollow.MostReplayed).Select(i => $"line {i}"), await again.NextAsync(LogFollow.MostReplayed));
        Assert.Equal((7, false), (Assert.Single(again.Missed).Missed, again.Missed[0].IsAtLeast));
    }

    [StoreFact]
    public async Task A_place_in_another_store_is_told_as_a_gap()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        await node.StoreAsync(At(0, "a"));
        await using var listener = await node.FollowAsync(Ever, "ffffff.0");
        Assert.True(listener.Hears());
        await node.StoreAsync(At(1, "b"));

        Assert.Equal(["b"], await listener.NextAsync(1));
        Assert.True(Assert.Single(listener.Missed).IsAtLeast);
    }

    [StoreFact]
    public async Task Lines_of_other_nodes_are_neither_missed_nor_told_twice_at_another_node()
    {
        var (bench, node) = await LogBench.OpenAsync(engine);
        await using var _ = bench;
        var other = engine == Engine.Postgres ? await bench.AddAsync() : node;
        HashSet<string> heard = [];
        string place;
        await using (var listener = await node.FollowAsync(Ever))
        {
            for (var i = 0; i < 20; i++)
            {
                await (i % 2 == 0 ? node : other).StoreAsync(At(i, $"{i}"));
                bench.Clock.Advance(TimeSpan.FromSeconds(2));
                await node.TailPoll.TurnAsync(default);
            }

            for (var i = 0; i < 15; i++)
            {
                Assert.True(heard.Add((await listener.NextAsync()).Id));
            }

            place = listener.Place;
        }

        await other.StoreAsync(At(50, "while cut"));
        await using var again = await other.FollowAsync(Ever, place);
        string last;
        do
        {
            var line = await again.NextAsync();
            heard.Add(line.Id);
            last = line.Line.Message;
        }
        while (last != "while cut");

        Assert.Equal(21, heard.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("5.x")]
    [InlineData("5.1.")]
    [InlineData("5.ffffff")]
    [InlineData("-5.1")]
    [InlineData("5.1.1.1")]
    [InlineData("fffffffffffffffff.1")]
    public void What_is_no_place_is_none(string text) => Assert.Null(TailPlace.Parse(text));

    [Fact]
    public void A_place_is_written_as_it_is_read()
    {
        foreach (var place in (TailPlace[])[new(18, 3, null), new(1 << 30, 65_535, 17), new(0, 0, 0)])
        {
            Assert.Equal(place, TailPlace.Parse(place.ToString()));
        }
    }

    public sealed class OnSqlite() : LogFollowTests(Engine.Sqlite);

    public sealed class OnPostgres() : LogFollowTests(Engine.Postgres);
}
