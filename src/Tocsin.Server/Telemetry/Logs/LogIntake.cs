using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>
/// Takes lines in and stores them: what many requests bring becomes one commit, and while one is written the next gathers. Who brought lines is
/// answered after the commit.
/// </summary>
internal sealed class LogIntake(LogStores stores, LogTail tail, TelemetryRoom room, TimeProvider clock, ILogger<LogIntake> logger) : BackgroundService
{
    /// <summary>Bytes of lines that may wait for the store; one request may be larger when nothing waits.</summary>
    public const long MostWaiting = 64 * 1024 * 1024;

    private const long MostGathered = 8 * 1024 * 1024;
    private const int BytesPerLine = 200;
    private static readonly TimeSpan _relearn = TimeSpan.FromSeconds(15);

    /// <summary>What is stored is forgotten when no line had it for long; what this node remembers follows that once a day.</summary>
    private static readonly TimeSpan _anew = TimeSpan.FromDays(1);

    private readonly Channel<Delivery> _queue = Channel.CreateUnbounded<Delivery>(new() { SingleReader = true });
    private readonly Dictionary<long, Learnt> _miners = [];
    private long _waiting;

    /// <summary>Stores lines of one workspace and returns after they are durable. Given twice, they are stored twice.</summary>
    /// <exception cref="StoreUnavailableException">Too much is waiting, or the store is away or full: nothing was stored, the sender must send again.</exception>
    public async Task StoreAsync(long workspace, IReadOnlyList<LogLine> lines, CancellationToken ct)
    {
        if (lines.Count == 0)
        {
            return;
        }

        room.Demand();
        var delivery = new Delivery(workspace, Storable(lines));
        var waiting = Interlocked.Add(ref _waiting, delivery.Bytes);
        if ((waiting > MostWaiting && waiting > delivery.Bytes) || !_queue.Writer.TryWrite(delivery))
        {
            Interlocked.Add(ref _waiting, -delivery.Bytes);
            throw new StoreUnavailableException("Too many log lines are waiting for the store.");
        }

        await delivery.Done.Task.WaitAsync(ct);
    }

    public override Task StopAsync(CancellationToken cancellationToken)
    {
        // What was accepted into the queue is still stored and answered.
        _queue.Writer.TryComplete();
        return base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var writing = Task.CompletedTask;
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            var gathered = Gather();

            // The next commit is packed while this one is on its way to the disk.
            var packed = await PackAsync(gathered);
            await writing;
            writing = WriteAsync(gathered, packed);
            if (!_queue.Reader.TryPeek(out _))
            {
                await writing;
            }
        }

