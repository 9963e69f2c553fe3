namespace Tocsin.Tests;

/// <summary>A clock that moves only when a test moves it. Starts on 2026-01-05, a Monday, at 09:00 UTC.</summary>
internal sealed class VirtualClock : TimeProvider
{
    public static readonly DateTimeOffset Start = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);

    private long _ticks = Start.UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public DateTimeOffset Now => new(Volatile.Read(ref _ticks), TimeSpan.Zero);

    /// <summary>Time since the start.</summary>
    public TimeSpan Elapsed => Now - Start;

    public override DateTimeOffset GetUtcNow() => Now;

    public override long GetTimestamp() => Volatile.Read(ref _ticks);

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    /// <summary>Moves on to an instant; one that is past already changes nothing.</summary>
    public void AdvanceTo(DateTimeOffset instant) => Volatile.Write(ref _ticks, Math.Max(_ticks, instant.UtcTicks));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        throw new NotSupportedException("What waits is tested in the simulator, which has a clock with timers.");
}
