namespace Tocsin.OnCall;

/// <summary>
/// One rotation: arithmetic on local ticks, where each day has 24 hours, and the <see cref="WallClock"/> that says when they are.
/// </summary>
internal sealed class RotationClock
{
    public const int Nobody = -1;

    private const long Day = TimeSpan.TicksPerDay;
    private const int AllDays = 0b111_1111;

    private readonly WallClock _clock;
    private readonly long _start;
    private readonly long _end;
    private readonly long _period;
    private readonly bool _handsOff;
    private readonly bool _restricted;
    private readonly int _days;
    private readonly long _open;
    private readonly long _length;

    public RotationClock(Rotation rotation, WallClock clock)
    {
        _clock = clock;
        _start = rotation.Start.Ticks;
        _end = rotation.End?.Ticks ?? WallClock.Never;
        _period = rotation.Every.Count * rotation.Every.Unit switch
        {
            PeriodUnit.Hour => TimeSpan.TicksPerHour,
            PeriodUnit.Day => Day,
            _ => 7 * Day,
        };
        _handsOff = rotation.Users.Distinct(StringComparer.Ordinal).Skip(1).Any();

        _days = rotation.Days.Count == 0 ? AllDays : rotation.Days.Aggregate(0, (days, day) => days | (1 << (((int)day + 6) % 7)));
        _open = rotation.From?.Ticks ?? 0;
        _length = (rotation.To?.Ticks ?? 0) - _open;
        if (_length <= 0)
        {
            _length += Day;
        }

        _restricted = _days != AllDays || _length != Day;

        Priority = rotation.Priority;
        Name = rotation.Name;
        Turns = [.. rotation.Users.Select(user => new Answer([user], $"rotation {rotation.Name}"))];
    }

    public int Priority { get; }

    public string Name { get; }

    /// <summary>The answer of each turn, where this rotation alone is on call.</summary>
    public IReadOnlyList<Answer> Turns { get; }

    /// <summary>How often <see cref="At"/> may change its answer, at most, in the long run.</summary>
    public double ChangesPerDay => (_handsOff ? (double)Day / _period : 0) + (_restricted ? 2 : 0);

    /// <summary>Whose turn it is: an index into <see cref="Turns"/>, or <see cref="Nobody"/>.</summary>
    /// <param name="until">Until when this holds at least, exclusive; <see cref="WallClock.Never"/> if for good.</param>
    public int At(long utc, out long until)
    {
        var turn = AtLocal(_clock.Shown(utc), out var untilLocal);
        until = _clock.First(untilLocal, out _);
        return turn;
    }

    private int AtLocal(long wall, out long until)
    {
        if (wall < _start)
        {
            until = _start;
            return Nobody;
        }

        if (wall >= _end)
        {
            until = WallClock.Never;
            return Nobody;
        }

        until = _end;
        if (_restricted)
        {
            var open = IsOpen(wall, out var change);
            until = Math.Min(until, change);
            if (!open)
            {
                return Nobody;
            }
        }

        if (!_handsOff)
        {
            return 0;
        }

        var turn = (wall - _start) / _period;
        until = Math.Min(until, _start + ((turn + 1) * _period));
        return (int)(turn % Turns.Count);
    }

    /// <summary>Whether a daily window is open, and when one closes or else the next one opens.</summary>
    private bool IsOpen(long wall, out long change)
    {
        // A window lasts 24 hours at most, so it began on this day or on the day before.
        var day = (wall - _open >= 0 ? wall - _open : wall - _open - Day + 1) / Day;
        if (MayBegin(day) && wall < (day * Day) + _open + _length)
        {
            // Windows of 24 hours follow each other without a break; some weekday is not among them.
            while (_length == Day && MayBegin(day + 1))
            {
                day++;
            }

            change = (day * Day) + _open + _length;
            return true;
        }

        do
        {
            day++;
        }
        while (!MayBegin(day));

        change = (day * Day) + _open;
        return false;
    }

    // Day 0, 0001-01-01, was a Monday; a window of the day before it may reach into it.
    private bool MayBegin(long day) => (_days & (1 << (int)((day + 7) % 7))) != 0;
}
