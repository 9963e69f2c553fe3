using Tocsin.OnCall;
using static Tocsin.Tests.OnCall.Plan;

namespace Tocsin.Tests.OnCall;

/// <summary>What another program's calendar says, between a schedule's overrides and its rotations.</summary>
public sealed class CalendarShiftTests
{
    private const string Noon = "2026-01-06T12:00Z";

    private static readonly Schedule Weeks = Schedule("UTC", Weekly("2026-01-05T00:00", "ana"));

    [Fact]
    public void As_shifts_those_who_are_named_together_are_on_call_together_and_the_rotations_answer_where_nobody_is_named()
    {
        var calendar = Compile(CalendarUse.Shifts, Says("bo", "2026-01-06T08:00Z", "2026-01-06T16:00Z"), Says("chen", "2026-01-06T12:00Z", "2026-01-06T20:00Z"));

        Assert.Equal(
            ["2026-01-06 00:00 ana", "2026-01-06 08:00 bo", "2026-01-06 12:00 bo+chen", "2026-01-06 16:00 chen", "2026-01-06 20:00 ana"],
            calendar.Shifts(Utc("2026-01-06T00:00Z"), Utc("2026-01-07T00:00Z")).Lines());
        Assert.Equal("calendar of cal.example.com", calendar.At(Utc(Noon)).Because);
        Assert.Empty(calendar.Overlaps(Utc("2026-01-06T00:00Z"), Utc("2026-01-07T00:00Z")));
    }

    [Fact]
    public void As_shifts_who_is_away_is_left_out_and_who_is_covered_is_replaced()
    {
        var entries = Entries(Says("bo"), Says("chen"));
        var calendar = OnCallCalendar.Compile(With(CalendarUse.Shifts), entries with
        {
            Away = [new("bo", Utc("2026-01-06T00:00Z"), Utc("2026-01-07T00:00Z"), null)],
            Covers = [new("dee", Utc("2026-01-06T00:00Z"), Utc("2026-01-07T00:00Z"), "chen", "swap")],
        });

        Assert.Equal(("dee", "calendar of cal.example.com; dee instead of chen: swap; bo is away"), (calendar.Who(Noon), calendar.At(Utc(Noon)).Because));
    }

    [Fact]
    public void If_everybody_whom_it_names_is_away_the_rotations_answer_and_say_so()
    {
        var calendar = OnCallCalendar.Compile(
            With(CalendarUse.Shifts), Entries(Says("bo")) with { Away = [new("bo", Utc("2026-01-06T10:00Z"), Utc("2026-01-06T14:00Z"), null)] });

        Assert.Equal(("ana", "rotation weekly; bo is away"), (calendar.Who(Noon), calendar.At(Utc(Noon)).Because));
        Assert.Equal("bo", calendar.Who("2026-01-06T14:00Z"));
    }

    [Fact]
    public void As_overrides_one_is_on_call_also_while_away_and_the_later_one_wins()
    {
        var calendar = OnCallCalendar.Compile(
            With(CalendarUse.Overrides), Entries(Says("bo"), Says("chen", "2026-01-06T11:00Z", "2026-01-06T13:00Z")) with { Away = [new("chen", Utc("2026-01-06T00:00Z"), Utc("2026-01-07T00:00Z"), null)] });

        Assert.Equal(("chen", "override; calendar of cal.example.com"), (calendar.Who(Noon), calendar.At(Utc(Noon)).Because));
        Assert.Equal("bo", calendar.Who("2026-01-06T13:00Z"));
    }

    [Theory]
    [InlineData(CalendarUse.Shifts)]
    [InlineData(CalendarUse.Overrides)]
    public void An_override_of_the_schedule_is_above_it_and_a_cover_above_both(CalendarUse use)
    {
        var calendar = OnCallCalendar.Compile(
            With(use).With(("chen", "2026-01-06T11:00", "2026-01-06T13:00")),
            Entries(Says("bo")) with { Covers = [new("dee", Utc("2026-01-06T12:00Z"), Utc("2026-01-06T13:00Z"), null, "")] });

        Assert.Equal(["bo", "chen", "dee", "bo"], ((string[])["2026-01-06T10:59Z", "2026-01-06T11:00Z", Noon, "2026-01-06T13:00Z"]).Select(calendar.Who));
    }

    [Fact]
    public void A_schedule_that_names_no_calendar_does_not_heed_what_one_said()
    {
        Assert.Equal("ana", OnCallCalendar.Compile(Weeks, Entries(Says("bo"))).Who(Noon));
        Assert.Equal("ana", Compile(CalendarUse.Shifts, Says("bo")).Changed(Weeks).Who(Noon));
    }

    [Fact]
    public void The_next_change_is_foreseen_over_what_the_calendar_says()
    {
        var calendar = Compile(CalendarUse.Shifts, Says("bo", "2026-01-06T08:00Z", "2026-01-06T10:00Z"), Says("bo", "2026-01-06T10:00Z", "2026-01-06T16:00Z"));

        Assert.Equal(Utc("2026-01-06T08:00Z"), calendar.NextChange(Utc("2026-01-06T00:00Z")));
        Assert.Equal(Utc("2026-01-06T16:00Z"), calendar.NextChange(Utc("2026-01-06T08:00Z")));
    }

    private static Schedule With(CalendarUse use) => Weeks with { Calendar = new("https://cal.example.com/secret/feed.ics", use) };

    private static CompiledSchedule Compile(CalendarUse use, params CalendarShift[] shifts) => OnCallCalendar.Compile(With(use), Entries(shifts));

    private static OnCallEntries Entries(params CalendarShift[] shifts) => OnCallEntries.None with { Calendar = shifts };

    private static CalendarShift Says(string user, string from = "2026-01-06T00:00Z", string to = "2026-01-07T00:00Z") => new(user, Utc(from), Utc(to));
}
