using Tocsin.OnCall;
using static Tocsin.Tests.OnCall.Plan;

namespace Tocsin.Tests.OnCall;

public sealed class ScheduleRulesTests
{
    private static readonly Rotation Good = Weekly("2026-01-05T09:00", "ana", "bo");

    [Fact]
    public void A_schedule_with_every_feature_is_accepted()
    {
        var schedule = Schedule(
            "Europe/Berlin",
            Good with { End = Local("2027-01-01T00:00") },
            Daily("2026-01-05T09:00", "dee").Between("22:00", "06:00", DayOfWeek.Monday) with { Priority = -3 })
            .With(("chen", "2030-12-24T09:00", "2030-12-27T09:00"));

        Assert.Empty(ScheduleRules.Check(schedule));
    }

    [Theory]
    [InlineData("Europe/Berln", "Europe/Berlin")]
    [InlineData("europe/berlin", "Europe/Berlin")]
    [InlineData("Berlin", "Europe/Berlin")]
    [InlineData("New York", "America/New_York")]
    [InlineData("America/NewYork", "America/New_York")]
    [InlineData("W. Europe Standard Time", "Europe/Berlin")]
    [InlineData("Asia/Calcuta", "Asia/Calcutta")]
    [InlineData("Lisbonn", "Europe/Lisbon")]
    public void An_unknown_zone_is_refused_with_the_nearest_known_one(string wrong, string meant)
    {
        var error = Assert.Single(ScheduleRules.Check(Schedule(wrong, Good)));

        Assert.Equal("time_zone", error.Field);
        Assert.Contains($"did you mean '{meant}'?", error.Detail, StringComparison.Ordinal);
        Assert.Contains($"'{wrong}'", error.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("UTC+05:30")]
    [InlineData("the moon, far side")]
    public void What_is_no_IANA_id_is_refused(string zone) =>
        Assert.Equal("time_zone", Assert.Single(ScheduleRules.Check(Schedule(zone, Good))).Field);

    [Fact]
    public void A_rotation_needs_users_that_have_names()
    {
        AssertFields(Schedule("UTC", Good with { Users = [] }), "rotations[0].users");
        AssertFields(Schedule("UTC", Good, Good with { Name = "other", Users = ["ana", " "] }), "rotations[1].users[1]");
    }

    [Fact]
    public void Names_are_given_and_given_once()
    {
        AssertFields(Schedule("UTC", Good) with { Name = "" }, "name");
        AssertFields(Schedule("UTC", Good with { Name = " " }), "rotations[0].name");
        AssertFields(Schedule("UTC", Good, Good), "rotations[1].name");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(367)]
    public void A_period_is_1_to_366(int count)
    {
        AssertFields(Schedule("UTC", Good with { Every = new(count, PeriodUnit.Day) }), "rotations[0].every");
        Assert.Empty(ScheduleRules.Check(Schedule("UTC", Good with { Every = new(366, PeriodUnit.Week) })));
        AssertFields(Schedule("UTC", Good with { Every = new(1, (PeriodUnit)9) }), "rotations[0].every");
    }

    [Fact]
    public void A_daily_window_has_both_ends()
    {
        AssertFields(Schedule("UTC", Good with { From = new(9, 0) }), "rotations[0].to");
        AssertFields(Schedule("UTC", Good with { To = new(9, 0) }), "rotations[0].from");
    }

    [Fact]
    public void A_rotation_has_users_or_turns_and_windows_or_a_single_one()
    {
        AssertFields(Schedule("UTC", Good with { Turns = [["ana"]] }), "rotations[0].turns");
        AssertFields(Schedule("UTC", Good with { Users = [], Turns = [["ana"], [], [" "]] }), "rotations[0].turns[1]", "rotations[0].turns[2][0]");
        AssertFields(Schedule("UTC", Good with { Windows = [new()], Days = [DayOfWeek.Monday] }), "rotations[0].windows");
        AssertFields(
            Schedule("UTC", Good with { Windows = [new() { From = new(9, 0) }, new() { Days = [(DayOfWeek)8] }] }), "rotations[0].windows[0].to", "rotations[0].windows[1].days[0]");
        Assert.Empty(ScheduleRules.Check(Schedule("UTC", Good with { Users = [], Turns = [["ana", "bo"]], Windows = [new()] })));
    }

    [Fact]
    public void A_rotation_in_a_zone_of_its_own_names_one_that_exists()
    {
        AssertFields(Schedule("UTC", Good with { TimeZone = "Europe/Berln" }), "rotations[0].time_zone");
        Assert.Empty(ScheduleRules.Check(Schedule("UTC", Good with { TimeZone = "Asia/Tokyo" })));
    }

    [Fact]
    public void Who_is_on_call_on_holidays_says_which_days_these_are()
    {
        var holidays = new Holidays("none", [], []);

        AssertFields(Schedule("UTC", Good with { OnHolidays = true }), "rotations[0].days");
        AssertFields(Schedule("UTC", Good with { Windows = [new() { OnHolidays = true }], Holidays = [] }) with { Holidays = [holidays] }, "rotations[0].windows[0].days");
        Assert.Empty(ScheduleRules.Check(Schedule("UTC", Good with { OnHolidays = true }) with { Holidays = [holidays] }));
        Assert.Empty(ScheduleRules.Check(Schedule("UTC", Good with { OnHolidays = true, Holidays = [holidays] })));
    }

    [Fact]
    public void An_end_is_after_its_beginning()
    {
        AssertFields(Schedule("UTC", Good with { End = Good.Start }), "rotations[0].end");
        AssertFields(Schedule("UTC", Good with { End = Good.Start.AddDays(-1) }), "rotations[0].end");
        AssertFields(
            Schedule("UTC", Good).With(
                ("ana", "2026-01-05T09:00", "2026-01-05T10:00"),
                ("ana", "2026-01-05T09:00", "2026-01-05T09:00"),
                ("ana", "2026-01-05T09:00", "2026-01-05T08:00")),
            "overrides[1].to", "overrides[2].to");
    }

    [Fact]
    public void Weekdays_and_override_users_exist()
    {
        AssertFields(Schedule("UTC", Good with { Days = [DayOfWeek.Friday, (DayOfWeek)7] }), "rotations[0].days[1]");
        AssertFields(Schedule("UTC", Good).With(("", "2026-01-05T09:00", "2026-01-05T10:00")), "overrides[0].user");
    }

    [Fact]
    public void Times_with_an_offset_are_not_taken_for_local_ones()
    {
        var utc = DateTime.SpecifyKind(Local("2026-01-05T09:00"), DateTimeKind.Utc);

        AssertFields(Schedule("UTC", Good with { Start = utc }), "rotations[0].start");
        AssertFields(Schedule("UTC", Good with { End = utc.AddDays(1) }), "rotations[0].end");
        AssertFields(
            Schedule("UTC", Good) with { Overrides = [new("ana", utc, utc.AddHours(1))] }, "overrides[0].from", "overrides[0].to");
    }

    [Fact]
    public void All_faults_are_told_at_once() =>
        AssertFields(
            Schedule("Nowhere", Good with { Users = [], Every = new(0, PeriodUnit.Day) }).With(("", "2026-01-05T09:00", "2026-01-05T09:00")),
            "time_zone", "rotations[0].users", "rotations[0].every", "overrides[0].user", "overrides[0].to");

    private static void AssertFields(Schedule schedule, params string[] fields)
    {
        var errors = ScheduleRules.Check(schedule);

        Assert.Equal(fields, errors.Select(e => e.Field));
        Assert.All(errors, e => Assert.Equal(ErrorKind.Invalid, e.Kind));
    }
}
