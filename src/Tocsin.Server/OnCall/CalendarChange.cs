namespace Tocsin.OnCall;

/// <summary>A stretch of a calendar, stored or wanted.</summary>
/// <param name="Id">0: not stored yet.</param>
/// <param name="What">What tells stretches of one time apart: whom it is about, or why.</param>
internal sealed record Stretch(long Id, string What, DateTimeOffset From, DateTimeOffset To);

/// <summary>What must happen to stored stretches so that they say what a calendar says now. Nothing is said anew about what has passed.</summary>
/// <param name="Gone">Stored ones that the calendar no longer has; one that runs ends now.</param>
/// <param name="Added">Wanted ones that are not stored; none begins before now.</param>
internal sealed record CalendarChange(IReadOnlyList<Stretch> Gone, IReadOnlyList<Stretch> Added)
{
    public bool IsEmpty => Gone.Count + Added.Count == 0;

    /// <param name="stored">Those that have not ended.</param>
    public static CalendarChange Of(IEnumerable<Stretch> stored, IEnumerable<Stretch> wanted, DateTimeOffset now)
    {
        var gone = stored.GroupBy(s => KeyOf(s, now)).ToDictionary(g => g.Key, g => g.ToList());
        List<Stretch> added = [];
        foreach (var stretch in wanted.Where(w => w.To > now).DistinctBy(w => KeyOf(w, now)))
        {
            if (gone.TryGetValue(KeyOf(stretch, now), out var same))
            {
                same.RemoveAt(0);
                if (same.Count == 0)
                {
                    gone.Remove(KeyOf(stretch, now));
                }
            }
            else
            {
                added.Add(stretch.From < now ? stretch with { From = now } : stretch);
            }
        }

        return new([.. gone.Values.SelectMany(s => s)], added);
    }

    /// <summary>When one that runs has begun makes no difference any more. The store keeps whole microseconds.</summary>
    private static (string, long, long) KeyOf(Stretch stretch, DateTimeOffset now) =>
        (stretch.What, stretch.From <= now ? 0 : stretch.From.UtcTicks / TimeSpan.TicksPerMicrosecond, stretch.To.UtcTicks / TimeSpan.TicksPerMicrosecond);
}
