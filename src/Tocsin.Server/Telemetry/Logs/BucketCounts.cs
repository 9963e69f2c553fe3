using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>Counts of lines by time and level. Buckets are whole minutes wide, those of more than two hours whole hours, and begin at whole multiples of their width.</summary>
internal sealed class BucketCounts
{
    private const int LeastHours = 2;

    private static readonly int _levels = Enum.GetValues<LineLevel>().Length;

    private readonly long _step;
    private readonly long _start;
    private readonly long[][] _counts;

    public BucketCounts(LogQuery query, int buckets)
    {
        var (from, to) = (query.From.ToMicros(), Math.Max(query.To.ToMicros(), query.From.ToMicros() + 1));
        var minutes = (to - from + (buckets * 60_000_000L) - 1) / (buckets * 60_000_000L);
        minutes = minutes > LeastHours * 60 ? (minutes + 59) / 60 * 60 : minutes;
        _step = minutes * 60_000_000L;
        _start = LogRates.FloorDivide(from, _step) * _step;
        _counts = new long[((to - 1 - _start) / _step) + 1][];
        Clear();
    }

    /// <summary>Each bucket is whole hours.</summary>
    public bool IsByHours => _step % 3_600_000_000 == 0;

    public void Clear()
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] = new long[_levels];
        }
    }

    /// <summary>Lines outside of the query's span don't count.</summary>
    public void Add(long atMicros, LineLevel level, long lines)
    {
        var bucket = LogRates.FloorDivide(atMicros - _start, _step);
        if (bucket >= 0 && bucket < _counts.Length)
        {
            _counts[bucket][(int)level] += lines;
        }
    }

    /// <param name="countedFrom">Only what is later was counted; null: everything was.</param>
    public LogHistogram Histogram(DateTimeOffset? countedFrom) => new(
        [.. _counts.Select((counts, i) => new LogBucket(Instants.FromMicros(_start + (i * _step)), counts))], TimeSpan.FromMicroseconds(_step), countedFrom);
}
