namespace Tocsin.Hosting;

/// <summary>
/// The process's clock: starts at the wall clock and then runs by the monotonic one, so that a jump of the wall clock moves no
/// deadline. It follows a reference (the wall clock, or the database's where several nodes share one) slowly, by at most one
/// percent, so that five minutes stay five minutes within 3 s whatever happens to the reference.
/// </summary>
internal sealed class SteadyClock : TimeProvider
{
    private const double MostSlew = 0.01;

    /// <summary>Longer than a restart, a node that stands still, or a store that is away; other nodes may be at work that long unheard.</summary>
    private static readonly TimeSpan _shortBreak = TimeSpan.FromMinutes(15);

    /// <summary>By this much a reference may be behind what another machine, or the same a moment ago, said of it.</summary>
    private static readonly TimeSpan _smallStep = TimeSpan.FromMinutes(1);

    /// <summary>A clock that is further off was never right: it is not gone on from.</summary>
    private static readonly TimeSpan _mostStep = TimeSpan.FromHours(2);

    private readonly TimeProvider _machine;
    private readonly Lock _gate = new();
    private DateTimeOffset _base;
    private long _baseTimestamp;
    private double _lean;

    /// <param name="machine">Its wall clock is where this one starts, its monotonic one is what this one runs by.</param>
    public SteadyClock(TimeProvider machine) => (_machine, _base, _baseTimestamp) = (machine, machine.GetUtcNow(), machine.GetTimestamp());

    /// <summary>How far the reference was ahead when it was last asked.</summary>
    public TimeSpan Drift { get; private set; }

    /// <summary>The machine's wall clock: the reference where the store has no clock of its own.</summary>
    public DateTimeOffset WallNow => _machine.GetUtcNow();

    public override long TimestampFrequency => _machine.TimestampFrequency;

    public override long GetTimestamp() => _machine.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _machine.CreateTimer(callback, state, dueTime, period);

    /// <summary>
    /// Where the clock of a process starts. It goes on from the other nodes, or from the process before it, if they were at work a short
    /// while ago: the reference may have been stepped since they started, and two nodes an hour apart would take each other's leases.
    /// </summary>
    /// <param name="reference">What the reference says now.</param>
    /// <param name="last">When a node last was at work, by its own clock and by the reference; null: never, or not known.</param>
    public static DateTimeOffset StartOf(DateTimeOffset reference, (DateTimeOffset At, DateTimeOffset Reference)? last)
    {
        if (last is not { } alive)
        {
            return reference;
        }

        var passed = reference - alive.Reference;
        if (passed > -_smallStep && passed <= _shortBreak && (alive.At - alive.Reference).Duration() < _mostStep)
        {
            return passed > TimeSpan.Zero ? alive.At + passed : alive.At;
        }

        // A wall clock that was set back while we were down must not put off what is due; one that was far ahead before is not followed.
        return alive.At > reference && alive.At - reference < _mostStep ? alive.At : reference;
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return Now();
        }
    }

    /// <summary>Starts over from an instant; only before anything is due.</summary>
    public void StartAt(DateTimeOffset now)
    {
        lock (_gate)
        {
            (_base, _baseTimestamp, _lean) = (now, _machine.GetTimestamp(), 0);
        }
    }

    /// <summary>Leans towards the reference until the next call.</summary>
    public void Follow(DateTimeOffset reference, TimeSpan untilNextCall)
    {
        lock (_gate)
        {
            (_base, _baseTimestamp) = (Now(), _machine.GetTimestamp());
            Drift = reference - _base;
            _lean = Math.Clamp(Drift / untilNextCall, -MostSlew, MostSlew);
        }
    }

    private DateTimeOffset Now()
    {
        // The next call may come late, since the store is away or the process stood still: it leans on, but never past the reference.
        var elapsed = _machine.GetElapsedTime(_baseTimestamp);
        var leant = elapsed * _lean;
        return _base + elapsed + (leant.Duration() < Drift.Duration() ? leant : _lean == 0 ? TimeSpan.Zero : Drift);
    }
}
