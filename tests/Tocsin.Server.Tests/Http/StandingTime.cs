namespace Tocsin.Tests.Http;

/// <summary>The machine's time, which stands still from now on: only <see cref="HttpBench.Pass"/> moves the server's. Timers run as ever.</summary>
internal sealed class StandingTime : TimeProvider
{
    private readonly DateTimeOffset _now = System.GetUtcNow();
    private readonly long _timestamp = System.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _timestamp;
}
