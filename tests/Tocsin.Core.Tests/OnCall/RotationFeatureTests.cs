using Tocsin.OnCall;
using static Tocsin.Tests.OnCall.Plan;

namespace Tocsin.Tests.OnCall;

public sealed class RotationFeatureTests
{
    private static readonly DayOfWeek[] Weekdays = [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday];
    private static readonly DayOfWeek[] Weekend = [DayOfWeek.Saturday, DayOfWeek.Sunday];

    [Fact]
    public void A_month_is_handed_off_on_the_same_day_and_where_there_is_none_on_the_last()
    {
        var calendar = OnCallCalendar.Compile(Schedule("UTC", Every(1, PeriodUnit.Month, "2027-12-31T09:00", "ana", "bo", "chen")));

        Assert.Equal(
            ["2027-12-31 09:00 ana", "2028-01-31 09:00 bo", "2028-02-29 09:00 chen", "2028-03-31 09:00 ana", "2028-04-30 09:00 bo", "2028-05-31 09:00 chen"],
            calendar.Shifts(Utc("2027-12-31T09:00Z"), Utc("2028-06-30T09:00Z")).Lines());
        Assert.Equal("bo", calendar.Who("2028-02-29T08:59Z"));
    }

    [Fact]
    public void Several_months_make_one_turn_and_the_hand_off_keeps_its_time_of_day()
    {
        var calendar = OnCallCalendar.Compile(Schedule("Europe/Berlin", Every(3, PeriodUnit.Month, "2026-01-15T09:00", "ana", "bo")));

        Assert.Equal(
            ["2026-01-15 08:00 ana", "2026-04-15 07:00 bo", "2026-07-15 07:00 ana", "2026-10-15 07:00 bo", "2027-01-15 08:00 ana"],
            calendar.Shifts(Utc("2026-01-15T08:00Z"), Utc("2027-04-01T00:00Z")).Lines());
    }

    [Fact]
    public void Months_have_no_last_year()
    {
        var calendar = OnCallCalendar.Compile(Schedule("America/New_York", Every(366, PeriodUnit.Month, "2026-01-31T09:00", "ana", "bo")));

        Assert.Null(calendar.At(DateTimeOffset.MaxValue).Until);
        Assert.NotEmpty(calendar.At(DateTimeOffset.MaxValue).Users);
    }

    [Fact]
    public void Several_are_on_call_together_in_one_turn_which_is_no_overlap()
    {
        var pairs = Weekly("2026-01-05T00:00") with { Users = [], Turns = [["ana", "bo"], ["chen"]] };
        var calendar = OnCallCalendar.Compile(Schedule("UTC", pairs));

        Assert.Equal(
            ["2026-01-05 00:00 ana+bo", "2026-01-12 00:00 chen", "2026-01-19 00:00 ana+bo"],
            calendar.Shifts(Utc("2026-01-05T00:00Z"), Utc("2026-01-26T00:00Z")).Lines());
        Assert.Equal("rotation weekly", calendar.At(Utc("2026-01-05T00:00Z")).Because);
        Assert.Empty(calendar.Overlaps(Utc("2026-01-05T00:00Z"), Utc("2027-01-05T00:00Z")));
    }

    [Fact]
    public void A_rotation_may_have_several_windows_that_join_where_they_touch()
    {
        var nights = Weekly("2026-01-05T00:00", "dee") with
        {
            Windows = [new() { Days = Weekdays, From = new(18, 0), To = new(9, 0) }, new() { Days = Weekend, From = new(9, 0), To = new(9, 0) }],
        };
        var calendar = OnCallCalendar.Compile(Schedule("UTC", nights));

        Assert.Equal(
            ["2026-01-08 09:00 nobody", "2026-01-08 18:00 dee", "2026-01-09 09:00 nobody", "2026-01-09 18:00 dee", "2026-01-12 09:00 nobody"],
            calendar.Shifts(Utc("2026-01-08T09:00Z"), Utc("2026-01-12T18:00Z")).Lines());
    }

    [Fact]
    public void Windows_that_leave_nothing_out_are_one_shift_for_good()
    {
        var always = Weekly("2026-01-05T00:00", "dee") with
        {
            Windows = [new() { Days = Weekdays, From = new(9, 0), To = new(9, 0) }, new() { Days = Weekend, From = new(9, 0), To = new(9, 0) }],
        };
        var calendar = OnCallCalendar.Compile(Schedule("UTC", always));

        Assert.Null(calendar.At(Utc("2026-02-01T00:00Z")).Until);
        Assert.Single(calendar.Shifts(Utc("2026-02-01T00:00Z"), Utc("2036-02-01T00:00Z")));
    }

