using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
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

    private readonly ConcurrentDictionary<Follower, bool> _followers = [];
    private readonly ConcurrentDictionary<long, bool> _own = [];

    public bool IsFollowed() => !_followers.IsEmpty;

    /// <summary>Whether this node stored the block, lately.</summary>
    public bool IsOwn(long block) => _own.ContainsKey(block);

    public bool IsFollowed(long workspace) => !_followers.IsEmpty && _followers.Keys.Any(f => f.Workspace == workspace);

    /// <summary>Lines stored from now on, in the order in which they were stored; their time does not count. A follower who takes too long misses some, and is told how many.</summary>
    public async IAsyncEnumerable<TailedLine> FollowAsync(long workspace, LogQuery query, [EnumeratorCancellation] CancellationToken ct)
    {
        var follower = new Follower(workspace, new(query));
        _followers[follower] = true;
        try
        {
            while (true)
            {
                yield return await follower.NextAsync(ct);
            }
        }
        finally
        {
            _followers.TryRemove(follower, out _);
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
            for (var i = 0; i < blocks[b].Lines.Count; i++)
            {
                var (line, template) = blocks[b].Lines[i];
                Give(blocks[b].Block.Workspace, new(line.At.ToMicros(), ids[b], i), line, template);
            }
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

    private sealed class Follower(long workspace, LineFilter filter)
    {
        private readonly Channel<FoundLine> _lines = Channel.CreateBounded<FoundLine>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
        private long _dropped;

        public long Workspace => workspace;

        public bool Wants(LogLine line, long template) => filter.Matches(line, template);

        public void Give(FoundLine line)
        {
            if (!_lines.Writer.TryWrite(line))
            {
                Interlocked.Increment(ref _dropped);
            }
        }

        public async ValueTask<TailedLine> NextAsync(CancellationToken ct)
        {
            // What is left out is left out behind what waits.
            var line = await _lines.Reader.ReadAsync(ct);
            return new(line, _lines.Reader.Count == 0 ? Interlocked.Exchange(ref _dropped, 0) : 0);
        }
    }
}
