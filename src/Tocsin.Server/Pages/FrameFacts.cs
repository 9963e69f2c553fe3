using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Incidents;
using Tocsin.Streams;
using Tocsin.Workspaces;

namespace Tocsin.Pages;

/// <summary>The few facts about a workspace that every page shows around itself.</summary>
/// <param name="Seq">The newest event.</param>
/// <param name="Waiting">Open incidents that nobody has.</param>
/// <param name="EstateFault">Why the estate's files are not in force; null: they are, or there are none.</param>
internal sealed record WorkspaceFacts(long Seq, long Waiting, string? EstateFault, bool Demo, string? DemoPhones);

internal sealed class FrameFacts(Database database, IncidentStore incidents, EventLog log, EstateService files, SampleData sample)
{
    /// <summary>Reads them. The sequence is read first: what happens later reaches the page through the stream.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async Task<WorkspaceFacts> ReadAsync(long workspace, string name, CancellationToken ct)
    {
        var (seq, waiting) = await database.ReadAsync(
            async session => (await log.LastAsync(session, workspace), await incidents.CountTriggeredAsync(session, workspace)), ct);
        return new(seq, waiting, Fault(name), sample.IsHere, sample.Phones?.ToString());
    }

    // Files may be those of other workspaces too, which this reader must not see.
    private string? Fault(string workspace) => !files.Manages(workspace) ? null : files.Refusal?.Faults switch
    {
        null or [] => null,
        [var only] => only.ToString(),
        var all => $"{all[0]} (and {Words.Count(all.Count - 1, "fault", "faults")} more)",
    };
}
