using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Tocsin.Sdk.Telemetry;

/// <summary>Listens to the meters of the process, and gives what they measured to the pipe at each interval and at the end.</summary>
internal sealed class MetricReader : IAsyncDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<MeasuredInstrument, byte> _instruments = new();
    private readonly Lock _collecting = new();
    private readonly ProtoWriter _writer = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly TocsinTelemetry _telemetry;
    private readonly Action<string> _say;
    private Task _turning = Task.CompletedTask;
    private bool _hasSaid;

    public MetricReader(TocsinTelemetry telemetry, Action<string> say)
    {
        (_telemetry, _say) = (telemetry, say);
        _listener.InstrumentPublished = Publish;
        _listener.MeasurementsCompleted = (_, state) => Forget((MeasuredInstrument)state!);
        Listen<double>(static value => value);
        Listen<float>(static value => value);
        Listen<decimal>(static value => (double)value);
        Listen<long>(static value => value);
        Listen<int>(static value => value);
        Listen<short>(static value => value);
        Listen<byte>(static value => value);
    }

    public void Start()
    {
        _listener.Start();
        _turning = Task.Run(TurnAsync, CancellationToken.None);
    }

    /// <summary>Reads all instruments, and hands over what they hold.</summary>
    public void Collect()
    {
        lock (_collecting)
        {
            foreach (var instrument in _instruments.Keys)
            {
                instrument.BeginObserving();
            }

            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (AggregateException e)
            {
                // The others were observed all the same.
                if (!_hasSaid)
                {
                    _hasSaid = true;
                    _say($"An observable instrument failed: {e.InnerExceptions[0].Message}. It is asked again, and not told of again.");
                }
            }

            var now = Nanoseconds();
            foreach (var instrument in _instruments.Keys)
            {
                Send(instrument, now);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
        {
            return;
        }

        await _stop.CancelAsync();
        await _turning;
        Collect();
        _listener.Dispose();
        _stop.Dispose();
    }

    private static bool Matches(string pattern, string meter) =>
        pattern.EndsWith('*') ? meter.StartsWith(pattern[..^1], StringComparison.OrdinalIgnoreCase) : string.Equals(pattern, meter, StringComparison.OrdinalIgnoreCase);

    private void Publish(Instrument instrument, MeterListener listener)
    {
        var wanted = _telemetry.Options.Meters;
        if (wanted.Count == 0 || wanted.Any(pattern => Matches(pattern, instrument.Meter.Name)))
        {
            var measured = new MeasuredInstrument(instrument, _telemetry.Options.SeriesLimit, Nanoseconds());
            _instruments.TryAdd(measured, 0);
            listener.EnableMeasurementEvents(instrument, measured);
        }
    }

    private void Send(MeasuredInstrument instrument, ulong now)
    {
        if (instrument.Write(_writer, now) is { } metric)
        {
            _telemetry.Metrics.Add(new(instrument.Meter, metric));
        }
    }

    /// <summary>A meter ended before the process: what it measured since the last interval is told of now.</summary>
    private void Forget(MeasuredInstrument instrument)
    {
        lock (_collecting)
        {
            if (_instruments.TryRemove(instrument, out _) && !_stop.IsCancellationRequested)
            {
                Send(instrument, Nanoseconds());
            }
        }
    }

    private void Listen<T>(Func<T, double> asNumber)
        where T : struct =>
        _listener.SetMeasurementEventCallback<T>((_, value, tags, state) => ((MeasuredInstrument)state!).Take(asNumber(value), tags));

    private async Task TurnAsync()
    {
        try
        {
            using var timer = new PeriodicTimer(_telemetry.Options.MetricInterval, _telemetry.Time);
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                Collect();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return;
        }
    }

    private ulong Nanoseconds() => (ulong)(_telemetry.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
}
