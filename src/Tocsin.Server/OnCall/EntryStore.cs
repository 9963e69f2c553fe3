using System.Data.Common;
using Tocsin.Data;

namespace Tocsin.OnCall;

/// <summary>A cover that somebody made. Kept after its end, for reports.</summary>
internal sealed record CoverRow
{
    public long Id { get; init; }

    public required string Schedule { get; init; }

    public required string User { get; init; }

    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    /// <summary>Null: instead of whoever would be on call.</summary>
    public string? InsteadOf { get; init; }

    public string Reason { get; init; } = "";

    /// <summary>The request that was accepted; null: it came of none.</summary>
    public long? Swap { get; init; }

    /// <summary>For the log: <c>user:ana</c>, <c>key:ci</c>.</summary>
    public required string MadeBy { get; init; }

    public required DateTimeOffset MadeAt { get; init; }

    public string? RemovedBy { get; init; }

    public DateTimeOffset? RemovedAt { get; init; }

    public Cover ToCover() => new(User, From, To, InsteadOf, Reason);
}

/// <summary>When somebody cannot be on call. Kept after its end, for reports.</summary>
internal sealed record TimeOffRow
{
    public long Id { get; init; }

    public required string User { get; init; }

    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    public string Reason { get; init; } = "";

    /// <summary>It was read from the person's own calendar, and goes when it goes there.</summary>
    public bool OfCalendar { get; init; }

    public required string MadeBy { get; init; }

    public required DateTimeOffset MadeAt { get; init; }

    public string? RemovedBy { get; init; }

    public DateTimeOffset? RemovedAt { get; init; }

    public TimeOff ToTimeOff() => new(User, From, To, Reason.Length == 0 ? null : Reason);
}

/// <summary>What people entered at run time, as it lies on the schedules of one workspace.</summary>
/// <param name="Covers">In the order in which they were made.</param>
internal sealed record EnteredBook(IReadOnlyList<CoverRow> Covers, IReadOnlyList<TimeOffRow> Away)
{
    public static EnteredBook Empty { get; } = new([], []);

    /// <summary>What the calendars of schedules say, by the beginning.</summary>
    public IReadOnlyList<CalendarRow> Calendars { get; init; } = [];

    public OnCallEntries EntriesOf(string schedule) => Covers.Count + Away.Count + Calendars.Count == 0
        ? OnCallEntries.None
        : new([.. Covers.Where(c => c.Schedule == schedule).Select(c => c.ToCover())], [.. Away.Select(a => a.ToTimeOff())]) { Calendar = CalendarOf(schedule) };

    /// <summary>What the calendar of a schedule says.</summary>
    public IReadOnlyList<CalendarShift> CalendarOf(string schedule) => [.. Calendars.Where(c => c.Schedule == schedule).Select(c => c.Shift)];
}

/// <summary>A stretch for which the calendar of a schedule names somebody. Kept after its end, for reports.</summary>
internal sealed record CalendarRow(string Schedule, CalendarShift Shift)
{
    public long Id { get; init; }
}

/// <summary>Covers and time off. Whoever changes them makes every node read the workspace's configuration anew.</summary>
internal sealed class EntryStore
{
    private const string CoverColumns = "id, schedule, user_name, starts_at, ends_at, instead_of, reason, swap_id, made_by, made_at, removed_by, removed_at";
    private const string TimeOffColumns = "id, user_name, starts_at, ends_at, reason, calendar, made_by, made_at, removed_by, removed_at";
    private const string CalendarColumns = "id, schedule, user_name, starts_at, ends_at";

    /// <summary>What counts, of what has not ended before an instant.</summary>
    public async Task<EnteredBook> ReadAsync(Session session, long workspace, DateTimeOffset endsAfter) => new(
        await session.QueryAsync(
            $"SELECT {CoverColumns} FROM cover WHERE workspace_id = @workspace AND ends_at > @after AND removed_at IS NULL ORDER BY id",
            ReadCover, ("workspace", workspace), ("after", endsAfter.ToMicros())),
        await session.QueryAsync(
            $"SELECT {TimeOffColumns} FROM time_off WHERE workspace_id = @workspace AND ends_at > @after AND removed_at IS NULL ORDER BY starts_at, id",
            ReadTimeOff, ("workspace", workspace), ("after", endsAfter.ToMicros())))
    {
        Calendars = await session.QueryAsync(
            $"SELECT {CalendarColumns} FROM calendar_shift WHERE workspace_id = @workspace AND ends_at > @after ORDER BY starts_at, id",
            ReadCalendar, ("workspace", workspace), ("after", endsAfter.ToMicros())),
    };

    /// <summary>The covers of one schedule that end after an instant, also those that were taken back, by their beginning.</summary>
    public Task<List<CoverRow>> CoversAsync(Session session, long workspace, string schedule, DateTimeOffset endsAfter) => session.QueryAsync(
        $"SELECT {CoverColumns} FROM cover WHERE workspace_id = @workspace AND schedule = @schedule AND ends_at > @after ORDER BY starts_at, id",
        ReadCover, ("workspace", workspace), ("schedule", schedule), ("after", endsAfter.ToMicros()));

