using Tocsin.OnCall;

namespace Tocsin.Bench;

/// <summary>
/// Who is on call, asked of 1 000 rotations with 100 000 overrides: all in one schedule, and spread over 1 000 schedules. The
/// instants are drawn at random, so that neither the caches of the calendar nor those of the processor are flattered.
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
        Meter.Once("First question to one schedule", () => one.At(Now));

        Console.WriteLine();
        Meter.Head();
        var nextWeek = Instants(random, TimeSpan.FromDays(7));
        var nextYear = Instants(random, TimeSpan.FromDays(365));
        Meter.Row("one schedule, instants of a week", Calls, () => Ask(nextWeek, _ => one));
        Meter.Row("one schedule, instants of a year", Calls, () => Ask(nextYear, _ => one));
        Meter.Row("1 000 schedules, instants of a year", Calls, () => Ask(nextYear, i => many[i % many.Length]));
        Meter.Row("1 000 schedules, now", Calls, () => Ask(nextYear, i => many[i % many.Length], Now));
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
}
