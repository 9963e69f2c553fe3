using Tocsin.OnCall;

namespace Tocsin.Pages;

public sealed class TimelineCutTests
{
    private static readonly TimeZoneInfo s_berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
    private static readonly TimeZoneInfo s_lisbon = TimeZoneInfo.FindSystemTimeZoneById("Europe/Lisbon");
    private static readonly DateOnly s_monday = new(2026, 10, 19);
    private static readonly (DateTimeOffset From, DateTimeOffset To) s_seen = (At(18, 0), At(18, 0).AddDays(30));

    [Fact]
    public void A_day_is_cut_at_the_hand_off_into_half_hours()
    {
        var monday = Weeks(new(At(19, 0), At(19, 9), ["chen"], ""), new(At(19, 9), At(26, 9), ["ana"], ""))[0].Rows[0].Cells[0];

        Assert.Equal([(0, 18, "chen"), (18, 48, "ana")], monday.Pieces.Select(p => (p.From, p.To, p.Users[0])));
    }

    [Fact]
    public void The_day_on_which_clocks_go_back_has_25_hours_and_still_48_half_hours()
    {
        var week = Weeks(new Shift(At(19, 0), At(26, 9), ["ana"], ""))[0];

        Assert.Equal(25, week.Days[6].Hours);
        Assert.Equal((0, 48), (week.Rows[0].Cells[6].Pieces[0].From, week.Rows[0].Cells[6].Pieces[0].To));
    }

    [Fact]
    public void A_gap_is_shown_in_the_outcome_and_only_there()
    {
        Shift gap = new(At(20, 22), At(21, 8), [], "no rotation covers this time");
        var week = Cut().Draw("primary", s_monday, 4, [("On call", [gap]), ("weekly", [gap])]).Weeks[0];

        Assert.Equal((-1, "gap"), (week.Rows[0].Cells[2].Pieces[0].Hue, week.Rows[0].Cells[2].Pieces[0].Label));
        Assert.Empty(week.Rows[1].Cells[1].Pieces);
    }

    [Fact]
    public void A_name_stands_in_the_first_day_with_room_for_it_and_initials_in_the_others()
    {
        var cells = Weeks(new Shift(At(20, 22), At(23, 9), ["ana"], ""))[0].Rows[0].Cells;

        Assert.Equal(["", "ana", "AN", "AN"], cells.Skip(1).Take(4).Select(c => c.Pieces[0].Label));
    }

    [Theory]
    [InlineData("Ana Costa", "AC")]
    [InlineData("Ana Maria da Costa", "AC")]
    [InlineData("bo", "BO")]
    [InlineData("x", "X")]
    [InlineData("b.lindqvist", "BL")]
    public void Initials_are_those_of_the_first_and_last_name(string name, string initials) => Assert.Equal(initials, TimelineCut.Initials(name));

    [Fact]
    public void A_shift_that_goes_on_beyond_what_was_looked_at_is_not_given_an_end()
    {
        Assert.Equal("ana, all the time", Weeks(new Shift(s_seen.From, s_seen.To, ["ana"], ""))[0].Rows[0].Cells[0].Pieces[0].Text);
        Assert.Equal("ana, from Tue 20 Oct 09:00 on: rotation weekly", Weeks(new Shift(At(20, 9), s_seen.To, ["ana"], "rotation weekly"))[0].Rows[0].Cells[1].Pieces[0].Text);
    }

    [Fact]
    public void The_reader_s_times_stand_beside_the_schedule_s_where_they_differ()
    {
        Shift shift = new(At(20, 9), At(21, 9), ["ana"], "");
        var abroad = Cut(s_lisbon).Draw("primary", s_monday, 2, [("On call", [shift])]);
        var home = Cut().Draw("primary", s_monday, 2, [("On call", [shift])]);

        Assert.Equal("ana, Tue 20 Oct 09:00 to Wed 21 Oct 09:00 (yours: Tue 20 Oct 08:00 to Wed 21 Oct 08:00)", abroad.Weeks[0].Rows[0].Cells[1].Pieces[0].Text);
        Assert.Equal(("Europe/Lisbon", "Tue 20 Oct 08:00 to Wed 21 Oct 08:00"), (abroad.ReaderZone, abroad.Agenda[0].Lines[0].Yours));
        Assert.Null(home.ReaderZone);
        Assert.Null(home.Agenda[0].Lines[0].Yours);
        Assert.Equal(2, home.Weeks.Count);
    }

    [Fact]
    public void The_list_begins_with_who_is_on_call_now_and_tells_each_hand_off_once()
    {
        var agenda = Cut().Draw("primary", s_monday, 2, [("On call",
        [
            new(s_seen.From, At(19, 9), ["bo"], ""), new(At(19, 9), At(20, 9), ["ana"], "rotation weekly"), new(At(20, 9), At(21, 9), ["ana"], "override"),
            new(At(21, 9), At(21, 12), [], ""), new(At(21, 12), s_seen.To, ["chen"], ""),
        ])]).Agenda;

        Assert.Equal(
            ["19:  ana Wed 21 Oct 09:00", "21: 09:00 nobody 12:00", "21: 12:00 chen "],
            agenda.SelectMany(d => d.Lines.Select(l => $"{d.Date.Day}: {(d.Date.Day == 19 ? "" : l.At)} {(l.Users.Count == 0 ? "nobody" : l.Users[0])} {l.Until}")));
    }

    [Fact]
    public void Now_is_marked_in_the_half_hour_of_the_schedule_s_wall_clock()
    {
        var days = Cut(s_lisbon).Draw("primary", s_monday, 2, [("On call", [])]).Weeks.SelectMany(w => w.Days).ToArray();

        Assert.Equal(24, days[0].NowSlot);
        Assert.All(days.Skip(1), day => Assert.Null(day.NowSlot));
    }

    private static IReadOnlyList<ScheduleWeek> Weeks(params Shift[] shifts) => Cut().Draw("primary", s_monday, 4, [("On call", shifts)]).Weeks;

    private static TimelineCut Cut(TimeZoneInfo? reader = null) => new(s_berlin, reader ?? s_berlin, At(19, 12), s_seen, n => n);

    private static DateTimeOffset At(int day, int hour) =>
        new(TimeZoneInfo.ConvertTimeToUtc(new(2026, 10, day, hour, 0, 0, DateTimeKind.Unspecified), s_berlin), TimeSpan.Zero);
}
