namespace Tocsin.Devices;

/// <summary>What is true of a way to reach somebody while the phone is silent.</summary>
/// <param name="BreaksThrough">Whether it can ring through silent mode or do-not-disturb.</param>
/// <param name="How">What to set up, in one or two sentences.</param>
internal sealed record WakeFact(bool BreaksThrough, string How);

/// <summary>The truth about what can wake somebody, by device and by type of contact method.</summary>
internal static class WakeWords
{
    public static WakeFact OfDevice(string kind, string agent) => kind == DeviceKind.App
        ? new(false, "No, unless the app on the phone was given the right to.")
        : AgentWords.IsApple(agent)
            ? new(false, "No. Silent mode mutes it and a Focus holds it back. Allow Tocsin in the Focus that you sleep in, and leave the ring switch on; have a call behind it.")
            : AgentWords.IsAndroid(agent)
                ? new(false, "No. Silent mode and do-not-disturb hold it back. Take the battery limit off the browser, set this site's notifications to sound, and have a call behind it.")
                : new(false, "No. A sleeping or closed computer shows nothing, and a focus mode holds it back.");

    /// <returns>Null: nothing is known of this type.</returns>
    public static WakeFact? OfMethod(string type) => type switch
    {
        "webpush" or "fcm" => new(false, "No: see the devices above."),
        "voice" => new(true, "Yes, once the number is a contact that may: on iOS give it Emergency Bypass for ringtones, on Android star it and let starred contacts through do-not-disturb."),
        "sms" => new(true, "Yes, once the number is a contact that may: on iOS give it Emergency Bypass for text tones; on Android let messages of starred contacts through do-not-disturb."),
        "pushover" => new(true, "Yes, for critical pages: allow Critical Alerts in the app on iOS, and do-not-disturb access on Android."),
        "ntfy" => new(true, "On Android yes: give the app's channel for highest priority the right to override do-not-disturb. On iOS no."),
        "gotify" => new(true, "On Android yes: give the app's channel for high priority the right to override do-not-disturb."),
        "telegram" or "slack" or "slack-app" or "discord" or "msteams" => new(false, "No. On Android its notification channel may be given the right; on iOS a Focus can let the app through, silent mode stays silent."),
        "email" => new(false, "No. Mail wakes nobody; use it for what may wait."),
        _ => null,
    };
}
