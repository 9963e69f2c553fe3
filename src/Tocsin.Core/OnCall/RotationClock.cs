namespace Tocsin.OnCall;

/// <summary>
/// One rotation: arithmetic on local ticks, where each day has 24 hours, and the <see cref="WallClock"/> that says when they are.
/// </summary>
internal sealed class RotationClock
{
    public const int Nobody = -1;

    private const long Day = TimeSpan.TicksPerDay;

    private readonly WallClock _clock;
    private readonly DutyHours? _hours;
    private readonly DateTime _start;
    private readonly long _end;
    private readonly RotationPeriod _every;
    private readonly bool _handsOff;

    /// <param name="holidays">Those that count for this rotation.</param>
    public RotationClock(Rotation rotation, WallClock clock, IReadOnlyList<Holidays> holidays)
    {
        _clock = clock;
        _hours = DutyHours.Of(rotation.AllWindows(), holidays);
        _start = rotation.Start;
        _end = rotation.End?.Ticks ?? WallClock.Never;
        _every = rotation.Every;

        Priority = rotation.Priority;
        Name = rotation.Name;
        Turns = [.. rotation.InTurn().Select(users => Answer.Of([(rotation.Name, [.. users.Distinct(StringComparer.Ordinal)])]))];
        _handsOff = Turns.Any(turn => !turn.Same(Turns[0]));
    }

    public int Priority { get; }

    public string Name { get; }

    /// <summary>The answer of each turn, where this rotation alone is on call.</summary>
    public IReadOnlyList<Answer> Turns { get; }

    /// <summary>How often <see cref="At"/> may change its answer, at most, in the long run.</summary>
    public double ChangesPerDay => (_handsOff ? (double)Day / (_every.Unit == PeriodUnit.Month ? 28 * Day : Length(_every)) : 0) + (_hours?.ChangesPerDay ?? 0);

    /// <summary>Whose turn it is: an index into <see cref="Turns"/>, or <see cref="Nobody"/>.</summary>
    /// <param name="until">Until when this holds at least, exclusive; <see cref="WallClock.Never"/> if for good.</param>
    public int At(long utc, out long until)
    {
        var turn = AtLocal(_clock.Shown(utc), out var untilLocal);
        until = _clock.First(untilLocal, out _);
        return turn;
    }

    private int AtLocal(long local, out long until)
    {
        if (local < _start.Ticks)
        {
            until = _start.Ticks;
            return Nobody;
        }

        if (local >= _end)
        {
            until = WallClock.Never;
            return Nobody;
        }

        until = _end;
        if (_hours is not null)
        {
            var open = _hours.AreOpen(local, out var change);
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

        var turn = TurnAt(local, out var handOff);
        until = Math.Min(until, handOff);
        return (int)(turn % Turns.Count);
    }

    private long TurnAt(long local, out long handOff)
    {
        if (_every.Unit != PeriodUnit.Month)
        {
            var length = Length(_every);
            var turn = (local - _start.Ticks) / length;
            handOff = _start.Ticks + ((turn + 1) * length);
            return turn;
        }

        var date = new DateTime(Math.Min(local, DateTime.MaxValue.Ticks));
        var months = MonthOf(date) - MonthOf(_start);
        if (local < HandOffAfter(months))
        {
            months--;
        }

        handOff = HandOffAfter(((months / _every.Count) + 1) * _every.Count);
        return months / _every.Count;
    }

    private static int MonthOf(DateTime date) => (12 * date.Year) + date.Month;

    /// <summary>Always from the first start on, so that the 31st comes back after a shorter month.</summary>
    private long HandOffAfter(int months) => MonthOf(_start) + months > MonthOf(DateTime.MaxValue) ? WallClock.Never : _start.AddMonths(months).Ticks;

    private static long Length(RotationPeriod period) => period.Count * period.Unit switch
    {
        PeriodUnit.Hour => TimeSpan.TicksPerHour,
        PeriodUnit.Day => Day,
        _ => 7 * Day,
    };
}
