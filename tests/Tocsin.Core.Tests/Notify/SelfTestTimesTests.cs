using System.Globalization;
using Tocsin.Notify;
using Tocsin.OnCall;

namespace Tocsin.Tests.Notify;

public sealed class SelfTestTimesTests
{
    private static readonly Person _ana = new() { Name = "ana", TimeZone = "Europe/Berlin" };

    [Theory]
    [InlineData("2026-11-01T08:00Z", "2026-11")] // 09:00 in Berlin
    [InlineData("2026-11-01T07:59Z", null)]
    [InlineData("2026-11-01T18:59Z", "2026-11")]
    [InlineData("2026-11-01T19:00Z", null)]
    [InlineData("2026-11-07T18:59Z", "2026-11")]
    [InlineData("2026-11-08T08:00Z", null)]
    [InlineData("2026-10-31T12:00Z", null)]
    [InlineData("2026-07-01T07:00Z", "2026-07")] // summer
    public void A_test_goes_out_by_day_within_seven_days_from_the_first(string at, string? month) =>
        Assert.Equal(month, SelfTestTimes.MonthAt(_ana, 1, At(at)));

    [Theory]
    [InlineData("2026-02-27T12:00Z", null)]
    [InlineData("2026-02-28T12:00Z", "2026-02")]
    [InlineData("2026-03-06T12:00Z", "2026-02")]
    [InlineData("2026-03-07T12:00Z", null)]
    [InlineData("2027-01-03T12:00Z", "2026-12")]
    public void Seven_days_from_the_28th_end_in_the_next_month(string at, string? month) => Assert.Equal(month, SelfTestTimes.MonthAt(_ana, 28, At(at)));

    [Fact]
    public void Quiet_hours_hold_whatever_they_are_for_and_their_zone_is_the_person_s_where_none_is_said()
    {
        var quiet = new QuietHours(new DayWindow { From = new(8, 0), To = new(12, 0), TimeZone = "America/New_York" });
        var bo = new Person { Name = "bo", Quiet = quiet };

        Assert.Null(SelfTestTimes.MonthAt(bo, 1, At("2026-11-01T15:00Z")));
        Assert.Equal("2026-11", SelfTestTimes.MonthAt(bo, 1, At("2026-11-01T17:00Z")));
        Assert.Null(SelfTestTimes.MonthAt(bo, 1, At("2026-11-02T01:00Z")));
    }

    [Fact]
    public void Whoever_is_disabled_or_does_not_want_it_has_none()
    {
        Assert.Null(SelfTestTimes.MonthAt(_ana with { Disabled = true }, 1, At("2026-11-01T12:00Z")));
        Assert.Null(SelfTestTimes.MonthAt(_ana with { SelfTest = false }, 1, At("2026-11-01T12:00Z")));
    }

    [Fact]
    public void It_is_given_up_when_its_last_day_is_over_on_the_person_s_wall_clock() =>
        Assert.Equal(At("2026-11-07T23:00Z"), SelfTestTimes.EndOf(_ana, 1, "2026-11"));

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).ToUniversalTime();
}
