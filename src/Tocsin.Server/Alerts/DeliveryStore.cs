using System.Data.Common;
using System.IO.Compression;
using Tocsin.Data;

namespace Tocsin.Alerts;

/// <summary>What became of one delivery. The numbers are stored.</summary>
internal enum Verdict
{
    Accepted = 0,
    Duplicate = 1,

    /// <summary>Some elements were stored, some could not be read.</summary>
    Partial = 2,

    /// <summary>Nothing in it could be read; kept, to be replayed.</summary>
    Unparsed = 3,

    /// <summary>Its signature was wrong; kept without effect.</summary>
    Refused = 4,
}

internal sealed record DeliveryRow(
    long Id, string Source, DateTimeOffset ReceivedAt, Verdict Verdict, int Signals, int Rejected, string? Reason, string? Headers, byte[]? Body);

/// <summary>The deliveries of each source as they came, so that "explain" and "replay" work.</summary>
internal sealed class DeliveryStore
{
    /// <summary>How many unremarkable deliveries are kept of each source; those with a fault are kept for the whole retention.</summary>
    private const int KeepPerSource = 100;

    public async Task<long> InsertAsync(Tx tx, long workspace, DeliveryRow delivery)
    {
        var id = await tx.ScalarAsync(
            """
            INSERT INTO delivery (workspace_id, source, received_at, verdict, signals, rejected, reason, headers, body)
            VALUES (@workspace, @source, @received, @verdict, @signals, @rejected, @reason, @headers, @body) RETURNING id
            """,
            ("workspace", workspace), ("source", delivery.Source), ("received", delivery.ReceivedAt.ToMicros()), ("verdict", (int)delivery.Verdict),
            ("signals", delivery.Signals), ("rejected", delivery.Rejected), ("reason", delivery.Reason), ("headers", delivery.Headers), ("body", Pack(delivery.Body)));
        return id!.Value;
    }

    /// <summary>Counts what a source sent, and when last.</summary>
    public Task CountAsync(Tx tx, long workspace, string source, int accepted, int unparsed, DateTimeOffset at) => tx.ExecuteAsync(
        """
        INSERT INTO source_state (workspace_id, source, accepted, unparsed, last_event_at) VALUES (@workspace, @source, @accepted, @unparsed, @at)
        ON CONFLICT (workspace_id, source) DO UPDATE SET
            accepted = source_state.accepted + excluded.accepted, unparsed = source_state.unparsed + excluded.unparsed, last_event_at = excluded.last_event_at
        """,
        ("workspace", workspace), ("source", source), ("accepted", (long)accepted), ("unparsed", (long)unparsed), ("at", at.ToMicros()));

    public Task<List<(string Source, long Accepted, long Unparsed, DateTimeOffset? LastAt)>> CountsAsync(Session session, long workspace) => session.QueryAsync(
        "SELECT source, accepted, unparsed, last_event_at FROM source_state WHERE workspace_id = @workspace",
        static row => (row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.NullableInstant(3)), ("workspace", workspace));

    /// <param name="source">Null: of all sources.</param>
    public Task<List<DeliveryRow>> ListAsync(Session session, long workspace, string? source, Verdict? verdict, long before, int limit) => session.QueryAsync(
        """
        SELECT id, source, received_at, verdict, signals, rejected, reason, headers, body FROM delivery
        WHERE workspace_id = @workspace AND id < @before AND (@source = '' OR source = @source) AND (@verdict < 0 OR verdict = @verdict)
        ORDER BY id DESC LIMIT @limit
        """,
        Read, ("workspace", workspace), ("before", before), ("source", source ?? ""), ("verdict", verdict is { } v ? (int)v : -1), ("limit", limit));

    public Task<DeliveryRow?> FindAsync(Session session, long workspace, long id) => session.FirstAsync(
        "SELECT id, source, received_at, verdict, signals, rejected, reason, headers, body FROM delivery WHERE workspace_id = @workspace AND id = @id",
        Read, ("workspace", workspace), ("id", id));

    public Task SaveVerdictAsync(Tx tx, long workspace, long id, Verdict verdict, int signals, int rejected, string? reason) => tx.ExecuteAsync(
        "UPDATE delivery SET verdict = @verdict, signals = @signals, rejected = @rejected, reason = @reason WHERE workspace_id = @workspace AND id = @id",
        ("verdict", (int)verdict), ("signals", signals), ("rejected", rejected), ("reason", reason), ("workspace", workspace), ("id", id));

    /// <summary>Forgets all but the newest unremarkable deliveries of a source.</summary>
    public Task TrimAsync(Tx tx, long workspace, string source) => tx.ExecuteAsync(
        """
        DELETE FROM delivery WHERE workspace_id = @workspace AND source = @source AND verdict IN (0, 1) AND id < (
            SELECT MIN(id) FROM (SELECT id FROM delivery WHERE workspace_id = @workspace AND source = @source ORDER BY id DESC LIMIT @keep) newest)
        """,
        ("workspace", workspace), ("source", source), ("keep", KeepPerSource));

    private static DeliveryRow Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.Instant(2), (Verdict)row.GetInt32(3), row.GetInt32(4), row.GetInt32(5), row.NullableString(6), row.NullableString(7),
        Unpack(row.NullableBytes(8)));

    private static byte[]? Pack(byte[]? body)
    {
        if (body is null)
        {
            return null;
        }

        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Fastest))
        {
            deflate.Write(body);
        }

        return packed.ToArray();
    }

    private static byte[]? Unpack(byte[]? packed)
    {
        if (packed is null)
        {
            return null;
        }

        using var deflate = new DeflateStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var body = new MemoryStream();
        deflate.CopyTo(body);
        return body.ToArray();
    }
}
