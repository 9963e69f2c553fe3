using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tocsin.Alerts;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>One series as a row is written for it.</summary>
internal readonly record struct SeriesRow(SeriesEntry Entry, long LastAt);

/// <summary>Samples of one commit as they came.</summary>
internal readonly record struct HeadRow(long Id, int Samples, long FirstAt, long LastAt, byte[] Body);

/// <summary>Points of one series and span of time.</summary>
/// <param name="Span">Unix microseconds at which the span begins.</param>
/// <param name="Part">Higher ones were stored later; <see cref="MetricStore.Open"/> is the one that still grows.</param>
internal readonly record struct ChunkRow(long Span, long Series, long Part, int Points, byte[] Body);

/// <summary>
/// Series, and their samples in two forms: heads, as they came, one row a commit; and chunks, one row for some hundred points of a series within a span.
/// All samples of a workspace are in its heads and chunks; the <c>turn</c> counts how often heads became chunks.
/// </summary>
internal sealed class MetricStore
{
    /// <summary>The part of a chunk that still grows.</summary>
    public const long Open = long.MaxValue;

    /// <summary>Four hours: every chunk lies in one span. Microseconds.</summary>
    public const long SpanLength = 4 * TimeSpan.MicrosecondsPerHour;

    /// <summary>The span that holds an instant; both Unix microseconds, the latter its beginning.</summary>
    public static long SpanOf(long micros) => (micros / SpanLength * SpanLength) - (micros % SpanLength < 0 ? SpanLength : 0);

    /// <summary>Adds series, or says of known ones when they were seen last.</summary>
    /// <param name="rows">Each series once.</param>
    public async Task SaveSeriesAsync(Tx tx, long workspace, List<SeriesRow> rows)
    {
        // Always in the same order, so that nodes that save the same ones wait for each other instead of for ever.
        rows.Sort(static (a, b) => a.Entry.Id.CompareTo(b.Entry.Id));
        await tx.BatchAsync(
            """
            INSERT INTO metric_series (workspace_id, id, name, service, tags, unit, kind, last_at) {rows}
            ON CONFLICT (workspace_id, id) DO UPDATE SET unit = excluded.unit, kind = excluded.kind,
                last_at = CASE WHEN excluded.last_at > metric_series.last_at THEN excluded.last_at ELSE metric_series.last_at END
            """,
            new("workspace", Repeated(workspace, rows.Count)), new("ids", rows.ConvertAll(static r => r.Entry.Id).ToArray()), new("names", rows.ConvertAll(static r => r.Entry.Name).ToArray()),
            new("services", rows.ConvertAll(static r => r.Entry.Service).ToArray()), new("tags", rows.ConvertAll(static r => TagText.Write(r.Entry.Tags)).ToArray()),
            new("units", rows.ConvertAll(static r => r.Entry.Unit).ToArray()), new("kinds", rows.ConvertAll(static r => (int)r.Entry.Kind).ToArray()),
            new("seen", rows.ConvertAll(static r => r.LastAt).ToArray()));
    }

    /// <summary>Series by name, service and tags, as long as more are wanted.</summary>
    /// <param name="name">Null: any.</param>
    /// <param name="service">Null: any.</param>
    public Task<List<MetricSeries>> SeriesAsync(Session session, long workspace, string? name, string? service, Predicate<MetricSeries> more)
    {
        List<(string, object?)> args = [("workspace", workspace)];
        var where = "workspace_id = @workspace";
        if (name is not null)
        {
            where += " AND name = @name";
            args.Add(("name", name));
        }

        if (service is not null)
        {
            where += " AND service = @service";
            args.Add(("service", service));
        }

        return session.QueryAsync($"SELECT id, name, service, tags, unit, kind, last_at FROM metric_series WHERE {where} ORDER BY name, service, tags", ReadSeries, more, [.. args]);
    }

    /// <summary>When each service was seen last, of those that were since an instant.</summary>
    public Task<List<(string Service, DateTimeOffset LastAt)>> ServicesAsync(Session session, long workspace, DateTimeOffset since) => session.QueryAsync(
        "SELECT service, MAX(last_at) FROM metric_series WHERE workspace_id = @workspace AND last_at >= @since AND service <> '' GROUP BY service ORDER BY service",
        static row => (row.GetString(0), row.Instant(1)), ("workspace", workspace), ("since", since.ToMicros()));

    /// <summary>Gauges of services that were seen since an instant, without their tags.</summary>
    /// <param name="names">In lower case; those of the rows may be in any.</param>
    public Task<List<MetricSeries>> GaugesAsync(Session session, long workspace, string[] names, DateTimeOffset since) => session.QueryAsync(
        $"""
        SELECT id, name, service, unit, last_at FROM metric_series
        WHERE workspace_id = @workspace AND last_at >= @since AND kind = 0 AND service <> ''
        AND LOWER(name) {(session.Dialect.IsPostgres ? "= ANY(@names)" : "IN (SELECT value FROM json_each(@names))")}
        """,
        static row => new MetricSeries(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(3), MetricKind.Gauge, LabelSet.Empty, row.Instant(4)), ("workspace", workspace), ("since", since.ToMicros()),
        ("names", session.Dialect.IsPostgres ? names : JsonSerializer.Serialize(names, TagJson.Default.StringArray)));

