using System.Globalization;
using Tocsin.Estate;

namespace Tocsin.OnCall;

/// <summary>Spans of time and what changes in them, in words.</summary>
internal static class ShiftWords
{
    private const int MostChanges = 3;

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

    /// <summary>The span with its zone, for texts that are read far from any schedule.</summary>
    public static string SpanWithZone(DateTimeOffset from, DateTimeOffset to, TimeZoneInfo zone) => $"{Span(from, to, zone)} ({zone.Id})";

    /// <summary>Who is on call instead of whom, in one sentence; the zone is the schedule's.</summary>
    public static string Change(CompiledSchedule before, CompiledSchedule after, DateTimeOffset from, DateTimeOffset to)
    {
        var zone = Zone(after.Schedule.TimeZone) ?? TimeZoneInfo.Utc;
        var changes = Changes(before, after, from, to).ToList();
        if (changes.Count == 0)
        {
            return "Nobody's shift changes.";
        }

        var said = changes.Take(MostChanges).Select(c => $"{Span(c.From, c.To, zone)}: {Instead(c.Before, c.After)}");
        return $"{string.Join("; ", said)}{(changes.Count > MostChanges ? $"; and {changes.Count - MostChanges} more" : "")}. Nobody else changes.";
    }

    /// <summary>The stretches in which somebody else is on call, neighbours that are alike as one.</summary>
    public static IEnumerable<(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<string> Before, IReadOnlyList<string> After)> Changes(
        CompiledSchedule before, CompiledSchedule after, DateTimeOffset from, DateTimeOffset to)
    {
        (DateTimeOffset From, DateTimeOffset To, IReadOnlyList<string> Before, IReadOnlyList<string> After)? last = null;
        for (var at = from; at < to;)
        {
            var (was, will) = (before.At(at), after.At(at));
            var end = new[] { was.Until ?? to, will.Until ?? to, to }.Min();
            if (!was.Users.SequenceEqual(will.Users, StringComparer.Ordinal))
            {
                if (last is { } known && known.To == at && known.Before.SequenceEqual(was.Users) && known.After.SequenceEqual(will.Users))
                {
                    last = known with { To = end };
                }
                else
                {
                    if (last is { } done)
                    {
                        yield return done;
                    }

                    last = (at, end, was.Users, will.Users);
                }
            }

            at = end;
        }

        if (last is { } final)
        {
            yield return final;
        }
    }

    private static string Instead(IReadOnlyList<string> before, IReadOnlyList<string> after)
    {
        var gone = before.Except(after, StringComparer.Ordinal).ToList();
        var come = after.Except(before, StringComparer.Ordinal).ToList();
        return (come.Count, gone.Count) switch
        {
            (0, 0) => "another order",
            (_, 0) => before.Count == 0 ? $"{Names(come)}, where nobody was" : $"{Names(come)} too",
            (0, _) => after.Count == 0 ? $"nobody instead of {Names(gone)}" : $"without {Names(gone)}",
            _ => $"{Names(come)} instead of {Names(gone)}",
        };
    }

    public static string Names(IReadOnlyList<string> users) => users switch
    {
        [] => "nobody",
        [var one] => one,
        _ => $"{string.Join(", ", users.Take(users.Count - 1))} and {users[^1]}",
    };

    private static TimeZoneInfo? Zone(string? id) => id is not null && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone) ? zone : null;
}
