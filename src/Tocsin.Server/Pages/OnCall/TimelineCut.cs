using System.Globalization;
using Tocsin.OnCall;

namespace Tocsin.Pages;

/// <summary>Draws layers of shifts as a timeline. Pure.</summary>
/// <param name="zone">The schedule's.</param>
/// <param name="reader">The reader's.</param>
/// <param name="seen">What was looked at: shifts are cut there, so their true ends lie beyond.</param>
/// <param name="fullName">How a user is called.</param>
internal sealed class TimelineCut(TimeZoneInfo zone, TimeZoneInfo reader, DateTimeOffset now, (DateTimeOffset From, DateTimeOffset To) seen, Func<string, string> fullName)
{
    /// <summary>Half hours that a word needs on the narrowest table.</summary>
    private const int RoomForName = 14;
    private const int RoomForInitials = 10;
    private const int RoomForLetter = 6;
    private const int RoomForNobody = 22;
    private const int RoomForGap = 12;

    /// <param name="layers">The first is the outcome ("on call"), the rest explain it; shifts in order, UTC.</param>
    public ScheduleTimeline Draw(string schedule, DateOnly monday, int weeks, IReadOnlyList<(string Name, IReadOnlyList<Shift> Shifts)> layers)
    {
        var people = layers.SelectMany(l => l.Shifts).SelectMany(s => s.Users).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        var days = Enumerable.Range(0, 7 * weeks).Select(d => Day(monday.AddDays(d))).ToArray();
        var differs = days.Any(d => zone.GetUtcOffset(d.From) != reader.GetUtcOffset(d.From));
        return new()
        {
            Schedule = schedule,
            TimeZone = zone.Id,
            ReaderZone = differs ? reader.Id : null,
            From = monday,
            Weeks = [.. days.Chunk(7).Select(week => new ScheduleWeek(week, [.. layers.Select((layer, i) => Row(layer.Name, layer.Shifts, week, people, i == 0, differs))]))],
            Agenda = [.. Agenda(days, layers[0].Shifts, people, differs)],
        };
    }

    /// <summary>"AC" for Ana Costa, "BO" for bo.</summary>
    public static string Initials(string name)
    {
        var words = name.Split([' ', '.', '-', '_', '@'], StringSplitOptions.RemoveEmptyEntries);
        var text = words is [var first, .., var last] ? $"{first[0]}{last[0]}" : name[..Math.Min(2, name.Length)];
        return text.ToUpperInvariant();
    }

    /// <summary>The instant at which a day of a zone begins.</summary>
    public static DateTimeOffset Start(DateOnly date, TimeZoneInfo zone)
    {
        var local = date.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(local))
        {
            local = local.AddMinutes(15);
        }

