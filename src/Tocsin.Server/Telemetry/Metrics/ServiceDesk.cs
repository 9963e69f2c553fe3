using Tocsin.Data;
using Tocsin.Sdk;

namespace Tocsin.Telemetry;

/// <summary>What is known of services at a glance.</summary>
internal sealed class ServiceDesk(TelemetryDatabase telemetry, MetricStore store, MetricQuery query, LogRates rates, TemplateStore templates, TimeProvider clock)
{
    /// <summary>A service that was silent for longer is not told.</summary>
    private static readonly TimeSpan _known = TimeSpan.FromDays(1);

    /// <summary>An older figure says nothing about now.</summary>
    private static readonly TimeSpan _fresh = TimeSpan.FromMinutes(15);

    /// <summary>Over so long lines are counted.</summary>
    private static readonly TimeSpan _rated = TimeSpan.FromMinutes(5);

    private static readonly string[] _names = [.. SnapshotNames.All];

    /// <summary>Services that sent something within a day, by name.</summary>
    /// <exception cref="StoreUnavailableException">The store is away.</exception>
    public async Task<IReadOnlyList<ServiceView>> ListAsync(long workspace, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (seen, gauges) = await telemetry.Database.ReadAsync(
            async session => (await store.ServicesAsync(session, workspace, now - _known), await store.GaugesAsync(session, workspace, _names, now - _fresh)), ct);
        var newest = await query.NewestAsync(workspace, gauges, now - _fresh, now + MetricIntake.MostAhead, ct);
        var figures = gauges.Zip(newest).Where(static g => g.Second is not null).ToLookup(
            static g => (g.First.Service, SnapshotNames.FieldOf(g.First.Name)!.Value),
            static g => g.Second!.Value.Value * SnapshotNames.Factor(g.First.Name, g.First.Unit));
        var lines = (await rates.ReadAsync(workspace, now - _rated, now, ct)).ToLookup(static r => r.Service);
        var heard = (await templates.ListAsync(workspace, service: null, ct)).GroupBy(static t => t.Service)
            .Select(static service => (Service: service.Key, LastAt: service.Max(static t => t.LastSeenAt))).Where(s => s.Service.Length > 0 && s.LastAt >= now - _known);
        return [.. seen.Concat(heard).GroupBy(static s => s.Service).OrderBy(static s => s.Key, StringComparer.Ordinal).Select(service =>
        {
            double? Mean(SnapshotField field) => figures[(service.Key, field)] is var values && values.Any() ? values.Average() : null;
            double PerMinute(LineLevel least) => lines[service.Key].Where(r => r.Level >= least).Sum(static r => r.Count) / _rated.TotalMinutes;
            return new ServiceView
            {
                Name = service.Key,
                LastSeenAt = service.Max(static s => s.LastAt),
                LogsPerMinute = PerMinute(LineLevel.Debug),
                ErrorsPerMinute = PerMinute(LineLevel.Error),
                CpuPercent = Mean(SnapshotField.CpuPercent),
                MemoryPercent = Mean(SnapshotField.MemoryPercent),
                LatencyMs = Mean(SnapshotField.LatencyMs),
                ErrorRate = Mean(SnapshotField.ErrorRate),
                Throughput = Mean(SnapshotField.Throughput) * figures[(service.Key, SnapshotField.Throughput)].Count(),
            };
        })];
    }
}
