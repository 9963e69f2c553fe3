using System.Collections.Concurrent;

namespace Tocsin.Outgoing;

/// <summary>
/// Keeps to the rate that a provider takes for one target, on this node: what comes too fast waits a little, or is told to come again. The
/// provider's own 429 stays the last word.
/// </summary>
internal sealed class Pace(TimeProvider clock)
{
    /// <summary>So many may come at once.</summary>
    private const int Burst = 10;

    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _free = new(StringComparer.Ordinal);

    /// <param name="every">The time that one message takes away, in the long run.</param>
    /// <returns>Null: it may go now. Else how long it should stay away.</returns>
    public async Task<TimeSpan?> WaitAsync(string target, TimeSpan every, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var free = _free.AddOrUpdate(target, now + every, (_, at) => (at > now ? at : now) + every);
        var wait = free - now - (every * Burst);
        if (wait > _longest)
        {
            _free.AddOrUpdate(target, now, (_, at) => at - every);
            return wait;
        }

        if (wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, clock, ct);
        }

        if (_free.Count > 10_000)
        {
            foreach (var (old, at) in _free.Where(entry => entry.Value < now))
            {
                _free.TryRemove(new(old, at));
            }
        }

        return null;
    }
}
