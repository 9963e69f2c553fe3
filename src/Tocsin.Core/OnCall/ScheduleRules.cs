using NodaTime;
using NodaTime.TimeZones;
using Tocsin.Estate;

namespace Tocsin.OnCall;

/// <summary>What a schedule must keep to. Whether its users and team exist is the estate's question.</summary>
public static class ScheduleRules
{
    /// <summary>
    /// All faults of a schedule; empty if it can be compiled. Fields are paths in the words of the estate file, counted from 0:
    /// <c>time_zone</c>, <c>rotations[0].every</c>, <c>overrides[2].to</c>.
    /// </summary>
    public static IReadOnlyList<Error> Check(Schedule schedule)
    {
        List<Error> errors = [];
        if (string.IsNullOrWhiteSpace(schedule.Name))
        {
            errors.Add(Error.Invalid("name", "A schedule needs a name."));
        }

        CheckZone(schedule.TimeZone, "time_zone", errors);

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < schedule.Rotations.Count; i++)
        {
            CheckRotation(schedule.Rotations[i], schedule, $"rotations[{i}]", names, errors);
        }

        for (var i = 0; i < schedule.Overrides.Count; i++)
        {
            CheckOverride(schedule.Overrides[i], i, errors);
        }

        return errors;
    }

    private static void CheckRotation(Rotation rotation, Schedule schedule, string path, HashSet<string> names, List<Error> errors)
    {
        if (string.IsNullOrWhiteSpace(rotation.Name))
        {
            errors.Add(Error.Invalid($"{path}.name", "A rotation needs a name, so that pages can say why."));
        }
        else if (!names.Add(rotation.Name))
        {
            errors.Add(Error.Invalid($"{path}.name", $"Another rotation of this schedule is called '{rotation.Name}' too."));
        }

        CheckTurns(rotation, path, errors);
        if (rotation.Every.Count is < 1 or > 366 || !Enum.IsDefined(rotation.Every.Unit))
        {
            errors.Add(Error.Invalid($"{path}.every", $"A shift lasts 1 to 366 hours, days, weeks or months, not {rotation.Every.Count}."));
        }

        CheckLocal(rotation.Start, $"{path}.start", errors);
        if (rotation.End is { } end)
        {
            CheckLocal(end, $"{path}.end", errors);
            if (end <= rotation.Start)
            {
                errors.Add(Error.Invalid($"{path}.end", $"The end, {Show(end)}, is not after the start, {Show(rotation.Start)}."));
            }
        }

        if (rotation.TimeZone is { } zone)
        {
            CheckZone(zone, $"{path}.time_zone", errors);
        }

        if (rotation.Windows.Count > 0 && (rotation with { Windows = [] }).AllWindows().Count > 0)
        {
            errors.Add(Error.Invalid($"{path}.windows", "Give either \"windows\" or the days and times of a single one, not both."));
            return;
        }

        var (windows, hasHolidays) = (rotation.AllWindows(), (rotation.Holidays ?? schedule.Holidays).Count > 0);
        for (var i = 0; i < windows.Count; i++)
        {
            CheckWindow(windows[i], hasHolidays, rotation.Windows.Count > 0 ? $"{path}.windows[{i}]" : path, errors);
        }
    }

    private static void CheckTurns(Rotation rotation, string path, List<Error> errors)
    {
        if (rotation is { Users.Count: > 0, Turns.Count: > 0 })
        {
            errors.Add(Error.Invalid($"{path}.turns", "Give either \"users\", one a turn, or \"turns\", several at once; not both."));
        }
        else if (rotation is { Users.Count: 0, Turns.Count: 0 })
        {
            errors.Add(Error.Invalid($"{path}.users", "A rotation needs at least one user."));
        }

        CheckUsers(rotation.Users, $"{path}.users", errors);
        for (var i = 0; i < rotation.Turns.Count; i++)
        {
            if (rotation.Turns[i].Count == 0)
            {
                errors.Add(Error.Invalid($"{path}.turns[{i}]", "A turn needs at least one user."));
            }

            CheckUsers(rotation.Turns[i], $"{path}.turns[{i}]", errors);
        }
    }

    private static void CheckUsers(IReadOnlyList<string> users, string path, List<Error> errors)
    {
        for (var i = 0; i < users.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(users[i]))
            {
                errors.Add(Error.Invalid($"{path}[{i}]", "A user's name is empty."));
            }
        }
    }

    private static void CheckWindow(DutyWindow window, bool hasHolidays, string path, List<Error> errors)
    {
        for (var i = 0; i < window.Days.Count; i++)
        {
            if (!Enum.IsDefined(window.Days[i]))
            {
                errors.Add(Error.Invalid($"{path}.days[{i}]", "There is no such weekday."));
            }
        }

        if (window.OnHolidays && !hasHolidays)
        {
            errors.Add(Error.Invalid($"{path}.days", "\"holiday\" needs to know which days are holidays: name lists under \"holidays\" of the rotation or its schedule."));
        }

        if (window.From is null != window.To is null)
        {
            var (given, missing) = window.From is null ? ("to", "from") : ("from", "to");
            errors.Add(Error.Invalid($"{path}.{missing}", $"A daily window needs both ends: '{given}' is given, '{missing}' is not."));
        }
    }

    private static void CheckZone(string zone, string path, List<Error> errors)
    {
        if (!DateTimeZoneProviders.Tzdb.Ids.Contains(zone))
        {
            errors.Add(Error.Invalid(path, $"'{zone}' is not a known IANA time zone; {Suggestion(zone)}"));
        }
    }

    private static void CheckOverride(Override replacement, int index, List<Error> errors)
    {
        if (string.IsNullOrWhiteSpace(replacement.User))
        {
            errors.Add(Error.Invalid($"overrides[{index}].user", "An override needs a user."));
        }

        // There may be very many overrides: no path is put together for a good one.
        if (replacement.From.Kind != DateTimeKind.Unspecified || replacement.To.Kind != DateTimeKind.Unspecified)
        {
            CheckLocal(replacement.From, $"overrides[{index}].from", errors);
            CheckLocal(replacement.To, $"overrides[{index}].to", errors);
        }

        if (replacement.To <= replacement.From)
        {
            errors.Add(Error.Invalid(
                $"overrides[{index}].to", $"The override's end, {Show(replacement.To)}, is not after its beginning, {Show(replacement.From)}."));
        }
    }

    private static void CheckLocal(DateTime time, string path, List<Error> errors)
    {
        if (time.Kind != DateTimeKind.Unspecified)
        {
            errors.Add(Error.Invalid(path, "Times of a schedule are on its own wall clock: leave out the offset."));
        }
    }

    private static string Show(DateTime time) => time.ToString("yyyy-MM-dd'T'HH:mm");

    private static string Suggestion(string wrong) =>
        NearestZone(wrong.Trim().Replace(' ', '_')) is { } near ? $"did you mean '{near}'?" : "it looks like 'Europe/Berlin' or 'UTC'.";

    internal static string? NearestZone(string wrong)
    {
        // A Windows zone has one main place.
        if (TzdbDateTimeZoneSource.Default.WindowsMapping.PrimaryMapping.TryGetValue(wrong.Replace('_', ' '), out var fromWindows))
        {
            return fromWindows;
        }

        // Then Berlin for Europe/Berlin, then a slip in the whole id, and last a slip in its last part.
        var ids = DateTimeZoneProviders.Tzdb.Ids;
        var byPlace = ids.ToLookup(id => id[(id.LastIndexOf('/') + 1)..], StringComparer.OrdinalIgnoreCase);
        return byPlace[wrong].FirstOrDefault()
            ?? NearestName.Find(wrong, ids)
            ?? (NearestName.Find(wrong, byPlace.Select(place => place.Key)) is { } place ? byPlace[place].First() : null);
    }
}
