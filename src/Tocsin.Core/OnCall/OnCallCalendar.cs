namespace Tocsin.OnCall;

/// <summary>Turns schedules into answers: who is on call, when, and why.</summary>
public static class OnCallCalendar
{
    /// <summary>
    /// Prepares a schedule for questions. Costs a sort of the overrides and entries; keep the result as long as the schedule stays.
    /// </summary>
    /// <exception cref="ArgumentException">The schedule breaks <see cref="ScheduleRules"/>, which are checked before it is saved.</exception>
    public static CompiledSchedule Compile(Schedule schedule) => Compile(schedule, OnCallEntries.None);

    /// <inheritdoc cref="Compile(Schedule)"/>
    /// <param name="entries">What people entered for it. That is never a reason to refuse; see <see cref="OnCallEntries"/>.</param>
    public static CompiledSchedule Compile(Schedule schedule, OnCallEntries entries)
    {
        ThrowIfBroken(schedule);
        return new(schedule, entries.IsEmpty ? null : new(entries));
    }

    internal static void ThrowIfBroken(Schedule schedule)
    {
        if (ScheduleRules.Check(schedule) is [var error, ..])
        {
            throw new ArgumentException($"Schedule '{schedule.Name}', {error.Field}: {error.Detail}", nameof(schedule));
        }
    }
}

/// <summary>
/// A schedule that answers questions. The answers are a pure function of schedule, entries, instant and time zone database, for any
/// instant from the year 1 to 9999. Safe for any number of threads. What it keeps to be fast is bounded, a few megabytes at most
/// beside the overrides themselves.
/// </summary>
public sealed class CompiledSchedule
{
    /// <summary>How far ahead of an instant a change is told: 366 days.</summary>
    private static readonly TimeSpan Foresight = TimeSpan.FromDays(366);

    private readonly EntryLines? _entries;
    private readonly SpanLine<Answer> _overrides;
    private readonly SpanLine<Answer>? _calendar;
    private readonly RotationLine _rotations;

    internal CompiledSchedule(Schedule schedule, EntryLines? entries)
    {
        Schedule = schedule;
        _rotations = new(schedule);
        _overrides = Lay(schedule.Overrides, new(schedule.TimeZone));
        _entries = entries;
        _calendar = schedule.Calendar is { } calendar && entries is { Calendar.Count: > 0 } ? CalendarLine.Lay(calendar, entries.Calendar) : null;
    }

    public Schedule Schedule { get; }

    internal int KeptWeight => _rotations.KeptWeight;

    /// <summary>Another schedule under the same entries: what this one would be after a change.</summary>
    /// <exception cref="ArgumentException">The schedule breaks <see cref="ScheduleRules"/>.</exception>
    public CompiledSchedule Changed(Schedule schedule)
    {
        OnCallCalendar.ThrowIfBroken(schedule);
        return new(schedule, _entries);
    }

    /// <summary>Who is on call at an instant, of whatever offset.</summary>
    public OnCallNow At(DateTimeOffset instant)
    {
        var state = StateAt(instant.UtcTicks);
        return new(state.Answer.Users, ChangeWithinForesight(state, instant), state.Answer.Because);
    }

    /// <summary>When the answer for this instant changes next, UTC; null: not within 366 days.</summary>
    public DateTimeOffset? NextChange(DateTimeOffset after) => At(after).Until;

    /// <summary>
    /// All stretches between two instants, in order and without a break, gaps included; the first and the last are cut off there.
    /// Neighbours differ. Worked out while it is read, so the end may be far away. Empty unless from is before to.
    /// </summary>
    public IEnumerable<Shift> Shifts(DateTimeOffset from, DateTimeOffset to) => Stretches(from, to).Select(s => s.Shift);

    /// <summary>Those of <see cref="Shifts"/> in which nobody is on call.</summary>
    public IEnumerable<Shift> Gaps(DateTimeOffset from, DateTimeOffset to) => Shifts(from, to).Where(shift => shift.Users.Count == 0);

    /// <summary>
    /// Those of <see cref="Shifts"/> in which rotations of one priority put different people on call together. Neither the people of
    /// one turn nor those of different priorities overlap, and what an override or a cover decides does not.
    /// </summary>
    public IEnumerable<Shift> Overlaps(DateTimeOffset from, DateTimeOffset to) => Stretches(from, to).Where(s => s.Overlap).Select(s => s.Shift);

    /// <summary><see cref="Gaps"/> and <see cref="Overlaps"/> in one go.</summary>
    public Coverage Coverage(DateTimeOffset from, DateTimeOffset to)
    {
        var flaws = Stretches(from, to).Where(s => s.Overlap || s.Shift.Users.Count == 0).ToLookup(s => s.Overlap, s => s.Shift);
        return new([.. flaws[false]], [.. flaws[true]]);
    }

