using Tocsin.OnCall;
using Tocsin.Reports;
using Tocsin.Tests.OnCall;

namespace Tocsin.Tests.Reports;

/// <summary>Shares worked out by hand, and random schedules against somebody who watches the clocks every quarter of an hour.</summary>
public sealed class FairnessReportTests
{
    private static readonly DateTimeOffset From = Plan.Utc("2026-03-02T00:00:00Z");

    private static FairnessReport Report(int days, OnCallEntries entries, params Schedule[] schedules) =>
        FairnessReport.Of(schedules.Select(s => new DutySchedule(s, entries)), _ => new("UTC"), From, From.AddDays(days), 10_000)!;

    private static DutyTime Time(double all, double nights, double weekends) => new(TimeSpan.FromHours(all), TimeSpan.FromHours(nights), TimeSpan.FromHours(weekends));

    [Fact]
    public void A_fortnight_of_two_who_take_turns_is_fair_until_one_covers_for_the_other()
    {
        // A week each from Monday 00:00: 168 h, of them 7 times 9 h at night and 48 h on the weekend.
        var schedule = Plan.Schedule("UTC", Plan.Weekly("2026-03-02T00:00", "ana", "bo"));
        var fair = Report(14, OnCallEntries.None, schedule);

        Assert.Equal(new(100, 100, 100), fair.Balance);
        Assert.Equal([("ana", Time(168, 63, 48), 168), ("bo", Time(168, 63, 48), 168)], fair.People.Select(p => (p.User, p.Real, (int)p.Expected.All.TotalHours)));
        Assert.Equal(TimeSpan.FromDays(14), fair.Schedules[0].Cycle);

        // Bo covers Ana's Saturday: 24 h, 9 h of night, 24 h of weekend.
        Cover cover = new("bo", Plan.Utc("2026-03-07T00:00:00Z"), Plan.Utc("2026-03-08T00:00:00Z"), null, "");
        var covered = Report(14, new([cover], []), schedule);
        var (bo, ana) = (covered.People[0], covered.People[1]);

        Assert.Equal(("bo", Time(192, 72, 72)), (bo.User, bo.Real));
        Assert.Equal((Time(144, 54, 24), Time(168, 63, 48), Time(168, 63, 48)), (ana.Real, ana.Planned, ana.Expected));
        Assert.Equal((100 * 144 / 192.0, 75, 100 * 24 / 72.0), (covered.Balance.Hours!.Value, covered.Balance.Nights!.Value, covered.Balance.Weekends!.Value), new Near());
        Assert.Equal(((2 * 75) + 75 + (100 / 3.0)) / 4, covered.Balance.Score!.Value, 9);
    }

    [Fact]
    public void Nights_and_weekends_count_from_an_hour_of_duty_on()
    {
        // From Monday 06:00 to 22:59 and so on: an hour of each night's end, 59 minutes of its beginning.
        var report = Report(7, OnCallEntries.None, Plan.Schedule("UTC", Plan.Weekly("2026-02-02T00:00", "ana").Between("06:00", "22:59", DayOfWeek.Monday, DayOfWeek.Tuesday)));
        var ana = Assert.Single(report.People);

        // The nights of Sunday (06:00 to 07:00 on Monday) and of Monday (59 min and an hour); of Tuesday's only 59 min.
        Assert.Equal((2, 0), (ana.Nights, ana.Weekends));
        Assert.Null(report.Balance.Score);
        Assert.Equal(TimeSpan.FromHours((7 * 24) - (2 * (16 + (59 / 60.0)))).TotalHours, report.Schedules[0].Gaps.TotalHours, 6);
    }

    [Fact]
    public void Whoever_has_more_places_in_the_turns_is_expected_to_do_more()
    {
        var report = Report(3, OnCallEntries.None, Plan.Schedule("UTC", Plan.Daily("2026-03-02T00:00", "ana", "bo", "ana")));

        Assert.Equal([("ana", 48, 48), ("bo", 24, 24)], report.People.Select(p => (p.User, p.Real.All.TotalHours, Math.Round(p.Expected.All.TotalHours, 6))));
        Assert.Equal(100, report.Balance.Hours!.Value, 6);
    }

    [Fact]
    public void A_lower_rotation_is_expected_to_do_only_what_the_higher_leaves()
    {
        var days = Plan.Daily("2026-03-02T00:00", "ana").Between("08:00", "20:00") with { Name = "days", Priority = 1 };
        var report = Report(1, OnCallEntries.None, Plan.Schedule("UTC", Plan.Daily("2026-03-02T00:00", "bo", "chen") with { Name = "rest" }, days));

        Assert.Equal([("ana", 12, 12), ("bo", 12, 6), ("chen", 0, 6)], report.People.Select(p => (p.User, p.Real.All.TotalHours, Math.Round(p.Expected.All.TotalHours, 6))));

        // Loads 1, 2 and 0: pairs of 1/2, 0/1 and 0/2.
        Assert.Equal(100 * 0.5 / 3, report.Balance.Hours!.Value, 6);
    }

