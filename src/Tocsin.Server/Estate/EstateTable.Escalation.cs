using Tocsin.OnCall;

namespace Tocsin.Estate;

/// <summary>What steps may ask for, and when people are not woken.</summary>
internal static partial class EstateTable
{
    private static readonly ScalarShape DayRange = new("days of the week such as mon-fri, sat,sun or fri-mon", t => DayText.TryParse(t, out _));

    private static readonly ScalarShape Between = new("two times of day such as 09:00-18:00; the second at or before the first is the next day's", t => BetweenText.TryParse(t, out _, out _))
    {
        Pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$",
    };

    private static readonly MapShape Quiet = new("quiet_hours", "quiet hours", () =>
    [
        new("between", Between, "When the user is not woken, such as 22:00-08:00, less than a day.", Required: true),
        new("days", DayRange, "Only quiet hours that begin on these days. Default: every day."),
        new("time_zone", TimeZone, "The IANA zone of the hours. Default: the user's time_zone; one of the two is needed."),
        new("high_too", Flag, "High urgency waits too. Default: false, only low urgency waits."),
    ]);

    private static readonly MapShape When = new("when", "a condition", () =>
    [
        new("urgency", Words("an urgency: high or low", "high", "low"), "Only for incidents of this urgency."),
        new("priority", new ListShape(ShortText, "priorities", AtLeast: 1), "Only for incidents with one of these priorities: the label priority of an alert, as its sender writes it, such as P1."),
        new("days", DayRange, "Only on these days of the week: mon-fri, sat,sun. Needs \"time_zone\"."),
        new("between", Between, "Only within these hours: 09:00-18:00; 22:00-06:00 goes on after midnight, and counts to the day that it began on. Needs \"time_zone\"."),
        new("time_zone", TimeZone, "The IANA zone of days and hours."),
    ]);
}
