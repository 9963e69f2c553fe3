using System.Buffers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Operations;

namespace Tocsin.Streams;

/// <summary>
/// Serves the log as server-sent events to any number of subscribers. Each event is made into bytes once for all who ask alike; a subscriber is a
/// position in those bytes. Whoever is further behind reads the log itself, until he has caught up.
/// </summary>
internal sealed class LiveStream : IAsyncDisposable
{
    private static readonly TimeSpan _storePause = TimeSpan.FromSeconds(1);

    private readonly Database _database;
    private readonly EventLog _log;
    private readonly ChangeSignal _changes;
    private readonly StreamGuard _guard;
    private readonly StreamOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<LiveStream> _logger;
    private readonly CancellationToken _stopping;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, RunningTail> _tails = [];
    private int _subscribers;

    public LiveStream(
        Database database, EventLog log, ChangeSignal changes, StreamGuard guard, IOptions<StreamOptions> options, TimeProvider clock, IHostApplicationLifetime life, Gauges gauges, ILogger<LiveStream> logger)
    {
        (_database, _log, _changes, _guard, _options, _clock, _logger) = (database, log, changes, guard, options.Value, clock, logger);
        _stopping = life.ApplicationStopping;
        _stopping.Register(Stop);
        gauges.Add("tocsin_stream_subscribers", "Subscribers of the live stream on this node.", () => Subscribers);
    }

    /// <summary>Subscribers of this node now.</summary>
    public int Subscribers => Volatile.Read(ref _subscribers);

    /// <summary>Answers the request with a stream that ends when the subscriber leaves, does not keep up, or this node stops.</summary>
    /// <exception cref="StoreUnavailableException">The store is away; nothing was answered yet.</exception>
    public async Task ServeAsync(HttpContext http, StreamRequest request, CancellationToken ct)
    {
        var filter = CompiledFilter.Of(request.Filter, request.Form);
        if (!filter.Ok)
        {
            await filter.Error.ToProblem().ExecuteAsync(http);
            return;
        }

        if (Interlocked.Increment(ref _subscribers) > _options.MaxSubscribers)
        {
            Interlocked.Decrement(ref _subscribers);
            await Error.Unavailable("This node has as many subscribers as it may have. Try again, or another node.").ToProblem().ExecuteAsync(http);
            return;
        }

        try
        {
            var start = await _database.ReadAsync(session => StartAsync(session, request), ct);
            SetHeaders(http, request.Form);
            if (!http.WantsHeadersOnly())
            {
                await FollowAsync(http, request, filter.Value, start, ct);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _subscribers);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var tail in Running())
        {
            await tail.StopAsync();
        }
    }

    private RunningTail[] Running()
    {
        lock (_gate)
        {
            return [.. _tails.Values];
        }
    }

    private void Stop()
    {
        foreach (var tail in Running())
        {
            tail.Stop();
        }
    }

    /// <summary>Where the subscriber begins, and what he must be told about it.</summary>
    private async Task<Start> StartAsync(Session session, StreamRequest request)
    {
        var last = await _log.LastAsync(session, request.Workspace);
        if (request.From is not { } from)
        {
            return new(last, last, null);
        }

        // A number that was never given comes from before the store was restored.
        var forgotten = await _log.ForgottenAsync(session, request.Workspace);
        return from > last ? new(last, last, await _log.OldestAsync(session, request.Workspace))
            : from < forgotten ? new(forgotten, last, await _log.OldestAsync(session, request.Workspace))
            : new(from, last, null);
    }

