using System.Globalization;
using System.Text;

namespace Tocsin.Estate;

/// <summary>Durations as people write them: <c>30s</c>, <c>5m</c>, <c>2h</c>, <c>1d</c>, <c>1w</c>, combined <c>1h30m</c>.</summary>
public static class DurationText
{
    /// <summary>The longest duration that is read: ten years of 365 days.</summary>
    public static readonly TimeSpan Max = TimeSpan.FromDays(3650);

    private static readonly (char Unit, long Seconds)[] Units = [('w', 604_800), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

    /// <summary>
    /// Reads whole numbers with units, the larger unit first, each unit once. <c>0</c> needs no unit. A day is 24 h, a week 7 days.
    /// </summary>
    /// <returns>False for anything else, for a sign or a fraction, and above <see cref="Max"/>.</returns>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0")
        {
            return true;
        }

        var (seconds, next, at) = (0L, 0, 0);
        while (at < text.Length)
        {
            var digits = at;
            while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            {
                digits++;
            }

            if (digits == text.Length
                || !long.TryParse(text.AsSpan(at, digits - at), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                || count > (long)Max.TotalSeconds)
            {
                return false;
            }

            var unit = Array.FindIndex(Units, next, u => u.Unit == text[digits]);
            if (unit < 0)
            {
                return false;
            }

            seconds += count * Units[unit].Seconds;
            (next, at) = (unit + 1, digits + 1);
        }

        if (text.Length == 0 || seconds > (long)Max.TotalSeconds)
        {
            return false;
        }

        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }

    /// <summary>The shortest text that <see cref="TryParse"/> reads back; parts of a second are left out.</summary>
    public static string Format(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        var left = (long)duration.TotalSeconds;
        if (left == 0)
        {
            return "0s";
        }

        var text = new StringBuilder();
        foreach (var (unit, seconds) in Units)
        {
            if (left >= seconds)
            {
                text.Append(left / seconds).Append(unit);
                left %= seconds;
            }
        }

        return text.ToString();
    }
}
