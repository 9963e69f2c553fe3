using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>A block about to be stored.</summary>
internal sealed record NewBlock(long Workspace, long Hour, int State, IReadOnlyList<(long Seq, int Lines)> Sources)
{
    public required long FirstAt { get; init; }

    public required long LastAt { get; init; }

    public required int Levels { get; init; }

    public required int Lines { get; init; }

    public required long Characters { get; init; }

    public byte[]? Facets { get; init; }

    public byte[]? Words { get; init; }

    public required byte[] Body { get; init; }

    public long Bytes => Body.Length + (Facets?.Length ?? 0) + (Words?.Length ?? 0);
}

/// <summary>What is known of a stored block without unpacking it.</summary>
internal readonly record struct BlockHead(long Id, long FirstAt, long LastAt, long FirstSeq, long LastSeq, int Levels, byte[]? Facets, byte[]? Words);

/// <summary>A block that may still be merged.</summary>
internal readonly record struct OpenBlock(long Id, long Hour, int Lines, long Characters, DateTimeOffset StoredAt);

/// <summary>The table of blocks.</summary>
internal sealed class LogBlockStore
{
    /// <summary>As a commit stored it.</summary>
    public const int Fresh = 0;

    /// <summary>Merged, and small enough to be merged again.</summary>
    public const int Small = 1;

    /// <summary>Merged for good.</summary>
    public const int Whole = 2;

    /// <summary>Stores blocks in the order in which they are given.</summary>
    /// <returns>Their numbers, rising.</returns>
    public async Task<long[]> AddAsync(Tx tx, IReadOnlyList<NewBlock> blocks, DateTimeOffset now)
    {
        var ids = await ReserveAsync(tx, blocks.Count);
        var storedAt = now.ToMicros();
        await tx.BatchAsync(
            """
            INSERT INTO log_block (workspace_id, id, hour, first_at, last_at, first_seq, last_seq, stored_at, state, levels, lines, characters, bytes, facets, words, body) {rows}
            """,
            new("workspace", Each(blocks, static b => b.Workspace)), new("id", ids), new("hour", Each(blocks, static b => b.Hour)),
            new("first_at", Each(blocks, static b => b.FirstAt)), new("last_at", Each(blocks, static b => b.LastAt)),
            new("first_seq", blocks.Select((b, i) => b.Sources.Count > 0 ? b.Sources.Min(static s => s.Seq) : ids[i]).ToArray()),
            new("last_seq", blocks.Select((b, i) => b.Sources.Count > 0 ? b.Sources.Max(static s => s.Seq) : ids[i]).ToArray()),
            new("stored_at", Each(blocks, _ => storedAt)), new("state", blocks.Select(static b => b.State).ToArray()), new("levels", blocks.Select(static b => b.Levels).ToArray()),
            new("lines", blocks.Select(static b => b.Lines).ToArray()), new("characters", Each(blocks, static b => b.Characters)), new("bytes", Each(blocks, static b => b.Bytes)),
            new("facets", blocks.Select(static b => b.Facets).ToArray()), new("words", blocks.Select(static b => b.Words).ToArray()), new("body", blocks.Select(static b => (byte[]?)b.Body).ToArray()));
        return ids;
    }

    /// <summary>Blocks that may hold lines of a span of time, the latest first.</summary>
    /// <param name="from">Inclusive.</param>
    /// <param name="to">Exclusive.</param>
    /// <param name="below">The end of the last block that was listed before, and its number; the list goes on behind it.</param>
    /// <param name="levels">Only with lines of one of these levels.</param>
    /// <param name="asks">Which filters are wanted: they are large.</param>
    public Task<List<BlockHead>> ListDownAsync(Session session, long workspace, long from, long to, (long At, long Id) below, int levels, LineFilter? asks, int most) =>
        session.QueryAsync(
            $"""
            SELECT id, first_at, last_at, first_seq, last_seq, levels, {Filters(asks)} FROM log_block
            WHERE workspace_id = @workspace AND last_at >= @from AND first_at < @to AND last_at <= @below AND (last_at < @below OR id < @below_id) AND (levels & @levels) <> 0
            ORDER BY last_at DESC, id DESC LIMIT @most
            """,
            Head, ("workspace", workspace), ("from", from), ("to", to), ("below", below.At), ("below_id", below.Id), ("levels", levels), ("most", most));

    /// <summary>The same the other way round: the earliest first.</summary>
    public Task<List<BlockHead>> ListUpAsync(Session session, long workspace, long from, long to, (long At, long Id) above, int levels, LineFilter? asks, int most) =>
        session.QueryAsync(
            $"""
            SELECT id, first_at, last_at, first_seq, last_seq, levels, {Filters(asks)} FROM log_block
            WHERE workspace_id = @workspace AND last_at >= @from AND first_at < @to AND first_at >= @above AND (first_at > @above OR id > @above_id) AND (levels & @levels) <> 0
            ORDER BY first_at, id LIMIT @most
            """,
            Head, ("workspace", workspace), ("from", from), ("to", to), ("above", above.At), ("above_id", above.Id), ("levels", levels), ("most", most));

