using System.Globalization;
using Tocsin.OnCall;

namespace Tocsin.Pages;

/// <summary>Rotations and overrides as sentences.</summary>
internal static class ScheduleWords
{
    public static string Rotation(Rotation rotation, Frame frame)
    {
        string[] turns = [.. rotation.InTurn().Select(turn => string.Join(" with ", turn.Select(u => frame.People.GetValueOrDefault(u, u))))];
        var people = turns.Length > 1 ? $"{Words.And(turns)} take turns every {Period(rotation.Every)}" : $"{turns[0]}, always";
        var windows = rotation.AllWindows().Select(Window).Where(w => w.Length > 0).ToArray();
        var when = windows.Length > 0 ? ", " + string.Join("; ", windows) : "";
        var handOff = turns.Length > 1 ? $", hand-off {HandOff(rotation)}" : "";
        return people + when + handOff + (rotation.TimeZone is { } zone ? $", in {zone}" : "");
    }

    private static string Window(DutyWindow window)
    {
        var times = (window.From, window.To) is ({ } from, { } to) ? string.Create(CultureInfo.InvariantCulture, $"{from:HH\\:mm} to {to:HH\\:mm}") : "";
        string[] days = [.. window.Days.Count < 7 ? window.Days.Select(d => d.ToString()[..3]) : [], .. window.OnHolidays ? ["holidays"] : Array.Empty<string>()];
        return string.Join(", ", new[] { times, days.Length > 0 ? Words.And(days) : "" }.Where(t => t.Length > 0));
    }

    private static string HandOff(Rotation rotation) => string.Create(
        CultureInfo.InvariantCulture,
        $"{rotation.Every.Unit switch
        {
            PeriodUnit.Week => rotation.Start.ToString("ddd ", CultureInfo.InvariantCulture),
            PeriodUnit.Month => $"on day {rotation.Start.Day} ",
            _ => "",
        }}{rotation.Start:HH\\:mm}");

    public static string Override(Override o, Frame frame) => string.Create(
        CultureInfo.InvariantCulture, $"{frame.People.GetValueOrDefault(o.User, o.User)}, {o.From:ddd d MMM yyyy HH\\:mm} to {o.To:ddd d MMM yyyy HH\\:mm}");

    /// <summary>How the reader's wall clock differs from the schedule's, if it does.</summary>
    public static string? ZoneNote(Clock here, Clock there)
    {
        var difference = here.Local(here.Now).Offset - there.Local(here.Now).Offset;
        return difference == TimeSpan.Zero ? null : $"your clock is {Words.Span(difference)} {(difference > TimeSpan.Zero ? "ahead" : "behind")}";
    }

    private static string Period(RotationPeriod period) => period.Count == 1
        ? period.Unit.ToString().ToLowerInvariant()
        : $"{period.Count} {period.Unit.ToString().ToLowerInvariant()}s";
}
