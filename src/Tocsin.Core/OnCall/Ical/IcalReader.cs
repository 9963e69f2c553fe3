using System.Globalization;
using System.Text.RegularExpressions;
using NodaTime;

namespace Tocsin.OnCall;

/// <summary>One event of somebody's calendar, at one time: from (inclusive) to (exclusive), UTC.</summary>
/// <param name="People">E-mail addresses of those who attend, and those that the summary names; lower case, each once.</param>
/// <param name="AllDay">It was written as whole days.</param>
public sealed record IcalEntry(string Uid, DateTimeOffset From, DateTimeOffset To, string Summary, IReadOnlyList<string> People, bool AllDay);

/// <summary>What a calendar says about a stretch of time.</summary>
/// <param name="Entries">By their beginning.</param>
/// <param name="Faults">What was left out, and why; each a sentence, at most 20.</param>
public sealed record IcalContent(IReadOnlyList<IcalEntry> Entries, IReadOnlyList<string> Faults);

/// <summary>
/// Reads calendars of other programs (RFC 5545): repetitions, exceptions to them, single changed times, and zones also by the names of Windows.
/// Pure. A repeated event keeps its times on its own wall clock, and so does its end where both have one zone.
/// </summary>
public static partial class IcalReader
{
    public const int MostEvents = 5_000;
    public const int MostEntries = 5_000;
    private const int MostFaults = 20;

    /// <summary>Days that the repetitions of one calendar may look at: a daily event since 1970 takes 20 000.</summary>
    private const int MostDays = 2_000_000;

    /// <summary>All events that touch a stretch of time.</summary>
    /// <param name="text">The calendar; the caller bounds its length.</param>
    /// <param name="zone">An IANA id: where whole days, and times without a zone, are.</param>
    /// <returns>An error for a text that is no calendar, or one with more than <see cref="MostEvents"/> events.</returns>
    public static Result<IcalContent> Read(string text, string zone, DateTimeOffset from, DateTimeOffset to)
    {
        var read = IcalText.Read(text);
        if (!read.Ok)
        {
            return read.Error;
        }

        var events = read.Value.SelectMany(calendar => calendar.Parts).Where(part => part.Name == "VEVENT").ToList();
        return events.Count > MostEvents
            ? Error.Invalid("calendar", $"The calendar has {events.Count} events; {MostEvents} are read.")
            : new Reading(DateTimeZoneProviders.Tzdb[zone], ZonesOf(read.Value), from, to).Of(events);
    }

    /// <summary>Zones that the calendar itself names otherwise than the world does.</summary>
    private static Dictionary<string, DateTimeZone> ZonesOf(IReadOnlyList<IcalComponent> calendars)
    {
        Dictionary<string, DateTimeZone> zones = new(StringComparer.Ordinal);
        foreach (var zone in calendars.SelectMany(calendar => calendar.Parts).Where(part => part.Name == "VTIMEZONE"))
        {
            if (zone.Line("TZID")?.Value is { } id && (IcalZones.Find(id) ?? (zone.Line("X-LIC-LOCATION")?.Value is { } place ? IcalZones.Find(place) : null)) is { } known)
            {
                zones[id] = known;
            }
        }

        return zones;
    }

    [GeneratedRegex(@"[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}.-]+", RegexOptions.NonBacktracking)]
    private static partial Regex Address();

