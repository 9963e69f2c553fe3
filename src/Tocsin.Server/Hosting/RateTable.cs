using System.Security.Cryptography;

namespace Tocsin.Hosting;

/// <summary>
/// How fast each of many may go: so many a second in the long run, and so many at once after a rest. The memory is fixed, whoever comes: where more
/// come at a time than have room, those who used least are forgotten first, which is to their good. The framework's limiters hold an object for
/// each who comes, for as long as they are remembered, and cost more than the rest of a delivery's admission.
/// </summary>
/// <param name="perSecond">0: no limit.</param>
/// <param name="places">For how many there is room; a power of two, at least <see cref="Ways"/>.</param>
internal sealed class RateTable(int perSecond, int burst, int places)
{
    private const int Ways = 8;
    private const int Locks = 64;

    private readonly Entry[] _entries = new Entry[perSecond == 0 ? 0 : places];
    private readonly Lock[] _locks = [.. Enumerable.Range(0, Locks).Select(_ => new Lock())];

    // Who knew it could choose addresses that share a place with somebody else's.
    private readonly ulong _seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)) | 1;
    private readonly long _step = perSecond == 0 ? 0 : TimeSpan.TicksPerSecond / perSecond;
    private readonly long _slack = perSecond == 0 ? 0 : TimeSpan.TicksPerSecond / perSecond * (burst - 1);

    /// <summary>Counts one of somebody's requests. A refused one is not counted, so that whoever comes too often still gets his share.</summary>
    /// <param name="who">A number that is his alone within this table.</param>
    /// <returns>Null: it may go on; else how long until the next may.</returns>
    public TimeSpan? Take(ulong who, DateTimeOffset now) => Look(who, now.UtcTicks, take: true);

    /// <summary>What <see cref="Take"/> would answer; nothing is counted.</summary>
    public TimeSpan? Peek(ulong who, DateTimeOffset now) => Look(who, now.UtcTicks, take: false);

    private TimeSpan? Look(ulong who, long now, bool take)
    {
        if (_entries.Length == 0)
        {
            return null;
        }

        var set = (int)((who + 1) * _seed >> 32) & ((_entries.Length / Ways) - 1);
        lock (_locks[set % Locks])
        {
            ref var entry = ref Find(_entries.AsSpan(set * Ways, Ways), who);
            var spent = entry.Who == who ? Math.Max(0, entry.Until - now) : 0;
            if (spent > _slack)
            {
                return TimeSpan.FromTicks(spent - _slack);
            }

            if (take)
            {
                entry = new() { Who = who, Until = now + spent + _step };
            }

            return null;
        }
    }

    /// <summary>His place; or the one of whoever is nearest to having used nothing.</summary>
    private static ref Entry Find(Span<Entry> set, ulong who)
    {
        var idlest = 0;
        for (var i = 0; i < set.Length; i++)
        {
            if (set[i].Who == who)
            {
                return ref set[i];
            }

            if (set[i].Until < set[idlest].Until)
            {
                idlest = i;
            }
        }

        return ref set[idlest];
    }

    /// <param name="Until">When all that he used is made good, in ticks; the time to come of it is what he used.</param>
    private record struct Entry(ulong Who, long Until);
}
