using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Sdk;
using Tocsin.Streams;
using Tocsin.Telemetry;

namespace Tocsin.Incidents;

/// <summary>Reads incidents in the shapes of the reliability assistant.</summary>
internal sealed class AssistantDesk(Database database, IncidentStore incidents, EventLog log, ReviewStore reviews, EvidenceReader evidence, TimeProvider clock)
{
    private const int AtOnce = 200;
    private const int MostLines = 1_000;
    private const int MostReviews = 1_000;

    /// <summary>Incidents in a state, newest first.</summary>
    /// <param name="status">One of <see cref="AssistantWords.Statuses"/>; null: any.</param>
    public async Task<IReadOnlyList<AssistantIncident>> ListAsync(EstateSnapshot estate, string? status, int limit, CancellationToken ct)
    {
        var wanted = status is null ? null : AssistantWords.ReadStatus(status);
        List<IncidentState> found = [];
        for (var before = long.MaxValue; found.Count < limit;)
        {
            var from = before;
            var rows = await database.ReadAsync(session => incidents.ListAsync(session, estate.Workspace, open: false, wanted, from, AtOnce), ct);
            found.AddRange(rows.Where(row => status is null || AssistantWords.Status(row).Equals(status, StringComparison.OrdinalIgnoreCase)));
            if (rows.Count < AtOnce)
            {
                break;
            }

            before = rows[^1].Number;
        }

        return [.. found.Take(limit).Select(state => AssistantViews.Of(state, estate))];
    }

    /// <returns>Null: there is no such incident.</returns>
    public async Task<AssistantIncidentDetail?> DetailAsync(EstateSnapshot estate, long number, CancellationToken ct)
    {
        var (state, lines, review) = await database.ReadAsync(
            async session => (
                await incidents.FindAsync(session, estate.Workspace, number), await LinesAsync(session, estate.Workspace, number),
                (await reviews.OfIncidentAsync(session, estate.Workspace, number, 1)).FirstOrDefault()),
            ct);
        return state is null ? null : AssistantViews.Of(state, estate, review?.Verdict, await evidence.ReadAsync(estate.Workspace, state, ct), lines);
    }

    /// <returns>Null: there is no such incident.</returns>
    public async Task<AssistantSummary?> SummaryAsync(EstateSnapshot estate, long number, string stability, CancellationToken ct)
    {
        var (state, said) = await database.ReadAsync(
            async session => (await incidents.FindAsync(session, estate.Workspace, number), await reviews.OfIncidentAsync(session, estate.Workspace, number, MostReviews)), ct);
        return state is null ? null : new(
            AssistantWords.Id(number), state.Title, AssistantWords.Status(state), AssistantWords.Severity(state.Severity), Hosting.DetailAnswer.Time(state.CreatedAt),
            Hosting.DetailAnswer.Time(state.UpdatedAt), AssistantViews.Minutes(state, clock.GetUtcNow()), said.FirstOrDefault()?.Verdict.RootCause, 0, said.Count, stability, state.Resolution);
    }

    /// <returns>Null: there is no such incident.</returns>
    public async Task<IReadOnlyList<AssistantEvent>?> HistoryAsync(EstateSnapshot estate, long number, CancellationToken ct)
    {
        var (state, lines) = await database.ReadAsync(
            async session => (await incidents.FindAsync(session, estate.Workspace, number), await LinesAsync(session, estate.Workspace, number)), ct);
        return state is null ? null : [.. lines.Select(AssistantViews.Of)];
    }

    /// <returns>Null: there is no such incident.</returns>
    public Task<Alerts.Severity?> SeverityAsync(EstateSnapshot estate, long number, CancellationToken ct) =>
        database.ReadAsync(async session => (await incidents.FindAsync(session, estate.Workspace, number))?.Severity, ct);

    private async Task<List<EventView>> LinesAsync(Session session, long workspace, long number)
    {
        var lines = await log.NewestAsync(session, workspace, $"incident/{number}", long.MaxValue, MostLines);
        lines.Reverse();

        // Each node writes by its own clock, so that the order of writing is not quite that of the times.
        return [.. lines.OrderBy(line => line.At)];
    }
}
