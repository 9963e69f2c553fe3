using System.Globalization;
using Tocsin.OnCall;

namespace Tocsin.Pages;

public sealed record SchedulesModel(IReadOnlyList<ScheduleLine> Schedules);

/// <param name="GapAt">When nobody is on call next, within four weeks; null: covered.</param>
public sealed record ScheduleLine(
    string Name, string? Team, string TimeZone, IReadOnlyList<string> Now, DateTimeOffset? Until, IReadOnlyList<string> Rotations, DateTimeOffset? GapAt);

/// <summary>A schedule's four weeks, cut into days of its own wall clock.</summary>
public sealed record ScheduleModel
{
    public required string Name { get; init; }

    public string? Team { get; init; }

    public required string TimeZone { get; init; }

    /// <summary>How the schedule's wall clock differs from the reader's now, such as "your clock is 1 h behind"; null: it does not.</summary>
    public string? ZoneNote { get; init; }

    public IReadOnlyList<string> Now { get; init; } = [];

    public DateTimeOffset? Until { get; init; }

    public required IReadOnlyList<ScheduleWeek> Weeks { get; init; }

    public IReadOnlyList<Gap> Gaps { get; init; } = [];

    /// <summary>Overrides that people entered and that have not ended.</summary>
    public IReadOnlyList<EnteredLine> Entered { get; init; } = [];

    /// <summary>Null: not shown.</summary>
    public CalendarLine? Calendar { get; init; }

    public IReadOnlyList<LayerNote> Layers { get; init; } = [];

    /// <summary>Monday of the first week shown.</summary>
    public required DateOnly From { get; init; }

    /// <summary>Cuts layers of shifts into weeks of days. Pure.</summary>
    /// <param name="seen">What was looked at: shifts are cut there, so their true ends lie beyond.</param>
    /// <param name="layers">The first is the outcome ("on call"), the rest explain it; shifts in order, UTC.</param>
    internal static IReadOnlyList<ScheduleWeek> Cut(
        DateOnly monday, TimeZoneInfo zone, DateTimeOffset now, (DateTimeOffset From, DateTimeOffset To) seen, IReadOnlyList<(string Name, IReadOnlyList<Shift> Shifts)> layers,
        Func<string, string> fullName)
    {
        var people = layers.SelectMany(l => l.Shifts).SelectMany(s => s.Users).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return [.. Enumerable.Range(0, 4).Select(week =>
        {
            var days = Enumerable.Range(0, 7).Select(d => Day(monday.AddDays((week * 7) + d), zone, now)).ToList();
            var rows = layers.Select((layer, index) => new ScheduleRow(layer.Name, index == 0,
                [.. days.Select((day, d) => Cell(day, d == 0, layer.Shifts, zone, seen, people, index == 0, fullName))])).ToList();
            return new ScheduleWeek(days, rows);
        })];
    }

    private static ScheduleDay Day(DateOnly date, TimeZoneInfo zone, DateTimeOffset now)
    {
        var (from, to) = (Start(date, zone), Start(date.AddDays(1), zone));
        return new(date, from, to, (to - from).TotalHours, from <= now && now < to);
    }

    private static ScheduleCell Cell(
        ScheduleDay day, bool first, IReadOnlyList<Shift> shifts, TimeZoneInfo zone, (DateTimeOffset From, DateTimeOffset To) seen, List<string> people, bool outcome,
        Func<string, string> fullName)
    {
        var pieces = new List<SchedulePiece>();
        foreach (var shift in shifts.Where(s => s.From < day.To && s.To > day.From))
        {
            if (shift.Users.Count == 0 && !outcome)
            {
                // Only the outcome has gaps; a layer that does not cover a time is simply not there.
                continue;
            }

            var (from, to) = (shift.From > day.From ? shift.From : day.From, shift.To < day.To ? shift.To : day.To);
            var (a, b) = (Slot(from, day, zone, floor: true), Slot(to, day, zone, floor: false));
            b = Math.Max(b, a + 1);
            DateTimeOffset? begins = shift.From > seen.From ? shift.From : null, ends = shift.To < seen.To ? shift.To : null;
            pieces.Add(new(
                shift.Users, a, b, Label(shift, day, a, b, first, zone),
                shift.Users.Count == 0 ? -1 : people.IndexOf(shift.Users[0]) % 8,
                $"{(shift.Users.Count == 0 ? "nobody" : Words.And([.. shift.Users.Select(fullName)]))}, {Span(begins, ends, zone)}",
                Local(begins, zone), Local(ends, zone)));
        }

        return new(pieces);
    }

