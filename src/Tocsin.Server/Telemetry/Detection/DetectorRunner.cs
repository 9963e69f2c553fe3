using System.Text.Json;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Workspaces;

namespace Tocsin.Telemetry;

/// <summary>
/// Lets all detectors look at each workspace once a minute. Of several nodes one has the turn of a minute; what is open is stored with its alert, so
/// that a restart, another node, or the same turn twice tell nothing again. A look that failed is not repeated: the next one sees the same minutes.
/// </summary>
internal sealed class DetectorRunner(
    Database database, WorkspaceStore workspaces, IEstates estates, HistoryKeeper histories, SloReader slos, QueryReader queries, FindingStore findings, FindingDesk desk,
    TimeProvider clock, ILogger<DetectorRunner> logger)
    : RepeatedWork(TimeSpan.FromSeconds(10), clock)
{
    /// <summary>After a longer pause nobody watched, and what was silent meanwhile may just not have been heard.</summary>
    private static readonly TimeSpan _away = TimeSpan.FromMinutes(5);

    private static readonly string[] _own = [.. Detectors.All.Select(d => d.Id)];

    /// <summary>One look at all workspaces whose turn has come.</summary>
    public override async Task TurnAsync(CancellationToken ct)
    {
        var all = await database.ReadAsync(workspaces.ListAsync, ct);
        var there = all.Select(w => w.Id).ToHashSet();
        histories.Keep(there);
        slos.Keep(there);
        foreach (var workspace in all)
        {
            var now = Clock.GetUtcNow();
            if (await estates.FindAsync(workspace.Id, ct) is { } estate && await TakeTurnAsync(workspace.Id, now, ct) is { } watchedSince)
            {
                await LookAsync(estate, watchedSince, now, ct);
            }
        }
    }

    protected override void Waits(string reason) => logger.DetectorsWait(reason);

    protected override void Broke(Exception bug) => logger.DetectorsBroke(bug);

    /// <summary>Takes the turn of this minute.</summary>
    /// <returns>Since when somebody has watched without a break; null: another node has the turn, or had it already.</returns>
    private Task<DateTimeOffset?> TakeTurnAsync(long workspace, DateTimeOffset now, CancellationToken ct)
    {
        var minute = Minutes.At(Minutes.LastWhole(now));
        return database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(workspace);
                var (turned, resumed) = await tx.FirstAsync(
                    "SELECT turned_at, resumed_at FROM detection WHERE workspace_id = @workspace", static row => (row.NullableInstant(0), row.NullableInstant(1)), ("workspace", workspace));
                // A turn far ahead of now was taken by a clock that has been set back since: it must not keep everybody from looking until then.
                if (turned >= minute && turned - minute <= _away)
                {
                    return null;
                }

                var since = turned is null || resumed is null || (now - turned.Value).Duration() > _away ? now : resumed.Value;
                await tx.ExecuteAsync(
                    """
                    INSERT INTO detection (workspace_id, turned_at, resumed_at) VALUES (@workspace, @minute, @since)
                    ON CONFLICT (workspace_id) DO UPDATE SET turned_at = excluded.turned_at, resumed_at = excluded.resumed_at
                    """,
                    ("workspace", workspace), ("minute", minute.ToMicros()), ("since", since.ToMicros()));
                return (DateTimeOffset?)since;
            },
            ct);
    }

    private async Task LookAsync(EstateSnapshot estate, DateTimeOffset watchedSince, DateTimeOffset now, CancellationToken ct)
    {
        var (workspace, minute) = (estate.Workspace, Minutes.LastWhole(now));
        var (history, skipped) = await histories.ReadAsync(workspace, minute, now, ct);
        history.WatchedSince = Minutes.Of(watchedSince);
        List<Observation> seen = [.. Examination.Look(history, estate.Detectors, minute)];
        foreach (var slo in estate.Detectors.Slos)
        {
            if (SloBurn.Decide(slo, await slos.ReadAsync(workspace, slo, minute, ct)) is { } burning)
            {
                seen.Add(burning);
            }
        }

        List<string> untold = [.. skipped];
        foreach (var query in estate.Detectors.Queries)
        {
            var (found, isComplete) = await queries.AskAsync(workspace, query, Minutes.At(minute + 1), ct);
            seen.AddRange(found);
            untold.AddRange(found.Count == 0 && !isComplete ? [$"the question {query.Name}, which has more lines to read than can be read in time: ask for less time, or for one service"] : Array.Empty<string>());
        }

        var open = (await database.ReadAsync(session => findings.OpenAsync(session, workspace), ct)).Where(row => _own.Contains(row.Finding.Detector))
            .Select(row => new OpenFinding(row.Finding.Detector, row.Finding.Service, row.Finding.Key, row.SeenAt)).ToList();
        await desk.OpenAllAsync(workspace, FindingLife.Decide(open, [.. seen.DistinctBy(o => (o.Detector, o.Service, o.Key))], now), ct);
        await database.WriteAsync(
            tx => tx.ExecuteAsync(
                "UPDATE detection SET skipped = @skipped WHERE workspace_id = @workspace AND (skipped IS NULL OR skipped <> @skipped)",
                ("skipped", JsonSerializer.Serialize(untold)), ("workspace", workspace)),
            ct);
    }
}

internal static partial class DetectorLog
{
    [LoggerMessage(2861, LogLevel.Warning, "Detectors do not look at logs and metrics now: {Reason}")]
    public static partial void DetectorsWait(this ILogger logger, string reason);

    [LoggerMessage(2862, LogLevel.Critical, "Detectors met a bug; they look again within a minute")]
    public static partial void DetectorsBroke(this ILogger logger, Exception e);
}
