using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;

namespace Tocsin.Jobs;

/// <summary>Turns the runner whenever work is due: at once after a commit on this node, else by the clock, at least every poll.</summary>
internal sealed class JobService(JobRunner runner, JobStore jobs, IOptions<JobOptions> options, TimeProvider clock, ILogger<JobService> logger) : BackgroundService
{
    private static readonly TimeSpan _retry = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DateTimeOffset _next = DateTimeOffset.MinValue;

    /// <summary>When the last turn ended well; readiness looks at its age.</summary>
    public DateTimeOffset LastTurnAt { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        runner.Expected = Expect;
        jobs.UseLocal(runner);
        while (!stoppingToken.IsCancellationRequested)
        {
            var wake = Arm();
            await TurnAsync(stoppingToken);
            await WaitAsync(wake, stoppingToken);
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(8));
        await runner.StopAsync(deadline.Token);
        await base.StopAsync(cancellationToken);
    }

    private Task Arm()
    {
        lock (_gate)
        {
            _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
            // A turn looks at all that is ready by then; only what is ready sooner needs another one.
            _next = clock.GetUtcNow() + options.Value.Poll;
            return _wake.Task;
        }
    }

    private async Task TurnAsync(CancellationToken ct)
    {
        var next = clock.GetUtcNow() + _retry;
        try
        {
            next = await runner.TickAsync(ct);
            LastTurnAt = clock.GetUtcNow();
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            return;
        }
        catch (StoreUnavailableException e)
        {
            logger.TurnFailed(e.Message, (long)_retry.TotalMilliseconds);
        }
#pragma warning disable CA1031 // One of the four places: a dead loop behind a green health check would page nobody.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.TurnBroke((long)_retry.TotalMilliseconds, e);
        }

        lock (_gate)
        {
            _next = next < _next ? next : _next;
        }
    }

    private async Task WaitAsync(Task wake, CancellationToken ct)
    {
        while (!wake.IsCompleted && !ct.IsCancellationRequested)
        {
            TimeSpan wait;
            lock (_gate)
            {
                wait = _next - clock.GetUtcNow();
            }

            if (wait <= TimeSpan.Zero)
            {
                return;
            }

            // Whoever expects something earlier completes the wake and the loop looks again.
            await Task.WhenAny(wake, Task.Delay(wait, clock, ct));
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
            _wake.TrySetResult();
        }
    }
}
