using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using NodaTime;
using Tocsin.OnCall;

namespace Tocsin.Tests.OnCall;

/// <summary>
/// Schedules of every feature, with covers and time off on top, against <see cref="ReferenceCalendar"/>, a quarter of an hour after
/// the other, in twelve zones. <c>TOCSIN_CALENDAR_RUNS=20</c> tries twenty times as many, each run with seeds of its own.
/// </summary>
public sealed class SlowCalendarTests
{
    private const int Step = 15;

    private static readonly int Runs = int.TryParse(Environment.GetEnvironmentVariable("TOCSIN_CALENDAR_RUNS"), out var runs) ? runs : 1;

    private static readonly string[] Zones =
    [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Europe/Dublin",
        "Antarctica/Troll", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Chatham", "America/Santiago", "Asia/Gaza",
    ];

    /// <summary>Where the five years begin: where a zone's clock was last moved oddly, if it is moved no more.</summary>
    private static DateTimeOffset Since(string zone) =>
        new(zone switch { "Pacific/Apia" => 2009, "America/Sao_Paulo" => 2014, _ => 2021 }, 12, 6, 0, 0, 0, TimeSpan.Zero);

    private static readonly string[] People = ["ana", "bo", "chen", "dee", "eve"];

    public static TheoryData<string> AllZones => [.. Zones];

    [Theory]
    [MemberData(nameof(AllZones))]
    public void Each_of_many_schedules_is_what_somebody_sees_who_watches_the_clocks(string zone)
    {
        for (var run = 0; run < Runs; run++)
        {
            Prop.ForAll(Cases(zone).ToArbitrary(), tried => Compare(tried, tried.Middle.AddDays(-6), tried.Middle.AddDays(6))).Check(Seeded(90, run));
        }
    }

    [Theory]
    [MemberData(nameof(AllZones))]
    public void Five_years_of_a_schedule_are_what_somebody_sees_who_watches_the_clocks(string zone)
    {
        for (var run = 0; run < Runs; run++)
        {
            var (random, since) = (new Random(zone.Sum(c => c) + run), Since(zone));
            var start = since.DateTime.AddDays(random.Next(-400, 20)).AddMinutes(Step * random.Next(96));
            var schedule = new Schedule
            {
                Name = "five years",
                TimeZone = zone,
                Holidays = [Plan.Days("ours", "12-25", "12-26", "02-29", $"{since.Year + 2}-04-07", $"{since.Year + 3}-04-01")],
                Rotations =
                [
                    new()
                    {
                        Name = "days",
                        Turns = [["ana", "bo"], ["chen"], ["dee", "ana"]],
                        Start = start,
                        Every = new(random.Next(1, 4), (PeriodUnit)random.Next(1, 4)),
                        Windows =
                        [
                            new() { Days = [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday], From = new(18, 0), To = new(2, 30) },
                            new() { Days = [DayOfWeek.Saturday, DayOfWeek.Sunday], OnHolidays = true },
                        ],
                        Priority = 1,
                    },
                    new()
                    {
                        Name = "month",
                        Users = ["eve", "bo", "chen"],
                        Start = new DateTime(since.Year, 10, 31, 2, 15, 0),
                        Every = new(1, PeriodUnit.Month),
                        TimeZone = Zones[random.Next(Zones.Length)],
                        End = new DateTime(since.Year + 5, 3, 29, 2, 30, 0),
                    },
                ],
                Overrides = [.. Enumerable.Range(0, 60).Select(_ => Stretch(random, since)).Select(s => new Override(Anybody(random), s.From.DateTime, s.To.DateTime))],
            };
            var entries = new OnCallEntries(
                [.. Enumerable.Range(0, 60).Select(_ => Stretch(random, since)).Select(s => new Cover(Anybody(random), s.From, s.To, random.Next(3) == 0 ? null : Anybody(random), "swap"))],
                [.. Enumerable.Range(0, 60).Select(_ => Stretch(random, since)).Select(s => new TimeOff(Anybody(random), s.From, s.To, null))]);

            Compare(new(schedule, entries, since), since, since.AddYears(5));
        }
    }

