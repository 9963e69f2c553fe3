using System.Data.Common;
using System.Text.Json;
using System.Text.Json.Serialization;
using Tocsin.Data;
using Tocsin.Escalation;

namespace Tocsin.Notify;

/// <summary>The numbers are stored.</summary>
internal enum PageStatus
{
    Queued = 0,
    Sent = 1,
    Failed = 2,
    Cancelled = 3,

    /// <summary>One of too many within a minute: told by one message that stands for all of them.</summary>
    Bundled = 4,
}

/// <summary>What a page says beyond the incident itself, as it was when the page was decided.</summary>
/// <param name="FallbackBy">By then a failing method gives way to the recipient's next one.</param>
/// <param name="Minute">For a message that stands for many: the minute, since 1970, of the pages that it stands for.</param>
/// <param name="Thread">For a notice: the conversation that it continues.</param>
internal sealed record PageFacts(
    int Steps, int Rounds, DateTimeOffset? FallbackBy, string? NextRecipient, DateTimeOffset? NextAt, string? By, long? Minute = null, string? Thread = null)
{
    /// <summary>It waits, or one message stands for those that waited, for the end of quiet hours.</summary>
    public bool Quiet { get; init; }

    /// <summary>How often the recipient's rules call by this method before.</summary>
    public int Again { get; init; }

    /// <summary>What a person wrote to the recipient.</summary>
    public string? Note { get; init; }

    /// <summary>Stands for what the method reached when this was decided: an answer proves that and nothing else.</summary>
    public string? Address { get; init; }

    /// <summary>After this a test is not sent any more; null: it does not wait.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>What the provider answered that is needed later; see <see cref="Providers.SendOutcome.Accepted"/>.</summary>
internal sealed record PageReceipt(string Handle, string? Thread = null);

/// <summary>One notification to one recipient by one method. Its key is equal over retries, restarts and nodes.</summary>
internal sealed record PageRow
{
    public long Id { get; init; }

    public required long Incident { get; init; }

    public required MessageKind Kind { get; init; }

    public required long Epoch { get; init; }

    /// <summary>0-based.</summary>
    public int Step { get; init; }

    public int Round { get; init; }

    public required RecipientKind RecipientKind { get; init; }

    public required string Recipient { get; init; }

    public required string Method { get; init; }

    public required string Type { get; init; }

    public required string Key { get; init; }

    public PageStatus Status { get; init; }

    public int Attempts { get; init; }

    /// <summary>It may have arrived although it is not known to: an attempt ended without a firm no, or nobody knows how it ended.</summary>
    public bool InDoubt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset DueAt { get; init; }

    public DateTimeOffset? FirstTryAt { get; init; }

    public DateTimeOffset? SentAt { get; init; }

    /// <summary>When it reached the device, where the provider tells.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>When the person saw it, where that is known: they opened or answered it.</summary>
    public DateTimeOffset? SeenAt { get; init; }

    public string? Reason { get; init; }

    public string? Because { get; init; }

    public required PageFacts Facts { get; init; }

    /// <summary>With it the message that was sent can be changed; null: it cannot, or was not sent.</summary>
    public PageReceipt? Receipt { get; init; }

    public string RecipientId => RecipientKind == RecipientKind.User ? $"user:{Recipient}" : $"channel:{Recipient}";

    public string JobKey => $"page/{Id}";
}

internal sealed class PageStore
{
    private const long MicrosPerMinute = 60_000_000;

    private const string Columns =
        """
        id, incident, kind, epoch, step, round, recipient_kind, recipient, method, type, page_key, status, attempts,
        created_at, due_at, first_try_at, sent_at, reason, because, state, delivered_at, seen_at, receipt, in_doubt
        """;

    /// <returns>The new row's id; null when a page with this key exists already.</returns>
    public Task<long?> InsertAsync(Tx tx, long workspace, PageRow page) => tx.ScalarAsync(
        """
        INSERT INTO page (workspace_id, incident, kind, epoch, step, round, recipient_kind, recipient, method, type, page_key, status, attempts, created_at, due_at, because, state)
        VALUES (@workspace, @incident, @kind, @epoch, @step, @round, @recipient_kind, @recipient, @method, @type, @key, @status, 0, @created, @due, @because, @state)
        ON CONFLICT (workspace_id, page_key) DO NOTHING RETURNING id
        """,
        ("workspace", workspace), ("incident", page.Incident), ("kind", (int)page.Kind), ("epoch", page.Epoch), ("step", page.Step), ("round", page.Round),
        ("recipient_kind", (int)page.RecipientKind), ("recipient", page.Recipient), ("method", page.Method), ("type", page.Type), ("key", page.Key), ("status", (int)page.Status),
        ("created", page.CreatedAt.ToMicros()), ("due", page.DueAt.ToMicros()), ("because", page.Because),
        ("state", JsonSerializer.Serialize(page.Facts, PageJson.Default.PageFacts)));

    public Task<PageRow?> FindAsync(Session session, long workspace, long id) => session.FirstAsync(
        $"SELECT {Columns} FROM page WHERE workspace_id = @workspace AND id = @id", Read, ("workspace", workspace), ("id", id));

    public Task<PageRow?> FindAsync(Session session, long workspace, string key) => session.FirstAsync(
        $"SELECT {Columns} FROM page WHERE workspace_id = @workspace AND page_key = @key", Read, ("workspace", workspace), ("key", key));

    /// <summary>Keeps what became of a page after it was sent.</summary>
    public Task SaveDeliveryAsync(Tx tx, long workspace, PageRow page) => tx.ExecuteAsync(
        "UPDATE page SET delivered_at = @delivered, seen_at = @seen WHERE workspace_id = @workspace AND id = @id",
        ("delivered", page.DeliveredAt.ToMicros()), ("seen", page.SeenAt.ToMicros()), ("workspace", workspace), ("id", page.Id));

    public Task<List<PageRow>> OfIncidentAsync(Session session, long workspace, long incident) => session.QueryAsync(
        $"SELECT {Columns} FROM page WHERE workspace_id = @workspace AND incident = @incident ORDER BY id LIMIT 1000",
        Read, ("workspace", workspace), ("incident", incident));

    /// <summary>The messages of an incident that can be changed, oldest first; the last 200.</summary>
    public async Task<List<PageRow>> ChangeableAsync(Session session, long workspace, long incident)
    {
        var rows = await session.QueryAsync(
            $"SELECT {Columns} FROM page WHERE workspace_id = @workspace AND incident = @incident AND receipt IS NOT NULL AND kind IN (0, 5) ORDER BY id DESC LIMIT 200",
            Read, ("workspace", workspace), ("incident", incident));
        rows.Reverse();
        return rows;
    }

    /// <summary>The newest page or notice that a person was sent by methods of one type.</summary>
    public Task<PageRow?> NewestSentAsync(Session session, long workspace, string user, string type) => session.FirstAsync(
        $"""
        SELECT {Columns} FROM page
        WHERE workspace_id = @workspace AND recipient_kind = 0 AND recipient = @user AND type = @type AND status = 1
        ORDER BY id DESC LIMIT 1
        """,
        Read, ("workspace", workspace), ("user", user), ("type", type));

    /// <summary>The newest test of one contact method that was sent.</summary>
    public Task<PageRow?> NewestTestAsync(Session session, long workspace, string user, string method) => session.FirstAsync(
        $"""
        SELECT {Columns} FROM page
        WHERE workspace_id = @workspace AND incident = 0 AND kind = 11 AND recipient_kind = 0 AND recipient = @user AND method = @method AND status = 1
        ORDER BY id DESC LIMIT 1
        """,
        Read, ("workspace", workspace), ("user", user), ("method", method));

    /// <summary>Pages before an id, newest first.</summary>
    /// <param name="incident">0: of all incidents.</param>
    public Task<List<PageRow>> ListAsync(Session session, long workspace, long incident, PageStatus? status, long before, int limit) => session.QueryAsync(
        $"""
        SELECT {Columns} FROM page
        WHERE workspace_id = @workspace AND (@incident = 0 OR incident = @incident) AND (@status < 0 OR status = @status) AND id < @before
        ORDER BY id DESC LIMIT @limit
        """,
        Read, ("workspace", workspace), ("incident", incident), ("status", status is { } s ? (int)s : -1), ("before", before), ("limit", limit));

    /// <summary>Counts a page of one recipient by one method.</summary>
    /// <returns>How many were decided for them within this minute, this one included.</returns>
    public async Task<long> CountInMinuteAsync(Tx tx, long workspace, PageRow page, long minute) => await tx.ScalarAsync(
        """
        INSERT INTO recipient_minute (workspace_id, recipient, minute, planned) VALUES (@workspace, @recipient, @minute, 1)
        ON CONFLICT (workspace_id, recipient, minute) DO UPDATE SET planned = recipient_minute.planned + 1 RETURNING planned
        """,
        ("workspace", workspace), ("recipient", RecipientOf(page)), ("minute", minute)) ?? 1;

    /// <summary>How many pages one recipient was due by one method within a minute.</summary>
    public async Task<long> PlannedInMinuteAsync(Session session, long workspace, PageRow page, long minute) => await session.ScalarAsync(
        "SELECT planned FROM recipient_minute WHERE workspace_id = @workspace AND recipient = @recipient AND minute = @minute",
        ("workspace", workspace), ("recipient", RecipientOf(page)), ("minute", minute)) ?? 0;

    /// <summary>The pages that one message stands for, if they are still told by it.</summary>
    public async Task<List<PageRow>> BundledAsync(Session session, long workspace, PageRow more) => more.Facts.Minute is not { } minute ? [] : (await session.QueryAsync(
        $"""
        SELECT {Columns} FROM page
        WHERE workspace_id = @workspace AND status = 4 AND recipient_kind = @recipient_kind AND recipient = @recipient AND method = @method
            AND due_at >= @from AND due_at < @to
        ORDER BY id
        """,
        Read, ("workspace", workspace), ("recipient_kind", (int)more.RecipientKind), ("recipient", more.Recipient), ("method", more.Method),
        ("from", minute * MicrosPerMinute), ("to", (minute + 1) * MicrosPerMinute))).FindAll(page => page.Facts.Quiet == more.Facts.Quiet);

    /// <summary>The message that will stand for all that waits for the end of quiet hours in this minute, if it was not tried yet.</summary>
    public async Task<PageRow?> WaitedAsync(Session session, long workspace, PageRow waiting, long minute)
    {
        var queued = await session.QueryAsync(
            $"""
            SELECT {Columns} FROM page
            WHERE workspace_id = @workspace AND status = 0 AND kind = 10 AND recipient_kind = @recipient_kind AND recipient = @recipient AND method = @method
                AND first_try_at IS NULL
            """,
            Read, ("workspace", workspace), ("recipient_kind", (int)waiting.RecipientKind), ("recipient", waiting.Recipient), ("method", waiting.Method));
        return queued.Find(waited => waited.Facts.Minute == minute);
    }

    /// <summary>The message that stands for a bundled page, if it was not tried yet.</summary>
    public async Task<PageRow?> StandInAsync(Session session, long workspace, PageRow bundled)
    {
        var waiting = await session.QueryAsync(
            $"""
            SELECT {Columns} FROM page
            WHERE workspace_id = @workspace AND status = 0 AND kind = @kind AND recipient_kind = @recipient_kind AND recipient = @recipient AND method = @method
                AND first_try_at IS NULL
            """,
            Read, ("workspace", workspace), ("kind", (int)MessageKind.More), ("recipient_kind", (int)bundled.RecipientKind), ("recipient", bundled.Recipient),
            ("method", bundled.Method));
        return waiting.Find(more => more.Facts.Minute == PagePlanner.MinuteOf(bundled.DueAt));
    }

    private static string RecipientOf(PageRow page) => $"{page.RecipientId} {page.Method}";

    /// <summary>Stores the outcome of an attempt.</summary>
    public Task SaveOutcomeAsync(Tx tx, long workspace, PageRow page) => tx.ExecuteAsync(
        """
        UPDATE page SET status = @status, attempts = @attempts, first_try_at = @first, sent_at = @sent, due_at = @due, reason = @reason, receipt = @receipt,
            in_doubt = @doubt
        WHERE workspace_id = @workspace AND id = @id
        """,
        ("status", (int)page.Status), ("attempts", page.Attempts), ("first", page.FirstTryAt.ToMicros()), ("sent", page.SentAt.ToMicros()),
        ("due", page.DueAt.ToMicros()), ("reason", page.Reason), ("doubt", page.InDoubt ? 1 : 0),
        ("receipt", page.Receipt is { } receipt ? JsonSerializer.Serialize(receipt, PageJson.Default.PageReceipt) : null), ("workspace", workspace), ("id", page.Id));

    /// <summary>Calls off the pages of an incident that were not sent yet, and takes their waiting jobs out.</summary>
    public async Task CancelAsync(Tx tx, long workspace, long incident, string reason, DateTimeOffset now)
    {
        await tx.ExecuteAsync(
            """
            DELETE FROM job WHERE workspace_id = @workspace AND lease_by IS NULL AND dead = 0 AND job_key IN (
                SELECT 'page/' || id FROM page WHERE workspace_id = @workspace AND incident = @incident AND kind IN (0, 8) AND status = 0)
            """,
            ("workspace", workspace), ("incident", incident));
        await tx.ExecuteAsync(
            """
            UPDATE page SET status = 3, reason = @reason
            WHERE workspace_id = @workspace AND incident = @incident AND kind IN (0, 8) AND (status = 0 OR (status = 4 AND due_at > @now))
            """,
            ("reason", reason), ("workspace", workspace), ("incident", incident), ("now", now.ToMicros()));
    }

    /// <summary>Calls off what was to ask people for help and was not sent yet.</summary>
    /// <param name="recipient">As in <see cref="Recipient.Id"/>; null: everybody.</param>
    public async Task CancelAsksAsync(Tx tx, long workspace, long incident, string? recipient, string reason)
    {
        var asked = await tx.QueryAsync(
            $"SELECT {Columns} FROM page WHERE workspace_id = @workspace AND incident = @incident AND kind = 9 AND status = 0", Read, ("workspace", workspace), ("incident", incident));
        foreach (var page in asked.Where(p => recipient is null || p.RecipientId == recipient))
        {
            await tx.ExecuteAsync(
                "DELETE FROM job WHERE workspace_id = @workspace AND lease_by IS NULL AND dead = 0 AND job_key = @key", ("workspace", workspace), ("key", page.JobKey));
            await tx.ExecuteAsync(
                "UPDATE page SET status = 3, reason = @reason WHERE workspace_id = @workspace AND id = @id", ("reason", reason), ("workspace", workspace), ("id", page.Id));
        }
    }

    /// <summary>The pages of one ladder: one recipient, one step, all methods, in order.</summary>
    public Task<List<PageRow>> LadderAsync(Session session, long workspace, PageRow page) => session.QueryAsync(
        $"""
        SELECT {Columns} FROM page
        WHERE workspace_id = @workspace AND incident = @incident AND epoch = @epoch AND kind = @kind AND recipient_kind = @recipient_kind AND recipient = @recipient
        ORDER BY due_at, id
        """,
        Read, ("workspace", workspace), ("incident", page.Incident), ("epoch", page.Epoch), ("kind", (int)page.Kind),
        ("recipient_kind", (int)page.RecipientKind), ("recipient", page.Recipient));

    private static PageRow Read(DbDataReader row) => new()
    {
        Id = row.GetInt64(0),
        Incident = row.GetInt64(1),
        Kind = (MessageKind)row.GetInt32(2),
        Epoch = row.GetInt64(3),
        Step = row.GetInt32(4),
        Round = row.GetInt32(5),
        RecipientKind = (RecipientKind)row.GetInt32(6),
        Recipient = row.GetString(7),
        Method = row.GetString(8),
        Type = row.GetString(9),
        Key = row.GetString(10),
        Status = (PageStatus)row.GetInt32(11),
        Attempts = row.GetInt32(12),
        CreatedAt = row.Instant(13),
        DueAt = row.Instant(14),
        FirstTryAt = row.NullableInstant(15),
        SentAt = row.NullableInstant(16),
        Reason = row.NullableString(17),
        Because = row.NullableString(18),
        Facts = JsonSerializer.Deserialize(row.GetString(19), PageJson.Default.PageFacts)!,
        DeliveredAt = row.NullableInstant(20),
        SeenAt = row.NullableInstant(21),
        Receipt = row.NullableString(22) is { } receipt ? JsonSerializer.Deserialize(receipt, PageJson.Default.PageReceipt) : null,
        InDoubt = row.GetInt32(23) != 0,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PageFacts))]
[JsonSerializable(typeof(PageReceipt))]
internal sealed partial class PageJson : JsonSerializerContext;
