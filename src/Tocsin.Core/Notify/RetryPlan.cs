namespace Tocsin.Notify;

/// <summary>What follows a failed attempt that might work later.</summary>
/// <param name="At">When to try again, UTC; null: this method is given up.</param>
/// <param name="FallBack">Whether the recipient's next method begins at once instead of at its own time.</param>
public readonly record struct RetryDecision(DateTimeOffset? At, bool FallBack);

/// <summary>
/// How a page is retried: the first time within 5 s, at least six times in five minutes, as late as the provider asks.
/// A method is given up after five minutes of failures. Pure.
/// </summary>
public static class RetryPlan
{
    public static TimeSpan GiveUpAfter { get; } = TimeSpan.FromMinutes(5);

    private static readonly int[] _waitsInSeconds = [2, 4, 8, 16, 30, 60];

    /// <param name="attempts">Failed attempts so far, at least 1.</param>
    /// <param name="retryAfter">The provider's wish.</param>
    /// <param name="fallbackBy">When the step ends; past that another method is better than waiting. Null: no step is behind it.</param>
    /// <param name="jitter">0 to 1: spreads retries of many pages; up to a quarter of the wait.</param>
    public static RetryDecision Next(int attempts, DateTimeOffset firstTryAt, DateTimeOffset now, TimeSpan? retryAfter, DateTimeOffset? fallbackBy, double jitter)
    {
        var end = firstTryAt + GiveUpAfter;
        if (now >= end)
        {
            return new(null, FallBack: true);
        }

        var wait = TimeSpan.FromSeconds(_waitsInSeconds[Math.Min(attempts, _waitsInSeconds.Length) - 1] * (1 + (jitter / 4)));
        var at = now + (retryAfter > wait ? retryAfter.Value : wait);
        if (at > end)
        {
            at = end;
        }

        return new(at, FallBack: at >= fallbackBy);
    }
}