    /// <summary>Blocks that may hold lines of a commit or of later ones, the one that was stored last first.</summary>
    /// <param name="below">Only with smaller numbers.</param>
    public Task<List<BlockHead>> ListStoredAsync(Session session, long workspace, long commit, long below, LineFilter asks, int most) => session.QueryAsync(
        $"""
        SELECT id, first_at, last_at, first_seq, last_seq, levels, {Filters(asks)} FROM log_block
        WHERE workspace_id = @workspace AND id >= @commit AND id < @below AND last_seq >= @commit AND (levels & @levels) <> 0 ORDER BY id DESC LIMIT @most
        """,
        Head, ("workspace", workspace), ("commit", commit), ("below", below), ("levels", asks.Levels), ("most", most));

    /// <summary>The last number that a block was given, whether it was committed or not; 0: none.</summary>
    public static async Task<long> LastAsync(Session session) => await session.ScalarAsync(
        session.Dialect.IsPostgres ? "SELECT pg_sequence_last_value(pg_get_serial_sequence('log_block', 'id')::regclass)" : "SELECT seq FROM sqlite_sequence WHERE name = 'log_block'") ?? 0;

    /// <returns>The bytes of a block; null: it is gone, merged or too old.</returns>
    public Task<byte[]?> BodyAsync(Session session, long workspace, long id) => session.FirstAsync(
        "SELECT body FROM log_block WHERE workspace_id = @workspace AND id = @id", static row => row.NullableBytes(0), ("workspace", workspace), ("id", id));

    /// <summary>Blocks that may be merged, hour by hour and the oldest first.</summary>
    public Task<List<(long Workspace, OpenBlock Block)>> OpenAsync(Session session, DateTimeOffset storedBefore) => session.QueryAsync(
        """
        SELECT workspace_id, id, hour, lines, characters, stored_at FROM log_block WHERE state < 2 AND stored_at < @before ORDER BY workspace_id, hour, id LIMIT 20000
        """,
        static row => (row.GetInt64(0), new OpenBlock(row.GetInt64(1), row.GetInt64(2), row.GetInt32(3), row.GetInt64(4), row.Instant(5))),
        ("before", storedBefore.ToMicros()));

    public async Task<(long Hour, byte[] Body)?> HourAndBodyAsync(Session session, long workspace, long id)
    {
        var found = await session.QueryAsync(
            "SELECT hour, body FROM log_block WHERE workspace_id = @workspace AND id = @id", static row => (row.GetInt64(0), row.Utf8(1)), ("workspace", workspace), ("id", id));
        return found.Count > 0 ? found[0] : null;
    }

    /// <returns>How many of them were still there.</returns>
    public async Task<int> RemoveAsync(Tx tx, long workspace, IReadOnlyList<long> ids)
    {
        if (tx.Dialect.IsPostgres)
        {
            return await tx.ExecuteAsync("DELETE FROM log_block WHERE workspace_id = @workspace AND id = ANY(@ids)", ("workspace", workspace), ("ids", ids.ToArray()));
        }

        var removed = 0;
        foreach (var id in ids)
        {
            removed += await tx.ExecuteAsync("DELETE FROM log_block WHERE workspace_id = @workspace AND id = @id", ("workspace", workspace), ("id", id));
        }

        return removed;
    }

    /// <summary>Blocks that were committed since an instant and not merged since.</summary>
    public Task<List<(long Workspace, long Id)>> FreshAsync(Session session, DateTimeOffset since) => session.QueryAsync(
        "SELECT workspace_id, id FROM log_block WHERE state < 2 AND state = 0 AND stored_at >= @since ORDER BY id",
        static row => (row.GetInt64(0), row.GetInt64(1)), ("since", since.ToMicros()));

    /// <summary>Removes the oldest blocks of all workspaces whose last line is older than an instant.</summary>
    /// <returns>How many were removed, at most <paramref name="most"/>.</returns>
    public Task<int> RemoveEndedAsync(Tx tx, DateTimeOffset before, int most) => tx.ExecuteAsync(
        """
        DELETE FROM log_block WHERE (workspace_id, id) IN (SELECT workspace_id, id FROM log_block WHERE last_at < @before ORDER BY last_at LIMIT @most)
        """,
        ("before", before.ToMicros()), ("most", most));

    private static string Filters(LineFilter? asks) => $"{(asks?.AsksFacets == true ? "facets" : "NULL")}, {(asks?.AsksWords == true ? "words" : "NULL")}";

    private static BlockHead Head(System.Data.Common.DbDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), row.GetInt32(5), row.NullableBytes(6), row.NullableBytes(7));

    private static async Task<long[]> ReserveAsync(Tx tx, int count)
    {
        if (tx.Dialect.IsPostgres)
        {
            return await tx.ReserveIdsAsync("log_block", count);
        }

        // Numbers of blocks that are gone are remembered there.
        var last = await LastAsync(tx);
        return [.. Enumerable.Range(1, count).Select(i => last + i)];
    }

    private static long[] Each(IReadOnlyList<NewBlock> blocks, Func<NewBlock, long> value) => [.. blocks.Select(value)];
}
