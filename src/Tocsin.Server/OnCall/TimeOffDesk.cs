using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Streams;

namespace Tocsin.OnCall;

/// <summary>A stretch in which a schedule names nobody.</summary>
internal sealed record ScheduleGap(string Schedule, DateTimeOffset From, DateTimeOffset To);

/// <param name="Gaps">Where nobody is on call because of it.</param>
internal sealed record TimeOffChange(TimeOffRow Row, IReadOnlyList<ScheduleGap> Gaps);

/// <summary>When people are away. Everybody says it for himself; administrators, and managers for their teams, for others.</summary>
internal sealed class TimeOffDesk(Database database, IEstates estates, EntryStore entries, EventLog log, TimeProvider clock)
{
    private const int MostGaps = 50;

    /// <param name="user">Null: the caller.</param>
    public async Task<Result<TimeOffChange>> AddAsync(Caller caller, string? user, DateTimeOffset from, DateTimeOffset to, string? reason, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var estate = await OfAsync(caller.Workspace, ct);
        user ??= caller.User;
        var span = EntryRules.Span(from, to, now);
        if ((EntryRules.FaultOf(estate, "user", user) ?? span.Error) is { } fault)
        {
            return fault;
        }

        if (caller.User != user && !EntryRules.ManagesPerson(caller, estate, user!))
        {
            return Error.Forbidden("Everybody says for himself when he is away; administrators, and managers for their teams, for others.");
        }

        var row = new TimeOffRow { User = user!, From = span.Value.From, To = span.Value.To, Reason = EntryRules.Text(reason), MadeBy = caller.Actor, MadeAt = now };
        var gaps = GapsOf(estate, row);
        var added = await database.WriteAsync<Result<TimeOffRow>>(
            async tx =>
            {
                await tx.LockWorkspaceAsync(caller.Workspace);
                if (await entries.OpenTimeOffAsync(tx, caller.Workspace, row.User, now) >= EntryRules.MostOpenTimeOff)
                {
                    return Error.Conflict("time_off.too_many", $"{row.User} has {EntryRules.MostOpenTimeOff} times off that have not ended; take some back first.");
                }

                // Why is nobody's business but the person's and those who read the list: the log is read by all.
                await log.AppendAsync(tx, caller.Workspace, now, [new("time_off.made", $"user/{row.User}", caller.Actor, $"away {ShiftWords.SpanWithZone(row.From, row.To, TimeZoneInfo.Utc)}{(gaps.Count > 0 ? $"; leaves {gaps.Count} gaps" : "")}")]);
                return await entries.AddAsync(tx, caller.Workspace, row);
            },
            ct);
        estates.Forget(caller.Workspace);
        return added.Ok ? new TimeOffChange(added.Value, gaps) : added.Error;
    }

    /// <summary>Takes time off back: the person is on call again as the schedules say. One that has ended stays as it is.</summary>
    public async Task<Result<TimeOffRow>> RemoveAsync(Caller caller, long id, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var estate = await OfAsync(caller.Workspace, ct);
        var removed = await database.WriteAsync<Result<TimeOffRow>>(
            async tx =>
            {
                await tx.LockWorkspaceAsync(caller.Workspace);
                if (await entries.FindTimeOffAsync(tx, caller.Workspace, id) is not { } row)
                {
                    return Error.NotFound("time off", $"{id}");
                }

                if (caller.User != row.User && !EntryRules.ManagesPerson(caller, estate, row.User))
                {
                    return Error.Forbidden("Everybody takes back his own time off; administrators, and managers for their teams, that of others.");
                }

                if (row.OfCalendar)
                {
                    return Error.Conflict("time_off.calendar", "It comes from the person's own calendar; remove it there.");
                }

                if (row.RemovedAt is not null || row.To <= now)
                {
                    return row;
                }

                await entries.RemoveAsync(tx, caller.Workspace, row, caller.Actor, now);
                await log.AppendAsync(tx, caller.Workspace, now, [new("time_off.removed", $"user/{row.User}", caller.Actor, $"not away {ShiftWords.SpanWithZone(row.From > now ? row.From : now, row.To, TimeZoneInfo.Utc)} after all")]);
                return row.From < now ? row with { To = now } : row with { RemovedAt = now, RemovedBy = caller.Actor };
            },
            ct);
        estates.Forget(caller.Workspace);
        return removed;
    }

    /// <summary>Where nobody would be on call if this time off were entered, at most 50.</summary>
    public static IReadOnlyList<ScheduleGap> GapsOf(EstateSnapshot estate, TimeOffRow row)
    {
        List<ScheduleGap> gaps = [];
        foreach (var (name, before) in estate.Schedules.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            var entered = estate.Entered.EntriesOf(name);
            var after = OnCallCalendar.Compile(before.Schedule, entered with { Away = [.. entered.Away, row.ToTimeOff()] });
            gaps.AddRange(ScheduleChange.Between(before, after, row.From, row.To).Where(c => c.After.Count == 0).Select(c => new ScheduleGap(name, c.From, c.To)));
        }

        return [.. gaps.OrderBy(g => g.From).Take(MostGaps)];
    }

    private async ValueTask<EstateSnapshot> OfAsync(long workspace, CancellationToken ct) =>
        await estates.FindAsync(workspace, ct) ?? throw new StoreUnavailableException("The workspace's configuration cannot be read now.");
}
