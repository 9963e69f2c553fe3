using System.Buffers;
using System.Globalization;
using System.Text;

namespace Tocsin.Routing;

/// <summary>
/// Matchers as text, as Alertmanager and amtool write them: <c>{service="checkout", severity=~"critical|high", team!="ops"}</c>.
/// Braces are optional but come in pairs, a comma after the last matcher is allowed, names and values may be quoted, and must be if they hold
/// blanks or one of <c>{ } ! = ~ , \ " ' `</c>. Quoted text has Go's escapes.
/// </summary>
public static class MatcherText
{
    private static readonly SearchValues<char> Reserved = SearchValues.Create("{}!=~,\\\"'`");

    /// <summary>Reads a list of matchers, all of which must match. Only <c>{}</c> is an empty list; blank text is an error.</summary>
    /// <returns>The matchers, their regular expressions checked; or an error with the position (1-based, UTF-16 units) and what belongs there.</returns>
    public static Result<IReadOnlyList<Matcher>> Parse(string text)
    {
        var reader = new Reader(text);
        var matchers = reader.List();
        return reader.Error is { } error ? error : matchers;
    }

    public static string Format(IReadOnlyList<Matcher> matchers) => "{" + string.Join(", ", matchers.Select(Format)) + "}";

    /// <summary>One matcher, value always quoted, so that <see cref="Parse"/> reads it back equal.</summary>
    public static string Format(Matcher matcher)
    {
        var text = new StringBuilder(matcher.Name.Length + matcher.Value.Length + 8);
        if (NeedsQuotes(matcher.Name))
        {
            Quote(text, matcher.Name);
        }
        else
        {
            text.Append(matcher.Name);
        }

        text.Append(OpText(matcher.Op));
        Quote(text, matcher.Value);
        return text.ToString();
    }

    public static string OpText(MatchOp op) => op switch
    {
        MatchOp.Equal => "=",
        MatchOp.NotEqual => "!=",
        MatchOp.Regex => "=~",
        _ => "!~",
    };

    internal static bool NeedsQuotes(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return true;
        }

        foreach (var c in text)
        {
            if (IsReserved(c) || char.IsControl(c))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Appends the text in double quotes with Go's escapes.</summary>
    internal static void Quote(StringBuilder into, ReadOnlySpan<char> text)
    {
        into.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => into.Append("\\\""),
                '\\' => into.Append(@"\\"),
                '\n' => into.Append(@"\n"),
                '\r' => into.Append(@"\r"),
                '\t' => into.Append(@"\t"),
                < ' ' or '\u007F' => into.Append(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => into.Append(c),
            };
        }

        into.Append('"');
    }

    private static bool IsReserved(char c) => char.IsWhiteSpace(c) || Reserved.Contains(c);

