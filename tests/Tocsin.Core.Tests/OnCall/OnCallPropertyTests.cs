using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;
using NodaTime;
using Tocsin.OnCall;

namespace Tocsin.Tests.OnCall;

/// <summary>
/// What holds for every schedule and every instant, tried on generated schedules around real changes of offset. The seeds are
/// fixed: a run that fails once fails always.
/// </summary>
public sealed class OnCallPropertyTests
{
    private static readonly string[] Zones =
    [
        "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Kolkata", "Antarctica/Troll",
    ];

    public static TheoryData<string> AllZones => [.. Zones];

    [Theory]
    [MemberData(nameof(AllZones))]
    public void At_each_minute_the_answer_is_that_of_somebody_who_watches_the_clock(string zone) =>
        Prop.ForAll(Schedules(zone).ToArbitrary(), plan =>
        {
            var calendar = OnCallCalendar.Compile(plan.Schedule);
            List<string> before = [];
            foreach (var (minute, users) in new ReferenceCalendar(plan.Schedule).Walk(plan.From, plan.To))
            {
                var (at, justBefore) = (calendar.At(minute).Users, calendar.At(minute.AddTicks(-1)).Users);
                Assert.True(
                    users.SequenceEqual(at) && before.SequenceEqual(justBefore),
                    $"{minute:o}: {justBefore.Word()} then {at.Word()}, not {before.Word()} then {users.Word()}, in {plan.Schedule.Show()}");
                before = users;
            }
        }).Check(Cases(15));

    [Theory]
    [MemberData(nameof(AllZones))]
    public void Shifts_leave_no_break_and_agree_with_the_answer_at_both_sides_of_each_boundary(string zone) =>
        Prop.ForAll(Schedules(zone).ToArbitrary(), plan =>
        {
            var calendar = OnCallCalendar.Compile(plan.Schedule);
            var to = plan.To.AddDays(300);
            var shifts = calendar.Shifts(plan.From, to).ToArray();

            Assert.Equal(plan.From, shifts[0].From);
            Assert.Equal(to, shifts[^1].To);
            for (var i = 0; i < shifts.Length; i++)
            {
                var shift = shifts[i];
                Assert.True(shift.From < shift.To);
                foreach (var at in (DateTimeOffset[])[shift.From, shift.From.AddTicks(1), shift.To.AddTicks(-1)])
                {
                    var now = calendar.At(at);
                    Assert.Equal(shift.Users, now.Users);
                    Assert.Equal(shift.Because, now.Because);
                    if (i < shifts.Length - 1 && shift.To - at <= TimeSpan.FromDays(366))
                    {
                        Assert.Equal(shift.To, now.Until);
                    }
                }

                if (i > 0)
                {
                    Assert.Equal(shifts[i - 1].To, shift.From);
                    Assert.False(shift.Users.SequenceEqual(shifts[i - 1].Users) && shift.Because == shifts[i - 1].Because);
                }
            }

            Assert.Equal(shifts.Where(s => s.Users.Count == 0), calendar.Gaps(plan.From, to), (a, b) => (a.From, a.To) == (b.From, b.To));
        }).Check(Cases(100));

