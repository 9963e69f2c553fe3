using System.Collections.Concurrent;
using System.Threading.Channels;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>A line that was just stored.</summary>
/// <param name="Missed">So many lines after it were left out, since they came faster than they were taken.</param>
internal readonly record struct TailedLine(FoundLine Line, long Missed);

/// <summary>Hands lines on as they are stored, to whoever follows them.</summary>
internal sealed class LogTail
{
    private const int MostWaiting = 2_000;
    private const int MostOwn = 20_000;

    private readonly ConcurrentDictionary<LogFollower, bool> _followers = [];
    private readonly ConcurrentDictionary<long, bool> _own = [];
    private readonly Lock _polls = new();
    private readonly List<TaskCompletionSource> _askedBefore = [];
    private readonly List<TaskCompletionSource> _asked = [];
    private long _handedOut;
    private long _settled = -1;

    /// <summary>The last commit of this node whose lines its followers were given.</summary>
    public long HandedOut => Interlocked.Read(ref _handedOut);

    /// <summary>With several nodes: up to this commit everything was told to whoever follows for long enough; null: not known yet.</summary>
    public long? Settled => Interlocked.Read(ref _settled) is >= 0 and var settled ? settled : null;

    public bool IsFollowed() => !_followers.IsEmpty;

    /// <summary>Whether this node stored the block, lately.</summary>
    public bool IsOwn(long block) => _own.ContainsKey(block);

    public bool IsFollowed(long workspace) => !_followers.IsEmpty && _followers.Keys.Any(f => f.Workspace == workspace);

    /// <summary>Gathers lines stored from now on, in the order in which they were stored; their time does not count. Whoever takes them too slowly misses some, and is told how many.</summary>
    public LogFollower Follow(long workspace, LineFilter filter)
    {
        var follower = new LogFollower(workspace, filter, MostWaiting, left => _followers.TryRemove(left, out _));
        _followers[follower] = true;
        return follower;
    }

    /// <summary>Ends when other nodes' commits were looked for by a turn that began after this was asked: from then on none is overlooked.</summary>
    public Task PolledAsync(CancellationToken ct)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_polls)
        {
            _asked.Add(done);
        }

        return done.Task.WaitAsync(ct);
    }

    /// <summary>A turn of looking for other nodes' commits begins. One that met a fault never ends; whoever waits for it waits for this one.</summary>
    public void PollBegins()
    {
        lock (_polls)
        {
            _askedBefore.AddRange(_asked);
            _asked.Clear();
        }
    }

    /// <param name="settled">What <see cref="Settled"/> is now; null: not known.</param>
    public void PollEnds(long? settled)
    {
        Interlocked.Exchange(ref _settled, settled ?? -1);
        lock (_polls)
        {
            _askedBefore.ForEach(static asked => asked.TrySetResult());
            _askedBefore.Clear();
        }
    }

    /// <summary>Says that blocks were committed on this node.</summary>
    /// <param name="ids">The blocks' numbers.</param>
    public void Stored(IReadOnlyList<BlockOfLines> blocks, long[] ids)
    {
        if (_own.Count > MostOwn)
        {
            _own.Clear();
        }

        foreach (var id in ids)
        {
            _own[id] = true;
        }

        for (var b = 0; b < blocks.Count && IsFollowed(); b++)
        {
            if (blocks[b].Lines.Count == 0 && IsFollowed(blocks[b].Block.Workspace))
            {
                // Somebody came after it was packed.
                using var block = new LogBlock(blocks[b].Block.Body);
                StoredElsewhere(blocks[b].Block.Workspace, ids[b], block);
                continue;
            }

            for (var i = 0; i < blocks[b].Lines.Count; i++)
            {
                var (line, template) = blocks[b].Lines[i];
                Give(blocks[b].Block.Workspace, new(line.At.ToMicros(), ids[b], i), line, template);
            }
        }

        if (ids.Length > 0)
        {
            Interlocked.Exchange(ref _handedOut, ids[^1]);
        }
    }

    /// <summary>Says that another node committed a block.</summary>
    public void StoredElsewhere(long workspace, long id, LogBlock block)
    {
        foreach (var (line, key) in block.Keys(id).Index())
        {
            Give(workspace, key, block.Line(line), block.Template(line));
        }
    }

    private void Give(long workspace, LineKey key, LogLine line, long template)
    {
        FoundLine? found = null;
        foreach (var follower in _followers.Keys)
        {
            if (follower.Workspace == workspace && follower.Wants(line, template))
            {
                follower.Give(found ??= new(key.ToString(), line, template));
            }
        }
    }
}

/// <summary>Somebody who follows lines, until it is disposed.</summary>
internal sealed class LogFollower(long workspace, LineFilter filter, int mostWaiting, Action<LogFollower> leaves) : IDisposable
{
    private readonly Channel<FoundLine> _lines = Channel.CreateBounded<FoundLine>(new BoundedChannelOptions(mostWaiting) { SingleReader = true });
    private long _dropped;
    private Task<bool>? _ready;

    public long Workspace => workspace;

    public bool Wants(LogLine line, long template) => filter.Matches(line, template);

    public void Give(FoundLine line)
    {
        if (!_lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <param name="ct">The same each time.</param>
    /// <returns>False: nothing came for so long.</returns>
    public async Task<bool> WaitAsync(TimeSpan silence, TimeProvider clock, CancellationToken ct)
    {
        _ready ??= _lines.Reader.WaitToReadAsync(ct).AsTask();
        if (!_ready.IsCompleted)
        {
            using var quiet = CancellationTokenSource.CreateLinkedTokenSource(ct);
            await Task.WhenAny(_ready, Task.Delay(silence, clock, quiet.Token));
            await quiet.CancelAsync();
            ct.ThrowIfCancellationRequested();
        }

        if (!_ready.IsCompleted)
        {
            return false;
        }

        var isReady = await _ready;
        _ready = null;
        return isReady;
    }

    public bool TryTake(out TailedLine taken)
    {
        if (!_lines.Reader.TryRead(out var line))
        {
            taken = default;
            return false;
        }

        // What is left out is left out behind what waits.
        taken = new(line, _lines.Reader.Count == 0 ? Interlocked.Exchange(ref _dropped, 0) : 0);
        return true;
    }

    public void Dispose() => leaves(this);
}