    public Task<int> InsertHeadAsync(Tx tx, long workspace, int samples, long firstAt, long lastAt, byte[] body, DateTimeOffset now) => tx.ExecuteAsync(
        "INSERT INTO metric_head (workspace_id, stored_at, samples, first_at, last_at, body) VALUES (@workspace, @now, @samples, @first, @last, @body)",
        ("workspace", workspace), ("now", now.ToMicros()), ("samples", samples), ("first", firstAt), ("last", lastAt), ("body", body));

    /// <summary>The oldest heads, together about as many samples as asked for, at least one head if there is any.</summary>
    public Task<List<HeadRow>> OldestHeadsAsync(Session session, long workspace, int samples)
    {
        var sum = 0L;
        return session.QueryAsync(
            "SELECT id, samples, first_at, last_at, body FROM metric_head WHERE workspace_id = @workspace ORDER BY id", ReadHead,
            head => (sum += head.Samples) < samples, ("workspace", workspace));
    }

    /// <summary>Heads that hold samples of a span of time, in the order in which they were stored.</summary>
    public Task<List<HeadRow>> HeadsAsync(Session session, long workspace, long from, long to) => session.QueryAsync(
        "SELECT id, samples, first_at, last_at, body FROM metric_head WHERE workspace_id = @workspace AND last_at >= @from AND first_at < @to ORDER BY id",
        ReadHead, ("workspace", workspace), ("from", from), ("to", to));

    /// <summary>Workspaces that have heads: how many samples, and when the oldest head was stored.</summary>
    public Task<List<(long Workspace, long Samples, DateTimeOffset OldestAt)>> WaitingAsync(Session session) => session.QueryAsync(
        "SELECT workspace_id, CAST(SUM(samples) AS BIGINT), MIN(stored_at) FROM metric_head GROUP BY workspace_id ORDER BY workspace_id",
        static row => (row.GetInt64(0), row.GetInt64(1), row.Instant(2)));

    /// <summary>The first and the last span that the workspace has chunks of; null: it has none.</summary>
    public async Task<(long First, long Last)?> SpansAsync(Session session, long workspace) =>
        await session.ScalarAsync("SELECT MIN(span) FROM metric_chunk WHERE workspace_id = @workspace", ("workspace", workspace)) is { } first
            ? (first, await session.ScalarAsync("SELECT MAX(span) FROM metric_chunk WHERE workspace_id = @workspace", ("workspace", workspace)) ?? first)
            : null;

    /// <summary>All parts of some series in one span, by series and part.</summary>
    public Task<List<ChunkRow>> ChunksAsync(Session session, long workspace, long span, long[] series)
    {
        var (list, among) = Among(session, series);
        return session.QueryAsync(
            $"SELECT span, series_id, part, points, body FROM metric_chunk WHERE workspace_id = @workspace AND span = @span AND series_id {among} ORDER BY series_id, part",
            ReadChunk, ("workspace", workspace), ("span", span), ("series", list));
    }

    /// <summary>The parts that still grow, of some series in one span.</summary>
    public Task<List<ChunkRow>> OpenChunksAsync(Session session, long workspace, long span, long[] series)
    {
        var (list, among) = Among(session, series);
        return session.QueryAsync(
            $"SELECT span, series_id, part, points, body FROM metric_chunk WHERE workspace_id = @workspace AND span = @span AND series_id {among} AND part = @part",
            ReadChunk, ("workspace", workspace), ("span", span), ("series", list), ("part", Open));
    }

    /// <summary>How often heads of the workspace became chunks; 0: never.</summary>
    public async Task<long> TurnAsync(Session session, long workspace) =>
        await session.ScalarAsync("SELECT turn FROM metric_turn WHERE workspace_id = @workspace", ("workspace", workspace)) ?? 0;

