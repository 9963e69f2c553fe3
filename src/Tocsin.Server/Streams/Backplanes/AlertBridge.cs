using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Operations;
using Tocsin.Workspaces;

namespace Tocsin.Streams.Backplanes;

/// <summary>
/// Shares one workspace's published alerts with other programs: writes into the log what they publish, and publishes what is committed here. Heard
/// messages wait in a bounded queue while the store is away; published ones, in another while the server is.
/// </summary>
/// <param name="own">The publisher that this installation's messages name.</param>
internal sealed class AlertBridge(
    Database database, EventLog log, WorkspaceStore workspaces, BackplaneOptions options, string own, TimeProvider clock, ILogger<AlertBridge> logger) : BackgroundService
{
    /// <summary>The kind of a line that holds a published alert; its subject is <c>stream/{group}</c>.</summary>
    private const string AlertKind = "stream.alert";
    private const string SubjectPrefix = "stream/";
    private const string ActorPrefix = "redis:";
    private const int MostWaiting = 20_000;
    private const int MostAtOnce = 500;

    private static readonly TimeSpan _keep = TimeSpan.FromSeconds(1800);
    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(1);

    private readonly Channel<Incoming> _heard = Channel.CreateBounded<Incoming>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Channel<Outgoing> _committed = Channel.CreateBounded<Outgoing>(
        new BoundedChannelOptions(MostWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });

    private readonly ForeignLedger _ledger = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource<IAlertWire> _wire = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _workspace;
    private long _slackFloor;
    private long _dropped;

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

        _heard.Writer.TryWrite(new(null, await database.ReadAsync(session => log.LastAsync(session, workspace), ct)));
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
        _heard.Writer.TryWrite(new(null, _slackFloor));
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
            Count("rejected");
            logger.ForeignRejected(group.Length <= 128 ? group : group[..128], fault);
        }
        else if (alert is not null && !_heard.Writer.TryWrite(new(alert, 0)))
        {
            Count("dropped");
            Interlocked.Increment(ref _dropped);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(TakeInAsync(stoppingToken), SendOutAsync(stoppingToken));

    private void Committed(long workspace, LogLine line)
    {
        if (line.Kind == AlertKind && !line.Actor.StartsWith(ActorPrefix, StringComparison.Ordinal) && line.Data is not null
            && line.Subject.StartsWith(SubjectPrefix, StringComparison.Ordinal))
        {
            _committed.Writer.TryWrite(new(workspace, clock.GetUtcNow(), line));
        }
    }

    private async Task TakeInAsync(CancellationToken ct)
    {
        try
        {
            List<ForeignAlert> batch = [];
            while (await _heard.Reader.WaitToReadAsync(ct))
            {
                long? floor = null;
                batch.Clear();
                while (floor is null && batch.Count < MostAtOnce && _heard.Reader.TryRead(out var next))
                {
                    if (next.Alert is { } alert)
                    {
                        batch.Add(alert);
                    }
                    else
                    {
                        floor = next.Floor;
                    }
                }

                await SettleAsync(batch, ct);
                if (floor is { } line)
                {
                    _ledger.MoveFloor(line);
                }

                if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
                {
                    logger.ForeignDropped(dropped);
                }
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // What was heard and not stored is known to the other nodes.
        }
    }

    private async Task SettleAsync(List<ForeignAlert> heard, CancellationToken ct)
    {
        if (heard.Count == 0 && _ledger.Unread.Count == 0)
        {
            return;
        }

        while (true)
        {
            try
            {
                var missing = await database.WriteAsync(tx => StoreAsync(tx, heard), ct);
                _ledger.Settle(heard, missing);
                Telemetry.ForeignAlerts.Add(missing.Count, new KeyValuePair<string, object?>("verdict", "logged"));
                Telemetry.ForeignAlerts.Add(heard.Count - missing.Count, new KeyValuePair<string, object?>("verdict", "known"));
                return;
            }
            catch (StoreUnavailableException e)
            {
                // If it was committed all the same, the next look finds the lines.
                logger.ForeignWait(e.Message, (long)_retry.TotalMilliseconds);
                await Task.Delay(_retry, clock, ct);
            }
        }
    }

    private async Task<List<ForeignAlert>> StoreAsync(Tx tx, List<ForeignAlert> heard)
    {
        await tx.LockWorkspaceAsync(_workspace);
        foreach (var group in heard.Select(h => h.Group).Concat(_ledger.Unread).Distinct(StringComparer.Ordinal))
        {
            var lines = await tx.QueryAsync(
                "SELECT id, actor FROM event WHERE workspace_id = @workspace AND subject = @subject AND id > @after ORDER BY id",
                static row => (Id: row.GetInt64(0), Actor: row.GetString(1)),
                ("workspace", _workspace), ("subject", SubjectPrefix + group), ("after", _ledger.ReadFrom(group)));
            foreach (var (id, actor) in lines)
            {
                _ledger.Saw(group, id, actor.StartsWith(ActorPrefix, StringComparison.Ordinal) ? actor[ActorPrefix.Length..] : null);
            }
        }

        var missing = _ledger.Missing(heard);
        if (missing.Count > 0)
        {
            await log.AppendAsync(tx, _workspace, clock.GetUtcNow(), [.. missing.Select(a => new LogLine(AlertKind, SubjectPrefix + a.Group, ActorPrefix + a.Key, a.Reason, a.Data))]);
        }

        return missing;
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
                        batch.Add(new(next.Line.Subject[SubjectPrefix.Length..], text, _keep - (clock.GetUtcNow() - next.At)));
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
                Telemetry.ForeignAlerts.Add(batch.Count, new KeyValuePair<string, object?>("verdict", "sent"));
                return;
            }
            catch (BackplaneLostException)
            {
                await Task.Delay(_retry, clock, ct);
            }
        }
    }

    private static void Count(string verdict) => Telemetry.ForeignAlerts.Add(1, new KeyValuePair<string, object?>("verdict", verdict));

    /// <summary>A message, or, without one, the line before which nothing is heard any more.</summary>
    private readonly record struct Incoming(ForeignAlert? Alert, long Floor);

    private readonly record struct Outgoing(long Workspace, DateTimeOffset At, LogLine Line);
}
