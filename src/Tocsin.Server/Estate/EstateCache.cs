using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Routing;
using Tocsin.Workspaces;

namespace Tocsin.Estate;

/// <summary>
/// The compiled estates of all workspaces, in memory. A workspace whose revision grew is read anew, at most a second later; one that no longer
/// compiles keeps the last estate that did.
/// </summary>
internal sealed class EstateCache(
    Database database, EstateStore store, EstateProviders providers, IOptions<EstateOptions> options, TimeProvider clock, ILogger<EstateCache> logger)
    : IEstates, IDisposable
{
    private static readonly TimeSpan _fresh = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _oldest = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _turn = new(1);
    private volatile Known _known = new([], FrozenDictionary<string, (long, string)>.Empty, Complete: false, 0, 0);
    private long _forgotten = 1;

    /// <summary>What is in force for one workspace.</summary>
    /// <param name="Revision">What was read last, also if it does not compile.</param>
    /// <param name="Faults">Why what was read last is not in force; empty: it is.</param>
    private sealed record Entry(string Name, long Revision, EstateSnapshot? Snapshot, IReadOnlyList<EstateFault> Faults, bool Whole);

    /// <param name="Keys">SHA-256 of each source's key, in hexadecimal, to its workspace and name.</param>
    /// <param name="Complete">False while some source could not be read: an unknown key may be that source's.</param>
    private sealed record Known(Dictionary<long, Entry> Workspaces, FrozenDictionary<string, (long Workspace, string Source)> Keys, bool Complete, long ReadAt, long Forgotten);

    public async ValueTask<EstateSnapshot?> FindAsync(long workspace, CancellationToken ct) =>
        (await KnownAsync(ct)).Workspaces.GetValueOrDefault(workspace)?.Snapshot;

    public async ValueTask<(EstateSnapshot Estate, Source Source)?> FindSourceAsync(string key, CancellationToken ct)
    {
        var hash = Hash(key);
        var known = await KnownAsync(ct);
        if (known.Keys.TryGetValue(hash, out var found) && known.Workspaces[found.Workspace].Snapshot is { } estate)
        {
            return (estate, estate.Model.Sources[found.Source]);
        }

        return known.Complete ? null : throw new StoreUnavailableException("Some sources cannot be read now; this key may belong to one of them.");
    }

    /// <summary>All sources of a type, in whatever workspace.</summary>
    public async Task<IReadOnlyList<(EstateSnapshot Estate, Source Source)>> OfTypeAsync(string type, CancellationToken ct) =>
    [
        .. (await KnownAsync(ct)).Workspaces.OrderBy(w => w.Key).Select(w => w.Value.Snapshot).OfType<EstateSnapshot>()
            .SelectMany(estate => estate.Model.Sources.Values.Where(s => s.Type == type).OrderBy(s => s.Name, StringComparer.Ordinal).Select(source => (estate, source))),
    ];

    public void Forget(long workspace) => Interlocked.Increment(ref _forgotten);

    /// <summary>Reads all again, with what references stand for now.</summary>
    public async Task RereadAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            _known = await ReadAsync(_known, all: true, ct);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Why the newest revision of a workspace is not in force; empty: it is.</summary>
    public async Task<IReadOnlyList<EstateFault>> FaultsAsync(long workspace, CancellationToken ct) =>
        (await KnownAsync(ct)).Workspaces.GetValueOrDefault(workspace)?.Faults ?? [];

    /// <summary>The name of the workspace that has a source with this key; null: none.</summary>
    public async Task<(long Workspace, string Name)?> OwnerAsync(string key, CancellationToken ct)
    {
        var known = await KnownAsync(ct);
        return known.Keys.TryGetValue(Hash(key), out var found) ? (found.Workspace, known.Workspaces[found.Workspace].Name) : null;
    }

    /// <summary>Whether any workspace has an estate in force that could page somebody.</summary>
    public async Task<bool> IsInUseAsync(CancellationToken ct) =>
        (await KnownAsync(ct)).Workspaces.Values.Any(e => e.Snapshot is { Model: { Sources.Count: > 0, Policies.Count: > 0 } });

    /// <summary>The references that an object may use.</summary>
    public EstateResolver ResolverOf(EstateObject item, long workspace) =>
        item.Origin is not null || options.Value.MayRefer(workspace, item.Workspace) ? EstateResolver.Process : EstateResolver.None;

    public void Dispose() => _turn.Dispose();

    private ValueTask<Known> KnownAsync(CancellationToken ct)
    {
        var known = _known;
        return IsFresh(known, _fresh) ? ValueTask.FromResult(known) : RefreshAsync(ct);
    }

    private async ValueTask<Known> RefreshAsync(CancellationToken ct)
    {
        // While one looks, the others need not wait as long as what they have is young enough.
        if (!await _turn.WaitAsync(IsFresh(_known, _oldest) ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, ct))
        {
            return _known;
        }

        try
        {
            if (!IsFresh(_known, _fresh))
            {
                _known = await ReadAsync(_known, all: false, ct);
            }
        }
        catch (StoreUnavailableException) when (_known.ReadAt > 0)
        {
            // What was in force stays so: whoever needs the database will hear of it there.
        }
        finally
        {
            _turn.Release();
        }

        return _known;
    }

    private bool IsFresh(Known known, TimeSpan age) =>
        known.ReadAt > 0 && known.Forgotten == Interlocked.Read(ref _forgotten) && clock.GetElapsedTime(known.ReadAt) <= age;

    private async Task<Known> ReadAsync(Known before, bool all, CancellationToken ct)
    {
        var (forgotten, readAt, now) = (Interlocked.Read(ref _forgotten), Math.Max(1, clock.GetTimestamp()), clock.GetUtcNow());
        bool IsKnown(Workspace workspace) =>
            !all && before.Workspaces.GetValueOrDefault(workspace.Id) is { } entry && (entry.Revision, entry.Name) == (workspace.Revision, workspace.Name);

        var changed = await database.ReadAsync(session => store.LoadAsync(session, IsKnown, now), ct);
        if (before.ReadAt > 0 && changed.TrueForAll(c => c.Objects is null) && changed.Count == before.Workspaces.Count)
        {
            return before with { ReadAt = readAt, Forgotten = forgotten };
        }

        var entries = changed.ToDictionary(
            c => c.Workspace.Id,
            c => c.Objects is null
                ? before.Workspaces[c.Workspace.Id]
                : Compile(c, c.Objects, before.Workspaces.GetValueOrDefault(c.Workspace.Id), now));
        return new(entries, KeysOf(entries), entries.Values.All(e => e.Whole), readAt, forgotten);
    }

    private Entry Compile(StoredEstate stored, IReadOnlyList<EstateObject> objects, Entry? before, DateTimeOffset now)
    {
        var workspace = stored.Workspace;
        var compiled = new EstateCompiler(providers, o => ResolverOf(o, workspace.Id)).Compile(workspace.Name, objects, now, lenient: true);
        foreach (var fault in compiled.Faults)
        {
            logger.NotInForce(workspace.Name, workspace.Revision, fault.ToString());
        }

        if (compiled.Model is not { } model)
        {
            return new(workspace.Name, workspace.Revision, before?.Snapshot, compiled.Faults, Whole: before?.Snapshot is not null);
        }

        var left = objects.Count(o => o.Kind == "source") - model.Sources.Count;
        if (left > 0)
        {
            logger.SourcesLeftOut(workspace.Name, left);
        }

        var whole = Without(LinkedAccounts.Fill(model, stored.Links), stored.Out) with { Revision = workspace.Revision };
        return new(workspace.Name, workspace.Revision, EstateSnapshot.Of(workspace.Id, whole, stored.Silences, stored.Entered), [], Whole: left == 0);
    }

    /// <summary>Who cannot come in is not paged either: his steps fall through.</summary>
    private static EstateModel Without(EstateModel model, IReadOnlyList<string> names) => names.Any(model.Users.ContainsKey)
        ? model with { Users = model.Users.ToFrozenDictionary(u => u.Key, u => names.Contains(u.Key) ? u.Value with { Disabled = true } : u.Value, StringComparer.Ordinal) }
        : model;

    /// <summary>Of sources that share a key, which only a changed variable can bring about, the one of the oldest workspace has it.</summary>
    private static FrozenDictionary<string, (long, string)> KeysOf(Dictionary<long, Entry> entries)
    {
        var keys = new Dictionary<string, (long, string)>(StringComparer.Ordinal);
        foreach (var (workspace, entry) in entries.OrderBy(e => e.Key))
        {
            foreach (var source in entry.Snapshot?.Model.Sources.Values ?? [])
            {
                keys.TryAdd(Hash(source.Key), (workspace, source.Name));
            }
        }

        return keys.ToFrozenDictionary(StringComparer.Ordinal);
    }

    /// <summary>Looking up the hash takes a time that says nothing about how much of a guessed key was right.</summary>
    private static string Hash(string key) => Convert.ToHexStringLower(ApiKeyText.Hash(key));
}

internal static partial class EstateLog
{
    [LoggerMessage(2401, LogLevel.Error, "Workspace {Workspace}: revision {Revision} is not in force, the last good one stays: {Fault}")]
    public static partial void NotInForce(this ILogger logger, string workspace, long revision, string fault);

    [LoggerMessage(2402, LogLevel.Error, "Workspace {Workspace}: {Count} sources cannot be read; requests with unknown keys are answered 503 until they can")]
    public static partial void SourcesLeftOut(this ILogger logger, string workspace, int count);

    [LoggerMessage(2403, LogLevel.Error, "The estate at {Path} is refused, what was in force stays so: {Fault}")]
    public static partial void Refused(this ILogger logger, string path, string fault);

    [LoggerMessage(2404, LogLevel.Information, "The estate at {Path} is in force: {Plan}")]
    public static partial void InForce(this ILogger logger, string path, string plan);

    [LoggerMessage(2405, LogLevel.Warning, "The estate at {Path}: {Warning}")]
    public static partial void Doubtful(this ILogger logger, string path, string warning);

    [LoggerMessage(2406, LogLevel.Warning, "The estate at {Path} could not be stored and is tried again: {Reason}")]
    public static partial void StoreAway(this ILogger logger, string path, string reason);
}
