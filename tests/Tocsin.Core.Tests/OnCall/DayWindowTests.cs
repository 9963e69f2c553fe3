using System.Globalization;
using Tocsin.OnCall;

namespace Tocsin.Tests.OnCall;

public sealed class DayWindowTests
{
    [Theory]
    [InlineData("09:00-18:00", "mon-fri", "UTC", "2026-01-05T09:00Z", true)]
    [InlineData("09:00-18:00", "mon-fri", "UTC", "2026-01-05T17:59Z", true)]
    [InlineData("09:00-18:00", "mon-fri", "UTC", "2026-01-05T18:00Z", false)]
    [InlineData("09:00-18:00", "mon-fri", "UTC", "2026-01-04T12:00Z", false)]
    [InlineData("09:00-18:00", "", "America/New_York", "2026-01-05T13:59Z", false)]
    [InlineData("09:00-18:00", "", "America/New_York", "2026-01-05T14:00Z", true)]
    // Over midnight it belongs to the day on which it begins.
    [InlineData("22:00-06:00", "fri", "UTC", "2026-01-09T23:00Z", true)]
    [InlineData("22:00-06:00", "fri", "UTC", "2026-01-10T05:59Z", true)]
    [InlineData("22:00-06:00", "fri", "UTC", "2026-01-09T05:00Z", false)]
    [InlineData("00:00-00:00", "sat,sun", "UTC", "2026-01-10T00:00Z", true)]
    [InlineData("00:00-00:00", "sat,sun", "UTC", "2026-01-11T23:59Z", true)]
    [InlineData("00:00-00:00", "sat,sun", "UTC", "2026-01-12T00:00Z", false)]
    public void It_holds_the_hours_of_its_days_on_the_clock_of_its_zone(string between, string days, string zone, string at, bool expected) =>
        Assert.Equal(expected, Window(between, days, zone).Contains(At(at)));

    [Theory]
    [InlineData("22:00-08:00", "", "UTC", "2026-01-05T21:59Z", "2026-01-05T21:59Z")]
    [InlineData("22:00-08:00", "", "UTC", "2026-01-05T22:00Z", "2026-01-06T08:00Z")]
    [InlineData("22:00-08:00", "", "UTC", "2026-01-06T07:59Z", "2026-01-06T08:00Z")]
    // Two whole days are one rest.
    [InlineData("00:00-00:00", "sat,sun", "UTC", "2026-01-10T12:00Z", "2026-01-12T00:00Z")]
    // In the night of the change to summer time 02:30 is skipped, and the rest ends when the clock shows 03:00.
    [InlineData("22:00-02:30", "", "Europe/Berlin", "2026-03-28T23:00Z", "2026-03-29T01:00Z")]
    // In the night of the change back 02:30 comes twice, and the first counts.
    [InlineData("22:00-02:30", "", "Europe/Berlin", "2026-10-24T23:00Z", "2026-10-25T00:30Z")]
    // Half an hour of summer time, and a day that did not exist.
    [InlineData("22:00-02:15", "", "Australia/Lord_Howe", "2026-10-03T14:00Z", "2026-10-03T15:30Z")]
    [InlineData("22:00-08:00", "", "Pacific/Apia", "2011-12-30T09:00Z", "2011-12-30T18:00Z")]
    public void What_waits_is_free_at_its_end(string between, string days, string zone, string at, string free)
    {
        var window = Window(between, days, zone);

        Assert.Equal(At(free), window.Free(At(at)));
        Assert.False(window.Contains(window.Free(At(at))));
    }

    [Fact]
    public void Every_day_the_whole_day_never_ends() => Assert.Equal(At("2026-01-05T12:00Z"), Window("08:00-08:00", "", "UTC").Free(At("2026-01-05T12:00Z")));

    [Fact]
    public void Over_two_years_the_end_is_never_inside_nor_late()
    {
        foreach (var zone in (string[])["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu"])
        {
            var window = Window("22:00-06:30", "", zone);
            for (var at = At("2026-01-01T00:07Z"); at < At("2028-01-01T00:00Z"); at = at.AddMinutes(97))
            {
                var free = window.Free(at);
                Assert.False(window.Contains(free), $"{zone} {at:O}");
                Assert.InRange(free - at, TimeSpan.Zero, TimeSpan.FromHours(9.5));
                Assert.Equal(free == at, !window.Contains(at));
            }
        }
    }

    [Theory]
    [InlineData("mon-fri", "mon-fri")]
    [InlineData("SAT, sun", "sat,sun")]
    [InlineData("fri-mon", "mon,fri-sun")]
    [InlineData("wed", "wed")]
    [InlineData("mon-sun", "mon-sun")]
    public void Days_are_read_and_written(string text, string written)
    {
        Assert.True(DayText.TryParse(text, out var days));
        Assert.Equal(written, DayText.Format(days));
    }

    [Theory]
    [InlineData("")]
    [InlineData("monday")]
    [InlineData("mon-tue-wed")]
    [InlineData("mon,")]
    [InlineData("mon-")]
    public void What_are_no_days_is_refused(string text) => Assert.False(DayText.TryParse(text, out _));

    private static DayWindow Window(string between, string days, string zone) => new()
    {
        From = TimeOnly.ParseExact(between[..5], "HH:mm", CultureInfo.InvariantCulture),
        To = TimeOnly.ParseExact(between[6..], "HH:mm", CultureInfo.InvariantCulture),
        Days = days.Length > 0 && DayText.TryParse(days, out var read) ? read : [],
        TimeZone = zone,
    };

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