        return new(TimeZoneInfo.ConvertTimeToUtc(local, zone), TimeSpan.Zero);
    }

    private ScheduleDay Day(DateOnly date)
    {
        var (from, to) = (Start(date, zone), Start(date.AddDays(1), zone));
        return new(date, from, to, (to - from).TotalHours, from <= now && now < to ? (int)Halves(now) : null);
    }

    private ScheduleRow Row(string name, IReadOnlyList<Shift> shifts, IReadOnlyList<ScheduleDay> week, List<string> people, bool outcome, bool differs) =>
        new(name, outcome, [.. week.Select((day, d) => new ScheduleCell([.. Pieces(day, d == 0, shifts, people, outcome, differs)]))]);

    private IEnumerable<SchedulePiece> Pieces(ScheduleDay day, bool first, IReadOnlyList<Shift> shifts, List<string> people, bool outcome, bool differs)
    {
        foreach (var shift in shifts.Where(s => s.From < day.To && s.To > day.From))
        {
            if (shift.Users.Count == 0 && !outcome)
            {
                // Only the outcome has gaps; a layer that does not cover a time is simply not there.
                continue;
            }

            var a = shift.From <= day.From ? 0 : (int)Math.Floor(Halves(shift.From));
            var b = shift.To >= day.To ? 48 : (int)Math.Ceiling(Halves(shift.To));
            b = Math.Max(b, a + 1);
            var who = shift.Users.Count == 0 ? "nobody" : Words.And([.. shift.Users.Select(fullName)]);
            var yours = differs ? $" (yours: {Span(shift, reader)})" : "";
            yield return new(
                shift.Users, a, b, Label(shift, day, a, b, first), HueOf(shift, people), $"{who}, {Span(shift, zone)}{yours}{(shift.Because.Length > 0 ? $": {shift.Because}" : "")}", shift.From, shift.To);
        }
    }

    /// <summary>The name where the shift begins, and where a week does; later days have initials, so that no bar is told by its colour alone.</summary>
    private string Label(Shift shift, ScheduleDay day, int from, int to, bool first)
    {
        var room = to - from;
        if (shift.Users.Count == 0)
        {
            return room >= RoomForNobody ? "nobody" : room >= RoomForGap ? "gap" : "";
        }

        var begins = shift.From >= day.From || first || (shift.From >= day.From.AddHours(-25) && 48 - Halves(shift.From) < RoomForName);
        return room >= RoomForName && begins ? string.Join(", ", shift.Users.Select(u => fullName(u).Split(' ')[0]))
            : room >= RoomForInitials ? string.Join(' ', shift.Users.Select(u => Initials(fullName(u))))
            : room >= RoomForLetter ? Initials(fullName(shift.Users[0]))[..1]
            : "";
    }

    private IEnumerable<AgendaDay> Agenda(ScheduleDay[] days, IReadOnlyList<Shift> shifts, List<string> people, bool differs)
    {
        var merged = Merged(shifts);
        var isNow = days[0].From <= now && now < days[^1].To;
        var begin = isNow ? now : days[0].From;
        foreach (var day in days.Where(d => d.To > begin))
        {
            // What runs when the list begins is told once, on its first day.
            var opens = day.From <= begin;
            AgendaLine[] lines =
            [
                .. merged.Where(s => s.From < day.To && s.To > begin && (s.From >= day.From || opens)).Select(s => new AgendaLine(
                    s.Users, s.From >= day.From ? Wall(s.From, zone, "HH:mm") : "",
                    s.To >= seen.To ? "" : Wall(s.To, zone, s.To <= day.To ? "HH:mm" : "ddd d MMM HH:mm"), differs ? Span(s, reader) : null, HueOf(s, people), s.From, s.To)),
            ];
            if (lines.Length > 0)
            {
                yield return new(day.Date, day.Hours, lines);
            }
        }
    }

    /// <summary>Neighbours with the same people as one: why they are on call is no hand-off.</summary>
    private static List<Shift> Merged(IReadOnlyList<Shift> shifts)
    {
        List<Shift> merged = [];
        foreach (var shift in shifts)
        {
            if (merged.Count > 0 && merged[^1] is var last && last.To == shift.From && last.Users.SequenceEqual(shift.Users, StringComparer.Ordinal))
            {
                merged[^1] = last with { To = shift.To };
            }
            else
            {
                merged.Add(shift);
            }
        }

        return merged;
    }

    private static int HueOf(Shift shift, List<string> people) => shift.Users.Count == 0 ? -1 : people.IndexOf(shift.Users[0]) % 8;

    /// <summary>Half hours of the wall clock, 0 to 48.</summary>
    private double Halves(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, zone).TimeOfDay.TotalMinutes / 30;

    private string Span(Shift shift, TimeZoneInfo clock)
    {
        const string wall = "ddd d MMM HH:mm";
        return (shift.From > seen.From, shift.To < seen.To) switch
        {
            (true, true) => $"{Wall(shift.From, clock, wall)} to {Wall(shift.To, clock, wall)}",
            (true, false) => $"from {Wall(shift.From, clock, wall)} on",
            (false, true) => $"until {Wall(shift.To, clock, wall)}",
            _ => "all the time",
        };
    }

    private static string Wall(DateTimeOffset at, TimeZoneInfo clock, string format) => TimeZoneInfo.ConvertTime(at, clock).ToString(format, CultureInfo.InvariantCulture);
}
