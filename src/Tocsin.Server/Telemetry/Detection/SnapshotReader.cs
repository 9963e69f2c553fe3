using System.Collections.Frozen;
using Values = (Tocsin.Telemetry.MetricSeries Series, System.Collections.Generic.IReadOnlyList<Tocsin.Telemetry.MetricPoint> Points);

namespace Tocsin.Telemetry;

/// <summary>Makes snapshots of the metrics that are figures of one, for each service, as they were at any instant of the last minutes.</summary>
internal sealed class SnapshotReader(MetricQuery metrics)
{
    /// <summary>Values older than this are no longer how things are.</summary>
    private static readonly TimeSpan _oldest = TimeSpan.FromDays(1);

    /// <summary>Holds more values than the rules look at.</summary>
    private static readonly TimeSpan _before = TimeSpan.FromHours(2);

    private static readonly TimeSpan _ahead = TimeSpan.FromMinutes(5);

    /// <summary>Of what is measured each few seconds this holds enough.</summary>
    private static readonly TimeSpan _dense = TimeSpan.FromMinutes(15);

    public async Task<StoredSnapshots> ReadAsync(long workspace, DateTimeOffset now, CancellationToken ct)
    {
        List<Values> read = [];
        foreach (var name in await NamesAsync(workspace, ct))
        {
            var known = (await metrics.SeriesAsync(workspace, new() { Name = name }, MetricQuery.MostSeries, ct)).Where(s => s.LastAt >= now - _oldest).ToList();
            if (known.Count > 0)
            {
                read.AddRange(await ReadAsync(workspace, name, known, now, ct));
            }
        }

        return new(read, _oldest);
    }

    /// <summary>
    /// Reads no more than the rules look at: one query gives only so many samples, the oldest first, and one series that is silent since yesterday must not push the newest
    /// of all others out of it.
    /// </summary>
    private async Task<List<Values>> ReadAsync(long workspace, string name, List<MetricSeries> known, DateTimeOffset now, CancellationToken ct)
    {
        var newest = await metrics.ReadAsync(workspace, new() { Name = name }, now - _dense, now + _ahead, MetricQuery.MostSeries, ct);
        var read = newest.Where(r => r.Points.Count > AnomalyRules.DeviationOf).ToList();
        var enough = read.Select(r => r.Series.Id).ToHashSet();
        var seldom = known.Where(s => !enough.Contains(s.Id)).ToLookup(s => s.LastAt >= now - _dense);
        if (seldom[true].Any())
        {
            var all = newest.Sum(r => (long)r.Points.Count) * ((_before + _dense) / _dense);
            read.AddRange(all <= MetricQuery.MostPoints / 2
                ? await OnlyAsync(workspace, new() { Name = name }, seldom[true], now - _before - _dense, now + _ahead, ct)
                : await OfServicesAsync(workspace, name, seldom[true], now, ct));
        }

        read.AddRange(await OfServicesAsync(workspace, name, seldom[false], now, ct));
        return read;
    }

    private async Task<List<Values>> OfServicesAsync(long workspace, string name, IEnumerable<MetricSeries> series, DateTimeOffset now, CancellationToken ct)
    {
        List<Values> read = [];
        foreach (var service in series.GroupBy(s => s.Service, StringComparer.Ordinal))
        {
            var (first, last) = (service.Min(s => s.LastAt), service.Max(s => s.LastAt));
            read.AddRange(await OnlyAsync(
                workspace, new() { Name = name, Service = service.Key }, service, (first < now ? first : now) - _before, (last < now ? last : now + _ahead).AddMilliseconds(1), ct));
        }

        return read;
    }

    private async Task<IEnumerable<Values>> OnlyAsync(
        long workspace, SeriesFilter filter, IEnumerable<MetricSeries> series, DateTimeOffset from, DateTimeOffset to, CancellationToken ct)
    {
        var wanted = series.Select(s => s.Id).ToHashSet();
        return (await metrics.ReadAsync(workspace, filter, from, to, MetricQuery.MostSeries, ct)).Where(r => wanted.Contains(r.Series.Id));
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
internal sealed class StoredSnapshots(IReadOnlyList<Values> read, TimeSpan oldest)
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
