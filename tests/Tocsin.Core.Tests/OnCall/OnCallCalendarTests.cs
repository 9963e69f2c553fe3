using Tocsin.OnCall;
using static Tocsin.Tests.OnCall.Plan;

namespace Tocsin.Tests.OnCall;

public sealed class OnCallCalendarTests
{
    [Fact]
    public void Each_takes_a_week_in_turn_and_then_the_first_again()
    {
        var calendar = OnCallCalendar.Compile(Schedule("Asia/Kolkata", Weekly("2026-01-05T09:00", "ana", "bo", "chen")));

        Assert.Equal(
            ["2026-01-05 03:30 ana", "2026-01-12 03:30 bo", "2026-01-19 03:30 chen", "2026-01-26 03:30 ana"],
            calendar.Shifts(Utc("2026-01-05T03:30Z"), Utc("2026-02-02T03:30Z")).Lines());
    }

    [Fact]
    public void Before_the_start_nobody_is_on_call_and_after_the_end_nobody_again()
    {
        var rotation = Daily("2026-06-01T08:00", "ana") with { End = Local("2026-06-03T20:00") };
        var calendar = OnCallCalendar.Compile(Schedule("Europe/Berlin", rotation));

        Assert.Equal(
            ["2026-01-01 00:00 nobody", "2026-06-01 06:00 ana", "2026-06-03 18:00 nobody"],
            calendar.Shifts(Utc("2026-01-01T00:00Z"), Utc("2027-01-01T00:00Z")).Lines());
        Assert.Equal(new OnCallNow([], Utc("2026-06-01T06:00Z"), "no rotation covers this time"), calendar.At(Utc("2026-06-01T05:59:59Z")), Same);
        Assert.Equal(new OnCallNow(["ana"], Utc("2026-06-03T18:00Z"), "rotation daily"), calendar.At(Utc("2026-06-01T06:00Z")), Same);
        Assert.Equal(new OnCallNow([], null, "no rotation covers this time"), calendar.At(Utc("2026-06-03T18:00Z")), Same);
    }

    [Theory]
    [InlineData(12, PeriodUnit.Hour, "2026-01-05 12:00 bo", "2026-01-06 00:00 ana")]
    [InlineData(3, PeriodUnit.Day, "2026-01-08 00:00 bo", "2026-01-11 00:00 ana")]
    [InlineData(2, PeriodUnit.Week, "2026-01-19 00:00 bo", "2026-02-02 00:00 ana")]
    public void A_period_is_any_number_of_hours_days_or_weeks(int count, PeriodUnit unit, string second, string third)
    {
        var calendar = OnCallCalendar.Compile(Schedule("UTC", Every(count, unit, "2026-01-05T00:00", "ana", "bo")));

        Assert.Equal(["2026-01-05 00:00 ana", second, third], calendar.Shifts(Utc("2026-01-05T00:00Z"), Utc("2027-01-05T00:00Z")).Take(3).Lines());
    }

    [Fact]
    public void The_hand_off_instant_belongs_to_the_next_person()
    {
        var calendar = OnCallCalendar.Compile(Schedule("UTC", Weekly("2026-01-05T09:00", "ana", "bo")));

        Assert.Equal("ana", calendar.At(Utc("2026-01-12T09:00Z").AddTicks(-1)).Users.Word());
        Assert.Equal("bo", calendar.At(Utc("2026-01-12T09:00Z")).Users.Word());
    }

