namespace Tocsin.Estate;

/// <summary>"Did you mean": the known name that a wrong one is most likely a slip of.</summary>
public static class NearestName
{
    /// <summary>Longer texts are no slips of a name; comparing them would only cost time.</summary>
    private const int MaxLength = 100;

    /// <returns>
    /// The closest of <paramref name="known"/> by edits (a swap of neighbours is one edit), ignoring case; null when none is within a
    /// third of the text's length, but at least one edit. Of equally close ones the first in ordinal order.
    /// </returns>
    public static string? Find(string text, IEnumerable<string> known)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return null;
        }

        var allowed = Math.Max(1, text.Length / 3);
        return known
            .Where(name => name.Length is > 0 and <= MaxLength && Math.Abs(name.Length - text.Length) <= allowed)
            .Select(name => (Name: name, Edits: Edits(text.ToLowerInvariant(), name.ToLowerInvariant())))
            .Where(candidate => candidate.Edits <= allowed)
            .OrderBy(candidate => candidate.Edits)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Select(candidate => candidate.Name)
            .FirstOrDefault();
    }

    private static int Edits(string a, string b)
    {
        var (before, last, row) = (new int[b.Length + 1], new int[b.Length + 1], new int[b.Length + 1]);
        for (var j = 0; j <= b.Length; j++)
        {
            last[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                row[j] = Math.Min(Math.Min(row[j - 1] + 1, last[j] + 1), last[j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            (before, last, row) = (last, row, before);
        }

        return last[b.Length];
    }
}
