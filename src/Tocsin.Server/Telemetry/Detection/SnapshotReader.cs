using System.Collections.Frozen;

namespace Tocsin.Telemetry;

/// <summary>Makes snapshots of the metrics that are figures of one, for each service, as they were at any instant of the last minutes.</summary>
internal sealed class SnapshotReader(MetricQuery metrics)
{
    /// <summary>Values older than this are no longer how things are.</summary>
    private static readonly TimeSpan _oldest = TimeSpan.FromDays(1);

    /// <summary>Holds more values than the rules look at.</summary>
    private static readonly TimeSpan _before = TimeSpan.FromHours(2);

    private static readonly TimeSpan _ahead = TimeSpan.FromMinutes(5);

    public async Task<StoredSnapshots> ReadAsync(long workspace, DateTimeOffset now, CancellationToken ct)
    {
        List<(MetricSeries, IReadOnlyList<MetricPoint>)> read = [];
        foreach (var name in await NamesAsync(workspace, ct))
        {
            var known = (await metrics.SeriesAsync(workspace, new() { Name = name }, MetricQuery.MostSeries, ct)).Where(s => s.LastAt >= now - _oldest).ToList();
            if (known.Count > 0)
            {
                var from = known.Min(s => s.LastAt < now ? s.LastAt : now) - _before;
                read.AddRange(await metrics.ReadAsync(workspace, new() { Name = name }, from, now + _ahead, MetricQuery.MostSeries, ct));
            }
        }

        return new(read, _oldest);
    }

    /// <summary>The usual spellings, and those that the workspace has.</summary>
    private async Task<IEnumerable<string>> NamesAsync(long workspace, CancellationToken ct)
    {
        var series = await metrics.SeriesAsync(workspace, new(), MetricQuery.MostSeries, ct);
        var here = series.Select(s => s.Name).Where(name => SnapshotNames.FieldOf(name) is not null);
        return (series.Count < MetricQuery.MostSeries ? here : here.Concat(SnapshotNames.All)).Distinct(StringComparer.Ordinal);
    }
}

/// <summary>Figures as they were measured.</summary>
internal sealed class StoredSnapshots(IReadOnlyList<(MetricSeries Series, IReadOnlyList<MetricPoint> Points)> read, TimeSpan oldest)
{
    /// <summary>The snapshots of all services at an instant: of each figure the newest value before or at it.</summary>
    public IReadOnlyList<ServiceSnapshot> At(DateTimeOffset instant)
    {
        var (newest, earliest) = (instant.ToUnixTimeMilliseconds() * 1000, (instant - oldest).ToUnixTimeMilliseconds() * 1000);
        Dictionary<(string Service, SnapshotField Field), (long At, double Value, IReadOnlyList<double> Before)> figures = [];
        foreach (var (series, points) in read)
        {
            var field = SnapshotNames.FieldOf(series.Name)!.Value;
            var factor = SnapshotNames.Factor(series.Name, series.Unit);
            MetricPoint[] known = [.. points.Where(p => p.AtMicros <= newest + 999 && p.AtMicros > earliest)];

            // Two metrics of a service may be the same figure; the one that was measured last is how it is now.
            if (known.Length > 0 && (!figures.TryGetValue((series.Service, field), out var other) || other.At < known[^1].AtMicros))
            {
                figures[(series.Service, field)] = (known[^1].AtMicros, known[^1].Value * factor, [.. known[..^1].TakeLast(AnomalyRules.DeviationOf).Select(p => p.Value * factor)]);
            }
        }

        return
        [
            .. figures.GroupBy(f => f.Key.Service, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new ServiceSnapshot(g.Key)
            {
                Values = g.ToFrozenDictionary(f => f.Key.Field, f => f.Value.Value),
                Before = g.ToFrozenDictionary(f => f.Key.Field, f => f.Value.Before),
            }),
        ];
    }
}
