using System.Globalization;

namespace Tocsin.Telemetry;

/// <summary>Instants as people and programs write them in addresses: exactly, or how long ago.</summary>
internal static class LogTime
{
    public const string Advice = "Use an instant such as 2026-01-05T09:00:00Z, or how long ago, such as -15m, -2h or -7d.";

    /// <returns>UTC; null: it cannot be read.</returns>
    public static DateTimeOffset? Read(string text, DateTimeOffset now)
    {
        if (text is ['-', .. var digits, var unit] && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
        {
            var seconds = unit switch { 's' => 1L, 'm' => 60L, 'h' => 3_600L, 'd' => 86_400L, 'w' => 604_800L, _ => 0L };
            var ago = seconds * count;
            return seconds == 0 || ago > (now - DateTimeOffset.UnixEpoch).TotalSeconds ? null : now.AddSeconds(-ago);
        }

        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at) ? at : null;
    }
}
