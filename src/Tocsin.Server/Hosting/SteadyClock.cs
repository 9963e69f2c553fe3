namespace Tocsin.Hosting;

/// <summary>
/// The process's clock: starts at the wall clock and then runs by the monotonic one, so that a jump of the wall clock moves no
/// deadline. It follows a reference (the wall clock, or the database's where several nodes share one) slowly, by at most one
/// percent, so that five minutes stay five minutes within 3 s whatever happens to the reference.
/// </summary>
internal sealed class SteadyClock : TimeProvider
{
    private const double MostSlew = 0.01;

    private readonly Lock _gate = new();
    private DateTimeOffset _base;
    private long _baseTimestamp;
    private double _rate = 1;

    public SteadyClock() => (_base, _baseTimestamp) = (System.GetUtcNow(), System.GetTimestamp());

    /// <summary>How far the reference was ahead when it was last asked.</summary>
    public TimeSpan Drift { get; private set; }

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
            (_base, _baseTimestamp, _rate) = (now, System.GetTimestamp(), 1);
        }
    }

    /// <summary>Leans towards the reference until the next call.</summary>
    public void Follow(DateTimeOffset reference, TimeSpan untilNextCall)
    {
        lock (_gate)
        {
            (_base, _baseTimestamp) = (Now(), System.GetTimestamp());
            Drift = reference - _base;
            _rate = 1 + Math.Clamp(Drift / untilNextCall, -MostSlew, MostSlew);
        }
    }

    private DateTimeOffset Now() => _base + (System.GetElapsedTime(_baseTimestamp) * _rate);
}
