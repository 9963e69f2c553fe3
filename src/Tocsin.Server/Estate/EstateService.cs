using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Operations;

namespace Tocsin.Estate;

/// <summary>The estate's files cannot be used, and no earlier estate is there to go on with. Exit code 5.</summary>
/// <param name="report">Every fault, a line each.</param>
public sealed class EstateFaultyException(string report) : Exception(report);

/// <summary>Why the files as they are now are not in force.</summary>
internal sealed record EstateRefusal(DateTimeOffset At, IReadOnlyList<EstateFault> Faults);

/// <summary>
/// Keeps the operator's files in force: applied at start, and again when they change, on SIGHUP and on request. Files with faults change
/// nothing; the last good estate stays.
/// </summary>
internal sealed class EstateService(EstateDesk desk, EstateCache cache, EstateRefusals refusals, Gauges gauges, TimeProvider clock, ILogger<EstateService> logger) : BackgroundService
{
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(2);

    private readonly Channel<bool> _asked = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim _turn = new(1);
    private string _path = "";
    private string _seen = "";
    private IReadOnlyList<string> _declared = [];

    /// <summary>Null: the files are in force, or there are none.</summary>
    public EstateRefusal? Refusal { get; private set; }

    /// <summary>Whether files manage objects of this workspace, so that nobody else may change those.</summary>
    public bool Manages(string workspace) => _declared.Contains(workspace, StringComparer.Ordinal);

    /// <summary>Applies the files before anything else happens, and follows them from then on.</summary>
    /// <param name="path">A file or a folder; empty: there are none.</param>
    /// <exception cref="EstateFaultyException">They have faults, and nothing was in force before.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be used.</exception>
    public async Task StartAsync(string path, CancellationToken ct)
    {
        _path = path;
        if (path.Length == 0)
        {
            return;
        }

        gauges.Add("tocsin_estate_refused", "1 while the estate's files have faults and the last good estate is in force.", () => Refusal is null ? 0 : 1);
        await ReloadAsync(ct);
        if (Refusal is { } refusal && !await cache.IsInUseAsync(ct))
        {
            throw new EstateFaultyException(string.Join('\n', refusal.Faults));
        }
    }

    /// <summary>Reads the files again, and what references stand for. Idempotent.</summary>
    /// <returns>Why they are refused; null: they are in force, or there are none.</returns>
    /// <exception cref="StoreUnavailableException">The database cannot be used; nothing was changed.</exception>
    public async Task<EstateRefusal?> ReloadAsync(CancellationToken ct)
    {
        await _turn.WaitAsync(ct);
        try
        {
            if (_path.Length > 0)
            {
                _seen = EstateStamp.Of(_path);
                Refusal = await ApplyFilesAsync(ct);
            }

            await cache.RereadAsync(ct);
            return Refusal;
        }
        finally
        {
            _turn.Release();
        }
    }

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_path.Length == 0)
        {
            return;
        }

        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            _asked.Writer.TryWrite(true);
        });
        var last = _seen;
        while (!stoppingToken.IsCancellationRequested)
        {
            var waited = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            await Task.WhenAny(_asked.Reader.WaitToReadAsync(waited.Token).AsTask(), Task.Delay(_every, clock, waited.Token));
            await waited.CancelAsync();
            waited.Dispose();

            // A change counts once it has stood still for one look: several files are seldom written in one moment.
            var asked = _asked.Reader.TryRead(out _);
            var now = EstateStamp.Of(_path);
            if (!stoppingToken.IsCancellationRequested && (asked || (now != _seen && now == last)))
            {
                await TryReloadAsync(stoppingToken);
            }

            last = now;
        }
    }

    private async Task TryReloadAsync(CancellationToken ct)
    {
        try
        {
            await ReloadAsync(ct);
        }
        catch (StoreUnavailableException e)
        {
            _seen = "";
            logger.StoreAway(_path, e.Message);
        }
    }

    private async Task<EstateRefusal?> ApplyFilesAsync(CancellationToken ct)
    {
        var text = EstateFiles.Read(_path);
        IReadOnlyList<EstateFault> faults = text.Faults;
        if (faults.Count == 0)
        {
            var wishes = text.Workspaces.Select(w => new EstateWish(w, [.. text.Objects.Where(o => o.Workspace == w)], Goes: o => o.Origin is not null, TakesOver: true));
            var outcome = await desk.ApplyAsync([.. wishes], "files", only: false, ct);
            faults = outcome.Ok ? outcome.Value.Faults : [EstateFault.Error(new(_path, 0, 0), "", outcome.Error.Detail)];
            foreach (var warning in outcome.Value?.Warnings ?? [])
            {
                logger.Doubtful(_path, warning.ToString());
            }

            foreach (var plan in faults.Count == 0 ? outcome.Value?.Plans ?? [] : [])
            {
                logger.InForce(_path, plan.Render().TrimEnd('\n').Split('\n')[^1]);
            }
        }

        if (faults.Count == 0)
        {
            _declared = text.Workspaces;
            return null;
        }

        foreach (var fault in faults)
        {
            logger.Refused(_path, fault.ToString());
        }

        await refusals.NoteAsync(text.Workspaces, faults, ct);
        return new(clock.GetUtcNow(), faults);
    }
}

/// <summary>Tells each workspace's log that its files were refused, and which revision goes on.</summary>
internal sealed class EstateRefusals(Database database, EstateStore store, Streams.EventLog log, TimeProvider clock)
{
    public async Task NoteAsync(IReadOnlyList<string> workspaces, IReadOnlyList<EstateFault> faults, CancellationToken ct)
    {
        var more = faults.Count > 1 ? $" (and {faults.Count - 1} more)" : "";
        var first = $"{faults[0].Mark.Origin ?? faults[0].Mark.File}: {faults[0].Message}";
        await database.WriteAsync(
            async tx =>
            {
                foreach (var name in workspaces)
                {
                    if (await store.FindAsync(tx, name) is { Workspace: { } workspace })
                    {
                        await tx.LockWorkspaceAsync(workspace.Id);
                        await log.AppendAsync(tx, workspace.Id, clock.GetUtcNow(),
                            [new("estate.refused", "estate", "files", $"The files were refused: {first}{more}. Revision {workspace.Revision} stays in force.")]);
                    }
                }
            },
            ct);
    }
}
