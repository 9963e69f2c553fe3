using System.Diagnostics.Metrics;

namespace Tocsin.Sdk.Telemetry;

/// <summary>
/// Entries of one kind on their way to the server: a bounded queue, and one task that empties it. <see cref="Add"/> neither waits nor throws.
/// </summary>
internal sealed class OtlpPipe : IAsyncDisposable
{
    // Of one request that the server answers, and not well: about a minute.
    private const int MostFailures = 6;
    private const int MostRequestBytes = 4 * 1024 * 1024;

    private static readonly Meter _meter = new("Tocsin.Sdk");
    private static readonly Counter<long> _counted = _meter.CreateCounter<long>(
        "tocsin.sdk.entries", description: "Entries by what became of them: accepted, dropped, refused, rejected or unsent.");
    private static readonly AsyncLocal<bool> _isSending = new();

    private readonly Lock _lock = new();
    private readonly Queue<OtlpEntry> _waiting = new();
    private readonly TocsinTelemetryOptions _options;
    private readonly OtlpSender _sender;
    private readonly string _signal;
    private readonly byte[] _resource;
    private readonly Action<string> _say;
    private readonly TimeProvider _time;
    private readonly HashSet<string> _said = new(StringComparer.Ordinal);
    private readonly ProtoWriter _writer = new();
    private readonly CancellationTokenSource _closing = new();
    private readonly CancellationTokenSource _abort = new();
    private Task? _pump;
    private TaskCompletionSource _wake = Signal();
    private TaskCompletionSource _progress = Signal();
    private long _bytes;
    private long _given;
    private long _done;
    private long _flushTo;
    private long _lostTold;
    private TelemetryStats _stats = new();
    private long? _lastSent;
    private bool _isClosing;
    private bool _isClosed;

    public OtlpPipe(TocsinTelemetryOptions options, OtlpSender sender, string signal, byte[] resource, Action<string> say, TimeProvider time) =>
        (_options, _sender, _signal, _resource, _say, _time) = (options, sender, signal, resource, say, time);

    /// <summary>Whether what runs here is the sending itself, so that nothing of it may be sent.</summary>
    public static bool IsSending => _isSending.Value;

    public TelemetryStats Stats
    {
        get
        {
            lock (_lock)
            {
                return _stats with { Waiting = _given - _done };
            }
        }
    }

    private int BatchSize => Math.Min(_options.BatchSize, _options.QueueLimit);

    public void Add(OtlpEntry entry)
    {
        lock (_lock)
        {
            _given++;
            if (_isClosed)
            {
                Note(1, "unsent", static (stats, count) => stats with { Unsent = stats.Unsent + count });
                return;
            }

            _waiting.Enqueue(entry);
            _bytes += entry.Message.Length;
            while (_waiting.Count > _options.QueueLimit || (_bytes > _options.QueueLimitBytes && _waiting.Count > 1))
            {
                _bytes -= _waiting.Dequeue().Message.Length;
                Note(1, "dropped", static (stats, count) => stats with { Dropped = stats.Dropped + count });
            }

            if (_waiting.Count == 1 || _waiting.Count >= BatchSize)
            {
                _wake.TrySetResult();
            }

            if (!_isClosing)
            {
                _pump ??= StartPump();
            }
        }
    }

    /// <summary>Sends what waits.</summary>
    /// <returns>Once the server has all that was given before: true; false when something was lost since the last call.</returns>
    public async Task<bool> FlushAsync(CancellationToken ct)
    {
        long target;
        lock (_lock)
        {
            target = _given;
            _flushTo = Math.Max(_flushTo, target);
            _wake.TrySetResult();
        }

        while (true)
        {
            Task progress;
            lock (_lock)
            {
                if (_done >= target)
                {
                    var lost = _stats.Lost;
                    var isComplete = lost == _lostTold;
                    _lostTold = lost;
                    return isComplete;
                }

                progress = _progress.Task;
            }

            await progress.WaitAsync(ct);
        }
    }

    /// <summary>Sends what waits, for as long as the options allow. What is left then is counted as unsent.</summary>
    public async ValueTask DisposeAsync()
    {
        Task? pump;
        lock (_lock)
        {
            if (_isClosing)
            {
                return;
            }

            _isClosing = true;
            pump = _pump;
        }

        await _closing.CancelAsync();
        lock (_lock)
        {
            _wake.TrySetResult();
        }

        if (pump is not null)
        {
            using var deadline = new CancellationTokenSource(_options.ShutdownTimeout, _time);
            await using (deadline.Token.Register(_abort.Cancel))
            {
                await pump;
            }
        }

        long unsent;
        lock (_lock)
        {
            _isClosed = true;
            unsent = _given - _done;
            Note(unsent, "unsent", static (stats, count) => stats with { Unsent = stats.Unsent + count });
            _waiting.Clear();
        }

        if (unsent > 0)
        {
            _say($"{unsent} {_signal} were not sent to {_options.Address} before the end.");
        }

        _closing.Dispose();
        _abort.Dispose();
    }

    private static TaskCompletionSource Signal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // On the pool, so that no thread of the program, such as that of a window, is waited for; and without what flows along where the first entry was made.
    private Task StartPump()
    {
        var flow = ExecutionContext.IsFlowSuppressed() ? default(AsyncFlowControl?) : ExecutionContext.SuppressFlow();
        var pump = Task.Run(PumpAsync, CancellationToken.None);
        flow?.Dispose();
        return pump;
    }

