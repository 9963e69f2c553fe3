using Tocsin.OnCall;

namespace Tocsin.Reports;

/// <summary>
/// Nights and weekends as one person has them. Where the clocks change it follows the clock: a skipped time is the next valid instant, of a
/// repeated one the first counts.
/// </summary>
public sealed class PersonalClock
{
    public static readonly TimeOnly NightFrom = new(22, 0);

    public static readonly TimeOnly NightTo = new(7, 0);

    private readonly WallClock _clock;

    /// <param name="timeZone">A known IANA zone.</param>
    public PersonalClock(string timeZone) => (TimeZone, _clock) = (timeZone, new(timeZone));

    public string TimeZone { get; }

    /// <summary>22:00 to 07:00.</summary>
    public bool IsNight(DateTimeOffset at) => TimeOnly.FromDateTime(Shown(at)) is var time && (time >= NightFrom || time < NightTo);

    /// <summary>Saturday or Sunday.</summary>
    public bool IsWeekend(DateTimeOffset at) => Shown(at).DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday;

    /// <summary>The day on which the night of this instant began: until 07:00 it is the day before.</summary>
    public DateOnly NightOf(DateTimeOffset at) => Shown(at) is var shown && TimeOnly.FromDateTime(shown) < NightTo
        ? DateOnly.FromDateTime(shown).AddDays(-1)
        : DateOnly.FromDateTime(shown);

    public DateOnly DayOf(DateTimeOffset at) => DateOnly.FromDateTime(Shown(at));

    /// <summary>All nights that touch a span, in order.</summary>
    internal Stretches Nights(DateTimeOffset from, DateTimeOffset to) =>
        Stretches.Of(Days(from, to).Select(day => (First(day, NightFrom), First(day.AddDays(1), NightTo))));

    /// <summary>All weekends that touch a span, each as one stretch, in order.</summary>
    internal Stretches Weekends(DateTimeOffset from, DateTimeOffset to) =>
        Stretches.Of(Days(from, to).Where(day => day.DayOfWeek == DayOfWeek.Saturday).Select(day => (First(day, TimeOnly.MinValue), First(day.AddDays(2), TimeOnly.MinValue))));

    internal DateTimeOffset First(DateOnly day, TimeOnly time) => new(_clock.First(day.ToDateTime(time).Ticks, out _), TimeSpan.Zero);

    private IEnumerable<DateOnly> Days(DateTimeOffset from, DateTimeOffset to)
    {
        for (var day = DayOf(from).AddDays(-1); day <= DayOf(to); day = day.AddDays(1))
        {
            yield return day;
        }
    }

    private DateTime Shown(DateTimeOffset at) => new(_clock.Shown(at.UtcTicks));
}
