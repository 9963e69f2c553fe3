namespace Tocsin.Telemetry;

/// <summary>A value and when it was measured, to the microsecond.</summary>
public readonly record struct MetricPoint
{
    public MetricPoint(DateTimeOffset at, double value)
        : this((at.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond, value)
    {
    }

    /// <param name="atMicros">Unix microseconds.</param>
    public MetricPoint(long atMicros, double value) => (AtMicros, Value) = (atMicros, value);

    /// <summary>Unix microseconds.</summary>
    public long AtMicros { get; }

    public double Value { get; }

    public DateTimeOffset At => DateTimeOffset.UnixEpoch.AddTicks(AtMicros * TimeSpan.TicksPerMicrosecond);

    public void Deconstruct(out DateTimeOffset at, out double value) => (at, value) = (At, Value);
}
