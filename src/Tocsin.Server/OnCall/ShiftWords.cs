using System.Globalization;
using Tocsin.Estate;

namespace Tocsin.OnCall;

/// <summary>Spans of time, and people, in words.</summary>
internal static class ShiftWords
{
    /// <summary>The wall clock of somebody; where nothing is known of them, of the schedule.</summary>
    public static TimeZoneInfo ZoneOf(EstateSnapshot estate, string? user, string? schedule) =>
        Zone(user is null ? null : estate.Model.Users.GetValueOrDefault(user)?.TimeZone)
        ?? Zone(schedule is null ? null : estate.Model.Schedules.GetValueOrDefault(schedule)?.TimeZone)
        ?? TimeZoneInfo.Utc;

    /// <summary><c>Fri 20 Nov 18:00–22:00</c>, over several days <c>Fri 20 Nov 18:00 – Mon 23 Nov 09:00</c>.</summary>
    public static string Span(DateTimeOffset from, DateTimeOffset to, TimeZoneInfo zone)
    {
        var (begin, end) = (TimeZoneInfo.ConvertTime(from, zone), TimeZoneInfo.ConvertTime(to, zone));
        return begin.Date == end.Date
            ? string.Create(CultureInfo.InvariantCulture, $"{begin:ddd d MMM HH\\:mm}–{end:HH\\:mm}")
            : string.Create(CultureInfo.InvariantCulture, $"{begin:ddd d MMM HH\\:mm} – {end:ddd d MMM HH\\:mm}");
    }

    /// <summary><c>Fri 20 Nov 18:00</c>.</summary>
    public static string Moment(DateTimeOffset at, TimeZoneInfo zone) => string.Create(CultureInfo.InvariantCulture, $"{TimeZoneInfo.ConvertTime(at, zone):ddd d MMM HH\\:mm}");

    /// <summary>The span with its zone, for texts that are read far from any schedule.</summary>
    public static string SpanWithZone(DateTimeOffset from, DateTimeOffset to, TimeZoneInfo zone) => $"{Span(from, to, zone)} ({zone.Id})";

    public static string Names(IReadOnlyList<string> users) => users switch
    {
        [] => "nobody",
        [var one] => one,
        _ => $"{string.Join(", ", users.Take(users.Count - 1))} and {users[^1]}",
    };

    private static TimeZoneInfo? Zone(string? id) => id is not null && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : null;
}
