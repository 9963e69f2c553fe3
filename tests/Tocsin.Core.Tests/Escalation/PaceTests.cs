using Tocsin.Incidents;

namespace Tocsin.Tests.Escalation;

/// <summary>When somebody was called last, once what was to come is called off.</summary>
public sealed class PaceTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(-30, -30)]
    [InlineData(0, 0)]

    // Another node, whose clock is ahead, has called already.
    [InlineData(4, 4)]

    // It waited for the one a minute before.
    [InlineData(40, -20)]
    [InlineData(100, -20)]
    public void A_call_that_is_yet_to_begin_did_not(int at, int last) =>
        Assert.Equal(_now.AddSeconds(last), Escalator.Begun(new Dictionary<string, DateTimeOffset> { ["user:ana"] = _now.AddSeconds(at) }, _now)!["user:ana"]);
}
