using System.Globalization;
using Tocsin.Estate;

namespace Tocsin.Pages;

/// <summary>
/// The stretch of time that a page is about. An address names it as a length that ends now (<c>last=1h</c>), which moves on with the clock, or as two
/// moments (<c>from</c>, <c>to</c>): instants such as <c>2026-11-20T02:03:11Z</c> in links, which mean the same to everybody, and times of the reader's
/// own wall clock as the fields of a form have them.
/// </summary>
/// <param name="Last">A length such as 15m, 1h or 7d; empty: the two moments were named.</param>
public sealed record TimeWindow(string Last, DateTimeOffset From, DateTimeOffset To)
{
    public const string Usual = "1h";

    public static readonly IReadOnlyList<(string Last, string Text)> Choices =
        [("15m", "15 min"), ("1h", "1 h"), ("6h", "6 h"), ("24h", "24 h"), ("7d", "7 d"), ("30d", "30 d")];

    private const string Instant = "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'";

    private static readonly TimeSpan _least = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _most = TimeSpan.FromDays(400);

    public TimeSpan Length => To - From;

    /// <summary>Reads what an address says; moments win over a length, and nothing at all is the last hour.</summary>
    public static Result<TimeWindow> Parse(string? last, string? from, string? to, Clock clock, string usual = Usual)
    {
        (last, from, to) = (last?.Trim() ?? "", from?.Trim() ?? "", to?.Trim() ?? "");
        if (from.Length + to.Length == 0)
        {
            return last.Length == 0 ? Until(usual, clock)
                : DurationText.TryParse(last, out var span) && span >= _least && span <= _most ? Until(last, clock)
                : Error.Invalid("last", "Write a length such as 15m, 6h or 7d.");
        }

        var end = to.Length == 0 ? clock.Now : Moment(to, clock);
        if (end is not { } until)
        {
            return Error.Invalid("to", "Write a time such as 2026-11-21 14:00.");
        }

        var begin = from.Length == 0 ? until - Span(usual) : Moment(from, clock);
        return begin is not { } since ? Error.Invalid("from", "Write a time such as 2026-11-21 14:00.")
            : since >= until ? Error.Invalid("to", "It must end after it begins.")
            : until - since > _most ? Error.Invalid("from", "Choose no more than 400 days.")
            : new TimeWindow("", since, until);
    }

    public static TimeWindow Until(string last, Clock clock) => new(last, clock.Now - Span(last), clock.Now);

    /// <summary>A part of it, or what lies beside it: whole seconds, at least one, and in the order of time.</summary>
    public static TimeWindow Between(DateTimeOffset one, DateTimeOffset other)
    {
        var (from, to) = one <= other ? (one, other) : (other, one);
        (from, to) = (Whole(from), Whole(to.AddTicks(TimeSpan.TicksPerSecond - 1)));
        return new("", from, to > from ? to : from + _least);
    }

    /// <summary>As long, and just before.</summary>
    public TimeWindow Earlier() => Between(From - Length, From);

    /// <summary>As long, and just after; null: it reaches the present.</summary>
    public TimeWindow? Later(Clock clock) => To >= clock.Now ? null : To + Length >= clock.Now ? Between(clock.Now - Length, clock.Now) : Between(To, To + Length);

    /// <summary>Twice as long about the same middle, or up to now.</summary>
    public TimeWindow Wider(Clock clock)
    {
        var length = TimeSpan.FromTicks(Math.Min(Length.Ticks * 2, _most.Ticks - TimeSpan.TicksPerMinute));
        var to = To + ((length - Length) / 2) is var end && end > clock.Now ? clock.Now : end;
        return Between(to - length, to);
    }

    /// <summary>How it is written in an address.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Pairs => Last.Length > 0 ? [new("last", Last)] : [new("from", Text(From)), new("to", Text(To))];

    public static string Text(DateTimeOffset at) => at.UtcDateTime.ToString(Instant, CultureInfo.InvariantCulture);

    private static DateTimeOffset Whole(DateTimeOffset at) => at.AddTicks(-(at.UtcTicks % TimeSpan.TicksPerSecond));

    private static TimeSpan Span(string text) => DurationText.TryParse(text, out var span) ? span : TimeSpan.FromHours(1);

    private static DateTimeOffset? Moment(string text, Clock clock) =>
        clock.Field(text) is { } local ? local
        : (text.EndsWith('Z') || text.AsSpan(Math.Min(text.Length, 10)).IndexOfAny('+', '-') >= 0)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) && at.Year is > 1 and < 9999 ? at.ToUniversalTime()
        : null;
}