        await writing;
    }

    private List<Delivery> Gather()
    {
        List<Delivery> gathered = [];
        var bytes = 0L;
        while (bytes < MostGathered && _queue.Reader.TryRead(out var delivery))
        {
            gathered.Add(delivery);
            bytes += delivery.Bytes;
        }

        return gathered;
    }

    /// <returns>Null: it could not be packed, and whoever waits knows.</returns>
    private async Task<Packed?> PackAsync(List<Delivery> gathered)
    {
        Packed? packed = null;
        await GuardAsync(gathered, async () =>
        {
            var batch = new LogBatch();
            foreach (var delivery in gathered)
            {
                batch.Add(delivery.Workspace, delivery.Lines, await MinerAsync(delivery.Workspace), tail.IsFollowed(delivery.Workspace));
            }

            packed = new(batch.Blocks(), batch.Rates(), batch.Templates());
        });
        return packed;
    }

    private async Task WriteAsync(List<Delivery> gathered, Packed? packed)
    {
        if (packed is null)
        {
            return;
        }

        long[]? ids = null;
        await GuardAsync(gathered, async () =>
        {
            var now = clock.GetUtcNow();
            ids = await stores.Telemetry.Database.WriteAsync(
                async tx =>
                {
                    var numbers = await stores.Blocks.AddAsync(tx, [.. packed.Blocks.Select(static b => b.Block)], now);
                    await stores.Rates.CountAsync(tx, packed.Rates);
                    await stores.Templates.CountAsync(tx, packed.Templates);
                    return numbers;
                },
                CancellationToken.None);
        });
        if (ids is not null)
        {
            // Followers first: whoever begins to follow after an answer was given is not told again what it was about. What goes wrong from here on must not store lines again.
            Tell(packed.Blocks, ids);
            gathered.ForEach(d => Finish(d).TrySetResult());
        }
    }

    private void Tell(IReadOnlyList<BlockOfLines> blocks, long[] ids)
    {
        try
        {
            tail.Stored(blocks, ids);
        }
#pragma warning disable CA1031 // One of the few places where everything is caught: the lines are stored, and whoever follows them must not end the loop that stores.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.TailMissed(blocks.Count, e);
        }
    }

    private async Task GuardAsync(List<Delivery> gathered, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (StoreUnavailableException e)
        {
            Fail(gathered, e);
        }
#pragma warning disable CA1031 // One of the few places where everything is caught: lines that meet a bug must not take those beside them down, nor end the loop.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.LogBatchBroke(gathered.Count, e);
            await ApartAsync(gathered, e);
        }
    }

    /// <summary>Each by itself, so that only the one at fault is refused.</summary>
    private async Task ApartAsync(List<Delivery> gathered, Exception bug)
    {
        if (gathered.Count == 1)
        {
            Fail(gathered, bug);
            return;
        }

        foreach (var delivery in gathered)
        {
            await WriteAsync([delivery], await PackAsync([delivery]));
        }
    }

    private void Fail(List<Delivery> gathered, Exception e)
    {
        foreach (var delivery in gathered)
        {
            Finish(delivery).TrySetException(e);
        }
    }

    private TaskCompletionSource Finish(Delivery delivery)
    {
        Interlocked.Add(ref _waiting, -delivery.Bytes);
        return delivery.Done;
    }

    /// <summary>What this node has learnt of a workspace's lines, and now and then what others have.</summary>
    private async ValueTask<TemplateMiner> MinerAsync(long workspace)
    {
        var now = clock.GetUtcNow();
        if (!_miners.TryGetValue(workspace, out var learnt) || now - learnt.BegunAt >= _anew)
        {
            foreach (var old in _miners.Where(m => now - m.Value.BegunAt >= _anew).ToArray())
            {
                _miners.Remove(old.Key);
            }

            _miners[workspace] = learnt = new(new(), now);
        }

        if (learnt.ReadAt is null || (stores.Telemetry.Database.Dialect.IsPostgres && now - learnt.ReadAt >= _relearn))
        {
            foreach (var stored in await stores.Telemetry.Database.ReadAsync(session => stores.Templates.LoadAsync(session, workspace), CancellationToken.None))
            {
                learnt.Miner.Add(stored);
            }

            learnt.ReadAt = now;
        }

        return learnt.Miner;
    }

    private static IReadOnlyList<LogLine> Storable(IReadOnlyList<LogLine> lines)
    {
        LogLine[]? clean = null;
        for (var i = 0; i < lines.Count; i++)
        {
            if (Storable(lines[i]) is var line && !ReferenceEquals(line, lines[i]))
            {
                clean ??= [.. lines];
                clean[i] = line;
            }
        }

        return clean ?? lines;
    }

    private static LogLine Storable(LogLine line)
    {
        var (message, attributes) = (StorableText.Of(line.Message), StorableText.Of(line.Attributes));
        var (service, source, environment) = (StorableText.Of(line.Service), StorableText.Of(line.Source), StorableText.Of(line.Environment));
        var (trace, span) = (StorableText.Of(line.TraceId), StorableText.Of(line.SpanId));
        return ReferenceEquals(message, line.Message) && ReferenceEquals(attributes, line.Attributes) && ReferenceEquals(service, line.Service)
            && ReferenceEquals(source, line.Source) && ReferenceEquals(environment, line.Environment) && ReferenceEquals(trace, line.TraceId) && ReferenceEquals(span, line.SpanId)
            ? line
            : line with { Message = message, Attributes = attributes, Service = service, Source = source, Environment = environment, TraceId = trace, SpanId = span };
    }

    private sealed record Packed(IReadOnlyList<BlockOfLines> Blocks, IReadOnlyList<RateCount> Rates, IReadOnlyList<TemplateUse> Templates);

    private sealed class Learnt(TemplateMiner miner, DateTimeOffset begunAt)
    {
        public TemplateMiner Miner => miner;

        public DateTimeOffset BegunAt => begunAt;

        public DateTimeOffset? ReadAt { get; set; }
    }

    private sealed class Delivery(long workspace, IReadOnlyList<LogLine> lines)
    {
        public long Workspace => workspace;

        public IReadOnlyList<LogLine> Lines => lines;

        public long Bytes { get; } = lines.Sum(static l => BytesPerLine + (2L * (l.Message.Length + l.Attributes.Length)));

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
