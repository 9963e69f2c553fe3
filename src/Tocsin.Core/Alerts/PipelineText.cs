using System.Buffers;
using System.Globalization;
using System.Text;

namespace Tocsin.Alerts;

/// <summary>
/// How the alert pipeline reads the texts of its senders: priorities, teams, times, addresses and free text. It decides as the pipeline's own code
/// does; text is made safe without being damaged: nothing is deleted because it looks like markup, which is the business of whoever shows it.
/// </summary>
public static class PipelineText
{
    public const int UrlLength = 2048;

    /// <summary>Of a team's name, in UTF-16 units.</summary>
    public const int TeamLength = 50;

    public const int MostTeams = 10;

    private const int TimeLength = 50;

    /// <summary>Printable characters that are written encoded in an address.</summary>
    private static readonly SearchValues<char> _notInUrls = SearchValues.Create(" \"<>\\^`{|}");

    private static readonly SearchValues<char> _inSchemes = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    /// <summary>Without blanks at either end, as JavaScript counts blanks.</summary>
    public static string Trim(string text)
    {
        var (start, end) = (0, text.Length);
        while (start < end && IsBlank(text[start]))
        {
            start++;
        }

        while (end > start && IsBlank(text[end - 1]))
        {
            end--;
        }

        return text[start..end];
    }

    /// <summary>JavaScript counts the byte order mark as a blank and U+0085 not; .NET does it the other way round.</summary>
    public static bool IsBlank(char c) => c == '\uFEFF' || (c != '\u0085' && char.IsWhiteSpace(c));

