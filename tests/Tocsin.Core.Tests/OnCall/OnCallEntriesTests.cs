using Tocsin.OnCall;
using static Tocsin.Tests.OnCall.Plan;

namespace Tocsin.Tests.OnCall;

public sealed class OnCallEntriesTests
{
    private const string Noon = "2026-01-06T12:00Z";

    private static readonly Schedule Weeks = Schedule("Europe/Berlin", Weekly("2026-01-05T09:00", "ana", "bo"));

    private static readonly Schedule WithBackup = Schedule(
        "Europe/Berlin",
        Weekly("2026-01-05T09:00", "ana", "bo") with { Priority = 1 },
        Weekly("2026-01-05T09:00", "chen") with { Name = "backup" });

    [Fact]
    public void A_cover_takes_the_place_of_whoever_is_on_call_between_its_instants()
    {
        var calendar = Compile(Weeks, Cover("chen", "2026-01-12T07:00Z", "2026-01-12T09:00Z", because: "swap with ana"));

        Assert.Equal(
            ["2026-01-11 00:00 ana", "2026-01-12 07:00 chen", "2026-01-12 09:00 bo", "2026-01-19 08:00 ana"],
            calendar.Shifts(Utc("2026-01-11T00:00Z"), Utc("2026-01-20T00:00Z")).Lines());
        Assert.Equal("cover: swap with ana", calendar.At(Utc("2026-01-12T07:30Z")).Because);
        Assert.Equal(Utc("2026-01-12T07:00Z"), calendar.At(Utc("2026-01-11T00:00Z")).Until);
    }

    [Fact]
    public void A_cover_fills_a_gap_and_is_above_an_override()
    {
        var calendar = Compile(
            Schedule("UTC").With(("bo", "2026-01-06T00:00", "2026-01-07T00:00")),
            Cover("ana", "2026-01-05T12:00Z", "2026-01-06T12:00Z"));

        Assert.Equal(
            ["2026-01-05 00:00 nobody", "2026-01-05 12:00 ana", "2026-01-06 12:00 bo", "2026-01-07 00:00 nobody"],
            calendar.Shifts(Utc("2026-01-05T00:00Z"), Utc("2026-01-08T00:00Z")).Lines());
        Assert.Equal("cover", calendar.At(Utc("2026-01-05T12:00Z")).Because);
    }

    [Fact]
    public void A_cover_instead_of_one_person_counts_only_while_that_person_would_be_on_call()
    {
        var calendar = Compile(Weeks, Cover("dee", "2026-01-10T00:00Z", "2026-01-14T00:00Z", "ana", "away day"));

        Assert.Equal(
            ["2026-01-09 00:00 ana", "2026-01-10 00:00 dee", "2026-01-12 08:00 bo"],
            calendar.Shifts(Utc("2026-01-09T00:00Z"), Utc("2026-01-15T00:00Z")).Lines());
        Assert.Equal("rotation weekly; dee instead of ana: away day", calendar.At(Utc("2026-01-10T00:00Z")).Because);
    }

    [Fact]
    public void A_cover_instead_of_one_person_leaves_the_others_on_call()
    {
        var both = Schedule("UTC", Weekly("2026-01-05T00:00", "ana"), Weekly("2026-01-05T00:00", "bo") with { Name = "second" });

        Assert.Equal("dee+bo", Compile(both, Cover("dee", "2026-01-06T00:00Z", "2026-01-07T00:00Z", "ana")).Who(Noon));
        Assert.Equal("bo", Compile(both, Cover("bo", "2026-01-06T00:00Z", "2026-01-07T00:00Z", "ana")).Who(Noon));
    }

    [Fact]
    public void Of_covers_that_overlap_the_later_in_the_list_wins()
    {
        Assert.Equal("dee", Who(Weeks, Cover("chen"), Cover("dee")));
        Assert.Equal("dee", Who(Weeks, Cover("chen", insteadOf: "ana"), Cover("dee", insteadOf: "ana")));
        Assert.Equal("dee", Who(Weeks, Cover("chen", insteadOf: "ana"), Cover("dee")));
        Assert.Equal("chen", Who(Weeks, Cover("chen"), Cover("dee", insteadOf: "ana")));
    }

    [Fact]
    public void Who_covers_may_be_covered_by_a_later_one_but_not_by_an_earlier_one()
    {
        Assert.Equal("dee", Who(Weeks, Cover("chen", insteadOf: "ana"), Cover("dee", insteadOf: "chen")));
        Assert.Equal("chen", Who(Weeks, Cover("dee", insteadOf: "chen"), Cover("chen", insteadOf: "ana")));
        Assert.Equal("dee", Who(Weeks, Cover("chen"), Cover("dee", insteadOf: "chen")));
        Assert.Equal("ana", Who(Weeks, Cover("chen", insteadOf: "ana"), Cover("ana", insteadOf: "chen")));
    }

