using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Jobs;
using Tocsin.Operations;

namespace Tocsin.Streams.Backplanes;

/// <summary>
/// Keeps one line to the backplane: tells other nodes after each commit of this one, and makes this one look when they tell. Signs of life
/// that it must hear itself show that the line carries; when it is new, everything is looked at, since word may have been missed.
/// </summary>
internal sealed class BackplaneService : BackgroundService
{
    private static readonly TimeSpan _beatEvery = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _firstRetry = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _lastRetry = TimeSpan.FromSeconds(5);

    private readonly string _node = Guid.NewGuid().ToString("N")[..12];
    private readonly Channel<bool> _something = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly IBackplane _backplane;
    private readonly ChangeSignal _changes;
    private readonly JobService _worker;
    private readonly AlertBridge? _bridge;
    private readonly TimeProvider _clock;
    private readonly ILogger<BackplaneService> _logger;
    private readonly Outbox _outbox;
    private readonly Lock _gate = new();
    private (long Number, long At, long Floor) _beat;
    private bool _beatHeard;
    private TimeSpan _roundTrip;
    private string? _fault;

    public BackplaneService(
        IBackplane backplane, ChangeSignal changes, JobStore jobs, JobService worker, TimeProvider clock, Gauges gauges, ILogger<BackplaneService> logger, AlertBridge? bridge = null)
    {
        (_backplane, _changes, _worker, _clock, _logger, _bridge) = (backplane, changes, worker, clock, logger, bridge);
        _outbox = new(_node);
        changes.Raised = workspace =>
        {
            _outbox.Changed(workspace);
            Wake();
        };
        jobs.DueElsewhere = () =>
        {
            _outbox.JobsDue();
            Wake();
        };
        gauges.Add("tocsin_backplane_connected", "1 while this node and the others hear of each other at once; 0: they look by themselves.", () => Connected ? 1 : 0);
        gauges.Add("tocsin_backplane_round_trip_seconds", "How long the last sign of life took over the backplane and back.", () => _roundTrip.TotalSeconds);
    }

    public bool Connected { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var timer = _clock.CreateTimer(_ => Wake(), null, _beatEvery, _beatEvery);
        var retry = _firstRetry;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await CarryAsync(() => retry = _firstRetry, stoppingToken);
            }
            catch (Exception e) when (stoppingToken.IsCancellationRequested && (e is OperationCanceledException or BackplaneLostException or StoreUnavailableException))
            {
                return;
            }
            catch (Exception e) when (e is BackplaneLostException or StoreUnavailableException)
            {
                if (retry == _firstRetry)
                {
                    // Once each time that it goes away, not with each try.
                    Instruments.BackplaneLosses.Add(1);
                    _logger.BackplaneLost(_backplane.Name, e.Message);
                }
            }
            finally
            {
                Connected = false;
                _bridge?.Use(null);
            }

            await Task.Delay(retry, _clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            retry = retry * 2 < _lastRetry ? retry * 2 : _lastRetry;
        }
    }

    /// <summary>Connects and carries until the line is lost.</summary>
    private async Task CarryAsync(Action carried, CancellationToken ct)
    {
        _fault = null;
        if (_bridge is not null)
        {
            await _bridge.PrepareAsync(ct);
        }

        await using var line = await _backplane.ConnectAsync(Heard, Break, ct);
        _beatHeard = true;
        await BeatAsync(line, ct);
        try
        {
            await CarryAsync(line, carried, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested && Connected)
        {
            // Jobs that a stopping node gave back are another's at once.
            using var patience = new CancellationTokenSource(_firstRetry, _clock);
            await TellAsync(line, patience.Token);
            throw;
        }
    }

    private async Task CarryAsync(IBackplaneLine line, Action carried, CancellationToken ct)
    {
        while (await _something.Reader.WaitToReadAsync(ct))
        {
            _something.Reader.TryRead(out _);
            if (_fault is { } fault)
            {
                throw new BackplaneLostException(fault);
            }

            if (_beatHeard && !Connected)
            {
                // Only now: a line that does not bring back what it is given is none.
                Connected = true;
                carried();
                _logger.BackplaneConnected(_backplane.Name, (long)_roundTrip.TotalMilliseconds);
                _changes.RaiseAll();
                _worker.Wake();
                if (line is IAlertWire wire)
                {
                    _bridge?.Use(wire);
                }
            }

            if (_clock.GetElapsedTime(_beat.At) >= _beatEvery)
            {
                await BeatAsync(line, ct);
            }

            await TellAsync(line, ct);
        }
    }

    private async Task TellAsync(IBackplaneLine line, CancellationToken ct)
    {
        while (_outbox.Take() is { } notice)
        {
            try
            {
                await line.SendAsync(notice.ToString(), ct);
                Instruments.BackplaneNotices.Add(1, new KeyValuePair<string, object?>("direction", "sent"));
            }
            catch (BackplaneLostException)
            {
                _outbox.Return(notice);
                throw;
            }
        }
    }

    private async Task BeatAsync(IBackplaneLine line, CancellationToken ct)
    {
        if (!_beatHeard)
        {
            throw new BackplaneLostException($"What was sent did not come back within {_beatEvery.TotalSeconds:0} s.");
        }

        var floor = _bridge is null ? 0 : await _bridge.LastLineAsync(ct);
        lock (_gate)
        {
            (_beatHeard, _beat) = (false, (_beat.Number + 1, _clock.GetTimestamp(), floor));
        }

        await line.SendAsync(new Notice(_node, [], Beat: _beat.Number).ToString(), ct);
    }

    private void Heard(string text)
    {
        if (Notice.Parse(text) is not { } notice)
        {
            return;
        }

        if (notice.Node == _node)
        {
            Echo(notice.Beat);
            return;
        }

        if (notice.Beat != 0)
        {
            return;
        }

        Instruments.BackplaneNotices.Add(1, new KeyValuePair<string, object?>("direction", "heard"));
        if (notice.Workspaces is null)
        {
            _changes.RaiseAll();
        }
        else
        {
            foreach (var workspace in notice.Workspaces)
            {
                _changes.RaiseHere(workspace);
            }
        }

        if (notice.JobsDue)
        {
            _worker.Wake();
        }
    }

    private void Echo(long number)
    {
        lock (_gate)
        {
            if (number == 0 || number != _beat.Number)
            {
                return;
            }

            _beatHeard = true;
            _roundTrip = _clock.GetElapsedTime(_beat.At);
            _bridge?.HeardUpTo(_beat.Floor);
        }

        Wake();
    }

    private void Break(string reason)
    {
        _fault = reason;
        Wake();
    }

    private void Wake() => _something.Writer.TryWrite(true);
}
