using System.Globalization;
using Tocsin.OnCall;

namespace Tocsin.Notify;

/// <summary>When the monthly test of somebody's contact methods may go out. Pure.</summary>
public static class SelfTestTimes
{
    /// <summary>The last day of the month on which tests may begin, so that each month has it.</summary>
    public const int LastDay = 28;

    private const int MostDays = 7;

    private static readonly (TimeOnly From, TimeOnly To) _waking = (new(9, 0), new(20, 0));

    /// <summary>The month whose test may go out at this instant: 09:00 to 20:00 in the person's zone, not in their quiet hours, within seven days from the day.</summary>
    /// <param name="day">1 to 28.</param>
    /// <returns>Such as <c>2026-11</c>; null: not now, or not to this person.</returns>
    public static string? MonthAt(Person person, int day, DateTimeOffset now) =>
        person is { Disabled: false, SelfTest: true } && IsAwake(person, now) ? MonthOf(person, day, now) : null;

    /// <summary>Whether a test may ring now. Without a zone of the person it is that of their quiet hours, else UTC.</summary>
    public static bool IsAwake(Person person, DateTimeOffset now) =>
        new DayWindow { From = _waking.From, To = _waking.To, TimeZone = ZoneOf(person) }.Contains(now) && person.Quiet?.Hours.Contains(now) != true;

    /// <summary>When a test of a month is given up, UTC: at the end of its seven days.</summary>
    /// <param name="month">As <see cref="MonthAt"/> gave it.</param>
    public static DateTimeOffset EndOf(Person person, int day, string month) =>
        ZoneRules.Instant(ZoneOf(person), DateTime.ParseExact(month, "yyyy-MM", CultureInfo.InvariantCulture).AddDays(day - 1 + MostDays));

    private static string? MonthOf(Person person, int day, DateTimeOffset now)
    {
        // Seven days from the 28th end in the next month.
        var local = ZoneRules.Local(ZoneOf(person), now).Local;
        var began = local.Day >= day ? new DateTime(local.Year, local.Month, day) : new DateTime(local.Year, local.Month, 1).AddMonths(-1).AddDays(day - 1);
        return local < began.AddDays(MostDays) ? began.ToString("yyyy-MM", CultureInfo.InvariantCulture) : null;
    }

    private static string ZoneOf(Person person) => person.TimeZone ?? person.Quiet?.Hours.TimeZone ?? "UTC";
}
