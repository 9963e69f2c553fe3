using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.Streams;

namespace Tocsin.OnCall;

/// <summary>A request that somebody wishes to send.</summary>
/// <param name="Asked">Null: the team; whoever says yes first has it.</param>
internal sealed record SwapDraft(string Schedule, DateTimeOffset From, DateTimeOffset To, string? Asked)
{
    public DateTimeOffset? BackFrom { get; init; }

    public DateTimeOffset? BackTo { get; init; }

    public string? Note { get; init; }
}

/// <param name="Sentence">What an accepted request changed; null: nothing.</param>
internal sealed record SwapChange(SwapRow Row, string? Sentence = null);

/// <summary>
/// Asks people to take a shift, and takes their answers. Only the person who was asked can accept; then the cover is made in the same
/// transaction. A request ends by itself when the shift begins, after a week, or with the shift if that runs already.
/// </summary>
internal sealed class SwapDesk(Database database, IEstates estates, SwapStore swaps, CoverDesk covers, NoticeDesk notices, SwapLinks links, JobStore jobs, EventLog log, TimeProvider clock)
{
    public const string ExpiryKind = "swap.expire";

    private static readonly TimeSpan _longestOpen = TimeSpan.FromDays(7);

    public async Task<Result<SwapChange>> AskAsync(Caller caller, SwapDraft draft, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var estate = await OfAsync(caller.Workspace, ct);
        if (caller.User is not { } asker || EntryRules.FaultOf(estate, "user", asker) is not null)
        {
            return Error.Conflict("swap.not_a_user", "Only somebody who is a user of the estate is on call, and so asks for cover. Administrators set overrides instead.");
        }

        if (!estate.Schedules.TryGetValue(draft.Schedule, out var schedule))
        {
            return Error.NotFound("schedule", draft.Schedule);
        }

        var span = EntryRules.Span(draft.From, draft.To, now);
        if ((span.Error ?? (draft.Asked is null ? null : EntryRules.FaultOf(estate, "ask", draft.Asked))) is { } fault)
        {
            return fault;
        }

        var back = BackOf(draft, now);
        if (!back.Ok)
        {
            return back.Error;
        }

        var row = new SwapRow
        {
            Schedule = draft.Schedule,
            Asker = asker,
            Asked = draft.Asked,
            From = span.Value.From,
            To = span.Value.To,
            BackFrom = back.Value.From,
            BackTo = back.Value.To,
            Note = EntryRules.Text(draft.Note),
            MadeAt = now,
            ExpiresAt = Earlier(span.Value.From > now ? span.Value.From : span.Value.To, now + _longestOpen),
        };
        if (Misfit(estate, schedule, row) is { } misfit)
        {
            return misfit;
        }

        return await database.WriteAsync<Result<SwapChange>>(
            async tx =>
            {
                await tx.LockWorkspaceAsync(caller.Workspace);
                if (await swaps.OpenOfAsync(tx, caller.Workspace, asker) >= EntryRules.MostOpenSwaps)
                {
                    return Error.Conflict("swap.too_many", $"You have {EntryRules.MostOpenSwaps} open requests; withdraw some first.");
                }

                var added = await swaps.AddAsync(tx, caller.Workspace, row);
                await jobs.EnqueueAsync(tx, [new(caller.Workspace, ExpiryKind, $"swap/{added.Id}/expire", StableHash.Of("swap", $"{caller.Workspace}"), added.ExpiresAt, $"{added.Id}")], now);
                await log.AppendAsync(tx, caller.Workspace, now, [new("swap.asked", $"schedule/{row.Schedule}", caller.Actor, $"{row.Asked ?? "the team"} to take {Span(added)}")]);
                foreach (var person in Candidates(estate, added))
                {
                    var zone = ShiftWords.ZoneOf(estate, person, row.Schedule);
                    await notices.TellAsync(tx, estate, new(
                        $"swap/{added.Id}/asked/{person}", person, $"{asker} asks: can you take {row.Schedule} {ShiftWords.SpanWithZone(added.From, added.To, zone)}?",
                        $"{(added.BackFrom is { } from ? $"In return {asker} takes {ShiftWords.SpanWithZone(from, added.BackTo!.Value, zone)} of yours. " : "")}{(added.Note.Length > 0 ? $"{added.Note} " : "")}Open to accept or decline; until then {asker} is on call.",
                        links.PathOf(caller.Workspace, added.Id, person), added.ExpiresAt), now);
                }

                return new SwapChange(added);
            },
            ct);
    }

