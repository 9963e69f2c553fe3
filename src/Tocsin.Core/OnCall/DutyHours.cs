using System.Collections.Frozen;

namespace Tocsin.OnCall;

/// <summary>When a rotation with windows is on call, on the line of local ticks, where each day has 24 hours.</summary>
internal sealed class DutyHours
{
    private const long Day = TimeSpan.TicksPerDay;
    private const int Weekdays = 7;

    // How far a change is looked for, in days, from an open window and from a closed one. What lies further away is asked for
    // again from there.
    private const int ReachOpen = 8;
    private const int ReachClosed = 400;

    /// <summary>The windows of a day, relative to its midnight: of Monday to Sunday, and of a holiday.</summary>
    private readonly (long Open, long Length)[][] _byKind;
    private readonly FrozenSet<long> _holidays;
    private readonly FrozenSet<YearDay> _yearly;

    private DutyHours(IReadOnlyList<DutyWindow> windows, IReadOnlyList<Holidays> holidays)
    {
        _byKind = [.. Enumerable.Range(0, Weekdays + 1).Select(kind => windows.Where(w => BeginsOn(w, kind)).Select(OpenOf).ToArray())];
        _holidays = holidays.SelectMany(h => h.Dates).Select(date => (long)date.DayNumber).ToFrozenSet();
        _yearly = holidays.SelectMany(h => h.Yearly).ToFrozenSet();
    }

    /// <summary>How often the answer may change, at most, in the long run.</summary>
    public double ChangesPerDay => 2 * _byKind.Max(windows => windows.Length);

    /// <returns>Null: the windows leave nothing out.</returns>
    public static DutyHours? Of(IReadOnlyList<DutyWindow> windows, IReadOnlyList<Holidays> holidays)
    {
        var hours = windows.Count > 0 ? new DutyHours(windows, holidays) : null;
        return hours is null || hours._byKind[0].Any(w => w.Length == Day && hours._byKind.All(day => day.Contains(w))) ? null : hours;
    }

    /// <summary>Whether any window is open.</summary>
    /// <param name="change">Until when this holds at least.</param>
    public bool AreOpen(long local, out long change)
    {
        change = CloseAt(local);
        if (change > local)
        {
            // Windows that overlap or touch are one.
            for (var next = CloseAt(change); next > change && change < local + (ReachOpen * Day); next = CloseAt(change))
            {
                change = next;
            }

            return true;
        }

        var today = DayOf(local);
        for (var day = today; day < today + ReachClosed; day++)
        {
            var first = WallClock.Never;
            foreach (var (open, _) in WindowsOf(day))
            {
                first = (day * Day) + open is var at && at > local ? Math.Min(first, at) : first;
            }

            if (first != WallClock.Never)
            {
                change = first;
                return false;
            }
        }

        change = (today + ReachClosed) * Day;
        return false;
    }

    /// <summary>When the last of the windows closes that are open at this time; the time itself if none is.</summary>
    private long CloseAt(long local)
    {
        // A window lasts 24 hours at most, so it began on this day or on the day before.
        var close = local;
        for (var day = DayOf(local) - 1; day * Day <= local; day++)
        {
            foreach (var (open, length) in WindowsOf(day))
            {
                var at = (day * Day) + open;
                close = at <= local ? Math.Max(close, at + length) : close;
            }
        }

        return close;
    }

    // Day 0, 0001-01-01, was a Monday; a window of the day before it may reach into it.
    private (long Open, long Length)[] WindowsOf(long day) => _byKind[IsHoliday(day) ? Weekdays : (int)((day + Weekdays) % Weekdays)];

    private bool IsHoliday(long day)
    {
        if (_holidays.Contains(day))
        {
            return true;
        }

        return _yearly.Count > 0 && day >= 0 && day <= DateOnly.MaxValue.DayNumber
            && DateOnly.FromDayNumber((int)day) is var date && _yearly.Contains(new(date.Month, date.Day));
    }

    private static long DayOf(long local) => Math.DivRem(local, Day, out var rest) - (rest < 0 ? 1 : 0);

    private static bool BeginsOn(DutyWindow window, int kind) =>
        (window.Days.Count == 0 && !window.OnHolidays)
        || (kind == Weekdays ? window.OnHolidays : window.Days.Contains((DayOfWeek)((kind + 1) % Weekdays)));

    private static (long Open, long Length) OpenOf(DutyWindow window)
    {
        var open = window.From?.Ticks ?? 0;
        var length = (window.To?.Ticks ?? 0) - open;
        return (open, length > 0 ? length : length + Day);
    }
}
