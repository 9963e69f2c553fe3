using System.Globalization;
using System.Text;

namespace Tocsin.Telemetry;

/// <summary>Makes what a model wrote fit to be shown and stored: nothing invisible that reorders or hides, and bounded.</summary>
internal static class ModelText
{
    private const int MostOfBlock = 2_000;

    /// <summary>On one line.</summary>
    public static string Line(string text, int most) => Cut(Clean(text, keepsLines: false), most);

    /// <summary>With its line breaks, at most 2 000 characters.</summary>
    public static string Block(string text) => Cut(Clean(text, keepsLines: true), MostOfBlock);

    /// <summary>At most so many characters, with the sign of the cut, and no half of one.</summary>
    public static string Cut(string text, int most)
    {
        if (text.Length <= most)
        {
            return text;
        }

        var end = char.IsHighSurrogate(text[most - 2]) ? most - 2 : most - 1;
        return $"{text.AsSpan(0, end).TrimEnd()}…";
    }

    private static string Clean(string text, bool keepsLines)
    {
        var clean = new StringBuilder(text.Length);
        var blank = false;
        foreach (var rune in text.EnumerateRunes())
        {
            if (keepsLines && rune.Value == '\n')
            {
                clean.Append('\n');
                blank = false;
            }
            else if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune))
            {
                blank = true;
            }
            else if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.Format)
            {
                clean.Append(blank && clean.Length > 0 && clean[^1] != '\n' ? " " : "").Append(rune.ToString());
                blank = false;
            }
        }

        return clean.ToString().Trim('\n');
    }
}
