using Tocsin.Notify;

namespace Tocsin.Providers;

/// <summary>What every notifier checks of its settings before it looks closer.</summary>
internal static class SettingsCheck
{
    /// <summary>Unknown keys, each with the nearest known one, and required keys that are missing or empty.</summary>
    public static List<Error> Keys(ProviderInfo info, ContactMethod method)
    {
        List<Error> errors = [];
        foreach (var key in method.Settings.Keys.Where(key => info.Settings.All(known => known.Key != key)).Order(StringComparer.Ordinal))
        {
            var known = info.Settings.Select(setting => setting.Key).ToArray();
            errors.Add(Error.Invalid(key, Nearest(key, known) is { } near
                ? $"{info.Name} has no setting '{key}'; did you mean '{near}'?"
                : $"{info.Name} has no setting '{key}'; it has {string.Join(", ", known)}."));
        }

        foreach (var setting in info.Settings.Where(setting => setting.Required && Get(method, setting.Key).Length == 0))
        {
            errors.Add(Error.Invalid(setting.Key, $"The setting '{setting.Key}' is missing: {setting.Help}"));
        }

        return errors;
    }

    /// <summary>The setting, or the empty string.</summary>
    public static string Get(ContactMethod method, string key) => method.Settings.GetValueOrDefault(key) ?? "";

    // Near enough to be a slip of the fingers: at most a third of the letters differ.
    private static string? Nearest(string key, IReadOnlyList<string> known)
    {
        var (near, steps) = known.Select(candidate => (candidate, steps: Distance(key.ToLowerInvariant(), candidate))).MinBy(pair => pair.steps);
        return steps <= Math.Max(1, near.Length / 3) ? near : null;
    }

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(cost, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
