using System.Diagnostics.CodeAnalysis;

namespace Tocsin.Estate;

/// <summary>Where something was written. Line and column count from 1; line 0: it was not read from a text. File: empty for a text that is no file.</summary>
internal readonly record struct Mark(string File, int Line, int Column)
{
    public static Mark None { get; } = new("", 0, 0);

    /// <summary>As it is kept with a stored object: <c>routes/payments.yaml:12</c>; null when it was not read from a file.</summary>
    public string? Origin => File.Length == 0 || Line == 0 ? null : $"{File}:{Line}";
}

/// <summary>
/// A neutral tree, read from YAML or from stored JSON and written back as either. What was null in the text is not there at all.
/// </summary>
internal abstract class EstateNode(Mark mark)
{
    public Mark Mark { get; } = mark;

    /// <summary>The same content: marks, the order of keys and the way a scalar was quoted do not count.</summary>
    public static bool Same(EstateNode? a, EstateNode? b) => (a, b) switch
    {
        (null, null) => true,
        (EstateScalar x, EstateScalar y) => x.Written == y.Written,
        (EstateList x, EstateList y) => x.Items.Count == y.Items.Count && x.Items.Zip(y.Items).All(pair => Same(pair.First, pair.Second)),
        (EstateMap x, EstateMap y) => x.Entries.Count == y.Entries.Count && x.Entries.All(e => Same(e.Value, y.Find(e.Key))),
        _ => false,
    };
}

/// <summary>One value as text.</summary>
/// <param name="text">The value, references filled in.</param>
/// <param name="isLiteral">It was written as a bare number or true or false, and is written so again.</param>
/// <param name="written">The text with its references, if it had any.</param>
internal sealed class EstateScalar(string text, Mark mark, bool isLiteral = false, string? written = null) : EstateNode(mark)
{
    /// <summary>Why its references could not be filled in; nothing else can be said about such a value. Null: they could.</summary>
    public string? Unfilled { get; init; }

    /// <summary>It stands for a secret that only the server knows which it was exported from; <see cref="Text"/> is a stand-in that no other value has.</summary>
    public bool IsStandIn { get; init; }

    public string Text { get; } = text;

    public bool IsLiteral { get; } = isLiteral;

    /// <summary>What stands in the file and in the database; the only form that may be shown.</summary>
    public string Written { get; } = written ?? text;

    public bool HasReferences => written is not null;

    /// <summary>
    /// Where the first character is that no text may have: control characters but tab and line ends (they hide from a reader, and not
    /// every database keeps them), and halves of a surrogate pair. -1: nowhere.
    /// </summary>
    public static int FirstBadCharacter(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogatePair(text, i))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]) || (char.IsControl(text[i]) && text[i] is not ('\t' or '\n' or '\r')))
            {
                return i;
            }
        }

        return -1;
    }
}

internal sealed class EstateList(IReadOnlyList<EstateNode> items, Mark mark) : EstateNode(mark)
{
    public IReadOnlyList<EstateNode> Items { get; } = items;
}

internal sealed record EstateEntry(string Key, Mark Mark, EstateNode Value);

/// <summary>Keys in the order in which they were written, each once.</summary>
internal sealed class EstateMap(IReadOnlyList<EstateEntry> entries, Mark mark) : EstateNode(mark)
{
    public IReadOnlyList<EstateEntry> Entries { get; } = entries;

    public EstateNode? Find(string key) => Entries.FirstOrDefault(e => e.Key == key)?.Value;

    public bool TryText(string key, [NotNullWhen(true)] out string? text)
    {
        text = (Find(key) as EstateScalar)?.Text;
        return text is not null;
    }

    /// <summary>The same map with one value put in place of another; a key that is not there yet goes last.</summary>
    public EstateMap With(string key, EstateNode value) => new(
        Entries.Any(e => e.Key == key)
            ? [.. Entries.Select(e => e.Key == key ? e with { Value = value } : e)]
            : [.. Entries, new EstateEntry(key, value.Mark, value)],
        Mark);
}
