using System.Text.Json;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Sdk;

namespace Tocsin.Telemetry;

/// <summary>Detectors as people and programs ask for them: how they do, what they found, and what another configuration would have found.</summary>
internal sealed class DetectorDesk(
    Database database, FindingStore findings, LogRates rates, TemplateStore templates, MetricQuery metrics, LogSearch logs, TimeProvider clock)
{
    /// <summary>Days of a look back.</summary>
    public const int MostDays = 7;

    /// <summary>Minutes between two looks of a look back; a detector that runs looks each minute.</summary>
    private const int Step = 5;

    /// <summary>Of counters, for one look back.</summary>
    private const int MostRows = 2_000_000;

    private const int MostFindings = 500;

    public Task<DetectorList> ListAsync(EstateSnapshot estate, CancellationToken ct) => database.ReadAsync(
        async session =>
        {
            var open = await findings.OpenAsync(session, estate.Workspace);
            var last = (await findings.LastAsync(session, estate.Workspace)).ToDictionary(row => row.Finding.Detector, StringComparer.Ordinal);
            var (turned, skipped) = await session.FirstAsync(
                "SELECT turned_at, skipped FROM detection WHERE workspace_id = @workspace", static row => (row.NullableInstant(0), row.NullableString(1)), ("workspace", estate.Workspace));

            // What is no detector of ours, such as the review by a model, is listed once it has found something.
            var all = Detectors.All.Concat(last.Keys.Where(id => !Detectors.Exists(id)).Order(StringComparer.Ordinal).Select(id => (Id: id, Says: "Findings of another part of Tocsin")));
            return new DetectorList(
                [
                    .. all.Select(d => new DetectorView(
                        d.Id, d.Says, !Detectors.Exists(d.Id) || estate.Detectors.IsOn(d.Id), [.. estate.Detectors.All.Where(r => r.Detector == d.Id).Select(r => r.Name)],
                        open.Count(row => row.Finding.Detector == d.Id), last.TryGetValue(d.Id, out var row) ? ViewOf(row) : null)),
                ],
                turned, skipped is null ? [] : JsonSerializer.Deserialize<string[]>(skipped) ?? []);
        },
        ct);

    /// <summary>What a detector found, newest first.</summary>
    /// <param name="before">Only those with a smaller number.</param>
    public async Task<IReadOnlyList<FindingView>> HistoryAsync(long workspace, string detector, string? service, long before, int limit, CancellationToken ct) =>
        [.. (await database.ReadAsync(session => findings.HistoryAsync(session, workspace, detector, service, before, limit), ct)).Select(ViewOf)];

    /// <summary>What a rule would have found in what is stored, looking each five minutes.</summary>
    /// <param name="days">1 to <see cref="MostDays"/>.</param>
    public async Task<DetectorPreview> PreviewAsync(long workspace, DetectorRule rule, int days, CancellationToken ct) => (await LookBackAsync(workspace, rule, days, ct)).Preview;

    /// <summary>The same, with what it looked at.</summary>
    /// <param name="days">1 to <see cref="MostDays"/>.</param>
    public async Task<LookBack> LookBackAsync(long workspace, DetectorRule rule, int days, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var to = Minutes.LastWhole(now) + 1;
        var from = to - (days * (long)Minutes.OfDay);
        var past = await ReadAsync(workspace, rule, from, to, now, ct);
        var (told, complete) = Replay(past.Look, from, to, ct);
        return new(new(Minutes.At(from), Minutes.At(to), told, complete && past.Skipped.Count == 0, past.Skipped), past.Draw(new(rule, from, to, told)));
    }

    private static (List<FindingView> Told, bool Complete) Replay(Func<long, IReadOnlyList<Observation>> look, long from, long to, CancellationToken ct)
    {
        Dictionary<(string, string, string), (OpenFinding Open, int Index)> open = [];
        List<FindingView> told = [];
        for (var minute = from + Step - 1; minute < to; minute += Step)
        {
            ct.ThrowIfCancellationRequested();
            var at = Minutes.At(minute + 1);
            foreach (var finding in FindingLife.Decide([.. open.Values.Select(o => o.Open)], [.. look(minute).DistinctBy(o => (o.Detector, o.Service, o.Key))], at))
            {
                var key = (finding.Detector, finding.Service, finding.Key);
                if (finding.Over)
                {
                    told[open[key].Index] = told[open[key].Index] with { EndedAt = at };
                    open.Remove(key);
                    continue;
                }

                if (!open.TryGetValue(key, out var known))
                {
                    if (told.Count == MostFindings)
                    {
                        return (told, false);
                    }

                    known = (null!, told.Count);
                    told.Add(new(
                        told.Count + 1, finding.Detector, finding.Service, finding.Key, finding.Severity.ToString().ToLowerInvariant(), finding.Title, finding.Text, finding.Evidence,
                        finding.Since ?? at, at, null));
                }

                open[key] = (new(finding.Detector, finding.Service, finding.Key, at), known.Index);
            }
        }

        return (told, true);
    }

    /// <summary>What a rule judges over a span.</summary>
    private async Task<Past> ReadAsync(long workspace, DetectorRule rule, long from, long to, DateTimeOffset now, CancellationToken ct)
    {
        switch (rule.Detector)
        {
            case Detectors.Slo:
                var pieces = await new SloReader(logs, metrics).ReadSpanAsync(workspace, rule, from, to, ct);
                return new(minute => SloBurn.Decide(rule, SloReader.Over(pieces, minute / Step)) is { } seen ? [seen] : [], [], drawing => drawing.Of(pieces));

            case Detectors.Query:
                var past = await new QueryReader(logs, metrics).ReadSpanAsync(workspace, rule, from, to, ct);
                return new(past.Look, past.IsComplete ? [] : ["there were more lines than can be searched in time; not all are counted"], drawing => drawing.Of(past));

            default:
                var book = new DetectorBook([rule]);
                var kept = await new HistoryKeeper(rates, templates, metrics).ReadSpanAsync(workspace, from, to, rule.Service, MostRows, now, ct);
                return new(
                    minute => [.. Examination.Look(kept.History, book, minute, rule.Detector).Where(o => rule.Service is null || o.Service == rule.Service)], kept.Skipped,
                    drawing => drawing.Of(kept.History));
        }
    }

    /// <param name="Look">What is seen at a minute.</param>
    /// <param name="Skipped">What was too much to look at.</param>
    private sealed record Past(Func<long, IReadOnlyList<Observation>> Look, IReadOnlyList<string> Skipped, Func<LookBackDrawing, IReadOnlyList<LookedAt>> Draw);

    private static FindingView ViewOf(FindingRow row) => new(
        row.Id, row.Finding.Detector, row.Finding.Service, row.Finding.Key, row.Finding.Severity.ToString().ToLowerInvariant(), row.Finding.Title, row.Finding.Text, row.Finding.Evidence,
        row.Finding.Since ?? row.OpenedAt, row.OpenedAt, row.EndedAt);
}
