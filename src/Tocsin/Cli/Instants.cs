using System.Globalization;
using Tocsin.Estate;

namespace Tocsin.Cli;

/// <summary>Points in time as people type them.</summary>
internal static class Instants
{
    private static readonly string[] WithOffset = ["yyyy-MM-ddTHH:mmK", "yyyy-MM-ddTHH:mm:ssK", "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"];
    private static readonly string[] Local = ["yyyy-MM-ddTHH:mm", "yyyy-MM-dd HH:mm", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-dd HH:mm:ss"];

    /// <summary>
    /// <c>now</c>; RFC 3339; a date and time without offset, or a time of day alone, both in the viewer's zone (the next such time);
    /// or a span from now such as <c>90m</c> or <c>1d12h</c>.
    /// </summary>
    /// <returns>UTC; null when the text is none of these.</returns>
    public static DateTimeOffset? Parse(string text, TimeProvider time)
    {
        var now = time.GetUtcNow();
        if (text == "now")
        {
            return now;
        }

        if (DurationText.TryParse(text, out var span))
        {
            return now + span;
        }

        if (DateTime.TryParseExact(text, Local, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            return InZone(local, time.LocalTimeZone);
        }

        if (DateTimeOffset.TryParseExact(text, WithOffset, CultureInfo.InvariantCulture, DateTimeStyles.None, out var exact))
        {
            return exact.ToUniversalTime();
        }

        return TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var ofDay)
            ? Next(ofDay, now, time.LocalTimeZone)
            : null;
    }

    private static DateTimeOffset Next(TimeOnly ofDay, DateTimeOffset now, TimeZoneInfo zone)
    {
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).DateTime);
        var at = InZone(today.ToDateTime(ofDay), zone);
        return at > now ? at : InZone(today.AddDays(1).ToDateTime(ofDay), zone);
    }

    /// <summary>A time that a change of the clocks skips moves forward by the gap; one that comes twice means the first.</summary>
    private static DateTimeOffset InZone(DateTime local, TimeZoneInfo zone)
    {
        var offset = zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max()
            : zone.IsInvalidTime(local) ? zone.GetUtcOffset(local.AddDays(-1))
            : zone.GetUtcOffset(local);
        return new DateTimeOffset(local, offset).ToUniversalTime();
    }
}
