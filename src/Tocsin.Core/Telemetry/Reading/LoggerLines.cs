namespace Tocsin.Telemetry;

/// <summary>What a container's engine writes to its files: <c>2026-01-05T09:00:00.1Z stderr F text</c>.</summary>
internal static class ContainerLine
{
    public static bool TryRead(ReadOnlySpan<char> text, RawLines lines, ref RawEntry entry, int nested)
    {
        if (text.Length < 30 || text[10] != 'T' || !LeadingTime.TryRead(text, lines.Now, out var at, out var used))
        {
            return false;
        }

        var rest = text[used..];
        var stream = rest.StartsWith(" stdout ") ? "stdout" : rest.StartsWith(" stderr ") ? "stderr" : null;
        if (stream is null || rest.Length < 10 || rest[8] is not ('F' or 'P') || rest[9] != ' ')
        {
            return false;
        }

        lines.ParseNested(rest[10..], ref entry, nested);

        // The engine's clock has its zone; the program's own may leave it out.
        entry.At = at;
        return true;
    }
}

/// <summary>What Kubernetes' own programs write: <c>E0105 09:00:00.123456 7 pod.go:42] text</c>.</summary>
internal static class KlogLine
{
    public static bool TryRead(ReadOnlySpan<char> text, RawLines lines, ref RawEntry entry)
    {
        if (text.Length < 30 || text[0] is not ('I' or 'W' or 'E' or 'F') || text[5] != ' '
            || !LeadingTime.Number(text, 1, 2, out var month) || month is < 1 or > 12 || !LeadingTime.Number(text, 3, 2, out var day)
            || !LeadingTime.TimeOfDay(text[6..], out var time, out var used))
        {
            return false;
        }

        var rest = text[(6 + used)..].TrimStart(' ');
        var close = rest.IndexOf("] ");
        var blank = rest.IndexOf(' ');
        if (close < 0 || blank < 1 || blank > close || rest[..blank].IndexOfAnyExceptInRange('0', '9') >= 0 || rest[(blank + 1)..close].Contains(' '))
        {
            return false;
        }

        entry.At = TelemetryTime.InNearestYear(month, day, time, lines.Now);
        entry.Level = LineLevels.Find(text[..1]);
        entry.Source = rest[(blank + 1)..close];
        entry.Message = rest[(close + 2)..];
        return true;
    }
}

/// <summary>Lines that begin with their level: .NET's console, Ruby's logger, Python's plain form, Redis, and times of day in brackets.</summary>
internal static class ConsoleLine
{
    public static bool TryRead(ReadOnlySpan<char> text, RawLines lines, ref RawEntry entry)
    {
        if (text.Length < 8)
        {
            return false;
        }

        return text[0] switch
        {
            '[' when char.IsAsciiDigit(text[1]) && text[3] == ':' => ReadBracketed(text, ref entry),
            >= '0' and <= '9' => ReadRedis(text, lines, ref entry) || ReadDotNet(text, lines, ref entry),
            >= 'A' and <= 'Z' when text[1] == ',' => ReadRuby(text, lines, ref entry),
            >= 'A' and <= 'Z' => ReadPython(text, ref entry),
            _ => ReadDotNet(text, lines, ref entry),
        };
    }

    /// <summary>Whether a line is the first of .NET's console, whose message stands on the next, indented.</summary>
    public static bool IsDotNetHead(ReadOnlySpan<char> line) => DotNet(line, out _, out _, out var rest) && rest.IsEmpty;

    /// <summary><c>fail: Shop.Orders[17]</c> and the message, indented, on the lines after it; or all on one line. A time may stand before it.</summary>
    private static bool ReadDotNet(ReadOnlySpan<char> text, RawLines lines, ref RawEntry entry)
    {
        if (char.IsAsciiDigit(text[0]) || text[0] == '[')
        {
            if (!LeadingTime.TryRead(text, lines.Now, out var at, out var used))
            {
                return false;
            }

            entry.At = at;
            text = text[used..].TrimStart(' ');
        }

        if (!DotNet(text, out var level, out var category, out var rest))
        {
            entry.At = null;
            return false;
        }

        entry.Level = level;
        var open = category.LastIndexOf('[');
        entry.Source = category[..open];
        if (category[(open + 1)..^1] is not "0" and var id)
        {
            lines.Attributes.Text("event_id", id);
        }

        entry.Message = rest.Trim();
        return true;
    }

