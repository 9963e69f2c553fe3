using System.Diagnostics;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>Finds stored lines. What blocks say of themselves is asked first; only those that may hold a match are unpacked.</summary>
internal sealed class LogSearch(TelemetryDatabase telemetry, LogBlockStore blocks, LogRates rates, TimeProvider clock) : IDisposable
{
    private const int FirstHeads = 8;
    private const int MostHeads = 128;
    private const int MostRestarts = 5;
    private static readonly LineKey _end = LineKey.After(DateTimeOffset.MaxValue.ToMicros());

    // Unpacking keeps a core busy; what comes in must not wait for searches.
    private readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount));

    /// <summary>After this a search gives what it has.</summary>
    public TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>After this a histogram counts no further back. Shorter, since nobody can ask it to go on.</summary>
    public TimeSpan HistogramBudget { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Lines that match, newest first.</summary>
    /// <param name="limit">1 to 1000.</param>
    /// <param name="after">The <see cref="LogPage.Next"/> of the page before, or a line's id: the search goes on behind it. Null: from the newest.</param>
    /// <exception cref="ArgumentException"><paramref name="after"/> is neither.</exception>
    public async Task<LogPage> SearchAsync(long workspace, LogQuery query, int limit, string? after, CancellationToken ct)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, 1_000);
        var bound = after is null ? _end : LineKey.Parse(after) ?? throw new ArgumentException("It is no id of a line and no Next of a page.", nameof(after));
        await _turns.WaitAsync(ct);
        try
        {
            return await WalkAsync(new(workspace, query, new(query), limit, IsDown: true), bound, ct);
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>A line with the lines of the same service before and after it, newest first.</summary>
    /// <returns>Null: there is no such line, or no more.</returns>
    public async Task<LogPage?> ContextAsync(long workspace, string id, int before, int after, CancellationToken ct)
    {
        if (LineKey.Parse(id) is not { } key || await FindAsync(workspace, key, ct) is not { } line)
        {
            return null;
        }

        var query = new LogQuery { From = DateTimeOffset.MinValue, To = DateTimeOffset.MaxValue, Service = line.Line.Service };
        var filter = new LineFilter(query);
        await _turns.WaitAsync(ct);
        try
        {
            var later = after > 0 ? await WalkAsync(new(workspace, query, filter, after, IsDown: false), key, ct) : new([], null, Complete: true);
            var earlier = before > 0 ? await WalkAsync(new(workspace, query, filter, before, IsDown: true), key, ct) : new([], null, Complete: true);
            return new([.. later.Lines.Reverse(), line, .. earlier.Lines], earlier.Next, later.Complete && earlier.Complete);
        }
        finally
        {
            _turns.Release();
        }
    }

    /// <summary>How many lines match, by time and level. Without a text, source, environment or trace the counters tell, by whole minutes.</summary>
    /// <param name="buckets">1 to 1000; about so many come back.</param>
    /// <param name="patience">Null: <see cref="HistogramBudget"/>.</param>
    public async Task<LogHistogram> HistogramAsync(long workspace, LogQuery query, int buckets, CancellationToken ct, TimeSpan? patience = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buckets, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(buckets, 1_000);
        var counts = new BucketCounts(query, buckets);
        var filter = new LineFilter(query);
        if (filter.NeedsNoLines)
        {
            foreach (var (minute, level, lines) in await rates.LevelsAsync(workspace, query.From, query.To, query.Least, query.Service, query.Template, counts.IsByHours, ct))
            {
                counts.Add(LogRates.StartOf(minute).ToMicros(), level, lines);
            }

            return counts.Histogram(countedFrom: null);
        }

        await _turns.WaitAsync(ct);
        try
        {
            var started = clock.GetTimestamp();
            for (var i = 0; ; i++)
            {
                counts.Clear();
                if (await CountLinesAsync(workspace, query, filter, counts, (started, patience ?? HistogramBudget), i < MostRestarts, ct) is { IsWhole: true } counted)
                {
                    return counts.Histogram(counted.From);
                }
            }
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose() => _turns.Dispose();

    /// <param name="bound">Only lines beyond it, in the direction of the walk.</param>
    private async Task<LogPage> WalkAsync(Walk walk, LineKey bound, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        var page = new PageBuilder(walk.Limit, walk.IsDown);
        while (true)
        {
            var (span, start) = SpanOf(walk, bound);
            var (last, edge, isGone) = (walk.IsDown ? (long.MaxValue, long.MaxValue) : (long.MinValue, long.MinValue), start, false);
            for (var most = FirstHeads; !isGone; most = Math.Min(most * 2, MostHeads))
            {
                var heads = await HeadsAsync(walk, span, last, most, ct);
                foreach (var head in heads)
                {
                    edge = walk.IsDown ? Math.Min(head.LastAt, start) : Math.Max(head.FirstAt, start);
                    if (page.TakeBeyond(edge))
                    {
                        return page.Full();
                    }

                    // Blocks that overlap where the walk begins are always looked at, so that each page gets further than the one before.
                    if (edge != start && clock.GetElapsedTime(started) > Budget)
                    {
                        return page.Unfinished(walk.IsDown ? LineKey.After(edge) : LineKey.Before(edge));
                    }

                    if (walk.Filter.MayMatch(head) && !await LookAsync(walk, head, bound, page, ct))
                    {
                        isGone = true;
                        break;
                    }

                    last = (walk.IsDown ? head.LastAt : head.FirstAt, head.Id);
                }

                if (!isGone && heads.Count < most)
                {
                    return page.Rest();
                }
            }

            // Merged meanwhile: what was not given yet is found again in the block that it is in now.
            page.Forget();
            bound = walk.IsDown ? Min(bound, LineKey.After(edge)) : Max(bound, LineKey.Before(edge));
        }
    }

    /// <summary>The times that are still to be looked at, and the end of them at which the walk begins.</summary>
    private static ((long From, long To) Span, long Start) SpanOf(Walk walk, LineKey bound)
    {
        var (from, to) = (walk.Query.From.ToMicros(), walk.Query.To.ToMicros());
        (from, to) = walk.IsDown ? (from, Math.Min(to, bound.AtMicros + 1)) : (Math.Max(from, bound.AtMicros), to);
        return ((from, to), walk.IsDown ? to - 1 : from);
    }

    private Task<List<BlockHead>> HeadsAsync(Walk walk, (long From, long To) span, (long At, long Id) last, int most, CancellationToken ct) => telemetry.Database.ReadAsync(
        session => walk.IsDown
            ? blocks.ListDownAsync(session, walk.Workspace, span.From, span.To, last, walk.Filter.Levels, walk.Filter, most)
            : blocks.ListUpAsync(session, walk.Workspace, span.From, span.To, last, walk.Filter.Levels, walk.Filter, most),
        ct);

    /// <returns>False: the block is gone.</returns>
    private async Task<bool> LookAsync(Walk walk, BlockHead head, LineKey bound, PageBuilder page, CancellationToken ct)
    {
        using var block = await UnpackAsync(walk.Workspace, head.Id, ct);
        if (block is null)
        {
            return false;
        }

        var (from, to) = (walk.Query.From.ToMicros(), walk.Query.To.ToMicros());
        var keys = block.Keys(head.Id).ToArray();
        List<(LineKey Key, int Line)> matches = [];
        foreach (var line in walk.Filter.In(block, ct))
        {
            var key = keys[line];
            if (key.AtMicros >= from && key.AtMicros < to && (walk.IsDown ? key.Order(bound) < 0 : key.Order(bound) > 0))
            {
                matches.Add((key, line));
            }
        }

        page.Add(matches, line => new(keys[line].ToString(), block.Line(line), block.Template(line)));
        return true;
    }

    private async Task<LogBlock?> UnpackAsync(long workspace, long id, CancellationToken ct) =>
        await telemetry.Database.ReadAsync(session => blocks.BodyAsync(session, workspace, id), ct) is { } body ? new(body) : null;

    private async Task<FoundLine?> FindAsync(long workspace, LineKey key, CancellationToken ct)
    {
        for (var i = 0; i < MostRestarts; i++)
        {
            var heads = await telemetry.Database.ReadAsync(
                session => blocks.ListDownAsync(session, workspace, key.AtMicros, key.AtMicros + 1, (long.MaxValue, long.MaxValue), ~0, null, int.MaxValue), ct);
            var isGone = false;
            foreach (var head in heads.Where(h => h.FirstSeq <= key.Seq && key.Seq <= h.LastSeq))
            {
                using var block = await UnpackAsync(workspace, head.Id, ct);
                isGone |= block is null;
                if (block is not null && Array.IndexOf([.. block.Keys(head.Id)], key) is >= 0 and var line)
                {
                    return new(key.ToString(), block.Line(line), block.Template(line));
                }
            }

            if (!isGone)
            {
                return null;
            }
        }

        return null;
    }

    /// <returns>Not whole: a block was merged meanwhile, so that it must be counted again. From: the time was over, and only what is later was counted.</returns>
    private async Task<(bool IsWhole, DateTimeOffset? From)> CountLinesAsync(long workspace, LogQuery query, LineFilter filter, BucketCounts counts, (long Started, TimeSpan Budget) time, bool mayRestart, CancellationToken ct)
    {
        var (from, to) = (query.From.ToMicros(), query.To.ToMicros());
        var last = (long.MaxValue, long.MaxValue);
        var walk = new Walk(workspace, query, filter, 1, IsDown: true);
        while (true)
        {
            var heads = await HeadsAsync(walk, (from, to), last, MostHeads, ct);
            foreach (var head in heads)
            {
                if (clock.GetElapsedTime(time.Started) > time.Budget)
                {
                    return (true, Instants.FromMicros(Math.Min(head.LastAt + 1, to)));
                }

                last = (head.LastAt, head.Id);
                if (!filter.MayMatch(head))
                {
                    continue;
                }

                using var block = await UnpackAsync(workspace, head.Id, ct);
                if (block is null && mayRestart)
                {
                    return (false, null);
                }

                foreach (var line in block is null ? [] : filter.In(block, ct))
                {
                    if (block!.At(line) >= from && block.At(line) < to)
                    {
                        counts.Add(block.At(line), block.Level(line), 1);
                    }
                }
            }

            if (heads.Count < MostHeads)
            {
                return (true, null);
            }
        }
    }

    private static LineKey Min(LineKey one, LineKey other) => one.Order(other) < 0 ? one : other;

    private static LineKey Max(LineKey one, LineKey other) => one.Order(other) > 0 ? one : other;

    /// <summary>One way through the blocks of a workspace: down from the latest, or up from the earliest.</summary>
    private sealed record Walk(long Workspace, LogQuery Query, LineFilter Filter, int Limit, bool IsDown);
}
