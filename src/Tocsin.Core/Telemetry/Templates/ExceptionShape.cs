using System.Text;

namespace Tocsin.Telemetry;

/// <summary>
/// The template of a message that carries a stack trace: what was thrown and where, without line numbers, addresses or the words of that one
/// occurrence. Knows the traces of .NET, Java, JavaScript, Python and Go.
/// </summary>
internal static class ExceptionShape
{
    private const int Frames = 3;
    private const int MostLines = 200;
    private const int MostFrame = 160;

    /// <returns>Null: the message has no stack trace.</returns>
    public static string? Of(string message)
    {
        if (!message.Contains('\n'))
        {
            return null;
        }

        var thrown = "";
        var (before, lines) = ("", 0);
        List<string> frames = [];
        var isPython = false;
        foreach (var raw in message.AsSpan().EnumerateLines())
        {
            if (++lines > MostLines)
            {
                break;
            }

            var line = raw.Trim();
            if (line.StartsWith("Traceback (most recent call last)", StringComparison.Ordinal))
            {
                isPython = true;
            }
            else if (isPython)
            {
                if (PythonFrame(line) is { } frame)
                {
                    frames.Add(frame);
                }
                else if (TypeOf(line) is { } type && !char.IsWhiteSpace(raw[0]))
                {
                    thrown = type;
                }
            }
            else if (frames.Count < Frames && Frame(line) is { } frame)
            {
                frames.Add(frame);
                thrown = thrown.Length > 0 ? thrown : before;
            }
            else if (frames.Count == 0 && TypeOf(line) is { } type)
            {
                before = type;
            }
        }

        if (frames.Count == 0)
        {
            return null;
        }

        // Python tells the innermost call last.
        var shown = isPython ? frames.AsEnumerable().Reverse().Take(Frames) : frames.Take(Frames);
        return new StringBuilder(thrown.Length > 0 ? thrown : "exception").Append(" at ").AppendJoin(" < ", shown).ToString();
    }

    /// <summary><c>at Shop.Cart.Add(Item item) in Cart.cs:line 12</c>, <c>at shop.Cart.add(Cart.java:12)</c>, <c>at add (cart.js:1:2)</c>, <c>main.add(0x1, 0x2)</c>.</summary>
    private static string? Frame(ReadOnlySpan<char> line)
    {
        if (line.StartsWith("at ", StringComparison.Ordinal))
        {
            var call = line[3..];
            var end = call.IndexOf('(');
            return Cut((end < 0 ? call : call[..end]).Trim());
        }

        // Go: the call stands on its line, the file on the next.
        var open = line.IndexOf('(');
        return open > 0 && line[^1] == ')' && !line.Contains(' ') && line[..open].Contains('.') ? Cut(line[..open]) : GoCall(line);
    }

    private static string? GoCall(ReadOnlySpan<char> line)
    {
        var open = line.LastIndexOf('(');
        return open > 0 && line[^1] == ')' && line[open..].Contains("0x", StringComparison.Ordinal) && line[..open].Contains('.') && !line[..open].Contains(' ')
            ? Cut(line[..open])
            : null;
    }

    /// <summary><c>File "cart.py", line 12, in add</c>.</summary>
    private static string? PythonFrame(ReadOnlySpan<char> line)
    {
        if (!line.StartsWith("File \"", StringComparison.Ordinal))
        {
            return null;
        }

        var file = line[6..];
        var end = file.IndexOf('"');
        var name = end < 0 ? file : file[..end];
        var at = file.LastIndexOf(" in ");
        return Cut($"{name[(name.LastIndexOfAny('/', '\\') + 1)..]}:{(at < 0 ? "" : file[(at + 4)..])}");
    }

    /// <summary>What stands before the colon where a type is named: <c>System.InvalidOperationException: no cart</c>, <c>panic: no cart</c>.</summary>
    private static string? TypeOf(ReadOnlySpan<char> line)
    {
        var cause = line.StartsWith("Caused by: ", StringComparison.Ordinal) ? line[11..] : line;
        var colon = cause.IndexOf(": ", StringComparison.Ordinal);
        var name = colon < 0 ? cause.TrimEnd(':') : cause[..colon];

        // "Unhandled exception. System.X: text" and "Exception in thread main java.X: text" name it last.
        name = name[(name.LastIndexOf(' ') + 1)..];
        if (name.IsEmpty || name.Length > MostFrame || !char.IsLetter(name[0]))
        {
            return null;
        }

        foreach (var c in name)
        {
            if (!char.IsLetterOrDigit(c) && c is not ('.' or '_' or '$' or '+' or '`'))
            {
                return null;
            }
        }

        return colon >= 0 || name.EndsWith("Error", StringComparison.Ordinal) || name.EndsWith("Exception", StringComparison.Ordinal) ? name.ToString() : null;
    }

    private static string Cut(ReadOnlySpan<char> frame) => (frame.Length > MostFrame ? frame[..MostFrame] : frame).ToString();
}
