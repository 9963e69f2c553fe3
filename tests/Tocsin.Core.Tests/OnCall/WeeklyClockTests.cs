using NodaTime;
using Tocsin.OnCall;

namespace Tocsin.Tests.OnCall;

public sealed class WeeklyClockTests
{
    [Fact]
    public void A_stretch_over_midnight_belongs_to_the_day_on_which_it_begins()
    {
        var clock = new WeeklyClock(new("Europe/Berlin", [DayOfWeek.Saturday], new(22, 0), new(4, 0)));

        Assert.Null(clock.At(Utc(2026, 3, 7, 20, 59)));
        Assert.Equal(new Occurrence(Utc(2026, 3, 7, 21, 0), Utc(2026, 3, 8, 3, 0)), clock.At(Utc(2026, 3, 7, 21, 0)));
        Assert.NotNull(clock.At(Utc(2026, 3, 8, 2, 59)));
        Assert.Null(clock.At(Utc(2026, 3, 8, 3, 0)));
        Assert.Equal(Utc(2026, 3, 14, 21, 0), clock.Next(Utc(2026, 3, 8, 3, 0))?.From);
    }

    [Fact]
    public void It_keeps_its_time_of_day_when_the_clock_changes()
    {
        var clock = new WeeklyClock(new("Europe/Berlin", [], new(9, 0), new(10, 0)));

        Assert.NotNull(clock.At(Utc(2026, 3, 28, 8, 30)));
        Assert.NotNull(clock.At(Utc(2026, 3, 29, 7, 30)));
        Assert.Null(clock.At(Utc(2026, 3, 29, 8, 30)));
    }

    [Fact]
    public void A_stretch_that_the_clock_skips_is_not_there_that_day()
    {
        var clock = new WeeklyClock(new("Europe/Berlin", [], new(2, 15), new(2, 45)));

        Assert.Equal(Utc(2026, 3, 30, 0, 15), clock.Next(Utc(2026, 3, 28, 12, 0))?.From);
    }

    [Fact]
    public void A_stretch_that_the_clock_shows_twice_lasts_from_its_first_beginning_to_its_first_end()
    {
        var clock = new WeeklyClock(new("Europe/Berlin", [], new(2, 15), new(2, 45)));

        Assert.Equal(new Occurrence(Utc(2026, 10, 25, 0, 15), Utc(2026, 10, 25, 0, 45)), clock.At(Utc(2026, 10, 25, 0, 30)));
        Assert.Null(clock.At(Utc(2026, 10, 25, 1, 30)));
    }

    [Fact]
    public void Days_that_follow_each_other_without_a_break_are_one_stretch()
    {
        var clock = new WeeklyClock(new("UTC", [DayOfWeek.Saturday, DayOfWeek.Sunday], new(0, 0), new(0, 0)));

        Assert.Equal(new Occurrence(Utc(2026, 3, 7, 0, 0), Utc(2026, 3, 9, 0, 0)), clock.At(Utc(2026, 3, 7, 12, 0)));
    }

    [Theory]
    [InlineData("Europe/Berlin", 22, 4)]
    [InlineData("America/New_York", 1, 3)]
    [InlineData("Australia/Lord_Howe", 1, 2)]
    [InlineData("Pacific/Apia", 18, 6)]
    [InlineData("America/Havana", 23, 1)]
    [InlineData("Asia/Kathmandu", 8, 8)]
    public void It_answers_as_a_walk_through_every_quarter_of_an_hour(string zone, int from, int to)
    {
        DayOfWeek[] days = [DayOfWeek.Monday, DayOfWeek.Friday, DayOfWeek.Sunday];
        var clock = new WeeklyClock(new(zone, days, new(from, 0), new(to, 0)));
        var tz = DateTimeZoneProviders.Tzdb[zone];
        var start = Utc(2011, 12, 1, 0, 0);

        // The latest local time that the clock has shown: what happens at a local time happens when it is first shown, or passed.
        var shown = DateTime.MinValue;
        for (var at = start.AddDays(-2); at < start.AddYears(1); at = at.AddMinutes(15))
        {
            var local = NodaTime.Instant.FromDateTimeOffset(at).InZone(tz).ToDateTimeUnspecified();
            shown = local > shown ? local : shown;
            var covered = ((int[])[0, -1]).Any(back =>
            {
                var begins = shown.Date.AddDays(back).AddHours(from);
                var ends = to > from ? begins.Date.AddHours(to) : begins.Date.AddDays(1).AddHours(to);
                return days.Contains(begins.DayOfWeek) && begins <= shown && shown < ends;
            });
            Assert.True(covered == clock.At(at) is not null, $"{zone} {at:u}: {(covered ? "covered" : "not covered")}");
        }
    }

    private static DateTimeOffset Utc(int year, int month, int day, int hour, int minute) => new(year, month, day, hour, minute, 0, TimeSpan.Zero);
}
