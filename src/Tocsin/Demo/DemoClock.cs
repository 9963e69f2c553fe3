namespace Tocsin.Demo;

/// <summary>
/// A clock that a story sets while it tells of the past, and that then becomes the ordinary clock. While it is being set, timers never
/// fire: nothing in the past waits for real time.
/// </summary>
internal sealed class DemoClock(DateTimeOffset start) : TimeProvider
{
    private long _ticks = start.UtcTicks;
    private volatile bool _live;

    public override DateTimeOffset GetUtcNow() => _live ? System.GetUtcNow() : new(Volatile.Read(ref _ticks), TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _live ? System.CreateTimer(callback, state, dueTime, period) : new NeverTimer();

    /// <summary>An instant that is past already changes nothing.</summary>
    public void AdvanceTo(DateTimeOffset instant) => Volatile.Write(ref _ticks, Math.Max(_ticks, instant.UtcTicks));

    public void GoLive() => _live = true;

    private sealed class NeverTimer : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => true;

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