    /// <summary>A name stands once a week, in the first day that has room for it; a shift within one day shows initials if need be.</summary>
    private static PieceLabel Label(Shift shift, ScheduleDay day, int from, int to, bool first, TimeZoneInfo zone)
    {
        var room = shift.Users.Count == 0 ? 24 : 12;
        var begins = shift.From >= day.From;
        if (to - from >= room)
        {
            var beganYesterday = !begins && shift.From >= day.From.AddHours(-25);
            var hadNoRoom = beganYesterday && 48 - (TimeZoneInfo.ConvertTime(shift.From, zone).TimeOfDay.TotalMinutes / 30) < room;
            return begins || first || hadNoRoom ? PieceLabel.Name : PieceLabel.None;
        }

        return begins && shift.To <= day.To && to - from >= 4 ? PieceLabel.Initials : PieceLabel.None;
    }

    /// <summary>Half hours of the wall clock, 0 to 48.</summary>
    private static int Slot(DateTimeOffset at, ScheduleDay day, TimeZoneInfo zone, bool floor)
    {
        if (at <= day.From)
        {
            return 0;
        }

        if (at >= day.To)
        {
            return 48;
        }

        var halves = TimeZoneInfo.ConvertTime(at, zone).TimeOfDay.TotalMinutes / 30;
        return (int)(floor ? Math.Floor(halves) : Math.Ceiling(halves));
    }

    private static DateTimeOffset Start(DateOnly date, TimeZoneInfo zone)
    {
        var local = date.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(15);
        }

        return new(TimeZoneInfo.ConvertTimeToUtc(local, zone), TimeSpan.Zero);
    }

    private static DateTime? Local(DateTimeOffset? at, TimeZoneInfo zone) => at is { } known ? TimeZoneInfo.ConvertTime(known, zone).DateTime : null;

    private static string Span(DateTimeOffset? from, DateTimeOffset? to, TimeZoneInfo zone) => (from, to) switch
    {
        ({ } begins, { } ends) => $"{Wall(begins, zone)} to {Wall(ends, zone)}",
        ({ } begins, null) => $"from {Wall(begins, zone)} on",
        (null, { } ends) => $"until {Wall(ends, zone)}",
        _ => "all the time",
    };

    private static string Wall(DateTimeOffset at, TimeZoneInfo zone) =>
        TimeZoneInfo.ConvertTime(at, zone).ToString("ddd d MMM HH:mm", CultureInfo.InvariantCulture);
}

public sealed record ScheduleWeek(IReadOnlyList<ScheduleDay> Days, IReadOnlyList<ScheduleRow> Rows);

/// <param name="Hours">23 or 25 where the clocks change.</param>
public sealed record ScheduleDay(DateOnly Date, DateTimeOffset From, DateTimeOffset To, double Hours, bool Today);

public sealed record ScheduleRow(string Name, bool Outcome, IReadOnlyList<ScheduleCell> Cells);

public sealed record ScheduleCell(IReadOnlyList<SchedulePiece> Pieces);

/// <param name="From">Half hours of the day's wall clock, 0 to 47.</param>
/// <param name="To">1 to 48.</param>
/// <param name="Label">What of the name is written here.</param>
/// <param name="Hue">0 to 7; −1 for nobody.</param>
/// <param name="Text">The whole shift in words.</param>
/// <param name="FromWall">When the whole shift begins on the schedule's wall clock; null: before what was looked at.</param>
/// <param name="ToWall">When it ends there; null: after what was looked at.</param>
public sealed record SchedulePiece(IReadOnlyList<string> Users, int From, int To, PieceLabel Label, int Hue, string Text, DateTime? FromWall, DateTime? ToWall);

public enum PieceLabel
{
    None,
    Initials,
    Name,
}

public sealed record Gap(DateTimeOffset From, DateTimeOffset To);

/// <param name="Sentence">"ana, bo and chen take turns every week from Mon 09:00".</param>
public sealed record LayerNote(string Name, string Sentence);