    [Fact]
    public void What_a_calendar_says_is_shared_out_among_those_whom_it_names_and_rotations_do_the_rest()
    {
        // Of a week the calendar gives Ana 24 h and Bo 72 h; the rotation's people have the other 72 h.
        CalendarShift Named(string user, int from, int to) => new(user, From.AddDays(from), From.AddDays(to));
        var schedule = Plan.Schedule("UTC", Plan.Weekly("2026-03-02T00:00", "chen", "dee")) with { Calendar = new("https://cal.example.test/a.ics", CalendarUse.Shifts) };
        var entries = OnCallEntries.None with { Calendar = [Named("ana", -3, 1), Named("bo", 1, 4), Named("eve", 7, 9)] };

        Assert.Equal(
            [("bo", 72, 72, 48), ("chen", 72, 72, 36), ("ana", 24, 24, 48), ("dee", 0, 0, 36)],
            Report(7, entries, schedule).People.Select(p => (p.User, p.Real.All.TotalHours, p.Planned.All.TotalHours, Math.Round(p.Expected.All.TotalHours, 6))));

        // As overrides it is no plan: the rotation's people would have had all of it.
        var over = Report(7, entries, schedule with { Calendar = schedule.Calendar with { Use = CalendarUse.Overrides } });
        Assert.Equal([("bo", 72, 0), ("chen", 72, 84), ("ana", 24, 0), ("dee", 0, 84)], over.People.Select(p => (p.User, p.Real.All.TotalHours, Math.Round(p.Expected.All.TotalHours, 6))));
    }

    [Fact]
    public void Nights_are_those_of_where_people_live()
    {
        var schedule = Plan.Schedule("UTC", Plan.Daily("2026-03-02T00:00", "ana", "yuki").Between("22:00", "07:00"));
        var report = FairnessReport.Of([new(schedule, OnCallEntries.None)], user => new(user == "yuki" ? "Asia/Tokyo" : "UTC"), From, From.AddDays(14), 1000)!;

        // In Tokyo 22:00 to 07:00 UTC is 07:00 to 16:00.
        Assert.Equal(TimeSpan.Zero, report.People.Single(p => p.User == "yuki").Real.Nights);
        Assert.True(report.People.Single(p => p.User == "ana").Real.Nights > TimeSpan.FromHours(60));
    }

    [Fact]
    public void Helpers_from_outside_are_shown_and_do_not_change_the_score_of_the_others()
    {
        Cover cover = new("eve", From, From.AddDays(7), null, "");
        var report = Report(7, new([cover], []), Plan.Schedule("UTC", Plan.Daily("2026-03-02T00:00", "ana", "bo")));

        Assert.Equal(("eve", 168, TimeSpan.Zero), (report.People[0].User, report.People[0].Real.All.TotalHours, report.People[0].Expected.All));
        Assert.Equal(100, report.Balance.Hours);
    }

    [Fact]
    public void Too_many_changes_are_refused_instead_of_worked_out() =>
        Assert.Null(FairnessReport.Of([new(Plan.Schedule("UTC", Plan.Every(1, PeriodUnit.Hour, "2026-03-02T00:00", "ana", "bo")), OnCallEntries.None)], _ => new("UTC"), From, From.AddDays(30), 500));

    [Theory]
    [InlineData("Europe/Berlin", 1)]
    [InlineData("Australia/Lord_Howe", 2)]
    [InlineData("America/New_York", 3)]
    [InlineData("Asia/Gaza", 4)]
    [InlineData("America/Santiago", 5)]
    [InlineData("Antarctica/Troll", 6)]
    public void Random_schedules_give_what_somebody_sees_who_watches_the_clocks(string zone, int seed)
    {
        var random = new Random(seed);
        for (var run = 0; run < 6; run++)
        {
            var (from, schedule) = (Plan.Utc("2026-01-01T00:00:00Z").AddHours(random.Next(365 * 24)), Schedule(random, zone));
            var to = from.AddDays(10).AddMinutes(15 * random.Next(960));
            var entries = Entries(random, from);
            string[] zones = [zone, "UTC", "Asia/Kathmandu"];
            string ZoneOf(string user) => zones[user.Length % zones.Length];

            var report = FairnessReport.Of([new(schedule, entries)], user => new(ZoneOf(user)), from, to, 100_000)!;
            var seen = new Watcher(schedule, OnCallCalendar.Compile(schedule, entries), ZoneOf).Watch(from, to);
            foreach (var person in report.People)
            {
                var (real, expected) = (seen.Real.GetValueOrDefault(person.User), seen.Expected.GetValueOrDefault(person.User));
                Assert.Equal((real.All, real.Nights, real.Weekends), (person.Real.All, person.Real.Nights, person.Real.Weekends));
                Assert.Equal(
                    (expected.All.TotalHours, expected.Nights.TotalHours, expected.Weekends.TotalHours),
                    (person.Expected.All.TotalHours, person.Expected.Nights.TotalHours, person.Expected.Weekends.TotalHours), new Near());
            }

            Assert.Subset(report.People.Select(p => p.User).ToHashSet(), seen.Real.Keys.ToHashSet());
            Assert.Equal(Slow([.. report.People.Select(p => (p.Real.All, p.Expected.All))]) ?? -1, report.Balance.Hours ?? -1, 6);
        }
    }

