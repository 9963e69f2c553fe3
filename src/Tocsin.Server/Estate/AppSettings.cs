using Tocsin.Notify;
using Tocsin.Providers;

namespace Tocsin.Estate;

/// <summary>
/// Gives contact methods what belongs to the app behind them (a bot's token, its address) from the channel where it was entered once. All of
/// it or nothing: nobody who only names his own account can send a token that he does not know to an address of his own.
/// </summary>
internal static class AppSettings
{
    /// <param name="channels">As they were written, by name.</param>
    /// <returns>The method as its provider is to see it, or what is wrong with <c>from</c>.</returns>
    public static Result<ContactMethod> Fill(ContactMethod method, ProviderInfo? info, IReadOnlyDictionary<string, ContactMethod> channels)
    {
        var keys = info?.Settings.Where(s => s.App).Select(s => s.Key).ToArray() ?? [];
        if (keys.Length == 0)
        {
            return method;
        }

        var own = Array.Find(keys, method.Settings.ContainsKey);
        if (!method.Settings.TryGetValue(ProviderSetting.FromKey, out var from))
        {
            var apps = own is null ? channels.Values.Where(c => IsApp(c, method.Type, keys)).Take(2).ToArray() : [];
            return apps is [var only] ? With(method, only, keys) : method;
        }

        if (own is not null)
        {
            return Error.Invalid(own, $"With 'from', '{own}' is that of channel {from}; leave it out here, or leave 'from' out and give all of them");
        }

        return !channels.TryGetValue(from, out var app) ? Error.Invalid(ProviderSetting.FromKey, $"There is no channel '{from}'")
            : IsApp(app, method.Type, keys) ? With(method, app, keys)
            : Error.Invalid(ProviderSetting.FromKey, $"Channel {from} is not a {method.Type} channel with {string.Join(" or ", keys)} of its own");
    }

    private static bool IsApp(ContactMethod channel, string type, string[] keys) =>
        channel.Type == type && !channel.Settings.ContainsKey(ProviderSetting.FromKey) && Array.Exists(keys, channel.Settings.ContainsKey);

    private static ContactMethod With(ContactMethod method, ContactMethod app, string[] keys)
    {
        var settings = method.Settings.ToDictionary(StringComparer.Ordinal);
        foreach (var key in keys)
        {
            if (app.Settings.TryGetValue(key, out var value))
            {
                settings[key] = value;
            }
        }

        return method with { Settings = settings };
    }
}
