using NodaTime;
using Tocsin.OnCall;

namespace Tocsin.Tests.OnCall;

/// <summary>
/// The on-call rules once more, as slowly and plainly as they can be said: a person who sits before the wall clock, looks at it
/// once a minute, and does whatever has become due since. Of the time zone it takes only the offset of the present minute.
/// </summary>
internal sealed class ReferenceCalendar(Schedule schedule)
{
    /// <summary>Who is on call in each minute. All times of the schedule are whole minutes.</summary>
    /// <param name="from">At least two days before the first rotation starts.</param>
    public IEnumerable<(DateTimeOffset Minute, List<string> Users)> Walk(DateTimeOffset from, DateTimeOffset to)
    {
        var zone = DateTimeZoneProviders.Tzdb[schedule.TimeZone];
        var people = schedule.Rotations.Select(r => new Watcher(r)).ToArray();
        var latest = DateTime.MinValue;
        for (var minute = from; minute < to; minute = minute.AddMinutes(1))
        {
            var reading = minute.UtcDateTime + zone.GetUtcOffset(Instant.FromDateTimeOffset(minute)).ToTimeSpan();
            latest = reading > latest ? reading : latest;
            yield return (minute, Answer(people, DateTime.SpecifyKind(latest, DateTimeKind.Unspecified)));
        }
    }

    private List<string> Answer(Watcher[] people, DateTime latest)
    {
        foreach (var person in people)
        {
            person.Look(latest);
        }

        for (var i = schedule.Overrides.Count - 1; i >= 0; i--)
        {
            if (schedule.Overrides[i].From <= latest && latest < schedule.Overrides[i].To)
            {
                return [schedule.Overrides[i].User];
            }
        }

        var reachable = people.Where(p => p.OnCall is not null).ToArray();
        return
        [
            .. reachable.Where(p => p.Rotation.Priority == reachable.Max(q => q.Rotation.Priority)).Select(p => p.OnCall!).Distinct(),
        ];
    }

    /// <summary>Keeps one rotation's roster by doing one planned thing after the other.</summary>
    private sealed class Watcher(Rotation rotation)
    {
        private DateTime _handOff = rotation.Start;
        private DateTime _day = rotation.Start.Date.AddDays(-2);
        private DateTime _open = DateTime.MaxValue;
        private DateTime _close = DateTime.MinValue;
        private int _turn = -1;

        public Rotation Rotation => rotation;

        public string? OnCall { get; private set; }

        public void Look(DateTime latest)
        {
            while (_handOff <= latest)
            {
                _turn = (_turn + 1) % rotation.Users.Count;
                _handOff = rotation.Every.Unit switch
                {
                    PeriodUnit.Hour => _handOff.AddHours(rotation.Every.Count),
                    PeriodUnit.Day => _handOff.AddDays(rotation.Every.Count),
                    _ => _handOff.AddDays(7 * rotation.Every.Count),
                };
            }

            // The next day's window is looked at as soon as it begins; the last one that began is the one that counts.
            while (Window(_day) is var (open, close) && open <= latest)
            {
                if (rotation.Days.Count == 0 || rotation.Days.Contains(_day.DayOfWeek))
                {
                    (_open, _close) = (open, close);
                }

                _day = _day.AddDays(1);
            }

            var covers = _turn >= 0 && !(rotation.End <= latest) && _open <= latest && latest < _close;
            OnCall = covers ? rotation.Users[_turn] : null;
        }

        private (DateTime Open, DateTime Close) Window(DateTime day) => (rotation.From, rotation.To) switch
        {
            ({ } from, { } to) => (day + from.ToTimeSpan(), (from < to ? day : day.AddDays(1)) + to.ToTimeSpan()),
            _ => (day, day.AddDays(1)),
        };
    }
}
