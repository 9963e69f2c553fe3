using System.Runtime.ExceptionServices;
using Tocsin.Hosting;

namespace Tocsin.Tests.Simulation;

/// <summary>
/// Virtual time, chance and the one thread of a simulation. Everything that happens is a step in a queue ordered by time; what
/// happens at the same instant comes in an order drawn from the seed. Nothing else decides, so a seed always tells the same story.
/// </summary>
internal sealed class World
{
    private const long MostSteps = 3_000_000;

    private readonly PriorityQueue<Step, (long At, long Order)> _steps = new();
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<string> _trace = [];
    private readonly long _start = VirtualClock.Start.UtcTicks;
    private readonly SteadyClock _steady;
    private ExceptionDispatchInfo? _failure;
    private long _now = VirtualClock.Start.UtcTicks;

    public World(int seed)
    {
        Seed = seed;
        Random = new(seed);
        Outside = new(this, "world");
        _steady = new(new MachineClock(Outside, TimeSpan.Zero));
    }

    public int Seed { get; }

    public Random Random { get; }

    /// <summary>Where everything lives that is no node: senders, people, faults.</summary>
    public Actor Outside { get; }

    /// <summary>
    /// What a node's clock says that was never away: it runs by true time and leans towards a wall clock that is stepped now and then.
    /// All instants of the simulation are of this clock, as all that nodes store is.
    /// </summary>
    public DateTimeOffset Now => _steady.GetUtcNow();

    /// <summary>Time that passed, whatever clocks say.</summary>
    public TimeSpan Elapsed => new(_now - _start);

    /// <summary>True time, which nobody in the simulation knows.</summary>
    public DateTimeOffset TrueNow => new(_now, TimeSpan.Zero);

    /// <summary>How far the wall clock that all follow is from true time.</summary>
    public TimeSpan WallAhead { get; private set; }

    public DateTimeOffset LastStepAt { get; private set; } = VirtualClock.Start.AddDays(-1);

    public void StepWall(TimeSpan by)
    {
        Say("world", $"steps the wall clock by {by.TotalSeconds:0} s");
        WallAhead += by;
        LastStepAt = TrueNow;
    }

    /// <summary>Keeps the clock of the simulation as nodes keep theirs.</summary>
    public void KeepTime(TimeSpan every) => Watch(Outside.RunAsync(async () =>
    {
        while (true)
        {
            _steady.Follow(_steady.WallNow, every);
            await Outside.WaitAsync(every);
        }
    }), Outside);

    public IReadOnlyList<string> Trace => _trace;

    public long StepsDone { get; private set; }

    public void Say(string who, string what) => _trace.Add($"{Elapsed.TotalSeconds,9:0.000} {who,-6} {what}");

    public bool Chance(double probability) => Random.NextDouble() < probability;

    public TimeSpan Between(double minSeconds, double maxSeconds) => TimeSpan.FromSeconds(minSeconds + (Random.NextDouble() * (maxSeconds - minSeconds)));

    /// <summary>A time to wait for something that happens about once in <paramref name="mean"/>, whenever it last happened.</summary>
    public TimeSpan Exponential(TimeSpan mean) => mean * -Math.Log(1 - Random.NextDouble());

    public T Pick<T>(IReadOnlyList<T> from) => from[Random.Next(from.Count)];

    public void Schedule(TimeSpan after, Actor actor, SendOrPostCallback work, object? state = null)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            throw new InvalidOperationException("Something left the simulator's thread; it would not be the same story twice.");
        }

        _steps.Enqueue(new(actor, work, state), (_now + Math.Max(0, after.Ticks), Random.NextInt64()));
    }

    /// <summary>Runs steps until <paramref name="until"/> says enough, or the time is over.</summary>
    public void Run(DateTimeOffset end, Func<bool>? until = null)
    {
        var last = _now + (end - Now).Ticks;
        while (until?.Invoke() != true && _steps.TryPeek(out var step, out var when) && when.At <= last)
        {
            _steps.Dequeue();
            _now = Math.Max(_now, when.At);
            if (step.Actor.IsDead)
            {
                continue;
            }

            if (step.Actor.FrozenUntil > TrueNow)
            {
                _steps.Enqueue(step, (step.Actor.FrozenUntil.UtcTicks, Random.NextInt64()));
                continue;
            }

            Invoke(step);
            if (++StepsDone > MostSteps)
            {
                throw new InvalidOperationException($"After {MostSteps} steps there is no end: something goes round in circles.");
            }

            ThrowIfFailed();
        }

        if (until?.Invoke() != true)
        {
            _now = Math.Max(_now, last);
        }
    }

    private static void Invoke(Step step)
    {
        var outer = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(step.Actor);
        try
        {
            step.Work(step.State);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    /// <summary>Ends the simulation after this step.</summary>
    public void Fail(Exception e) => _failure ??= ExceptionDispatchInfo.Capture(e);

    public void ThrowIfFailed() => _failure?.Throw();

    /// <summary>Lets a failure inside a task of the simulation end the simulation.</summary>
    public void Watch(Task task, Actor actor) => _ = WatchAsync(task, actor);

    private async Task WatchAsync(Task task, Actor actor)
    {
        try
        {
            await task;
        }
#pragma warning disable CA1031 // Whatever it is, it is thrown again where the test sees it.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Say(actor.Name, $"broke: {e.GetType().Name}: {e.Message}");
            Fail(e);
        }
    }

    private readonly record struct Step(Actor Actor, SendOrPostCallback Work, object? State);
}