    private IEnumerable<(Shift Shift, bool Overlap)> Stretches(DateTimeOffset from, DateTimeOffset to)
    {
        var begin = from.ToUniversalTime();
        var end = to.ToUniversalTime();
        for (var at = begin; at < end;)
        {
            var state = StateAt(at.UtcTicks);
            var answer = state.Answer;
            if (ChangeWithinForesight(state, at) is { } change && change < end)
            {
                yield return (new(begin, change, answer.Users, answer.Because), answer.Overlap);
                begin = at = change;
            }
            else if (end - at > Foresight)
            {
                // The change, if any, is further away than one can see from here.
                at += Foresight;
            }
            else
            {
                yield return (new(begin, end, answer.Users, answer.Because), answer.Overlap);
                yield break;
            }
        }
    }

    private static SpanLine<Answer> Lay(IReadOnlyList<Override> overrides, WallClock clock)
    {
        var byUser = new Dictionary<string, Answer>(StringComparer.Ordinal);
        return new([.. overrides.Select(o => new Span<Answer>(clock.First(o.From.Ticks, out _), clock.First(o.To.Ticks, out _), For(o.User)))]);

        Answer For(string user) => byUser.TryGetValue(user, out var answer) ? answer : byUser[user] = new([user], "override");
    }

    /// <summary>The instant of the next other answer, if it can be told from here.</summary>
    private DateTimeOffset? ChangeWithinForesight(State state, DateTimeOffset from)
    {
        var foreseen = Math.Min(from.UtcTicks + Foresight.Ticks, DateTime.MaxValue.Ticks);
        var answer = state.Answer;
        while (state.Until <= foreseen)
        {
            var until = state.Until;
            if (state.IsChange || !(state = StateAt(until)).Answer.Same(answer))
            {
                return new(until, TimeSpan.Zero);
            }
        }

        return null;
    }

    private State StateAt(long utc)
    {
        var until = WallClock.Never;
        if (_entries?.ForEverybody(utc, ref until) is { } cover)
        {
            return new(Covered(cover, utc, ref until), until, IsChange: false);
        }

        if (_overrides.At(utc, out var change) is { } replaced)
        {
            return Replaced(replaced, utc, until, change);
        }

        var named = _calendar is null ? null : Named(_calendar, utc, ref until);
        if (named is not null && Schedule.Calendar!.Use == CalendarUse.Overrides)
        {
            return Replaced(named, utc, Math.Min(until, change), WallClock.Never);
        }

        if (named is not null && AreAllThere(named.Users, utc, ref until))
        {
            return new(named, Math.Min(until, change), IsChange: false);
        }

        var answer = _rotations.At(utc, out var rotationChange);
        if (named is null && (_entries is null || AreAllThere(answer.Users, utc, ref until)))
        {
            change = Math.Min(change, rotationChange);
            return new(answer, Math.Min(until, change), IsChange: change < until);
        }

        until = Math.Min(until, change);
        return new(new Roll(_entries!, utc).Call(named, _rotations, ref until), until, IsChange: false);
    }

    private static Answer? Named(SpanLine<Answer> calendar, long utc, ref long until)
    {
        var named = calendar.At(utc, out var change);
        until = Math.Min(until, change);
        return named;
    }

    private State Replaced(Answer replaced, long utc, long until, long change) =>
        _entries?.StandIn(replaced.Users[0], -1, utc, ref until) is { } standIn
            ? new(new([standIn.Cover.User], $"{replaced.Because}; {Roll.Say(replaced.Users[0], standIn.Cover)}"), Math.Min(until, change), IsChange: false)
            : new(replaced, Math.Min(until, change), IsChange: change < until);

    private Answer Covered(RankedCover cover, long utc, ref long until) =>
        _entries!.StandIn(cover.Cover.User, cover.Rank, utc, ref until) is { } standIn
            ? new([standIn.Cover.User], $"{Roll.Say(null, cover.Cover)}; {Roll.Say(cover.Cover.User, standIn.Cover)}")
            : new([cover.Cover.User], Roll.Say(null, cover.Cover));

    /// <param name="until">Made smaller where this holds less long; if it does not hold at all, not by everybody.</param>
    private bool AreAllThere(IReadOnlyList<string> users, long utc, ref long until)
    {
        foreach (var user in users)
        {
            if (_entries!.StandIn(user, -1, utc, ref until) is not null || _entries.IsAway(user, utc, ref until))
            {
                return false;
            }
        }

        return true;
    }

    /// <param name="Until">How long the answer holds at least.</param>
    /// <param name="IsChange">It is known that another answer follows then, without asking again.</param>
    private readonly record struct State(Answer Answer, long Until, bool IsChange);
}