    private static bool DotNet(ReadOnlySpan<char> text, out LineLevel level, out ReadOnlySpan<char> category, out ReadOnlySpan<char> rest)
    {
        level = LineLevel.Info;
        category = rest = [];
        if (text.Length < 9 || text[4] != ':' || text[5] != ' ' || text[..4] is not ("trce" or "dbug" or "info" or "warn" or "fail" or "crit"))
        {
            return false;
        }

        level = LineLevels.Find(text[..4]) ?? LineLevel.Info;
        var line = text[6..];
        var end = line.IndexOfAny(' ', '\n', '\r');
        category = end < 0 ? line : line[..end];
        rest = end < 0 ? [] : line[end..];
        return category is [_, .., ']'] && category.LastIndexOf('[') is > 0 and var open && category[(open + 1)..^1].TrimStart('-').IndexOfAnyExceptInRange('0', '9') < 0;
    }

    /// <summary><c>E, [2026-01-05T09:00:00.123456 #7] ERROR -- shop: text</c></summary>
    private static bool ReadRuby(ReadOnlySpan<char> text, RawLines lines, ref RawEntry entry)
    {
        if (!text[1..].StartsWith(", [") || !LeadingTime.TryRead(text[4..], lines.Now, out var at, out var used))
        {
            return false;
        }

        var rest = text[(4 + used)..];
        var (close, dashes) = (rest.IndexOf(']'), rest.IndexOf(" -- "));
        if (close < 0 || dashes < close || LineLevels.Find(rest[(close + 1)..dashes]) is not { } level)
        {
            return false;
        }

        if (rest[..close].Trim() is ['#', .. var pid])
        {
            lines.Attributes.Text("pid", pid);
        }

        rest = rest[(dashes + 4)..];
        var colon = rest.IndexOf(':');
        (entry.At, entry.Level) = (at, level);
        entry.Source = colon > 0 ? rest[..colon] : [];
        entry.Message = rest[(colon + 1)..].TrimStart(' ');
        return true;
    }

    /// <summary><c>ERROR:shop.orders:text</c></summary>
    private static bool ReadPython(ReadOnlySpan<char> text, ref RawEntry entry)
    {
        var first = text.IndexOf(':');
        if (first is < 4 or > 8 || text[..first] is not ("DEBUG" or "INFO" or "WARNING" or "ERROR" or "CRITICAL"))
        {
            return false;
        }

        var rest = text[(first + 1)..];
        var second = rest.IndexOf(':');
        if (second < 1 || rest[..second].IndexOfAny(' ', '\n') >= 0)
        {
            return false;
        }

        entry.Level = LineLevels.Find(text[..first]);
        entry.Source = rest[..second];
        entry.Message = rest[(second + 1)..];
        return true;
    }

    /// <summary><c>[09:00:00 ERR] text</c>: a time of day only.</summary>
    private static bool ReadBracketed(ReadOnlySpan<char> text, ref RawEntry entry)
    {
        var close = text.IndexOf(']');
        if (close is < 0 or > 32 || !LeadingTime.TimeOfDay(text[1..], out _, out var used) || LineLevels.Find(text[(1 + used)..close]) is not { } level)
        {
            return false;
        }

        entry.Level = level;
        entry.Message = text[(close + 1)..].TrimStart(' ');
        return true;
    }

    /// <summary><c>7:M 05 Jan 2026 09:00:00.123 # text</c></summary>
    private static bool ReadRedis(ReadOnlySpan<char> text, RawLines lines, ref RawEntry entry)
    {
        var colon = text.IndexOf(':');
        if (colon is < 1 or > 10 || text.Length < colon + 30 || !char.IsAsciiLetterUpper(text[colon + 1]) || text[colon + 2] != ' '
            || !LeadingTime.TryRead(text[(colon + 3)..], lines.Now, out var at, out var used))
        {
            return false;
        }

        var rest = text[(colon + 3 + used)..];
        if (rest is not [' ', '.' or '-' or '*' or '#', ' ', .. var message])
        {
            return false;
        }

        entry.At = at;
        entry.Level = rest[1] switch { '.' => LineLevel.Debug, '#' => LineLevel.Warning, _ => LineLevel.Info };
        entry.Message = message;
        lines.Attributes.Text("pid", text[..colon]);
        return true;
    }
}

