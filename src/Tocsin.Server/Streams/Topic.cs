using System.Diagnostics.CodeAnalysis;

namespace Tocsin.Streams;

/// <summary>What a look at a topic found.</summary>
internal enum Look
{
    /// <summary>Bytes that the reader did not have.</summary>
    News,

    /// <summary>Nothing new; wait.</summary>
    Nothing,

    /// <summary>The window begins after what the reader has; the log has the rest.</summary>
    Behind,

    /// <summary>Nothing will come any more.</summary>
    Ended,
}

/// <summary>How far one reader of a topic is.</summary>
/// <param name="Position">In the topic's bytes since it began.</param>
/// <param name="Seq">Every event up to this one was given to the reader, or is not for him.</param>
/// <param name="Skips">Events up to <see cref="Seq"/> may still come and are to be left out: the reader was ahead when he joined.</param>
internal record struct TopicCursor(long Position, long Seq, bool Skips);

/// <summary>
/// The newest events of one workspace that pass one filter, as bytes that are ready to be sent: made once, read by any number. Holds at most a window of
/// them; a reader is a position, so one who stands still holds nothing.
/// </summary>
/// <param name="seq">Events after this one are added, in order.</param>
internal sealed class Topic(CompiledFilter filter, StreamForm form, long seq, int windowBytes)
{
    private const int SmallestChunk = 4 * 1024;
    private const int LargestChunk = 64 * 1024;

    private readonly Lock _gate = new();
    private readonly List<Chunk> _chunks = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _bytes;
    private long _end;
    private long _seq = seq;
    private long _oldest = seq;
    private bool _ended;
    private bool _news;

    public CompiledFilter Filter => filter;

    public StreamForm Form => form;

    /// <summary>Who follows it now; kept by whoever lets them in.</summary>
    public int Readers { get; set; }

    /// <summary>When bytes were last added; kept by the tail.</summary>
    public DateTimeOffset LastAt { get; set; }

    /// <summary>All events after this one are here.</summary>
    public long Oldest
    {
        get
        {
            lock (_gate)
            {
                return _oldest;
            }
        }
    }

    /// <summary>Adds an event. Readers are told by <see cref="Publish"/>.</summary>
    public void Add(long eventSeq, ReadOnlySpan<byte> frame)
    {
        lock (_gate)
        {
            var chunk = Room(frame.Length);
            chunk.Marks.Add((eventSeq, chunk.Length));
            Write(chunk, frame);
            _seq = eventSeq;
        }
    }

    public void AddHeartbeat()
    {
        lock (_gate)
        {
            var frame = StreamFrames.Heartbeat(form, _seq);
            Write(Room(frame.Length), frame);
        }
    }

    /// <summary>Tells the readers what was added.</summary>
    /// <param name="through">Every event up to this one was added, or is not for this topic.</param>
    /// <returns>Whether there was anything to tell.</returns>
    public bool Publish(long through)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _seq = through;
            if (!_news)
            {
                return false;
            }

            _news = false;
            changed = _changed;
            _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
        return true;
    }

    /// <summary>Lets all readers go once they have what is here.</summary>
    public void End()
    {
        lock (_gate)
        {
            _ended = true;
        }

        _changed.TrySetResult();
    }

    /// <summary>Begins to read after an event, if nothing after it is missing here.</summary>
    public bool TryJoin(long after, out TopicCursor cursor)
    {
        lock (_gate)
        {
            cursor = after >= _seq ? new(_end, after, Skips: after > _seq) : new(PositionAfter(after), after, Skips: false);
            return after >= _oldest;
        }
    }

    /// <summary>Takes the next bytes, whole events, at most one chunk of them.</summary>
    /// <param name="changed">Completes when there may be more; only when nothing is there now.</param>
    public Look TryRead(ref TopicCursor cursor, out ReadOnlyMemory<byte> bytes, [NotNull] out Task? changed)
    {
        lock (_gate)
        {
            changed = _changed.Task;
            bytes = default;
            if (cursor.Skips)
            {
                if (cursor.Seq < _oldest)
                {
                    // While he waited for it to come up with him, it went past him and let go of what he lacks.
                    return Look.Behind;
                }

                cursor = new(PositionAfter(cursor.Seq), cursor.Seq, Skips: cursor.Seq > _seq);
            }

            if (cursor.Position < Start)
            {
                return Look.Behind;
            }

            if (cursor.Position == _end)
            {
                cursor.Seq = Math.Max(cursor.Seq, _seq);
                return _ended ? Look.Ended : Look.Nothing;
            }

            var at = _chunks.Count - 1;
            while (_chunks[at].Start > cursor.Position)
            {
                at--;
            }

            var chunk = _chunks[at];
            bytes = chunk.Bytes.AsMemory((int)(cursor.Position - chunk.Start)..chunk.Length);
            cursor.Position += bytes.Length;
            cursor.Seq = Math.Max(cursor.Seq, at == _chunks.Count - 1 ? _seq : chunk.LastSeq);
            return Look.News;
        }
    }

    private long Start => _chunks.Count > 0 ? _chunks[0].Start : _end;

    /// <summary>Where the first event after this one begins; the end when there is none yet.</summary>
    private long PositionAfter(long after)
    {
        // Most look for what just came.
        for (var i = _chunks.Count - 1; i >= 0; i--)
        {
            var chunk = _chunks[i];
            if (i > 0 && _chunks[i - 1].LastSeq > after)
            {
                continue;
            }

            foreach (var (markSeq, start) in chunk.Marks)
            {
                if (markSeq > after)
                {
                    return chunk.Start + start;
                }
            }
        }

        return _end;
    }

    private Chunk Room(int length)
    {
        if (_chunks.Count > 0 && _chunks[^1] is var last && last.Bytes.Length - last.Length >= length)
        {
            return last;
        }

        if (_chunks.Count > 0)
        {
            _chunks[^1].LastSeq = _seq;
        }

        var size = Math.Max(length, _chunks.Count > 0 ? Math.Min(LargestChunk, _chunks[^1].Bytes.Length * 2) : SmallestChunk);
        var chunk = new Chunk(new byte[size], _end);
        _chunks.Add(chunk);
        _bytes += size;
        while (_bytes > windowBytes && _chunks.Count > 1)
        {
            _bytes -= _chunks[0].Bytes.Length;
            _oldest = _chunks[0].LastSeq;
            _chunks.RemoveAt(0);
        }

        return chunk;
    }

    private void Write(Chunk chunk, ReadOnlySpan<byte> frame)
    {
        frame.CopyTo(chunk.Bytes.AsSpan(chunk.Length));
        chunk.Length += frame.Length;
        _end += frame.Length;
        _news = true;
    }

    /// <summary>A piece of the window. Bytes are only ever added, so a reader needs no lock for those he was given.</summary>
    private sealed class Chunk(byte[] bytes, long start)
    {
        public byte[] Bytes => bytes;

        public long Start => start;

        public int Length { get; set; }

        /// <summary>Once the next chunk has begun: every event up to this one is here or before.</summary>
        public long LastSeq { get; set; }

        /// <summary>Where each event begins.</summary>
        public List<(long Seq, int Start)> Marks { get; } = [];
    }
}
