namespace Tocsin.OnCall;

/// <summary>
/// The same hours of some days of the week on the wall clock of one zone: office hours, quiet hours. Over a change of the clock it follows
/// the clock: a skipped time is the next valid instant, of a repeated time the first counts.
/// </summary>
public sealed record DayWindow
{
    /// <summary>When it begins. Equal to <see cref="To"/>: the whole day.</summary>
    public required TimeOnly From { get; init; }

    /// <summary>When it ends, which is no longer part of it; at or before <see cref="From"/> it is the next day's.</summary>
    public required TimeOnly To { get; init; }

    /// <summary>The days on which it begins; empty: every day.</summary>
    public IReadOnlyList<DayOfWeek> Days { get; init; } = [];

    /// <summary>A known IANA zone.</summary>
    public required string TimeZone { get; init; }

    /// <summary>Whether an instant is within it.</summary>
    public bool Contains(DateTimeOffset at) => BeganOn(at) is not null;

    /// <summary>The first instant, not before this one, that is not within it: the instant itself when it is outside.</summary>
    /// <returns>The same instant when it never ends, which a window of less than a day does not do.</returns>
    public DateTimeOffset Free(DateTimeOffset at)
    {
        var free = at;
        for (var days = 0; days <= 8 && BeganOn(free) is { } day; days++)
        {
            var end = day.ToDateTime(To).AddDays(To <= From ? 1 : 0);
            free = new DateTimeOffset(new WallClock(TimeZone).First(end.Ticks, out _), TimeSpan.Zero);
        }

        return BeganOn(free) is null ? free : at;
    }

    /// <summary>Such as <c>mon-fri 09:00-18:00 (Europe/Berlin)</c>.</summary>
    public override string ToString() =>
        $"{(Days.Count is 0 or 7 ? "" : DayText.Format(Days) + " ")}{(From == To ? "all day" : $"{From:HH\\:mm}-{To:HH\\:mm}")} ({TimeZone})";

    private DateOnly? BeganOn(DateTimeOffset at)
    {
        var shown = new DateTime(new WallClock(TimeZone).Shown(at.UtcTicks));
        var (today, time) = (DateOnly.FromDateTime(shown), TimeOnly.FromDateTime(shown));
        if (From < To)
        {
            return time >= From && time < To && Begins(today) ? today : null;
        }

        return time >= From && Begins(today) ? today : time < To && Begins(today.AddDays(-1)) ? today.AddDays(-1) : null;
    }

    private bool Begins(DateOnly day) => Days.Count == 0 || Days.Contains(day.DayOfWeek);
}

/// <summary>Days of the week as people write them: <c>mon-fri</c>, <c>sat,sun</c>, <c>fri-mon</c>.</summary>
public static class DayText
{
    private static readonly string[] _names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// <summary>Reads names and ranges with commas between them; false for anything else, and for nothing.</summary>
    public static bool TryParse(string text, out IReadOnlyList<DayOfWeek> days)
    {
        var found = new bool[_names.Length];
        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var ends = part.Split('-', StringSplitOptions.TrimEntries);
            var (first, last) = (Array.IndexOf(_names, ends[0].ToLowerInvariant()), Array.IndexOf(_names, ends[^1].ToLowerInvariant()));
            if (ends.Length > 2 || first < 0 || last < 0)
            {
                days = [];
                return false;
            }

            for (var i = first; ; i = (i + 1) % _names.Length)
            {
                found[i] = true;
                if (i == last)
                {
                    break;
                }
            }
        }

        days = [.. Enumerable.Range(0, _names.Length).Where(i => found[i]).Select(Day)];
        return true;
    }

    /// <summary>The shortest way to say it in the order of the week: three or more days in a row are a range.</summary>
    public static string Format(IReadOnlyList<DayOfWeek> days)
    {
        List<string> parts = [];
        for (var i = 0; i < _names.Length; i++)
        {
            if (!days.Contains(Day(i)))
            {
                continue;
            }

            var last = i;
            while (last + 1 < _names.Length && days.Contains(Day(last + 1)))
            {
                last++;
            }

            parts.AddRange(last - i >= 2 ? [$"{_names[i]}-{_names[last]}"] : _names[i..(last + 1)]);
            i = last;
        }

        return string.Join(',', parts);
    }

    private static DayOfWeek Day(int index) => (DayOfWeek)((index + 1) % _names.Length);
}

/// <summary>Two times of day: <c>09:00-18:00</c>.</summary>
public static class BetweenText
{
    /// <summary>False for anything else; the second may be before the first.</summary>
    public static bool TryParse(string text, out TimeOnly from, out TimeOnly to)
    {
        (from, to) = (default, default);
        return text.Split('-') is [var first, var last] && TryRead(first, out from) && TryRead(last, out to);
    }

    private static bool TryRead(string text, out TimeOnly time) =>
        TimeOnly.TryParseExact(text, "HH:mm", System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.None, out time);
}
