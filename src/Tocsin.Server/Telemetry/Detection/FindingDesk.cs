using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Notify;

namespace Tocsin.Telemetry;

/// <summary>
/// Makes alerts of findings: one for each service and detector, however many findings it stands for, and over when the last of them is. They take
/// the way of all alerts, so that duplicates, incidents, routes and escalation are the ordinary ones.
/// </summary>
internal sealed class FindingDesk(Database database, IEstates estates, FindingStore findings, AlertIntake intake, PublicLinks links, TimeProvider clock)
{
    /// <summary>The source of their alerts.</summary>
    public const string Source = "tocsin-detect";

    private const int MostTold = 10;

    private static readonly TimeSpan _before = TimeSpan.FromMinutes(30);

    /// <summary>By which a detector's alert about a service is known.</summary>
    public static string KeyOf(string detector, string service) => SignalLimits.DedupKey($"{detector}/{service}");

    /// <summary>Takes a finding: opens it, notes that it is still so, or ends it. Saying the same again changes nothing but when it was last said.</summary>
    /// <exception cref="StoreUnavailableException">Nothing was stored; try again.</exception>
    public Task OpenAsync(long workspace, Finding finding, CancellationToken ct) => OpenAllAsync(workspace, [finding], ct);

    /// <summary>Takes several at once, in one transaction.</summary>
    /// <exception cref="StoreUnavailableException">Nothing was stored; try again.</exception>
    public async Task OpenAllAsync(long workspace, IReadOnlyList<Finding> told, CancellationToken ct)
    {
        if (told.Count == 0)
        {
            return;
        }

        var estate = await estates.FindAsync(workspace, ct) ?? throw new StoreUnavailableException("The workspace's configuration cannot be read now.");
        await database.WriteAsync(tx => StoreAsync(tx, estate, told, clock.GetUtcNow()), ct);
    }

    /// <summary>The same in the caller's transaction.</summary>
    public async Task StoreAsync(Tx tx, EstateSnapshot estate, IReadOnlyList<Finding> told, DateTimeOffset now)
    {
        await tx.LockWorkspaceAsync(estate.Workspace);
        List<Signal> signals = [];
        foreach (var group in told.GroupBy(f => (f.Detector, f.Service)))
        {
            var before = await findings.OpenAsync(tx, estate.Workspace, group.Key.Detector, group.Key.Service);
            var changed = false;
            foreach (var finding in group)
            {
                changed |= await TakeAsync(tx, estate.Workspace, before.Find(row => row.Finding.Key == finding.Key), finding, now);
            }

            if (changed)
            {
                var open = await findings.OpenAsync(tx, estate.Workspace, group.Key.Detector, group.Key.Service);
                signals.Add(SignalOf(group.Key.Detector, group.Key.Service, open, before, now));
            }
        }

        if (signals.Count > 0)
        {
            await intake.StoreAsync(tx, estate, [new(Source, signals, now)], now);
        }
    }

    /// <returns>Whether the alert says something else now.</returns>
    private async Task<bool> TakeAsync(Tx tx, long workspace, FindingRow? row, Finding finding, DateTimeOffset now)
    {
        switch (row, finding.Over)
        {
            case (null, true):
                return false;
            case (null, false):
                await findings.AddAsync(tx, workspace, Bounded(finding), now);
                return true;
            case ({ } known, true):
                await findings.EndAsync(tx, workspace, known.Id, now);
                return true;
            case ({ } known, false):
                await findings.SeeAsync(tx, workspace, known, Bounded(finding), now);
                return finding.Severity > known.Finding.Severity;
        }
    }

    private static Finding Bounded(Finding finding)
    {
        var warnings = new Warnings();
        return finding with
        {
            Title = SignalLimits.Title(finding.Title),
            Text = SignalLimits.Description(finding.Text, ref warnings) ?? "",
            Evidence = [.. finding.Evidence.Take(20).Select(e => PlainText.OneLine(e, 500))],
        };
    }

    private Signal SignalOf(string detector, string service, List<FindingRow> open, List<FindingRow> before, DateTimeOffset now)
    {
        var shown = (open.Count > 0 ? open : before).OrderByDescending(row => row.Finding.Severity).ThenBy(row => row.Id).ToList();
        var (worst, others) = (shown[0].Finding, shown.Count - 1);
        var warnings = new Warnings();
        var from = shown.Min(row => row.Finding.Since ?? row.OpenedAt);
        return new()
        {
            DedupKey = KeyOf(detector, service),
            Status = open.Count > 0 ? SignalStatus.Firing : SignalStatus.Resolved,
            Title = SignalLimits.Title(others > 0 ? $"{worst.Title} (and {others} more)" : worst.Title),
            Description = SignalLimits.Description(string.Join("\n\n", shown.Take(MostTold).Select(row => Told(row.Finding, named: others > 0))), ref warnings),
            Severity = worst.Severity,
            StartedAt = open.Count > 0 ? open.Min(row => row.OpenedAt) : null,
            EndedAt = open.Count > 0 ? null : now,
            Service = service.Length > 0 ? service : null,
            Labels = LabelSet.Of(("alertname", detector), ("detector", detector), ("service", service)),
            Links = [.. Links(service, from - _before, now)],
        };
    }

    private static string Told(Finding finding, bool named)
    {
        IEnumerable<string> lines = [.. named ? [finding.Title] : Array.Empty<string>(), .. finding.Text.Length > 0 ? [finding.Text] : Array.Empty<string>(), .. finding.Evidence.Select(e => $"- {e}")];
        return string.Join('\n', lines);
    }

    private IEnumerable<Link> Links(string service, DateTimeOffset from, DateTimeOffset to)
    {
        if (links.BaseUrl is not { } address)
        {
            yield break;
        }

        var window = $"service={Uri.EscapeDataString(service)}&from={from.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}&to={to.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}";
        yield return new("Logs", $"{address}/logs?{window}");
        yield return new("Metrics", $"{address}/metrics-explorer?{window}");
    }
}
