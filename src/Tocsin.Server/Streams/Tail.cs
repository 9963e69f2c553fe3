using Microsoft.Extensions.Logging;
using Tocsin.Data;

namespace Tocsin.Streams;

/// <summary>Follows one workspace's log and brings each event, made into bytes once, to every topic that wants it.</summary>
internal sealed class Tail(long workspace, long seq, Database database, EventLog log, ChangeSignal changes, StreamOptions options, TimeProvider clock, ILogger logger)
{
    /// <summary>Commits that raise no signal here, such as those of other nodes, are found within this time.</summary>
    private static readonly TimeSpan _poll = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _longestPause = TimeSpan.FromMilliseconds(25);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Filter, StreamForm Form), Topic> _topics = [];
    private long _seq = seq;
    private bool _ended;

    public long Workspace => workspace;

    /// <summary>The topic for those who ask alike; made when it is the first. Counts one reader more.</summary>
    /// <returns>Null: the tail has ended, and another must be begun.</returns>
    public Topic? Join(string filterKey, CompiledFilter filter, StreamForm form)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return null;
            }

            if (!_topics.TryGetValue((filterKey, form), out var topic))
            {
                topic = new(filter, form, _seq, options.WindowBytes) { LastAt = clock.GetUtcNow() };
                _topics[(filterKey, form)] = topic;
            }

            topic.Readers++;
            return topic;
        }
    }

    /// <returns>Whether nobody is left.</returns>
    public bool Leave(string filterKey, Topic topic)
    {
        lock (_gate)
        {
            if (--topic.Readers == 0)
            {
                _topics.Remove((filterKey, topic.Form));
            }

            _ended |= _topics.Count == 0;
            return _ended;
        }
    }

    /// <summary>Runs until it is stopped. However it ends, its readers are let go: they come again and begin another.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        try
        {
            while (!ct.IsCancellationRequested)
            {
                await TurnAsync(ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // Nobody follows any more, or the node stops.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The edge of a background loop: whatever it was, those who follow must not wait for nothing.
            logger.TailFailed(workspace, e);
        }
        finally
        {
            lock (_gate)
            {
                _ended = true;
                foreach (var topic in _topics.Values)
                {
                    topic.End();
                }
            }
        }
    }

    private async Task TurnAsync(CancellationToken ct)
    {
        // Taken before the log is read, so that nothing between is missed.
        var changed = changes.Next(workspace);
        var (rows, isFull) = await ReadAsync(ct);
        var pause = Take(rows);
        if (isFull)
        {
            return;
        }

        if (rows.Count > 0)
        {
            if (pause > TimeSpan.Zero)
            {
                // Under load, what comes meanwhile goes out in one go to everybody: one write a subscriber instead of many.
                await Task.Delay(pause, clock, ct);
            }

            return;
        }

        await changed.WaitAsync(_poll < options.Heartbeat ? _poll : options.Heartbeat, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<LogPage> ReadAsync(CancellationToken ct)
    {
        try
        {
            return await database.ReadAsync(session => log.PageAfterAsync(session, workspace, _seq), ct);
        }
        catch (StoreUnavailableException e)
        {
            logger.TailWaits(workspace, e.Message);
            return new([], IsFull: false);
        }
    }

    /// <returns>How long to wait for more before it is worth telling everybody again.</returns>
    private TimeSpan Take(List<LogRow> rows)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            Dictionary<(long, StreamForm), byte[]> frames = [];
            var told = 0;
            _seq = rows.Count > 0 ? rows[^1].Seq : _seq;
            foreach (var topic in _topics.Values)
            {
                foreach (var row in rows)
                {
                    if (topic.Filter.Admits(row))
                    {
                        topic.Add(row.Seq, Frame(frames, row, topic.Form));
                        topic.LastAt = now;
                    }
                }

                if (now - topic.LastAt >= options.Heartbeat)
                {
                    topic.AddHeartbeat();
                    topic.LastAt = now;
                }

                told += topic.Publish(_seq) ? topic.Readers : 0;
            }

            // An event that came alone is a sign that few come, and the next is told at once too; several at once are a sign of more.
            var pause = rows.Count > 1 ? TimeSpan.FromMicroseconds(20 * told) : TimeSpan.Zero;
            return pause < _longestPause ? pause : _longestPause;
        }
    }

    private static byte[] Frame(Dictionary<(long, StreamForm), byte[]> frames, LogRow row, StreamForm form)
    {
        if (!frames.TryGetValue((row.Seq, form), out var frame))
        {
            frames[(row.Seq, form)] = frame = StreamFrames.Event(row, form);
        }

        return frame;
    }
}

internal static partial class StreamLog
{
    [LoggerMessage(2501, LogLevel.Warning, "The log of workspace {Workspace} cannot be followed now: {Reason}. Subscribers wait; nothing is lost to them")]
    public static partial void TailWaits(this ILogger logger, long workspace, string reason);

    [LoggerMessage(2502, LogLevel.Error, "Following the log of workspace {Workspace} met a bug; its subscribers are let go and resume")]
    public static partial void TailFailed(this ILogger logger, long workspace, Exception e);

    [LoggerMessage(2503, LogLevel.Information, "A subscriber of workspace {Workspace} could not keep up and was cut: {Reason}. It can resume")]
    public static partial void SubscriberCut(this ILogger logger, long workspace, string reason);
}
