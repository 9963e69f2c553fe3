namespace Tocsin.Telemetry;

/// <summary>A line of a web server's access log, common or combined, also with the virtual host before it.</summary>
internal static class AccessLine
{
    public static bool TryRead(ReadOnlySpan<char> text, RawLines lines, ref RawEntry entry)
    {
        var open = text.IndexOf(" [");
        if (open is < 5 or > 1024)
        {
            return false;
        }

        // host ident user, each without blanks, but for a host:port before them.
        var head = text[..open];
        Span<Range> parts = stackalloc Range[5];
        var count = head.Split(parts, ' ');
        if (count is not (3 or 4) || (count == 4 && !head[parts[0]].Contains(':')))
        {
            return false;
        }

        var rest = text[(open + 2)..];
        if (!LeadingTime.TryRead(rest, lines.Now, out var at, out var used) || !rest[used..].StartsWith("] \""))
        {
            return false;
        }

        rest = rest[(used + 3)..];
        var request = Quoted(rest, out var length);
        rest = rest[length..];
        if (rest.Length < 4 || rest[0] != ' ' || !LeadingTime.Number(rest, 1, 3, out var status) || (rest.Length > 4 && rest[4] != ' '))
        {
            return false;
        }

        rest = rest.Length > 5 ? rest[5..] : [];
        var end = rest.IndexOf(' ');
        var size = end < 0 ? rest : rest[..end];
        rest = end < 0 ? [] : rest[(end + 1)..];
        (entry.At, entry.Level) = (at, status >= 400 ? LineLevel.Error : LineLevel.Info);
        entry.Source = head[parts[count - 3]];
        entry.Message = $"{request} - {status}";
        lines.Attributes.Number("status_code", status);
        lines.Attributes.Number("bytes", long.TryParse(size, out var bytes) ? bytes : 0);
        if (rest is ['"', .. var referer])
        {
            Text(lines, "referer", Quoted(referer, out length));
            if (referer[length..] is [' ', '"', .. var agent])
            {
                Text(lines, "user_agent", Quoted(agent, out _));
            }
        }

        return true;
    }

    private static void Text(RawLines lines, string name, ReadOnlySpan<char> value)
    {
        if (value is not ("" or "-"))
        {
            lines.Attributes.Text(name, value);
        }
    }

    /// <summary>What stands before the next quote that no backslash hides.</summary>
    /// <param name="length">With the quote.</param>
    private static ReadOnlySpan<char> Quoted(ReadOnlySpan<char> text, out int length)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"')
            {
                length = i + 1;
                return text[..i];
            }

            i += text[i] == '\\' ? 1 : 0;
        }

        length = text.Length;
        return text;
    }
}

/// <summary>A line of the error log of nginx or Apache.</summary>
internal static class ServerErrorLine
{
    private static readonly string[] _facts = ["client", "server", "request", "upstream", "host"];

    public static bool TryRead(ReadOnlySpan<char> text, RawLines lines, ref RawEntry entry) =>
        text.Length > 25 && (text[4] == '/' ? ReadNginx(text, lines, ref entry) : text[0] == '[' && char.IsAsciiLetterUpper(text[1]) && ReadApache(text, lines, ref entry));

    /// <summary><c>2026/01/05 09:00:00 [error] 31#31: *7 connect() failed, client: 10.0.0.1, server: shop</c></summary>
    private static bool ReadNginx(ReadOnlySpan<char> text, RawLines lines, ref RawEntry entry)
    {
        if (!LeadingTime.TryRead(text, lines.Now, out var at, out var used) || text[used..] is not [' ', '[', .. var rest]
            || rest.IndexOf("] ") is not (> 0 and < 10 and var close) || LineLevels.Find(rest[..close]) is not { } level)
        {
            return false;
        }

        (entry.At, entry.Level) = (at, level);
        rest = rest[(close + 2)..];
        if (rest.IndexOf(": ") is > 0 and < 24 and var colon && rest[..colon].IndexOfAnyExceptInRange('#', '9') < 0 && rest[..colon].Contains('#'))
        {
            lines.Attributes.Text("pid", rest[..rest.IndexOf('#')]);
            rest = rest[(colon + 2)..];
        }

        var facts = rest.IndexOf(", client: ");
        entry.Message = facts < 0 ? rest : rest[..facts];
        if (facts >= 0)
        {
            ReadFacts(rest[facts..], lines);
        }

        return true;
    }

    private static void ReadFacts(ReadOnlySpan<char> text, RawLines lines)
    {
        Span<char> mark = stackalloc char[16];
        foreach (var fact in _facts)
        {
            mark.TryWrite($", {fact}: ", out var length);
            if (text.IndexOf(mark[..length]) is var at and >= 0)
            {
                var value = text[(at + length)..];
                var end = value is ['"', .. var inner] ? inner.IndexOf('"') + 2 : value.IndexOf(", ");
                lines.Attributes.Text(fact, (end > 1 ? value[..end] : value).Trim('"'));
            }
        }
    }

    /// <summary><c>[Mon Jan 05 09:00:00.123456 2026] [core:error] [pid 7:tid 8] [client 10.0.0.1:5000] AH00128: File does not exist</c></summary>
    private static bool ReadApache(ReadOnlySpan<char> text, RawLines lines, ref RawEntry entry)
    {
        if (!LeadingTime.TryRead(text, lines.Now, out var at, out var used))
        {
            return false;
        }

        var rest = text[used..];
        for (var isFirst = true; rest is [' ', '[', .. var inner]; isFirst = false)
        {
            var close = inner.IndexOf(']');
            if (close < 0)
            {
                return !isFirst;
            }

            var part = inner[..close];
            if (isFirst)
            {
                if (LineLevels.Find(part[(part.IndexOf(':') + 1)..]) is not { } level)
                {
                    return false;
                }

                (entry.At, entry.Level) = (at, level);
                entry.Source = part.Contains(':') ? part[..part.IndexOf(':')] : [];
            }
            else if (part.IndexOf(' ') is > 0 and var blank)
            {
                lines.Attributes.Text(part[..blank], part[(blank + 1)..]);
            }

            rest = inner[(close + 1)..];
            entry.Message = rest.TrimStart();
        }

        return entry.Level is not null;
    }
}