    [Fact]
    public void A_holiday_is_no_weekday_any_more_and_may_count_as_weekend()
    {
        // Thursday 1 January 2026 and Tuesday 6 January 2026.
        var schedule = Schedule(
            "Europe/Madrid",
            Weekly("2025-12-01T00:00", "work") with { Name = "work", Windows = [new() { Days = Weekdays }] },
            Weekly("2025-12-01T00:00", "free") with { Name = "free", Windows = [new() { Days = Weekend, OnHolidays = true }] }) with
        {
            Holidays = [Days("es", "01-01", "2026-01-06")],
        };
        var calendar = OnCallCalendar.Compile(schedule);

        Assert.Equal(
            [
                "2025-12-30 23:00 work", "2025-12-31 23:00 free", "2026-01-01 23:00 work", "2026-01-02 23:00 free", "2026-01-04 23:00 work",
                "2026-01-05 23:00 free", "2026-01-06 23:00 work", "2026-01-09 23:00 free",
            ],
            calendar.Shifts(Utc("2025-12-30T23:00Z"), Utc("2026-01-11T00:00Z")).Lines());
        Assert.Equal("free", calendar.Who("2031-01-01T12:00Z"));
        Assert.Equal("work", calendar.Who("2027-01-06T12:00Z"));
        Assert.All(calendar.Shifts(Utc("2026-01-01T00:00Z"), Utc("2036-01-01T00:00Z")), s => Assert.Single(s.Users));
    }

    [Fact]
    public void A_rotation_may_be_on_call_on_holidays_only_and_have_lists_of_its_own()
    {
        var duty = Daily("2026-01-01T00:00", "ana") with { OnHolidays = true, Holidays = [Days("es", "2026-03-19", "2028-02-29")] };
        var calendar = OnCallCalendar.Compile(Schedule("UTC", duty) with { Holidays = [Days("de", "2026-10-03")] });

        Assert.Equal(
            ["2026-01-01 00:00 nobody", "2026-03-19 00:00 ana", "2026-03-20 00:00 nobody", "2028-02-29 00:00 ana", "2028-03-01 00:00 nobody"],
            calendar.Shifts(Utc("2026-01-01T00:00Z"), Utc("2040-01-01T00:00Z")).Lines());
    }

    [Fact]
    public void A_window_without_days_opens_on_holidays_too() =>
        Assert.Empty(OnCallCalendar.Compile(
                Schedule("UTC", Daily("2026-01-01T00:00", "ana").Between("00:00", "00:00")) with { Holidays = [Days("de", "10-03")] })
            .Gaps(Utc("2026-01-01T00:00Z"), Utc("2030-01-01T00:00Z")));

    [Fact]
    public void Three_rotations_in_three_zones_follow_the_sun_without_gap_or_overlap_but_in_the_weeks_of_a_clock_change()
    {
        Rotation Region(string name, string zone, string from, string to) =>
            Daily("2026-01-01T00:00", name).Between(from, to) with { Name = name, TimeZone = zone };
        var calendar = OnCallCalendar.Compile(Schedule(
            "UTC",
            Region("tokyo", "Asia/Tokyo", "09:00", "17:00"),
            Region("berlin", "Europe/Berlin", "09:00", "17:00"),
            Region("new-york", "America/New_York", "11:00", "19:00")));

        // Tokyo 00:00 to 08:00, Berlin 08:00 to 16:00 in winter, New York 16:00 to 24:00 in winter.
        Assert.Equal(
            ["2026-01-07 00:00 tokyo", "2026-01-07 08:00 berlin", "2026-01-07 16:00 new-york", "2026-01-08 00:00 tokyo"],
            calendar.Shifts(Utc("2026-01-07T00:00Z"), Utc("2026-01-08T04:00Z")).Lines());
        // On 8 March New York's clock goes forward, on 29 March Berlin's.
        Assert.Equal(
            ["2026-03-10 00:00 tokyo", "2026-03-10 08:00 berlin", "2026-03-10 15:00 berlin+new-york", "2026-03-10 16:00 new-york", "2026-03-10 23:00 nobody"],
            calendar.Shifts(Utc("2026-03-10T00:00Z"), Utc("2026-03-11T00:00Z")).Lines());
        Assert.Equal(
            (Utc("2026-03-08T15:00Z"), Utc("2026-03-08T16:00Z"), "rotations berlin, new-york"),
            calendar.Overlaps(Utc("2026-01-07T00:00Z"), Utc("2027-01-07T00:00Z")).Select(s => (s.From, s.To, s.Because)).First());
        Assert.Equal(Utc("2026-03-08T23:00Z"), calendar.Gaps(Utc("2026-01-07T00:00Z"), Utc("2027-01-07T00:00Z")).First().From);
    }

