namespace Tocsin.OnCall;

/// <summary>All overrides laid on one local time line: stretches in order that do not overlap; the later in the list is on top.</summary>
internal sealed class OverrideLine
{
    private readonly long[] _starts;
    private readonly long[] _ends;
    private readonly Answer[] _answers;

    public OverrideLine(IReadOnlyList<Override> overrides)
    {
        List<long> starts = [];
        List<long> ends = [];
        List<Answer> answers = [];
        var byUser = new Dictionary<string, Answer>(StringComparer.Ordinal);

        // Between two neighbouring cuts the answer is the same, namely that of the last override which is open there.
        var cuts = new long[2 * overrides.Count];
        var begins = new long[overrides.Count];
        var byBegin = new int[overrides.Count];
        for (var i = 0; i < overrides.Count; i++)
        {
            cuts[2 * i] = begins[i] = overrides[i].From.Ticks;
            cuts[(2 * i) + 1] = overrides[i].To.Ticks;
            byBegin[i] = i;
        }

        Array.Sort(cuts);
        Array.Sort(begins, byBegin);

        var open = new PriorityQueue<int, int>();
        var begun = 0;
        for (var i = 0; i + 1 < cuts.Length; i++)
        {
            if (cuts[i] == cuts[i + 1])
            {
                continue;
            }

            for (; begun < begins.Length && begins[begun] <= cuts[i]; begun++)
            {
                open.Enqueue(byBegin[begun], -byBegin[begun]);
            }

            while (open.TryPeek(out var top, out _) && overrides[top].To.Ticks <= cuts[i])
            {
                open.Dequeue();
            }

            if (!open.TryPeek(out var winner, out _))
            {
                continue;
            }

            var user = overrides[winner].User;
            if (!byUser.TryGetValue(user, out var answer))
            {
                byUser[user] = answer = new([user], "override");
            }

            if (ends.Count > 0 && ends[^1] == cuts[i] && ReferenceEquals(answers[^1], answer))
            {
                ends[^1] = cuts[i + 1];
                continue;
            }

            starts.Add(cuts[i]);
            ends.Add(cuts[i + 1]);
            answers.Add(answer);
        }

        (_starts, _ends, _answers) = ([.. starts], [.. ends], [.. answers]);
    }

    /// <summary>The override of this local time, or null.</summary>
    /// <param name="until">When it ends, or the next one begins; <see cref="WallClock.Never"/> if there is no next one.</param>
    public Answer? At(long wall, out long until)
    {
        var found = Array.BinarySearch(_starts, wall);
        var index = found >= 0 ? found : ~found - 1;
        if (index >= 0 && wall < _ends[index])
        {
            until = _ends[index];
            return _answers[index];
        }

        until = index + 1 < _starts.Length ? _starts[index + 1] : WallClock.Never;
        return null;
    }
}
