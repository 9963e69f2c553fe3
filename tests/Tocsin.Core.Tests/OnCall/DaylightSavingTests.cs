using Tocsin.OnCall;
using static Tocsin.Tests.OnCall.Plan;

namespace Tocsin.Tests.OnCall;

/// <summary>Hand-offs at the odd days of real zones; all instants here were worked out by hand.</summary>
public sealed class DaylightSavingTests
{
    [Fact]
    public void A_weekly_hand_off_at_nine_stays_at_nine_in_summer_and_in_winter()
    {
        var calendar = OnCallCalendar.Compile(Schedule("Europe/Berlin", Weekly("2026-03-16T09:00", "ana", "bo")));

        Assert.Equal(
            ["2026-03-16 08:00 ana", "2026-03-23 08:00 bo", "2026-03-30 07:00 ana", "2026-04-06 07:00 bo"],
            calendar.Shifts(Utc("2026-03-16T08:00Z"), Utc("2026-04-13T07:00Z")).Lines());
        Assert.Equal(
            ["2026-10-12 07:00 ana", "2026-10-19 07:00 bo", "2026-10-26 08:00 ana", "2026-11-02 08:00 bo"],
            calendar.Shifts(Utc("2026-10-12T07:00Z"), Utc("2026-11-09T08:00Z")).Lines());
    }

    [Fact]
    public void A_hand_off_in_the_skipped_hour_happens_when_the_skip_ends()
    {
        // In Berlin 2026-03-29 goes from 02:00 straight to 03:00, at 01:00 UTC.
        var calendar = OnCallCalendar.Compile(Schedule("Europe/Berlin", Daily("2026-03-28T02:30", "ana", "bo")));

        Assert.Equal(
            ["2026-03-28 01:30 ana", "2026-03-29 01:00 bo", "2026-03-30 00:30 ana"],
            calendar.Shifts(Utc("2026-03-28T01:30Z"), Utc("2026-03-31T00:30Z")).Lines());
    }

    [Fact]
    public void A_hand_off_in_the_repeated_hour_happens_the_first_time()
    {
        // In Berlin 2026-10-25 shows 02:00 to 03:00 twice, from 00:00 UTC and from 01:00 UTC.
        var calendar = OnCallCalendar.Compile(Schedule("Europe/Berlin", Daily("2026-10-24T02:30", "ana", "bo")));

        Assert.Equal(
            ["2026-10-24 00:30 ana", "2026-10-25 00:30 bo", "2026-10-26 01:30 ana"],
            calendar.Shifts(Utc("2026-10-24T00:30Z"), Utc("2026-10-27T01:30Z")).Lines());
        Assert.Equal("bo", calendar.Who("2026-10-25T01:10Z"));
    }

    [Fact]
    public void The_edges_of_a_skip_and_of_a_repetition_are_ordinary_times()
    {
        var spring = OnCallCalendar.Compile(Schedule("Europe/Berlin", Every(1, PeriodUnit.Hour, "2026-03-29T00:00", "a", "b", "c", "d", "e", "f")));
        var autumn = OnCallCalendar.Compile(Schedule("Europe/Berlin", Every(1, PeriodUnit.Hour, "2026-10-25T00:00", "a", "b", "c", "d", "e", "f")));

        // c's hour, 02:00 to 03:00, does not exist in spring and lasts two in autumn.
        Assert.Equal(
            ["2026-03-28 23:00 a", "2026-03-29 00:00 b", "2026-03-29 01:00 d", "2026-03-29 02:00 e"],
            spring.Shifts(Utc("2026-03-28T23:00Z"), Utc("2026-03-29T03:00Z")).Lines());
        Assert.Equal(
            ["2026-10-24 22:00 a", "2026-10-24 23:00 b", "2026-10-25 00:00 c", "2026-10-25 02:00 d"],
            autumn.Shifts(Utc("2026-10-24T22:00Z"), Utc("2026-10-25T03:00Z")).Lines());
    }

    [Fact]
    public void An_hour_that_never_comes_is_no_change_when_the_same_person_follows()
    {
        var calendar = OnCallCalendar.Compile(Schedule("Europe/Berlin", Every(1, PeriodUnit.Hour, "2026-03-29T01:00", "ana", "bo")));

        // ana 01:00, bo 02:00 (skipped), ana 03:00: ana has two real hours.
        Assert.Equal(Utc("2026-03-29T02:00Z"), calendar.At(Utc("2026-03-29T00:00Z")).Until);
        Assert.Equal(
            ["2026-03-29 00:00 ana", "2026-03-29 02:00 bo"],
            calendar.Shifts(Utc("2026-03-29T00:00Z"), Utc("2026-03-29T03:00Z")).Lines());
    }

    [Fact]
    public void Lord_Howe_moves_its_clock_by_half_an_hour()
    {
        // 2026-04-05: at 15:00 UTC the day before, 02:00 becomes 01:30. 2026-10-04: at 15:30 UTC the day before, 02:00 becomes 02:30.
        var calendar = OnCallCalendar.Compile(Schedule("Australia/Lord_Howe", Daily("2026-04-03T01:45", "ana", "bo")));
        Assert.Equal(
            ["2026-04-02 14:45 ana", "2026-04-03 14:45 bo", "2026-04-04 14:45 ana", "2026-04-05 15:15 bo"],
            calendar.Shifts(Utc("2026-04-02T14:45Z"), Utc("2026-04-06T15:15Z")).Lines());

        var later = OnCallCalendar.Compile(Schedule("Australia/Lord_Howe", Daily("2026-10-02T02:15", "ana", "bo")));
        Assert.Equal(
            ["2026-10-01 15:45 ana", "2026-10-02 15:45 bo", "2026-10-03 15:30 ana", "2026-10-04 15:15 bo"],
            later.Shifts(Utc("2026-10-01T15:45Z"), Utc("2026-10-05T15:15Z")).Lines());
    }

