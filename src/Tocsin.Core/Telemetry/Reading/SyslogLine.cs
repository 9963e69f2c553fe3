namespace Tocsin.Telemetry;

/// <summary>
/// A line of syslog: RFC 5424, or the older form that RFC 3164 describes, with or without the number of facility and severity. The older form
/// has no year, which is taken as the nearest, and no zone, which is taken as UTC.
/// </summary>
internal static class SyslogLine
{
    private const int LongestTag = 64;

    public static bool TryRead(ReadOnlySpan<char> text, RawLines lines, ref RawEntry entry)
    {
        var rest = text;
        LineLevel? level = null;
        if (text is ['<', .. var numbered])
        {
            var close = numbered.IndexOf('>');
            if (close is < 1 or > 3 || !LeadingTime.Number(numbered, 0, close, out var number) || number > 191)
            {
                return false;
            }

            level = LineLevels.OfSyslog(number & 7);
            rest = numbered[(close + 1)..];
            if (rest.StartsWith("1 "))
            {
                return ReadNew(rest[2..], level, lines, ref entry);
            }
        }

        return ReadOld(rest, level, lines, ref entry);
    }

    /// <summary><c>Jan  5 09:00:00 host tag[pid]: text</c>; also with the times of rsyslog: <c>2026-01-05T09:00:00.123+01:00</c>.</summary>
    private static bool ReadOld(ReadOnlySpan<char> text, LineLevel? level, RawLines lines, ref RawEntry entry)
    {
        var rest = text;
        DateTimeOffset? at = null;
        ReadOnlySpan<char> host = [];
        if (text.Length > 16 && (char.IsAsciiLetterUpper(text[0]) || text[10] == 'T') && LeadingTime.TryRead(text, lines.Now, out var told, out var used) && used < text.Length && text[used] == ' ')
        {
            at = told;
            rest = text[(used + 1)..].TrimStart(' ');
            var blank = rest.IndexOf(' ');
            if (blank < 1 || LineLevels.Find(rest[..blank].Trim("[]:")) is not null)
            {
                return false;
            }

            host = rest[..blank];
            rest = rest[(blank + 1)..];
        }
        else if (level is null)
        {
            return false;
        }

        var colon = rest.IndexOf(':');
        var tag = colon > 0 ? rest[..colon] : [];
        if (tag.Length is 0 or > LongestTag || tag.Contains(' ') || (at is not null && rest.Length > colon + 1 && rest[colon + 1] != ' '))
        {
            // Some leave the tag out. Without a number before it, it is then anything.
            tag = [];
            if (level is null)
            {
                return false;
            }
        }
        else
        {
            rest = rest[(colon + 1)..];
        }

        (entry.At, entry.Level) = (at, level);
        entry.Source = host;
        entry.Service = tag;
        if (tag.IndexOf('[') is > 0 and var open && tag[^1] == ']')
        {
            // A service that restarts is the same service.
            entry.Service = tag[..open];
            lines.Attributes.Text("pid", tag[(open + 1)..^1]);
        }

        entry.Message = rest.TrimStart(' ');
        return true;
    }

    /// <summary><c>2026-01-05T09:00:00Z host app procid msgid [id name="value"] text</c>, a hyphen for what is missing.</summary>
    private static bool ReadNew(ReadOnlySpan<char> text, LineLevel? level, RawLines lines, ref RawEntry entry)
    {
        Span<Range> parts = stackalloc Range[6];
        if (text.Split(parts, ' ') < 6)
        {
            return false;
        }

        var time = text[parts[0]];
        DateTimeOffset at = default;
        if (time is not "-" && !LeadingTime.TryRead(time, lines.Now, out at, out _))
        {
            return false;
        }

        (entry.At, entry.Level) = (time is "-" ? null : at, level);
        entry.Source = Given(text[parts[1]]);
        entry.Service = Given(text[parts[2]]);
        Add(lines, "pid", text[parts[3]]);
        Add(lines, "msgid", text[parts[4]]);
        var rest = text[parts[5]];
        if (rest is ['-', ..])
        {
            rest = rest[1..];
        }
        else
        {
            while (rest is ['[', ..])
            {
                rest = Element(rest[1..], lines);
            }
        }

        entry.Message = rest.TrimStart(" \uFEFF");
        return true;
    }

    /// <summary>Reads one element of structured data.</summary>
    /// <returns>What follows it.</returns>
    private static ReadOnlySpan<char> Element(ReadOnlySpan<char> text, RawLines lines)
    {
        var end = text.IndexOfAny(' ', ']');
        if (end < 0)
        {
            return [];
        }

        var id = text[..Math.Min(end, LongestTag)];
        text = text[end..];
        Span<char> name = stackalloc char[(LongestTag * 2) + 1];
        while (text is [' ', ..])
        {
            text = text.TrimStart(' ');
            var equals = text.IndexOf('=');
            if (equals < 1 || equals + 1 >= text.Length || text[equals + 1] != '"')
            {
                return [];
            }

            name.TryWrite($"{id}.{text[..Math.Min(equals, LongestTag)]}", out var length);
            text = text[(equals + 2)..];
            var close = 0;
            while (close < text.Length && text[close] != '"')
            {
                close += text[close] == '\\' ? 2 : 1;
            }

            close = Math.Min(close, text.Length);
            lines.Attributes.Text(name[..length], text[..close]);
            text = text[Math.Min(close + 1, text.Length)..];
        }

        return text is [']', .. var rest] ? rest : [];
    }

    private static ReadOnlySpan<char> Given(ReadOnlySpan<char> text) => text is "-" ? [] : text;

    private static void Add(RawLines lines, string name, ReadOnlySpan<char> value)
    {
        if (value is not "-" and not "")
        {
            lines.Attributes.Text(name, value);
        }
    }
}
