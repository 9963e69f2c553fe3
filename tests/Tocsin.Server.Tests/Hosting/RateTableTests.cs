using System.Net;
using Tocsin.Hosting;

namespace Tocsin.Tests.Hosting;

public sealed class RateTableTests
{
    private static readonly DateTimeOffset _start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void So_many_come_at_once_and_then_so_many_a_second()
    {
        var table = new RateTable(perSecond: 10, burst: 30, places: 64);

        Assert.Equal(30, Enumerable.Range(0, 100).Count(_ => table.Take(1, _start) is null));
        Assert.Equal(TimeSpan.FromSeconds(0.1), table.Take(1, _start));
        Assert.Equal(10, Enumerable.Range(0, 100).Count(_ => table.Take(1, _start.AddSeconds(1)) is null));
        Assert.Equal(30, Enumerable.Range(0, 100).Count(_ => table.Take(1, _start.AddHours(1)) is null));
    }

    [Fact]
    public void Whoever_comes_too_often_still_gets_his_share()
    {
        var table = new RateTable(perSecond: 10, burst: 10, places: 64);

        var taken = Enumerable.Range(0, 60_000).Count(ms => table.Take(1, _start.AddMilliseconds(ms)) is null);

        Assert.InRange(taken, 600, 611);
    }

    [Fact]
    public void Looking_counts_nothing_and_others_are_counted_apart()
    {
        var table = new RateTable(perSecond: 1, burst: 1, places: 64);

        Assert.All(Enumerable.Range(0, 10), _ => Assert.Null(table.Peek(1, _start)));
        Assert.Null(table.Take(1, _start));
        Assert.Equal(TimeSpan.FromSeconds(1), table.Peek(1, _start));
        Assert.Null(table.Take(2, _start));
        Assert.Null(table.Take(0, _start));
    }

    [Fact]
    public void A_flood_of_others_takes_no_memory_and_refuses_nobody_who_is_quiet()
    {
        var table = new RateTable(perSecond: 10, burst: 10, places: 1024);
        table.Take(ulong.MaxValue, _start);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var who = 0UL; who < 1_000_000; who++)
        {
            table.Take(who, _start);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Null(table.Take(ulong.MaxValue - 1, _start));
    }

    [Fact]
    public void Whoever_used_up_his_share_is_remembered_when_others_crowd_in()
    {
        var table = new RateTable(perSecond: 10, burst: 100, places: 8);
        for (var i = 0; i < 100; i++)
        {
            table.Take(7, _start);
        }

        for (var who = 100UL; who < 10_000; who++)
        {
            table.Take(who, _start);
        }

        Assert.NotNull(table.Peek(7, _start));
    }

    [Fact]
    public void Nothing_is_counted_without_a_limit()
    {
        var table = new RateTable(perSecond: 0, burst: 0, places: 64);

        Assert.All(Enumerable.Range(0, 1000), _ => Assert.Null(table.Take(1, _start)));
    }

    [Fact]
    public async Task Those_who_come_at_once_are_all_counted()
    {
        var table = new RateTable(perSecond: 1, burst: 1000, places: 64);

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Enumerable.Range(0, 500).Count(_ => table.Take(1, _start) is null))));

        Assert.Equal(1000, taken.Sum());
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9", true)]
    [InlineData("203.0.113.9", "203.0.113.10", false)]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public void An_owner_of_many_addresses_is_one_place(string one, string other, bool same) =>
        Assert.Equal(same, RateLimits.PlaceOf(IPAddress.Parse(one)) == RateLimits.PlaceOf(IPAddress.Parse(other)));
}