    [GeneratedRegex(@"^(?<sign>[+-])?P(?:(?<w>\d{1,4})W)?(?:(?<d>\d{1,5})D)?(?:T(?:(?<h>\d{1,6})H)?(?:(?<m>\d{1,6})M)?(?:(?<s>\d{1,8})S)?)?$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Span();

    /// <summary>One calendar being read.</summary>
    private sealed class Reading(DateTimeZone home, Dictionary<string, DateTimeZone> zones, DateTimeOffset from, DateTimeOffset to)
    {
        private readonly List<IcalEntry> _entries = [];
        private readonly List<string> _faults = [];
        private readonly ExpansionBudget _budget = new(MostDays);

        public IcalContent Of(List<IcalComponent> events)
        {
            foreach (var same in events.GroupBy(e => e.Line("UID")?.Value ?? "", StringComparer.Ordinal))
            {
                if (same.Key.Length == 0)
                {
                    // Without a name nothing can be said to be changed: each stands for itself.
                    foreach (var alone in same)
                    {
                        Series(alone, []);
                    }

                    continue;
                }

                // Of one event that is written several times the newest counts.
                var changes = same.Where(e => e.Line("RECURRENCE-ID") is not null).OrderBy(Sequence).ToList();
                var main = same.Where(e => e.Line("RECURRENCE-ID") is null).OrderBy(Sequence).LastOrDefault();
                if (main is not null)
                {
                    Series(main, changes);
                }
                else
                {
                    changes.ForEach(Single);
                }
            }

            if (_budget.IsSpent)
            {
                Fault("the repetitions go on for too long; later times are missing");
            }

            return new([.. _entries.OrderBy(e => e.From).ThenBy(e => e.Uid, StringComparer.Ordinal)], _faults);
        }

        private static int Sequence(IcalComponent item) =>
            int.TryParse(item.Line("SEQUENCE")?.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;

        private void Fault(string says)
        {
            if (_faults.Count < MostFaults && !_faults.Contains(says))
            {
                _faults.Add(says);
            }
        }

        /// <summary>An event with all its times.</summary>
        private void Series(IcalComponent item, List<IcalComponent> changes)
        {
            if (IsCancelled(item) || Beginning(item) is not { } start || Length(item, start) is not { } length)
            {
                return;
            }

            Dictionary<DateTimeOffset, IcalComponent> changed = [];
            foreach (var change in changes)
            {
                if (Time(change.Line("RECURRENCE-ID")!) is { } original)
                {
                    changed[Matching(original, start).Instant] = change;
                }
            }

            var left = Exceptions(item, start);
            foreach (var time in Times(item, start, length))
            {
                if (!left.Days.Contains(time.Local.Date) && !left.Instants.Contains(time.Instant) && !changed.ContainsKey(time.Instant))
                {
                    Add(item, time, length.EndOf(time));
                }
            }

            foreach (var change in changed.Values)
            {
                Single(change);
            }
        }

        private void Single(IcalComponent item)
        {
            if (!IsCancelled(item) && Beginning(item) is { } start && Length(item, start) is { } length)
            {
                Add(item, start, length.EndOf(start));
            }
        }

        /// <summary>A change says which day it is about also where the event has a time.</summary>
        private static IcalTime Matching(IcalTime original, IcalTime start) =>
            original.IsDay && !start.IsDay ? start with { Local = original.Local.Date + start.Local.TimeOfDay } : original;

        private void Add(IcalComponent item, IcalTime start, DateTimeOffset end)
        {
            var begin = start.Instant;
            if (end <= begin || end <= from || begin >= to)
            {
                return;
            }

            if (_entries.Count == MostEntries)
            {
                Fault($"more than {MostEntries} times are in it; the rest is missing");
                return;
            }

            var summary = item.Line("SUMMARY")?.Text.ReplaceLineEndings(" ").Trim() ?? "";
            _entries.Add(new(item.Line("UID")?.Value ?? "", begin, end, summary.Length > 200 ? summary[..200] : summary, People(item, summary), start.IsDay));
        }

        private static List<string> People(IcalComponent item, string summary)
        {
            var attend = item.All("ATTENDEE").Take(50).Select(line => line.Value.Trim())
                .Where(value => value.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase)).Select(value => value["mailto:".Length..]);
            return [.. Address().Matches(summary).Select(match => match.Value).Concat(attend).Select(mail => mail.ToLowerInvariant()).Distinct(StringComparer.Ordinal)];
        }

        private static bool IsCancelled(IcalComponent item) => string.Equals(item.Line("STATUS")?.Value.Trim(), "CANCELLED", StringComparison.OrdinalIgnoreCase);

        private IcalTime? Beginning(IcalComponent item)
        {
            if (item.Line("DTSTART") is not { } line)
            {
                Fault("an event has no beginning");
                return null;
            }

            return Time(line);
        }

        private IcalTime? Time(IcalLine line)
        {
            var zone = ZoneOf(line);
            var time = zone is null ? null : IcalTime.Read(line.Value, zone);
            if (zone is not null && time is null)
            {
                Fault($"'{Short(line.Value)}' is no time");
            }

            return time;
        }

        private DateTimeZone? ZoneOf(IcalLine line)
        {
            if (line.Parameter("TZID") is not { } id)
            {
                return home;
            }

            var zone = zones.GetValueOrDefault(id) ?? IcalZones.Find(id);
            if (zone is null)
            {
                Fault($"the time zone '{Short(id)}' is not known; its events are left out");
            }

            return zone;
        }

        /// <summary>All times that an event begins, in no particular order, each once.</summary>
        private IEnumerable<IcalTime> Times(IcalComponent item, IcalTime start, EventLength length)
        {
            HashSet<DateTime> locals = [start.Local];

            // An event that began before the stretch may reach into it.
            var last = Later(IcalZones.LocalOf(to, start.Zone), TimeSpan.FromDays(2));
            foreach (var line in item.All("RRULE"))
            {
                var rule = RecurrenceRule.Parse(line.Value);
                if (!rule.Ok)
                {
                    Fault(rule.Error.Detail);
                    continue;
                }

                var until = rule.Value.Until is { } written ? IcalTime.Read(written, start.Zone) : null;
                var left = (rule.Value.Count ?? int.MaxValue) - 1;
                foreach (var day in rule.Value.Days(start.Local.Date, last, _budget))
                {
                    var time = start with { Local = day + start.Local.TimeOfDay };
                    if (time.Local == start.Local)
                    {
                        // The first time is one of them whether or not the rule names it.
                        continue;
                    }

                    if (left-- <= 0 || (until is { } end && IsAfter(time, end)))
                    {
                        break;
                    }

                    locals.Add(time.Local);
                }
            }

            foreach (var time in item.All("RDATE").SelectMany(ManyTimes))
            {
                locals.Add(time.IsDay && !start.IsDay ? time.Local.Date + start.Local.TimeOfDay : IcalZones.LocalOf(time.Instant, start.Zone));
            }

            // Most times of a long series are long past; only those that can touch the stretch are worked out.
            var first = Earlier(IcalZones.LocalOf(from, start.Zone), length.AtMost + TimeSpan.FromDays(2));
            return locals.Where(local => local >= first && local <= last).Select(local => start with { Local = local });
        }

        private static DateTime Earlier(DateTime time, TimeSpan span) => time - DateTime.MinValue > span ? time - span : DateTime.MinValue;

        private static DateTime Later(DateTime time, TimeSpan span) => DateTime.MaxValue - time > span ? time + span : DateTime.MaxValue;

        /// <summary>A day as an end includes all of that day.</summary>
        private static bool IsAfter(IcalTime time, IcalTime end) => end.IsDay || time.IsDay ? time.Local.Date > end.Local.Date : time.Instant > end.Instant;

        private (HashSet<DateTime> Days, HashSet<DateTimeOffset> Instants) Exceptions(IcalComponent item, IcalTime start)
        {
            (HashSet<DateTime> Days, HashSet<DateTimeOffset> Instants) left = ([], []);
            foreach (var time in item.All("EXDATE").SelectMany(ManyTimes))
            {
                if (time.IsDay || start.IsDay)
                {
                    left.Days.Add(time.Local.Date);
                }
                else
                {
                    left.Instants.Add(time.Instant);
                }
            }

            return left;
        }

        private IEnumerable<IcalTime> ManyTimes(IcalLine line)
        {
            foreach (var value in line.Value.Split(','))
            {
                // A period is its beginning with an end that only that one time has; the event's own length is used.
                var slash = value.IndexOf('/', StringComparison.Ordinal);
                if (Time(line with { Value = slash < 0 ? value : value[..slash] }) is { } time)
                {
                    yield return time;
                }
            }
        }

        private EventLength? Length(IcalComponent item, IcalTime start)
        {
            if (item.Line("DTEND") is { } line)
            {
                return Time(line) is not { } end ? null
                    : end.Zone.Equals(start.Zone) ? new(end.Local - start.Local, TimeSpan.Zero)
                    : new(TimeSpan.Zero, end.Instant - start.Instant);
            }

            if (item.Line("DURATION")?.Value is not { } written)
            {
                return new(start.IsDay ? TimeSpan.FromDays(1) : TimeSpan.Zero, TimeSpan.Zero);
            }

            if (Span().Match(written.Trim()) is not { Success: true } match || match.Groups["sign"].Value == "-")
            {
                Fault($"'{Short(written)}' is no length of an event");
                return null;
            }

            int Part(string name) => int.TryParse(match.Groups[name].ValueSpan, out var number) ? number : 0;
            return new(TimeSpan.FromDays((Part("w") * 7) + Part("d")), TimeSpan.FromSeconds((Part("h") * 3600L) + (Part("m") * 60L) + Part("s")));
        }

        private static string Short(string text) => text.Length > 60 ? $"{text[..60]}…" : text;
    }

    /// <summary>How long each time of an event is.</summary>
    /// <param name="OnClock">Added to the wall clock.</param>
    /// <param name="Exact">Added to the instant.</param>
    private readonly record struct EventLength(TimeSpan OnClock, TimeSpan Exact)
    {
        public TimeSpan AtMost => (OnClock > TimeSpan.Zero ? OnClock : TimeSpan.Zero) + (Exact > TimeSpan.Zero ? Exact : TimeSpan.Zero);

        public DateTimeOffset EndOf(IcalTime start)
        {
            var local = OnClock < TimeSpan.Zero ? start.Local : Bounded(start.Local, OnClock);
            var instant = (start with { Local = local }).Instant;
            return Exact > TimeSpan.Zero && DateTimeOffset.MaxValue - instant > Exact ? instant + Exact : instant;
        }

        private static DateTime Bounded(DateTime time, TimeSpan span) => DateTime.MaxValue - time > span ? time + span : DateTime.MaxValue;
    }
}
