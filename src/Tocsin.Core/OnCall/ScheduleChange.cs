using System.Globalization;

namespace Tocsin.OnCall;

/// <summary>A stretch in which a change of a schedule puts other people on call: from (inclusive) to (exclusive), UTC.</summary>
/// <param name="Before">Empty: nobody.</param>
/// <param name="After">Empty: nobody.</param>
public sealed record ShiftChange(DateTimeOffset From, DateTimeOffset To, IReadOnlyList<string> Before, IReadOnlyList<string> After);

/// <summary>Says what a change of a schedule means for people.</summary>
public static class ScheduleChange
{
    private const int MostSentences = 4;

    /// <summary>
    /// All stretches between two instants in which the two do not have the same people on call, in order. The order of people and the
    /// reason do not count. Worked out while it is read.
    /// </summary>
    public static IEnumerable<ShiftChange> Between(CompiledSchedule before, CompiledSchedule after, DateTimeOffset from, DateTimeOffset to)
    {
        ShiftChange? open = null;
        using var old = before.Shifts(from, to).GetEnumerator();
        using var wanted = after.Shifts(from, to).GetEnumerator();
        var more = old.MoveNext() && wanted.MoveNext();
        for (var at = from.ToUniversalTime(); more;)
        {
            var end = old.Current.To < wanted.Current.To ? old.Current.To : wanted.Current.To;
            if (open is not null && (!AreSame(open.Before, old.Current.Users) || !AreSame(open.After, wanted.Current.Users)))
            {
                yield return open;
                open = null;
            }

            if (!AreSame(old.Current.Users, wanted.Current.Users))
            {
                open = (open ?? new(at, end, old.Current.Users, wanted.Current.Users)) with { To = end };
            }

            // Both end at the same instant at last, so that neither is left over.
            more = (old.Current.To > end || old.MoveNext()) & (wanted.Current.To > end || wanted.MoveNext());
            at = end;
        }

        if (open is not null)
        {
            yield return open;
        }
    }

    /// <summary>
    /// The changes between two instants in one or a few sentences, with times on the wall clock of the changed schedule:
    /// <c>Fri 20 Nov 18:00–22:00: Chen instead of Ana. Nobody else changes.</c>
    /// </summary>
    /// <param name="nameOf">How a user is called; null: by the user's name.</param>
    public static string Say(CompiledSchedule before, CompiledSchedule after, DateTimeOffset from, DateTimeOffset to, Func<string, string>? nameOf = null)
    {
        var groups = Between(before, after, from, to).GroupBy(c => Who(c, nameOf ?? (user => user))).ToArray();
        if (groups.Length == 0)
        {
            return "Nobody's shifts change.";
        }

        var words = new Words(new(after.Schedule.TimeZone), from, to);
        var sentences = groups.Take(MostSentences).Select(g => $"{words.When([.. g])}: {g.Key}.");
        return string.Join(' ', [.. sentences, groups.Length > MostSentences ? $"And {groups.Length - MostSentences} other changes." : "Nobody else changes."]);
    }

    private static string Who(ShiftChange change, Func<string, string> nameOf)
    {
        string[] come = [.. change.After.Except(change.Before, StringComparer.Ordinal).Select(nameOf)];
        string[] go = [.. change.Before.Except(change.After, StringComparer.Ordinal).Select(nameOf)];
        string[] stay = [.. change.After.Intersect(change.Before, StringComparer.Ordinal).Select(nameOf)];
        return (come, go) switch
        {
            ([], _) when stay is [] => $"nobody instead of {And(go)}",
            ([], _) => $"no longer {And(go)}, only {And(stay)}",
            (_, []) when stay is [] => $"{And(come)}, where nobody was on call",
            (_, []) => $"{And(come)} too, with {And(stay)}",
            _ => $"{And(come)} instead of {And(go)}",
        };
    }

    private static string And(string[] names) => names is [.. var first, var last] && first.Length > 0 ? $"{string.Join(", ", first)} and {last}" : string.Concat(names);

    private static bool AreSame(IReadOnlyList<string> a, IReadOnlyList<string> b) =>
        a.SequenceEqual(b, StringComparer.Ordinal) || a.ToHashSet(StringComparer.Ordinal).SetEquals(b);

    /// <summary>Times on one wall clock; years are told where they are not the first one.</summary>
    private sealed class Words(WallClock clock, DateTimeOffset from, DateTimeOffset to)
    {
        public string When(IReadOnlyList<ShiftChange> changes)
        {
            var first = Stretch(changes[0]);
            return changes.Count switch
            {
                1 => first,
                2 => $"{first} and {Stretch(changes[1])}",
                _ => $"{first} and {changes.Count - 1} times more until {Day(changes[^1].To)}",
            };
        }

        private string Stretch(ShiftChange change) =>
            change.To >= to.ToUniversalTime() ? $"from {Time(change.From)} on"
            : Local(change.From).Date == Local(change.To).Date ? $"{Time(change.From)}–{Local(change.To).ToString("HH:mm", CultureInfo.InvariantCulture)}"
            : $"{Time(change.From)} – {Time(change.To)}";

        private string Time(DateTimeOffset at) => $"{Day(at)} {Local(at).ToString("HH:mm", CultureInfo.InvariantCulture)}";

        private string Day(DateTimeOffset at) =>
            Local(at).ToString(Local(at).Year == Local(from).Year ? "ddd d MMM" : "ddd d MMM yyyy", CultureInfo.InvariantCulture);

        private DateTime Local(DateTimeOffset at) => new(Math.Clamp(clock.Reads(at.UtcTicks), 0, DateTime.MaxValue.Ticks));
    }
}
