using System.Collections.Concurrent;
using System.Collections.Frozen;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Routing;
using Tocsin.Streams;
using Tocsin.Workspaces;

namespace Tocsin.Estate;

/// <summary>Keeps the compiled configuration of every workspace at hand, at most 2 s old, and applies files whole or not at all.</summary>
internal sealed class EstateService(
    Database database, EstateStore store, WorkspaceStore workspaces, SilenceStore silences, EstateProviders providers, EstateResolver resolver, EventLog log,
    TimeProvider clock, ILogger<EstateService> logger) : IEstates, IDisposable
{
    private static readonly TimeSpan _fresh = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<long, (EstateSnapshot Snapshot, long Revision)> _snapshots = [];
    private readonly SemaphoreSlim _looking = new(1);
    private FrozenDictionary<string, (long Workspace, string Source)> _sources = FrozenDictionary<string, (long, string)>.Empty;
    private DateTimeOffset _lookedAt = DateTimeOffset.MinValue;

    public async ValueTask<EstateSnapshot?> FindAsync(long workspace, CancellationToken ct)
    {
        await LookAsync(ct);
        return _snapshots.TryGetValue(workspace, out var known) ? known.Snapshot : null;
    }

    public async ValueTask<(EstateSnapshot Estate, Source Source)?> FindSourceAsync(string key, CancellationToken ct)
    {
        await LookAsync(ct);
        return _sources.TryGetValue(Hash(key), out var found)
            && _snapshots.TryGetValue(found.Workspace, out var known)
            && known.Snapshot.Model.Sources.TryGetValue(found.Source, out var source)
                ? (known.Snapshot, source)
                : null;
    }

    public void Dispose() => _looking.Dispose();

    public void Forget(long workspace) => _lookedAt = DateTimeOffset.MinValue;

    /// <summary>Applies the files of <paramref name="path"/>, if any, and compiles what is stored.</summary>
    /// <exception cref="EstateFaultyException">The files are wrong and nothing valid is stored that could stand in.</exception>
    public async Task StartAsync(string path, CancellationToken ct)
    {
        if (path.Length > 0)
        {
            await ApplyFilesAsync(path, ct);
        }

        await LookAsync(ct);
    }

    private async Task ApplyFilesAsync(string path, CancellationToken ct)
    {
        var text = EstateFiles.Read(path);
        var report = new EstateCheck(providers, clock).Run(text, resolver);
        if (report.Faults.Count > 0)
        {
            throw new EstateFaultyException(report.Render());
        }

        foreach (var warning in report.Warnings)
        {
            logger.Warned(warning.ToString());
        }

        await database.WriteAsync(tx => ApplyAsync(tx, text), ct);
    }

    private async Task ApplyAsync(Tx tx, EstateText text)
    {
        var now = clock.GetUtcNow();
        var diff = new EstateDiff(new(providers));
        var secrets = new EstateSecrets(providers);
        foreach (var name in text.Workspaces)
        {
            var workspace = await workspaces.EnsureAsync(tx, name, now);
            await tx.LockWorkspaceAsync(workspace.Id);
            var stored = await store.ListAsync(tx, workspace.Id, name);
            var wanted = text.Objects.Where(o => o.Workspace == name)
                .Select(o => secrets.Restore(o, stored.Find(s => s.Key == o.Key), resolver)).ToList();

            // What files declared before and no longer do goes with them; what people made stays.
            var plan = diff.Plan(name, stored, wanted, prune: o => o.Origin is not null);
            foreach (var change in plan.Changes)
            {
                await ApplyAsync(tx, workspace.Id, change, now);
            }

            if (!plan.IsEmpty)
            {
                await log.AppendAsync(tx, workspace.Id, now, [new("estate.applied", "estate", "system", plan.Render().TrimEnd())]);
            }
        }
    }

    private Task ApplyAsync(Tx tx, long workspace, EstateChange change, DateTimeOffset now) => change switch
    {
        { Action: EstateAction.Delete, Before: { } gone } => store.DeleteAsync(tx, workspace, gone),
        { Action: EstateAction.Create or EstateAction.Update, After: { } after } => store.SaveAsync(tx, workspace, after, now),
        _ => Task.CompletedTask,
    };

    private async ValueTask LookAsync(CancellationToken ct)
    {
        if (clock.GetUtcNow() - _lookedAt < _fresh)
        {
            return;
        }

        await _looking.WaitAsync(ct);
        try
        {
            var now = clock.GetUtcNow();
            if (now - _lookedAt >= _fresh)
            {
                await ReadChangedAsync(now, ct);
                _lookedAt = now;
            }
        }
        catch (StoreUnavailableException) when (!_snapshots.IsEmpty)
        {
            // What is known goes on; whoever needs the store will meet its absence.
        }
        finally
        {
            _looking.Release();
        }
    }

    private async Task ReadChangedAsync(DateTimeOffset now, CancellationToken ct)
    {
        var all = await database.ReadAsync(workspaces.ListAsync, ct);
        var changed = false;
        foreach (var workspace in all)
        {
            if (_snapshots.TryGetValue(workspace.Id, out var known) && known.Revision == workspace.Revision && known.Snapshot.Model.Workspace == workspace.Name)
            {
                continue;
            }

            if (await CompileAsync(workspace, now, ct) is { } snapshot)
            {
                _snapshots[workspace.Id] = (snapshot, workspace.Revision);
                changed = true;
            }
        }

        if (changed)
        {
            _sources = _snapshots.Values
                .SelectMany(s => s.Snapshot.Model.Sources.Values.Select(source => (Key: Hash(source.Key), Value: (s.Snapshot.Workspace, source.Name))))
                .DistinctBy(s => s.Key)
                .ToFrozenDictionary(s => s.Key, s => s.Value, StringComparer.Ordinal);
        }
    }

    private async Task<EstateSnapshot?> CompileAsync(Workspace workspace, DateTimeOffset now, CancellationToken ct)
    {
        var (objects, made) = await database.ReadAsync(
            async session => (await store.ListAsync(session, workspace.Id, workspace.Name), await silences.ListAsync(session, workspace.Id, now)), ct);
        var compiled = new EstateCompiler(providers, resolver).Compile(workspace.Name, objects, now);
        if (compiled.Model is not null)
        {
            return EstateSnapshot.Of(workspace.Id, compiled.Model with { Revision = workspace.Revision }, made);
        }

        // The last good configuration stays.
        logger.Refused(workspace.Name, workspace.Revision, string.Join("; ", compiled.Faults));
        return null;
    }

    /// <summary>Keys are compared by their hashes, so that the time of a look-up says nothing about them.</summary>
    private static string Hash(string key) => Convert.ToHexString(ApiKeyText.Hash(key));
}

/// <summary>The estate's files are wrong; the message lists every fault. Exit code 5.</summary>
public sealed class EstateFaultyException(string report) : Exception(report);

internal static partial class EstateLog
{
    [LoggerMessage(2401, LogLevel.Warning, "Estate: {Warning}")]
    public static partial void Warned(this ILogger logger, string warning);

    [LoggerMessage(2402, LogLevel.Error, "Revision {Revision} of workspace {Workspace} is refused, the last good one stays: {Faults}")]
    public static partial void Refused(this ILogger logger, string workspace, long revision, string faults);
}
