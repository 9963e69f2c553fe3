using System.Buffers.Binary;
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

/// <param name="Packed">As <see cref="PackedBody"/> makes it.</param>
internal sealed record DeliveryRow(
    long Id, string Source, DateTimeOffset ReceivedAt, Verdict Verdict, int Signals, int Rejected, string? Reason, string? Headers, byte[]? Packed)
{
    /// <summary>The name of the request that it came with; null: none.</summary>
    public string? Correlation { get; init; }

    /// <summary>As <see cref="DeliveredAlerts"/> makes it; null: none, or it was kept by an older version.</summary>
    public byte[]? Alerts { get; init; }

    /// <summary>The body as it came.</summary>
    public byte[]? Body => Packed is null ? null : PackedBody.Unpack(Packed);
}

/// <summary>The deliveries of each source as they came, so that "explain" and "replay" work.</summary>
internal sealed class DeliveryStore
{
    /// <summary>How many unremarkable deliveries are kept of each source; those with a fault are kept for the whole retention.</summary>
    private const int KeepPerSource = 100;

    public async Task<long> InsertAsync(Tx tx, long workspace, DeliveryRow delivery) => (await InsertAsync(tx, workspace, [delivery]))[0];

    /// <returns>The ids, in the order of the rows.</returns>
    public async Task<long[]> InsertAsync(Tx tx, long workspace, IReadOnlyList<DeliveryRow> deliveries)
    {
        var count = deliveries.Count;
        var ids = await tx.ReserveIdsAsync("delivery", count);
        long[] workspaces = new long[count], received = new long[count];
        int[] verdicts = new int[count], signals = new int[count], rejected = new int[count];
        string?[] sources = new string?[count], reasons = new string?[count], headers = new string?[count], correlations = new string?[count];
        byte[]?[] bodies = new byte[]?[count], alerts = new byte[]?[count];
        for (var i = 0; i < count; i++)
        {
            var row = deliveries[i];
            (workspaces[i], received[i], verdicts[i], signals[i], rejected[i]) = (workspace, row.ReceivedAt.ToMicros(), (int)row.Verdict, row.Signals, row.Rejected);
            (sources[i], reasons[i], headers[i], bodies[i]) = (row.Source, row.Reason, row.Headers, row.Packed);
            (correlations[i], alerts[i]) = (row.Correlation, row.Alerts);
        }

        await tx.BatchAsync(
            "INSERT INTO delivery (id, workspace_id, source, received_at, verdict, signals, rejected, reason, headers, body, correlation, alerts) {rows}",
            new("id", ids), new("workspace", workspaces), new("source", sources), new("received", received), new("verdict", verdicts), new("signals", signals),
            new("rejected", rejected), new("reason", reasons), new("headers", headers), new("body", bodies), new("correlation", correlations), new("alerts", alerts));
        return ids;
    }

    /// <summary>Notes that a message was received, in the transaction that stores what it says.</summary>
    /// <returns>What became of it when it was received first; null: it is new.</returns>
    public async Task<Verdict?> SeeAsync(Tx tx, long workspace, string source, string messageId, Verdict verdict, DateTimeOffset now)
    {
        var added = await tx.ExecuteAsync(
            "INSERT INTO message_seen (workspace_id, source, id, verdict, at) VALUES (@workspace, @source, @id, @verdict, @at) ON CONFLICT (workspace_id, source, id) DO NOTHING",
            ("workspace", workspace), ("source", source), ("id", messageId), ("verdict", (int)verdict), ("at", now.ToMicros()));
        return added > 0 ? null : (Verdict)(await tx.ScalarAsync(
            "SELECT verdict FROM message_seen WHERE workspace_id = @workspace AND source = @source AND id = @id", ("workspace", workspace), ("source", source), ("id", messageId)) ?? 0);
    }

    /// <summary>Deliveries that were rejected wholly or in part, newest first: unparsed, partial, and refused ones.</summary>
    public Task<List<DeliveryRow>> ListRejectedAsync(Session session, long workspace, string? source, long before, int limit) => session.QueryAsync(
        """
        SELECT id, source, received_at, verdict, signals, rejected, reason, headers, body, correlation FROM delivery
        WHERE workspace_id = @workspace AND id < @before AND (@source = '' OR source = @source) AND verdict IN (2, 3, 4)
        ORDER BY id DESC LIMIT @limit
        """,
        Read, ("workspace", workspace), ("before", before), ("source", source ?? ""), ("limit", limit));

    /// <summary>How many deliveries since an instant were rejected and not read since; what was refused as forged does not count.</summary>
    public async Task<long> CountRejectedAsync(Session session, long workspace, DateTimeOffset since) => await session.ScalarAsync(
        "SELECT COUNT(*) FROM delivery WHERE workspace_id = @workspace AND verdict IN (2, 3) AND received_at >= @since", ("workspace", workspace), ("since", since.ToMicros())) ?? 0;

