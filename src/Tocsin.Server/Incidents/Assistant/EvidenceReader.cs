using System.Globalization;
using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Incidents;

/// <summary>What was logged and measured around an incident.</summary>
internal sealed record IncidentEvidence(IReadOnlyList<AssistantLogLine> Logs, AssistantMetrics Metrics);

/// <summary>Reads what an incident's service logged and measured around the time when it began.</summary>
internal sealed class EvidenceReader(LogSearch search, MetricQuery metrics, TimeProvider clock)
{
    private const int MostLines = 20;
    private const int MostPoints = 10;
    private const int MostSeries = 200;

    private static readonly TimeSpan _around = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan _step = TimeSpan.FromMinutes(1);

    private static readonly string[] _connections = ["connections", "db_connections", "active_connections", "connection_count"];

    /// <returns>Nothing for an incident without a service: everybody's lines would say nothing about it.</returns>
    public async Task<IncidentEvidence> ReadAsync(long workspace, IncidentState state, CancellationToken ct)
    {
        if (state.Service is not { } service)
        {
            return new([], new([], [], []));
        }

        var (from, to) = (state.CreatedAt - _around, state.CreatedAt + _around);
        to = clock.GetUtcNow() is var now && now < to ? now : to;
        var found = await search.SearchAsync(workspace, new() { From = from, To = to, Service = service }, MostLines, null, ct);
        return new(
            [
                .. found.Lines.Reverse().Select(l => new AssistantLogLine(
                    l.Line.At.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture), l.Line.Level.ToString().ToUpperInvariant(), l.Line.Message)),
            ],
            await MetricsAsync(workspace, service, from, to, ct));
    }

    private async Task<AssistantMetrics> MetricsAsync(long workspace, string service, DateTimeOffset from, DateTimeOffset to, CancellationToken ct)
    {
        var read = await metrics.RangeAsync(workspace, new() { Service = service }, from, to, _step, Aggregation.Avg, MostSeries, ct);
        return new(
            Points(read, name => SnapshotNames.FieldOf(name) == SnapshotField.ErrorRate, percent: true),
            Points(read, name => SnapshotNames.FieldOf(name) == SnapshotField.LatencyMs, percent: false),
            Points(read, name => _connections.Contains(name, StringComparer.OrdinalIgnoreCase), percent: false));
    }

    /// <summary>Each minute's average over the series that are meant.</summary>
    private static List<AssistantPoint> Points(IReadOnlyList<(MetricSeries Series, IReadOnlyList<MetricPoint> Points)> read, Func<string, bool> isMeant, bool percent) =>
    [
        .. read.Where(r => isMeant(r.Series.Name))
            .SelectMany(r => r.Points.Select(p => (p.At, Value: p.Value * (SnapshotNames.FieldOf(r.Series.Name) is null ? 1 : SnapshotNames.Factor(r.Series.Name, r.Series.Unit)))))
            .GroupBy(p => p.At).OrderBy(g => g.Key).TakeLast(MostPoints)
            .Select(g => new AssistantPoint(g.Key.UtcDateTime.ToString("HH:mm", CultureInfo.InvariantCulture), Math.Round(g.Average(p => p.Value) * (percent ? 100 : 1), 3))),
    ];
}
