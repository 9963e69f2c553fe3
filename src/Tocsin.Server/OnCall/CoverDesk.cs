using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Notify;
using Tocsin.Streams;

namespace Tocsin.OnCall;

/// <summary>A cover that somebody wishes for.</summary>
internal sealed record CoverDraft(string Schedule, string User, DateTimeOffset From, DateTimeOffset To)
{
    public string? InsteadOf { get; init; }

    public string? Reason { get; init; }
}

/// <param name="Sentence">Who is on call instead of whom.</param>
internal sealed record CoverChange(CoverRow Row, string Sentence);

/// <summary>
/// Makes covers and takes them back. Whoever puts himself on call needs nobody's consent; who gives his own shift away asks by a
/// <see cref="SwapDesk">request</see>; administrators and the team's managers may say anything.
/// </summary>
internal sealed class CoverDesk(Database database, IEstates estates, EntryStore entries, NoticeDesk notices, EventLog log, TimeProvider clock)
{
    public async Task<Result<CoverChange>> AddAsync(Caller caller, CoverDraft draft, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var estate = await OfAsync(caller.Workspace, ct);
        var ready = Ready(caller, estate, draft, now);
        if (!ready.Ok)
        {
            return ready.Error;
        }

        var row = ready.Value;
        var change = Sentence(estate, row);
        var added = await database.WriteAsync<Result<CoverRow>>(
            async tx =>
            {
                await tx.LockWorkspaceAsync(caller.Workspace);
                if (await entries.OpenCoversAsync(tx, caller.Workspace, row.Schedule, now) >= EntryRules.MostOpenCovers)
                {
                    return Error.Conflict("override.too_many", $"The schedule has {EntryRules.MostOpenCovers} overrides that have not ended; take some back first, or change its rotations.");
                }

                return await PutAsync(tx, estate, row, change, caller.User, now);
            },
            ct);
        estates.Forget(caller.Workspace);
        return added.Ok ? new CoverChange(added.Value, change) : added.Error;
    }

    /// <summary>What a cover would change, in words, or why it would be refused. Stores nothing.</summary>
    public Result<string> Foretell(Caller caller, EstateSnapshot estate, CoverDraft draft)
    {
        var ready = Ready(caller, estate, draft, clock.GetUtcNow());
        return ready.Ok ? Sentence(estate, ready.Value) : ready.Error;
    }

    private static Result<CoverRow> Ready(Caller caller, EstateSnapshot estate, CoverDraft draft, DateTimeOffset now)
    {
        if (!estate.Schedules.TryGetValue(draft.Schedule, out var before))
        {
            return Error.NotFound("schedule", draft.Schedule);
        }

        var span = EntryRules.Span(draft.From, draft.To, now);
        if ((EntryRules.FaultOf(estate, "user", draft.User) ?? (draft.InsteadOf is null ? null : EntryRules.FaultOf(estate, "instead_of", draft.InsteadOf)) ?? span.Error) is { } fault)
        {
            return fault;
        }

        if (draft.InsteadOf == draft.User)
        {
            return Error.Invalid("instead_of", "Nobody covers himself.");
        }

        if (!EntryRules.Manages(caller, estate, before.Schedule.Team) && caller.User != draft.User)
        {
            return Error.Forbidden(
                "Responders put themselves on call. To give a shift of your own to somebody, ask them with a swap request; administrators and the team's managers may put anybody on call.");
        }

        return new CoverRow
        {
            Schedule = draft.Schedule,
            User = draft.User,
            From = span.Value.From,
            To = span.Value.To,
            InsteadOf = draft.InsteadOf,
            Reason = EntryRules.Text(draft.Reason),
            MadeBy = caller.Actor,
            MadeAt = now,
        };
    }

