using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Operations;
using Tocsin.Workspaces;

namespace Tocsin.Streams.Backplanes;

/// <summary>
/// Shares one workspace's published alerts with other programs: what they publish goes to the intake, what is committed here is published to them.
/// That waits in a bounded queue while their server is away.
/// </summary>
/// <param name="own">The publisher that this installation's messages name.</param>
internal sealed class AlertBridge(
    Database database, EventLog log, WorkspaceStore workspaces, ForeignIntake intake, BackplaneOptions options, string own, TimeProvider clock, ILogger<AlertBridge> logger)
    : BackgroundService
{
    private const int MostWaiting = 20_000;
    private const int MostAtOnce = 500;

    private static readonly TimeSpan _keep = TimeSpan.FromSeconds(1800);
    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(1);

    private readonly Channel<Outgoing> _committed = Channel.CreateBounded<Outgoing>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });

    private readonly Lock _gate = new();
    private TaskCompletionSource<IAlertWire> _wire = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _workspace;
    private long _slackFloor;

    /// <summary>Finds the workspace, and where its log stands before anything is heard.</summary>
    /// <exception cref="StoreUnavailableException">The database is away.</exception>
    public async Task PrepareAsync(CancellationToken ct)
    {
        if (_workspace != 0)
        {
            return;
        }

        log.Committed = Committed;
        var found = await database.ReadAsync(
            async session => options.Workspace.Length > 0
                ? (await workspaces.FindAsync(session, options.Workspace))?.Id
                : (await workspaces.ListAsync(session)).FirstOrDefault()?.Id,
            ct);
        if (found is not { } workspace)
        {
            logger.NoSuchWorkspace(options.Workspace);
            return;
        }

        intake.Begin(workspace, await database.ReadAsync(session => log.LastAsync(session, workspace), ct));
        Volatile.Write(ref _workspace, workspace);
    }

    /// <summary>The wire over which alerts go out from now on; null: none.</summary>
    public void Use(IAlertWire? wire)
    {
        lock (_gate)
        {
            if (_wire.Task.IsCompleted)
            {
                _wire = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            if (wire is not null)
            {
                _wire.TrySetResult(wire);
            }
        }
    }

    /// <summary>Where the log stands: asked before a sign of life is sent, for <see cref="HeardUpTo"/>.</summary>
    public Task<long> LastLineAsync(CancellationToken ct) =>
        _workspace == 0 ? Task.FromResult(0L) : database.ReadAsync(session => log.LastAsync(session, _workspace), ct);

    /// <summary>
    /// The sign of life came back, so that all that was published before it has been heard too. One sign later than could be: the client library
    /// does not promise the order of what it hands on.
    /// </summary>
    public void HeardUpTo(long line)
    {
        intake.Reached(_slackFloor);
        _slackFloor = line;
    }

    /// <summary>A message on the channel of a group.</summary>
    public void Heard(string group, byte[] text)
    {
        if (Volatile.Read(ref _workspace) == 0)
        {
            return;
        }

        var (alert, fault) = ForeignAlert.Read(group, text, own, clock.GetUtcNow());
        if (fault is not null)
        {
            Instruments.ForeignAlerts.Add(1, new KeyValuePair<string, object?>("verdict", "rejected"));
            logger.ForeignRejected(group.Length <= 128 ? group : group[..128], fault);
        }
        else if (alert is not null)
        {
            intake.Offer(alert);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(intake.RunAsync(stoppingToken), SendOutAsync(stoppingToken));

    private void Committed(long workspace, LogLine line)
    {
        if (line.Kind == PublishedAlert.Kind && !ForeignIntake.Wrote(line.Actor) && line.Data is not null)
        {
            _committed.Writer.TryWrite(new(workspace, clock.GetUtcNow(), line));
        }
    }

    private async Task SendOutAsync(CancellationToken ct)
    {
        try
        {
            List<SharedAlert> batch = [];
            while (await _committed.Reader.WaitToReadAsync(ct))
            {
                batch.Clear();
                while (batch.Count < MostAtOnce && _committed.Reader.TryRead(out var next))
                {
                    if (next.Workspace == Volatile.Read(ref _workspace) && clock.GetUtcNow() - next.At < _keep && ForeignAlert.Write(next.Line.Data!, own) is { } text)
                    {
                        batch.Add(new(next.Line.Subject[PublishedAlert.Subject("").Length..], text, _keep - (clock.GetUtcNow() - next.At)));
                    }
                }

                await PublishAsync(batch, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // As with every publisher of theirs: what is not out yet, nobody hears there. The log has it.
        }
    }

    private async Task PublishAsync(List<SharedAlert> batch, CancellationToken ct)
    {
        while (batch.Count > 0)
        {
            Task<IAlertWire> wire;
            lock (_gate)
            {
                wire = _wire.Task;
            }

            try
            {
                await (await wire.WaitAsync(ct)).PublishAsync(batch, ct);
                Instruments.ForeignAlerts.Add(batch.Count, new KeyValuePair<string, object?>("verdict", "sent"));
                return;
            }
            catch (BackplaneLostException)
            {
                await Task.Delay(_retry, clock, ct);
            }
        }
    }

    private readonly record struct Outgoing(long Workspace, DateTimeOffset At, LogLine Line);
}