    [Fact]
    public void An_instant_is_the_same_whatever_its_offset_and_answers_are_in_UTC()
    {
        var calendar = OnCallCalendar.Compile(Schedule("UTC", Weekly("2026-01-05T09:00", "ana", "bo")));
        var tokyo = new DateTimeOffset(2026, 1, 12, 18, 0, 0, TimeSpan.FromHours(9));

        Assert.Equal("bo", calendar.At(tokyo).Users.Word());
        Assert.Equal(TimeSpan.Zero, calendar.At(tokyo).Until!.Value.Offset);
        Assert.All(calendar.Shifts(tokyo, tokyo.AddDays(20)), s => Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (s.From.Offset, s.To.Offset)));
    }

    [Fact]
    public void A_window_over_midnight_belongs_to_the_day_on_which_it_begins()
    {
        var nights = Weekly("2026-01-05T12:00", "dee").Between("22:00", "06:00", DayOfWeek.Friday, DayOfWeek.Sunday);
        var calendar = OnCallCalendar.Compile(Schedule("UTC", nights));

        Assert.Equal(
            [
                "2026-01-05 12:00 nobody", "2026-01-09 22:00 dee", "2026-01-10 06:00 nobody",
                "2026-01-11 22:00 dee", "2026-01-12 06:00 nobody",
            ],
            calendar.Shifts(Utc("2026-01-05T12:00Z"), Utc("2026-01-14T00:00Z")).Lines());
    }

    [Fact]
    public void A_window_that_was_open_already_counts_from_the_start_on()
    {
        var calendar = OnCallCalendar.Compile(Schedule("UTC", Daily("2026-01-06T03:00", "dee").Between("22:00", "06:00")));

        Assert.Equal(
            ["2026-01-05 00:00 nobody", "2026-01-06 03:00 dee", "2026-01-06 06:00 nobody"],
            calendar.Shifts(Utc("2026-01-05T00:00Z"), Utc("2026-01-06T22:00Z")).Lines());
    }

    [Fact]
    public void Weekdays_alone_are_whole_days_and_neighbours_are_one_shift()
    {
        var weekend = Weekly("2026-01-05T00:00", "ana", "bo") with { Days = [DayOfWeek.Sunday, DayOfWeek.Saturday] };
        var calendar = OnCallCalendar.Compile(Schedule("UTC", weekend));

        Assert.Equal(
            ["2026-01-05 00:00 nobody", "2026-01-10 00:00 ana", "2026-01-12 00:00 nobody", "2026-01-17 00:00 bo", "2026-01-19 00:00 nobody"],
            calendar.Shifts(Utc("2026-01-05T00:00Z"), Utc("2026-01-22T00:00Z")).Lines());
    }

    [Fact]
    public void A_window_from_nine_to_nine_is_a_whole_day_from_nine()
    {
        var calendar = OnCallCalendar.Compile(
            Schedule("UTC", Weekly("2026-01-05T00:00", "ana").Between("09:00", "09:00", DayOfWeek.Saturday)));

        Assert.Equal(
            ["2026-01-05 00:00 nobody", "2026-01-10 09:00 ana", "2026-01-11 09:00 nobody"],
            calendar.Shifts(Utc("2026-01-05T00:00Z"), Utc("2026-01-17T09:00Z")).Lines());
    }

    [Fact]
    public void A_hand_off_inside_an_open_window_changes_the_person_at_once()
    {
        var calendar = OnCallCalendar.Compile(Schedule("UTC", Daily("2026-01-05T12:00", "ana", "bo").Between("09:00", "17:00")));

        Assert.Equal(
            ["2026-01-05 12:00 ana", "2026-01-05 17:00 nobody", "2026-01-06 09:00 ana", "2026-01-06 12:00 bo", "2026-01-06 17:00 nobody"],
            calendar.Shifts(Utc("2026-01-05T12:00Z"), Utc("2026-01-07T09:00Z")).Lines());
    }

    [Fact]
    public void The_highest_priority_alone_is_on_call_and_the_lower_one_fills_what_is_left()
    {
        var nights = Weekly("2026-01-05T00:00", "dee").Between("22:00", "06:00") with { Name = "nights", Priority = 2 };
        var calendar = OnCallCalendar.Compile(Schedule("UTC", Weekly("2026-01-05T00:00", "ana", "bo"), nights));

        Assert.Equal(("ana", "rotation weekly"), Explained(calendar, "2026-01-05T12:00Z"));
        Assert.Equal(("dee", "rotation nights"), Explained(calendar, "2026-01-05T23:00Z"));
        Assert.Equal(Utc("2026-01-06T06:00Z"), calendar.At(Utc("2026-01-05T23:00Z")).Until);
        Assert.Empty(calendar.Gaps(Utc("2026-01-05T00:00Z"), Utc("2027-01-05T00:00Z")));
    }

    [Fact]
    public void Rotations_of_equal_priority_are_on_call_together_each_person_once()
    {
        var calendar = OnCallCalendar.Compile(Schedule(
            "UTC",
            Weekly("2026-01-05T00:00", "ana", "bo") with { Name = "first" },
            Weekly("2026-01-05T00:00", "bo", "chen") with { Name = "second" },
            Weekly("2026-01-12T00:00", "bo") with { Name = "third" }));

        Assert.Equal(("ana+bo", "rotations first, second"), Explained(calendar, "2026-01-06T00:00Z"));
        Assert.Equal(("bo+chen", "rotations first, second, third"), Explained(calendar, "2026-01-13T00:00Z"));
    }

    [Fact]
    public void An_explanation_of_a_crowd_stays_short()
    {
        var crowd = Enumerable.Range(1, 40).Select(i => Weekly("2026-01-05T00:00", $"u{i}") with { Name = $"r{i}" }).ToArray();
        var calendar = OnCallCalendar.Compile(Schedule("UTC", crowd));

        Assert.Equal("rotations r1, r2, r3 and 37 more", calendar.At(Utc("2026-01-06T00:00Z")).Because);
        Assert.Equal(40, calendar.At(Utc("2026-01-06T00:00Z")).Users.Count);
    }

    [Fact]
    public void An_override_replaces_everybody_for_its_span()
    {
        var calendar = OnCallCalendar.Compile(Schedule(
            "Europe/Berlin", Weekly("2026-01-05T09:00", "ana"), Weekly("2026-01-05T09:00", "bo") with { Name = "second" })
            .With(("chen", "2026-11-20T18:00", "2026-11-20T22:00")));

        Assert.Equal(
            ["2026-11-20 00:00 ana+bo", "2026-11-20 17:00 chen", "2026-11-20 21:00 ana+bo"],
            calendar.Shifts(Utc("2026-11-20T00:00Z"), Utc("2026-11-21T00:00Z")).Lines());
        Assert.Equal(("chen", "override"), Explained(calendar, "2026-11-20T17:00Z"));
        Assert.Equal(Utc("2026-11-20T17:00Z"), calendar.NextChange(Utc("2026-11-20T00:00Z")));
        Assert.Equal(Utc("2026-11-20T21:00Z"), calendar.NextChange(Utc("2026-11-20T17:00Z")));
    }

    [Fact]
    public void An_override_covers_a_gap_and_the_time_before_the_first_rotation()
    {
        var calendar = OnCallCalendar.Compile(Schedule("UTC", Weekly("2026-01-05T00:00", "ana").Between("09:00", "17:00"))
            .With(("bo", "2026-01-06T20:00", "2026-01-06T21:00"), ("chen", "2025-12-24T00:00", "2025-12-25T00:00")));

        Assert.Equal(
            ["2026-01-06 17:00 nobody", "2026-01-06 20:00 bo", "2026-01-06 21:00 nobody"],
            calendar.Shifts(Utc("2026-01-06T17:00Z"), Utc("2026-01-07T09:00Z")).Lines());
        Assert.Equal("chen", calendar.Who("2025-12-24T12:00Z"));
    }

    [Fact]
    public void Of_overrides_that_overlap_the_later_in_the_list_wins()
    {
        var calendar = OnCallCalendar.Compile(Schedule("UTC", Weekly("2026-01-05T00:00", "ana")).With(
            ("early", "2026-01-06T00:00", "2026-01-06T12:00"),
            ("long", "2026-01-06T06:00", "2026-01-07T00:00"),
            ("short", "2026-01-06T08:00", "2026-01-06T10:00")));

        Assert.Equal(
            ["2026-01-06 00:00 early", "2026-01-06 06:00 long", "2026-01-06 08:00 short", "2026-01-06 10:00 long", "2026-01-07 00:00 ana"],
            calendar.Shifts(Utc("2026-01-06T00:00Z"), Utc("2026-01-08T00:00Z")).Lines());
    }

    [Fact]
    public void A_schedule_of_overrides_alone_is_enough()
    {
        var calendar = OnCallCalendar.Compile(Schedule("UTC").With(("ana", "2026-01-06T00:00", "2026-01-07T00:00")));

        Assert.Equal(("ana", "override"), Explained(calendar, "2026-01-06T00:00Z"));
        Assert.Equal(("nobody", "no rotation covers this time"), Explained(calendar, "2026-01-07T00:00Z"));
    }

    [Fact]
    public void Shifts_that_follow_each_other_with_the_same_answer_are_one()
    {
        var calendar = OnCallCalendar.Compile(Schedule("UTC", Daily("2026-01-05T00:00", "ana", "ana", "bo")).With(
            ("chen", "2026-01-10T00:00", "2026-01-10T12:00"), ("chen", "2026-01-10T12:00", "2026-01-11T00:00")));

        Assert.Equal(
            ["2026-01-05 00:00 ana", "2026-01-07 00:00 bo", "2026-01-08 00:00 ana", "2026-01-10 00:00 chen", "2026-01-11 00:00 ana"],
            calendar.Shifts(Utc("2026-01-05T00:00Z"), Utc("2026-01-13T00:00Z")).Lines());
        Assert.Equal(Utc("2026-01-11T00:00Z"), calendar.NextChange(Utc("2026-01-10T03:00Z")));
    }

    [Fact]
    public void A_change_is_told_up_to_366_days_ahead_and_shifts_know_it_anyway()
    {
        var calendar = OnCallCalendar.Compile(Schedule("UTC", Every(200, PeriodUnit.Week, "2026-01-05T00:00", "ana", "bo")));
        var handOff = Utc("2029-11-05T00:00Z");

        Assert.Null(calendar.At(handOff.AddDays(-366).AddTicks(-1)).Until);
        Assert.Equal(handOff, calendar.At(handOff.AddDays(-366)).Until);
        Assert.Equal(["2026-01-05 00:00 ana", "2029-11-05 00:00 bo"], calendar.Shifts(Utc("2026-01-05T00:00Z"), Utc("2030-01-01T00:00Z")).Lines());
    }

    [Fact]
    public void One_person_alone_never_changes_and_costs_one_shift_for_a_thousand_years()
    {
        var calendar = OnCallCalendar.Compile(Schedule("Europe/Berlin", Daily("2026-01-05T00:00", "ana")));

        Assert.Null(calendar.At(Utc("2026-02-01T00:00Z")).Until);
        Assert.Equal(["2027-01-01 00:00 ana"], calendar.Shifts(Utc("2027-01-01T00:00Z"), Utc("3027-01-01T00:00Z")).Lines());
    }

    [Fact]
    public void A_rotation_has_no_last_year()
    {
        var calendar = OnCallCalendar.Compile(Schedule("America/New_York", Weekly("2026-01-05T09:00", "ana", "bo")));

        // 7000-01-06 is a Monday; whether the weeks until then are odd or even says who.
        var weeks = (Local("7000-01-06T09:00") - Local("2026-01-05T09:00")).TotalDays / 7;
        Assert.Equal(weeks % 2 == 0 ? "ana" : "bo", calendar.Who("7000-01-06T14:00Z"));
        Assert.Equal(Utc("7000-01-13T14:00Z"), calendar.At(Utc("7000-01-06T14:00Z")).Until);

        Assert.Null(calendar.At(DateTimeOffset.MaxValue).Until);
        Assert.NotEmpty(calendar.At(DateTimeOffset.MaxValue).Users);
        Assert.Empty(calendar.At(DateTimeOffset.MinValue).Users);
        Assert.Equal(DateTimeOffset.MaxValue, calendar.Shifts(Utc("9999-12-01T00:00Z"), DateTimeOffset.MaxValue).Last().To);
        Assert.Equal(DateTimeOffset.MinValue, calendar.Shifts(DateTimeOffset.MinValue, Utc("2026-01-05T14:00Z")).Single().From);
    }

    [Fact]
    public void The_first_instant_that_a_calendar_knows_can_be_asked_in_each_zone()
    {
        foreach (var zone in (string[])["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin"])
        {
            var calendar = OnCallCalendar.Compile(Schedule(zone, Daily("0001-01-01T00:00", "ana", "bo").Between("22:00", "06:00")));

            Assert.Equal(
                [.. calendar.Shifts(DateTimeOffset.MinValue, DateTimeOffset.MinValue.AddDays(3)).Select(s => s.Users.Word())],
                calendar.Shifts(DateTimeOffset.MinValue, DateTimeOffset.MinValue.AddDays(3)).Select(s => calendar.At(s.From).Users.Word()));
        }
    }

    [Fact]
    public void Shifts_of_no_time_are_none()
    {
        var calendar = OnCallCalendar.Compile(Schedule("UTC", Weekly("2026-01-05T00:00", "ana")));

        Assert.Empty(calendar.Shifts(Utc("2026-02-01T00:00Z"), Utc("2026-02-01T00:00Z")));
        Assert.Empty(calendar.Shifts(Utc("2026-02-02T00:00Z"), Utc("2026-02-01T00:00Z")));
    }

    [Fact]
    public void Gaps_are_the_shifts_of_nobody()
    {
        var calendar = OnCallCalendar.Compile(Schedule("UTC", Weekly("2026-01-05T00:00", "ana").Between("06:00", "22:00"))
            .With(("dee", "2026-01-06T22:00", "2026-01-07T06:00")));

        Assert.Equal(
            [(Utc("2026-01-05T22:00Z"), Utc("2026-01-06T06:00Z")), (Utc("2026-01-07T22:00Z"), Utc("2026-01-08T06:00Z"))],
            calendar.Gaps(Utc("2026-01-05T12:00Z"), Utc("2026-01-08T12:00Z")).Select(g => (g.From, g.To)));
    }

    [Fact]
    public void Many_threads_get_the_answers_that_one_gets()
    {
        var schedule = Schedule(
            "Europe/Berlin",
            Every(5, PeriodUnit.Hour, "2026-01-05T09:00", "ana", "bo", "chen"),
            Daily("2026-01-05T09:00", "dee", "eve").Between("22:00", "06:00") with { Priority = 1 });
        var shared = OnCallCalendar.Compile(schedule);
        var random = new Random(4711);
        var instants = Enumerable.Range(0, 4000).Select(_ => Utc("2020-01-01T00:00Z").AddMinutes(random.Next(0, 60_000_000))).ToArray();
        var answers = new OnCallNow[instants.Length];

        Parallel.For(0, instants.Length, i => answers[i] = shared.At(instants[i]));

        var alone = OnCallCalendar.Compile(schedule);
        Assert.Equal(instants.Select(alone.At), answers, Same);
    }

    [Fact]
    public void What_is_kept_is_bounded_however_heavy_the_rotations_and_however_far_one_asks()
    {
        var crowd = Enumerable.Range(0, 300)
            .Select(i => Every(1, PeriodUnit.Hour, $"2026-01-05T00:{i % 60:00}", $"a{i}", $"b{i}") with { Name = $"r{i}" })
            .ToArray();
        var calendar = OnCallCalendar.Compile(Schedule("UTC", crowd));
        for (var quarter = 0; quarter < 4000; quarter++)
        {
            Assert.Equal(300, calendar.At(Utc("2026-01-05T01:00Z").AddMinutes(quarter * 15)).Users.Count);
            Assert.Equal(300, calendar.At(Utc("2026-01-05T01:00Z").AddMinutes((quarter * 15) + 1)).Users.Count);
        }

        // Well used, and never beyond 64 pages of their largest weight.
        Assert.InRange(calendar.KeptWeight, 8 * 8192, 64 * (8192 + 301));
    }

    [Fact]
    public void Hand_offs_that_crowd_together_are_answered_as_well_as_others()
    {
        // Far more changes within the days of the overlap than the spans of the cache are planned for.
        var burst = Enumerable.Range(0, 200)
            .Select(i => Every(366, PeriodUnit.Week, "2026-01-05T00:00", $"u{i}") with
            {
                Name = $"r{i}",
                Start = Local("2026-01-05T00:00").AddMinutes(i),
                End = Local("2026-01-05T10:00").AddMinutes(i),
            })
            .ToArray();
        var calendar = OnCallCalendar.Compile(Schedule("UTC", burst));

        foreach (var minute in Enumerable.Range(0, 900).Reverse())
        {
            var expected = Enumerable.Range(0, 200).Count(i => i <= minute && minute < 600 + i);
            Assert.Equal(expected, calendar.At(Utc("2026-01-05T00:00Z").AddMinutes(minute)).Users.Count);
        }

        // All of it lies in one span, or in two if its edge falls between.
        Assert.InRange(calendar.KeptWeight, 1, 2 * (8192 + 201));
    }

    [Fact]
    public void A_schedule_that_breaks_the_rules_is_not_compiled()
    {
        var broken = Schedule("UTC", Weekly("2026-01-05T00:00"));

        Assert.Contains("rotations[0].users", Assert.Throws<ArgumentException>(() => OnCallCalendar.Compile(broken)).Message, StringComparison.Ordinal);
    }

    private static (string Who, string Because) Explained(CompiledSchedule calendar, string utc) =>
        (calendar.Who(utc), calendar.At(Utc(utc)).Because);

    private static bool Same(OnCallNow a, OnCallNow b) => a.Users.SequenceEqual(b.Users) && a.Until == b.Until && a.Because == b.Because;
}
