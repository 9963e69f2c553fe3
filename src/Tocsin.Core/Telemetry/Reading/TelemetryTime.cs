using Tocsin.Alerts;

namespace Tocsin.Telemetry;

/// <summary>When entries happened, as senders say.</summary>
internal static class TelemetryTime
{
    private static readonly DateTimeOffset _earliest = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The sender's time where it can be true; one before 2000, or more than a day ahead, comes from a clock that was never set, and the time of receipt is nearer.</summary>
    public static DateTimeOffset Plausible(DateTimeOffset at, DateTimeOffset now) => at < _earliest || at > now + SenderTime.MaxAhead ? now : at;

    /// <param name="nanoseconds">Since 1970; 0: not said.</param>
    public static DateTimeOffset OfUnixNano(ulong nanoseconds, DateTimeOffset now) =>
        nanoseconds == 0 ? now : Plausible(DateTimeOffset.UnixEpoch.AddTicks((long)(nanoseconds / 100)), now);

    /// <summary>Day and time without a year: the one of the years around that lies nearest to now and not more than a day ahead.</summary>
    /// <returns>Null: there is no such day.</returns>
    public static DateTimeOffset? InNearestYear(int month, int day, TimeSpan time, DateTimeOffset now)
    {
        DateTimeOffset? best = null;
        for (var year = now.Year + 1; year >= now.Year - 1; year--)
        {
            if (year is < 1 or > 9999 || day < 1 || day > DateTime.DaysInMonth(year, month))
            {
                continue;
            }

            var at = new DateTimeOffset(year, month, day, 0, 0, 0, TimeSpan.Zero) + time;
            if (at <= now + SenderTime.MaxAhead && (best is null || (now - at).Duration() < (now - best.Value).Duration()))
            {
                best = at;
            }
        }

        return best;
    }
}