    /// <summary>Takes a cover back. One that has ended stays as it is.</summary>
    public async Task<Result<CoverChange>> RemoveAsync(Caller caller, string schedule, long id, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var estate = await OfAsync(caller.Workspace, ct);
        var removed = await database.WriteAsync<Result<CoverChange>>(
            async tx =>
            {
                await tx.LockWorkspaceAsync(caller.Workspace);
                if (await entries.FindCoverAsync(tx, caller.Workspace, id) is not { } row || row.Schedule != schedule)
                {
                    return Error.NotFound("override", $"{id}");
                }

                if (!EntryRules.Manages(caller, estate, estate.Model.Schedules.GetValueOrDefault(schedule)?.Team)
                    && caller.Actor != row.MadeBy && (caller.User is null || caller.User != row.InsteadOf))
                {
                    return Error.Forbidden("Whoever made an override takes it back, or the person whose shift it was; administrators and the team's managers any.");
                }

                if (row.RemovedAt is not null || row.To <= now)
                {
                    return new CoverChange(row, "Nobody's shift changes.");
                }

                var change = SentenceWithout(estate, row, now);
                await entries.RemoveAsync(tx, caller.Workspace, row, caller.Actor, now);
                await log.AppendAsync(tx, caller.Workspace, now, [new("cover.removed", $"schedule/{schedule}", caller.Actor, $"{row.User}: {change}")]);
                foreach (var person in new[] { row.User, row.InsteadOf }.OfType<string>().Where(p => p != caller.User))
                {
                    var span = ShiftWords.SpanWithZone(row.From > now ? row.From : now, row.To, ShiftWords.ZoneOf(estate, person, schedule));
                    await notices.TellAsync(tx, estate, new($"cover/{id}/removed/{person}", person, $"No longer covered by {row.User}: {schedule} {span}", $"{Actor(caller.Actor)} took it back. {change}", $"/schedules/{Uri.EscapeDataString(schedule)}", row.To), now);
                }

                return new CoverChange(row.From < now ? row with { To = now } : row with { RemovedAt = now, RemovedBy = caller.Actor }, change);
            },
            ct);
        estates.Forget(caller.Workspace);
        return removed;
    }

    /// <summary>Stores a cover with its line, and tells those whom it concerns but <paramref name="by"/>. The caller holds the workspace's lock.</summary>
    public async Task<CoverRow> PutAsync(Tx tx, EstateSnapshot estate, CoverRow row, string change, string? by, DateTimeOffset now)
    {
        var put = await entries.AddAsync(tx, estate.Workspace, row);
        await log.AppendAsync(tx, estate.Workspace, now, [new("cover.made", $"schedule/{row.Schedule}", row.MadeBy, $"{change}{(row.Reason.Length > 0 ? $" Reason: {row.Reason}" : "")}")]);
        IEnumerable<string> replaced = row.InsteadOf is { } one ? [one] : estate.Schedules[row.Schedule].Shifts(row.From, row.To).SelectMany(s => s.Users);
        foreach (var person in replaced.Append(row.User).Where(p => p != by).Distinct(StringComparer.Ordinal).Take(20))
        {
            var span = ShiftWords.SpanWithZone(row.From, row.To, ShiftWords.ZoneOf(estate, person, row.Schedule));
            var title = person == row.User ? $"You are on call for {row.Schedule} {span}" : $"{row.User} is on call for {row.Schedule} instead of you {span}";
            await notices.TellAsync(tx, estate, new($"cover/{put.Id}/{person}", person, title, $"{Actor(row.MadeBy)} entered it. {change}", $"/schedules/{Uri.EscapeDataString(row.Schedule)}", row.To), now);
        }

        return put;
    }

    /// <summary>What a cover would change, in words.</summary>
    public static string Sentence(EstateSnapshot estate, CoverRow row)
    {
        var (before, entered) = (estate.Schedules[row.Schedule], estate.Entered.EntriesOf(row.Schedule));
        var after = OnCallCalendar.Compile(before.Schedule, entered with { Covers = [.. entered.Covers, row.ToCover()] });
        return ScheduleChange.Say(before, after, row.From, row.To);
    }

    private static string SentenceWithout(EstateSnapshot estate, CoverRow row, DateTimeOffset now)
    {
        if (!estate.Schedules.TryGetValue(row.Schedule, out var before))
        {
            return "The schedule is gone.";
        }

        var left = estate.Entered with { Covers = [.. estate.Entered.Covers.Where(c => c.Id != row.Id)] };
        return ScheduleChange.Say(before, OnCallCalendar.Compile(before.Schedule, left.EntriesOf(row.Schedule)), row.From > now ? row.From : now, row.To);
    }

    public static string Actor(string actor) => actor.StartsWith("user:", StringComparison.Ordinal) ? actor["user:".Length..] : actor;

    private async ValueTask<EstateSnapshot> OfAsync(long workspace, CancellationToken ct) =>
        await estates.FindAsync(workspace, ct) ?? throw new StoreUnavailableException("The workspace's configuration cannot be read now.");
}