    [Theory]
    [MemberData(nameof(AllZones))]
    public void The_stretches_in_which_a_change_changes_something_are_exactly_those(string zone)
    {
        for (var run = 0; run < Runs; run++)
        {
            Prop.ForAll(Gen.Zip(Cases(zone), Gen.Choose(0, 2)).ToArbitrary(), both =>
            {
                // One rotation more, one override less, or other people: mostly the same, as changes are.
                var (tried, kind) = both;
                var schedule = kind switch
                {
                    0 => tried.Schedule with { Rotations = [.. tried.Schedule.Rotations.Take(1)] },
                    1 => tried.Schedule with { Overrides = [] },
                    _ => tried.Schedule with { Rotations = [.. tried.Schedule.Rotations.Select(r => r with { Turns = [.. r.Turns, ["finn"]] })] },
                };
                var (from, to) = (tried.Middle.AddDays(-6), tried.Middle.AddDays(6));
                var before = OnCallCalendar.Compile(tried.Schedule, tried.Entries);
                var after = before.Changed(schedule);
                var changes = ScheduleChange.Between(before, after, from, to).ToArray();
                for (var moment = from; moment < to; moment = moment.AddMinutes(Step))
                {
                    var change = changes.SingleOrDefault(c => c.From <= moment && moment < c.To);
                    var (old, wanted) = (before.At(moment).Users, after.At(moment).Users);
                    Assert.Equal(!old.ToHashSet().SetEquals(wanted), change is not null);
                    Assert.True(change is null || (change.Before.ToHashSet().SetEquals(old) && change.After.ToHashSet().SetEquals(wanted)));
                }
            }).Check(Seeded(15, run));
        }
    }

    private static void Compare(Case tried, DateTimeOffset from, DateTimeOffset to)
    {
        var calendar = OnCallCalendar.Compile(tried.Schedule, tried.Entries);
        using var shifts = calendar.Shifts(from, to).GetEnumerator();
        Assert.True(shifts.MoveNext());
        var looks = 0;
        foreach (var (moment, users) in new ReferenceCalendar(tried.Schedule, tried.Entries).Walk(from, to, Step))
        {
            // A boundary that is no multiple of the step would hide between two looks.
            if (shifts.Current.To != to && shifts.Current.To.Ticks % (Step * TimeSpan.TicksPerMinute) != 0)
            {
                Assert.Fail($"{shifts.Current.To:o}, in {tried}");
            }

            if (shifts.Current.To == moment)
            {
                Assert.True(shifts.MoveNext());
            }

            if (moment < shifts.Current.From || moment >= shifts.Current.To || !users.SequenceEqual(shifts.Current.Users))
            {
                Assert.Fail($"{moment:o}: {shifts.Current.Users.Word()} ({shifts.Current.Because}), not {users.Word()}, in {tried}");
            }

            if (looks++ % 37 == 0)
            {
                var now = calendar.At(moment);
                Assert.Equal(shifts.Current.Users, now.Users);
                Assert.Equal(shifts.Current.To == to ? now.Until >= to ? to : now.Until ?? to : now.Until, shifts.Current.To);
            }
        }
    }

    private static string Anybody(Random random) => People[random.Next(People.Length)];

    private static (DateTimeOffset From, DateTimeOffset To) Stretch(Random random, DateTimeOffset since)
    {
        var from = since.AddMinutes(Step * random.Next(5 * 365 * 96));
        return (from, from.AddMinutes(Step * (random.Next(2) == 0 ? random.Next(1, 96) : random.Next(1, 20 * 96))));
    }

    private static Config Seeded(int count, int run) => Config.QuickThrowOnFailure
        .WithMaxTest(count)
        .WithReplay(FSharpOption<Replay>.Some(new(new Rnd(20211206UL + (ulong)run, 4711), FSharpOption<int>.None)));

    /// <summary>Instants at which the zone changes its offset, and some others, in five years; and in Apia the day that was left out.</summary>
    private static Gen<DateTimeOffset> Middles(string zone)
    {
        var upTo = Since(zone).AddYears(5);
        var changes = DateTimeZoneProviders.Tzdb[zone].GetZoneIntervals(Instant.FromUtc(2011, 6, 1, 0, 0), Instant.FromDateTimeOffset(upTo))
            .Where(i => i.HasStart && i.Start > Instant.FromUtc(2011, 6, 1, 0, 0))
            .Select(i => i.Start.ToDateTimeOffset())
            .ToArray();
        var anywhere = Gen.Choose(0, 5 * 365).Select(day => Since(zone).AddDays(day));
        return changes.Length > 0 ? Gen.OneOf(Gen.Elements(changes), anywhere) : anywhere;
    }

    private static Gen<TimeOnly> TimesOfDay() =>
        Gen.OneOf(Gen.Choose(0, 95), Gen.Choose(0, 16), Gen.Constant(0)).Select(quarter => TimeOnly.MinValue.AddMinutes(Step * quarter));

    private static Gen<DateTime> Locals(DateTimeOffset middle, int firstDay, int lastDay) =>
        from day in Gen.Choose(firstDay, lastDay)
        from time in TimesOfDay()
        select DateTime.SpecifyKind(middle.Date, DateTimeKind.Unspecified).AddDays(day) + time.ToTimeSpan();

    private static Gen<DutyWindow> Windows(bool mayNameHolidays) =>
        from days in Gen.SubListOf(Enum.GetValues<DayOfWeek>())
        from onHolidays in Gen.Choose(0, 2)
        from times in Gen.Zip(TimesOfDay(), TimesOfDay())
        from kind in Gen.Choose(0, 3)
        select new DutyWindow
        {
            Days = kind == 0 ? [] : [.. days],
            OnHolidays = mayNameHolidays && onHolidays == 0,
            From = kind < 3 ? times.Item1 : null,
            To = kind < 3 ? times.Item2 : null,
        };

