using NodaTime;
using NodaTime.TimeZones;
using Tocsin.OnCall;

namespace Tocsin.Tests.OnCall;

/// <summary>The wall clock against each change of offset that the time zone database knows, in all zones.</summary>
public sealed class WallClockTests
{
    private static readonly Instant Since = Instant.FromUtc(1900, 1, 1, 0, 0);
    private static readonly Instant UpTo = Instant.FromUtc(2045, 1, 1, 0, 0);

    [Fact]
    public void A_time_happens_when_it_or_a_later_one_is_first_shown_in_all_zones()
    {
        foreach (var id in DateTimeZoneProviders.Tzdb.Ids)
        {
            var clock = new WallClock(id);
            foreach (var change in Changes(id))
            {
                foreach (var near in Near(change))
                {
                    var local = near + clock.Shown(change) - change;
                    var first = clock.First(local, out var shown);

                    Assert.Equal(shown, clock.Shown(first));
                    Assert.True(shown >= local, $"{id}: too early");
                    Assert.True(clock.Shown(first - 1) < local, $"{id}: not the first");
                    Assert.True(clock.Shown(near - 1) <= clock.Shown(near), $"{id}: ran backwards");
                }
            }
        }
    }

    [Fact]
    public void Skipped_times_move_to_the_end_of_the_skip_and_repeated_ones_count_first_as_the_database_maps_them()
    {
        var resolver = Resolvers.CreateMappingResolver(Resolvers.ReturnEarlier, Resolvers.ReturnStartOfIntervalAfter);
        foreach (var id in DateTimeZoneProviders.Tzdb.Ids)
        {
            var zone = DateTimeZoneProviders.Tzdb[id];
            var clock = new WallClock(id);
            foreach (var near in Changes(id).SelectMany(Near))
            {
                var local = LocalDateTime.FromDateTime(new(near));

                Assert.Equal(local.InZone(zone, resolver).ToInstant().ToDateTimeUtc().Ticks, clock.First(near, out _));
            }
        }
    }

    /// <summary>Ticks from two days before to two days after, dense around the change itself.</summary>
    private static IEnumerable<long> Near(long change) =>
        from minutes in (int[])[-2880, -1440, -720, -120, -61, -60, -59, -30, -20, -1, 0, 1, 20, 30, 59, 60, 61, 119, 120, 121, 720, 1440, 2880]
        from ticks in (int[])[-1, 0, 1]
        select change + (minutes * TimeSpan.TicksPerMinute) + ticks;

    private static IEnumerable<long> Changes(string id) =>
        from interval in DateTimeZoneProviders.Tzdb[id].GetZoneIntervals(Since, UpTo)
        where interval.HasStart && interval.Start > Since
        select interval.Start.ToDateTimeUtc().Ticks;
}
