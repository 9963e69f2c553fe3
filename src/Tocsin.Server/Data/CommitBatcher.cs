using System.Threading.Channels;
using Microsoft.Extensions.Hosting;

namespace Tocsin.Data;

/// <summary>
/// Gathers what many requests want to store into one transaction a workspace, and answers each after the commit. While one batch is
/// being written the next gathers: the busier, the larger the batches.
/// </summary>
/// <param name="maxWaiting">So many may wait for the store; more are refused.</param>
internal abstract class CommitBatcher<TItem, TDone>(Database database, int maxWaiting, TimeProvider clock) : BackgroundService
{
    private const int MostItems = 1_000;

    private readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(maxWaiting) { SingleReader = true });

    protected Database Database => database;

    protected TimeProvider Clock => clock;

    /// <summary>What makes a batch full besides its number of items: the weights of its items together.</summary>
    protected virtual int MostWeight => MostItems;

    /// <summary>Stores an item and returns after it is durable.</summary>
    /// <exception cref="StoreUnavailableException">Too much is waiting, or the store is away: nothing was stored, the sender must send again.</exception>
    public async Task<TDone> StoreAsync(TItem item, CancellationToken ct)
    {
        var waiting = new Waiting(item);
        if (!_queue.Writer.TryWrite(waiting))
        {
            throw new StoreUnavailableException("Too much is waiting for the store.");
        }

        return await waiting.Done.Task.WaitAsync(ct);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // What was accepted into the queue is still stored and answered.
        _queue.Writer.TryComplete();
        if (ExecuteTask is { } running)
        {
            await Task.WhenAny(running, Task.Delay(TimeSpan.FromSeconds(5), clock, cancellationToken));
        }

        await base.StopAsync(cancellationToken);
    }

    protected abstract long WorkspaceOf(TItem item);

    protected virtual int WeightOf(TItem item) => 1;

    /// <summary>Stores items of one workspace.</summary>
    /// <returns>The answers, in the items' order.</returns>
    protected abstract Task<TDone[]> StoreAsync(Tx tx, List<TItem> batch);

    /// <summary>A batch met a bug; each of its items is now stored by itself.</summary>
    protected abstract void BatchBroke(int count, Exception bug);

    /// <summary>What becomes of an item that met a bug by itself. What this throws is the item's answer.</summary>
    protected abstract Task<TDone> KeepBrokenAsync(TItem item, Exception bug);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        List<Waiting> batch = [];
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            batch.Clear();
            var weight = 0;
            while (batch.Count < MostItems && weight < MostWeight && _queue.Reader.TryRead(out var waiting))
            {
                batch.Add(waiting);
                weight += WeightOf(waiting.Item);
            }

            foreach (var workspace in batch.GroupBy(w => WorkspaceOf(w.Item)))
            {
                await WriteAsync([.. workspace]);
            }
        }
    }

    private async Task WriteAsync(List<Waiting> batch)
    {
        try
        {
            var items = batch.ConvertAll(static w => w.Item);
            var done = await database.WriteAsync(tx => StoreAsync(tx, items), CancellationToken.None);
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Done.TrySetResult(done[i]);
            }
        }
        catch (StoreUnavailableException e)
        {
            batch.ForEach(w => w.Done.TrySetException(e));
        }
#pragma warning disable CA1031 // One of the few places where everything is caught: an item that meets a bug must not take those beside it down, nor end the loop.
        catch (Exception e) when (batch.Count > 1)
        {
            BatchBroke(batch.Count, e);
            foreach (var waiting in batch)
            {
                await WriteAsync([waiting]);
            }
        }
        catch (Exception e)
        {
            await KeepBrokenAsync(batch[0], e);
        }
    }

    private async Task KeepBrokenAsync(Waiting waiting, Exception bug)
    {
        try
        {
            waiting.Done.TrySetResult(await KeepBrokenAsync(waiting.Item, bug));
        }
        catch (Exception e)
        {
            waiting.Done.TrySetException(e);
        }
#pragma warning restore CA1031
    }

    private sealed class Waiting(TItem item)
    {
        public TItem Item { get; } = item;

        public TaskCompletionSource<TDone> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