    [Theory]
    [MemberData(nameof(AllZones))]
    public void An_unrestricted_rotation_hands_off_at_its_local_time_with_one_person_at_every_instant(string zone) =>
        Prop.ForAll(Unrestricted(zone).ToArbitrary(), plan =>
        {
            var rotation = plan.Schedule.Rotations[0];
            var tz = DateTimeZoneProviders.Tzdb[zone];
            var length = rotation.Every.Count * (rotation.Every.Unit == PeriodUnit.Hour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1));
            List<(DateTimeOffset At, string User)> expected = [];
            for (var k = 0; k < 400; k++)
            {
                // What the two rules of a change of offset say, read off the time zone database.
                var mapping = tz.MapLocal(LocalDateTime.FromDateTime(rotation.Start + (k * length)));
                var at = (mapping.Count == 0 ? mapping.LateInterval.Start : mapping.First().ToInstant()).ToDateTimeOffset();
                if (expected.Count > 0 && expected[^1].At == at)
                {
                    expected.RemoveAt(expected.Count - 1);      // a turn that lasts no time
                }

                var user = rotation.Users[k % rotation.Users.Count];
                if (expected.Count == 0 || expected[^1].User != user)
                {
                    expected.Add((at, user));
                }
            }

            var calendar = OnCallCalendar.Compile(plan.Schedule);
            var shifts = calendar.Shifts(expected[0].At, expected[^1].At).ToArray();

            Assert.All(shifts, s => Assert.Single(s.Users));
            Assert.Equal(expected.SkipLast(1), shifts.Select(s => (s.From, s.Users[0])));
            Assert.Empty(calendar.At(expected[0].At.AddTicks(-1)).Users);
        }).Check(Cases(100));

    [Theory]
    [MemberData(nameof(AllZones))]
    public void Windows_that_complete_each_other_leave_no_gap_and_no_overlap(string zone) =>
        Prop.ForAll(Complementary(zone).ToArbitrary(), plan =>
        {
            var calendar = OnCallCalendar.Compile(plan.Schedule);
            var start = calendar.Shifts(plan.From, plan.To).First(s => s.Users.Count > 0).From;

            Assert.All(calendar.Shifts(start, plan.To.AddDays(300)), s => Assert.Single(s.Users));
        }).Check(Cases(100));

    [Theory]
    [MemberData(nameof(AllZones))]
    public void An_answer_does_not_depend_on_what_was_asked_before(string zone) =>
        Prop.ForAll(Schedules(zone).ToArbitrary(), plan =>
        {
            var calendar = OnCallCalendar.Compile(plan.Schedule);
            var random = new Random(plan.From.GetHashCode());
            for (var i = 0; i < 60; i++)
            {
                var at = plan.From.AddMinutes(random.Next(0, i % 2 == 0 ? 20_000 : 400_000_000));
                var (warm, fresh) = (calendar.At(at), OnCallCalendar.Compile(plan.Schedule).At(at));

                Assert.Equal(fresh.Users, warm.Users);
                Assert.Equal((fresh.Until, fresh.Because), (warm.Until, warm.Because));
            }
        }).Check(Cases(30));

    private static Config Cases(int count) => Config.QuickThrowOnFailure
        .WithMaxTest(count)
        .WithReplay(FSharpOption<Replay>.Some(new(new Rnd(20260329, 4711), FSharpOption<int>.None)));

    /// <summary>Some instant at which the zone changes its offset, 2005 to 2031, or any if it never does.</summary>
    private static Gen<DateTimeOffset> Middles(string zone)
    {
        var (since, upTo) = (Instant.FromUtc(2005, 1, 1, 0, 0), Instant.FromUtc(2032, 1, 1, 0, 0));
        var changes = DateTimeZoneProviders.Tzdb[zone].GetZoneIntervals(since, upTo)
            .Where(i => i.HasStart && i.Start > since)
            .Select(i => i.Start.ToDateTimeOffset())
            .ToArray();
        return changes.Length > 0
            ? Gen.Elements(changes)
            : Gen.Choose(0, 9000).Select(day => new DateTimeOffset(2006, 1, 1, 0, 0, 0, TimeSpan.Zero).AddDays(day));
    }

    /// <summary>Times of day, mostly from the early hours in which clocks are changed.</summary>
    private static Gen<TimeSpan> TimesOfDay() =>
        Gen.OneOf(Gen.Choose(0, 1439), Gen.Choose(0, 240), Gen.Choose(0, 8).Select(n => 30 * n)).Select(minutes => TimeSpan.FromMinutes(minutes));

    private static Gen<DateTime> LocalTimes(DateTimeOffset middle, int firstDay, int lastDay) =>
        from day in Gen.Choose(firstDay, lastDay)
        from time in TimesOfDay()
        select DateTime.SpecifyKind(middle.Date, DateTimeKind.Unspecified).AddDays(day) + time;

    private static Gen<Rotation> Rotations(string name, DateTimeOffset middle) =>
        from users in Gen.Elements("ana", "bo", "chen", "dee").ArrayOf(4)
        from count in Gen.Choose(1, 4)
        from start in LocalTimes(middle, -5, 1)
        from every in Gen.OneOf(
            Gen.Choose(1, 40).Select(n => new RotationPeriod(n, PeriodUnit.Hour)),
            Gen.Choose(1, 3).Select(n => new RotationPeriod(n, PeriodUnit.Day)),
            Gen.Constant(new RotationPeriod(1, PeriodUnit.Week)))
        from lasts in Gen.Choose(1, 30_000)
        from days in Gen.SubListOf(Enum.GetValues<DayOfWeek>())
        from window in Gen.Zip(TimesOfDay(), TimesOfDay())
        from ends in Gen.Choose(0, 3)
        from kind in Gen.Choose(0, 3)
        from priority in Gen.Choose(0, 2)
        select new Rotation
        {
            Name = name,
            Users = users[..count],
            Start = start,
            Every = every,
            End = ends == 0 ? start.AddMinutes(lasts) : null,
            Days = kind is 1 or 3 ? [.. days] : [],
            From = kind >= 2 ? TimeOnly.FromTimeSpan(window.Item1) : null,
            To = kind >= 2 ? TimeOnly.FromTimeSpan(window.Item2) : null,
            Priority = priority,
        };

    private static Gen<Override> Overrides(DateTimeOffset middle) =>
        from user in Gen.Elements("ana", "eve", "finn")
        from start in LocalTimes(middle, -4, 3)
        from minutes in Gen.OneOf(Gen.Choose(1, 120), Gen.Choose(1, 3000))
        select new Override(user, start, start.AddMinutes(minutes));

    private static Gen<Case> Schedules(string zone) =>
        from middle in Middles(zone)
        from rotations in Gen.CollectToArray([1, 2, 3], n => Rotations($"r{n}", middle))
        from used in Gen.Choose(1, 3)
        from overrides in Overrides(middle).ArrayOf(4)
        from replaced in Gen.Choose(0, 4)
        select new Case(
            new() { Name = "generated", TimeZone = zone, Rotations = rotations[..used], Overrides = overrides[..replaced] },
            middle.AddDays(-9),
            middle.AddDays(6));

    /// <summary>One rotation of at least two people in turns of hours or days, without an end or a window.</summary>
    private static Gen<Case> Unrestricted(string zone) =>
        from middle in Middles(zone)
        from rotation in Rotations("only", middle)
        from users in Gen.Elements(["ana", "bo"], ["ana", "bo", "chen"], (string[])["ana", "ana", "bo"])
        from every in Gen.OneOf(
            Gen.Choose(1, 30).Select(n => new RotationPeriod(n, PeriodUnit.Hour)),
            Gen.Choose(1, 3).Select(n => new RotationPeriod(n, PeriodUnit.Day)))
        select new Case(
            new()
            {
                Name = "generated",
                TimeZone = zone,
                Rotations = [rotation with { Users = users, Every = every, End = null, Days = [], From = null, To = null }],
            },
            middle.AddDays(-9),
            middle.AddDays(6));

    /// <summary>Two rotations, of which one is reachable exactly when the other is not.</summary>
    private static Gen<Case> Complementary(string zone) =>
        from plan in Unrestricted(zone)
        from a in TimesOfDay().Select(TimeOnly.FromTimeSpan)
        from b in TimesOfDay().Select(TimeOnly.FromTimeSpan)
        where a != b
        let day = plan.Schedule.Rotations[0] with { Users = ["day"], From = a, To = b }
        let night = day with { Name = "other", Users = ["night"], From = b, To = a }
        select plan with { Schedule = plan.Schedule with { Rotations = [day, night] } };

    /// <param name="From">Days before the first rotation starts.</param>
    /// <param name="To">Days after the zone changed its offset.</param>
    private sealed record Case(Schedule Schedule, DateTimeOffset From, DateTimeOffset To);
}