    /// <summary>
    /// Puts chunks in the place of heads, all or nothing. Whoever read the workspace before somebody else did this is told so, and changes nothing.
    /// </summary>
    /// <param name="turn">As it was when heads and chunks were read.</param>
    /// <param name="chunks">Take the place of those with the same span, series and part.</param>
    /// <param name="closed">Chunks whose open part has become one of <paramref name="chunks"/> and begins anew.</param>
    /// <returns>Whether it was done.</returns>
    public async Task<bool> PackAsync(Tx tx, long workspace, long turn, List<HeadRow> heads, List<ChunkRow> chunks, List<(long Span, long Series)> closed)
    {
        // The row is locked from here on.
        await tx.ExecuteAsync("INSERT INTO metric_turn (workspace_id, turn) VALUES (@workspace, 0) ON CONFLICT (workspace_id) DO NOTHING", ("workspace", workspace));
        if (await tx.ExecuteAsync("UPDATE metric_turn SET turn = turn + 1 WHERE workspace_id = @workspace AND turn = @turn", ("workspace", workspace), ("turn", turn)) == 0)
        {
            return false;
        }

        foreach (var span in closed.GroupBy(static c => c.Span))
        {
            var (list, among) = Among(tx, [.. span.Select(static c => c.Series)]);
            await tx.ExecuteAsync(
                $"DELETE FROM metric_chunk WHERE workspace_id = @workspace AND span = @span AND series_id {among} AND part = @part",
                ("workspace", workspace), ("span", span.Key), ("series", list), ("part", Open));
        }

        await tx.BatchAsync(
            """
            INSERT INTO metric_chunk (workspace_id, span, series_id, part, points, body) {rows}
            ON CONFLICT (workspace_id, span, series_id, part) DO UPDATE SET points = excluded.points, body = excluded.body
            """,
            new("workspace", Repeated(workspace, chunks.Count)), new("spans", chunks.ConvertAll(static c => c.Span).ToArray()), new("series", chunks.ConvertAll(static c => c.Series).ToArray()),
            new("parts", chunks.ConvertAll(static c => c.Part).ToArray()), new("points", chunks.ConvertAll(static c => c.Points).ToArray()),
            new("bodies", chunks.ConvertAll(static c => c.Body).ToArray()));

        var (ids, those) = Among(tx, [.. heads.Select(static h => h.Id)]);
        await tx.ExecuteAsync($"DELETE FROM metric_head WHERE workspace_id = @workspace AND id {those}", ("workspace", workspace), ("series", ids));
        return true;
    }

    /// <summary>Workspaces that have metrics or traces.</summary>
    public Task<List<long>> WorkspacesAsync(Session session) => session.QueryAsync(
        "SELECT workspace_id FROM metric_series UNION SELECT workspace_id FROM metric_chunk UNION SELECT workspace_id FROM trace_block UNION SELECT workspace_id FROM trace_summary", static row => row.GetInt64(0));

    /// <summary>Forgets chunks of spans that ended before an instant, of the oldest first.</summary>
    /// <param name="most">Rows at once, about.</param>
    /// <returns>How many are gone; 0: there is none.</returns>
    public async Task<int> ForgetChunksAsync(Tx tx, long workspace, DateTimeOffset before, int most)
    {
        var oldest = await tx.ScalarAsync("SELECT MIN(span) FROM metric_chunk WHERE workspace_id = @workspace", ("workspace", workspace));
        return oldest is not { } span || span + SpanLength > before.ToMicros()
            ? 0
            : await tx.ExecuteAsync(
                """
                DELETE FROM metric_chunk WHERE workspace_id = @workspace AND span = @span AND series_id <= (SELECT MAX(series_id) FROM (
                    SELECT series_id FROM metric_chunk WHERE workspace_id = @workspace AND span = @span ORDER BY series_id LIMIT @most) AS bite)
                """,
                ("workspace", workspace), ("span", span), ("most", most));
    }

    /// <summary>Forgets series that nobody has seen since an instant.</summary>
    /// <returns>Their ids, at most <paramref name="most"/>.</returns>
    public Task<List<long>> ForgetSeriesAsync(Tx tx, long workspace, DateTimeOffset before, int most) => tx.QueryAsync(
        """
        DELETE FROM metric_series WHERE workspace_id = @workspace AND id IN (
            SELECT id FROM metric_series WHERE workspace_id = @workspace AND last_at < @before LIMIT @most) RETURNING id
        """,
        static row => row.GetInt64(0), ("workspace", workspace), ("before", before.ToMicros()), ("most", most));

    private static long[] Repeated(long value, int count)
    {
        var all = new long[count];
        Array.Fill(all, value);
        return all;
    }

    private static (object List, string Among) Among(Session session, long[] ids) => session.Dialect.IsPostgres
        ? (ids, "= ANY(@series)")
        : ($"[{string.Join(',', ids)}]", "IN (SELECT value FROM json_each(@series))");

    private static MetricSeries ReadSeries(DbDataReader row) =>
        new(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetString(4), (MetricKind)row.GetInt32(5), TagText.Read(row.GetString(3)), row.Instant(6));

    private static HeadRow ReadHead(DbDataReader row) => new(row.GetInt64(0), row.GetInt32(1), row.GetInt64(2), row.GetInt64(3), row.GetFieldValue<byte[]>(4));

    private static ChunkRow ReadChunk(DbDataReader row) => new(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt32(3), row.GetFieldValue<byte[]>(4));
}

/// <summary>Tags in the database: a JSON object of texts, in the order of names.</summary>
internal static class TagText
{
    public static string Write(LabelSet tags) => tags.Count == 0 ? "{}" : JsonSerializer.Serialize(new Dictionary<string, string>(tags), TagJson.Default.DictionaryStringString);

    public static LabelSet Read(string text) => text == "{}" ? LabelSet.Empty : LabelSet.From(JsonSerializer.Deserialize(text, TagJson.Default.DictionaryStringString)!);
}

[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(string))]
internal sealed partial class TagJson : JsonSerializerContext;
