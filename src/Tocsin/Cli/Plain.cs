using System.Text;

namespace Tocsin.Cli;

/// <summary>
/// Makes text from outside safe for a terminal. An alert's title can hold whatever its sender likes, and a terminal obeys
/// escape sequences: they could rewrite the screen, the window's title or the clipboard.
/// </summary>
internal static class Plain
{
    private const char Escape = '\u001b';
    private const char Bell = '\u0007';
    private const char StringTerminator = '\u009c';

    /// <summary>One line: line breaks and tabs become blanks, escape sequences and control characters vanish.</summary>
    public static string Line(string? text) => Clean(text, keepLines: false);

    /// <summary>Several lines: line feeds and tabs stay.</summary>
    public static string Block(string? text) => Clean(text, keepLines: true);

    private static string Clean(string? text, bool keepLines)
    {
        if (text is null || !text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            return text ?? "";
        }

        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            switch (c)
            {
                case Escape:
                    i = AfterEscape(text, i);
                    break;
                case '\u009b':
                    i = AfterControlSequence(text, i);
                    break;
                case '\u0090' or '\u0098' or '\u009d' or '\u009e' or '\u009f':
                    i = AfterControlString(text, i, i);
                    break;
                case '\n' or '\t' when keepLines:
                    clean.Append(c);
                    break;
                case '\n' or '\t':
                    clean.Append(' ');
                    break;
                default:
                    if (!char.IsControl(c) && !ReordersText(c))
                    {
                        clean.Append(c);
                    }

                    break;
            }
        }

        return clean.ToString();
    }

    /// <summary>Marks that show text in another order than it is stored: "resolved" could be made of anything.</summary>
    private static bool ReordersText(char c) => c is '\u061c' or (>= '\u200e' and <= '\u200f') or (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    /// <returns>The index of the last character that belongs to the sequence which begins at <paramref name="start"/>.</returns>
    private static int AfterEscape(string text, int start)
    {
        if (start + 1 == text.Length)
        {
            return start;
        }

        return text[start + 1] switch
        {
            '[' => AfterControlSequence(text, start + 1),
            ']' or 'P' or 'X' or '^' or '_' => AfterControlString(text, start, start + 1),
            >= ' ' and <= '~' => start + 1,
            _ => start,
        };
    }

    /// <summary>Parameters and intermediates, then one final byte.</summary>
    private static int AfterControlSequence(string text, int opener)
    {
        var i = opener + 1;
        while (i < text.Length && text[i] is >= ' ' and <= '?')
        {
            i++;
        }

        return i < text.Length && text[i] is >= '@' and <= '~' ? i : i - 1;
    }

    /// <summary>Up to its terminator. Without one only the opener goes: what follows may be all that there is to read.</summary>
    private static int AfterControlString(string text, int start, int opener)
    {
        for (var i = opener + 1; i < text.Length; i++)
        {
            if (text[i] is Bell or StringTerminator)
            {
                return i;
            }

            if (text[i] == Escape)
            {
                return i + 1 < text.Length && text[i + 1] == '\\' ? i + 1 : i - 1;
            }

            if (text[i] == '\n')
            {
                break;
            }
        }

        return start == opener ? start : opener;
    }
}
