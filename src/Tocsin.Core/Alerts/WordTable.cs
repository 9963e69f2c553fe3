using System.Collections.Frozen;

namespace Tocsin.Alerts;

/// <summary>A look-up without regard to case from the words of senders to ours.</summary>
internal static class WordTable
{
    /// <param name="rows">Our meaning, and the words for it, divided by single blanks.</param>
    public static FrozenDictionary<string, T> Of<T>(params ReadOnlySpan<(T Meaning, string Words)> rows)
    {
        var words = new Dictionary<string, T>(StringComparer.OrdinalIgnoreCase);
        foreach (var (meaning, row) in rows)
        {
            foreach (var word in row.Split(' '))
            {
                words.Add(word, meaning);
            }
        }

        return words.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }
}
