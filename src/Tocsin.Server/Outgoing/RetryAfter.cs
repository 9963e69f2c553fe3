using System.Globalization;

namespace Tocsin.Outgoing;

/// <summary>Reads the header of the same name: whole seconds, or an HTTP date.</summary>
internal static class RetryAfter
{
    public static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>How long to wait from <paramref name="now"/>, 0 to <see cref="Longest"/>; null if the text is neither seconds nor a date.</summary>
    public static TimeSpan? Read(string? text, DateTimeOffset now)
    {
        text = text?.Trim();
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (text.AsSpan().IndexOfAnyExceptInRange('0', '9') < 0)
        {
            return text.Length > 9 ? Longest : Bound(TimeSpan.FromSeconds(int.Parse(text, CultureInfo.InvariantCulture)));
        }

        return DateTimeOffset.TryParseExact(text, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? Bound(at - now)
            : null;
    }

    private static TimeSpan Bound(TimeSpan wait) => wait < TimeSpan.Zero ? TimeSpan.Zero : wait > Longest ? Longest : wait;
}
