using System.Collections.Frozen;

namespace Tocsin.OnCall;

/// <summary>A cover and its place in the list: the later one has the last word.</summary>
internal sealed record RankedCover(Cover Cover, int Rank);

/// <summary>What people entered, as time lines: one of covers for everybody, and of each person one of covers and one of time off.</summary>
internal sealed class EntryLines
{
    private readonly SpanLine<RankedCover> _forEverybody;
    private readonly FrozenDictionary<string, SpanLine<RankedCover>> _insteadOf;
    private readonly FrozenDictionary<string, SpanLine<string>> _away;

    public EntryLines(OnCallEntries entries)
    {
        Calendar = entries.Calendar;
        var covers = entries.Covers.Select((c, i) => new Span<RankedCover>(c.From.UtcTicks, c.To.UtcTicks, new(c, i))).ToLookup(c => c.Value.Cover.InsteadOf);
        _forEverybody = new([.. covers[null]]);
        _insteadOf = covers.Where(c => c.Key is not null).ToFrozenDictionary(c => c.Key!, c => new SpanLine<RankedCover>([.. c]), StringComparer.Ordinal);
        _away = entries.Away.GroupBy(a => a.User, StringComparer.Ordinal).ToFrozenDictionary(
            a => a.Key, a => new SpanLine<string>([.. a.Select(off => new Span<string>(off.From.UtcTicks, off.To.UtcTicks, a.Key))]), StringComparer.Ordinal);
    }

    /// <summary>What the schedule's calendar says, not yet laid out: whether and how it counts is the schedule's word.</summary>
    public IReadOnlyList<CalendarShift> Calendar { get; }

    /// <summary>The cover that replaces whoever is on call, or null.</summary>
    /// <param name="until">Made smaller where this holds less long.</param>
    public RankedCover? ForEverybody(long utc, ref long until) => Look(_forEverybody, utc, ref until);

    /// <summary>
    /// The last of the covers that hand on the place of a person, one to the next, or null. Somebody who covers hands on only by
    /// a later cover: who agrees to cover although away, or covered elsewhere, meant it.
    /// </summary>
    /// <param name="rank">That of the cover which put the person there; -1 if none did.</param>
    /// <param name="until">Made smaller where this holds less long.</param>
    public RankedCover? StandIn(string user, int rank, long utc, ref long until)
    {
        RankedCover? last = null;
        while (_insteadOf.TryGetValue(user, out var line) && Look(line, utc, ref until) is { } next && next.Rank > rank)
        {
            last = next;
            (user, rank) = (next.Cover.User, next.Rank);
        }

        return last;
    }

    /// <param name="until">Made smaller where this holds less long.</param>
    public bool IsAway(string user, long utc, ref long until) =>
        _away.TryGetValue(user, out var line) && Look(line, utc, ref until) is not null;

    private static T? Look<T>(SpanLine<T> line, long utc, ref long until)
        where T : class
    {
        var value = line.At(utc, out var change);
        until = Math.Min(until, change);
        return value;
    }
}
