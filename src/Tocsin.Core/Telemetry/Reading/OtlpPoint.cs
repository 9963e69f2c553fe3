using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>What data points of every kind have: when, how many, how much, and what of. Only the places of attributes and flags differ.</summary>
internal struct OtlpPoint(int attributes, int flags)
{
    private List<KeyValuePair<string, string>>? _tags;
    private ulong _time;
    private ulong _flags;

    public double Count { get; private set; }

    public double? Sum { get; private set; }

    /// <summary>It stands for a value that was not recorded.</summary>
    public readonly bool SaysNothing => (_flags & 1) != 0;

    public void Take(ref ProtoReader reader, NamePool names)
    {
        if (reader.Field == 3)
        {
            _time = reader.Number();
        }
        else if (reader.Field == flags)
        {
            _flags = reader.Number();
        }
        else if (reader.Field == attributes)
        {
            var name = OtlpValue.KeyValue(reader.Bytes(), names, out var value);
            _tags ??= [];
            if (_tags.Count < TelemetryLimits.Tags && name.Length > 0)
            {
                _tags.Add(new(name, OtlpValue.Text(value, TelemetryLimits.Name)));
            }
        }
        else if (reader.Field == 4)
        {
            Count = reader.Number();
        }
        else if (reader.Field == 5 && !reader.IsBytes)
        {
            Sum = reader.Double();
        }
    }

    public readonly DateTimeOffset At(DateTimeOffset now) => TelemetryTime.OfUnixNano(_time, now);

    /// <summary>The attributes, with which process and environment it is of, and one more.</summary>
    public readonly LabelSet Tags(OtlpResource resource, string name = "", string value = "")
    {
        List<KeyValuePair<string, string>> tags = [.. _tags ?? []];
        Add(tags, "environment", resource.Environment);
        Add(tags, "instance", resource.Instance);
        Add(tags, name, value);
        return tags.Count == 0 ? LabelSet.Empty : LabelSet.FromOwned([.. tags]);
    }

    private static void Add(List<KeyValuePair<string, string>> tags, string name, string value)
    {
        if (value.Length > 0)
        {
            tags.Add(new(name, value));
        }
    }
}

/// <summary>
/// Buckets of an exponential histogram, whose bounds are powers of a base that its scale says. They are merged until there is one for each power of
/// the square root of two, so that the series that they become are the same from point to point, whatever scale a process has come to.
/// </summary>
internal readonly record struct OtlpBuckets(int Offset, List<ulong>? Counts)
{
    public const int Most = 1024;

    /// <summary>Of what is kept: two buckets for each doubling.</summary>
    private const int KeptScale = 1;

    public ulong Sum => Counts?.Aggregate(0UL, static (sum, count) => sum + count) ?? 0;

    public static OtlpBuckets Of(ReadOnlySpan<byte> bytes)
    {
        var (offset, counts) = (0, new List<ulong>());
        for (var reader = new ProtoReader(bytes); reader.Next();)
        {
            switch (reader.Field)
            {
                case 1:
                    offset = reader.Signed();
                    break;
                case 2:
                    reader.Varints(counts);
                    break;
            }
        }

        return new(offset, counts);
    }

    /// <param name="scale">A bucket of index i holds what is above base^i, up to base^(i+1), where base is 2^(2^-scale).</param>
    /// <param name="below">How many values are at or below the threshold.</param>
    /// <param name="threshold">Up to here a value counts as zero; at least 0.</param>
    /// <returns>Each bound with all that is at or below it, increasing.</returns>
    public List<(double Bound, double Count)> Bounds(int scale, double below, double threshold)
    {
        List<(double Bound, double Count)> bounds = [];
        if (below > 0 && double.IsFinite(threshold) && threshold >= 0)
        {
            bounds.Add((threshold, below));
        }

        var merged = Math.Clamp(scale - KeptScale, 0, 40);
        var kept = Math.Clamp(scale - merged, -20, KeptScale);
        var sum = below;
        for (var i = 0; i < Counts?.Count; i++)
        {
            sum += Counts[i];
            var index = ((long)Offset + i) >> merged;
            var isLast = i + 1 == Counts.Count || (((long)Offset + i + 1) >> merged) != index;
            var bound = Math.Pow(2, (index + 1) * Math.Pow(2, -kept));
            if (isLast && double.IsFinite(bound) && bound > 0 && (bounds.Count == 0 || bound > bounds[^1].Bound))
            {
                bounds.Add((bound, sum));
            }
        }

        return bounds;
    }
}
