using System.Buffers;
using System.Text;
using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>
/// Makes a text fit into <see cref="TelemetryLimits"/> and into a database: cut with a mark, never within a character; U+0000 and lone halves of
/// surrogate pairs become U+FFFD.
/// </summary>
internal static class FittedText
{
    public const string CutMark = "… (cut)";

    private static readonly SearchValues<char> _suspects = SearchValues.Create(['\0', .. Enumerable.Range(0xD800, 0x800).Select(c => (char)c)]);

    public static string Message(ReadOnlySpan<char> text) => Fit(text, TelemetryLimits.Message);

    public static string Name(ReadOnlySpan<char> text) => Fit(text.Trim(), TelemetryLimits.Name);

    public static string Fit(ReadOnlySpan<char> text, int limit)
    {
        if (text.Length > limit)
        {
            var kept = text[..(limit - CutMark.Length)];
            kept = char.IsHighSurrogate(kept[^1]) ? kept[..^1] : kept;
            return kept.ContainsAny(_suspects) ? Clean(kept) + CutMark : $"{kept}{CutMark}";
        }

        return text.IsEmpty ? "" : text.ContainsAny(_suspects) ? Clean(text) : text.ToString();
    }

    private static string Clean(ReadOnlySpan<char> text)
    {
        var clean = new StringBuilder(text.Length);
        Span<char> two = stackalloc char[2];
        foreach (var rune in text.EnumerateRunes())
        {
            // The enumeration itself replaces lone halves.
            clean.Append(two[..(rune.Value == 0 ? Rune.ReplacementChar : rune).EncodeToUtf16(two)]);
        }

        return clean.ToString();
    }
}

/// <summary>
/// Keeps the names of a request, which hardly ever differ: a thousand lines of one service hold one string. A name that is not found is made anew,
/// so that a flood of different ones costs no more than without.
/// </summary>
internal sealed class NamePool
{
    private readonly (byte[] Utf8, string Text)[] _places = new (byte[], string)[64];

    public string Of(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty)
        {
            return "";
        }

        ref var place = ref _places[Place(text.Length, text[0], text[^1], text[text.Length / 2])];
        return place.Text is { } known && text.SequenceEqual(known) ? known : (place = ([], FittedText.Name(text))).Text;
    }

    /// <param name="utf8">Valid, without escapes.</param>
    public string Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            return "";
        }

        ref var place = ref _places[Place(utf8.Length, utf8[0], utf8[^1], utf8[utf8.Length / 2])];
        return place.Utf8 is { Length: > 0 } known && utf8.SequenceEqual(known) ? place.Text : (place = (utf8.ToArray(), FittedText.Name(Encoding.UTF8.GetString(utf8)))).Text;
    }

    private static int Place(int length, int first, int last, int middle) => ((length * 31) + (first * 7) + (last * 131) + (middle * 17)) & 0x3F;
}

/// <summary>Keeps the last tags of a request: samples of one process follow each other, and have the same ones.</summary>
internal sealed class TagPool
{
    private readonly (byte[] Json, LabelSet Tags)[] _places = new (byte[], LabelSet)[8];
    private int _next;

    /// <param name="json">JSON from the beginning of an object on.</param>
    /// <returns>What that object was read as before; null: it was not, or that was long ago.</returns>
    public LabelSet? Find(ReadOnlySpan<byte> json)
    {
        foreach (var (text, tags) in _places)
        {
            // An object ends where its text ends, whatever follows.
            if (text is not null && json.StartsWith(text))
            {
                return tags;
            }
        }

        return null;
    }

    /// <param name="json">An object, whole.</param>
    public void Add(ReadOnlySpan<byte> json, LabelSet tags)
    {
        _places[_next] = (json.ToArray(), tags);
        _next = (_next + 1) % _places.Length;
    }
}