    /// <param name="source">Null: of all sources.</param>
    public Task<List<DeliveryRow>> ListAsync(Session session, long workspace, string? source, Verdict? verdict, long before, int limit) => session.QueryAsync(
        """
        SELECT id, source, received_at, verdict, signals, rejected, reason, headers, body, correlation FROM delivery
        WHERE workspace_id = @workspace AND id < @before AND (@source = '' OR source = @source) AND (@verdict < 0 OR verdict = @verdict)
        ORDER BY id DESC LIMIT @limit
        """,
        Read, ("workspace", workspace), ("before", before), ("source", source ?? ""), ("verdict", verdict is { } v ? (int)v : -1), ("limit", limit));

    public Task<DeliveryRow?> FindAsync(Session session, long workspace, long id) => session.FirstAsync(
        "SELECT id, source, received_at, verdict, signals, rejected, reason, headers, body, correlation FROM delivery WHERE workspace_id = @workspace AND id = @id",
        Read, ("workspace", workspace), ("id", id));

    public Task SaveVerdictAsync(Tx tx, long workspace, long id, Verdict verdict, int signals, int rejected, string? reason, byte[]? alerts = null) => tx.ExecuteAsync(
        "UPDATE delivery SET verdict = @verdict, signals = @signals, rejected = @rejected, reason = @reason, alerts = COALESCE(@alerts, alerts) WHERE workspace_id = @workspace AND id = @id",
        ("verdict", (int)verdict), ("signals", signals), ("rejected", rejected), ("reason", reason), ("alerts", alerts), ("workspace", workspace), ("id", id));

    /// <summary>The kept deliveries that told of one alert, newest first, without their bodies; among the source's newest <paramref name="looked"/>.</summary>
    public async Task<List<DeliveryRow>> OfAlertAsync(Session session, long workspace, string source, long fingerprint, int looked) =>
        (await session.QueryAsync(
            """
            SELECT id, source, received_at, verdict, signals, rejected, reason, headers, NULL, correlation, alerts FROM delivery
            WHERE workspace_id = @workspace AND source = @source ORDER BY id DESC LIMIT @looked
            """,
            static row => Read(row) with { Alerts = row.NullableBytes(10) }, ("workspace", workspace), ("source", source), ("looked", looked)))
        .FindAll(row => DeliveredAlerts.Has(row.Alerts, fingerprint));

    /// <summary>Forgets all but the newest unremarkable deliveries of a source.</summary>
    public Task TrimAsync(Tx tx, long workspace, string source) => tx.ExecuteAsync(
        """
        DELETE FROM delivery WHERE workspace_id = @workspace AND source = @source AND verdict IN (0, 1) AND id < (
            SELECT MIN(id) FROM (SELECT id FROM delivery WHERE workspace_id = @workspace AND source = @source ORDER BY id DESC LIMIT @keep) newest)
        """,
        ("workspace", workspace), ("source", source), ("keep", KeepPerSource));

    private static DeliveryRow Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetString(1), row.Instant(2), (Verdict)row.GetInt32(3), row.GetInt32(4), row.GetInt32(5), row.NullableString(6), row.NullableString(7),
        row.NullableBytes(8))
    {
        Correlation = row.NullableString(9),
    };
}

/// <summary>Which alerts a delivery told of: the fingerprints of the first thousand, eight bytes each.</summary>
internal static class DeliveredAlerts
{
    private const int Most = 1000;

    public static byte[]? Of(Delivery delivery)
    {
        var prepared = delivery.Intake.Prepared;
        if (prepared.Count == 0)
        {
            return null;
        }

        var bytes = new byte[Math.Min(Most, prepared.Count) * sizeof(long)];
        for (var i = 0; i * sizeof(long) < bytes.Length; i++)
        {
            BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(i * sizeof(long)), prepared[i].Fingerprint);
        }

        return bytes;
    }

    public static bool Has(byte[]? alerts, long fingerprint)
    {
        for (var at = 0; at + sizeof(long) <= (alerts?.Length ?? 0); at += sizeof(long))
        {
            if (BinaryPrimitives.ReadInt64BigEndian(alerts.AsSpan(at)) == fingerprint)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Bodies as they are kept: small ones as they are, larger ones compressed; the first byte tells which.</summary>
internal static class PackedBody
{
    private const byte Plain = 0;
    private const byte Brotli = 1;
    private const int WorthPacking = 1024;

    // Fast and good enough: a kept body is read by people, rarely.
    private const int Quality = 1;
    private const int Window = 18;

    public static byte[] Pack(ReadOnlySpan<byte> body)
    {
        if (body.Length >= WorthPacking)
        {
            var packed = new byte[BrotliEncoder.GetMaxCompressedLength(body.Length) + 1];
            if (BrotliEncoder.TryCompress(body, packed.AsSpan(1), out var length, Quality, Window) && length < body.Length)
            {
                packed[0] = Brotli;
                return packed[..(length + 1)];
            }
        }

        return [Plain, .. body];
    }

    public static byte[] Unpack(ReadOnlySpan<byte> packed)
    {
        if (packed[0] == Plain)
        {
            return packed[1..].ToArray();
        }

        using var decoder = new BrotliStream(new MemoryStream(packed[1..].ToArray()), CompressionMode.Decompress);
        using var body = new MemoryStream();
        decoder.CopyTo(body);
        return body.ToArray();
    }
}
