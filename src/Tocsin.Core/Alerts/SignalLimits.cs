using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Alerts;

/// <summary>What a canonical event may hold at most, and how an adapter makes what it received fit. Nothing here throws or refuses.</summary>
public static class SignalLimits
{
    /// <summary>In UTF-16 units, as are the limits of keys and titles.</summary>
    public const int DedupKeyLength = 255;

    public const int TitleLength = 250;

    /// <summary>In UTF-8 bytes.</summary>
    public const int DescriptionBytes = 16 * 1024;

    public const int LabelCount = 64;

    /// <summary>Of one name or one value, in UTF-8 bytes.</summary>
    public const int LabelBytes = 2 * 1024;

    /// <summary>A key that is too long keeps its first 190 characters, so that people still recognise it, then a colon and the SHA-256 of the whole.</summary>
    public static string DedupKey(string key) =>
        key.Length <= DedupKeyLength
            ? key
            : $"{Whole(key.AsSpan(0, 190))}:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";

    /// <summary>On one line: each run of blanks, line ends and control characters becomes one blank; what is too long ends in an ellipsis.</summary>
    public static string Title(string text)
    {
        if (text.Length <= TitleLength && IsOneCleanLine(text))
        {
            return text;
        }

        var line = new StringBuilder(Math.Min(text.Length, TitleLength + 1));
        var gap = false;
        foreach (var c in text)
        {
            if (IsBlank(c))
            {
                gap = line.Length > 0;
                continue;
            }

            if (gap)
            {
                line.Append(' ');
                gap = false;
            }

            line.Append(c);
            if (line.Length > TitleLength)
            {
                return $"{Whole(line.ToString().AsSpan(0, TitleLength - 1)).TrimEnd()}…";
            }
        }

        return line.ToString();
    }

    /// <summary>Null for a missing or blank text; one that is too long is cut, which a warning says.</summary>
    public static string? Description(string? text, ref Warnings warnings)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        if (Fits(text, DescriptionBytes))
        {
            return text;
        }

        warnings.Add("The description was longer than 16 KiB and was cut.");
        return Cut(text, DescriptionBytes).ToString();
    }

    /// <summary>Verbatim, but not beyond the length of a label; null for a missing or blank one.</summary>
    public static string? SenderFingerprint(string? text) =>
        string.IsNullOrWhiteSpace(text) ? null
        : Fits(text, LabelBytes) ? text
        : Cut(text, LabelBytes).ToString();

    /// <summary>
    /// At most 64 labels of at most 2 KiB. Beyond that the labels that routing and paging read are kept, then the first by name. An alert's identity
    /// is to be taken before this.
    /// </summary>
    public static LabelSet Labels(LabelSet labels, ref Warnings warnings) => Fit(labels, LabelBytes, "labels", ref warnings);

    /// <summary>At most 64 annotations; a value may be as long as a description.</summary>
    public static LabelSet Annotations(LabelSet annotations, ref Warnings warnings) =>
        Fit(annotations, DescriptionBytes, "annotations", ref warnings);

    private static LabelSet Fit(LabelSet labels, int maxBytes, string what, ref Warnings warnings)
    {
        var tooLong = false;
        foreach (var (name, value) in labels.AsSpan())
        {
            tooLong |= !Fits(value, maxBytes) || !Fits(name, LabelBytes);
        }

        if (labels.Count <= LabelCount && !tooLong)
        {
            return labels;
        }

        IEnumerable<KeyValuePair<string, string>> kept = labels;
        if (labels.Count > LabelCount)
        {
            warnings.Add($"{labels.Count} {what} were sent; {LabelCount} were kept.");
            kept = labels.OrderBy(p => LabelHints.Reads(p.Key) ? 0 : 1).Take(LabelCount);
        }

        if (tooLong)
        {
            warnings.Add($"Some {what} were longer than {maxBytes / 1024} KiB and were cut.");
            kept = kept.Select(p => KeyValuePair.Create(Cut(p.Key, LabelBytes).ToString(), Cut(p.Value, maxBytes).ToString()));
        }

        return LabelSet.From(kept);
    }

    private static bool Fits(string text, int bytes) => text.Length <= bytes / 3 || Encoding.UTF8.GetByteCount(text) <= bytes;

    private static ReadOnlySpan<char> Cut(string text, int bytes)
    {
        if (Fits(text, bytes))
        {
            return text;
        }

        var (used, at) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            used += rune.Utf8SequenceLength;
            if (used > bytes)
            {
                break;
            }

            at += rune.Utf16SequenceLength;
        }

        return text.AsSpan(0, at);
    }

    /// <summary>Without half a character at the end.</summary>
    private static ReadOnlySpan<char> Whole(ReadOnlySpan<char> text) => char.IsHighSurrogate(text[^1]) ? text[..^1] : text;

    private static bool IsOneCleanLine(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            // A single blank inside is fine; anything else that is blank is not.
            if (IsBlank(text[i]) && (text[i] != ' ' || i == 0 || i == text.Length - 1 || text[i + 1] == ' '))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsBlank(char c) => c <= ' ' || (c >= '\u007F' && (char.IsControl(c) || char.IsWhiteSpace(c)));
}