    [Fact]
    public void Apia_had_no_30th_of_December_2011_so_that_turn_fell_out()
    {
        // At 2011-12-30 10:00 UTC the clock went from the end of the 29th (-10) to the beginning of the 31st (+14).
        var calendar = OnCallCalendar.Compile(Schedule("Pacific/Apia", Daily("2011-12-28T09:00", "ana", "bo", "chen", "dee")));

        Assert.Equal(
            ["2011-12-28 19:00 ana", "2011-12-29 19:00 bo", "2011-12-30 10:00 chen", "2011-12-30 19:00 dee", "2011-12-31 19:00 ana"],
            calendar.Shifts(Utc("2011-12-28T19:00Z"), Utc("2012-01-01T19:00Z")).Lines());
    }

    [Fact]
    public void A_turn_from_midnight_to_midnight_of_the_missing_day_lasts_no_time()
    {
        var calendar = OnCallCalendar.Compile(Schedule("Pacific/Apia", Daily("2011-12-28T00:00", "ana", "bo", "chen", "dee")));

        Assert.Equal(
            ["2011-12-28 10:00 ana", "2011-12-29 10:00 bo", "2011-12-30 10:00 dee", "2011-12-31 10:00 ana"],
            calendar.Shifts(Utc("2011-12-28T10:00Z"), Utc("2012-01-01T10:00Z")).Lines());
    }

    [Fact]
    public void A_window_of_the_missing_day_counts_as_far_as_it_reaches_into_the_next()
    {
        var fridays = Weekly("2011-12-05T00:00", "ana");
        var office = OnCallCalendar.Compile(Schedule("Pacific/Apia", fridays.Between("09:00", "17:00", DayOfWeek.Friday)));
        var night = OnCallCalendar.Compile(Schedule("Pacific/Apia", fridays.Between("22:00", "06:00", DayOfWeek.Friday)));

        Assert.Equal(["2011-12-29 10:00 nobody"], office.Shifts(Utc("2011-12-29T10:00Z"), Utc("2012-01-02T10:00Z")).Lines());
        Assert.Equal(
            ["2011-12-29 10:00 nobody", "2011-12-30 10:00 ana", "2011-12-30 16:00 nobody"],
            night.Shifts(Utc("2011-12-29T10:00Z"), Utc("2012-01-02T10:00Z")).Lines());
    }

    [Fact]
    public void Troll_moves_its_clock_by_two_hours()
    {
        // 2026-03-29 01:00 UTC: 01:00 becomes 03:00. 2026-10-25 01:00 UTC: 03:00 becomes 01:00.
        var calendar = OnCallCalendar.Compile(Schedule("Antarctica/Troll", Daily("2026-03-28T02:59", "ana", "bo")));

        Assert.Equal(
            ["2026-03-28 02:59 ana", "2026-03-29 01:00 bo", "2026-03-30 00:59 ana"],
            calendar.Shifts(Utc("2026-03-28T02:59Z"), Utc("2026-03-31T00:59Z")).Lines());
        Assert.Equal(
            ["2026-10-24 00:59", "2026-10-25 00:59", "2026-10-26 02:59"],
            calendar.Shifts(Utc("2026-10-24T00:59Z"), Utc("2026-10-27T02:59Z")).Lines().Select(l => l[..16]));
    }

    [Fact]
    public void New_York_in_the_year_2500_still_changes_its_clock()
    {
        var calendar = OnCallCalendar.Compile(Schedule("America/New_York", Daily("2026-01-01T09:00", "ana", "bo")));

        // Second Sunday of March 2500 is the 14th; first Sunday of November the 7th.
        Assert.Equal(Utc("2500-03-13T14:00Z"), calendar.At(Utc("2500-03-13T13:59Z")).Until);
        Assert.Equal(Utc("2500-03-14T13:00Z"), calendar.At(Utc("2500-03-14T12:59Z")).Until);
        Assert.Equal(Utc("2500-11-06T13:00Z"), calendar.At(Utc("2500-11-06T12:59Z")).Until);
        Assert.Equal(Utc("2500-11-07T14:00Z"), calendar.At(Utc("2500-11-07T13:59Z")).Until);
    }

    [Fact]
    public void An_override_over_the_change_keeps_its_local_ends()
    {
        var schedule = Schedule("Europe/Berlin", Weekly("2026-01-05T09:00", "ana"));
        var spring = OnCallCalendar.Compile(schedule.With(("bo", "2026-03-29T01:30", "2026-03-29T02:30")));
        var autumn = OnCallCalendar.Compile(schedule.With(("bo", "2026-10-25T02:30", "2026-10-25T03:00")));
        var never = OnCallCalendar.Compile(schedule.With(("bo", "2026-03-29T02:10", "2026-03-29T02:50")));

        Assert.Equal(
            ["2026-03-29 00:00 ana", "2026-03-29 00:30 bo", "2026-03-29 01:00 ana"],
            spring.Shifts(Utc("2026-03-29T00:00Z"), Utc("2026-03-30T00:00Z")).Lines());
        Assert.Equal(
            ["2026-10-25 00:00 ana", "2026-10-25 00:30 bo", "2026-10-25 02:00 ana"],
            autumn.Shifts(Utc("2026-10-25T00:00Z"), Utc("2026-10-26T00:00Z")).Lines());
        Assert.Equal(["2026-03-29 00:00 ana"], never.Shifts(Utc("2026-03-29T00:00Z"), Utc("2026-03-30T00:00Z")).Lines());
        Assert.Null(never.NextChange(Utc("2026-03-29T00:00Z")));
    }
}
