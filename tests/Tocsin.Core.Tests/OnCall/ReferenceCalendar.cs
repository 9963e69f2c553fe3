using NodaTime;
using Tocsin.OnCall;

namespace Tocsin.Tests.OnCall;

/// <summary>
/// The on-call rules once more, as slowly and plainly as they can be said: a person who sits before the wall clocks, looks at them
/// again and again, and does whatever has become due since. Of the time zones it takes only the offset of the present moment.
/// </summary>
internal sealed class ReferenceCalendar(Schedule schedule, OnCallEntries entries)
{
    private readonly Dictionary<string, DateTime> _latest = new(StringComparer.Ordinal);

    // What is on the desk today; a year's worth would only be looked through again and again.
    private List<Cover> _covers = [];
    private List<TimeOff> _away = [];
    private List<Override> _overrides = [];
    private List<CalendarShift> _calendar = [];
    private DateTime _today;

    public ReferenceCalendar(Schedule schedule)
        : this(schedule, OnCallEntries.None)
    {
    }

    /// <summary>Who is on call in each minute. All times of the schedule are whole minutes.</summary>
    public IEnumerable<(DateTimeOffset Minute, List<string> Users)> Walk(DateTimeOffset from, DateTimeOffset to) => Walk(from, to, 1);

    /// <param name="minutes">Between two looks. All times of the schedule and offsets of its zones are whole multiples of it.</param>
    public IEnumerable<(DateTimeOffset Moment, List<string> Users)> Walk(DateTimeOffset from, DateTimeOffset to, int minutes)
    {
        var watchers = schedule.Rotations.Select(r => new Watcher(r, r.TimeZone ?? schedule.TimeZone, r.Holidays ?? schedule.Holidays)).ToArray();
        var clocks = watchers.Select(w => w.Zone).Append(schedule.TimeZone).Distinct().ToDictionary(id => id, id => DateTimeZoneProviders.Tzdb[id]);

        // A clock that was put back just now has shown more than it shows.
        for (var moment = from.AddDays(-2); moment < to; moment = moment.AddMinutes(minutes))
        {
            foreach (var (id, clock) in clocks)
            {
                var reading = DateTime.SpecifyKind(moment.UtcDateTime + clock.GetUtcOffset(Instant.FromDateTimeOffset(moment)).ToTimeSpan(), DateTimeKind.Unspecified);
                _latest[id] = _latest.TryGetValue(id, out var latest) && latest > reading ? latest : reading;
            }

            if (moment >= from)
            {
                Tidy(moment);
                yield return (moment, Answer(watchers, moment));
            }
        }
    }

    private void Tidy(DateTimeOffset moment)
    {
        if (_today == moment.UtcDateTime.Date)
        {
            return;
        }

        _today = moment.UtcDateTime.Date;
        var tomorrow = moment.AddDays(1);
        _covers = [.. entries.Covers.Where(c => c.From <= tomorrow && moment <= c.To)];
        _away = [.. entries.Away.Where(a => a.From <= tomorrow && moment <= a.To)];
        _calendar = [.. entries.Calendar.Where(s => s.From <= tomorrow && moment <= s.To)];
        _overrides = [.. schedule.Overrides.Where(o => o.From <= tomorrow.UtcDateTime.AddDays(2) && moment.UtcDateTime.AddDays(-2) <= o.To)];
    }

    private List<string> Answer(Watcher[] watchers, DateTimeOffset moment)
    {
        foreach (var watcher in watchers)
        {
            watcher.Look(_latest[watcher.Zone]);
        }

        for (var i = _covers.Count - 1; i >= 0; i--)
        {
            if (_covers[i].InsteadOf is null && Holds(_covers[i], moment))
            {
                return [Follow(_covers[i].User, i, moment)];
            }
        }

        var here = _latest[schedule.TimeZone];
        for (var i = _overrides.Count - 1; i >= 0; i--)
        {
            if (_overrides[i].From <= here && here < _overrides[i].To)
            {
                return [Follow(_overrides[i].User, -1, moment)];
            }
        }

        var named = schedule.Calendar is null ? [] : _calendar.FindAll(s => s.From <= moment && moment < s.To);
        if (named.Count > 0 && schedule.Calendar!.Use == CalendarUse.Overrides)
        {
            return [Follow(named[^1].User, -1, moment)];
        }

        var byCalendar = There(named.Select(s => s.User), moment);
        if (byCalendar.Count > 0)
        {
            return byCalendar;
        }

        foreach (var layer in watchers.Where(w => w.OnCall.Count > 0).GroupBy(w => w.Rotation.Priority).OrderByDescending(g => g.Key))
        {
            var there = There(layer.SelectMany(w => w.OnCall), moment);
            if (there.Count > 0)
            {
                return there;
            }
        }

        return [];
    }

