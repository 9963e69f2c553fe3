using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Pages;

/// <summary>The form's fields, and the buttons that add, remove and move parts of it. No button needs JavaScript.</summary>
internal static class ScheduleFormFields
{
    /// <summary>What a form holds; more is edited as a file.</summary>
    public const int MostRotations = 20;
    public const int MostTurns = 60;
    public const int MostTogether = 10;
    public const int MostWindows = 10;

    /// <summary>A request has at most 1 024 fields.</summary>
    private const int MostFields = 900;

    public static ScheduleForm Read(IFormCollection form)
    {
        string Text(string key) => form[key].ToString().Trim();
        int Count(string key, int most) => int.TryParse(form[key], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? Math.Min(count, most) : 0;
        IReadOnlyList<string> Texts(string key) => [.. form[key].OfType<string>().Select(t => t.Trim())];
        return new()
        {
            Name = Text("name"),
            Team = Text("team"),
            TimeZone = Text("zone"),
            Holidays = [.. Texts("holidays").Where(t => t.Length > 0)],
            AllowOverlap = form["overlap"] == "yes",
            Rotations =
            [
                .. Enumerable.Range(0, Count("rotations", MostRotations)).Select(i => new RotationForm
                {
                    Was = Text($"r{i}.was"),
                    Name = Text($"r{i}.name"),
                    Turns = [.. Enumerable.Range(0, Count($"r{i}.turns", MostTurns)).Select(t => (IReadOnlyList<string>)[.. Texts($"r{i}.t{t}").Take(MostTogether)])],
                    Count = Text($"r{i}.count"),
                    Unit = Text($"r{i}.unit"),
                    Start = Text($"r{i}.start"),
                    End = Text($"r{i}.end"),
                    TimeZone = Text($"r{i}.zone"),
                    Priority = Text($"r{i}.priority"),
                    Windows = [.. Enumerable.Range(0, Count($"r{i}.windows", MostWindows)).Select(w => new WindowForm(Texts($"r{i}.w{w}.day"), Text($"r{i}.w{w}.from"), Text($"r{i}.w{w}.to")))],
                }),
            ],
        };
    }

    /// <summary>Whether a form can hold it.</summary>
    public static bool Holds(ScheduleForm form) => form.Rotations.Count <= MostRotations
        && form.Rotations.All(r => r.Turns.Count <= MostTurns && r.Windows.Count <= MostWindows && r.Turns.All(t => t.Count <= MostTogether))
        && form.Rotations.Sum(r => 10 + r.Turns.Sum(t => t.Count) + (10 * r.Windows.Count)) + form.Holidays.Count <= MostFields;

    /// <summary>Carries out a button: <c>rotation-add</c>, <c>turn-up:0:2</c>.</summary>
    /// <param name="monday">The first hand-off of a new rotation is on it.</param>
    /// <returns>The form, unchanged where it would hold too much, and the id of the field that has the focus then; null: it is no such button.</returns>
    public static (ScheduleForm Form, string Focus)? Press(ScheduleForm form, string button, DateOnly monday) =>
        Pressed(form, button, monday) is { } pressed ? Holds(pressed.Form) ? pressed : (form, "rotation-add") : null;

    private static (ScheduleForm Form, string Focus)? Pressed(ScheduleForm form, string button, DateOnly monday)
    {
        var parts = button.Split(':');
        int At(int part) => parts.Length > part && int.TryParse(parts[part], NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : -1;
        var (r, n) = (At(1), At(2));
        if (parts[0] == "rotation-add")
        {
            return form.Rotations.Count < MostRotations
                ? (form with { Rotations = [.. form.Rotations, new() { Start = $"{monday:yyyy-MM-dd}T09:00", Turns = [[""]] }] }, $"r{form.Rotations.Count}-name")
                : (form, "rotation-add");
        }

        if (r < 0 || r >= form.Rotations.Count)
        {
            return null;
        }

        var rotation = form.Rotations[r];
        (ScheduleForm, string)? With(RotationForm changed, string focus) => (form with { Rotations = [.. form.Rotations.Select((old, i) => i == r ? changed : old)] }, $"r{r}-{focus}");
        return parts[0] switch
        {
            "rotation-drop" => (form with { Rotations = Without(form.Rotations, r) }, form.Rotations.Count > 1 ? $"r{Math.Max(0, r - 1)}-name" : "rotation-add"),
            "rotation-up" => (form with { Rotations = Swapped(form.Rotations, r, r - 1) }, r > 1 ? $"r{r - 1}-up" : "r0-down"),
            "rotation-down" => (form with { Rotations = Swapped(form.Rotations, r, r + 1) }, r + 2 < form.Rotations.Count ? $"r{r + 1}-down" : $"r{Math.Min(r + 1, form.Rotations.Count - 1)}-up"),
            "turn-add" => With(rotation with { Turns = rotation.Turns.Count < MostTurns ? [.. rotation.Turns, [""]] : rotation.Turns }, $"t{Math.Min(rotation.Turns.Count, MostTurns - 1)}"),
            "window-add" => With(rotation with { Windows = rotation.Windows.Count < MostWindows ? [.. rotation.Windows, new([], "", "")] : rotation.Windows }, $"w{Math.Min(rotation.Windows.Count, MostWindows - 1)}-from"),
            "window-drop" when n >= 0 => With(rotation with { Windows = Without(rotation.Windows, n) }, "window-add"),
            _ when n < 0 || n >= rotation.Turns.Count => null,
            "turn-drop" => With(rotation with { Turns = Without(rotation.Turns, n) }, rotation.Turns.Count > 1 ? $"t{Math.Max(0, n - 1)}" : "turn-add"),
            "turn-up" => With(rotation with { Turns = Swapped(rotation.Turns, n, n - 1) }, n > 1 ? $"t{n - 1}-up" : "t0-down"),
            "turn-down" => With(rotation with { Turns = Swapped(rotation.Turns, n, n + 1) }, n + 2 < rotation.Turns.Count ? $"t{n + 1}-down" : $"t{Math.Min(n + 1, rotation.Turns.Count - 1)}-up"),
            "turn-with" => With(
                rotation with { Turns = [.. rotation.Turns.Select((t, i) => i == n && t.Count < MostTogether ? [.. t, ""] : t)] }, $"t{n}{(rotation.Turns[n].Count < MostTogether ? $"-{rotation.Turns[n].Count}" : "")}"),
            _ => null,
        };
    }

    /// <summary>The id of the field that a fault's path is about; null: none.</summary>
    public static string? FieldOf(string path)
    {
        path = path.StartsWith("schedule.", StringComparison.Ordinal) ? path["schedule.".Length..] : path;
        if (!path.StartsWith("rotations[", StringComparison.Ordinal))
        {
            return path switch { "name" or "team" => path, "time_zone" => "zone", _ => null };
        }

        var steps = path.Split(['.', '[', ']'], StringSplitOptions.RemoveEmptyEntries);
        var (r, key, n) = (steps[1], steps.ElementAtOrDefault(2), steps.ElementAtOrDefault(3));
        return key switch
        {
            "users" or "turns" => $"r{r}-{(n is null ? "turn-add" : $"t{n}")}",
            "every" => $"r{r}-count",
            "time_zone" => $"r{r}-zone",
            "start" or "end" or "priority" => $"r{r}-{key}",
            "days" or "from" => $"r{r}-w0-from",
            "to" => $"r{r}-w0-to",
            "windows" when n is not null => $"r{r}-w{n}-{(steps[^1] == "to" ? "to" : "from")}",
            _ => $"r{r}-name",
        };
    }

    private static IReadOnlyList<T> Without<T>(IReadOnlyList<T> list, int index) => [.. list.Where((_, i) => i != index)];

    private static IReadOnlyList<T> Swapped<T>(IReadOnlyList<T> list, int a, int b)
    {
        if (b < 0 || b >= list.Count)
        {
            return list;
        }

        T[] swapped = [.. list];
        (swapped[a], swapped[b]) = (swapped[b], swapped[a]);
        return swapped;
    }
}