    private static void SetHeaders(HttpContext http, StreamForm form)
    {
        var headers = http.Response.Headers;
        headers.ContentType = "text/event-stream; charset=utf-8";
        headers.CacheControl = form == StreamForm.Alerts ? "no-cache" : "no-cache, no-store";
        headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

        // Slow readers are cut by a rule of our own, which knows whether there was anything to read.
        if (http.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
    }

    private async Task FollowAsync(HttpContext http, StreamRequest request, CompiledFilter filter, Start start, CancellationToken ct)
    {
        var key = request.Filter.Key;
        var (tail, topic) = Join(request, key, filter, start.Last);
        var watch = _guard.Enter(http.Request);
        using var until = CancellationTokenSource.CreateLinkedTokenSource(ct, watch.Over.Token);
        try
        {
            await new Subscriber(this, http, request, topic).RunAsync(start, until.Token);
        }
        catch (OperationCanceledException) when (until.IsCancellationRequested || _stopping.IsCancellationRequested)
        {
            // The subscriber left, may hear no more, or this node stops.
        }
        finally
        {
            _guard.Leave(watch);
            Leave(tail, key, topic);
        }
    }

    private (RunningTail Tail, Topic Topic) Join(StreamRequest request, string key, CompiledFilter filter, long last)
    {
        lock (_gate)
        {
            if (_tails.TryGetValue(request.Workspace, out var running) && running.Tail.Join(key, filter, request.Form) is { } topic)
            {
                return (running, topic);
            }

            var tail = new Tail(request.Workspace, last, _database, _log, _changes, _options, _clock, _logger);
            topic = tail.Join(key, filter, request.Form)!;
            _tails[request.Workspace] = running = new(tail);
            if (_stopping.IsCancellationRequested)
            {
                running.Stop();
            }

            return (running, topic);
        }
    }

    private void Leave(RunningTail running, string key, Topic topic)
    {
        lock (_gate)
        {
            if (running.Tail.Leave(key, topic))
            {
                running.Stop();
                if (_tails.TryGetValue(running.Tail.Workspace, out var current) && current == running)
                {
                    _tails.Remove(running.Tail.Workspace);
                }
            }
        }
    }

    /// <param name="From">After which event to begin.</param>
    /// <param name="Last">The newest event when it was looked.</param>
    /// <param name="Oldest">Not null: events that were asked for are gone, and this is the oldest that is not.</param>
    private readonly record struct Start(long From, long Last, long? Oldest);

    private sealed class RunningTail
    {
        private readonly Task _run;

        public RunningTail(Tail tail)
        {
            Tail = tail;
            _run = tail.RunAsync(Stopping.Token);
        }

        public Tail Tail { get; }

        private CancellationTokenSource Stopping { get; } = new();

        public void Stop() => Stopping.Cancel();

        public Task StopAsync()
        {
            Stop();
            return _run;
        }
    }

    private sealed class Subscriber(LiveStream stream, HttpContext http, StreamRequest request, Topic topic)
    {
        private DateTimeOffset _writtenAt;

        public async Task RunAsync(Start start, CancellationToken ct)
        {
            Write(StreamFrames.Retry);
            Write(start.Oldest is { } oldest ? StreamFrames.Reset(start.From, oldest) : StreamFrames.Heartbeat(request.Form, start.From));
            if (!await FlushAsync(ct))
            {
                return;
            }

            var cursor = new TopicCursor(0, start.From, Skips: false);
            DateTimeOffset? deadline = null;
            while (await CatchUpAsync(cursor.Seq, deadline, ct) is { } joined)
            {
                cursor = joined;
                Look look;
                while ((look = topic.TryRead(ref cursor, out var bytes, out var changed)) is Look.News or Look.Nothing)
                {
                    if (look == Look.Nothing)
                    {
                        await changed.WaitAsync(ct);
                        continue;
                    }

                    Write(bytes.Span);
                    if (!await FlushAsync(ct))
                    {
                        return;
                    }
                }

                if (look == Look.Ended)
                {
                    return;
                }

                deadline = stream._clock.GetUtcNow() + stream._options.CatchUp;
            }
        }

        /// <summary>Gives what the log has after an event until the topic goes on from there.</summary>
        /// <param name="deadline">Until when; null: however long it takes.</param>
        /// <returns>Where in the topic; null: the subscriber is gone or cut.</returns>
        private async Task<TopicCursor?> CatchUpAsync(long seq, DateTimeOffset? deadline, CancellationToken ct)
        {
            TopicCursor cursor;
            while (!topic.TryJoin(seq, out cursor))
            {
                if (stream._stopping.IsCancellationRequested)
                {
                    return null;
                }

                if (stream._clock.GetUtcNow() > deadline)
                {
                    stream._logger.SubscriberCut(request.Workspace, "it stayed behind");
                    return null;
                }

                // Read before the log: what was in the topic's past then is in the log now.
                var oldest = topic.Oldest;
                if (await PageAsync(seq, ct) is not var (rows, isFull))
                {
                    await Task.Delay(_storePause, stream._clock, ct);
                    continue;
                }

                seq = isFull ? rows[^1].Seq : Math.Max(rows.Count > 0 ? rows[^1].Seq : seq, oldest);
                if (!await GiveAsync(rows, seq, ct))
                {
                    return null;
                }
            }

            return cursor;
        }

        private async Task<bool> GiveAsync(List<LogRow> rows, long seq, CancellationToken ct)
        {
            var unsent = 0;
            foreach (var row in rows)
            {
                if (topic.Filter.Admits(row))
                {
                    var frame = StreamFrames.Event(row, request.Form);
                    Write(frame);
                    unsent += frame.Length;
                    if (unsent > 32 * 1024)
                    {
                        if (!await FlushAsync(ct))
                        {
                            return false;
                        }

                        unsent = 0;
                    }
                }
            }

            if (unsent == 0 && stream._clock.GetUtcNow() - _writtenAt >= stream._options.Heartbeat)
            {
                Write(StreamFrames.Heartbeat(request.Form, seq));
                unsent = 1;
            }

            return unsent == 0 || await FlushAsync(ct);
        }

        /// <returns>Null: the store is away.</returns>
        private async Task<LogPage?> PageAsync(long seq, CancellationToken ct)
        {
            try
            {
                return await stream._database.ReadAsync(session => stream._log.PageAfterAsync(session, request.Workspace, seq), ct);
            }
            catch (StoreUnavailableException e)
            {
                stream._logger.TailWaits(request.Workspace, e.Message);
                return null;
            }
        }

        private void Write(ReadOnlySpan<byte> bytes) => http.Response.BodyWriter.Write(bytes);

        /// <returns>Whether the subscriber is still there.</returns>
        private async ValueTask<bool> FlushAsync(CancellationToken ct)
        {
            _writtenAt = stream._clock.GetUtcNow();
            var flush = http.Response.BodyWriter.FlushAsync(CancellationToken.None);
            if (flush.IsCompletedSuccessfully)
            {
                return !flush.Result.IsCompleted && !ct.IsCancellationRequested;
            }

            using var until = CancellationTokenSource.CreateLinkedTokenSource(ct, stream._stopping);
            try
            {
                return !(await flush.AsTask().WaitAsync(stream._options.Stall, stream._clock, until.Token)).IsCompleted;
            }
            catch (TimeoutException)
            {
                stream._logger.SubscriberCut(request.Workspace, "it took nothing");
            }
            catch (OperationCanceledException)
            {
                // Whoever does not read cannot be told that it ends.
            }

            http.Abort();
            return false;
        }
    }
}
