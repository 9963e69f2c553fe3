using System.Globalization;
using Tocsin.OnCall;

namespace Tocsin.Tests.OnCall;

/// <summary>Builds schedules and reads times in few words. Local and UTC times are written alike, the latter with a Z.</summary>
internal static class Plan
{
    public static Schedule Schedule(string zone, params Rotation[] rotations) =>
        new() { Name = "primary", TimeZone = zone, Rotations = rotations };

    public static Rotation Weekly(string start, params string[] users) => Every(1, PeriodUnit.Week, start, users) with { Name = "weekly" };

    public static Rotation Daily(string start, params string[] users) => Every(1, PeriodUnit.Day, start, users) with { Name = "daily" };

    public static Rotation Every(int count, PeriodUnit unit, string start, params string[] users) =>
        new() { Name = "turns", Users = users, Start = Local(start), Every = new(count, unit) };

    public static Rotation Between(this Rotation rotation, string from, string to, params DayOfWeek[] days) =>
        rotation with { From = TimeOnly.Parse(from), To = TimeOnly.Parse(to), Days = days };

    public static Schedule With(this Schedule schedule, params (string User, string From, string To)[] overrides) =>
        schedule with { Overrides = [.. overrides.Select(o => new Override(o.User, Local(o.From), Local(o.To)))] };

    public static DateTime Local(string time) => DateTime.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.None);

    public static DateTimeOffset Utc(string time)
    {
        Assert.EndsWith("Z", time, StringComparison.Ordinal);
        return DateTimeOffset.Parse(time, CultureInfo.InvariantCulture);
    }

    /// <summary>Who is on call, as one word: <c>ana</c>, <c>ana+bo</c>, or <c>nobody</c>.</summary>
    public static string Who(this CompiledSchedule calendar, string utc) => calendar.At(Utc(utc)).Users.Word();

    public static string Word(this IReadOnlyList<string> users) => users.Count == 0 ? "nobody" : string.Join('+', users);

    /// <summary>Lines such as <c>2026-03-29 07:00 ana</c>: when in UTC, and who from then on.</summary>
    public static string[] Lines(this IEnumerable<Shift> shifts) =>
        [.. shifts.Select(s => $"{s.From.UtcDateTime:yyyy-MM-dd HH:mm} {s.Users.Word()}")];

    public static Holidays Days(string name, params string[] days) => new(
        name,
        [.. days.Where(d => d.Length > 5).Select(d => DateOnly.Parse(d, CultureInfo.InvariantCulture))],
        [.. days.Where(d => d.Length == 5).Select(d => new YearDay(int.Parse(d[..2]), int.Parse(d[3..])))]);

    /// <summary>All of a schedule that decides, for the message of a failed property.</summary>
    public static string Show(this Schedule schedule) => string.Join("; ", [
        $"{schedule.TimeZone} {Show(schedule.Holidays)}",
        .. schedule.Rotations.Select(r =>
            $"{r.Name} {r.TimeZone} [{string.Join(' ', r.InTurn().Select(t => string.Join('+', t)))}] {r.Start:s} every {r.Every.Count} {r.Every.Unit} end {r.End:s} "
            + $"windows [{string.Join(", ", r.AllWindows().Select(w => $"{string.Join(' ', w.Days)}{(w.OnHolidays ? " holiday" : "")} {w.From:t}-{w.To:t}"))}] "
            + $"priority {r.Priority} {Show(r.Holidays ?? [])}"),
        .. schedule.Overrides.Select(o => $"{o.User} {o.From:s} to {o.To:s}"),
        $"calendar as {schedule.Calendar?.Use}",
    ]);

    public static string Show(this OnCallEntries entries) => string.Join("; ", [
        .. entries.Covers.Select(c => $"{c.User} for {c.InsteadOf ?? "all"} {c.From:s}Z to {c.To:s}Z"),
        .. entries.Away.Select(a => $"{a.User} away {a.From:s}Z to {a.To:s}Z"),
        .. entries.Calendar.Select(s => $"{s.User} by calendar {s.From:s}Z to {s.To:s}Z"),
    ]);

    private static string Show(IReadOnlyList<Holidays> holidays) =>
        string.Join(' ', holidays.SelectMany(h => h.Dates.Select(d => $"{d:yyyy-MM-dd}").Concat(h.Yearly.Select(y => $"{y.Month}-{y.Day}"))));
}
