using System.Globalization;
using System.Text;

namespace Tocsin.Issues;

/// <summary>
/// Texts of others as Markdown that shows them and does nothing: no markup, no HTML, nobody is mentioned, no other issue is referred to,
/// and no secret is told.
/// </summary>
public static class IssueMarkdown
{
    private const int MostText = 4_000;

    /// <summary>Between a sign and what it would work on; nobody sees it.</summary>
    private const char Break = '\u200B';

    private static readonly string[] _referring = ["/issues/", "/pull/", "/commit/", "/discussions/"];

    /// <summary>On one line and not as Markdown: for titles.</summary>
    public static string Plain(string text) => Broken(OneLine(Prepared(text)), null);

    /// <summary>On one line.</summary>
    public static string Line(string text) => Escaped(OneLine(Prepared(text)));

    /// <summary>Over several lines, inside a list item.</summary>
    public static string Block(string text) =>
        string.Join("\n  ", Prepared(text).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select((line, i) => i == 0 ? Escaped(line) : AtStart(Escaped(line))));

    /// <summary>An address that GitHub makes a link of by itself; null for none, and for what is no http or https address.</summary>
    public static string? Url(string? url)
    {
        if (url is null || !(url.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || url.StartsWith("https://", StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        var safe = new StringBuilder(url.Length);
        foreach (var rune in SecretText.Redact(url.Trim()).EnumerateRunes())
        {
            if (rune.Value <= ' ' || rune.Value == 0x7F || Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.Control or UnicodeCategory.SpaceSeparator || "<>\"`\\|*[]{}^".Contains((char)Math.Min(rune.Value, char.MaxValue)))
            {
                foreach (var part in Encoding.UTF8.GetBytes(rune.ToString()))
                {
                    safe.Append(CultureInfo.InvariantCulture, $"%{part:X2}");
                }
            }
            else
            {
                safe.Append(rune);
            }
        }

        return IsReferring(safe.ToString()) ? $"`{safe}`" : safe.ToString();
    }

    /// <summary>At most so many UTF-16 units, the last an ellipsis if something was cut off; no pair of surrogates is cut.</summary>
    public static string Cut(string text, int most)
    {
        if (text.Length <= most)
        {
            return text;
        }

        var end = most - 1;
        return $"{text[..(char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)]}…";
    }

    private static string Prepared(string text) => Clean(SecretText.Redact(Cut(text, MostText)));

    /// <summary>Without characters that cannot be seen, or turn the direction of what follows; line ends stay, as line feeds.</summary>
    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.ReplaceLineEndings("\n").EnumerateRunes())
        {
            if (rune.Value == '\n')
            {
                clean.Append('\n');
            }
            else if (rune.Value == '\t' || Rune.GetUnicodeCategory(rune) is UnicodeCategory.SpaceSeparator)
            {
                clean.Append(' ');
            }
            else if (Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator))
            {
                clean.Append(rune);
            }
        }

        return clean.ToString();
    }

    private static string OneLine(string text) => string.Join(' ', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Addresses of other issues become code, which refers to nothing; all else is escaped sign by sign.</summary>
    private static string Escaped(string line)
    {
        var signs = IsLink(line) ? "\\`*~|$[]" : "\\`*~|$";
        return string.Join(' ', line.Split(' ').Select(word => word.Contains("://", StringComparison.Ordinal) && IsReferring(word) ? $"`{word.Replace('`', '\'')}`" : Broken(word, signs)));
    }

    private static bool IsReferring(string url) => _referring.Any(part => url.Contains(part, StringComparison.OrdinalIgnoreCase));

    /// <param name="signs">Those that mean something in this Markdown; null: it is none.</param>
    private static string Broken(string text, string? signs)
    {
        var safe = new StringBuilder(text.Length + 16);
        for (var i = 0; i < text.Length; i++)
        {
            var (c, before, after) = (text[i], i > 0 ? text[i - 1] : ' ', i + 1 < text.Length ? text[i + 1] : ' ');
            if (signs is not null)
            {
                Escape(safe, signs, c, before, after);
            }
            else
            {
                safe.Append(c);
            }

            var refers = (c == '@' && char.IsAsciiLetterOrDigit(after) && !IsWord(before))
                || (c == '#' && char.IsAsciiDigit(after))
                || (c == '-' && char.IsAsciiDigit(after) && i >= 2 && before is 'H' or 'h' && text[i - 2] is 'G' or 'g' && (i == 2 || !IsWord(text[i - 3])));
            if (refers)
            {
                safe.Append(Break);
            }
        }

        return safe.ToString();
    }

    private static void Escape(StringBuilder safe, string signs, char c, char before, char after)
    {
        switch (c)
        {
            case '<':
                safe.Append("&lt;");
                break;
            case '>':
                safe.Append("&gt;");
                break;
            case '&' when after == '#' || char.IsAsciiLetter(after):
                safe.Append("&amp;");
                break;
            case '_' when !(char.IsLetterOrDigit(before) && char.IsLetterOrDigit(after)):
            case var sign when signs.Contains(sign):
                safe.Append('\\').Append(c);
                break;
            default:
                safe.Append(c);
                break;
        }
    }

    /// <summary>Brackets alone are only brackets.</summary>
    private static bool IsLink(string text) =>
        text.Contains("](", StringComparison.Ordinal) || text.Contains("][", StringComparison.Ordinal) || text.Contains("]:", StringComparison.Ordinal) || text.Contains("[^", StringComparison.Ordinal);

    /// <summary>What would begin a list, a heading or a rule at the start of a line.</summary>
    private static string AtStart(string line)
    {
        var digits = line.AsSpan().IndexOfAnyExceptInRange('0', '9');
        return line[0] is '-' or '+' or '#' or '=' ? $"\\{line}"
            : digits > 0 && line[digits] is '.' or ')' ? line.Insert(digits, "\\")
            : line;
    }

    private static bool IsWord(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';
}
