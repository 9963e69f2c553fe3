using System.Runtime.CompilerServices;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>What somebody hears who follows lines.</summary>
/// <param name="Line">Null: nothing came for a while; the first that is heard says that from here on nothing is overlooked.</param>
/// <param name="Place">From where to go on when the connection is cut after this.</param>
/// <param name="Missed">So many lines behind this were left out: they came faster than they were taken, or there were more than are given again.</param>
/// <param name="IsAtLeast">There may be more of those than is known.</param>
internal readonly record struct TailItem(FoundLine? Line, TailPlace Place, long Missed = 0, bool IsAtLeast = false);

/// <summary>Lines from a place on: those that were stored since, then those that are stored. On one node each is told once; with several a line may come again, under the same id.</summary>
internal sealed class LogFollow(TelemetryDatabase telemetry, LogBlockStore blocks, LogTail tail, TimeProvider clock)
{
    /// <summary>Lines that are given again at most: the newest of them.</summary>
    public const int MostReplayed = 5_000;

    private const int Heads = 64;
    private const int MostRestarts = 5;
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _sameAgain = TimeSpan.FromMinutes(1);

    /// <summary>After this, what was found is given.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The place behind everything that is stored now.</summary>
    public async Task<TailPlace> NowAsync(CancellationToken ct) => await telemetry.Database.ReadAsync(LogBlockStore.LastAsync, ct) is var last && IsExact ? TailPlace.Behind(last, null) : TailPlace.Behind(last, last);

    /// <summary>Lines as they are stored, until <paramref name="ct"/> is cancelled; after each 15 s of silence an item without a line.</summary>
    /// <param name="after">Null: from now on.</param>
    public async IAsyncEnumerable<TailItem> FollowAsync(long workspace, LogQuery query, TailPlace? after, [EnumeratorCancellation] CancellationToken ct)
    {
        var filter = new LineFilter(query);
        using var follower = tail.Follow(workspace, filter);
        await PolledAsync(ct);
        var start = await telemetry.Database.ReadAsync(LogBlockStore.LastAsync, ct);
        long? sure = IsExact ? null : after?.Sure ?? start;
        HashSet<string> again = [];
        var begun = clock.GetTimestamp();
        yield return new(null, after ?? TailPlace.Behind(start, sure));
        if (after is { } place)
        {
            var missed = await ReplayAsync(workspace, filter, place, start, ct);
            if (missed.Count > 0 || missed.IsAtLeast)
            {
                yield return new(null, place, missed.Count, missed.IsAtLeast);
            }

            foreach (var (key, line) in missed.Lines)
            {
                again.Add(line.Id);
                yield return new(line, new(key.Seq, key.Position, sure));
            }
        }

        while (true)
        {
            // Asked before it is seen that nothing waits: what is handed out afterwards stands behind it.
            var handed = TailPlace.Behind(Math.Max(start, tail.HandedOut), Sure(sure));
            if (!await follower.WaitAsync(_silence, clock, ct))
            {
                yield return new(null, handed);
                continue;
            }

            again = again.Count > 0 && clock.GetElapsedTime(begun) > _sameAgain ? [] : again;
            while (follower.TryTake(out var taken))
            {
                var key = LineKey.Parse(taken.Line.Id)!.Value;
                if (!again.Contains(taken.Line.Id))
                {
                    yield return new(taken.Line, new(key.Seq, key.Position, Sure(sure)), taken.Missed);
                }
            }
        }
    }

    /// <summary>With the embedded store there is one node, which hands out its commits in their order.</summary>
    private bool IsExact => !telemetry.Database.Dialect.IsPostgres;

    private long? Sure(long? least) => least is { } floor ? Math.Max(floor, tail.Settled ?? floor) : null;

    /// <summary>From when this returns no node's commits are overlooked.</summary>
    private Task PolledAsync(CancellationToken ct) => IsExact ? Task.CompletedTask : tail.PolledAsync(ct);

    private async Task<Replay> ReplayAsync(long workspace, LineFilter filter, TailPlace place, long last, CancellationToken ct)
    {
        // What lies behind everything that was ever stored is a place in another store.
        if (place.Seq > last)
        {
            return new([], 0, IsAtLeast: true);
        }

        var started = clock.GetTimestamp();
        var replay = new Replay([], 0, IsAtLeast: true);
        for (var i = 0; i < MostRestarts; i++)
        {
            (replay, var isWhole) = await ReadAsync(workspace, filter, place, started, ct);
            if (isWhole)
            {
                return replay;
            }
        }

        return replay with { IsAtLeast = true };
    }

    /// <returns>Not whole: a block was merged meanwhile, so that its lines were perhaps not seen.</returns>
    private async Task<(Replay Replay, bool IsWhole)> ReadAsync(long workspace, LineFilter filter, TailPlace place, long started, CancellationToken ct)
    {
        var newest = new PriorityQueue<(LineKey Key, FoundLine Line), (long Seq, int Position)>();
        var (left, below) = (0L, long.MaxValue);
        while (true)
        {
            var heads = await telemetry.Database.ReadAsync(session => blocks.ListStoredAsync(session, workspace, place.First, below, filter, Heads), ct);
            foreach (var head in heads)
            {
                below = head.Id;
                if (clock.GetElapsedTime(started) > Budget)
                {
                    return (new(Ordered(newest), left, IsAtLeast: true), IsWhole: true);
                }

                if (!filter.MayMatch(head))
                {
                    continue;
                }

                if (await telemetry.Database.ReadAsync(session => blocks.BodyAsync(session, workspace, head.Id), ct) is not { } body)
                {
                    return (new([], 0, IsAtLeast: true), IsWhole: false);
                }

                using var block = new LogBlock(body);
                var keys = block.Keys(head.Id).ToArray();
                foreach (var line in filter.In(block, ct))
                {
                    if (place.IsBefore(keys[line]))
                    {
                        newest.Enqueue((keys[line], new(keys[line].ToString(), block.Line(line), block.Template(line))), (keys[line].Seq, keys[line].Position));
                        if (newest.Count > MostReplayed)
                        {
                            newest.Dequeue();
                            left++;
                        }
                    }
                }
            }

            if (heads.Count < Heads)
            {
                return (new(Ordered(newest), left, IsAtLeast: false), IsWhole: true);
            }
        }
    }

    private static List<(LineKey Key, FoundLine Line)> Ordered(PriorityQueue<(LineKey Key, FoundLine Line), (long Seq, int Position)> newest)
    {
        List<(LineKey, FoundLine)> lines = [];
        while (newest.TryDequeue(out var line, out _))
        {
            lines.Add(line);
        }

        return lines;
    }

    /// <param name="Lines">In the order in which they were stored.</param>
    /// <param name="Count">Older ones that are left out.</param>
    private sealed record Replay(List<(LineKey Key, FoundLine Line)> Lines, long Count, bool IsAtLeast);
}
