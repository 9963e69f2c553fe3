using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Streams;

namespace Tocsin.Telemetry;

/// <summary>
/// Makes of what the model saw a finding like any other detector's, and writes its cause and advice into the incident that comes of it. It changes nothing
/// else there: no timer of an incident waits for a model, or is moved by one.
/// </summary>
internal sealed class VerdictDesk(Database database, FindingDesk findings, ReviewStore reviews, AlertStore alerts, IncidentStore incidents, EventLog log)
{
    /// <summary>The id of the model among the detectors.</summary>
    public const string Detector = "model-review";

    public const string Reviewed = "incident.reviewed";
    public const string Recommended = "incident.action_recommended";

    /// <summary>Opens the finding of an anomaly, all in one transaction.</summary>
    /// <param name="askedBy"><c>system</c>, or who asked.</param>
    /// <returns>The incident; null: no route made one of it.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was stored.</exception>
    public Task<long?> OpenAsync(EstateSnapshot estate, ReviewFacts facts, ModelVerdict verdict, string askedBy, string model, DateTimeOffset now, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            await findings.StoreAsync(tx, estate, [FindingOf(facts, verdict)], now);
            var incident = await IncidentAsync(tx, estate.Workspace, facts.Service);
            if (incident is { } number && (await reviews.OfIncidentAsync(tx, estate.Workspace, number, 1)).FirstOrDefault()?.Verdict.RootCause != verdict.RootCause)
            {
                await log.AppendAsync(tx, estate.Workspace, now, [.. Lines(number, verdict, $"ai:{model}")]);
            }

            await reviews.AddAsync(tx, estate.Workspace, new(0, facts.Service, now, askedBy, model, incident, verdict));
            return incident;
        },
        ct);

    /// <summary>Nothing is left of what was seen of a service.</summary>
    public Task EndAsync(EstateSnapshot estate, string service, DateTimeOffset now, CancellationToken ct) => database.WriteAsync(
        async tx =>
        {
            await findings.StoreAsync(tx, estate, [new() { Detector = Detector, Service = service, Title = "", Over = true }], now);
            await reviews.EndAsync(tx, estate.Workspace, service, now);
        },
        ct);

    private async Task<long?> IncidentAsync(Tx tx, long workspace, string service) =>
        await alerts.LoadAsync(tx, workspace, [AlertStore.Fingerprint(FindingDesk.Source, FindingDesk.KeyOf(Detector, service))]) is [var alert, ..]
            && await incidents.OfAlertAsync(tx, workspace, alert.Id) is [var newest, ..] ? newest : null;

    private static Finding FindingOf(ReviewFacts facts, ModelVerdict verdict) => new()
    {
        Detector = Detector,
        Service = facts.Service,
        Severity = verdict.Severity,
        Title = verdict.Title,
        Text = verdict.Summary.Length > 0 ? $"{verdict.Summary}\n\nLikely cause, as the model sees it: {verdict.RootCause}" : verdict.RootCause,
        Evidence =
        [
            .. facts.Levels.Where(l => l.Level >= LineLevel.Error && l.Now > 0).Select(l => FormattableString.Invariant(
                $"{l.Now} lines of level {l.Level.ToString().ToLowerInvariant()} in {(facts.To - facts.From).TotalMinutes:0.#} min, usually {l.UsuallyPerSpan:0.#}")),
            .. verdict.Factors,
        ],
        Since = facts.From,
    };

    private static IEnumerable<Streams.LogLine> Lines(long incident, ModelVerdict verdict, string actor)
    {
        var subject = $"incident/{incident}";
        yield return new(Reviewed, subject, actor, verdict.RootCause);
        foreach (var action in verdict.Actions)
        {
            yield return new(Recommended, subject, actor, $"{action.Action}{(action.Service.Length > 0 ? $" {action.Service}" : "")}{(action.Reason.Length > 0 ? $": {action.Reason}" : "")}; nothing was run");
        }
    }
}
