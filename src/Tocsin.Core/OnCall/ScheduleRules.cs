using NodaTime;
using NodaTime.TimeZones;

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

        if (!DateTimeZoneProviders.Tzdb.Ids.Contains(schedule.TimeZone))
        {
            errors.Add(Error.Invalid(
                "time_zone", $"'{schedule.TimeZone}' is not a known IANA time zone; did you mean '{NearestZone(schedule.TimeZone)}'?"));
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < schedule.Rotations.Count; i++)
        {
            CheckRotation(schedule.Rotations[i], $"rotations[{i}]", names, errors);
        }

        for (var i = 0; i < schedule.Overrides.Count; i++)
        {
            CheckOverride(schedule.Overrides[i], i, errors);
        }

        return errors;
    }

    private static void CheckRotation(Rotation rotation, string path, HashSet<string> names, List<Error> errors)
    {
        if (string.IsNullOrWhiteSpace(rotation.Name))
        {
            errors.Add(Error.Invalid($"{path}.name", "A rotation needs a name, so that pages can say why."));
        }
        else if (!names.Add(rotation.Name))
        {
            errors.Add(Error.Invalid($"{path}.name", $"Another rotation of this schedule is called '{rotation.Name}' too."));
        }

        if (rotation.Users.Count == 0)
        {
            errors.Add(Error.Invalid($"{path}.users", "A rotation needs at least one user."));
        }

        for (var i = 0; i < rotation.Users.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(rotation.Users[i]))
            {
                errors.Add(Error.Invalid($"{path}.users[{i}]", "A user's name is empty."));
            }
        }

        if (rotation.Every.Count is < 1 or > 366 || !Enum.IsDefined(rotation.Every.Unit))
        {
            errors.Add(Error.Invalid($"{path}.every", $"A shift lasts 1 to 366 hours, days or weeks, not {rotation.Every.Count}."));
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

        for (var i = 0; i < rotation.Days.Count; i++)
        {
            if (!Enum.IsDefined(rotation.Days[i]))
            {
                errors.Add(Error.Invalid($"{path}.days[{i}]", "There is no such weekday."));
            }
        }

        if (rotation.From is null != rotation.To is null)
        {
            var (given, missing) = rotation.From is null ? ("to", "from") : ("from", "to");
            errors.Add(Error.Invalid($"{path}.{missing}", $"A daily window needs both ends: '{given}' is given, '{missing}' is not."));
        }
    }

    private static void CheckOverride(Override replacement, int index, List<Error> errors)
    {
        if (string.IsNullOrWhiteSpace(replacement.User))
        {
            errors.Add(Error.Invalid($"overrides[{index}].user", "An override needs a user."));
        }

        CheckLocal(replacement.From, $"overrides[{index}].from", errors);
        CheckLocal(replacement.To, $"overrides[{index}].to", errors);
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

    /// <summary>A Windows zone's main IANA zone, or else the id with the fewest changes of letters, in the id or its last part.</summary>
    private static string NearestZone(string wrong)
    {
        if (TzdbDateTimeZoneSource.Default.WindowsMapping.PrimaryMapping.TryGetValue(wrong, out var fromWindows))
        {
            return fromWindows;
        }

        var plain = wrong.Trim().Replace(' ', '_').ToLowerInvariant();
        return DateTimeZoneProviders.Tzdb.Ids.MinBy(id =>
        {
            var known = id.ToLowerInvariant();
            var whole = Changes(plain, known);

            // Berlin for Europe/Berlin; between equals the whole id counts more.
            return Math.Min(2 * whole, (2 * Changes(plain, known[(known.LastIndexOf('/') + 1)..])) + 1);
        })!;
    }

    /// <summary>The edit distance: letters put in, left out or exchanged.</summary>
    private static int Changes(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var cost = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(cost, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
