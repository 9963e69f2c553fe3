using System.Collections.Frozen;
using System.Diagnostics;
using System.Text.Json;
using Tocsin.Estate;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Browser.Tests.Calendars;

/// <summary>Our calendars of shifts, read by the npm package <c>ical.js</c>: at each quarter of an hour those are on call whom the schedule names then.</summary>
public sealed class FeedTests
{
    private const int Step = 15;
    private const int Schedules = 6;

    /// <summary>How far ahead calendars go, and how far back.</summary>
    private static readonly (int Back, int Ahead) Days = (30, 180);

    private static readonly (string Zone, DateTimeOffset Now)[] Zones =
    [
        ("Europe/Berlin", At(2026, 3, 1)), ("America/New_York", At(2026, 10, 2)), ("Australia/Lord_Howe", At(2026, 4, 1)), ("Asia/Kathmandu", At(2026, 6, 1)),
        ("Africa/Casablanca", At(2026, 2, 1)), ("Pacific/Chatham", At(2026, 9, 1)), ("America/Santiago", At(2026, 8, 20)), ("Antarctica/Troll", At(2026, 3, 10)),
    ];

    /// <summary>Names with everything that the format escapes, and long enough to be folded within a character.</summary>
    private static readonly string[] FullNames =
        ["Ana Ruiz", "Bo \"B\" Lindqvist; Ops, 2nd", @"Chen\Wei", "Dée Ōkafor " + string.Concat(Enumerable.Repeat("é漢🚨", 30)), "Eve: on call (really)"];

    private static readonly string[] Users = ["ana", "bo", "chen", "dee", "eve"];

    [BrowserFact]
    public async Task A_program_of_others_reads_the_shifts_that_we_have_over_changes_of_the_clock()
    {
        List<(EstateSnapshot Estate, DateTimeOffset Now, string Kind, string Name)> feeds = [];
        foreach (var ((zone, now), number) in Zones.SelectMany(zone => Enumerable.Range(0, Schedules).Select(n => (zone, n))))
        {
            var estate = Random(zone, now, new Random((zone.Sum(c => c) * 31) + number));
            feeds.Add((estate, now, CalendarLinks.OfSchedule, "primary"));
            feeds.Add((estate, now, CalendarLinks.OfUser, "ana"));
        }

        var read = await ReadAsync([.. feeds.Select(f => ShiftFeed.Write(
            f.Estate, f.Kind, f.Name, ShiftFeed.Of(f.Estate, f.Kind, f.Name, f.Now)!, version: 7, f.Now, "https://tocsin.example.com"))]);

        Assert.Equal(feeds.Count, read.Count);
        var shifts = 0;
        foreach (var (feed, calendar) in feeds.Zip(read))
        {
            Compare(feed.Estate, feed.Now, feed.Kind == CalendarLinks.OfUser ? feed.Name : null, calendar);
            shifts += calendar.Events.Count;
        }

        Assert.True(shifts > 5_000, $"{shifts} shifts are few for so many schedules.");
    }

    private static void Compare(EstateSnapshot estate, DateTimeOffset now, string? only, ReadCalendar calendar)
    {
        Assert.Equal(calendar.Events.Count, calendar.Events.Select(e => e.Uid).Distinct(StringComparer.Ordinal).Count());
        var schedule = estate.Schedules["primary"];
        var names = Users.Zip(FullNames).ToDictionary(u => $"On call: {u.Second} (primary)", u => u.First, StringComparer.Ordinal);
        var events = calendar.Events.Select(e => (User: names[e.Summary], From: DateTimeOffset.FromUnixTimeSeconds(e.From), To: DateTimeOffset.FromUnixTimeSeconds(e.To))).OrderBy(e => e.From).ToList();
        Assert.All(events, e => Assert.True(e.From < e.To));

        var (next, open) = (0, new List<(string User, DateTimeOffset From, DateTimeOffset To)>());
        for (var moment = now.AddDays(-Days.Back); moment < now.AddDays(Days.Ahead); moment = moment.AddMinutes(Step))
        {
            for (; next < events.Count && events[next].From <= moment; next++)
            {
                open.Add(events[next]);
            }

            open.RemoveAll(e => e.To <= moment);
            var expected = schedule.At(moment).Users.Where(user => only is null || user == only).Order(StringComparer.Ordinal);
            var found = open.Select(e => e.User).Order(StringComparer.Ordinal);
            Assert.True(expected.SequenceEqual(found), $"{schedule.Schedule.TimeZone} {moment:o}: {string.Join('+', found)}, not {string.Join('+', expected)}");
        }
    }

