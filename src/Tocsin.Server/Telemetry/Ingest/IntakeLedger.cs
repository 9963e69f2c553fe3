using System.Collections.Concurrent;

namespace Tocsin.Telemetry;

/// <summary>What this node took in within the last hour, by workspace, since it started. For people who look whether what they send arrives.</summary>
internal sealed class IntakeLedger(TimeProvider clock)
{
    private const int Minutes = 60;

    private readonly ConcurrentDictionary<long, Minute[]> _workspaces = [];

    public void Took(long workspace, IReadOnlyList<LogLine> lines)
    {
        if (lines.Count == 0)
        {
            return;
        }

        var (oldest, newest) = (lines[0].At, lines[0].At);
        for (var i = 1; i < lines.Count; i++)
        {
            oldest = lines[i].At < oldest ? lines[i].At : oldest;
            newest = lines[i].At > newest ? lines[i].At : newest;
        }

        var minute = Now(workspace, out var number);
        lock (minute)
        {
            minute.Begin(number);
            minute.Logs += lines.Count;
            minute.Oldest = minute.Oldest is { } first && first < oldest ? first : oldest;
            minute.Newest = minute.Newest is { } last && last > newest ? last : newest;
        }
    }

    /// <param name="snapshots">How many of the samples' requests were snapshots.</param>
    public void Took(long workspace, int samples, int snapshots)
    {
        var minute = Now(workspace, out var number);
        lock (minute)
        {
            minute.Begin(number);
            minute.Samples += samples;
            minute.Snapshots += snapshots;
        }
    }

    public IntakeTotals Read(long workspace)
    {
        var total = new IntakeTotals(0, 0, 0, null, null);
        var now = MinuteOf(clock.GetUtcNow());
        foreach (var minute in _workspaces.GetValueOrDefault(workspace) ?? [])
        {
            lock (minute)
            {
                if (minute.Number > now - Minutes)
                {
                    total = new(
                        total.Logs + minute.Logs, total.Samples + minute.Samples, total.Snapshots + minute.Snapshots,
                        minute.Oldest is { } oldest && !(total.Oldest < oldest) ? oldest : total.Oldest, minute.Newest is { } newest && !(total.Newest > newest) ? newest : total.Newest);
                }
            }
        }

        return total;
    }

    private Minute Now(long workspace, out long number)
    {
        number = MinuteOf(clock.GetUtcNow());
        return _workspaces.GetOrAdd(workspace, static _ => [.. Enumerable.Range(0, Minutes).Select(static _ => new Minute())])[number % Minutes];
    }

    private static long MinuteOf(DateTimeOffset at) => at.UtcTicks / TimeSpan.TicksPerMinute;

    private sealed class Minute
    {
        public long Number { get; private set; }

        public long Logs { get; set; }

        public long Samples { get; set; }

        public long Snapshots { get; set; }

        public DateTimeOffset? Oldest { get; set; }

        public DateTimeOffset? Newest { get; set; }

        /// <summary>The place of an hour ago is that of now.</summary>
        public void Begin(long number)
        {
            if (Number != number)
            {
                (Number, Logs, Samples, Snapshots, Oldest, Newest) = (number, 0, 0, 0, null, null);
            }
        }
    }
}

/// <param name="Oldest">When the oldest of the lines happened; null: there are none.</param>
/// <param name="Newest">When the newest of the lines happened.</param>
internal sealed record IntakeTotals(long Logs, long Samples, long Snapshots, DateTimeOffset? Oldest, DateTimeOffset? Newest);
