using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Tocsin.Data;

/// <summary>
/// Texts of other systems can hold what a database refuses: U+0000, and halves of surrogate pairs. Either becomes U+FFFD, on both
/// engines alike, so that one odd character never keeps an alert out.
/// </summary>
internal static class StorableText
{
    private static readonly SearchValues<char> _suspects = SearchValues.Create(['\0', .. Enumerable.Range(0xD800, 0x800).Select(c => (char)c)]);

    [return: NotNullIfNotNull(nameof(text))]
    public static string? Of(string? text)
    {
        if (text is null || !text.AsSpan().ContainsAny(_suspects))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            // The enumeration itself replaces lone halves.
            clean.Append((rune.Value == 0 ? Rune.ReplacementChar : rune).ToString());
        }

        return clean.ToString();
    }
}
