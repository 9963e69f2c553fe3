using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Tocsin.Routing;

/// <summary>
/// Regular expressions as Alertmanager's users write them (RE2 syntax), anchored at both ends and matched in linear time.
/// What .NET spells differently is respelt; what it cannot do in linear time is refused.
/// </summary>
/// <remarks>Characters beyond U+FFFF count as two for <c>.</c> and for classes.</remarks>
internal static class GoPattern
{
    /// <summary>In UTF-16 units. Long lists of plain words are not compiled, so only elaborate patterns ever come near.</summary>
    private const int MaxLength = 8192;

    /// <summary>The words of a pattern that is nothing but words joined by bars, such as <c>critical|high</c> or <c>(a|b\.c)</c>; null for any other.</summary>
    public static IReadOnlyList<string>? Literals(string pattern)
    {
        var body = pattern.AsSpan();
        if (body.StartsWith("(?:") && body.EndsWith(")"))
        {
            body = body[3..^1];
        }
        else if (body is ['(', .., ')'])
        {
            body = body[1..^1];
        }

        List<string> words = [];
        var word = new StringBuilder();
        for (var i = 0; i < body.Length; i++)
        {
            switch (body[i])
            {
                case '|':
                    words.Add(word.ToString());
                    word.Clear();
                    break;
                case '\\' when i + 1 < body.Length && char.IsAscii(body[i + 1]) && !char.IsAsciiLetterOrDigit(body[i + 1]):
                    word.Append(body[++i]);
                    break;
                case '\\' or '.' or '+' or '*' or '?' or '(' or ')' or '[' or ']' or '{' or '}' or '^' or '$':
                    return null;
                default:
                    word.Append(body[i]);
                    break;
            }
        }

        words.Add(word.ToString());
        return words;
    }

    /// <summary>Compiles a pattern; the error says what is wrong with it. Safe for patterns from anyone.</summary>
    public static Result<Regex> Compile(string pattern)
    {
        if (pattern.Length > MaxLength)
        {
            return Error.Invalid("match", $"The regular expression has {pattern.Length} characters; at most {MaxLength} are allowed.");
        }

        var respelt = Respell(pattern);
        if (!respelt.Ok)
        {
            return respelt.Error;
        }

        try
        {
            return new Regex(
                $@"\A(?:{respelt.Value})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture);
        }
        catch (RegexParseException e)
        {
            return Error.Invalid("match", $"'{pattern}' is not a regular expression: {Words(e.Error)}.");
        }
        catch (NotSupportedException)
        {
            return Error.Invalid(
                "match",
                $"'{pattern}' cannot be matched in linear time: look-around, back references, atomic groups and very large repeats are not allowed.");
        }
    }

    /// <summary>RE2's spelling to .NET's. Also makes sure that parentheses balance, since the pattern is put between anchors.</summary>
    private static Result<string> Respell(string pattern)
    {
        var text = new StringBuilder(pattern.Length + 16);
        var open = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\')
            {
                if (Escape(pattern, ref i, text, inClass: false) is { } error)
                {
                    return error;
                }
            }
            else if (c == '[')
            {
                if (Class(pattern, ref i, text) is { } error)
                {
                    return error;
                }
            }
            else if (c == '(')
            {
                open++;
                text.Append(c);
                if (string.CompareOrdinal(pattern, i + 1, "?P<", 0, 3) == 0)
                {
                    text.Append("?<");
                    i += 3;
                }
                else if (FlagsAt(pattern, i + 1) is { } flags && flags.AsSpan().IndexOfAnyExcept("ims-") >= 0)
                {
                    return Error.Invalid("match", $"'{pattern}' uses the flags '{flags}'; i, m and s are allowed.");
                }
            }
            else if (c == ')' && --open < 0)
            {
                return Error.Invalid("match", $"'{pattern}' closes a parenthesis at position {i + 1} that was never opened.");
            }
            else
            {
                text.Append(c);
            }
        }

        return open == 0 ? text.ToString() : Error.Invalid("match", $"'{pattern}' leaves {open} parenthesis open.");
    }

    /// <summary>The letters of <c>(?ims-ims)</c> or <c>(?ims-ims:</c>; null if the group is of another kind.</summary>
    private static string? FlagsAt(string pattern, int at)
    {
        if (at >= pattern.Length || pattern[at] != '?')
        {
            return null;
        }

        var end = at + 1;
        while (end < pattern.Length && (char.IsAsciiLetter(pattern[end]) || pattern[end] == '-'))
        {
            end++;
        }

        return end > at + 1 && end < pattern.Length && pattern[end] is ':' or ')' ? pattern[(at + 1)..end] : null;
    }

