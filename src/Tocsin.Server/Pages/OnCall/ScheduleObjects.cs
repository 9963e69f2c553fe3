using System.Text.Json;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Place = Tocsin.Estate.Mark;

namespace Tocsin.Pages;

/// <summary>A stored schedule.</summary>
/// <param name="DeclaredIn">The place in a file, where files are in force; null: people edit it.</param>
internal sealed record StoredSchedule(EstateMap Body, string? DeclaredIn);

/// <summary>Schedules as they are stored, before they are compiled.</summary>
internal sealed class ScheduleObjects(Database database, EstateStore store, EstateService files, EstateProviders providers)
{
    private const int MostEdits = 10;

    /// <summary>Null: there is none of that name.</summary>
    public async Task<StoredSchedule?> FindAsync(Caller caller, string name, CancellationToken ct) =>
        await database.ReadAsync(session => store.FindObjectAsync(session, caller.Workspace, caller.WorkspaceName, "schedule", name), ct) is { } found
            ? new(found.Body, TakesOver(caller) ? null : found.Origin)
            : null;

    /// <summary>Whether what files declared once may be changed here, since no files are in force.</summary>
    public bool TakesOver(Caller caller) => !files.Manages(caller.WorkspaceName);

    /// <summary>The names of the workspace's lists of holidays.</summary>
    public async Task<IReadOnlyList<string>> HolidaysAsync(Caller caller, CancellationToken ct) =>
        await database.ReadAsync(session => store.NamesAsync(session, caller.Workspace, "holidays"), ct);

    /// <summary>Whether a schedule is stored as it was when its form was opened, overrides aside.</summary>
    /// <param name="opened">As the form carries it; a text that is no such object was not opened here.</param>
    public static bool IsAsOpened(string opened, EstateMap body) => Parse(opened) is { } known && EstateNode.Same(known, ScheduleFormBody.OfForm(body));

    /// <summary>What differs between then and now, a line each.</summary>
    public IReadOnlyList<string> Edits(Caller caller, string name, string opened, EstateMap body)
    {
        EstateObject Of(EstateMap map) => new(caller.WorkspaceName, "schedule", name, ScheduleFormBody.OfForm(map), null, "schedule");
        var plan = new EstateDiff(new(providers)).Plan(caller.WorkspaceName, [Of(Parse(opened) ?? new([], Place.None))], [Of(body)], _ => false);
        return [.. plan.Changes.SelectMany(c => c.Edits).Take(MostEdits).Select(e => e.ToString())];
    }

    private static EstateMap? Parse(string opened)
    {
        try
        {
            return EstateJson.Read(opened, Place.None);
        }
        catch (JsonException)
        {
            // Somebody's own text, not what the form carries.
            return null;
        }
    }
}
