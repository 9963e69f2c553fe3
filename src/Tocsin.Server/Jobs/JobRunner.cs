using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Operations;

namespace Tocsin.Jobs;

/// <summary>
/// Works the job table on this node: claims what is ready, runs it, renews leases, retries failures, buries what keeps failing.
/// <see cref="TickAsync"/> is one turn; <see cref="JobService"/> calls it whenever something is due.
/// </summary>
internal sealed class JobRunner(
    Database database, JobStore jobs, IEnumerable<IJobHandler> handlers, JobOptions options, TimeProvider clock, ILogger<JobRunner> logger)
    : ILocalWorker, IDisposable
{
    private readonly Dictionary<string, IJobHandler> _handlers = handlers.ToDictionary(h => h.Kind, StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, Running> _running = [];
    private readonly Dictionary<long, int> _lanes = [];
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _abandon = new();

    /// <summary>Done when this node was told to stop and has no job any more. Goes on where the last one ends, as all here, so that the simulator can order it.</summary>
    private readonly TaskCompletionSource _empty = new();
    private int _reserved;
    private long _servedLane = long.MinValue;
    private bool _stopping;
    private bool _disposed;
    private bool _turnedAway;

    public required string Node { get; init; }

    /// <summary>Told when a job may be ready earlier than was known.</summary>
    public Action<DateTimeOffset>? Expected { get; set; }

    /// <summary>Asked before a job is buried for what else to do in that transaction, such as telling administrators.</summary>
    public Func<LeasedJob, string, ValueTask<Func<Tx, Task>>>? Burying { get; set; }

    public int Active => _reserved;

    public bool TryReserve(long lane)
    {
        lock (_gate)
        {
            var inLane = _lanes.GetValueOrDefault(lane);
            if (_stopping || _reserved >= options.Concurrency || inLane >= options.LaneConcurrency)
            {
                _turnedAway = true;
                return false;
            }

            _reserved++;
            _lanes[lane] = inLane + 1;
            return true;
        }
    }

    public void Release(long lane)
    {
        bool room, ended;
        lock (_gate)
        {
            room = _turnedAway && !_stopping;
            _turnedAway = false;
            ended = --_reserved == 0 && _stopping;
            if (_lanes[lane] == 1)
            {
                _lanes.Remove(lane);
            }
            else
            {
                _lanes[lane]--;
            }
        }

        if (room)
        {
            Expect(clock.GetUtcNow());
        }

        if (ended)
        {
            _empty.TrySetResult();
        }
    }

    public void Start(LeasedJob job)
    {
        Running running;
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            running = new(job, CancellationTokenSource.CreateLinkedTokenSource(_abandon.Token));
        }

        _running[job.Id] = running;
        running.Task = RunAsync(running);
    }

    public void Expect(DateTimeOffset readyAt) => Expected?.Invoke(readyAt);

    /// <summary>One turn: renews what runs long, claims what is ready and starts it.</summary>
    /// <returns>When the next turn is due at the latest.</returns>
    /// <exception cref="StoreUnavailableException">The database is away; call again later.</exception>
    public async Task<DateTimeOffset> TickAsync(CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        await RenewAsync(now, ct);

        var next = await database.ReadAsync(jobs.NextReadyAsync, ct);
        if (next is null || next > now)
        {
            return Earlier(next, now + options.Poll);
        }

        if (Room() is not { } room)
        {
            return now + options.Poll;
        }

        var claimed = await database.WriteAsync(tx => jobs.ClaimAsync(tx, Node, room.Free, PerLane, now, _servedLane, room.Full), ct);
        _servedLane = Last(claimed);
        List<LeasedJob> tooMany = [];
        foreach (var job in claimed)
        {
            if (TryReserve(job.Lane))
            {
                Start(job);
            }
            else
            {
                tooMany.Add(job);
            }
        }

        if (tooMany.Count > 0)
        {
            // New jobs of this node took the room meanwhile, or it stops: another node may have some at once, also if the turn is cancelled now.
            await database.WriteAsync(
                async tx =>
                {
                    foreach (var job in tooMany)
                    {
                        await jobs.HandBackAsync(tx, job, now + options.Poll);
                    }
                },
                CancellationToken.None);
        }

        return claimed.Count > tooMany.Count ? now : now + options.Poll;
    }

    /// <summary>Completes when everything that runs now has ended.</summary>
    public Task IdleAsync() => Task.WhenAll(_running.Values.Select(r => r.Task));

    /// <summary>Takes no more work, waits for what runs, and gives back what does not end in time.</summary>
    public async Task StopAsync(CancellationToken deadline)
    {
        lock (_gate)
        {
            _stopping = true;
            if (_reserved == 0)
            {
                _empty.TrySetResult();
            }
        }

        jobs.UseLocal(null);
        try
        {
            // Also for jobs of a transaction that is being committed now: they are this node's, and start after it.
            await _empty.Task.WaitAsync(deadline);
        }
        catch (OperationCanceledException)
        {
            // Sends that hang are cut; their jobs go back with the key unchanged, so that the receiver can tell.
            _abandon.CancelNow();
            await _empty.Task;
        }
    }

    /// <summary>
    /// A server that could not start is let go without being stopped, perhaps while a commit of this node is under way: a job that
    /// would start then is left to its lease.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopping = true;
            _disposed = true;
        }

        _abandon.Dispose();
    }

    /// <summary>So many jobs of one lane at a time that a claim never takes more than there is room for.</summary>
    private int PerLane => Math.Max(1, options.LaneConcurrency / 2);

    /// <returns>How many jobs may start, and the lanes without room for a claim; null: none may start.</returns>
    private (int Free, long[] Full)? Room()
    {
        lock (_gate)
        {
            long[] full = [.. _lanes.Where(l => l.Value > options.LaneConcurrency - PerLane).Select(l => l.Key)];
            _turnedAway |= full.Length > 0 || _reserved >= options.Concurrency;
            return _stopping || _reserved >= options.Concurrency ? null : (options.Concurrency - _reserved, full);
        }
    }

    /// <summary>The lane that a claim served last, in its turn from the lane before.</summary>
    private long Last(List<LeasedJob> claimed)
    {
        var wrapped = claimed.Where(j => j.Lane <= _servedLane).ToList();
        return (wrapped.Count > 0 ? wrapped : claimed).Select(j => j.Lane).DefaultIfEmpty(_servedLane).Max();
    }

    private async Task RenewAsync(DateTimeOffset now, CancellationToken ct)
    {
        var due = _running.Values.Where(r => r.Job.LeasedUntil - now < options.Lease / 2).ToList();
        if (due.Count == 0)
        {
            return;
        }

        var renewed = await database.WriteAsync(
            async tx =>
            {
                List<(Running Running, LeasedJob? Job)> results = [];
                foreach (var running in due)
                {
                    results.Add((running, await jobs.RenewAsync(tx, running.Job, now)));
                }

                return results;
            },
            ct);
        foreach (var (running, job) in renewed)
        {
            if (job is not null)
            {
                running.Job = job;
            }
            else if (_running.Contains(new(running.Job.Id, running)))
            {
                running.Cancel.CancelNow();
            }
        }
    }

    private async Task RunAsync(Running running)
    {
        var job = running.Job;
        try
        {
            await RunHandlerAsync(running);
        }
        finally
        {
            // Only this one: a node that was frozen may have taken the same job anew by now.
            _running.TryRemove(new(job.Id, running));
            running.Cancel.Dispose();
            Release(job.Lane);
        }
    }

    private async Task RunHandlerAsync(Running running)
    {
        var job = running.Job;
        try
        {
            if (clock.GetUtcNow() >= job.LeasedUntil)
            {
                logger.LeaseOver(job.Id, job.Kind);
                return;
            }

            if (!_handlers.TryGetValue(job.Kind, out var handler))
            {
                throw new InvalidOperationException($"This version has no handler for jobs of kind '{job.Kind}'.");
            }

            await handler.RunAsync(job, running.Cancel.Token);
        }
        catch (LeaseLostException)
        {
            logger.LeaseLost(job.Id, job.Kind);
        }
        catch (OperationCanceledException) when (running.Cancel.IsCancellationRequested)
        {
            await SettleAsync(job, tx => jobs.HandBackAsync(tx, job, clock.GetUtcNow()));
        }
        catch (StoreUnavailableException e)
        {
            // Nothing can be written now; the lease runs out by itself and the job is taken again.
            logger.StoreAway(job.Id, job.Kind, e.Message);
        }
#pragma warning disable CA1031 // One of the few places where everything is caught: a job that fails must end in a retry or on the dead list.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await FailAsync(job, e);
        }
    }

    private async Task FailAsync(LeasedJob job, Exception e)
    {
        var now = clock.GetUtcNow();
        var failures = job.Failures + 1;
        if (failures >= options.MaxAttempts)
        {
            logger.JobDead(job.Id, job.Kind, failures, e);
            Instruments.DeadJobs.Add(1, new KeyValuePair<string, object?>("kind", job.Kind));
            var alarm = Burying is null ? null : await Burying(job, e.Message);
            await SettleAsync(job, async tx =>
            {
                if (await jobs.BuryAsync(tx, job, now, e.Message) && alarm is not null)
                {
                    await alarm(tx);
                }
            });
            return;
        }

        var wait = TimeSpan.FromSeconds(Math.Min(60, Math.Pow(2, failures - 1)));
        logger.JobFailed(job.Id, job.Kind, failures, (long)wait.TotalMilliseconds, e);
        await SettleAsync(job, tx => jobs.RescheduleAsync(tx, job, now + wait, e.Message, failed: true));
    }

    private async Task SettleAsync(LeasedJob job, Func<Tx, Task> write)
    {
        try
        {
            await database.WriteAsync(write, CancellationToken.None);
        }
        catch (LeaseLostException)
        {
            logger.LeaseLost(job.Id, job.Kind);
        }
        catch (StoreUnavailableException e)
        {
            logger.StoreAway(job.Id, job.Kind, e.Message);
        }
    }

    private static DateTimeOffset Earlier(DateTimeOffset? a, DateTimeOffset b) => a is { } first && first < b ? first : b;

    private sealed class Running(LeasedJob job, CancellationTokenSource cancel)
    {
        public LeasedJob Job { get; set; } = job;

        public CancellationTokenSource Cancel { get; } = cancel;

        public Task Task { get; set; } = Task.CompletedTask;
    }
}

file static class Cancelling
{
    /// <summary>Cancels on this thread: the asynchronous form would run what follows on the pool, out of the order of the simulator.</summary>
    public static void CancelNow(this CancellationTokenSource source) => source.Cancel();
}
