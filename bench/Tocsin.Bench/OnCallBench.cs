using Tocsin.OnCall;

namespace Tocsin.Bench;

/// <summary>
/// Who is on call, asked of 1 000 rotations with 100 000 overrides: all in one schedule, and spread over 1 000 schedules; the one also with
/// 100 000 covers and 10 000 times off on top, and with every feature of rotations. The instants are drawn at random, so that
/// neither the caches of the calendar nor those of the processor are flattered.
/// </summary>
internal static class OnCallBench
{
    private const int Rotations = 1_000;
    private const int Overrides = 100_000;
    private const int Calls = 200_000;

    private static readonly DateTimeOffset Now = new(2026, 11, 21, 0, 0, 0, TimeSpan.Zero);
    private static readonly string[] Zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"];

    public static int Run()
    {
        var random = new Random(20261121);
        var one = Meter.Once("Compile of one schedule", () => OnCallCalendar.Compile(Schedule(random, 0, Rotations, Overrides)));
        var many = Meter.Once("Compile of 1 000 schedules", () => Enumerable.Range(0, Rotations)
            .Select(i => OnCallCalendar.Compile(Schedule(random, i, 1, Overrides / Rotations)))
            .ToArray());
        var entered = Meter.Once("Compile with covers and time off", () => OnCallCalendar.Compile(one.Schedule, Entries(random, Overrides, Rotations)));
        var rich = Meter.Once("Compile of one with every feature", () => OnCallCalendar.Compile(Rich(one.Schedule), Entries(random, Overrides, Rotations)));
        var manyEntered = Meter.Once("Compile of 1 000 with covers and time off", () => many
            .Select(m => OnCallCalendar.Compile(Rich(m.Schedule), Entries(random, Overrides / Rotations, 3)))
            .ToArray());
        Meter.Once("First question to one schedule", () => one.At(Now));
        Meter.Once("First question to one with entries", () => entered.At(Now));
        Meter.Once("First question to one with every feature", () => rich.At(Now));
        Meter.Once("Gaps and overlaps of a year", () => rich.Coverage(Now, Now.AddDays(366)));

        Console.WriteLine();
        Meter.Head();
        var nextWeek = Instants(random, TimeSpan.FromDays(7));
        var nextYear = Instants(random, TimeSpan.FromDays(365));
        Meter.Row("one schedule, instants of a week", Calls, () => Ask(nextWeek, _ => one));
        Meter.Row("one schedule, instants of a year", Calls, () => Ask(nextYear, _ => one));
        Meter.Row("1 000 schedules, instants of a year", Calls, () => Ask(nextYear, i => many[i % many.Length]));
        Meter.Row("1 000 schedules, now", Calls, () => Ask(nextYear, i => many[i % many.Length], Now));
        Meter.Row("1 000 schedules with entries, instants of a year", Calls, () => Ask(nextYear, i => manyEntered[i % manyEntered.Length]));

        // Some hundred people on call at once, of whom somebody is always away: far from any use, and so asked less often.
        var fewer = nextYear[..(Calls / 100)];
        Meter.Row("one schedule with entries, instants of a year", fewer.Length, () => Ask(fewer, _ => entered));
        Meter.Row("one schedule with every feature, instants of a year", fewer.Length, () => Ask(fewer, _ => rich));
        return 0;
    }

    private static long Ask(DateTimeOffset[] instants, Func<int, CompiledSchedule> schedule, DateTimeOffset? always = null)
    {
        long sum = 0;
        for (var i = 0; i < instants.Length; i++)
        {
            var now = schedule(i).At(always ?? instants[i]);
            sum += now.Users.Count + (now.Until?.UtcTicks ?? 0);
        }

        return sum;
    }

    private static DateTimeOffset[] Instants(Random random, TimeSpan within) =>
        [.. Enumerable.Range(0, Calls).Select(_ => Now.AddTicks(random.NextInt64(within.Ticks)))];

    /// <summary>Weekly, daily and 12-hourly turns of three on ten levels, every other one with a window; overrides over ten years.</summary>
    private static Schedule Schedule(Random random, int number, int rotations, int overrides)
    {
        var start = new DateTime(2026, 1, 5);
        return new()
        {
            Name = $"schedule {number}",
            TimeZone = Zones[number % Zones.Length],
            Rotations =
            [
                .. Enumerable.Range(0, rotations).Select(i => new Rotation
                {
                    Name = $"rotation {i}",
                    Users = [$"u{i}", $"u{i + 1}", $"u{i + 2}"],
                    Start = start.AddMinutes(random.Next(7 * 24 * 60)),
                    Every = (i % 3) switch { 0 => new(1, PeriodUnit.Week), 1 => new(1, PeriodUnit.Day), _ => new(12, PeriodUnit.Hour) },
                    From = i % 2 == 1 ? new(22, 0) : null,
                    To = i % 2 == 1 ? new(6, 0) : null,
                    Priority = i % 10,
                }),
            ],
            Overrides =
            [
                .. Enumerable.Range(0, overrides).Select(i =>
                {
                    var from = start.AddMinutes(random.Next(10 * 365 * 24 * 60));
                    return new Override($"u{random.Next(3000)}", from, from.AddMinutes(random.Next(1, 60)));
                }),
            ],
        };
    }

    /// <summary>Covers of up to an hour over ten years, two of three instead of one person, and times off of up to two weeks.</summary>
    private static OnCallEntries Entries(Random random, int covers, int people)
    {
        var start = Now.AddDays(-300);
        return new(
            [
                .. Enumerable.Range(0, covers).Select(_ =>
                {
                    var from = start.AddMinutes(random.Next(10 * 365 * 24 * 60));
                    return new Cover($"u{random.Next(3000)}", from, from.AddMinutes(random.Next(1, 60)), random.Next(3) == 0 ? null : $"u{random.Next(people)}", "swap");
                }),
            ],
            [
                .. Enumerable.Range(0, covers / 10).Select(_ =>
                {
                    var from = start.AddMinutes(random.Next(10 * 365 * 24 * 60));
                    return new TimeOff($"u{random.Next(people)}", from, from.AddDays(random.Next(1, 14)), null);
                }),
            ]);
    }

    /// <summary>Months among the turns, pairs, two windows, holidays, and four zones.</summary>
    private static Schedule Rich(Schedule schedule) => schedule with
    {
        Holidays = [new("ours", [], [new(12, 25), new(1, 1), new(5, 1)])],
        Rotations =
        [
            .. schedule.Rotations.Select((r, i) => r with
            {
                Users = [],
                Turns = [.. r.Users.Chunk(2)],
                Every = i % 7 == 0 ? new(1, PeriodUnit.Month) : r.Every,
                TimeZone = Zones[i % Zones.Length],
                From = null,
                To = null,
                Windows = i % 2 == 0 ? [] :
                [
                    new() { Days = [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday], From = new(18, 0), To = new(9, 0) },
                    new() { Days = [DayOfWeek.Saturday, DayOfWeek.Sunday], OnHolidays = true },
                ],
            }),
        ],
    };
}
