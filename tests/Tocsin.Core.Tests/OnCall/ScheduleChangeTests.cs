using Tocsin.OnCall;
using static Tocsin.Tests.OnCall.Plan;

namespace Tocsin.Tests.OnCall;

public sealed class ScheduleChangeTests
{
    private static readonly DateTimeOffset From = Utc("2026-11-16T00:00Z");
    private static readonly Schedule Weeks = Schedule("Europe/Berlin", Weekly("2026-11-16T09:00", "ana", "bo"));

    [Fact]
    public void An_override_of_an_evening_is_one_sentence() =>
        Assert.Equal(
            "Fri 20 Nov 18:00–22:00: Chen instead of Ana. Nobody else changes.",
            Say(Weeks, Weeks.With(("chen", "2026-11-20T18:00", "2026-11-20T22:00"))));

    [Fact]
    public void Times_are_those_of_the_schedules_wall_clock_on_both_sides_of_a_change_of_the_clock()
    {
        var change = Weeks.With(("chen", "2027-03-28T01:00", "2027-03-28T03:30"));

        Assert.Equal("Sun 28 Mar 2027 01:00–03:30: Chen instead of Ana. Nobody else changes.", Say(Weeks, change));
        Assert.Equal(TimeSpan.FromHours(1.5), Assert.Single(Between(Weeks, change)).To - Utc("2027-03-28T00:00Z"));
    }

    [Fact]
    public void What_is_the_same_for_people_is_no_change()
    {
        var renamed = Weeks with { Rotations = [Weeks.Rotations[0] with { Name = "other", Priority = 7 }] };

        Assert.Equal("Nobody's shifts change.", Say(Weeks, renamed));
        Assert.Equal("Nobody's shifts change.", Say(Weeks, Weeks));
    }

    [Fact]
    public void A_stretch_over_several_days_names_both_ends_and_other_years() =>
        Assert.Equal(
            "Wed 30 Dec 12:00 – Fri 1 Jan 2027 08:00: Chen instead of Ana. Nobody else changes.",
            Say(Weeks, Weeks.With(("chen", "2026-12-30T12:00", "2027-01-01T08:00"))));

    [Fact]
    public void A_swap_is_two_sentences() =>
        Assert.Equal(
            "Mon 23 Nov 09:00 – Mon 30 Nov 09:00: Ana instead of Bo. Mon 30 Nov 09:00 – Mon 7 Dec 09:00: Bo instead of Ana. Nobody else changes.",
            Say(Weeks, Weeks.With(("ana", "2026-11-23T09:00", "2026-11-30T09:00"), ("bo", "2026-11-30T09:00", "2026-12-07T09:00"))));

    [Fact]
    public void What_comes_again_and_again_is_counted()
    {
        // 26 of bo's turns begin before 16 November 2027.
        var alone = Weeks with { Rotations = [Weeks.Rotations[0] with { Users = ["ana"] }] };

        Assert.Equal("Mon 23 Nov 09:00 – Mon 30 Nov 09:00 and 25 times more until Mon 15 Nov 2027: Ana instead of Bo. Nobody else changes.", Say(Weeks, alone));
        Assert.Equal(26, Between(Weeks, alone).Length);
    }

    [Fact]
    public void Somebody_who_comes_goes_or_is_missing_is_said_as_such()
    {
        var nobody = Schedule("Europe/Berlin");
        var both = Weeks with { Rotations = [Weeks.Rotations[0] with { Users = [], Turns = [["ana", "chen"], ["bo"]] }] };
        var night = Weeks with { Rotations = [Weeks.Rotations[0].Between("08:00", "20:00")] };

        Assert.Equal("from Mon 16 Nov 09:00 on: Ana, where nobody was on call. Nobody else changes.", Say(nobody, Schedule("Europe/Berlin", Weekly("2026-11-16T09:00", "ana"))));
        Assert.StartsWith("Mon 16 Nov 09:00 – Mon 23 Nov 09:00 and 26 times more until Tue 16 Nov 2027: Chen too, with Ana.", Say(Weeks, both), StringComparison.Ordinal);
        Assert.StartsWith("Mon 16 Nov 09:00 – Mon 23 Nov 09:00 and 26 times more until Tue 16 Nov 2027: no longer Chen, only Ana.", Say(both, Weeks), StringComparison.Ordinal);
        Assert.StartsWith("Mon 16 Nov 20:00 – Tue 17 Nov 08:00 and", Say(Weeks, night), StringComparison.Ordinal);
        Assert.Contains(": nobody instead of Ana.", Say(Weeks, night), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_very_many_changes_the_first_are_said_and_the_others_counted()
    {
        string[] before = ["a", "b", "c", "d", "e", "f"];
        string[] after = ["u", "v", "w", "x", "y", "z"];

        var sentence = Say(Schedule("UTC", Daily("2026-11-16T00:00", before)), Schedule("UTC", Daily("2026-11-16T00:00", after)));

        Assert.StartsWith("Mon 16 Nov 00:00 – Tue 17 Nov 00:00 and 60 times more until Fri 12 Nov 2027: U instead of A. Tue 17 Nov", sentence, StringComparison.Ordinal);
        Assert.EndsWith(": X instead of D. And 2 other changes.", sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void What_covers_decide_does_not_change()
    {
        var cover = new Cover("dee", Utc("2026-11-20T16:00Z"), Utc("2026-11-20T19:00Z"), null, "");
        var now = OnCallCalendar.Compile(Weeks, new([cover], []));
        var then = now.Changed(Weeks.With(("chen", "2026-11-20T18:00", "2026-11-20T22:00")));

        Assert.Equal("Fri 20 Nov 20:00–22:00: chen instead of ana. Nobody else changes.", ScheduleChange.Say(now, then, From, From.AddYears(1)));
    }

    private static string Say(Schedule before, Schedule after) => ScheduleChange.Say(
        OnCallCalendar.Compile(before), OnCallCalendar.Compile(after), From, From.AddYears(1), user => char.ToUpperInvariant(user[0]) + user[1..]);

    private static ShiftChange[] Between(Schedule before, Schedule after) =>
        [.. ScheduleChange.Between(OnCallCalendar.Compile(before), OnCallCalendar.Compile(after), From, From.AddYears(1))];
}
