using Tocsin.Estate;

namespace Tocsin.Pages;

/// <summary>Usual ways to take turns, to begin a schedule with. <c>docs/reference/schedules.md</c> has the same as files.</summary>
internal static class SchedulePresets
{
    private static readonly string[] _weekdays = ["mon", "tue", "wed", "thu", "fri"];

    public static IReadOnlyList<(string Id, string Name)> All { get; } =
        [("weekly", "Weekly"), ("daily", "Daily"), ("weekends", "Weekdays and weekends"), ("sun", "Follow the sun"), ("office", "Business hours")];

    /// <summary>The form with the rotations of a preset.</summary>
    /// <param name="people">Who takes turns.</param>
    /// <param name="zoneOf">Where somebody lives; null: not known.</param>
    /// <param name="monday">The first hand-off is on it.</param>
    /// <returns>Null: there is no such preset.</returns>
    public static ScheduleForm? Fill(ScheduleForm form, string preset, IReadOnlyList<string> people, Func<string, string?> zoneOf, DateOnly monday)
    {
        string At(string time) => $"{monday:yyyy-MM-dd}T{time}";
        RotationForm Of(string name, IEnumerable<string> users, string unit = "w") => new() { Name = name, Turns = [.. users.Select(IReadOnlyList<string> (u) => [u])], Unit = unit, Start = At("09:00") };
        RotationForm Sun(string name, string zone, string from, string to, string priority) => Of(name, people.Where(p => Continent(zoneOf(p)) == name)) with
        {
            TimeZone = zone,
            Start = At(from),
            Priority = priority,
            Windows = [new([], from, to)],
        };
        IReadOnlyList<RotationForm>? rotations = preset switch
        {
            "weekly" => [Of("weekly", people)],
            "daily" => [Of("daily", people, "d")],
            "weekends" =>
            [
                Of("weekdays", people) with { Windows = [new(_weekdays, "09:00", "09:00")] },
                Of("weekends", people) with { Windows = [new(form.Holidays.Count > 0 ? ["sat", "sun", EstateTable.Holiday] : ["sat", "sun"], "09:00", "09:00")] },
            ],
            // Each holds longer than needed, and the priorities decide where two do: no gap however the zones move against each other.
            "sun" => [Sun("asia", "Asia/Tokyo", "09:00", "18:00", "2"), Sun("europe", "Europe/Berlin", "08:00", "18:00", "1"), Sun("america", "America/New_York", "08:00", "20:00", "")],
            "office" => [Of("office", people) with { Windows = [new(_weekdays, "09:00", "17:00")] }],
            _ => null,
        };
        return rotations is null ? null : form with { Rotations = rotations };
    }

    private static string Continent(string? zone) => zone?.Split('/')[0] switch
    {
        "Asia" or "Australia" or "Pacific" or "Indian" => "asia",
        "America" => "america",
        _ => "europe",
    };
}
