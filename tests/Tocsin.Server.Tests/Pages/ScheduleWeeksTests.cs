using Tocsin.OnCall;

namespace Tocsin.Pages;

public sealed class ScheduleWeeksTests
{
    private static readonly TimeZoneInfo s_berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
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
        var zone = s_berlin;
        Shift gap = new(At(20, 22), At(21, 6), [], "no rotation covers this time");
        var week = ScheduleModel.Cut(s_monday, zone, At(19, 12), s_seen, [("On call", [gap]), ("weekly", [gap])], n => n)[0];

        Assert.Equal(-1, week.Rows[0].Cells[1].Pieces[0].Hue);
        Assert.Empty(week.Rows[1].Cells[1].Pieces);
    }

    [Fact]
    public void A_name_stands_in_the_first_day_with_room_for_it()
    {
        var cells = Weeks(new Shift(At(20, 22), At(23, 9), ["ana"], ""))[0].Rows[0].Cells;

        Assert.Equal([PieceLabel.None, PieceLabel.Name, PieceLabel.None], [cells[1].Pieces[0].Label, cells[2].Pieces[0].Label, cells[3].Pieces[0].Label]);
    }

    [Fact]
    public void A_shift_that_goes_on_beyond_what_was_looked_at_is_not_given_an_end()
    {
        var piece = Weeks(new Shift(s_seen.From, s_seen.To, ["ana"], ""))[0].Rows[0].Cells[0].Pieces[0];

        Assert.Equal((null, null, "ana, all the time"), (piece.FromWall, piece.ToWall, piece.Text));
    }

    [Fact]
    public void A_shift_that_began_within_sight_says_when()
    {
        var piece = Weeks(new Shift(At(20, 9), s_seen.To, ["ana"], ""))[0].Rows[0].Cells[1].Pieces[0];

        Assert.Equal("ana, from Tue 20 Oct 09:00 on", piece.Text);
    }

    private static IReadOnlyList<ScheduleWeek> Weeks(params Shift[] shifts) =>
        ScheduleModel.Cut(s_monday, s_berlin, At(19, 12), s_seen, [("On call", shifts)], n => n);

    private static DateTimeOffset At(int day, int hour) =>
        new(TimeZoneInfo.ConvertTimeToUtc(new(2026, 10, day, hour, 0, 0, DateTimeKind.Unspecified), s_berlin), TimeSpan.Zero);
}