    private static Error? Escape(string pattern, ref int i, StringBuilder text, bool inClass)
    {
        if (++i == pattern.Length)
        {
            return Error.Invalid("match", $"'{pattern}' ends in a lone backslash.");
        }

        switch (pattern[i])
        {
            // RE2's short classes are ASCII, .NET's are not.
            case 'd':
                text.Append(inClass ? "0-9" : "[0-9]");
                return null;
            case 'D':
                text.Append(inClass ? @"\x00-/:-\uFFFF" : "[^0-9]");
                return null;
            case 'w':
                text.Append(inClass ? "0-9A-Za-z_" : "[0-9A-Za-z_]");
                return null;
            case 'W':
                text.Append(inClass ? @"\x00-/:-@\[-\^`{-\uFFFF" : "[^0-9A-Za-z_]");
                return null;
            case 's':
                text.Append(inClass ? @"\t\n\f\r " : @"[\t\n\f\r ]");
                return null;
            case 'S':
                text.Append(inClass ? @"\x00-\x08\v\x0E-\x1F!-\uFFFF" : @"[^\t\n\f\r ]");
                return null;
            case 'p' or 'P' when i + 1 < pattern.Length && pattern[i + 1] != '{':
                text.Append('\\').Append(pattern[i]).Append('{').Append(pattern[++i]).Append('}');
                return null;
            case 'x' when i + 1 < pattern.Length && pattern[i + 1] == '{':
                return CodePoint(pattern, ref i, text, inClass);
            case 'Q' when !inClass:
                var end = pattern.IndexOf(@"\E", i, StringComparison.Ordinal);
                var quoted = end < 0 ? pattern[(i + 1)..] : pattern[(i + 1)..end];
                text.Append(Regex.Escape(quoted));
                i = end < 0 ? pattern.Length - 1 : end + 1;
                return null;
            // A back reference; .NET would read some of these as octal.
            case >= '1' and <= '9':
                return Error.Invalid("match", $"'{pattern}' has a back reference, which cannot be matched in linear time.");
            default:
                text.Append('\\').Append(pattern[i]);
                return null;
        }
    }

    private static Error? CodePoint(string pattern, ref int i, StringBuilder text, bool inClass)
    {
        var end = pattern.IndexOf('}', i);
        if (end < 0
            || !int.TryParse(pattern.AsSpan(i + 2, end - i - 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var point)
            || !Rune.IsValid(point)
            || (inClass && point > 0xFFFF))
        {
            return Error.Invalid("match", $"'{pattern}' has a \\x{{...}} at position {i} that names no usable character.");
        }

        foreach (var unit in new Rune(point).ToString())
        {
            text.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
        }

        i = end;
        return null;
    }

    private static Error? Class(string pattern, ref int i, StringBuilder text)
    {
        var start = i;
        text.Append('[');
        i++;
        if (i < pattern.Length && pattern[i] == '^')
        {
            text.Append('^');
            i++;
        }

        for (var first = true; i < pattern.Length; i++, first = false)
        {
            var c = pattern[i];
            if (c == ']' && !first)
            {
                text.Append(']');
                return null;
            }

            if (c == '[' && i + 1 < pattern.Length && pattern[i + 1] == ':')
            {
                var end = pattern.IndexOf(":]", i + 2, StringComparison.Ordinal);
                if (end < 0 || PosixClass(pattern.AsSpan(i + 2, end - i - 2)) is not { } members)
                {
                    return Error.Invalid("match", $"'{pattern}' has an unknown class name at position {i + 1}.");
                }

                text.Append(members);
                i = end + 1;
            }
            else if (c == '\\')
            {
                if (Escape(pattern, ref i, text, inClass: true) is { } error)
                {
                    return error;
                }
            }
            else
            {
                // In .NET an inner bracket can begin a subtraction; in RE2 it is a character like any other.
                text.Append(c is '[' or ']' ? $"\\{c}" : c);
            }
        }

        return Error.Invalid("match", $"'{pattern}' leaves the class at position {start + 1} open.");
    }

    private static string Words(RegexParseError error) => error switch
    {
        RegexParseError.NestedQuantifiersNotParenthesized or RegexParseError.QuantifierAfterNothing => "a repeat stands where there is nothing to repeat",
        RegexParseError.ReversedQuantifierRange => "a repeat's minimum is above its maximum",
        RegexParseError.ReversedCharacterRange => "a range in a class runs backwards",
        RegexParseError.UnrecognizedEscape or RegexParseError.UnrecognizedUnicodeProperty or RegexParseError.InvalidUnicodePropertyEscape
            or RegexParseError.MalformedUnicodePropertyEscape => "it has an unknown escape",
        RegexParseError.InvalidGroupingConstruct => "it has an unknown kind of group",
        _ => $"{error}",
    };

    /// <summary>The members of <c>[:name:]</c>; null if there is no such class.</summary>
    private static string? PosixClass(ReadOnlySpan<char> name) => name switch
    {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => @"\x00-\x7F",
        "blank" => @"\t ",
        "cntrl" => @"\x00-\x1F\x7F",
        "digit" => "0-9",
        "graph" => "!-~",
        "lower" => "a-z",
        "print" => " -~",
        "punct" => @"!-/:-@\[-`{-~",
        "space" => @"\t\n\v\f\r ",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => null,
    };
}
