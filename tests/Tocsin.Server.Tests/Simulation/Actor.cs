namespace Tocsin.Tests.Simulation;

/// <summary>
/// Whoever runs code in a simulation: each continuation and timer of its code is a step of the world. Killed, none of its code
/// runs again, wherever it was; frozen, its code waits, wherever it was, while time goes on.
/// </summary>
internal sealed class Actor(World world, string name) : SynchronizationContext
{
    public string Name => name;

    public World World => world;

    public bool IsDead { get; private set; }

    /// <summary>In true time.</summary>
    public DateTimeOffset FrozenUntil { get; private set; }

    public bool IsFrozen => FrozenUntil > world.TrueNow;

    public void Kill() => IsDead = true;

    public void Freeze(TimeSpan time) => FrozenUntil = world.TrueNow + time > FrozenUntil ? world.TrueNow + time : FrozenUntil;

    public override void Post(SendOrPostCallback d, object? state) => world.Schedule(TimeSpan.Zero, this, d, state);

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException("Nothing blocks in a simulation.");

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Runs code as this actor, beginning with a step of its own.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        var done = new TaskCompletionSource<T>();
        world.Schedule(TimeSpan.Zero, this, _ => _ = CarryOutAsync(work, done));
        return done.Task;
    }

    private static async Task CarryOutAsync<T>(Func<Task<T>> work, TaskCompletionSource<T> done)
    {
        try
        {
            done.SetResult(await work());
        }
#pragma warning disable CA1031 // It goes to whoever asked.
        catch (Exception e)
#pragma warning restore CA1031
        {
            done.SetException(e);
        }
    }

    public Task RunAsync(Func<Task> work) => RunAsync(async () =>
    {
        await work();
        return true;
    });

    /// <summary>Completes after a time, as a step of this actor.</summary>
    public Task WaitAsync(TimeSpan time)
    {
        var done = new TaskCompletionSource();
        world.Schedule(time, this, _ => done.TrySetResult());
        return done.Task;
    }
}

/// <summary>The clocks of the machine that an actor runs on: a wall clock, ahead or behind by a little, a true monotonic one, and timers that are steps of the actor.</summary>
internal sealed class MachineClock(Actor actor, TimeSpan ahead) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => actor.World.TrueNow + actor.World.WallAhead + ahead;

    public override long GetTimestamp() => actor.World.TrueNow.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ActorTimer(actor, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ActorTimer(Actor actor, TimerCallback callback, object? state) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var version = ++_version;
            if (dueTime >= TimeSpan.Zero)
            {
                actor.World.Schedule(dueTime, actor, _ => Fire(version, period));
            }

            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(int version, TimeSpan period)
        {
            if (version != _version)
            {
                return;
            }

            callback(state);
            if (version == _version && period > TimeSpan.Zero)
            {
                Change(period, period);
            }
        }
    }
}
