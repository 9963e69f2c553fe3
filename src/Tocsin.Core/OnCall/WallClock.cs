using NodaTime;
using NodaTime.TimeZones;

namespace Tocsin.OnCall;

/// <summary>
/// The wall clock of one zone, read only forwards: whatever is planned for a local time happens at the first instant at which
/// the clock shows that time or a later one. That one rule is both rules of a daylight-saving change: a skipped time moves to
/// the next valid instant, and of a repeated time the first counts. It also keeps order, so that plans made in local time can
/// neither overlap nor leave a gap when they are turned into instants.
/// All values are ticks as of <see cref="DateTime.Ticks"/>, UTC or local. NodaTime is used here and in
/// <see cref="ScheduleRules"/> only.
/// </summary>
internal sealed class WallClock
{
    /// <summary>A local or UTC time that no calendar reaches.</summary>
    public const long Never = long.MaxValue;

    private readonly DateTimeZone _zone;
    private readonly long _maxOffset;
    private readonly long _spread;

    /// <summary>The interval that was looked up last: questions about one schedule are mostly about one season.</summary>
    private Season? _season;

    /// <param name="zoneId">A known IANA zone id.</param>
    public WallClock(string zoneId)
    {
        _zone = DateTimeZoneProviders.Tzdb[zoneId];
        _maxOffset = _zone.MaxOffset.Ticks;
        _spread = _maxOffset - _zone.MinOffset.Ticks;
    }

    /// <summary>What the clock reads at this instant.</summary>
    public long Reads(long utc) => utc + _zone.GetUtcOffset(ToInstant(utc)).Ticks;

    /// <summary>
    /// The latest local time that the clock has shown up to this instant, inclusive. While an hour is repeated this stays just
    /// before the hour's end.
    /// </summary>
    public long Shown(long utc)
    {
        // Long enough after its beginning nothing that was shown before can matter.
        if (_season is { } season && utc - season.From > _spread && utc < season.To)
        {
            return utc + season.Offset;
        }

        var interval = _zone.GetZoneInterval(ToInstant(utc));
        var shown = utc + interval.WallOffset.Ticks;
        _season = Season.Of(interval);

        // Only a change of offset that is younger than the largest possible step back can have shown more.
        while (interval.HasStart && ToTicks(interval.Start) is var start && start > utc - _spread)
        {
            interval = _zone.GetZoneInterval(interval.Start - Duration.Epsilon);
            shown = Math.Max(shown, start + interval.WallOffset.Ticks - 1);
        }

        return shown;
    }

    /// <summary>The first instant at which the clock shows this local time or a later one, or <see cref="Never"/>.</summary>
    /// <param name="shown">What it shows then: the local time itself, or if that is skipped the end of the skip.</param>
    public long First(long local, out long shown)
    {
        if (local == Never)
        {
            shown = Never;
            return Never;
        }

        if (_season is { } season && local - _maxOffset >= season.From && local - season.Offset < season.To)
        {
            shown = local;
            return local - season.Offset;
        }

        shown = Never;

        // Before this instant no offset of the zone lets the clock show the local time.
        var earliest = local - _maxOffset;
        while (earliest <= DateTime.MaxValue.Ticks)
        {
            var interval = _zone.GetZoneInterval(ToInstant(earliest));
            var offset = interval.WallOffset.Ticks;
            if (!interval.HasEnd || local < ToTicks(interval.End) + offset)
            {
                var first = interval.HasStart ? Math.Max(local - offset, ToTicks(interval.Start)) : local - offset;
                if (first > DateTime.MaxValue.Ticks)
                {
                    return Never;
                }

                shown = first + offset;
                return first;
            }

            earliest = ToTicks(interval.End);
        }

        return Never;
    }

    private static Instant ToInstant(long ticks) => Instant.FromUnixTimeTicks(ticks - DateTime.UnixEpoch.Ticks);

    private static long ToTicks(Instant instant) => instant.ToUnixTimeTicks() + DateTime.UnixEpoch.Ticks;

    /// <summary>A stretch with one offset, cut to what a calendar knows, with room for any offset before it.</summary>
    private sealed record Season(long From, long To, long Offset)
    {
        public static Season Of(ZoneInterval interval) => new(
            interval.HasStart ? ToTicks(interval.Start) : -10 * TimeSpan.TicksPerDay,
            interval.HasEnd ? ToTicks(interval.End) : DateTime.MaxValue.Ticks + 1,
            interval.WallOffset.Ticks);
    }
}
