using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;

namespace Tocsin.Streams;

/// <summary>
/// Gathers published alerts of many requests into one transaction a workspace, and answers each after the commit. While one batch is being
/// written the next gathers: the busier, the larger the batches.
/// </summary>
internal sealed class PublishBatcher : BackgroundService
{
    private const int MaxBatch = 1_000;

    private readonly Channel<Waiting> _queue;
    private readonly Database _database;
    private readonly EventLog _log;
    private readonly TimeProvider _clock;
    private readonly ILogger<PublishBatcher> _logger;

    public PublishBatcher(Database database, EventLog log, IOptions<AlertServerOptions> options, TimeProvider clock, ILogger<PublishBatcher> logger)
    {
        (_database, _log, _clock, _logger) = (database, log, clock, logger);
        _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(options.Value.MaxWaiting) { SingleReader = true });
    }

    /// <summary>Logs a line and returns after it is durable.</summary>
    /// <exception cref="StoreUnavailableException">Too much is waiting, or the store is away: nothing was stored, the sender must send again.</exception>
    public async Task StoreAsync(long workspace, DateTimeOffset at, LogLine line, CancellationToken ct)
    {
        var waiting = new Waiting(workspace, at, line);
        if (!_queue.Writer.TryWrite(waiting))
        {
            throw new StoreUnavailableException("Too many published alerts are waiting for the store.");
        }

        await waiting.Done.Task.WaitAsync(ct);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // What was accepted into the queue is still stored and answered.
        _queue.Writer.TryComplete();
        if (ExecuteTask is { } running)
        {
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(5), _clock, cancellationToken));
        }

        await base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<Waiting> batch = [];
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var waiting))
            {
                batch.Add(waiting);
            }

            foreach (var workspace in batch.GroupBy(w => w.Workspace))
            {
                await WriteAsync(workspace.Key, [.. workspace]);
            }
        }
    }

    private async Task WriteAsync(long workspace, List<Waiting> batch)
    {
        try
        {
            await _database.WriteAsync(
                async tx =>
                {
                    await tx.LockWorkspaceAsync(workspace);
                    foreach (var waiting in batch)
                    {
                        await _log.AppendAsync(tx, workspace, waiting.At, [waiting.Line]);
                    }
                },
                CancellationToken.None);
            batch.ForEach(w => w.Done.TrySetResult());
        }
        catch (StoreUnavailableException e)
        {
            batch.ForEach(w => w.Done.TrySetException(e));
        }
#pragma warning disable CA1031 // As in the batcher of deliveries: an alert that meets a bug must not take those beside it down, nor end the loop.
        catch (Exception e) when (batch.Count > 1)
        {
            _logger.PublishedBatchBroke(batch.Count, e);
            foreach (var waiting in batch)
            {
                await WriteAsync(workspace, [waiting]);
            }
        }
        catch (Exception e)
        {
            batch[0].Done.TrySetException(e);
        }
#pragma warning restore CA1031
    }

    private sealed class Waiting(long workspace, DateTimeOffset at, LogLine line)
    {
        public long Workspace { get; } = workspace;

        public DateTimeOffset At { get; } = at;

        public LogLine Line { get; } = line;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

internal static partial class PublishLog
{
    [LoggerMessage(2821, LogLevel.Error, "A batch of {Count} published alerts met a bug; each is now stored by itself")]
    public static partial void PublishedBatchBroke(this ILogger logger, int count, Exception e);
}