    private static double? Slow((TimeSpan Real, TimeSpan Expected)[] people)
    {
        var loads = people.Where(p => p.Expected > TimeSpan.Zero).Select(p => p.Real / p.Expected).ToArray();
        var pairs = loads.SelectMany((a, i) => loads.Skip(i + 1).Select(b => a == b ? 1 : Math.Min(a, b) / Math.Max(a, b))).ToArray();
        return pairs.Length == 0 ? null : 100 * pairs.Average();
    }

    private static Schedule Schedule(Random random, string zone)
    {
        string[] people = ["ana", "bo", "chen", "dee", "eva"];
        Rotation Any(int n) => new()
        {
            Name = $"r{n}",
            Turns = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => (IReadOnlyList<string>)[.. people.OrderBy(_ => random.Next()).Take(random.Next(1, 3))])],
            Start = Plan.Local("2025-12-01T00:00").AddMinutes(15 * random.Next(960)),
            Every = new(random.Next(1, 4), random.Next(2) == 0 ? PeriodUnit.Day : PeriodUnit.Week),
            From = random.Next(2) == 0 ? new(random.Next(24), 15 * random.Next(4)) : null,
            Priority = random.Next(2),
        };
        Rotation[] rotations = [.. Enumerable.Range(0, random.Next(1, 4)).Select(Any)];
        return Plan.Schedule(zone, [.. rotations.Select(r => r.From is null ? r : r with { To = r.From.Value.AddHours(random.Next(1, 12)) })])
            .With(("bo", "2026-05-01T00:00", "2026-05-03T00:00"));
    }

    private static OnCallEntries Entries(Random random, DateTimeOffset from)
    {
        DateTimeOffset At() => from.AddMinutes(15 * random.Next(960));
        var (a, b, c) = (At(), At(), At());
        return new([new("dee", a, a.AddHours(20), null, ""), new("frank", b, b.AddHours(7), "ana", "")], [new("bo", c, c.AddDays(2), null)]);
    }

    /// <summary>Looks at the clocks every quarter of an hour; its own reading of zones, nights and shares.</summary>
    private sealed class Watcher(Schedule schedule, CompiledSchedule calendar, Func<string, string> zoneOf)
    {
        private static readonly TimeSpan Step = TimeSpan.FromMinutes(15);
        private readonly Dictionary<string, DateTime> _shown = [];

        public (Dictionary<string, DutyTime> Real, Dictionary<string, DutyTime> Expected) Watch(DateTimeOffset from, DateTimeOffset to)
        {
            Dictionary<string, DutyTime> real = [];
            Dictionary<string, DutyTime> expected = [];
            var alone = schedule.Rotations.Select(r => (Rotation: r, Calendar: OnCallCalendar.Compile(schedule with { Rotations = [r], Overrides = [] }))).ToArray();
            var zones = schedule.Rotations.SelectMany(r => r.InTurn().SelectMany(t => t)).Append("frank").Append("dee").Append("bo").Select(zoneOf).Distinct().ToArray();
            for (var at = from.AddDays(-1); at < to; at += Step)
            {
                foreach (var zone in zones)
                {
                    // A clock that is put back shows nothing new until it has caught up.
                    var local = TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById(zone)).DateTime;
                    _shown[zone] = _shown.TryGetValue(zone, out var shown) && shown > local ? shown : local;
                }

                if (at < from)
                {
                    continue;
                }

                foreach (var user in calendar.At(at).Users)
                {
                    Add(real, user, 1);
                }

                var on = alone.Select(a => (a.Rotation, a.Calendar.At(at).Users.Count)).Where(a => a.Count > 0).ToArray();
                foreach (var (rotation, count) in on.Where(a => a.Rotation.Priority == on.Max(o => o.Rotation.Priority)))
                {
                    var places = rotation.InTurn().SelectMany(t => t).ToArray();
                    foreach (var user in places)
                    {
                        Add(expected, user, (double)count / places.Length);
                    }
                }
            }

            return (real, expected);
        }

        private void Add(Dictionary<string, DutyTime> to, string user, double share)
        {
            var shown = _shown[zoneOf(user)];
            to[user] = to.GetValueOrDefault(user) + (new DutyTime(
                Step, shown.Hour is >= 22 or < 7 ? Step : TimeSpan.Zero, shown.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday ? Step : TimeSpan.Zero) * share);
        }
    }

    private sealed class Near : IEqualityComparer<(double, double, double)>
    {
        public bool Equals((double, double, double) x, (double, double, double) y) =>
            Math.Abs(x.Item1 - y.Item1) < 1e-4 && Math.Abs(x.Item2 - y.Item2) < 1e-4 && Math.Abs(x.Item3 - y.Item3) < 1e-4;

        public int GetHashCode((double, double, double) obj) => 0;
    }
}
