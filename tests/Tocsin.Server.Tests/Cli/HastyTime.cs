namespace Tocsin.Tests.Cli;

/// <summary>Waits up to a length are over at once; longer ones, which guard against silence, never.</summary>
internal sealed class HastyTime : TimeProvider
{
    public TimeSpan Longest { get; init; } = TimeSpan.FromSeconds(30);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        base.CreateTimer(callback, state, dueTime > Longest ? Timeout.InfiniteTimeSpan : dueTime == Timeout.InfiniteTimeSpan ? dueTime : TimeSpan.Zero, period);
}
