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

        if (!DateTimeZoneProviders.Tzdb.Ids.Contains(schedule.TimeZone))
        {
            errors.Add(Error.Invalid("time_zone", $"'{schedule.TimeZone}' is not a known IANA time zone; {Suggestion(schedule.TimeZone)}"));
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