    [Fact]
    public void An_override_may_be_covered()
    {
        var calendar = Compile(
            Weeks.With(("bo", "2026-01-06T00:00", "2026-01-07T00:00")), Cover("chen", "2026-01-06T10:00Z", "2026-01-06T14:00Z", "bo", "dentist"));

        Assert.Equal(("chen", "override; chen instead of bo: dentist"), (calendar.Who(Noon), calendar.At(Utc(Noon)).Because));
    }

    [Fact]
    public void Who_is_away_is_left_out_and_the_next_layer_answers()
    {
        var calendar = Compile(WithBackup, Away("ana", "2026-01-06T00:00Z", "2026-01-14T00:00Z"));

        Assert.Equal(
            ["2026-01-05 08:00 ana", "2026-01-06 00:00 chen", "2026-01-12 08:00 bo", "2026-01-19 08:00 ana"],
            calendar.Shifts(Utc("2026-01-05T08:00Z"), Utc("2026-01-20T00:00Z")).Lines());
        Assert.Equal("rotation backup; ana is away", calendar.At(Utc(Noon)).Because);
        Assert.Equal("rotation weekly", calendar.At(Utc("2026-01-13T12:00Z")).Because);
    }

    [Fact]
    public void Of_several_on_call_those_who_are_there_stay()
    {
        var both = Schedule("UTC", Weekly("2026-01-05T00:00", "ana"), Weekly("2026-01-05T00:00", "bo") with { Name = "second" });
        var now = Compile(both, Away("ana", "2026-01-06T00:00Z", "2026-01-07T00:00Z")).At(Utc(Noon));

        Assert.Equal(("bo", "rotation second; ana is away"), (now.Users.Word(), now.Because));
        Assert.Equal(Utc("2026-01-07T00:00Z"), now.Until);
    }

    [Fact]
    public void Where_all_are_away_there_is_a_gap_that_names_them()
    {
        var calendar = Compile(
            WithBackup, Away("chen", "2026-01-06T10:00Z", "2026-01-06T14:00Z"), Away("ana", "2026-01-06T11:00Z", "2026-01-06T13:00Z"));
        var gap = Assert.Single(calendar.Gaps(Utc("2026-01-06T00:00Z"), Utc("2026-01-07T00:00Z")));

        Assert.Equal((Utc("2026-01-06T11:00Z"), Utc("2026-01-06T13:00Z")), (gap.From, gap.To));
        Assert.Equal("nobody is left; ana and chen are away", gap.Because);
    }

    [Fact]
    public void An_override_and_a_cover_count_although_the_person_is_away()
    {
        var away = Away("bo", "2026-01-01T00:00Z", "2027-01-01T00:00Z");

        Assert.Equal("bo", Compile(Weeks.With(("bo", "2026-01-06T00:00", "2026-01-07T00:00")), away).Who(Noon));
        Assert.Equal("bo", Who(Weeks, Cover("bo"), away));
        Assert.Equal("bo", Who(Weeks, Cover("bo", insteadOf: "ana"), away));
    }

    [Fact]
    public void Who_is_away_can_be_covered()
    {
        var now = Compile(WithBackup, Away("ana", "2026-01-06T00:00Z", "2026-01-07T00:00Z"), Cover("dee", insteadOf: "ana", because: "agreed")).At(Utc(Noon));

        Assert.Equal(("dee", "rotation weekly; dee instead of ana: agreed"), (now.Users.Word(), now.Because));
    }

    [Fact]
    public void An_entry_that_does_not_end_after_it_begins_has_no_effect()
    {
        Assert.Equal("ana", Who(Weeks, Cover("chen", "2026-01-06T13:00Z", "2026-01-06T11:00Z"), Away("ana", Noon, Noon)));
        Assert.Equal("ana", Who(Weeks, Cover("chen", Noon, Noon, "ana")));
    }

    [Fact]
    public void Times_off_that_overlap_are_one()
    {
        var calendar = Compile(Weeks, Away("ana", "2026-01-06T00:00Z", "2026-01-08T00:00Z"), Away("ana", "2026-01-07T00:00Z", "2026-01-09T00:00Z"));

        Assert.Equal(Utc("2026-01-09T00:00Z"), calendar.At(Utc(Noon)).Until);
    }

    private static string Who(Schedule schedule, params object[] entries) => Compile(schedule, entries).Who(Noon);

    private static CompiledSchedule Compile(Schedule schedule, params object[] entries) =>
        OnCallCalendar.Compile(schedule, new([.. entries.OfType<Cover>()], [.. entries.OfType<TimeOff>()]));

    private static Cover Cover(
        string user, string from = "2026-01-06T10:00Z", string to = "2026-01-06T14:00Z", string? insteadOf = null, string because = "") =>
        new(user, Utc(from), Utc(to), insteadOf, because);

    private static TimeOff Away(string user, string from, string to) => new(user, Utc(from), Utc(to), null);
}
