namespace Tocsin.Telemetry;

/// <summary>An entry of a request that was left out, while those beside it were taken.</summary>
/// <param name="Index">Its place in the request, from 0.</param>
/// <param name="Field">The member at fault; empty: the entry as a whole.</param>
/// <param name="Message">One sentence for the sender.</param>
public sealed record RejectedEntry(int Index, string Field, string Message);

/// <summary>What one request held: the good entries in its order, and the others with what is wrong with each.</summary>
public sealed class ReadBatch<T>
{
    /// <summary>So many bad entries are named; more are only counted.</summary>
    public const int MostNamed = 100;

    private readonly List<RejectedEntry> _rejected = [];
    private readonly List<int> _bad = [];

    public IReadOnlyList<T> Good => Entries;

    internal List<T> Entries { get; } = [];

    /// <summary>The first of the bad entries, at most <see cref="MostNamed"/>.</summary>
    public IReadOnlyList<RejectedEntry> Rejected => _rejected;

    /// <summary>All bad entries.</summary>
    public int RejectedCount => _bad.Count;

    /// <summary>Where a good entry stood in the request, for requests whose entries become one each.</summary>
    public int PlaceOf(int good)
    {
        // Bad entries stand in order; each one before it moves it by one.
        foreach (var bad in _bad)
        {
            if (bad > good)
            {
                break;
            }

            good++;
        }

        return good;
    }

    /// <summary>The place of the next entry.</summary>
    internal int Index => Entries.Count + RejectedCount;

    internal void Reject(int index, string field, string message)
    {
        _bad.Add(index);
        if (_bad.Count <= MostNamed)
        {
            _rejected.Add(new(index, field, message));
        }
    }

    /// <summary>More than <see cref="TelemetryLimits.Batch"/> entries came.</summary>
    internal bool IsFull => Index >= TelemetryLimits.Batch;
}

/// <summary>Why a body as a whole could not be read.</summary>
public static class BatchFault
{
    public const string NotJson = "json_invalid";
    public const string Missing = "missing";
    public const string NotList = "list_type";
    public const string NotObject = "model_attributes_type";
    public const string WrongValue = "value_error";

    /// <summary>The body is too much at once, although it is small enough in bytes.</summary>
    public const string TooMany = "too_long";

    internal static Error Of(string code, string field, string detail) => new(ErrorKind.Invalid, code, detail, field);

    internal static Error TooManyEntries { get; } = Of(TooMany, "", $"One request may hold {TelemetryLimits.Batch} entries; nothing was stored. Send them in several requests.");
}