    /// <summary>Rotations, windows, overrides, covers, time off and a calendar of another program, as the seed has it. All times are whole quarters.</summary>
    private static EstateSnapshot Random(string zone, DateTimeOffset now, Random random)
    {
        DateTime Local() => DateTime.SpecifyKind(now.UtcDateTime.AddDays(random.Next(-60, 100)).AddMinutes(Step * random.Next(96)), DateTimeKind.Unspecified);
        (DateTimeOffset From, DateTimeOffset To) Stretch()
        {
            var from = now.AddMinutes(Step * random.Next(-20 * 96, 150 * 96));
            return (from, from.AddMinutes(Step * random.Next(1, 5 * 96)));
        }

        string Anybody() => Users[random.Next(Users.Length)];
        IReadOnlyList<T> Some<T>(int most, Func<T> make) => [.. Enumerable.Range(0, random.Next(most)).Select(_ => make())];
        Rotation Rotation(int number) => new()
        {
            Name = $"r{number}",
            Turns = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => (IReadOnlyList<string>)[.. Enumerable.Range(0, random.Next(1, 3)).Select(_ => Anybody()).Distinct(StringComparer.Ordinal)])],
            Start = Local().AddDays(-60),
            Every = new(random.Next(1, 4), (PeriodUnit)random.Next(4)),
            Windows = Some(3, () => new DutyWindow { From = new(random.Next(24), Step * random.Next(4)), To = new(random.Next(24), 30), Days = [(DayOfWeek)random.Next(7), DayOfWeek.Wednesday] }),
            Priority = random.Next(2),
        };
        var schedule = new Schedule
        {
            Name = "primary",
            TimeZone = zone,
            Rotations = [.. Enumerable.Range(0, random.Next(1, 4)).Select(Rotation)],
            Overrides = Some(6, () => Local() is var from ? new Override(Anybody(), from, from.AddMinutes(Step * random.Next(1, 300))) : throw new UnreachableException()),
            Calendar = random.Next(3) == 0 ? new("https://cal.example.com/feed.ics", (CalendarUse)random.Next(2)) : null,
        };
        var model = new EstateModel
        {
            Workspace = "w1",
            Users = Users.Zip(FullNames).ToFrozenDictionary(u => u.First, u => new Person { Name = u.First, FullName = u.Second }, StringComparer.Ordinal),
            Schedules = new Dictionary<string, Schedule>(StringComparer.Ordinal) { ["primary"] = schedule }.ToFrozenDictionary(StringComparer.Ordinal),
            Route = new Route { Name = "root", Policy = Route.NoPolicy },
        };
        var entered = new EnteredBook(
            Some(6, () => Stretch() is var s ? new CoverRow { Schedule = "primary", User = Anybody(), InsteadOf = random.Next(2) == 0 ? null : Anybody(), From = s.From, To = s.To, MadeBy = "user:ana", MadeAt = now } : throw new UnreachableException()),
            Some(6, () => Stretch() is var s ? new TimeOffRow { User = Anybody(), From = s.From, To = s.To, MadeBy = "user:ana", MadeAt = now } : throw new UnreachableException()))
        {
            Calendars = Some(8, () => Stretch() is var s ? new CalendarRow("primary", new(Anybody(), s.From, s.To)) : throw new UnreachableException()),
        };
        return EstateSnapshot.Of(1, model, [], entered);
    }

    private static async Task<List<ReadCalendar>> ReadAsync(string[] calendars)
    {
        const string program = """
            import ICAL from "ical.js";
            let text = "";
            for await (const part of process.stdin.setEncoding("utf8")) text += part;
            console.log(JSON.stringify(JSON.parse(text).map(calendar => {
              const root = new ICAL.Component(ICAL.parse(calendar));
              return { Events: root.getAllSubcomponents("vevent").map(part => new ICAL.Event(part)).map(e => ({ Uid: e.uid, Summary: e.summary, From: e.startDate.toUnixTime(), To: e.endDate.toUnixTime() })) };
            })));
            """;
        using var node = Process.Start(new ProcessStartInfo("node", ["--input-type=module", "--eval", program])
        {
            WorkingDirectory = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(BrowserSettings.Axe)!, "..", "..")),
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var output = node.StandardOutput.ReadToEndAsync();
        await using (var input = node.StandardInput.BaseStream)
        {
            await JsonSerializer.SerializeAsync(input, calendars);
        }

        await node.WaitForExitAsync();
        Assert.Equal(0, node.ExitCode);
        return JsonSerializer.Deserialize<List<ReadCalendar>>(await output)!;
    }

    private static DateTimeOffset At(int year, int month, int day) => new(year, month, day, 0, 0, 0, TimeSpan.Zero);

    internal sealed record ReadCalendar(IReadOnlyList<ReadEvent> Events);

    internal sealed record ReadEvent(string Uid, string Summary, long From, long To);
}