    private async Task PumpAsync()
    {
        _isSending.Value = true;
        while (await NextAsync() is { Count: > 0 } batch)
        {
            if (Stats.Dropped is > 0 and var dropped)
            {
                SayOnce("dropped", $"More {_signal} come than {_options.Address} takes: {dropped} of the oldest are lost. Later losses are only counted.");
            }

            await DeliverAsync(batch, 0);
            _lastSent = _time.GetTimestamp();
            if (_abort.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Waits until a batch is full, its time has come, somebody flushes, or the end begins.</summary>
    /// <returns>Nothing, when the end has come.</returns>
    private async Task<List<OtlpEntry>> NextAsync()
    {
        while (true)
        {
            Task woken;
            TimeSpan? wait = null;
            lock (_lock)
            {
                var sinceLast = _lastSent is { } last ? _time.GetElapsedTime(last) : TimeSpan.MaxValue;
                if (_isClosing
                    || (_waiting.Count > 0 && (_waiting.Count >= BatchSize || _done < _flushTo || sinceLast >= _options.FlushInterval)))
                {
                    return Take();
                }

                if (_waiting.Count > 0)
                {
                    wait = _options.FlushInterval - sinceLast;
                }

                if (_wake.Task.IsCompleted)
                {
                    _wake = Signal();
                }

                woken = _wake.Task;
            }

            if (wait is not { } left)
            {
                await woken;
                continue;
            }

            using var cut = new CancellationTokenSource();
            await Task.WhenAny(woken, Task.Delay(left, _time, cut.Token));
            await cut.CancelAsync();
        }
    }

    private List<OtlpEntry> Take()
    {
        List<OtlpEntry> batch = [];
        for (var size = 0; _waiting.Count > 0 && batch.Count < BatchSize && size < MostRequestBytes; size += batch[^1].Message.Length)
        {
            batch.Add(_waiting.Dequeue());
            _bytes -= batch[^1].Message.Length;
        }

        return batch;
    }

    /// <summary>Comes back when the entries are with the server, or lost and counted, or no time is left.</summary>
    private async Task DeliverAsync(List<OtlpEntry> batch, int failures)
    {
        for (var attempt = 1; !_abort.IsCancellationRequested; attempt++)
        {
            var answer = await _sender.SendAsync($"v1/{_signal}", OtlpBatch.Write(_writer, _resource, batch).ToArray(), _abort.Token);
            if (answer.Verdict == OtlpVerdict.Accepted)
            {
                Settle(batch.Count, answer);
                return;
            }

            if (answer.Verdict == OtlpVerdict.TooLarge && batch.Count > 1)
            {
                await DeliverAsync(batch[..(batch.Count / 2)], failures);
                await DeliverAsync(batch[(batch.Count / 2)..], failures);
                return;
            }

            failures += answer.Verdict == OtlpVerdict.Failed ? 1 : 0;
            if (answer.Verdict is OtlpVerdict.Refused or OtlpVerdict.TooLarge || failures >= MostFailures)
            {
                Count(batch.Count, "refused", static (stats, count) => stats with { Refused = stats.Refused + count });
                SayOnce("refused", $"{batch.Count} {_signal} are lost: {answer.Says}. Later losses are only counted.");
                return;
            }

            if (!_abort.IsCancellationRequested)
            {
                SayOnce("away", $"{_signal} wait: {answer.Says}. They are sent when that is over.");
                await PauseAsync(attempt, answer.RetryAfter);
            }
        }
    }

    private async Task PauseAsync(int attempt, TimeSpan? asked)
    {
        var pause = OtlpAnswer.Pause(attempt, asked, _options.FirstRetryDelay, _options.LongestRetryDelay, Random.Shared.NextDouble());
        var isEnding = _closing.IsCancellationRequested;
        if (isEnding && pause > _options.ShutdownTimeout)
        {
            await _abort.CancelAsync();
            return;
        }

        try
        {
            // The end cuts a pause of our own short, for one more attempt; one that the server asked for, it does not.
            await Task.Delay(pause, _time, isEnding || asked is not null ? _abort.Token : _closing.Token);
        }
        catch (OperationCanceledException) when (_closing.IsCancellationRequested)
        {
            return;
        }
    }

    private void Settle(int count, OtlpAnswer answer)
    {
        var rejected = Math.Clamp(answer.Rejected, 0, count);
        Count(count - rejected, "accepted", static (stats, count) => stats with { Accepted = stats.Accepted + count });
        _said.Remove("away");
        if (rejected > 0)
        {
            Count(rejected, "rejected", static (stats, count) => stats with { Rejected = stats.Rejected + count });
        }

        if (rejected > 0 || answer.Says.Length > 0)
        {
            SayOnce("rejected", $"The server left out {rejected} of {count} {_signal}: {answer.Says}. Later ones are only counted.");
        }
    }

    private void Count(long count, string outcome, Func<TelemetryStats, long, TelemetryStats> add)
    {
        lock (_lock)
        {
            Note(count, outcome, add);
        }
    }

    private void Note(long count, string outcome, Func<TelemetryStats, long, TelemetryStats> add)
    {
        if (count == 0)
        {
            return;
        }

        _stats = add(_stats, count);
        _done += count;
        _counted.Add(count, new("signal", _signal), new("outcome", outcome));
        var progress = _progress;
        _progress = Signal();
        progress.TrySetResult();
    }

    private void SayOnce(string kind, string words)
    {
        if (_said.Add(kind))
        {
            _say(words);
        }
    }
}
