using System.Data.Common;
using Tocsin.Data;

namespace Tocsin.OnCall;

/// <summary>How a request to take a shift stands, as it is stored and shown.</summary>
internal static class SwapState
{
    public const string Open = "open";
    public const string Accepted = "accepted";
    public const string Declined = "declined";
    public const string Withdrawn = "withdrawn";
    public const string Expired = "expired";
}

/// <summary>Somebody asks another person, or a team, to take a shift.</summary>
internal sealed record SwapRow
{
    public long Id { get; init; }

    public required string Schedule { get; init; }

    public required string Asker { get; init; }

    /// <summary>Null: whoever of the team says yes first.</summary>
    public string? Asked { get; init; }

    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    /// <summary>What the asker takes in return; null: nothing.</summary>
    public DateTimeOffset? BackFrom { get; init; }

    public DateTimeOffset? BackTo { get; init; }

    public string Note { get; init; } = "";

    /// <summary>One of <see cref="SwapState"/>.</summary>
    public string State { get; init; } = SwapState.Open;

    public required DateTimeOffset MadeAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The person who accepted or declined; for a withdrawn one, who withdrew it.</summary>
    public string? AnsweredBy { get; init; }

    public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>One whose time is over counts as expired although nobody has said so yet.</summary>
    public string StateAt(DateTimeOffset now) => State == SwapState.Open && ExpiresAt <= now ? SwapState.Expired : State;
}

internal sealed class SwapStore
{
    private const string Columns = "id, schedule, asker, asked, starts_at, ends_at, back_from, back_to, note, state, made_at, expires_at, answered_by, answered_at";

    /// <summary>Open ones, and those answered after an instant, newest first; at most 500.</summary>
    public Task<List<SwapRow>> ListAsync(Session session, long workspace, DateTimeOffset answeredAfter) => session.QueryAsync(
        $"""
        SELECT {Columns} FROM shift_swap WHERE workspace_id = @workspace AND (state = 'open' OR answered_at > @after) ORDER BY id DESC LIMIT 500
        """,
        Read, ("workspace", workspace), ("after", answeredAfter.ToMicros()));

    public Task<SwapRow?> FindAsync(Session session, long workspace, long id) => session.FirstAsync(
        $"SELECT {Columns} FROM shift_swap WHERE workspace_id = @workspace AND id = @id", Read, ("workspace", workspace), ("id", id));

    public async Task<long> OpenOfAsync(Session session, long workspace, string asker) => await session.ScalarAsync(
        "SELECT COUNT(*) FROM shift_swap WHERE workspace_id = @workspace AND asker = @asker AND state = 'open'", ("workspace", workspace), ("asker", asker)) ?? 0;

    public async Task<SwapRow> AddAsync(Tx tx, long workspace, SwapRow row)
    {
        var id = await tx.ScalarAsync(
            """
            INSERT INTO shift_swap (workspace_id, schedule, asker, asked, starts_at, ends_at, back_from, back_to, note, state, made_at, expires_at)
            VALUES (@workspace, @schedule, @asker, @asked, @starts, @ends, @back_from, @back_to, @note, @state, @made, @expires) RETURNING id
            """,
            ("workspace", workspace), ("schedule", row.Schedule), ("asker", row.Asker), ("asked", row.Asked), ("starts", row.From.ToMicros()), ("ends", row.To.ToMicros()),
            ("back_from", row.BackFrom.ToMicros()), ("back_to", row.BackTo.ToMicros()), ("note", row.Note), ("state", row.State), ("made", row.MadeAt.ToMicros()),
            ("expires", row.ExpiresAt.ToMicros()));
        return row with { Id = id ?? throw new InvalidOperationException("A new request has a number.") };
    }

    /// <summary>Ends a request. The caller holds the workspace's lock and has looked that it is open.</summary>
    public Task EndAsync(Tx tx, long workspace, SwapRow row) => tx.ExecuteAsync(
        "UPDATE shift_swap SET state = @state, answered_by = @by, answered_at = @at WHERE workspace_id = @workspace AND id = @id AND state = 'open'",
        ("state", row.State), ("by", row.AnsweredBy), ("at", row.AnsweredAt.ToMicros()), ("workspace", workspace), ("id", row.Id));

    private static SwapRow Read(DbDataReader row) => new()
    {
        Id = row.GetInt64(0),
        Schedule = row.GetString(1),
        Asker = row.GetString(2),
        Asked = row.NullableString(3),
        From = row.Instant(4),
        To = row.Instant(5),
        BackFrom = row.NullableInstant(6),
        BackTo = row.NullableInstant(7),
        Note = row.GetString(8),
        State = row.GetString(9),
        MadeAt = row.Instant(10),
        ExpiresAt = row.Instant(11),
        AnsweredBy = row.NullableString(12),
        AnsweredAt = row.NullableInstant(13),
    };
}
