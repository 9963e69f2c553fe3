namespace Tocsin.OnCall;

/// <summary>Turns schedules into answers: who is on call, when, and why.</summary>
public static class OnCallCalendar
{
    /// <summary>
    /// Prepares a schedule for questions. Costs a sort of the overrides; keep the result as long as the schedule stays.
    /// </summary>
    /// <exception cref="ArgumentException">The schedule breaks <see cref="ScheduleRules"/>, which are checked before it is saved.</exception>
    public static CompiledSchedule Compile(Schedule schedule)
    {
        if (ScheduleRules.Check(schedule) is [var error, ..])
        {
            throw new ArgumentException($"Schedule '{schedule.Name}', {error.Field}: {error.Detail}", nameof(schedule));
        }

        return new(schedule);
    }
}

/// <summary>
/// A schedule that answers questions. The answers are a pure function of schedule, instant and time zone database, for any
/// instant from the year 1 to 9999. Safe for any number of threads. What it keeps to be fast is bounded, a few megabytes at most
/// beside the overrides themselves.
/// </summary>
public sealed class CompiledSchedule
{
    /// <summary>How far ahead of an instant a change is told: 366 days.</summary>
    private static readonly TimeSpan Foresight = TimeSpan.FromDays(366);

    private readonly WallClock _clock;
    private readonly RotationLine _rotations;
    private readonly OverrideLine _overrides;

    internal CompiledSchedule(Schedule schedule)
    {
        Schedule = schedule;
        _clock = new(schedule.TimeZone);
        _rotations = new(schedule.Rotations);
        _overrides = new(schedule.Overrides);
    }

    public Schedule Schedule { get; }

    internal int KeptWeight => _rotations.KeptWeight;

    /// <summary>Who is on call at an instant, of whatever offset.</summary>
    public OnCallNow At(DateTimeOffset instant)
    {
        var answer = AnswerAt(_clock.Shown(instant.UtcTicks), out var untilWall);
        return new(answer.Users, WithinForesight(instant, ChangeOf(answer, untilWall)), answer.Because);
    }

    /// <summary>When the answer for this instant changes next, UTC; null: not within 366 days.</summary>
    public DateTimeOffset? NextChange(DateTimeOffset after) => At(after).Until;

    /// <summary>
    /// All stretches between two instants, in order and without a break, gaps included; the first and the last are cut off there.
    /// Neighbours differ. Worked out while it is read, so the end may be far away. Empty unless from is before to.
    /// </summary>
    public IEnumerable<Shift> Shifts(DateTimeOffset from, DateTimeOffset to)
    {
        var begin = from.ToUniversalTime();
        var end = to.ToUniversalTime();
        for (var at = begin; at < end;)
        {
            var answer = AnswerAt(_clock.Shown(at.UtcTicks), out var untilWall);
            if (WithinForesight(at, ChangeOf(answer, untilWall)) is { } change && change < end)
            {
                yield return new(begin, change, answer.Users, answer.Because);
                begin = at = change;
            }
            else if (end - at > Foresight)
            {
                // The change, if any, is further away than one can see from here.
                at += Foresight;
            }
            else
            {
                yield return new(begin, end, answer.Users, answer.Because);
                yield break;
            }
        }
    }

    /// <summary>Those of <see cref="Shifts"/> in which nobody is on call.</summary>
    public IEnumerable<Shift> Gaps(DateTimeOffset from, DateTimeOffset to) => Shifts(from, to).Where(shift => shift.Users.Count == 0);

    private static DateTimeOffset? WithinForesight(DateTimeOffset instant, long change) =>
        change != WallClock.Never && change - instant.UtcTicks <= Foresight.Ticks ? new DateTimeOffset(change, TimeSpan.Zero) : null;

    private Answer AnswerAt(long wall, out long untilWall)
    {
        if (_overrides.At(wall, out untilWall) is { } replaced)
        {
            return replaced;
        }

        var answer = _rotations.At(wall, out var untilTurn);
        untilWall = Math.Min(untilWall, untilTurn);
        return answer;
    }

    /// <summary>The instant of the next other answer. What lies wholly inside a skipped hour never comes to pass.</summary>
    private long ChangeOf(Answer answer, long untilWall)
    {
        while (true)
        {
            var change = _clock.First(untilWall, out var shown);
            if (change == WallClock.Never || shown == untilWall || !AnswerAt(shown, out untilWall).Same(answer))
            {
                return change;
            }
        }
    }
}
