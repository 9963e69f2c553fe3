using System.Globalization;

namespace Tocsin.OnCall;

/// <summary>
/// A stretch of the day on some days of the week, on the wall clock of a zone. A local time happens once, as everywhere in the calendar: one that the
/// clock skips is moved forward to the next valid instant, and of one that it shows twice the first counts.
/// </summary>
/// <param name="TimeZone">An IANA zone id, such as Europe/Berlin.</param>
/// <param name="Days">The days on which a stretch begins; empty: every day.</param>
/// <param name="To">At or before <paramref name="From"/> it is the next day's; both equal means 24 hours.</param>
public sealed record WeeklyTimes(string TimeZone, IReadOnlyList<DayOfWeek> Days, TimeOnly From, TimeOnly To)
{
    private static readonly DayOfWeek[] _week =
        [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday, DayOfWeek.Saturday, DayOfWeek.Sunday];

    /// <summary>For people: <c>Sat, Sun 22:00–04:00 (Europe/Berlin)</c>.</summary>
    public override string ToString()
    {
        var days = Days.Count is 0 or 7
            ? "every day"
            : string.Join(", ", _week.Where(Days.Contains).Select(d => CultureInfo.InvariantCulture.DateTimeFormat.GetAbbreviatedDayName(d)));
        return From == To && From == TimeOnly.MinValue ? $"{days} ({TimeZone})" : $"{days} {From:HH':'mm}–{To:HH':'mm} ({TimeZone})";
    }
}

/// <summary>One stretch, from (inclusive) to (exclusive), UTC.</summary>
public readonly record struct Occurrence(DateTimeOffset From, DateTimeOffset To);

/// <summary>Answers when weekly times are, for ever. Safe for any number of threads.</summary>
public sealed class WeeklyClock
{
    private const long Day = TimeSpan.TicksPerDay;

    /// <summary>A stretch can be skipped by the clock once or twice; it is there again a week later.</summary>
    private const int DaysAhead = 22;

    private const int MostJoined = 14;

    private readonly WallClock _clock;
    private readonly WeeklyTimes _times;
    private readonly long _length;
    private volatile Stretch? _known;

    /// <exception cref="ArgumentException">The zone is unknown; see <see cref="ZoneRules.Has"/>.</exception>
    public WeeklyClock(WeeklyTimes times)
    {
        if (!ZoneRules.Has(times.TimeZone))
        {
            throw new ArgumentException($"There is no time zone {times.TimeZone}.", nameof(times));
        }

        (_times, _clock) = (times, new(times.TimeZone));
        _length = times.To > times.From ? (times.To - times.From).Ticks : Day - times.From.Ticks + times.To.Ticks;
    }

    /// <summary>The stretch that covers an instant, with those that follow it without a break (two weeks of them at most); null: none does.</summary>
    public Occurrence? At(DateTimeOffset at)
    {
        var utc = at.UtcTicks;
        if (_known is { } known && utc >= known.From && utc < known.To)
        {
            return known.Covers;
        }

        var found = Covering(utc) is { } covering ? Join(covering) : (Occurrence?)null;
        _known = found is { } o ? new(o.From.UtcTicks, o.To.UtcTicks, o) : new(utc, Next(at)?.From.UtcTicks ?? utc + 1, null);
        return found;
    }

    /// <summary>The first stretch that begins after an instant; null: none within three weeks, since the calendar ends.</summary>
    public Occurrence? Next(DateTimeOffset after)
    {
        var utc = after.UtcTicks;
        var day = Math.DivRem(_clock.Shown(utc), Day).Quotient - 1;
        for (var ahead = 0; ahead <= DaysAhead; ahead++)
        {
            if (On(day + ahead) is { } one && one.From.UtcTicks > utc)
            {
                return one;
            }
        }

        return null;
    }

    private Occurrence? Covering(long utc)
    {
        var day = Math.DivRem(_clock.Shown(utc), Day).Quotient;
        foreach (var on in (ReadOnlySpan<long>)[day - 1, day])
        {
            if (On(on) is { } one && one.From.UtcTicks <= utc && utc < one.To.UtcTicks)
            {
                return one;
            }
        }

        return null;
    }

    private Occurrence Join(Occurrence one)
    {
        for (var joined = 0; joined < MostJoined && Covering(one.To.UtcTicks) is { } next; joined++)
        {
            one = one with { To = next.To };
        }

        return one;
    }

    /// <summary>The stretch that begins on a local day; null: none, or the clock skips all of it.</summary>
    private Occurrence? On(long day)
    {
        if (day < 0 || day > DateTime.MaxValue.Ticks / Day || (_times.Days.Count > 0 && !_times.Days.Contains(new DateTime(day * Day).DayOfWeek)))
        {
            return null;
        }

        var start = (day * Day) + _times.From.Ticks;
        var (from, to) = (_clock.First(start, out _), _clock.First(start + _length, out _));
        return from < to && to <= DateTime.MaxValue.Ticks ? new(new(from, TimeSpan.Zero), new(to, TimeSpan.Zero)) : null;
    }

    /// <param name="Covers">What covers all of it; null: nothing covers any of it.</param>
    private sealed record Stretch(long From, long To, Occurrence? Covers);
}
