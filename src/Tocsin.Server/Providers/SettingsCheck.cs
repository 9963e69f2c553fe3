using Tocsin.Estate;
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
            errors.Add(Error.Invalid(key, NearestName.Find(key, known) is { } near
                ? $"{info.Name} has no setting '{key}'; did you mean '{near}'?"
                : $"{info.Name} has no setting '{key}'; it has {string.Join(", ", known)}."));
        }

        if (Get(method, "updates") is not ("" or "yes" or "no" or "true" or "false"))
        {
            errors.Add(Error.Invalid("updates", "The setting 'updates' is yes or no."));
        }

        foreach (var setting in info.Settings.Where(setting => setting.Required && Get(method, setting.Key).Length == 0))
        {
            errors.Add(Error.Invalid(setting.Key, $"The setting '{setting.Key}' is missing: {setting.Help}"));
        }

        return errors;
    }

    /// <summary>The setting, or the empty string.</summary>
    public static string Get(ContactMethod method, string key) => method.Settings.GetValueOrDefault(key) ?? "";
}