    /// <summary>Somebody says yes: the cover is made.</summary>
    /// <param name="actor">For the log: who pressed, perhaps by a signed link.</param>
    public async Task<Result<SwapChange>> AcceptAsync(long workspace, long id, string user, string actor, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var estate = await OfAsync(workspace, ct);
        var answered = await AnswerAsync(workspace, id, now, async (tx, row) =>
        {
            if (!Candidates(estate, row).Contains(user, StringComparer.Ordinal))
            {
                return Error.Forbidden(user == row.Asker ? "Somebody else must accept it; withdraw it if you keep the shift." : $"{row.Asked ?? "Somebody of the team"} was asked; only they can accept.");
            }

            if (!estate.Schedules.ContainsKey(row.Schedule))
            {
                return Error.Conflict("swap.schedule_gone", $"The schedule {row.Schedule} is gone.");
            }

            var taken = new CoverRow
            {
                Schedule = row.Schedule,
                User = user,
                From = row.From > now ? row.From : now,
                To = row.To,
                InsteadOf = row.Asker,
                Reason = $"swap with {row.Asker}{(row.Note.Length > 0 ? $": {row.Note}" : "")}",
                Swap = row.Id,
                MadeBy = actor,
                MadeAt = now,
            };
            List<CoverRow> made = [taken];
            if (row is { BackFrom: { } from, BackTo: { } to })
            {
                made.Add(taken with { User = row.Asker, InsteadOf = user, From = from > now ? from : now, To = to, Reason = $"swap with {user}" });
            }

            List<string> sentences = [];
            foreach (var cover in made)
            {
                sentences.Add(CoverDesk.Sentence(estate, cover));
                await covers.PutAsync(tx, estate, cover, sentences[^1], user, now);
            }

            var done = row with { State = SwapState.Accepted, AnsweredBy = user, AnsweredAt = now };
            await EndAsync(tx, estate, done, actor, $"accepted: {string.Join(" ", sentences)}", now);
            return new SwapChange(done, string.Join(" ", sentences));
        }, ct);
        estates.Forget(workspace);
        return answered;
    }

    /// <summary>Somebody says no. One of a team only says so; the request stays open for the others.</summary>
    public async Task<Result<SwapChange>> DeclineAsync(long workspace, long id, string user, string actor, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var estate = await OfAsync(workspace, ct);
        return await AnswerAsync(workspace, id, now, async (tx, row) =>
        {
            if (!Candidates(estate, row).Contains(user, StringComparer.Ordinal))
            {
                return Error.Forbidden($"{row.Asked ?? "Somebody of the team"} was asked; only they can decline.");
            }

            if (row.Asked is null)
            {
                await log.AppendAsync(tx, workspace, now, [new("swap.passed", $"schedule/{row.Schedule}", actor, $"cannot take {Span(row)}; the others are still asked")]);
                return new SwapChange(row);
            }

            var done = row with { State = SwapState.Declined, AnsweredBy = user, AnsweredAt = now };
            await EndAsync(tx, estate, done, actor, $"declined: {row.Asker} stays on call {Span(row)}", now);
            await TellAskerAsync(tx, estate, done, $"{user} cannot take", $"You stay on call. Ask somebody else, or the team.", now);
            return new SwapChange(done);
        }, ct);
    }

    /// <summary>The asker needs nobody any more; administrators and the team's managers may say so too.</summary>
    public async Task<Result<SwapChange>> WithdrawAsync(Caller caller, long id, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        var estate = await OfAsync(caller.Workspace, ct);
        return await AnswerAsync(caller.Workspace, id, now, async (tx, row) =>
        {
            if (caller.User != row.Asker && !EntryRules.Manages(caller, estate, estate.Model.Schedules.GetValueOrDefault(row.Schedule)?.Team))
            {
                return Error.Forbidden("Whoever asked withdraws it, or an administrator.");
            }

            var done = row with { State = SwapState.Withdrawn, AnsweredBy = caller.User ?? caller.Actor, AnsweredAt = now };
            await EndAsync(tx, estate, done, caller.Actor, $"withdrawn: {row.Asker} stays on call {Span(row)}", now);
            return new SwapChange(done);
        }, ct);
    }

    /// <summary>Ends a request to which nobody said yes in time. One that was answered stays as it is.</summary>
    public async Task ExpireAsync(Tx tx, EstateSnapshot estate, long id, DateTimeOffset now)
    {
        if (await swaps.FindAsync(tx, estate.Workspace, id) is { State: SwapState.Open } row)
        {
            var done = row with { State = SwapState.Expired, AnsweredAt = now };
            await EndAsync(tx, estate, done, "system", $"nobody said yes in time: {row.Asker} stays on call {Span(row)}", now);
            await TellAskerAsync(tx, estate, done, "Nobody takes", "Nobody said yes in time; you stay on call.", now);
        }
    }

