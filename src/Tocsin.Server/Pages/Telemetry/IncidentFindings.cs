using Tocsin.Identity;
using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

/// <summary>What detectors found that an incident is about.</summary>
/// <param name="Items">Newest first.</param>
/// <param name="Rules">The estate's detectors.</param>
/// <param name="MayConfigure">The reader may change detectors.</param>
public sealed record IncidentFindings(IReadOnlyList<FindingView> Items, IReadOnlyList<DetectorRule> Rules, bool MayConfigure);

internal sealed class IncidentFindingsReader(DetectorDesk desk)
{
    private const int MostPairs = 10;
    private const int MostOfPair = 20;
    private const int Most = 30;

    /// <summary>An alert is made a moment after the finding that it stands for.</summary>
    private static readonly TimeSpan _moment = TimeSpan.FromMinutes(1);

    /// <returns>Null: no detector has to do with the incident.</returns>
    public async Task<IncidentFindings?> ReadAsync(PageRequest page, IncidentDetail detail, CancellationToken ct)
    {
        List<FindingView> items = [];
        foreach (var alert in detail.Alerts.Where(a => a.Source == FindingDesk.Source && a.Labels.ContainsKey("detector"))
            .DistinctBy(a => (a.Labels["detector"], a.Labels.GetValueOrDefault("service"))).Take(MostPairs))
        {
            var end = alert.EndedAt ?? page.Now;
            var told = await desk.HistoryAsync(page.Workspace, alert.Labels["detector"], alert.Labels.GetValueOrDefault("service", ""), long.MaxValue, MostOfPair, ct);
            items.AddRange(told.Where(f => f.OpenedAt <= end && (f.EndedAt ?? page.Now) >= alert.StartedAt - _moment));
        }

        return items.Count == 0 ? null : new([.. items.OrderByDescending(f => f.Id).Take(Most)], page.Estate.Detectors.All, page.Caller.May(Policies.Configure));
    }
}