    public Task<CoverRow?> FindCoverAsync(Session session, long workspace, long id) => session.FirstAsync(
        $"SELECT {CoverColumns} FROM cover WHERE workspace_id = @workspace AND id = @id", ReadCover, ("workspace", workspace), ("id", id));

    public Task<TimeOffRow?> FindTimeOffAsync(Session session, long workspace, long id) => session.FirstAsync(
        $"SELECT {TimeOffColumns} FROM time_off WHERE workspace_id = @workspace AND id = @id", ReadTimeOff, ("workspace", workspace), ("id", id));

    public async Task<long> OpenCoversAsync(Session session, long workspace, string schedule, DateTimeOffset now) => await session.ScalarAsync(
        "SELECT COUNT(*) FROM cover WHERE workspace_id = @workspace AND schedule = @schedule AND ends_at > @now AND removed_at IS NULL",
        ("workspace", workspace), ("schedule", schedule), ("now", now.ToMicros())) ?? 0;

    public async Task<long> OpenTimeOffAsync(Session session, long workspace, string user, DateTimeOffset now) => await session.ScalarAsync(
        "SELECT COUNT(*) FROM time_off WHERE workspace_id = @workspace AND user_name = @user AND calendar = 0 AND ends_at > @now AND removed_at IS NULL",
        ("workspace", workspace), ("user", user), ("now", now.ToMicros())) ?? 0;

    /// <returns>The cover with its number.</returns>
    public async Task<CoverRow> AddAsync(Tx tx, long workspace, CoverRow row)
    {
        var id = await tx.ScalarAsync(
            """
            INSERT INTO cover (workspace_id, schedule, user_name, starts_at, ends_at, instead_of, reason, swap_id, made_by, made_at)
            VALUES (@workspace, @schedule, @user, @starts, @ends, @instead, @reason, @swap, @by, @at) RETURNING id
            """,
            ("workspace", workspace), ("schedule", row.Schedule), ("user", row.User), ("starts", row.From.ToMicros()), ("ends", row.To.ToMicros()),
            ("instead", row.InsteadOf), ("reason", row.Reason), ("swap", row.Swap), ("by", row.MadeBy), ("at", row.MadeAt.ToMicros()));
        await ChangedAsync(tx, workspace);
        return row with { Id = id ?? throw new InvalidOperationException("A new cover has a number.") };
    }

    /// <returns>The time off with its number.</returns>
    public async Task<TimeOffRow> AddAsync(Tx tx, long workspace, TimeOffRow row)
    {
        var id = await tx.ScalarAsync(
            """
            INSERT INTO time_off (workspace_id, user_name, starts_at, ends_at, reason, calendar, made_by, made_at)
            VALUES (@workspace, @user, @starts, @ends, @reason, @calendar, @by, @at) RETURNING id
            """,
            ("workspace", workspace), ("user", row.User), ("starts", row.From.ToMicros()), ("ends", row.To.ToMicros()), ("reason", row.Reason),
            ("calendar", row.OfCalendar ? 1 : 0), ("by", row.MadeBy), ("at", row.MadeAt.ToMicros()));
        await ChangedAsync(tx, workspace);
        return row with { Id = id ?? throw new InvalidOperationException("New time off has a number.") };
    }

    /// <summary>Takes a cover back: what it was until now stays, it no longer holds from now on.</summary>
    public async Task RemoveAsync(Tx tx, long workspace, CoverRow row, string actor, DateTimeOffset now)
    {
        await tx.ExecuteAsync(
            row.From < now
                ? "UPDATE cover SET ends_at = @now WHERE workspace_id = @workspace AND id = @id AND removed_at IS NULL"
                : "UPDATE cover SET removed_by = @by, removed_at = @now WHERE workspace_id = @workspace AND id = @id AND removed_at IS NULL",
            Args(workspace, row.Id, actor, now, withActor: row.From >= now));
        await ChangedAsync(tx, workspace);
    }

    /// <summary>Takes time off back: what has passed of it stays.</summary>
    public async Task RemoveAsync(Tx tx, long workspace, TimeOffRow row, string actor, DateTimeOffset now)
    {
        await tx.ExecuteAsync(
            row.From < now
                ? "UPDATE time_off SET ends_at = @now WHERE workspace_id = @workspace AND id = @id AND removed_at IS NULL"
                : "UPDATE time_off SET removed_by = @by, removed_at = @now WHERE workspace_id = @workspace AND id = @id AND removed_at IS NULL",
            Args(workspace, row.Id, actor, now, withActor: row.From >= now));
        await ChangedAsync(tx, workspace);
    }