    private static Gen<Holidays[]> Lists(DateTimeOffset middle) =>
        from days in Locals(middle, -6, 6).ArrayOf(3)
        from used in Gen.Choose(0, 3)
        from yearly in Locals(middle, -4, 4)
        select used == 0 ? [] : new Holidays[]
        {
            new("days", [.. days[..used].Select(DateOnly.FromDateTime)], []),
            new("yearly", [], [new(yearly.Month, yearly.Day)]),
        };

    private static Gen<Rotation> Rotations(string name, DateTimeOffset middle) =>
        from turns in Gen.Choose(1, 2).SelectMany(n => Gen.Elements(People).ArrayOf(n)).ArrayOf(3)
        from count in Gen.Choose(1, 3)
        from start in Gen.OneOf(Locals(middle, -5, 1), Locals(middle, -200, -1))
        from every in Gen.OneOf(
            Gen.Choose(1, 40).Select(n => new RotationPeriod(n, PeriodUnit.Hour)),
            Gen.Choose(1, 3).Select(n => new RotationPeriod(n, PeriodUnit.Day)),
            Gen.Choose(1, 2).Select(n => new RotationPeriod(n, PeriodUnit.Week)),
            Gen.Choose(1, 2).Select(n => new RotationPeriod(n, PeriodUnit.Month)))
        from lasts in Gen.Choose(1, 2000)
        from ends in Gen.Choose(0, 4)
        from holidays in Lists(middle)
        from windows in Windows(holidays.Length > 0).ArrayOf(3)
        from windowed in Gen.Choose(0, 3)
        from zone in Gen.Elements(Zones)
        from elsewhere in Gen.Choose(0, 2)
        from priority in Gen.Choose(0, 2)
        select new Rotation
        {
            Name = name,
            Turns = turns[..count],
            Start = start,
            Every = every,
            End = ends == 0 ? start.AddMinutes(Step * lasts) : null,
            Holidays = holidays,
            Windows = windows[..windowed],
            TimeZone = elsewhere == 0 ? zone : null,
            Priority = priority,
        };

    private static Gen<(DateTimeOffset From, DateTimeOffset To)> Stretches(DateTimeOffset middle) =>
        from begin in Gen.Choose(-6 * 96, 6 * 96)
        from quarters in Gen.OneOf(Gen.Choose(1, 20), Gen.Choose(1, 400))
        let at = new DateTimeOffset(middle.Ticks - (middle.Ticks % (Step * TimeSpan.TicksPerMinute)), TimeSpan.Zero).AddMinutes(Step * begin)
        select (at, at.AddMinutes(Step * quarters));

    private static Gen<OnCallEntries> Entries(DateTimeOffset middle)
    {
        var covers =
            from user in Gen.Elements(People)
            from other in Gen.Elements(People)
            from all in Gen.Choose(0, 3)
            from stretch in Stretches(middle)
            select new Cover(user, stretch.From, stretch.To, all == 0 ? null : other, "");
        var away =
            from user in Gen.Elements(People)
            from stretch in Stretches(middle)
            select new TimeOff(user, stretch.From, stretch.To, null);
        var shifts =
            from user in Gen.Elements(People)
            from stretch in Stretches(middle)
            select new CalendarShift(user, stretch.From, stretch.To);
        return
            from c in covers.ArrayOf(6)
            from a in away.ArrayOf(5)
            from covered in Gen.Choose(0, 6)
            from gone in Gen.Choose(0, 5)
            from s in shifts.ArrayOf(5)
            select new OnCallEntries(c[..covered], a[..gone]) { Calendar = s };
    }

    private static Gen<Case> Cases(string zone) =>
        from middle in Middles(zone)
        from rotations in Gen.CollectToArray([1, 2, 3], n => Rotations($"r{n}", middle))
        from used in Gen.Choose(1, 3)
        from overrides in Locals(middle, -5, 4).SelectMany(at => Gen.Choose(1, 200).Select(n => new Override("finn", at, at.AddMinutes(Step * n)))).ArrayOf(3)
        from replaced in Gen.Choose(0, 3)
        from entries in Entries(middle)
        from calendar in Gen.Elements(null, Calendar(CalendarUse.Shifts), Calendar(CalendarUse.Overrides))
        select new Case(new() { Name = "generated", TimeZone = zone, Rotations = rotations[..used], Overrides = overrides[..replaced], Calendar = calendar }, entries, middle);

    private static ScheduleCalendar? Calendar(CalendarUse use) => new("https://cal.example/feed", use);

    private sealed record Case(Schedule Schedule, OnCallEntries Entries, DateTimeOffset Middle)
    {
        public override string ToString() => $"{Schedule.Show()} with {Entries.Show()}";
    }
}
