namespace Tocsin.Data;

/// <summary>Instants in the database are BIGINT Unix microseconds, UTC.</summary>
internal static class Instants
{
    private static readonly long _epochTicks = DateTimeOffset.UnixEpoch.Ticks;

    public static long ToMicros(this DateTimeOffset instant) => (instant.UtcTicks - _epochTicks) / TimeSpan.TicksPerMicrosecond;

    public static long? ToMicros(this DateTimeOffset? instant) => instant?.ToMicros();

    public static DateTimeOffset FromMicros(long micros) => new(_epochTicks + (micros * TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);

    public static DateTimeOffset? FromMicros(long? micros) => micros is { } m ? FromMicros(m) : null;
}
