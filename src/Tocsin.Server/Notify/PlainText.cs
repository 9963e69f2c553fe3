using System.Globalization;
using System.Text;

namespace Tocsin.Notify;

/// <summary>
/// Makes texts of other systems fit to be shown as text: no control characters, nothing invisible that reorders or hides, no broken
/// surrogates, a bounded length. Escaping for a format (HTML, Slack, headers) comes after this and is the channel's own.
/// </summary>
internal static class PlainText
{
    private const string Cut = "…";

    /// <summary>The text on one line, runs of blanks as one, at most <paramref name="max"/> characters with the sign of the cut.</summary>
    public static string OneLine(string? text, int max) => Clean(text, max, lines: false);

    /// <summary>The text with its line breaks (as \n), at most <paramref name="max"/> characters with the sign of the cut.</summary>
    public static string Block(string? text, int max) => Clean(text, max, lines: true);

    /// <summary>A length of time as people say it: <c>40 s</c>, <c>4 min</c>, <c>1 h 5 min</c>, <c>2 d 3 h</c>. Never negative.</summary>
    public static string Duration(TimeSpan time) => time switch
    {
        { Ticks: < 0 } => "0 s",
        { TotalMinutes: < 1 } => $"{time.Seconds} s",
        { TotalHours: < 1 } => $"{time.Minutes} min",
        { TotalDays: < 1 } => time.Minutes == 0 ? $"{time.Hours} h" : $"{time.Hours} h {time.Minutes} min",
        _ => time.Hours == 0 ? $"{time.Days} d" : $"{time.Days} d {time.Hours} h",
    };

    /// <summary>The time of day, or the date too if it is not the day of <paramref name="now"/>; always with its offset: <c>04:38 UTC+1</c>.</summary>
    /// <param name="zoneId">The IANA zone of whoever reads it; null, or unknown here: UTC.</param>
    public static string Clock(DateTimeOffset at, DateTimeOffset now, string? zoneId)
    {
        var zone = zoneId is not null && TimeZoneInfo.TryFindSystemTimeZoneById(zoneId, out var known) ? known : TimeZoneInfo.Utc;
        at = TimeZoneInfo.ConvertTime(at, zone);
        var day = at.Date == TimeZoneInfo.ConvertTime(now, zone).Date ? "" : "yyyy-MM-dd ";
        return at.ToString($"{day}HH:mm", CultureInfo.InvariantCulture) + " " + Offset(at.Offset);
    }

    private static string Offset(TimeSpan offset) => offset == TimeSpan.Zero ? "UTC"
        : $"UTC{(offset < TimeSpan.Zero ? '\u2212' : '+')}{Math.Abs(offset.Hours)}{(offset.Minutes == 0 ? "" : $":{Math.Abs(offset.Minutes):00}")}";

    private static string Clean(string? text, int max, bool lines)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var clean = new StringBuilder(Math.Min(text.Length, max) + 1);
        var blank = false;
        foreach (var rune in (lines ? text.ReplaceLineEndings("\n") : text).EnumerateRunes())
        {
            if (lines && rune.Value == '\n')
            {
                clean.Append('\n');
                blank = false;
            }
            else if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune))
            {
                blank = true;
                continue;
            }
            else if (Rune.GetUnicodeCategory(rune) == UnicodeCategory.Format)
            {
                continue;
            }
            else
            {
                if (blank && clean.Length > 0 && clean[^1] != '\n')
                {
                    clean.Append(' ');
                }

                clean.Append(rune.ToString());
                blank = false;
            }

            if (clean.Length > max)
            {
                return Shorten(clean, max);
            }
        }

        return lines ? clean.ToString().Trim('\n') : clean.ToString();
    }

    private static string Shorten(StringBuilder text, int max)
    {
        var end = max - Cut.Length;
        if (end > 0 && char.IsHighSurrogate(text[end - 1]))
        {
            end--;
        }

        return text.ToString(0, end).TrimEnd() + Cut;
    }
}
