namespace Tocsin.Sdk.Telemetry;

/// <summary>The tags of one series, in the order in which they came first.</summary>
internal sealed class TagSet(KeyValuePair<string, object?>[] pairs)
{
    public KeyValuePair<string, object?>[] Pairs { get; } = pairs;
}

/// <summary>Tags are the same in any order. A measurement is looked up without making anything.</summary>
internal sealed class TagSetComparer : IEqualityComparer<TagSet>, IAlternateEqualityComparer<ReadOnlySpan<KeyValuePair<string, object?>>, TagSet>
{
    public static TagSetComparer Instance { get; } = new();

    public TagSet Create(ReadOnlySpan<KeyValuePair<string, object?>> alternate) => new(alternate.ToArray());

    public bool Equals(TagSet? x, TagSet? y) => x is null ? y is null : y is not null && Equals(x.Pairs, y);

    public bool Equals(ReadOnlySpan<KeyValuePair<string, object?>> alternate, TagSet other)
    {
        if (alternate.Length != other.Pairs.Length)
        {
            return false;
        }

        foreach (var pair in alternate)
        {
            if (!Has(other.Pairs, pair))
            {
                return false;
            }
        }

        return true;
    }

    public int GetHashCode(TagSet obj) => GetHashCode(obj.Pairs);

    public int GetHashCode(ReadOnlySpan<KeyValuePair<string, object?>> alternate)
    {
        var hash = alternate.Length;
        foreach (var (name, value) in alternate)
        {
            hash += HashCode.Combine(name, value);
        }

        return hash;
    }

    private static bool Has(KeyValuePair<string, object?>[] pairs, KeyValuePair<string, object?> wanted)
    {
        foreach (var (name, value) in pairs)
        {
            if (name == wanted.Key && Equals(value, wanted.Value))
            {
                return true;
            }
        }

        return false;
    }
}
