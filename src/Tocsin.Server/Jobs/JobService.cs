using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Data;

namespace Tocsin.Jobs;

/// <summary>Turns the runner whenever work is due: at once after a commit on this node, else by the clock, at least every poll.</summary>
internal sealed class JobService(JobRunner runner, JobStore jobs, TimeProvider clock, ILogger<JobService> logger) : BackgroundService
{
    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(8);

    private readonly Lock _gate = new();
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _next = DateTimeOffset.MaxValue;
    private ITimer? _timer;

    /// <summary>Told of each turn that met no fault.</summary>
    public Action<DateTimeOffset>? Turned { get; set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var timer = _timer = clock.CreateTimer(_ => Wake(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await using var stop = stoppingToken.UnsafeRegister(_ => Wake(), null);
        runner.Expected = Expect;
        jobs.UseLocal(runner);
        while (!stoppingToken.IsCancellationRequested)
        {
            // Armed before the turn, so that what is expected during the turn is not missed.
            var wake = Arm();
            Expect(await TurnAsync(stoppingToken));
            await wake;
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(_patience, clock);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        await runner.StopAsync(deadline.Token);
        await base.StopAsync(cancellationToken);
    }

    /// <returns>When the next turn is due at the latest.</returns>
    private async Task<DateTimeOffset> TurnAsync(CancellationToken ct)
    {
        try
        {
            var next = await runner.TickAsync(ct);
            Turned?.Invoke(clock.GetUtcNow());
            return next;
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            Wake();
        }
        catch (StoreUnavailableException e)
        {
            logger.TurnFailed(e.Message, (long)_retry.TotalMilliseconds);
        }
#pragma warning disable CA1031 // One of the few places where everything is caught: a dead loop behind a green health check would page nobody.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.TurnBroke((long)_retry.TotalMilliseconds, e);
        }

        return clock.GetUtcNow() + _retry;
    }

    private Task Arm()
    {
        lock (_gate)
        {
            _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _next = DateTimeOffset.MaxValue;
            return _wake.Task;
        }
    }

    /// <summary>Takes a turn now: work may be there that this node does not know of.</summary>
    public void Wake()
    {
        lock (_gate)
        {
            _wake.TrySetResult();
        }
    }

    private void Expect(DateTimeOffset readyAt)
    {
        lock (_gate)
        {
            if (readyAt >= _next)
            {
                return;
            }

            _next = readyAt;
            var wait = readyAt - clock.GetUtcNow();
            if (wait <= TimeSpan.Zero)
            {
                _wake.TrySetResult();
            }
            else
            {
                // Timers count whole milliseconds: rounded down, the turn would come too early and again and again.
                _timer!.Change(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
            }
        }
    }
}