    private List<string> There(IEnumerable<string> called, DateTimeOffset moment)
    {
        List<string> there = [];
        foreach (var user in called)
        {
            var isCovered = _covers.Any(c => c.InsteadOf == user && Holds(c, moment));
            if (isCovered || !_away.Any(a => a.User == user && a.From <= moment && moment < a.To))
            {
                there.Add(Follow(user, -1, moment));
            }
        }

        return [.. there.Distinct()];
    }

    /// <summary>Who is there in the end for somebody whom the cover of this number put there, or none (-1).</summary>
    private string Follow(string user, int number, DateTimeOffset moment)
    {
        for (var i = _covers.Count - 1; i > number; i--)
        {
            if (_covers[i].InsteadOf == user && Holds(_covers[i], moment))
            {
                return Follow(_covers[i].User, i, moment);
            }
        }

        return user;
    }

    private static bool Holds(Cover cover, DateTimeOffset moment) => cover.From <= moment && moment < cover.To;

    /// <summary>Keeps one rotation's roster by doing one planned thing after the other.</summary>
    private sealed class Watcher
    {
        private readonly IReadOnlyList<string>[] _turns;
        private readonly Gate[] _gates;
        private DateTime _handOff;
        private int _handOffs;

        public Watcher(Rotation rotation, string zone, IReadOnlyList<Holidays> holidays)
        {
            (Rotation, Zone, _handOff) = (rotation, zone, rotation.Start);
            _turns = rotation.Turns.Count > 0 ? [.. rotation.Turns] : [.. rotation.Users.Select(u => new[] { u })];
            var always = rotation is { Windows.Count: 0, Days.Count: 0, OnHolidays: false, From: null };
            var windows = rotation.Windows.Count > 0
                ? rotation.Windows
                : [new DutyWindow { Days = rotation.Days, OnHolidays = rotation.OnHolidays, From = rotation.From, To = rotation.To }];
            _gates = always ? [] : [.. windows.Select(w => new Gate(w, rotation.Start.Date.AddDays(-2), holidays))];
        }

        public Rotation Rotation { get; }

        public string Zone { get; }

        public IReadOnlyList<string> OnCall { get; private set; } = [];

        public void Look(DateTime latest)
        {
            for (; _handOff <= latest; _handOffs++)
            {
                _handOff = Rotation.Every.Unit switch
                {
                    PeriodUnit.Hour => _handOff.AddHours(Rotation.Every.Count),
                    PeriodUnit.Day => _handOff.AddDays(Rotation.Every.Count),
                    PeriodUnit.Week => _handOff.AddDays(7 * Rotation.Every.Count),
                    _ => SameDayOf((_handOffs + 1) * Rotation.Every.Count),
                };
            }

            var isOpen = _gates.Length == 0;
            foreach (var gate in _gates)
            {
                isOpen |= gate.IsOpen(latest);
            }

            OnCall = isOpen && _handOffs > 0 && !(Rotation.End <= latest) ? _turns[(_handOffs - 1) % _turns.Length] : [];
        }

        private DateTime SameDayOf(int monthsLater)
        {
            var first = new DateTime(Rotation.Start.Year, Rotation.Start.Month, 1);
            for (var i = 0; i < monthsLater; i++)
            {
                first = first.AddDays(DateTime.DaysInMonth(first.Year, first.Month));
            }

            return first.AddDays(Math.Min(Rotation.Start.Day, DateTime.DaysInMonth(first.Year, first.Month)) - 1) + Rotation.Start.TimeOfDay;
        }
    }

    /// <summary>One window, opened and closed by hand, a day after the other.</summary>
    private sealed class Gate(DutyWindow window, DateTime day, IReadOnlyList<Holidays> holidays)
    {
        private DateTime _day = day;
        private DateTime _close = DateTime.MinValue;

        public bool IsOpen(DateTime latest)
        {
            for (; _day + (window.From ?? default).ToTimeSpan() <= latest; _day = _day.AddDays(1))
            {
                var isHoliday = holidays.Any(h => h.Dates.Contains(DateOnly.FromDateTime(_day)) || h.Yearly.Any(y => y.Month == _day.Month && y.Day == _day.Day));
                var opens = (window.Days.Count == 0 && !window.OnHolidays) || (isHoliday ? window.OnHolidays : window.Days.Contains(_day.DayOfWeek));
                if (opens)
                {
                    var (from, to) = (window.From ?? default, window.To ?? default);
                    _close = (from < to ? _day : _day.AddDays(1)) + to.ToTimeSpan();
                }
            }

            return latest < _close;
        }
    }
}
