using System.Collections;

namespace Tocsin.Alerts;

/// <summary>
/// An immutable set of labels, sorted by name (ordinal), each name once. Labels with an empty value do not exist:
/// they are left out, as in Prometheus. A missing label reads as the empty string.
/// </summary>
public sealed class LabelSet : IEquatable<LabelSet>, IReadOnlyList<KeyValuePair<string, string>>
{
    private readonly KeyValuePair<string, string>[] _pairs;
    private int _hash;

    private LabelSet(KeyValuePair<string, string>[] pairs) => _pairs = pairs;

    public static LabelSet Empty { get; } = new([]);

    /// <summary>The value of the label, or the empty string.</summary>
    public string this[string name]
    {
        get
        {
            // Label sets are small: a scan beats a hash table here.
            foreach (var (key, value) in _pairs)
            {
                if (string.Equals(key, name, StringComparison.Ordinal))
                {
                    return value;
                }
            }

            return "";
        }
    }

    public int Count => _pairs.Length;

    public KeyValuePair<string, string> this[int index] => _pairs[index];

    public ReadOnlySpan<KeyValuePair<string, string>> AsSpan() => _pairs;

    /// <summary>Builds a set. Of a repeated name the last value wins; empty values are left out.</summary>
    public static LabelSet From(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in pairs)
        {
            sorted[name] = value;
        }

        return sorted.Count == 0 ? Empty : new([.. sorted.Where(p => p.Value.Length > 0)]);
    }

    /// <summary>As <see cref="From"/> for pairs that the caller owns and no longer uses; the array may be sorted in place.</summary>
    public static LabelSet FromOwned(KeyValuePair<string, string>[] pairs)
    {
        // Most senders sort them already, and then one look at each is all it takes.
        if (!IsStrictlySorted(pairs))
        {
            var last = new Dictionary<string, string>(pairs.Length);
            foreach (var (name, value) in pairs)
            {
                last[name] = value;
            }

            pairs = last.Count == pairs.Length ? pairs : [.. last];
            Array.Sort(pairs, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        }

        if (Array.Exists(pairs, static p => p.Value.Length == 0))
        {
            pairs = Array.FindAll(pairs, static p => p.Value.Length > 0);
        }

        return pairs.Length == 0 ? Empty : new(pairs);
    }

    private static bool IsStrictlySorted(KeyValuePair<string, string>[] pairs)
    {
        for (var i = 1; i < pairs.Length; i++)
        {
            if (string.CompareOrdinal(pairs[i - 1].Key, pairs[i].Key) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    public static LabelSet Of(params (string Name, string Value)[] pairs) =>
        From(pairs.Select(p => KeyValuePair.Create(p.Name, p.Value)));

    public bool Equals(LabelSet? other)
    {
        if (other is null || other._pairs.Length != _pairs.Length)
        {
            return false;
        }

        for (var i = 0; i < _pairs.Length; i++)
        {
            if (!string.Equals(_pairs[i].Key, other._pairs[i].Key, StringComparison.Ordinal)
                || !string.Equals(_pairs[i].Value, other._pairs[i].Value, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    public override bool Equals(object? obj) => Equals(obj as LabelSet);

    public override int GetHashCode()
    {
        // The same for whoever computes it; 0 is computed each time, which is right as well.
        if (_hash == 0)
        {
            _hash = Hash();
        }

        return _hash;
    }

    private int Hash()
    {
        var hash = default(HashCode);
        foreach (var (name, value) in _pairs)
        {
            hash.Add(name, StringComparer.Ordinal);
            hash.Add(value, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => "{" + string.Join(", ", _pairs.Select(p => $"{p.Key}=\"{p.Value}\"")) + "}";

    public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => ((IEnumerable<KeyValuePair<string, string>>)_pairs).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
