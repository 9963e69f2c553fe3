using NodaTime;
using NodaTime.TimeZones;

namespace Tocsin.OnCall;

/// <summary>The time-zone rules that schedules are worked out with; they come with the program, not with the system.</summary>
public static class ZoneRules
{
    /// <summary>The release of the tz database, such as 2026b.</summary>
    public static string Release => TzdbDateTimeZoneSource.Default.TzdbVersion;

    /// <summary>How many zones it knows.</summary>
    public static int Zones => TzdbDateTimeZoneSource.Default.GetIds().Count();

    /// <summary>Whether an IANA zone of this id is known.</summary>
    public static bool Has(string zone) => DateTimeZoneProviders.Tzdb.GetZoneOrNull(zone) is not null;

    /// <summary>The first instant, UTC, at which the zone's clock shows a local time or a later one; the end of time if none does.</summary>
    /// <param name="zone">A known IANA zone id.</param>
    public static DateTimeOffset Instant(string zone, DateTime local) =>
        new(Math.Min(new WallClock(zone).First(local.Ticks, out _), DateTime.MaxValue.Ticks), TimeSpan.Zero);

    /// <summary>What the zone's clocks show at an instant, and what that time is called there, such as PDT.</summary>
    /// <param name="zone">A known IANA zone id.</param>
    public static (DateTime Local, string Name) Local(string zone, DateTimeOffset at)
    {
        var instant = NodaTime.Instant.FromDateTimeOffset(at);
        var interval = DateTimeZoneProviders.Tzdb[zone].GetZoneInterval(instant);
        return (instant.WithOffset(interval.WallOffset).LocalDateTime.ToDateTimeUnspecified(), interval.Name);
    }
}