    /// <summary>Puts what a person's calendar says now in the place of what it said; what has passed stays as it was.</summary>
    /// <returns>Whether anything is different.</returns>
    public async Task<bool> ReplaceOfCalendarAsync(Tx tx, long workspace, string user, IReadOnlyList<TimeOffRow> rows, DateTimeOffset now)
    {
        var known = await tx.QueryAsync(
            $"SELECT {TimeOffColumns} FROM time_off WHERE workspace_id = @workspace AND user_name = @user AND calendar = 1 AND ends_at > @now ORDER BY starts_at, id",
            ReadTimeOff, ("workspace", workspace), ("user", user), ("now", now.ToMicros()));
        var change = CalendarChange.Of(known.Select(r => new Stretch(r.Id, r.Reason, r.From, r.To)), rows.Select(r => new Stretch(0, r.Reason, r.From, r.To)), now);
        await EndAsync(tx, "time_off", workspace, change.Gone, now);
        foreach (var added in change.Added)
        {
            await AddAsync(tx, workspace, new TimeOffRow { User = user, From = added.From, To = added.To, Reason = added.What, OfCalendar = true, MadeBy = "calendar", MadeAt = now });
        }

        return await SayAsync(tx, workspace, change);
    }

    /// <summary>Puts what a schedule's calendar says now in the place of what it said; what has passed stays as it was.</summary>
    /// <returns>Whether anything is different.</returns>
    public async Task<bool> ReplaceShiftsAsync(Tx tx, long workspace, string schedule, IReadOnlyList<CalendarShift> shifts, DateTimeOffset now)
    {
        var known = await tx.QueryAsync(
            $"SELECT {CalendarColumns} FROM calendar_shift WHERE workspace_id = @workspace AND schedule = @schedule AND ends_at > @now ORDER BY starts_at, id",
            ReadCalendar, ("workspace", workspace), ("schedule", schedule), ("now", now.ToMicros()));
        var change = CalendarChange.Of(
            known.Select(r => new Stretch(r.Id, r.Shift.User, r.Shift.From, r.Shift.To)), shifts.Select(s => new Stretch(0, s.User, s.From, s.To)), now);
        await EndAsync(tx, "calendar_shift", workspace, change.Gone, now);
        foreach (var added in change.Added)
        {
            await tx.ExecuteAsync(
                "INSERT INTO calendar_shift (workspace_id, schedule, user_name, starts_at, ends_at) VALUES (@workspace, @schedule, @user, @starts, @ends)",
                ("workspace", workspace), ("schedule", schedule), ("user", added.What), ("starts", added.From.ToMicros()), ("ends", added.To.ToMicros()));
        }

        return await SayAsync(tx, workspace, change);
    }

    private static async Task EndAsync(Tx tx, string table, long workspace, IReadOnlyList<Stretch> gone, DateTimeOffset now)
    {
        foreach (var row in gone)
        {
            await (row.From < now
                ? tx.ExecuteAsync($"UPDATE {table} SET ends_at = @now WHERE workspace_id = @workspace AND id = @id", ("now", now.ToMicros()), ("workspace", workspace), ("id", row.Id))
                : tx.ExecuteAsync($"DELETE FROM {table} WHERE workspace_id = @workspace AND id = @id", ("workspace", workspace), ("id", row.Id)));
        }
    }

    private async Task<bool> SayAsync(Tx tx, long workspace, CalendarChange change)
    {
        if (change.IsEmpty)
        {
            return false;
        }

        await ChangedAsync(tx, workspace);
        return true;
    }

    /// <summary>Makes every node read the workspace's configuration anew.</summary>
    public Task ChangedAsync(Tx tx, long workspace) =>
        tx.ExecuteAsync("UPDATE workspace SET revision = revision + 1 WHERE id = @workspace", ("workspace", workspace));

    private static (string, object?)[] Args(long workspace, long id, string actor, DateTimeOffset now, bool withActor) =>
        withActor ? [("now", now.ToMicros()), ("workspace", workspace), ("id", id), ("by", actor)] : [("now", now.ToMicros()), ("workspace", workspace), ("id", id)];

    private static CoverRow ReadCover(DbDataReader row) => new()
    {
        Id = row.GetInt64(0),
        Schedule = row.GetString(1),
        User = row.GetString(2),
        From = row.Instant(3),
        To = row.Instant(4),
        InsteadOf = row.NullableString(5),
        Reason = row.GetString(6),
        Swap = row.NullableLong(7),
        MadeBy = row.GetString(8),
        MadeAt = row.Instant(9),
        RemovedBy = row.NullableString(10),
        RemovedAt = row.NullableInstant(11),
    };

    private static CalendarRow ReadCalendar(DbDataReader row) => new(row.GetString(1), new(row.GetString(2), row.Instant(3), row.Instant(4))) { Id = row.GetInt64(0) };

    private static TimeOffRow ReadTimeOff(DbDataReader row) => new()
    {
        Id = row.GetInt64(0),
        User = row.GetString(1),
        From = row.Instant(2),
        To = row.Instant(3),
        Reason = row.GetString(4),
        OfCalendar = row.GetInt32(5) == 1,
        MadeBy = row.GetString(6),
        MadeAt = row.Instant(7),
        RemovedBy = row.NullableString(8),
        RemovedAt = row.NullableInstant(9),
    };
}
