using System.Data.Common;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tocsin.Data;

namespace Tocsin.Telemetry;

/// <summary>Spans of one trace that came together.</summary>
/// <param name="Trace">The hash of the trace's id.</param>
/// <param name="Bytes">How long they are unpacked.</param>
/// <param name="Sum">What lists of traces tell of them.</param>
internal readonly record struct SpanBlock(long Trace, int Spans, int Bytes, byte[] Body, TraceSum Sum)
{
    public static long HashOf(string traceId) => StableHash.Of("trace", traceId);

    public static SpanBlock Of(string traceId, TraceSpan[] spans)
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(spans, SpanJson.Default.TraceSpanArray);
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(text);
        }

        return new(HashOf(traceId), spans.Length, text.Length, packed.ToArray(), TraceSum.Of(traceId, spans));
    }

    public static TraceSpan[] Unpack(byte[] body)
    {
        using var deflate = new DeflateStream(new MemoryStream(body), CompressionMode.Decompress);
        return JsonSerializer.Deserialize(deflate, SpanJson.Default.TraceSpanArray)!;
    }
}

/// <summary>Spans by trace, packed: what came together of one trace is one row.</summary>
internal sealed class SpanStore
{
    /// <summary>How much there is of some traces.</summary>
    public async Task<Dictionary<long, (long Spans, long Bytes)>> SizesAsync(Session session, long workspace, long[] traces)
    {
        var sizes = await session.QueryAsync(
            $"""
            SELECT trace, CAST(SUM(spans) AS BIGINT), CAST(SUM(bytes) AS BIGINT) FROM trace_block
            WHERE workspace_id = @workspace AND trace {(session.Dialect.IsPostgres ? "= ANY(@traces)" : "IN (SELECT value FROM json_each(@traces))")} GROUP BY trace
            """,
            static row => (Trace: row.GetInt64(0), Spans: row.GetInt64(1), Bytes: row.GetInt64(2)),
            ("workspace", workspace), ("traces", session.Dialect.IsPostgres ? traces : $"[{string.Join(',', traces)}]"));
        return sizes.ToDictionary(static s => s.Trace, static s => (s.Spans, s.Bytes));
    }

    public Task InsertAsync(Tx tx, long workspace, List<SpanBlock> blocks, DateTimeOffset now)
    {
        var (workspaces, stored) = (new long[blocks.Count], new long[blocks.Count]);
        Array.Fill(workspaces, workspace);
        Array.Fill(stored, now.ToMicros());
        return tx.BatchAsync(
            "INSERT INTO trace_block (workspace_id, trace, stored_at, spans, bytes, body) {rows}",
            new("workspace", workspaces), new("traces", blocks.ConvertAll(static b => b.Trace).ToArray()), new("stored", stored), new("spans", blocks.ConvertAll(static b => b.Spans).ToArray()),
            new("bytes", blocks.ConvertAll(static b => b.Bytes).ToArray()), new("bodies", blocks.ConvertAll(static b => b.Body).ToArray()));
    }

    /// <summary>The rows of one trace, in the order in which they came.</summary>
    public Task<List<byte[]>> BlocksAsync(Session session, long workspace, long trace) => session.QueryAsync(
        "SELECT body FROM trace_block WHERE workspace_id = @workspace AND trace = @trace ORDER BY id", static row => row.GetFieldValue<byte[]>(0),
        ("workspace", workspace), ("trace", trace));

    /// <summary>Forgets what was stored before an instant.</summary>
    /// <param name="most">Rows at once.</param>
    /// <returns>How many rows are gone; as many as asked for: there may be more.</returns>
    public Task<int> ForgetAsync(Tx tx, long workspace, DateTimeOffset before, int most) => tx.ExecuteAsync(
        "DELETE FROM trace_block WHERE workspace_id = @workspace AND id IN (SELECT id FROM trace_block WHERE workspace_id = @workspace AND stored_at < @before ORDER BY stored_at LIMIT @most)",
        ("workspace", workspace), ("before", before.ToMicros()), ("most", most));

    /// <summary>How many bytes the packed spans of a workspace take.</summary>
    public async Task<long> PackedBytesAsync(Session session, long workspace) =>
        await session.ScalarAsync("SELECT SUM(LENGTH(body)) FROM trace_block WHERE workspace_id = @workspace", ("workspace", workspace)) ?? 0;

    /// <summary>Forgets the oldest rows.</summary>
    /// <returns>How many bytes that freed; 0: there is none.</returns>
    public async Task<long> ForgetOldestAsync(Tx tx, long workspace, int most) => (await tx.QueryAsync(
        """
        DELETE FROM trace_block WHERE workspace_id = @workspace AND id IN (
            SELECT id FROM trace_block WHERE workspace_id = @workspace ORDER BY stored_at LIMIT @most) RETURNING LENGTH(body)
        """,
        static row => Convert.ToInt64(row.GetValue(0)), ("workspace", workspace), ("most", most))).Sum();
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(TraceSpan[]))]
internal sealed partial class SpanJson : JsonSerializerContext;