/// <summary>
/// Lines that begin with their time: Python's logging, Log4j, Logback and Spring, Go, PostgreSQL, MySQL and their like. The level is looked for between the
/// first words; without one the words of the message decide.
/// </summary>
internal static class TimedLine
{
    private const int MostWordsBeforeLevel = 5;

    public static bool TryRead(ReadOnlySpan<char> text, RawLines lines, ref RawEntry entry)
    {
        if (!LeadingTime.TryRead(text, lines.Now, out var at, out var used))
        {
            return false;
        }

        var rest = text[used..].TrimStart(' ');
        entry.At = at;
        entry.Message = rest;
        if (rest.StartsWith("- "))
        {
            ReadHyphens(rest[2..], ref entry);
            return true;
        }

        var line = rest.IndexOf('\n') is var end and >= 0 ? rest[..end] : rest;
        for (var (word, start) = (0, 0); word < MostWordsBeforeLevel && start < line.Length; word++)
        {
            var length = line[start..].IndexOf(' ') is var blank and >= 0 ? blank : line.Length - start;
            if (IsLevel(line.Slice(start, length), out var level))
            {
                entry.Level = level;
                ReadAfterLevel(rest[(start + length)..].TrimStart(' '), ref entry);
                break;
            }

            start += length;
            start += line[start..].IndexOfAnyExcept(' ') is var gap and >= 0 ? gap : line.Length - start;
        }

        return true;
    }

    /// <summary><c>LEVEL - text</c>, or <c>logger - LEVEL - text</c>, as Python's logging is most often told to write.</summary>
    private static void ReadHyphens(ReadOnlySpan<char> rest, ref RawEntry entry)
    {
        for (var part = 0; part < 3; part++)
        {
            var hyphen = rest.IndexOf(" - ");
            if (hyphen < 0)
            {
                return;
            }

            if (LineLevels.Find(rest[..hyphen]) is { } level)
            {
                entry.Level = level;
                entry.Message = rest[(hyphen + 3)..];
                return;
            }

            entry.Source = part == 0 && !rest[..hyphen].Contains(' ') ? rest[..hyphen] : entry.Source;
            rest = rest[(hyphen + 3)..];
        }
    }

    /// <summary>Spring names its logger before <c> : </c>, Log4j before <c> - </c>.</summary>
    private static void ReadAfterLevel(ReadOnlySpan<char> rest, ref RawEntry entry)
    {
        entry.Message = rest;
        var line = rest.IndexOf('\n') is var end and >= 0 ? rest[..end] : rest;
        if (line.IndexOf("--- [") is >= 0 and < 20 && line.IndexOf(" : ") is > 0 and var colon)
        {
            var head = line[..colon].TrimEnd(' ');
            entry.Source = head[(head.LastIndexOf(' ') + 1)..];
            entry.Message = rest[(colon + 3)..];
            return;
        }

        // A thread may stand in brackets before the logger.
        var skipped = line is ['[', ..] && line.IndexOf("] ") is > 0 and var close ? close + 2 : 0;
        var name = line[skipped..];
        var after = name.IndexOf(" - ");
        if (after > 0 && !name[..after].Trim(' ').Contains(' '))
        {
            entry.Source = name[..after].Trim(" []");
            entry.Message = rest[(skipped + after + 3)..].TrimStart(' ');
        }
        else if (line.StartsWith("- "))
        {
            entry.Message = rest[2..];
        }
    }

    /// <summary>A level as a word of its own in a head: in capitals or in brackets; in a sentence it is none.</summary>
    private static bool IsLevel(ReadOnlySpan<char> word, out LineLevel level)
    {
        var bare = word.Trim("[]():|<>,");
        var isMarked = word[0] is '[' or '(' or '<' or '|' || (bare.Length > 2 && bare.IndexOfAnyExceptInRange('A', 'Z') < 0);
        var found = isMarked && bare.Length > 1 ? LineLevels.Find(bare) : null;
        level = found ?? LineLevel.Info;
        return found is not null;
    }
}
