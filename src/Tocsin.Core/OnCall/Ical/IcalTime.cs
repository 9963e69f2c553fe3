using System.Globalization;
using NodaTime;
using NodaTime.TimeZones;

namespace Tocsin.OnCall;

/// <summary>A day, or a time of a wall clock.</summary>
/// <param name="Local">Kind is unspecified; midnight for a day.</param>
/// <param name="IsDay">A whole day, which has no zone.</param>
internal readonly record struct IcalTime(DateTime Local, DateTimeZone Zone, bool IsDay)
{
    /// <summary>
    /// The instant, UTC. A time that the clock skips moves forward by as much as is skipped, of one that it shows twice the first counts.
    /// </summary>
    public DateTimeOffset Instant => IcalZones.InstantOf(Local, Zone);

    /// <summary>Reads 20261120, 20261120T080000 or 20261120T080000Z.</summary>
    /// <param name="zone">Of a time that does not say UTC.</param>
    /// <returns>Null: it is none of these.</returns>
    public static IcalTime? Read(ReadOnlySpan<char> text, DateTimeZone zone)
    {
        text = text.Trim();
        if (text.Length == 8 && DateTime.TryParseExact(text, "yyyyMMdd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            return new(day, zone, IsDay: true);
        }

        var utc = text.Length == 16 && text[15] is 'Z' or 'z';
        return DateTime.TryParseExact(utc ? text[..15] : text, "yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)
            ? new(local, utc ? DateTimeZone.Utc : zone, IsDay: false)
            : null;
    }
}

/// <summary>The names that calendar programs give to time zones.</summary>
internal static class IcalZones
{
    /// <summary>
    /// An IANA id, also behind a prefix such as /mozilla.org/20070129_1/, or a name that Windows has.
    /// </summary>
    /// <returns>Null: not known.</returns>
    public static DateTimeZone? Find(string id)
    {
        var name = id.Trim();
        if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(name) is { } zone)
        {
            return zone;
        }

        if (TzdbDateTimeZoneSource.Default.WindowsMapping.PrimaryMapping.TryGetValue(name, out var mapped))
        {
            return DateTimeZoneProviders.Tzdb.GetZoneOrNull(mapped);
        }

        // The id is the last two or three parts of what some programs write.
        for (var slash = name.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = name.IndexOf('/', slash + 1))
        {
            if (DateTimeZoneProviders.Tzdb.GetZoneOrNull(name[(slash + 1)..]) is { } behind)
            {
                return behind;
            }
        }

        return null;
    }

    public static DateTimeOffset InstantOf(DateTime local, DateTimeZone zone)
    {
        var mapped = zone.ResolveLocal(LocalDateTime.FromDateTime(local), Resolvers.LenientResolver);
        var ticks = mapped.ToInstant().ToUnixTimeTicks() + DateTime.UnixEpoch.Ticks;
        return new(Math.Clamp(ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks), TimeSpan.Zero);
    }

    public static DateTime LocalOf(DateTimeOffset instant, DateTimeZone zone)
    {
        var ticks = instant.UtcTicks + zone.GetUtcOffset(Instant.FromDateTimeOffset(instant)).Ticks;
        return new(Math.Clamp(ticks, DateTime.MinValue.Ticks, DateTime.MaxValue.Ticks), DateTimeKind.Unspecified);
    }
}
