namespace Tocsin.OnCall;

/// <summary>
/// What all rotations together answer, as if everybody were there, on the time line of UTC ticks. The line has no end, so stretches of it are worked out when they
/// are first asked for and kept in pages. Safe for any number of threads: pages never change, and one that was dropped or was
/// never seen by another thread is worked out again with the same result.
/// </summary>
internal sealed class RotationLine
{
    /// <summary>How far beyond the asked time a change is looked for; a little more than the 366 days that are promised.</summary>
    private const long Horizon = 369 * TimeSpan.TicksPerDay;

    // Both bounds together keep the pages of one schedule within a few megabytes, whatever its rotations are.
    private const int PageCount = 64;
    private const int PageWeight = 8192;

    private static readonly TimeSpan ShortestPage = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestPage = TimeSpan.FromDays(128);

    /// <summary>Highest priority first; of equal ones in the schedule's order.</summary>
    private readonly RotationClock[] _rotations;
    private readonly long _span;
    private readonly Page?[] _pages = new Page?[PageCount];
    private readonly long[] _missed = new long[PageCount];

    public RotationLine(Schedule schedule)
    {
        var clocks = new Dictionary<string, WallClock>(StringComparer.Ordinal);
        _rotations = [.. schedule.Rotations.Select(r => new RotationClock(r, ClockOf(r.TimeZone ?? schedule.TimeZone), r.Holidays ?? schedule.Holidays)).OrderByDescending(r => r.Priority)];
        Levels = [.. _rotations.GroupBy(r => r.Priority).Select(level => level.ToArray())];

        // About as long as a page may be heavy: only one level is on call at a time, so the busiest decides. A level that is
        // busier than it seems here makes pages shorter, not heavier.
        var weightPerDay = _rotations.GroupBy(r => r.Priority).Select(g => g.Sum(r => r.ChangesPerDay) * (g.Count() + 1)).Append(1).Max();
        _span = TimeSpan.FromDays(Math.Clamp(PageWeight / weightPerDay, ShortestPage.TotalDays, LongestPage.TotalDays)).Ticks;

        WallClock ClockOf(string zone) => clocks.TryGetValue(zone, out var clock) ? clock : clocks[zone] = new(zone);
    }

    /// <summary>The rotations of equal priority together, the highest first; of one level in the schedule's order.</summary>
    public IReadOnlyList<IReadOnlyList<RotationClock>> Levels { get; }

    /// <summary>The people named by all kept pages together, with one more for each stretch: a measure of memory.</summary>
    internal int KeptWeight => _pages.Sum(p => p?.Weight ?? 0);

    /// <param name="until">
    /// When the answer changes; <see cref="WallClock.Never"/> if it is not within <see cref="Horizon"/>.
    /// </param>
    public Answer At(long utc, out long until)
    {
        var number = Math.DivRem(utc, _span, out var rest) - (rest < 0 ? 1 : 0);
        var slot = number & (PageCount - 1);
        var page = Volatile.Read(ref _pages[slot]);
        if (page is null || utc < page.From || utc >= page.To)
        {
            // A page costs far more than one answer, so it is worked out only when it is missed twice in a row. Scattered
            // questions about a schedule too heavy to be kept whole then do not push each other's pages out.
            if (Interlocked.Exchange(ref _missed[slot], number) != number)
            {
                return WorkOutOnce(utc, out until);
            }

            page = PageAt(number * _span, utc);
            Volatile.Write(ref _pages[slot], page);
        }

        return page.At(utc, out until);
    }

    private Answer WorkOutOnce(long utc, out long until)
    {
        var walk = new Walk(_rotations);
        var answer = walk.At(utc, out until);
        while (until < utc + Horizon && walk.At(until, out var next).Same(answer))
        {
            until = next;
        }

        until = until < utc + Horizon ? until : WallClock.Never;
        return answer;
    }

    /// <summary>A page with the instant in it: the span that starts at from, or what of it is not too heavy.</summary>
    private Page PageAt(long from, long utc)
    {
        var page = WorkOut(from, from + _span);
        return utc < page.To ? page : WorkOut(utc, from + _span);
    }

    private Page WorkOut(long from, long to)
    {
        var walk = new Walk(_rotations);
        var answer = walk.At(from, out var next);
        List<long> starts = [from];
        List<Answer> answers = [answer];
        var weight = answer.Users.Count + 1;

        while (next < to + Horizon)
        {
            var at = next;
            answer = walk.At(at, out next);
            if (answer.Same(answers[^1]))
            {
                continue;
            }

            if (at >= to || weight >= PageWeight)
            {
                return new(from, Math.Min(at, to), [.. starts], [.. answers], at, weight);
            }

            starts.Add(at);
            answers.Add(answer);
            weight += answer.Users.Count + 1;
        }

        return new(from, to, [.. starts], [.. answers], WallClock.Never, weight);
    }

    /// <summary>Stretches that follow each other without a break, each with another answer than the one before.</summary>
    /// <param name="Until">When the last stretch ends, which may be after the page.</param>
    private sealed record Page(long From, long To, long[] Starts, Answer[] Answers, long Until, int Weight)
    {
        public Answer At(long utc, out long until)
        {
            var found = Array.BinarySearch(Starts, utc);
            var index = found >= 0 ? found : ~found - 1;
            until = index + 1 < Starts.Length ? Starts[index + 1] : Until;
            return Answers[index];
        }
    }

    /// <summary>Goes forward through time and asks each rotation again only when its last answer no longer holds.</summary>
    private sealed class Walk(RotationClock[] rotations)
    {
        private readonly int[] _turns = new int[rotations.Length];

        /// <summary>Until when each turn holds, exclusive; 0, before all rotations, where it was not asked yet.</summary>
        private readonly long[] _until = new long[rotations.Length];
        private readonly List<int> _covering = [];

        /// <param name="utc">Not before that of the last call.</param>
        /// <param name="next">When the answer may change next.</param>
        public Answer At(long utc, out long next)
        {
            _covering.Clear();
            next = WallClock.Never;
            for (var i = 0; i < rotations.Length; i++)
            {
                // Whatever rotations of a lower priority do cannot matter before one of these changes.
                if (_covering.Count > 0 && rotations[i].Priority < rotations[i - 1].Priority)
                {
                    break;
                }

                if (_until[i] <= utc || _until[i] == 0)
                {
                    _turns[i] = rotations[i].At(utc, out _until[i]);
                }

                next = Math.Min(next, _until[i]);
                if (_turns[i] != RotationClock.Nobody)
                {
                    _covering.Add(i);
                }
            }

            return _covering switch
            {
                [] => Answer.Nobody,
                [var only] => rotations[only].Turns[_turns[only]],
                _ => Together(),
            };
        }

        private Answer Together() => Answer.Of([.. _covering.Select(i => (rotations[i].Name, rotations[i].Turns[_turns[i]].Users))]);
    }
}
