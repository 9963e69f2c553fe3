using System.Buffers;
using System.Text;

namespace Tocsin.Telemetry;

/// <summary>How senders write levels: by name in any case, by number, or only between the words of a line.</summary>
public static class LineLevels
{
    private const int LongestName = 12;

    // What stands in a text for a level of its own. Longer words come first where one begins with another.
    private static readonly SearchValues<string> _words = SearchValues.Create(
        [
            "critical", "crit", "fatal", "panic", "emergency", "emerg", "error", "err", "failed", "failure", "fail", "severe", "exception", "traceback",
            "warning", "warn", "information", "info", "notice", "debug", "trace", "verbose",
        ],
        StringComparison.OrdinalIgnoreCase);

    /// <summary>The level of that name, in any case.</summary>
    /// <returns>Null: it is no level's name.</returns>
    public static LineLevel? Find(ReadOnlySpan<char> name)
    {
        name = name.Trim();
        if (name.Length is 0 or > LongestName)
        {
            return null;
        }

        Span<char> lower = stackalloc char[LongestName];
        lower = lower[..name.ToLowerInvariant(lower)];
        return (ReadOnlySpan<char>)lower switch
        {
            "debug" or "trace" or "verbose" or "dbug" or "dbg" or "trce" or "trc" or "vrb" or "fine" or "finer" or "finest" or "d" or "t" or "v" or "all" or "silly" => LineLevel.Debug,
            "info" or "information" or "inf" or "notice" or "note" or "config" or "log" or "default" or "success" or "audit" or "http" or "i" => LineLevel.Info,
            "warn" or "warning" or "wrn" or "w" => LineLevel.Warning,
            "error" or "err" or "fail" or "failed" or "failure" or "severe" or "eror" or "e" => LineLevel.Error,
            "critical" or "crit" or "fatal" or "ftl" or "panic" or "dpanic" or "emergency" or "emerg" or "alert" or "f" or "c" => LineLevel.Critical,
            _ => null,
        };
    }

    /// <param name="name">UTF-8.</param>
    public static LineLevel? Find(ReadOnlySpan<byte> name)
    {
        Span<char> text = stackalloc char[LongestName];
        return name.Length <= LongestName && Ascii.ToUtf16(name, text, out var count) == OperationStatus.Done ? Find(text[..count]) : null;
    }

    /// <summary>A level as numbers have it: 0 to 7 as syslog counts, worst first; 10 to 60 in tens as Bunyan and Pino do, worst last.</summary>
    public static LineLevel? OfNumber(long number) => number switch
    {
        >= 0 and <= 7 => OfSyslog((int)number),
        10 or 20 => LineLevel.Debug,
        30 => LineLevel.Info,
        40 => LineLevel.Warning,
        50 => LineLevel.Error,
        60 => LineLevel.Critical,
        _ => null,
    };

    /// <param name="severity">0 to 7.</param>
    public static LineLevel OfSyslog(int severity) => severity switch
    {
        <= 2 => LineLevel.Critical,
        3 => LineLevel.Error,
        4 => LineLevel.Warning,
        5 or 6 => LineLevel.Info,
        _ => LineLevel.Debug,
    };

    /// <summary>The worst level among the whole words of a text; <c>terrific</c> holds none. The name of an exception's type is an error too.</summary>
    /// <returns>Null: no word of it is a level's.</returns>
    public static LineLevel? InWords(ReadOnlySpan<char> text)
    {
        LineLevel? worst = null;
        for (var at = 0; worst != LineLevel.Critical;)
        {
            var found = text[at..].IndexOfAny(_words);
            if (found < 0)
            {
                break;
            }

            var (start, end) = (at + found, at + found);
            while (end < text.Length && IsOfWord(text[end]))
            {
                end++;
            }

            var stands = start == 0 || !IsOfWord(text[start - 1]);
            var level = stands ? OfWord(text[start..end]) : OfType(text, start, text[start..end]);
            if (level is { } one && (worst is null || one > worst))
            {
                worst = one;
            }

            // What begins within the word, such as the Error of ValueErrorType, is found from the next letter on.
            at = stands ? end : start + 1;
        }

        return worst;
    }

    private static LineLevel? OfWord(ReadOnlySpan<char> word) =>
        word.Length > 2 && Find(word) is { } level ? level
        : word.Equals("exception", StringComparison.OrdinalIgnoreCase) || word.Equals("traceback", StringComparison.OrdinalIgnoreCase) ? LineLevel.Error
        : null;

    private static LineLevel? OfType(ReadOnlySpan<char> text, int start, ReadOnlySpan<char> rest) =>
        rest is "Error" or "Exception" && char.IsAsciiLetterLower(text[start - 1]) ? LineLevel.Error : null;

    private static bool IsOfWord(char c) => char.IsLetterOrDigit(c) || c == '_';
}
