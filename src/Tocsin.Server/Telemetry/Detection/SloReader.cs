namespace Tocsin.Telemetry;

/// <summary>Good and bad events of an objective by pieces of five minutes. The past of each objective is read once, then only what is new.</summary>
internal sealed class SloReader(LogSearch logs, MetricQuery metrics)
{
    private const int Piece = 5;
    private const int Late = 3;

    private static readonly TimeSpan _step = TimeSpan.FromMinutes(Piece);

    private readonly Dictionary<(long Workspace, DetectorRule Slo), Dictionary<long, SloEvents>> _kept = [];

    /// <summary>Forgets workspaces that are not there any more.</summary>
    public void Keep(IReadOnlySet<long> workspaces)
    {
        foreach (var gone in _kept.Keys.Where(k => !workspaces.Contains(k.Workspace)).ToArray())
        {
            _kept.Remove(gone);
        }
    }

    /// <summary>What of the newest spans was bad, up to a whole minute.</summary>
    public async Task<Func<TimeSpan, SloEvents>> ReadAsync(long workspace, DetectorRule slo, long minute, CancellationToken ct)
    {
        var last = minute / Piece;
        var first = last - ((int)SloBurn.Longest.TotalMinutes / Piece);
        if (!_kept.TryGetValue((workspace, slo), out var pieces))
        {
            // Rules are compared by value: one that was changed has another past.
            foreach (var old in _kept.Keys.Where(k => k.Workspace == workspace && k.Slo.Name == slo.Name).ToArray())
            {
                _kept.Remove(old);
            }

            _kept[(workspace, slo)] = pieces = [];
        }

        var from = pieces.Count == 0 ? first : Math.Max(first, Math.Min(last, pieces.Keys.Max()) - Late);
        await ReadAsync(workspace, slo, from, last + 1, pieces, ct);
        foreach (var old in pieces.Keys.Where(p => p < first).ToArray())
        {
            pieces.Remove(old);
        }

        return Over(pieces, last);
    }

    /// <summary>The pieces of a span, for a look back.</summary>
    /// <param name="from">The first minute; to: the one after the last.</param>
    public async Task<Dictionary<long, SloEvents>> ReadSpanAsync(long workspace, DetectorRule slo, long from, long to, CancellationToken ct)
    {
        Dictionary<long, SloEvents> pieces = [];
        var most = (int)SloBurn.Longest.TotalMinutes / Piece;
        for (var piece = (from / Piece) - most; piece < to / Piece; piece += most)
        {
            await ReadAsync(workspace, slo, piece, Math.Min(to / Piece, piece + most), pieces, ct);
        }

        return pieces;
    }

    public static Func<TimeSpan, SloEvents> Over(Dictionary<long, SloEvents> pieces, long last) => span =>
    {
        var sum = default(SloEvents);
        for (var piece = last - Math.Max(1, (long)span.TotalMinutes / Piece) + 1; piece <= last; piece++)
        {
            sum += pieces.GetValueOrDefault(piece);
        }

        return sum;
    };

    private async Task ReadAsync(long workspace, DetectorRule slo, long first, long end, Dictionary<long, SloEvents> pieces, CancellationToken ct)
    {
        var (from, to) = (Minutes.At(first * Piece), Minutes.At(end * Piece));
        for (var piece = first; piece < end; piece++)
        {
            pieces.Remove(piece);
        }

        if (slo.Measure is { Bad: { } bad, Total: { } total })
        {
            await CountAsync(workspace, slo.Service!, bad, from, to, (piece, events) => pieces[piece] = pieces.GetValueOrDefault(piece) + new SloEvents(events, 0), ct);
            await CountAsync(workspace, slo.Service!, total, from, to, (piece, events) => pieces[piece] = pieces.GetValueOrDefault(piece) + new SloEvents(0, events), ct);
        }
        else if (slo.Measure.Bad is not null)
        {
            await ShareAsync(workspace, slo.Service!, from, to, pieces, ct);
        }
        else
        {
            var histogram = await logs.HistogramAsync(workspace, new() { From = from, To = to, Service = slo.Service }, (int)(end - first), ct);
            foreach (var bucket in histogram.Buckets)
            {
                var piece = Minutes.Of(bucket.At) / Piece;
                pieces[piece] = pieces.GetValueOrDefault(piece) + new SloEvents(bucket.Counts[(int)LineLevel.Error] + bucket.Counts[(int)LineLevel.Critical], bucket.Total);
            }
        }
    }

    private async Task CountAsync(long workspace, string service, string name, DateTimeOffset from, DateTimeOffset to, Action<long, double> add, CancellationToken ct)
    {
        foreach (var (_, points) in await metrics.RangeAsync(workspace, new() { Name = name, Service = service }, from, to, _step, Aggregation.Rate, MetricQuery.MostSeries, ct))
        {
            foreach (var point in points)
            {
                add(point.AtMicros / 60_000_000 / Piece, point.Value * _step.TotalSeconds);
            }
        }
    }

    /// <summary>A share of each piece counts as so many bad ones of its minutes.</summary>
    private async Task ShareAsync(long workspace, string service, DateTimeOffset from, DateTimeOffset to, Dictionary<long, SloEvents> pieces, CancellationToken ct)
    {
        var here = (await metrics.SeriesAsync(workspace, new() { Service = service }, MetricQuery.MostSeries, ct)).Select(s => s.Name);
        foreach (var name in here.Concat(SnapshotNames.All).Where(n => SnapshotNames.FieldOf(n) == SnapshotField.ErrorRate).Distinct(StringComparer.Ordinal))
        {
            foreach (var (series, points) in await metrics.RangeAsync(workspace, new() { Name = name, Service = service }, from, to, _step, Aggregation.Avg, MetricQuery.MostSeries, ct))
            {
                var factor = SnapshotNames.Factor(series.Name, series.Unit);
                foreach (var point in points)
                {
                    var piece = point.AtMicros / 60_000_000 / Piece;
                    pieces[piece] = pieces.GetValueOrDefault(piece) + new SloEvents(Math.Clamp(point.Value * factor, 0, 1) * Piece, Piece);
                }
            }
        }
    }
}