    /// <summary>A cursor over the text; after a fault <see cref="Error"/> is set and every read does nothing.</summary>
    private ref struct Reader(string text)
    {
        private int _at;

        public Error? Error { get; private set; }

        public Matcher[] List()
        {
            List<Matcher> matchers = [];
            var braced = Skip('{');
            while (Error is null)
            {
                Blanks();
                if (braced && Skip('}'))
                {
                    braced = false;
                    break;
                }

                if (_at == text.Length && (braced || matchers.Count > 0))
                {
                    break;
                }

                if (One() is { } matcher)
                {
                    matchers.Add(matcher);
                }

                Blanks();
                if (Error is null && !Skip(',') && _at < text.Length && !(braced && text[_at] == '}'))
                {
                    Expected(braced ? "a comma or '}'" : "a comma");
                }
            }

            Blanks();
            if (Error is null && (braced || _at < text.Length))
            {
                Expected(braced ? "'}'" : "the end of the text");
            }

            return [.. matchers];
        }

        private Matcher? One()
        {
            var name = Word("a label name");
            if (Error is null && name.Length == 0)
            {
                Error = At(_at, "a label name cannot be empty");
            }

            Blanks();
            var op = Op();
            Blanks();
            var valueAt = _at;
            var value = Word("a value (write \"\" for an empty one)");
            if (Error is not null)
            {
                return null;
            }

            var matcher = new Matcher(name, op, value);
            if (CompiledMatcher.Compile(matcher) is { Ok: false, Error: var error })
            {
                Error = At(valueAt, error.Detail);
                return null;
            }

            return matcher;
        }

        private MatchOp Op()
        {
            if (Error is not null)
            {
                return default;
            }

            var rest = text.AsSpan(_at);
            (MatchOp Op, int Length) found = rest switch
            {
                ['=', '~', ..] => (MatchOp.Regex, 2),
                ['=', ..] => (MatchOp.Equal, 1),
                ['!', '=', ..] => (MatchOp.NotEqual, 2),
                ['!', '~', ..] => (MatchOp.NotRegex, 2),
                _ => (default, 0),
            };
            if (found.Length == 0)
            {
                Expected("one of = != =~ !~");
            }

            _at += found.Length;
            return found.Op;
        }

        private string Word(string what)
        {
            if (Error is not null)
            {
                return "";
            }

            if (_at < text.Length && text[_at] == '"')
            {
                return Quoted();
            }

            var start = _at;
            while (_at < text.Length && !IsReserved(text[_at]))
            {
                _at++;
            }

            if (_at == start)
            {
                Expected(what);
            }

            return text[start.._at];
        }

        private string Quoted()
        {
            var start = _at++;
            var bytes = new ArrayBufferWriter<byte>();
            while (_at < text.Length && text[_at] != '"')
            {
                if (text[_at] == '\\')
                {
                    Escape(bytes);
                    if (Error is not null)
                    {
                        return "";
                    }
                }
                else
                {
                    var end = text.AsSpan(_at).IndexOfAny('\\', '"');
                    var plain = end < 0 ? text.AsSpan(_at) : text.AsSpan(_at, end);
                    Encoding.UTF8.GetBytes(plain, bytes);
                    _at += plain.Length;
                }
            }

            if (_at == text.Length)
            {
                Error = At(start, "the quoted text that begins here has no closing quote");
                return "";
            }

            _at++;
            if (!System.Text.Unicode.Utf8.IsValid(bytes.WrittenSpan))
            {
                Error = At(start, "the escapes in this quoted text do not make valid UTF-8");
                return "";
            }

            return Encoding.UTF8.GetString(bytes.WrittenSpan);
        }

        private void Escape(ArrayBufferWriter<byte> into)
        {
            var start = _at++;
            var c = _at < text.Length ? text[_at++] : '\0';
            byte? single = c switch
            {
                'a' => 0x07,
                'b' => 0x08,
                'f' => 0x0C,
                'n' => 0x0A,
                'r' => 0x0D,
                't' => 0x09,
                'v' => 0x0B,
                '\\' => (byte)'\\',
                '"' => (byte)'"',
                _ => null,
            };
            if (single is { } known)
            {
                into.Write([known]);
                return;
            }

            var number = c switch
            {
                'x' => Hex(2),
                'u' => Hex(4),
                'U' => Hex(8),
                >= '0' and <= '7' => OctalFrom(--_at),
                _ => -1,
            };
            if (c is 'u' or 'U' && Rune.IsValid((int)number) && number <= int.MaxValue)
            {
                Span<byte> utf8 = stackalloc byte[4];
                into.Write(utf8[..new Rune((int)number).EncodeToUtf8(utf8)]);
            }
            else if (c is not ('u' or 'U') && number is >= 0 and <= 0xFF)
            {
                into.Write([(byte)number]);
            }
            else
            {
                Error = At(start, "an escape must be one of \\a \\b \\f \\n \\r \\t \\v \\\\ \\\" \\ooo \\xhh \\uhhhh \\Uhhhhhhhh");
            }
        }

        private long OctalFrom(int at)
        {
            var value = 0L;
            for (var i = 0; i < 3; i++)
            {
                if (at + i >= text.Length || text[at + i] is not (>= '0' and <= '7'))
                {
                    return -1;
                }

                value = (value * 8) + (text[at + i] - '0');
            }

            _at = at + 3;
            return value;
        }

        private long Hex(int digits)
        {
            if (_at + digits > text.Length
                || !long.TryParse(text.AsSpan(_at, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                return -1;
            }

            _at += digits;
            return value;
        }

        private void Blanks()
        {
            while (_at < text.Length && char.IsWhiteSpace(text[_at]))
            {
                _at++;
            }
        }

        /// <summary>Steps over blanks and the character, if it is next.</summary>
        private bool Skip(char c)
        {
            Blanks();
            if (_at < text.Length && text[_at] == c)
            {
                _at++;
                return true;
            }

            return false;
        }

        private void Expected(string what) =>
            Error ??= At(_at, $"expected {what}, found {(_at < text.Length ? $"'{text[_at]}'" : "the end")}");

        private readonly Error At(int index, string what) => Tocsin.Error.Invalid("match", $"Position {index + 1} of '{text}': {what}.");
    }
}