    /// <summary>
    /// Free text: line ends become line feeds, other control characters blanks, and what is longer is cut at a whole character.
    /// </summary>
    /// <param name="most">In UTF-16 units.</param>
    /// <returns>Null if nothing is left.</returns>
    public static string? Clean(string? text, int most)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        var clean = new StringBuilder(Math.Min(text.Length, most + 1));
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\r')
            {
                if (i + 1 == text.Length || text[i + 1] != '\n')
                {
                    clean.Append('\n');
                }
            }
            else
            {
                clean.Append(c is '\n' or '\t' || !char.IsControl(c) ? c : ' ');
            }
        }

        var trimmed = Trim(Cut(Trim(clean.ToString()), most));
        return trimmed.Length == 0 ? null : trimmed;
    }

    /// <summary>The beginning of a text, in UTF-16 units, never ending in half a character.</summary>
    public static string Cut(string text, int most) =>
        text.Length <= most ? text
        : most > 0 && char.IsHighSurrogate(text[most - 1]) ? text[..(most - 1)]
        : text[..most];

    /// <summary>The beginning of a text, in code points.</summary>
    public static string CutPoints(string text, int most)
    {
        if (text.Length <= most)
        {
            return text;
        }

        var (at, points) = (0, 0);
        while (at < text.Length && points < most)
        {
            at += char.IsHighSurrogate(text[at]) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
            points++;
        }

        return text[..at];
    }

    public static int CodePoints(string text)
    {
        var points = text.Length;
        for (var i = 1; i < text.Length; i++)
        {
            if (char.IsLowSurrogate(text[i]) && char.IsHighSurrogate(text[i - 1]))
            {
                points--;
            }
        }

        return points;
    }

    /// <summary>Whether there are only letters, digits, <c>_</c> and <c>-</c> of ASCII; true of the empty text.</summary>
    public static bool IsWord(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    /// <summary>0 to 3 for P0 to P3 or the digit alone, in any case; null for anything else.</summary>
    public static int? Priority(string text) => Trim(text) switch
    {
        [var digit and >= '0' and <= '3'] => digit - '0',
        ['P' or 'p', var digit and >= '0' and <= '3'] => digit - '0',
        _ => null,
    };

    /// <summary>
    /// A list of teams between commas: trimmed, lower-cased, each run of blanks a hyphen. What cannot be a team is a fault, or, where that is allowed,
    /// left out or put right with a warning.
    /// </summary>
    public static IReadOnlyList<string> Teams(string list, PipelineFindings findings)
    {
        List<string> teams = [];
        foreach (var item in list.Split(',').Select(Trim).Where(item => item.Length > 0))
        {
            if (item.Length > TeamLength)
            {
                findings.Refuse("too_long", "teams", $"The team \"{Cut(item, TeamLength)}…\" has more than {TeamLength} characters", "it was left out");
                continue;
            }

            // Few letters become longer when they are lower-cased, but some do.
            var team = Cut(Hyphens(PipelineFingerprint.Lower(item)), TeamLength);
            if (!IsWord(team))
            {
                findings.Refuse("invalid", "teams", $"The team \"{item}\" has other characters than letters, digits, _ and -", "a hyphen was put in their place");
                team = Words(team);
                if (team.Trim('-').Length == 0)
                {
                    continue;
                }
            }

            teams.Add(team);
        }

        if (teams.Count > MostTeams)
        {
            findings.Refuse("too_many", "teams", $"{teams.Count} teams are named, and an event has at most {MostTeams}", "the first were kept");
            teams.RemoveRange(MostTeams, teams.Count - MostTeams);
        }

        return teams;
    }

    /// <summary>Each character that is none of a word becomes a hyphen.</summary>
    private static string Words(string text) => string.Create(text.Length, text, static (span, text) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = char.IsAsciiLetterOrDigit(text[i]) || text[i] is '_' ? text[i] : '-';
        }
    });

    private static string Hyphens(string text)
    {
        var result = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (!IsBlank(text[i]))
            {
                result.Append(text[i]);
            }
            else if (i == 0 || !IsBlank(text[i - 1]))
            {
                result.Append('-');
            }
        }

        return result.ToString();
    }

    /// <summary>
    /// When something happened, UTC, in whole milliseconds: ISO 8601 with an offset, or the date alone. An empty text, one that cannot be read, and a time
    /// more than ten years back or one year ahead mean now.
    /// </summary>
    public static DateTimeOffset Time(string? text, DateTimeOffset now, PipelineFindings findings)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Milliseconds(now);
        }

        if (text.Length > TimeLength)
        {
            findings.Refuse("too_long", "occurred_at", $"The time has more than {TimeLength} characters", "now was taken");
            return Milliseconds(now);
        }

        var trimmed = Trim(text);
        var time = trimmed is [_, _, _, _, '-', ..] ? SenderTime.Read(trimmed) : default;
        if (time.Kind != SenderTimeKind.Set)
        {
            findings.Warn($"The time \"{SignalLimits.Title(text)}\" cannot be read; now was taken.");
            return Milliseconds(now);
        }

        if (time.At < now.AddYears(-10) || time.At > now.AddYears(1))
        {
            findings.Warn($"The time {text} is more than ten years ago or a year ahead; now was taken.");
            return Milliseconds(now);
        }

        return Milliseconds(time.At);
    }

    /// <summary>Finer fractions are cut.</summary>
    public static DateTimeOffset Milliseconds(DateTimeOffset at) => new(at.UtcTicks - (at.UtcTicks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero);

    /// <summary>
    /// A date-time of RFC 3339 as the schema takes it: a zone is needed; <c>t</c>, <c>z</c>, a blank for the T, an offset without colon and a leap second
    /// at the end of a day of UTC are all right.
    /// </summary>
    /// <returns>Null if it is none.</returns>
    public static DateTimeOffset? Rfc3339(string text)
    {
        // YYYY-MM-DDTHH:MM:SS, any fraction, then the zone.
        if (text.Length < 20 || text[16] != ':' || text[10] is not ('T' or 't' or ' ' or '\t' or '\n'))
        {
            return null;
        }

        var zone = text.AsSpan(19);
        if (zone[0] == '.')
        {
            var digits = zone[1..].IndexOfAnyExceptInRange('0', '9');
            if (digits < 1)
            {
                return null;
            }

            zone = zone[(digits + 1)..];
        }

        if (zone is not (['Z' or 'z'] or ['+' or '-', _, _] or ['+' or '-', _, _, _, _] or ['+' or '-', _, _, ':', _, _]))
        {
            return null;
        }

        var read = SenderTime.Read(string.Concat(text.AsSpan(0, 10), "T", text.AsSpan(11)));
        if (text.Length > 64)
        {
            // Nobody has a clock of that many digits; the time is read without them.
            read = SenderTime.Read($"{text.AsSpan(0, 10)}T{text.AsSpan(11, 8)}{zone}");
        }

        if (read.Kind != SenderTimeKind.Set || (text.AsSpan(17, 2) is "60" && read.At.TimeOfDay >= TimeSpan.FromSeconds(1)))
        {
            return null;
        }

        return Milliseconds(read.At);
    }

    /// <summary>
    /// An address of the web: <c>https://</c> is put in front of one that has no scheme, blanks are encoded, user names and passwords taken out. Null, with
    /// a warning, for anything that is none.
    /// </summary>
    public static string? Url(string? text, string field, PipelineFindings findings)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (text.Length > UrlLength)
        {
            findings.Warn($"{field} has more than {UrlLength} characters and was left out.");
            return null;
        }

        var url = Encoded(Trim(text));
        if (url.Length > 0 && !url.Contains("://", StringComparison.Ordinal) && !HasScheme(url))
        {
            url = $"https://{url}";
        }

        url = WithoutUser(url, field, findings);
        if (url.Length == 0)
        {
            return null;
        }

        if (UrlFault(url) is { } fault)
        {
            findings.Warn($"{field} {fault}; it was left out.");
            return null;
        }

        return url;
    }

    /// <summary>What is wrong with an address, as the end of a sentence; null if nothing is: http or https, a host with a dot, at most 2,048 characters.</summary>
    public static string? UrlFault(string url)
    {
        if (CodePoints(url) > UrlLength)
        {
            return $"has more than {UrlLength} characters";
        }

        if (url.AsSpan().ContainsAnyInRange('\0', ' ') || url.AsSpan().IndexOfAny(_notInUrls) >= 0 || url.Contains('\u007F', StringComparison.Ordinal))
        {
            return "has characters that an address cannot have";
        }

        if (!Uri.TryCreate(url, UriKind.Absolute, out var parsed) || (parsed.Scheme != Uri.UriSchemeHttp && parsed.Scheme != Uri.UriSchemeHttps)
            || !url.StartsWith($"{parsed.Scheme}://", StringComparison.OrdinalIgnoreCase))
        {
            return "is not an http or https address";
        }

        return parsed.HostNameType == UriHostNameType.IPv6 || !parsed.Host.Contains('.', StringComparison.Ordinal)
            ? "names a host without a dot, which others cannot reach"
            : null;
    }

    private static string Encoded(string url)
    {
        if (url.AsSpan().IndexOfAny(_notInUrls) < 0)
        {
            return url;
        }

        var encoded = new StringBuilder(url.Length + 16);
        foreach (var c in url)
        {
            if (_notInUrls.Contains(c))
            {
                encoded.Append('%').Append(((int)c).ToString("X2", CultureInfo.InvariantCulture));
            }
            else
            {
                encoded.Append(c);
            }
        }

        return encoded.ToString();
    }

    private static bool HasScheme(string url)
    {
        var colon = url.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && char.IsAsciiLetter(url[0]) && url.AsSpan(0, colon).IndexOfAnyExcept(_inSchemes) < 0;
    }

    private static string WithoutUser(string url, string field, PipelineFindings findings)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal) + 3;
        if (start < 3)
        {
            return url;
        }

        var end = url.AsSpan(start).IndexOfAny("/?#") is var slash and >= 0 ? start + slash : url.Length;
        var at = url.LastIndexOf('@', end - 1, end - start);
        if (at < 0)
        {
            return url;
        }

        findings.Warn($"A user name in {field} was taken out.");
        return string.Concat(url.AsSpan(0, start), url.AsSpan(at + 1));
    }

    /// <summary>The text on the wire: UTC with milliseconds.</summary>
    public static string Format(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
