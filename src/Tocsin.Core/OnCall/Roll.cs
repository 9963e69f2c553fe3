namespace Tocsin.OnCall;

/// <summary>Calls the roll of one instant at which entries change what the rotations say.</summary>
internal sealed class Roll(EntryLines entries, long utc)
{
    private readonly List<string> _notes = [];
    private readonly List<string> _away = [];

    /// <param name="calendar">What the schedule's calendar says, above all rotations; null: nothing.</param>
    /// <param name="until">Made smaller where the answer holds less long.</param>
    public Answer Call(Answer? calendar, RotationLine rotations, ref long until)
    {
        if (calendar is not null && Take(calendar.Users, ref until) is { Count: > 0 } named)
        {
            return With(calendar with { Users = named });
        }

        List<(string Name, IReadOnlyList<string> Users)> there = [];
        for (var level = 0; there.Count == 0 && level < rotations.Levels.Count; level++)
        {
            foreach (var rotation in rotations.Levels[level])
            {
                var turn = rotation.At(utc, out var change);
                until = Math.Min(until, change);
                if (turn != RotationClock.Nobody && Take(rotation.Turns[turn].Users, ref until) is { Count: > 0 } users)
                {
                    there.Add((rotation.Name, users));
                }
            }
        }

        return With(there.Count == 0 ? new([], "nobody is left") : Answer.Of(there));
    }

    private Answer With(Answer answer)
    {
        if (_away.Count > 0)
        {
            _notes.Add($"{string.Join(" and ", _away)} {(_away.Count == 1 ? "is" : "are")} away");
        }

        return answer with { Because = string.Join("; ", [answer.Because, .. _notes]) };
    }

    /// <summary><c>cover: swap</c>, or <c>bo instead of ana: swap</c> if it is instead of one person.</summary>
    public static string Say(string? insteadOf, Cover cover)
    {
        var what = insteadOf is null ? "cover" : $"{cover.User} instead of {insteadOf}";
        return cover.Because.Length == 0 ? what : $"{what}: {cover.Because}";
    }

    /// <returns>Who of a turn is on call.</returns>
    private List<string> Take(IReadOnlyList<string> turn, ref long until)
    {
        List<string> users = [];
        foreach (var user in turn)
        {
            if (entries.StandIn(user, -1, utc, ref until) is { } standIn)
            {
                Add(_notes, Say(user, standIn.Cover));
                Add(users, standIn.Cover.User);
            }
            else if (entries.IsAway(user, utc, ref until))
            {
                Add(_away, user);
            }
            else
            {
                Add(users, user);
            }
        }

        return users;
    }

    private static void Add(List<string> list, string text)
    {
        if (!list.Contains(text, StringComparer.Ordinal))
        {
            list.Add(text);
        }
    }
}
