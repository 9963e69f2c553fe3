namespace Tocsin.Telemetry;

/// <summary>
/// Cuts text into entries. Every line is one, but for those of a stack trace, in the forms of Java, Python, .NET, Node, Go, Ruby, PHP and Rust, and
/// the message below a head of .NET's console: they belong to the entry before. Looks one line ahead and never back.
/// </summary>
internal ref struct LineJoiner
{
    private readonly ReadOnlySpan<char> _text;
    private int _at;
    private Trace _trace;

    public LineJoiner(ReadOnlySpan<char> text) => _text = text;

    private enum Trace
    {
        None,

        /// <summary>Indented lines belong to it: below a frame of Java, .NET, Node or Ruby, and below a head of .NET's console.</summary>
        Frames,

        /// <summary>As long as lines are indented; the first that is not names the exception and ends it.</summary>
        Python,

        Go,

        /// <summary>The next line is the message.</summary>
        Rust,
    }

    /// <summary>The next entry, with its line feeds inside, without one at its end.</summary>
    public bool Next(out ReadOnlySpan<char> entry)
    {
        entry = [];
        _at = PastBlanks(_at);
        if (!Peek(_at, out var first, out var after))
        {
            return false;
        }

        var (start, end) = (_at, _at + first.Length);
        _trace = Begin(first);
        _at = after;
        while (Peek(_at, out var line, out var next))
        {
            if (line.IsWhiteSpace() && _trace != Trace.None)
            {
                // A trace may have gaps; what follows the gap tells.
                _at = PastBlanks(next);
                Peek(_at, out line, out next);
            }

            Peek(next, out var ahead, out _);
            if (!Joins(first, line, ahead))
            {
                break;
            }

            _trace = Go(line);
            end = _at + line.Length;
            _at = next;
        }

        entry = _text[start..end];
        return true;
    }

    private readonly int PastBlanks(int at)
    {
        while (Peek(at, out var line, out var next) && line.IsWhiteSpace())
        {
            at = next;
        }

        return at;
    }

    private readonly bool Peek(int at, out ReadOnlySpan<char> line, out int next)
    {
        line = [];
        next = at;
        if (at >= _text.Length)
        {
            return false;
        }

        var feed = _text[at..].IndexOf('\n');
        line = feed < 0 ? _text[at..] : _text.Slice(at, feed);
        next = feed < 0 ? _text.Length : at + feed + 1;
        line = line is [.. var whole, '\r'] ? whole : line;
        return true;
    }

    private static Trace Begin(ReadOnlySpan<char> line) =>
        line.StartsWith("Traceback (") ? Trace.Python
        : IsGo(line) ? Trace.Go
        : line.StartsWith("thread '") && line.Contains(" panicked at ", StringComparison.Ordinal) ? Trace.Rust
        : ConsoleLine.IsDotNetHead(line) || IsFrame(line) ? Trace.Frames
        : Trace.None;

    /// <summary>What the trace is after a line that belongs to it.</summary>
    private readonly Trace Go(ReadOnlySpan<char> line)
    {
        var bare = line.TrimStart();
        var isIndented = bare.Length < line.Length;
        return bare.StartsWith("Traceback (") ? Trace.Python
            : _trace == Trace.Python ? isIndented ? Trace.Python : Trace.Frames
            : _trace == Trace.Go || IsGo(line) ? Trace.Go
            : bare.StartsWith("File \"") && isIndented ? Trace.Python
            : Trace.Frames;
    }

    /// <param name="first">The first line of the entry.</param>
    private readonly bool Joins(ReadOnlySpan<char> first, ReadOnlySpan<char> line, ReadOnlySpan<char> ahead)
    {
        var bare = line.TrimStart();
        if (bare.IsEmpty)
        {
            return false;
        }

        if (bare.Length < line.Length)
        {
            return _trace != Trace.None || IsFrame(line) || bare.StartsWith("Traceback") || IsExceptionOverFrames(bare, ahead);
        }

        return bare.StartsWith("Traceback (") || bare.StartsWith("Caused by:") || bare.StartsWith("goroutine ") || bare.StartsWith("Stack trace:") || bare.StartsWith("[stacktrace]")
            || IsPhpFrame(bare) || IsRubyFrame(bare)
            || (IsExceptionOverFrames(bare, ahead) && HasHead(first))
            || _trace switch
            {
                Trace.Python => !StartsAnew(bare),
                Trace.Go => bare.StartsWith("created by ") || bare.StartsWith("[signal ") || bare.StartsWith("exit status ") || bare.StartsWith("panic: ")
                    || (bare[^1] is ')' or '}' && ahead is ['\t', ..]) || (bare.Contains('(') && ahead is ['\t', ..]),
                Trace.Rust => !StartsAnew(bare),
                Trace.Frames => bare is "}" or "]" or "^" || bare.StartsWith("During handling of the above exception") || bare.StartsWith("The above exception was the direct cause")
                    || bare.StartsWith("note: run with `RUST_BACKTRACE") || bare.StartsWith("stack backtrace:") || bare.StartsWith("--- End of ") || bare.StartsWith("Suppressed:"),
                _ => false,
            };
    }

    /// <summary>An indented line that can only be part of a trace.</summary>
    private static bool IsFrame(ReadOnlySpan<char> line)
    {
        var bare = line.TrimStart();
        return bare.Length < line.Length
            && (bare.StartsWith("at ") || bare.StartsWith("File \"") || bare.StartsWith("Caused by:") || bare.StartsWith("...") || bare.StartsWith("from ") || bare.StartsWith("Suppressed:")
                || bare.StartsWith("--- End of ") || bare.StartsWith("---> ") || bare.StartsWith("thrown in "));
    }

    private static bool IsGo(ReadOnlySpan<char> line) => line.StartsWith("panic: ") || line.StartsWith("fatal error: ") || (line.StartsWith("goroutine ") && line.EndsWith("]:"));

    /// <summary><c>#3 /srv/app/Order.php(17): pay()</c></summary>
    private static bool IsPhpFrame(ReadOnlySpan<char> line) => line is ['#', >= '0' and <= '9', ..] && line.IndexOf(' ') is > 1 and < 5 && (line.Contains('(') || line.EndsWith("{main}"));

    /// <summary><c>app/models/order.rb:17:in 'pay'</c></summary>
    private static bool IsRubyFrame(ReadOnlySpan<char> line) => line.IndexOf(":in ") is > 4 and < 300 and var at && char.IsAsciiDigit(line[at - 1]) && !line[..at].Contains(' ') && line[at + 4] is '\'' or '`';

    /// <summary>The type of an exception, perhaps with its message, above the first frame of its stack.</summary>
    private static bool IsExceptionOverFrames(ReadOnlySpan<char> line, ReadOnlySpan<char> ahead)
    {
        if (!IsFrame(ahead))
        {
            return false;
        }

        var end = line.IndexOfAny(' ', ':');
        var type = end < 0 ? line : line[..end];
        return type.EndsWith("Exception") || type.EndsWith("Error") || type.EndsWith("Throwable") || (type.Contains('.') && end > 0 && line[end] == ':');
    }

    /// <summary>Whether an entry looks as a logger wrote it, so that an exception below it is what it reports.</summary>
    private static bool HasHead(ReadOnlySpan<char> first) =>
        first.Length > 0 && (char.IsAsciiDigit(first[0]) || first[0] is '[' or '<' || LineLevels.InWords(first[..Math.Min(first.Length, 200)]) >= LineLevel.Error);

    /// <summary>Whether a line has a head of its own.</summary>
    private static bool StartsAnew(ReadOnlySpan<char> line) => char.IsAsciiDigit(line[0]) || line[0] is '[' or '{' or '<';
}
