using System.Text.Json;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Place = Tocsin.Estate.Mark;

namespace Tocsin.Pages;

/// <summary>An object of the estate as it is stored.</summary>
/// <param name="DeclaredIn">The place in a file, where files are in force; null: people edit it.</param>
internal sealed record StoredObject(EstateMap Body, string? DeclaredIn);

/// <summary>Objects of the estate as they are stored, before they are compiled: what forms are opened with.</summary>
internal sealed class StoredObjects(Database database, EstateStore store, EstateService files, EstateProviders providers)
{
    private const int MostEdits = 10;

    /// <summary>Null: there is none of that name.</summary>
    public async Task<StoredObject?> FindAsync(Caller caller, string kind, string name, CancellationToken ct) =>
        await database.ReadAsync(session => store.FindObjectAsync(session, caller.Workspace, caller.WorkspaceName, kind, name), ct) is { } found
            ? new(found.Body, TakesOver(caller) ? null : found.Origin)
            : null;

    /// <summary>Whether what files declared once may be changed here, since no files are in force.</summary>
    public bool TakesOver(Caller caller) => !files.Manages(caller.WorkspaceName);

    /// <summary>The names of a workspace's objects of one kind.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(Caller caller, string kind, CancellationToken ct) =>
        await database.ReadAsync(session => store.NamesAsync(session, caller.Workspace, kind), ct);

    /// <summary>Whether what a form is about is stored as it was when the form was opened.</summary>
    /// <param name="opened">As the form carries it; a text that is no such object was not opened here.</param>
    public static bool IsAsOpened(string opened, EstateMap ofForm) => Parse(opened) is { } known && EstateNode.Same(known, ofForm);

    /// <summary>What differs between then and now, a line each.</summary>
    public IReadOnlyList<string> Edits(Caller caller, string kind, string name, string opened, EstateMap ofForm) =>
        Edits(caller, kind, name, Parse(opened) ?? new([], Place.None), ofForm);

    /// <summary>What differs between two of one name, a line each.</summary>
    public IReadOnlyList<string> Edits(Caller caller, string kind, string name, EstateMap before, EstateMap after)
    {
        EstateObject Of(EstateMap map) => new(caller.WorkspaceName, kind, name, map, null, kind);
        var plan = new EstateDiff(new(providers)).Plan(caller.WorkspaceName, [Of(before)], [Of(after)], _ => false);
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
