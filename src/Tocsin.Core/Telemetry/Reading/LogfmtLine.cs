using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>Pairs of names and values: <c>level=error msg="no route" route=/pay</c>.</summary>
internal static class LogfmtLine
{
    private const int MostPairs = 128;

    public static bool TryRead(ReadOnlySpan<char> text, RawLines lines, ref RawEntry entry)
    {
        var first = text.IndexOfAny('=', ' ');
        if (first < 1 || text[first] != '=' || !Holds(text))
        {
            return false;
        }

        var (pairs, isKnown) = (0, false);
        var rest = text;
        ReadOnlySpan<char> message = [];
        while (pairs < MostPairs && Next(ref rest, out var name, out var value))
        {
            pairs++;
            switch (name)
            {
                case "msg" or "message":
                    message = value;
                    isKnown = true;
                    continue;
                case "level" or "lvl" or "severity":
                    entry.Level = LineLevels.Find(value) ?? entry.Level;
                    isKnown = true;
                    continue;
                case "time" or "ts" or "t" or "timestamp":
                    entry.At = SenderTime.Read(value) is { Kind: SenderTimeKind.Set } time ? time.At : LeadingTime.TryRead(value, lines.Now, out var at, out _) ? at : null;
                    isKnown = true;
                    continue;
                case "service" or "app":
                    entry.Service = value;
                    break;
                case "logger" or "source":
                    entry.Source = value;
                    break;
                case "environment" or "env":
                    entry.Environment = value;
                    break;
                case "trace_id" or "traceID" or "traceId" or "trace":
                    entry.TraceId = value;
                    break;
                case "span_id" or "spanID" or "spanId":
                    entry.SpanId = value;
                    break;
            }

            lines.Attributes.Text(name, value);
        }

        if (!isKnown || pairs < 2)
        {
            lines.Attributes.Clear();
            entry = default;
            return false;
        }

        entry.Message = message.IsEmpty ? text : message;
        return true;
    }

    private static bool Holds(ReadOnlySpan<char> text) => text.Contains("level=", StringComparison.Ordinal) || text.Contains("msg=", StringComparison.Ordinal) || text.Contains("lvl=", StringComparison.Ordinal);

    private static bool Next(scoped ref ReadOnlySpan<char> rest, out ReadOnlySpan<char> name, out ReadOnlySpan<char> value)
    {
        name = value = [];
        while (true)
        {
            rest = rest.TrimStart(' ');
            var end = rest.IndexOfAny(" =\n");
            if (end < 1 || rest[end] == '\n')
            {
                return false;
            }

            if (rest[end] == ' ')
            {
                // A word alone is a flag, which says nothing here.
                rest = rest[end..];
                continue;
            }

            name = rest[..end];
            rest = rest[(end + 1)..];
            break;
        }

        if (rest is not ['"', .. var quoted])
        {
            var blank = rest.IndexOfAny(' ', '\n');
            value = blank < 0 ? rest : rest[..blank];
            rest = rest[value.Length..];
            return true;
        }

        var (close, hasEscapes) = (0, false);
        while (close < quoted.Length && quoted[close] != '"')
        {
            hasEscapes |= quoted[close] == '\\';
            close += quoted[close] == '\\' ? 2 : 1;
        }

        close = Math.Min(close, quoted.Length);
        value = hasEscapes ? Unescaped(quoted[..close]) : quoted[..close];
        rest = quoted[Math.Min(close + 1, quoted.Length)..];
        return true;
    }

    private static string Unescaped(ReadOnlySpan<char> text) => text.ToString().Replace("\\\\", "\0", StringComparison.Ordinal)
        .Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\t", "\t", StringComparison.Ordinal).Replace('\0', '\\');
}
