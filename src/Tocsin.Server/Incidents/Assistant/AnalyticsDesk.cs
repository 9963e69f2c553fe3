using System.Globalization;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Reports;
using Tocsin.Sdk;
using Tocsin.Telemetry;

namespace Tocsin.Incidents;

/// <summary>The reliability assistant's figures, worked out from what happened; where nothing did, there is no figure.</summary>
internal sealed class AnalyticsDesk(Database database, ReportStore reports, IncidentStore incidents, ReviewStore reviews, TelemetryFigures telemetry, TimeProvider clock)
{
    private const int MostFacts = 50_000;
    private const int MostReports = 200;

    private static readonly TimeSpan _week = TimeSpan.FromDays(7);

    public async Task<AssistantAnalytics> AnalyticsAsync(EstateSnapshot estate, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var (facts, acts) = await database.ReadAsync(
            async session => (
                await reports.IncidentsAsync(session, estate.Workspace, now - (_week * 2), now, MostFacts),
                await reports.ActsAsync(session, estate.Workspace, now - (_week * 2), now, MostFacts)),
            ct);
        var (lines, errors) = await telemetry.LinesAsync(estate.Workspace, now, ct);
        var recent = facts.FindAll(f => f.CreatedAt >= now - _week);
        var (current, previous) = (FiguresOf(recent, acts, now), FiguresOf(facts.FindAll(f => f.CreatedAt < now - _week), acts, now));
        return new(
            Mean(current.TimeToAcknowledge, previous.TimeToAcknowledge), Mean(current.TimeToResolve, previous.TimeToResolve), Days(facts, now), errors,
            await telemetry.LatencyAsync(estate.Workspace, now, ct), [], lines,
            new(current.Incidents, current.Triggered, current.Acknowledged, current.Snoozed, current.Resolved));
    }

    /// <summary>Incidents that are over, or whose cause the model has named, newest first.</summary>
    public Task<IReadOnlyList<AssistantReport>> ReportsAsync(EstateSnapshot estate, CancellationToken ct) => database.ReadAsync<IReadOnlyList<AssistantReport>>(
        async session =>
        {
            var rows = await incidents.ListAsync(session, estate.Workspace, open: false, null, long.MaxValue, MostReports * 2);
            var said = rows.Count == 0 ? [] : await reviews.NewestAsync(session, estate.Workspace, rows[^1].Number, rows[0].Number);
            return [.. rows.Where(row => !row.IsOpen || said.ContainsKey(row.Number)).Take(MostReports).Select(row => Of(row, said.GetValueOrDefault(row.Number)))];
        },
        ct);

    private static AssistantReport Of(IncidentState state, ReviewRow? review) => new(
        string.Create(CultureInfo.InvariantCulture, $"RPT-{state.Number:00000000}"), state.Title, AssistantWords.Id(state.Number), DetailAnswer.Time(state.ResolvedAt ?? state.UpdatedAt),
        state.IsOpen ? "draft" : "published", state.ResolvedBy ?? review?.Model ?? "system",
        state.Resolution ?? (review?.Verdict.Summary is { Length: > 0 } summary ? summary : review?.Verdict.RootCause) ?? state.Description ?? state.Title);

    private static ResponseFigures FiguresOf(List<IncidentFact> facts, List<ActFact> acts, DateTimeOffset now) =>
        ResponseReport.Of(facts, acts, new("UTC"), now - _week, now, now).All;

    private static AssistantMean Mean(Spread? current, Spread? previous)
    {
        var (now, before) = (current?.Mean.TotalMinutes, previous?.Mean.TotalMinutes);
        return new(
            now is { } n ? Math.Round(n, 1) : null, before is { } b ? Math.Round(b, 1) : null,
            now is null || before is null || now == before ? null : now > before ? "up" : "down");
    }

    private static List<AssistantDay> Days(List<IncidentFact> facts, DateTimeOffset now)
    {
        var byDay = facts.ToLookup(f => DateOnly.FromDateTime(f.CreatedAt.UtcDateTime));
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        return
        [
            .. Enumerable.Range(0, 7).Select(i => today.AddDays(i - 6)).Select(day => new AssistantDay(
                day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), byDay[day].Count(f => f.Severity == Alerts.Severity.Critical), byDay[day].Count(f => f.Severity == Alerts.Severity.High),
                byDay[day].Count(f => f.Severity is not (Alerts.Severity.Critical or Alerts.Severity.High)))),
        ];
    }
}
