namespace Tocsin.Reports;

/// <summary>Stretches of time in order that neither overlap nor touch, in UTC ticks, from (inclusive) to (exclusive).</summary>
internal sealed class Stretches
{
    private readonly List<(long From, long To)> _spans;

    private Stretches(List<(long From, long To)> spans) => _spans = spans;

    public static Stretches None { get; } = new([]);

    public IReadOnlyList<(long From, long To)> Spans => _spans;

    public TimeSpan Length => TimeSpan.FromTicks(_spans.Sum(s => s.To - s.From));

    public static Stretches Of(IEnumerable<(DateTimeOffset From, DateTimeOffset To)> spans) => OfTicks(spans.Select(s => (s.From.UtcTicks, s.To.UtcTicks)));

    /// <summary>In any order; what overlaps or touches becomes one.</summary>
    public static Stretches OfTicks(IEnumerable<(long From, long To)> spans)
    {
        List<(long From, long To)> joined = [];
        foreach (var span in spans.Where(s => s.From < s.To).OrderBy(s => s.From))
        {
            if (joined.Count > 0 && span.From <= joined[^1].To)
            {
                joined[^1] = (joined[^1].From, Math.Max(joined[^1].To, span.To));
            }
            else
            {
                joined.Add(span);
            }
        }

        return new(joined);
    }

    public Stretches And(Stretches other) => new([.. Common(_spans, other._spans)]);

    /// <summary>What of these is not in the others.</summary>
    public Stretches Without(Stretches other)
    {
        List<(long, long)> left = [];
        var next = 0;
        foreach (var span in _spans)
        {
            var from = span.From;
            while (next < other._spans.Count && other._spans[next].To <= from)
            {
                next++;
            }

            for (var i = next; i < other._spans.Count && other._spans[i].From < span.To; i++)
            {
                if (from < other._spans[i].From)
                {
                    left.Add((from, other._spans[i].From));
                }

                from = Math.Max(from, other._spans[i].To);
            }

            if (from < span.To)
            {
                left.Add((from, span.To));
            }
        }

        return new(left);
    }

    public Stretches Or(Stretches other) => OfTicks(_spans.Concat(other._spans));

    /// <summary>How long these and the others hold at once.</summary>
    public TimeSpan Within(Stretches other) => TimeSpan.FromTicks(Common(_spans, other._spans).Sum(s => s.To - s.From));

    /// <summary>In how many of these the others hold for at least so long in all.</summary>
    public int CountHolding(Stretches other, TimeSpan atLeast)
    {
        var (count, next) = (0, 0);
        foreach (var span in _spans)
        {
            while (next < other._spans.Count && other._spans[next].To <= span.From)
            {
                next++;
            }

            var held = 0L;
            for (var i = next; i < other._spans.Count && other._spans[i].From < span.To; i++)
            {
                held += Math.Min(span.To, other._spans[i].To) - Math.Max(span.From, other._spans[i].From);
            }

            count += held >= atLeast.Ticks ? 1 : 0;
        }

        return count;
    }

    private static IEnumerable<(long From, long To)> Common(List<(long From, long To)> these, List<(long From, long To)> others)
    {
        for (var (i, j) = (0, 0); i < these.Count && j < others.Count;)
        {
            var (from, to) = (Math.Max(these[i].From, others[j].From), Math.Min(these[i].To, others[j].To));
            if (from < to)
            {
                yield return (from, to);
            }

            if (these[i].To < others[j].To)
            {
                i++;
            }
            else
            {
                j++;
            }
        }
    }
}
