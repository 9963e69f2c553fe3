namespace Tocsin.OnCall;

/// <summary>Calls the roll of one instant at which entries change what the rotations say.</summary>
internal sealed class Roll(EntryLines entries, long utc)
{
    private readonly List<string> _users = [];
    private readonly List<string> _notes = [];
    private readonly List<string> _away = [];

    /// <param name="until">Made smaller where the answer holds less long.</param>
    public Answer Call(RotationLine rotations, ref long until)
    {
        List<string> names = [];
        for (var level = 0; _users.Count == 0 && level < rotations.Levels.Count; level++)
        {
            foreach (var rotation in rotations.Levels[level])
            {
                var turn = rotation.At(utc, out var change);
                until = Math.Min(until, change);
                if (turn == RotationClock.Nobody)
                {
                    continue;
                }

                if (Take(rotation.Turns[turn].Users, ref until))
                {
                    names.Add(rotation.Name);
                }
            }
        }

        if (_away.Count > 0)
        {
            _notes.Add($"{string.Join(" and ", _away)} {(_away.Count == 1 ? "is" : "are")} away");
        }

        return new(_users, string.Join("; ", [names.Count == 0 ? "nobody is left" : Answer.Say(names), .. _notes]));
    }

    /// <summary><c>cover: swap</c>, or <c>bo instead of ana: swap</c> if it is instead of one person.</summary>
    public static string Say(string? insteadOf, Cover cover)
    {
        var what = insteadOf is null ? "cover" : $"{cover.User} instead of {insteadOf}";
        return cover.Because.Length == 0 ? what : $"{what}: {cover.Because}";
    }

    /// <returns>Whether anybody of these is on call.</returns>
    private bool Take(IReadOnlyList<string> users, ref long until)
    {
        var any = false;
        foreach (var user in users)
        {
            if (entries.StandIn(user, -1, utc, ref until) is { } standIn)
            {
                Add(_notes, Say(user, standIn.Cover));
                Add(_users, standIn.Cover.User);
                any = true;
            }
            else if (entries.IsAway(user, utc, ref until))
            {
                Add(_away, user);
            }
            else
            {
                Add(_users, user);
                any = true;
            }
        }

        return any;
    }

    private static void Add(List<string> list, string text)
    {
        if (!list.Contains(text, StringComparer.Ordinal))
        {
            list.Add(text);
        }
    }
}