    [Fact]
    public void Rotations_in_other_zones_hand_off_on_their_own_wall_clock_also_where_overrides_do_not()
    {
        var schedule = Schedule("Europe/Berlin", Weekly("2026-03-02T09:00", "ana", "bo") with { TimeZone = "America/New_York" })
            .With(("chen", "2026-03-10T09:00", "2026-03-10T10:00"));

        Assert.Equal(
            ["2026-03-02 14:00 ana", "2026-03-09 13:00 bo", "2026-03-10 08:00 chen", "2026-03-10 09:00 bo"],
            OnCallCalendar.Compile(schedule).Shifts(Utc("2026-03-02T14:00Z"), Utc("2026-03-12T00:00Z")).Lines());
    }

    [Fact]
    public void An_overlap_is_of_different_people_from_rotations_of_the_priority_that_counts()
    {
        var (from, to) = (Utc("2026-01-05T00:00Z"), Utc("2026-01-12T00:00Z"));
        Rotation Second(params string[] users) => Weekly("2026-01-05T00:00", users).Between("09:00", "10:00", DayOfWeek.Tuesday) with { Name = "second" };
        var first = Weekly("2026-01-05T00:00", "ana");

        var overlap = Assert.Single(OnCallCalendar.Compile(Schedule("UTC", first, Second("bo"))).Overlaps(from, to));
        Assert.Equal((Utc("2026-01-06T09:00Z"), Utc("2026-01-06T10:00Z"), "ana+bo"), (overlap.From, overlap.To, overlap.Users.Word()));
        Assert.Empty(OnCallCalendar.Compile(Schedule("UTC", first, Second("ana"))).Overlaps(from, to));
        Assert.Empty(OnCallCalendar.Compile(Schedule("UTC", first, Second("bo") with { Priority = 1 })).Overlaps(from, to));
        Assert.Empty(OnCallCalendar.Compile(Schedule("UTC", first with { Priority = 2 }, Second("bo"), Second("chen") with { Name = "third" })).Overlaps(from, to));

        var away = new TimeOff("bo", from, to, null);
        Assert.Empty(OnCallCalendar.Compile(Schedule("UTC", first, Second("bo")), new([], [away])).Overlaps(from, to));
        var cover = new Cover("dee", from, to, null, "");
        Assert.Empty(OnCallCalendar.Compile(Schedule("UTC", first, Second("bo")), new([cover], [])).Overlaps(from, to));
    }

    [Fact]
    public void Everybody_of_a_level_may_be_away_and_the_pair_below_answers()
    {
        var pairs = Weekly("2026-01-05T00:00") with { Name = "pairs", Users = [], Turns = [["ana", "bo"]], Priority = 1 };
        var backup = Weekly("2026-01-05T00:00") with { Name = "backup", Users = [], Turns = [["chen", "dee"]] };
        TimeOff Away(string user) => new(user, Utc("2026-01-06T00:00Z"), Utc("2026-01-07T00:00Z"), null);

        Assert.Equal("bo", OnCallCalendar.Compile(Schedule("UTC", pairs, backup), new([], [Away("ana")])).Who("2026-01-06T12:00Z"));
        var now = OnCallCalendar.Compile(Schedule("UTC", pairs, backup), new([], [Away("ana"), Away("bo"), Away("dee")])).At(Utc("2026-01-06T12:00Z"));
        Assert.Equal(("chen", "rotation backup; ana and bo and dee are away"), (now.Users.Word(), now.Because));
    }

    [Fact]
    public void A_changed_schedule_stands_under_the_same_entries()
    {
        var cover = new Cover("dee", Utc("2026-01-06T00:00Z"), Utc("2026-01-07T00:00Z"), null, "");
        var calendar = OnCallCalendar.Compile(Schedule("UTC", Weekly("2026-01-05T00:00", "ana")), new([cover], []));
        var changed = calendar.Changed(Schedule("UTC", Weekly("2026-01-05T00:00", "bo")));

        Assert.Equal(
            ["2026-01-05 00:00 bo", "2026-01-06 00:00 dee", "2026-01-07 00:00 bo"],
            changed.Shifts(Utc("2026-01-05T00:00Z"), Utc("2026-01-10T00:00Z")).Lines());
    }
}