    /// <summary>Who can say yes to a request: the one who was asked, or everybody of the team but the asker.</summary>
    public static IReadOnlyList<string> Candidates(EstateSnapshot estate, SwapRow row)
    {
        if (row.Asked is { } one)
        {
            return [one];
        }

        var schedule = estate.Model.Schedules.GetValueOrDefault(row.Schedule);
        IEnumerable<string> people = schedule?.Team is { } team && estate.Model.Teams.TryGetValue(team, out var known)
            ? known.Members
            : schedule?.Rotations.SelectMany(r => r.Users) ?? [];
        return [.. people.Where(p => p != row.Asker && estate.Model.Users.TryGetValue(p, out var user) && !user.Disabled).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>Why a request would come to nothing.</summary>
    private static Error? Misfit(EstateSnapshot estate, CompiledSchedule schedule, SwapRow row)
    {
        var zone = ShiftWords.ZoneOf(estate, row.Asker, row.Schedule);
        return row.Asked == row.Asker ? Error.Invalid("ask", "Ask somebody else.")
            : !schedule.Shifts(row.From, row.To).Any(s => s.Users.Contains(row.Asker)) ? Error.Invalid("from", $"You are not on call in {row.Schedule} {ShiftWords.SpanWithZone(row.From, row.To, zone)}.")
            : row.BackFrom is { } from && !schedule.Shifts(from, row.BackTo!.Value).Any(s => s.Users.Contains(row.Asked!)) ? Error.Invalid("back_from", $"{row.Asked} is not on call then.")
            : Candidates(estate, row).Count == 0 ? Error.Invalid("ask", "There is nobody else in the team to ask; name a person.")
            : null;
    }

    private static Result<(DateTimeOffset? From, DateTimeOffset? To)> BackOf(SwapDraft draft, DateTimeOffset now)
    {
        if (draft.BackFrom is null && draft.BackTo is null)
        {
            return ((DateTimeOffset?)null, (DateTimeOffset?)null);
        }

        if (draft is not { BackFrom: { } from, BackTo: { } to, Asked: not null })
        {
            return Error.Invalid("back_from", "A shift in return has a beginning and an end, and belongs to one person who is asked.");
        }

        var span = EntryRules.Span(from, to, now);
        return span.Ok ? ((DateTimeOffset?)span.Value.From, (DateTimeOffset?)span.Value.To) : span.Error with { Field = "back_to" };
    }

    private async Task<Result<SwapChange>> AnswerAsync(long workspace, long id, DateTimeOffset now, Func<Tx, SwapRow, Task<Result<SwapChange>>> answer, CancellationToken ct) =>
        await database.WriteAsync<Result<SwapChange>>(
            async tx =>
            {
                await tx.LockWorkspaceAsync(workspace);
                return await swaps.FindAsync(tx, workspace, id) is not { } row ? Error.NotFound("request", $"{id}")
                    : row.StateAt(now) is var state && state != SwapState.Open
                        ? Error.Conflict($"swap.{state}", $"The request is {state} already{(row.AnsweredBy is { } by ? $", by {by}" : "")}; nothing was changed.")
                    : await answer(tx, row);
            },
            ct);

    private async Task EndAsync(Tx tx, EstateSnapshot estate, SwapRow row, string actor, string reason, DateTimeOffset now)
    {
        await swaps.EndAsync(tx, estate.Workspace, row);
        await jobs.RemoveWaitingAsync(tx, estate.Workspace, $"swap/{row.Id}/expire");
        await log.AppendAsync(tx, estate.Workspace, now, [new($"swap.{row.State}", $"schedule/{row.Schedule}", actor, reason)]);
    }

    private Task TellAskerAsync(Tx tx, EstateSnapshot estate, SwapRow row, string says, string detail, DateTimeOffset now) => notices.TellAsync(
        tx, estate, new(
            $"swap/{row.Id}/{row.State}", row.Asker, $"{says} {row.Schedule} {ShiftWords.SpanWithZone(row.From, row.To, ShiftWords.ZoneOf(estate, row.Asker, row.Schedule))}",
            detail, "/oncall", row.To), now);

    private static string Span(SwapRow row) => $"{row.Schedule} {ShiftWords.SpanWithZone(row.From, row.To, TimeZoneInfo.Utc)}";

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private async ValueTask<EstateSnapshot> OfAsync(long workspace, CancellationToken ct) =>
        await estates.FindAsync(workspace, ct) ?? throw new StoreUnavailableException("The workspace's configuration cannot be read now.");
}

/// <summary>The moment when a request ends by itself.</summary>
internal sealed class SwapExpiry(Database database, IEstates estates, SwapDesk desk, JobStore jobs, TimeProvider clock) : IJobHandler
{
    public string Kind => SwapDesk.ExpiryKind;

    public async Task RunAsync(LeasedJob job, CancellationToken ct)
    {
        var estate = await estates.FindAsync(job.Workspace, ct)
            ?? throw new StoreUnavailableException($"The configuration of workspace {job.Workspace} is not readable now.");
        await database.WriteAsync(
            async tx =>
            {
                await tx.LockWorkspaceAsync(job.Workspace);
                await jobs.CompleteAsync(tx, job);
                await desk.ExpireAsync(tx, estate, long.Parse(job.Payload), clock.GetUtcNow());
            },
            ct);
    }
}
