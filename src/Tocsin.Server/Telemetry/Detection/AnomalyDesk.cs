using System.Text.Json;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Sdk;
using Tocsin.Streams;

namespace Tocsin.Telemetry;

/// <summary>How steady things were lately.</summary>
/// <param name="Stable">How many of the last verdicts were good.</param>
/// <param name="Total">How many there are, 0 to 5.</param>
/// <param name="Latest">The newest verdict.</param>
internal sealed record StabilityTrendState(StabilityTrend Trend, int Stable, int Total, bool? Latest);

/// <summary>
/// The rules of the reliability assistant over what is stored. Asking changes nothing: what came before is read, not remembered from call to call.
/// What a workspace sets, it sets for itself and for good.
/// </summary>
internal sealed class AnomalyDesk(Database database, SnapshotReader snapshots, LogSearch logs, EventLog log, TimeProvider clock)
{
    private const int MostLines = 1000;

    public async Task<AnomalyVerdict> StatusAsync(long workspace, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (forced, _) = await SettingsAsync(workspace, ct);
        return forced
            ? AnomalyVerdict.Forced
            : AnomalyRules.Decide((await snapshots.ReadAsync(workspace, now, ct)).At(now), await LinesAsync(workspace, now, AnomalyRules.Window, LineLevel.Warning, ct), forced: false, now);
    }

    public async Task<(StabilityVerdict Verdict, StabilityTrendState Trend)> StabilityAsync(long workspace, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (_, baseline) = await SettingsAsync(workspace, ct);
        var stored = await snapshots.ReadAsync(workspace, now, ct);
        var back = (StabilityRules.TrendOf - 1) * StabilityRules.TrendStep;
        var lines = await LinesAsync(workspace, now, StabilityRules.Window + back, LineLevel.Error, ct);
        List<StabilityVerdict> verdicts = [];
        for (var i = 0; i < StabilityRules.TrendOf; i++)
        {
            var at = now - (i * StabilityRules.TrendStep);
            var then = stored.At(at);

            // An instant of which nothing is known says nothing.
            if (i == 0 || then.Count > 0 || lines.Any(l => l.At > at - StabilityRules.Window && l.At <= at))
            {
                verdicts.Add(StabilityRules.Decide(then, lines, baseline, at));
            }
        }

        bool[] stable = [.. verdicts.Select(v => v.IsStable)];
        return (verdicts[0], new(StabilityRules.Trend(stable), stable.Count(s => s), stable.Length, stable[0]));
    }

    /// <summary>The trend alone, unknown where nothing was ever measured or logged.</summary>
    public async Task<StabilityTrendState> TrendAsync(long workspace, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var nothing = (await snapshots.ReadAsync(workspace, now, ct)).At(now).Count == 0
            && (await logs.SearchAsync(workspace, new() { From = now - TimeSpan.FromHours(1), To = now }, 1, null, ct)).Lines.Count == 0;
        return nothing ? new(StabilityTrend.Unknown, 0, 0, null) : (await StabilityAsync(workspace, ct)).Trend;
    }

    public Task ForceAsync(Caller caller, bool forced, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        return database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(caller.Workspace);
                await tx.ExecuteAsync(
                    "INSERT INTO detection (workspace_id, forced) VALUES (@workspace, @forced) ON CONFLICT (workspace_id) DO UPDATE SET forced = excluded.forced",
                    ("workspace", caller.Workspace), ("forced", forced ? 1 : 0));
                await log.AppendAsync(tx, caller.Workspace, now, [new("anomaly.forced", "anomaly", caller.Actor, forced ? "the anomaly status says forced_incident" : "the anomaly status is no longer forced")]);
            },
            ct);
    }

    public Task SetBaselineAsync(Caller caller, IReadOnlyDictionary<SnapshotField, double> baseline, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var text = JsonSerializer.Serialize(baseline.ToDictionary(b => b.Key.Name(), b => b.Value, StringComparer.Ordinal));
        return database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(caller.Workspace);
                await tx.ExecuteAsync(
                    "INSERT INTO detection (workspace_id, baseline) VALUES (@workspace, @baseline) ON CONFLICT (workspace_id) DO UPDATE SET baseline = excluded.baseline",
                    ("workspace", caller.Workspace), ("baseline", text));
                await log.AppendAsync(tx, caller.Workspace, now, [new("stability.baseline_set", "stability", caller.Actor, $"the baseline is {text}")]);
            },
            ct);
    }

    private async Task<(bool Forced, IReadOnlyDictionary<SnapshotField, double>? Baseline)> SettingsAsync(long workspace, CancellationToken ct)
    {
        var row = await database.ReadAsync(
            session => session.FirstAsync(
                "SELECT forced, baseline FROM detection WHERE workspace_id = @workspace", static row => (Forced: row.GetInt32(0) != 0, Baseline: row.NullableString(1)), ("workspace", workspace)),
            ct);
        return (row.Forced, row.Baseline is null
            ? null
            : (JsonSerializer.Deserialize<Dictionary<string, double>>(row.Baseline) ?? []).ToDictionary(b => SnapshotNames.FieldOf(b.Key)!.Value, b => b.Value));
    }

    /// <summary>The lines that matter: of very many the newest, and the newest errors in any case.</summary>
    private async Task<IReadOnlyList<LogLine>> LinesAsync(long workspace, DateTimeOffset now, TimeSpan window, LineLevel least, CancellationToken ct)
    {
        var query = new LogQuery { From = now - window, To = now.AddTicks(10), Least = least };
        var page = await logs.SearchAsync(workspace, query, MostLines, null, ct);
        IEnumerable<FoundLine> found = page.Lines;
        if (page.Next is not null)
        {
            var errors = await logs.SearchAsync(workspace, query with { Least = LineLevel.Error }, MostLines, null, ct);
            var criticals = await logs.SearchAsync(workspace, query with { Least = LineLevel.Critical }, 1, null, ct);
            found = found.Concat(errors.Lines).Concat(criticals.Lines).DistinctBy(l => l.Id);
        }

        return [.. found.Select(l => l.Line).OrderBy(l => l.At)];
    }
}
