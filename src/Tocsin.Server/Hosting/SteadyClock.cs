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

    private readonly string? _boot;

    /// <param name="machine">Its wall clock is where this one starts, its monotonic one is what this one runs by.</param>
    /// <param name="boot">By what the machine's monotonic clock is known again after a restart of the process; null: it cannot be.</param>
    public SteadyClock(TimeProvider machine, string? boot = null) => (_machine, _boot, _base, _baseTimestamp) = (machine, boot, machine.GetUtcNow(), machine.GetTimestamp());

    /// <summary>How far the reference was ahead when it was last asked.</summary>
    public TimeSpan Drift { get; private set; }

    /// <summary>The machine's wall clock: the reference where the store has no clock of its own.</summary>
    public DateTimeOffset WallNow => _machine.GetUtcNow();

    public override long TimestampFrequency => _machine.TimestampFrequency;

    public override long GetTimestamp() => _machine.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _machine.CreateTimer(callback, state, dueTime, period);

    /// <summary>What this node tells of its time, for those that start after it.</summary>
    /// <param name="reference">What the reference says now.</param>
    public AliveNote Note(DateTimeOffset reference) => new(GetUtcNow(), reference, Moment);

    private MachineMoment? Moment => _boot is null ? null : new(_boot, _machine.GetElapsedTime(0));

    /// <summary>Starts over where <see cref="StartOf"/> says; only before anything is due.</summary>
    public void StartAfter(AliveNote? last, DateTimeOffset reference) => StartAt(StartOf(reference, last, Moment));

    /// <summary>
    /// Where the clock of a process starts. It goes on from the other nodes, or from the process before it, if they were at work a short
    /// while ago: the reference may have been stepped since they started, and two nodes an hour apart would take each other's leases.
    /// How long ago that was the machine's monotonic clock says if it is the same one, else the reference.
    /// </summary>
    /// <param name="reference">What the reference says now.</param>
    /// <param name="last">When a node last was at work; null: never, or not known.</param>
    /// <param name="machine">Now, by the monotonic clock.</param>
    public static DateTimeOffset StartOf(DateTimeOffset reference, AliveNote? last, MachineMoment? machine = null)
    {
        if (last is not { } alive)
        {
            return reference;
        }

        var passed = alive.Machine is { } then && machine is { } here && then.Boot == here.Boot ? here.Up - then.Up : reference - alive.Reference;
        if (passed > -_smallStep && passed <= _shortBreak && (alive.At - alive.Reference).Duration() < _mostStep)
        {
            return passed > TimeSpan.Zero ? Leant(alive.At + passed, reference, passed) : alive.At;
        }

        // A wall clock that was set back while we were down must not put off what is due; one that was far ahead before is not followed.
        return alive.At > reference && alive.At - reference < _mostStep ? alive.At : reference;
    }

    /// <summary>As far towards the reference as a clock that ran all that while has come: those of the other nodes did.</summary>
    private static DateTimeOffset Leant(DateTimeOffset at, DateTimeOffset reference, TimeSpan passed)
    {
        var most = passed * MostSlew;
        var drift = reference - at;
        return at + (drift > most ? most : drift < -most ? -most : drift);
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

/// <summary>When a node was at work.</summary>
/// <param name="At">By its own clock.</param>
/// <param name="Reference">By what that follows.</param>
/// <param name="Machine">By its machine; null where that cannot be known again.</param>
internal sealed record AliveNote(DateTimeOffset At, DateTimeOffset Reference, MachineMoment? Machine = null);

/// <summary>An instant of a machine's monotonic clock.</summary>
/// <param name="Boot">Which machine, since its last start.</param>
/// <param name="Up">Since some instant of it.</param>
internal readonly record struct MachineMoment(string Boot, TimeSpan Up)
{
    private const string BootFile = "/proc/sys/kernel/random/boot_id";

    /// <summary>This machine since its last start; null where the system does not tell.</summary>
    public static string? ThisBoot { get; } = File.Exists(BootFile) ? File.ReadAllText(BootFile).Trim() : null;
}
