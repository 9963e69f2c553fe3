namespace Tocsin.OnCall;

/// <summary>What the entries of a schedule's calendar count as.</summary>
public enum CalendarUse
{
    /// <summary>As turns: several people at once are on call together, and whoever is away is left out. Where it names nobody the rotations answer.</summary>
    Shifts,

    /// <summary>As overrides, below those that the schedule declares: one person instead of whoever the rotations name, also if that person is away.</summary>
    Overrides,
}

/// <summary>A calendar of another program that says who is on call, between the schedule's overrides and its rotations.</summary>
/// <param name="Url">Where it is read. A secret; empty: set, but not known now, so that what was read before stays.</param>
public sealed record ScheduleCalendar(string Url, CalendarUse Use)
{
    /// <summary>How it is called before people: its host, which is no secret.</summary>
    public string Name => Uri.TryCreate(Url, UriKind.Absolute, out var uri) ? uri.IdnHost : "another program";

    /// <summary>For explanations: <c>calendar of cal.example.com</c>.</summary>
    public string Because => $"calendar of {Name}";
}

/// <summary>A stretch for which a schedule's calendar names one person, from (inclusive) to (exclusive), at instants.</summary>
public sealed record CalendarShift(string User, DateTimeOffset From, DateTimeOffset To);

/// <summary>The shifts of a calendar as one time line of answers.</summary>
internal static class CalendarLine
{
    /// <summary>Shifts that overlap are together, in the order of the list; as overrides the later one in the list wins.</summary>
    public static SpanLine<Answer> Lay(ScheduleCalendar calendar, IReadOnlyList<CalendarShift> shifts) =>
        new(calendar.Use == CalendarUse.Overrides
            ? [.. shifts.Select(s => new Span<Answer>(s.From.UtcTicks, s.To.UtcTicks, new([s.User], $"override; {calendar.Because}")))]
            : [.. Together(shifts, calendar.Because)]);

    private static IEnumerable<Span<Answer>> Together(IReadOnlyList<CalendarShift> shifts, string because)
    {
        long[] cuts = [.. shifts.SelectMany(s => (long[])[s.From.UtcTicks, s.To.UtcTicks]).Distinct().Order()];
        var begins = shifts.Select((s, i) => (Shift: s, Rank: i)).OrderBy(s => s.Shift.From.UtcTicks).ToList();
        List<(CalendarShift Shift, int Rank)> open = [];
        Answer? before = null;
        for (int i = 0, next = 0; i + 1 < cuts.Length; i++)
        {
            for (; next < begins.Count && begins[next].Shift.From.UtcTicks <= cuts[i]; next++)
            {
                open.Add(begins[next]);
            }

            open.RemoveAll(s => s.Shift.To.UtcTicks <= cuts[i]);
            if (open.Count == 0)
            {
                continue;
            }

            var answer = new Answer([.. open.OrderBy(s => s.Rank).Select(s => s.Shift.User).Distinct(StringComparer.Ordinal)], because);

            // Neighbours that say the same are one stretch to the line if they are one object.
            before = before is not null && before.Same(answer) ? before : answer;
            yield return new(cuts[i], cuts[i + 1], before);
        }
    }
}
