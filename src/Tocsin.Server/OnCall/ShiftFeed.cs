using System.Security.Cryptography;
using System.Text;
using Tocsin.Data;
using Tocsin.Estate;

namespace Tocsin.OnCall;

/// <summary>A stretch in which one person is on call, as a calendar shows it.</summary>
/// <param name="Override">By a cover or an override, not by a rotation.</param>
internal sealed record FeedShift(string Schedule, string User, DateTimeOffset From, DateTimeOffset To, bool Override);

/// <summary>The shifts of a schedule or a person as a calendar of RFC 5545. Pure.</summary>
internal static class ShiftFeed
{
    private const int DaysBack = 30;
    private const int DaysAhead = 180;

    /// <summary>So far back a shift's true beginning is looked for, which its name hangs on.</summary>
    private static readonly TimeSpan _lookBack = TimeSpan.FromDays(366);

    /// <summary>From 30 days ago to 180 days ahead, whole UTC days, so that the answer is the same all day. Null: there is no such schedule or person any more.</summary>
    public static IReadOnlyList<FeedShift>? Of(EstateSnapshot estate, string kind, string name, DateTimeOffset now)
    {
        if (kind == CalendarLinks.OfSchedule)
        {
            return estate.Schedules.TryGetValue(name, out var schedule) ? [.. Of(estate, schedule, null, now).OrderBy(s => s.From).ThenBy(s => s.User, StringComparer.Ordinal)] : null;
        }

        return estate.Model.Users.TryGetValue(name, out var person) && !person.Disabled
            ? [.. estate.Schedules.Values.SelectMany(s => Of(estate, s, name, now)).OrderBy(s => s.From).ThenBy(s => s.Schedule, StringComparer.Ordinal)]
            : null;
    }

    /// <summary>What tells one content from another.</summary>
    public static string HashOf(EstateSnapshot estate, string kind, string name, IReadOnlyList<FeedShift> shifts)
    {
        var text = new StringBuilder(Name(estate, kind, name));
        foreach (var shift in shifts)
        {
            text.Append($"\n{shift.Schedule}|{shift.User}|{FullName(estate, shift.User)}|{shift.From.ToMicros()}|{shift.To.ToMicros()}|{shift.Override}");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 16));
    }

    /// <param name="version">Grows with the content.</param>
    /// <param name="baseUrl">The installation's address; null: unknown.</param>
    public static string Write(EstateSnapshot estate, string kind, string name, IReadOnlyList<FeedShift> shifts, long version, DateTimeOffset changedAt, string? baseUrl)
    {
        var (calendar, title) = (new IcalWriter(), Name(estate, kind, name));
        var host = baseUrl is null ? "tocsin" : new Uri(baseUrl).IdnHost;
        calendar.Line("BEGIN", "VCALENDAR");
        calendar.Line("VERSION", "2.0");
        calendar.Line("PRODID", "-//Tocsin//On-call//EN");
        calendar.Line("CALSCALE", "GREGORIAN");
        calendar.Line("METHOD", "PUBLISH");
        calendar.Text("NAME", title);
        calendar.Text("X-WR-CALNAME", title);
        calendar.Line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H");
        calendar.Line("X-PUBLISHED-TTL", "PT1H");
        foreach (var shift in shifts)
        {
            calendar.Line("BEGIN", "VEVENT");
            calendar.Text("UID", $"{Id(estate, shift)}@{host}");
            calendar.Instant("DTSTAMP", changedAt);
            calendar.Instant("LAST-MODIFIED", changedAt);
            calendar.Line("SEQUENCE", $"{version}");
            calendar.Instant("DTSTART", shift.From);
            calendar.Instant("DTEND", shift.To);
            calendar.Text("SUMMARY", $"On call: {FullName(estate, shift.User)} ({shift.Schedule})");
            calendar.Line("TRANSP", "TRANSPARENT");
            calendar.Line("CATEGORIES", shift.Override ? "ON-CALL,OVERRIDE" : "ON-CALL");
            if (baseUrl is not null)
            {
                calendar.Line("URL", $"{baseUrl}/schedules/{Uri.EscapeDataString(shift.Schedule)}");
            }

            calendar.Line("END", "VEVENT");
        }

        calendar.Line("END", "VCALENDAR");
        return calendar.ToString();
    }

    private static IEnumerable<FeedShift> Of(EstateSnapshot estate, CompiledSchedule schedule, string? only, DateTimeOffset now)
    {
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var (from, to) = (today.AddDays(-DaysBack), today.AddDays(DaysAhead + 1));
        var turns = schedule.Schedule.Calendar is { Use: CalendarUse.Shifts } ? OnCallEntries.None with { Calendar = estate.Entered.CalendarOf(schedule.Schedule.Name) } : OnCallEntries.None;
        var rotations = OnCallCalendar.Compile(schedule.Schedule with { Overrides = [] }, turns);
        Dictionary<string, FeedShift> open = new(StringComparer.Ordinal);
        foreach (var shift in schedule.Shifts(from - _lookBack, to))
        {
            var usual = rotations.At(shift.From).Users;
            foreach (var user in shift.Users.Where(u => only is null || u == only))
            {
                var stands = !usual.Contains(user, StringComparer.Ordinal);
                if (open.TryGetValue(user, out var before))
                {
                    if (before.To == shift.From && before.Override == stands)
                    {
                        open[user] = before with { To = shift.To };
                        continue;
                    }

                    if (before.To > from)
                    {
                        yield return before;
                    }
                }

                open[user] = new(schedule.Schedule.Name, user, shift.From, shift.To, stands);
            }
        }

        foreach (var last in open.Values.Where(s => s.To > from))
        {
            // One that has always been so begins where the calendar does.
            yield return last.From == from - _lookBack ? last with { From = from } : last;
        }
    }

    /// <summary>The same for the same shift, each time that it is asked for and whatever its end.</summary>
    private static string Id(EstateSnapshot estate, FeedShift shift) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{estate.Workspace}|{shift.Schedule}|{shift.User}|{shift.From.ToMicros()}")).AsSpan(0, 12));

    private static string FullName(EstateSnapshot estate, string user) => estate.Model.Users.GetValueOrDefault(user)?.FullName ?? user;

    private static string Name(EstateSnapshot estate, string kind, string name) => kind == CalendarLinks.OfUser
        ? $"{FullName(estate, name)} on call"
        : $"{name} on call{(estate.Model.Schedules.GetValueOrDefault(name)?.Team is { } team ? $" ({team})" : "")}";
}
