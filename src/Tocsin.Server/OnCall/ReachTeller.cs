using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Notify;
using Tocsin.Streams;
using Tocsin.Workspaces;

namespace Tocsin.OnCall;

/// <summary>
/// Tells whoever goes on call within a day, and can't be reached by phone as far as is known, once a week at most; and the owners of a schedule when
/// nothing is known to reach somebody who is on call, once until something does. What was told is stored under the workspace's lock.
/// </summary>
internal sealed class ReachTeller(
    Database database, WorkspaceStore workspaces, IEstates estates, ContactProofs proofs, NoticeDesk notices, EventLog log, TimeProvider clock, ILogger<ReachTeller> logger)
    : RepeatedWork(TimeSpan.FromMinutes(5), clock)
{
    private static readonly TimeSpan _ahead = TimeSpan.FromDays(1);
    private static readonly TimeSpan _week = TimeSpan.FromDays(7);

    /// <summary>Whoever has just begun with a workspace has a day to try their methods.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromDays(1);

    /// <summary>One look at all workspaces.</summary>
    public override async Task TurnAsync(CancellationToken ct)
    {
        foreach (var workspace in await database.ReadAsync(workspaces.ListAsync, ct))
        {
            if (await estates.FindAsync(workspace.Id, ct) is not { Schedules.Count: > 0 } estate)
            {
                continue;
            }

            var now = Clock.GetUtcNow();
            var (known, told, isNew) = await database.ReadAsync(
                async session => (
                    await proofs.ReadAsync(session, workspace.Id), await ToldAsync(session, workspace.Id),
                    await session.ScalarAsync("SELECT created_at FROM workspace WHERE id = @id", ("id", workspace.Id)) > (now - _grace).ToMicros()),
                ct);
            List<Due> due = isNew ? [] : [.. estate.Schedules.Values.SelectMany(s => Starts(estate, s, known, now).Concat(Unreached(estate, s, known, now))).DistinctBy(d => d.Key)];
            if (due.Exists(d => !told.Contains(d.Key)))
            {
                await database.WriteAsync(tx => TellAsync(tx, estate, due, now), ct);
            }
        }
    }

    protected override void Waits(string reason) => logger.ReachTellerWaits(reason);

    protected override void Broke(Exception bug) => logger.ReachTellerBroke(bug);

    private static IEnumerable<Due> Starts(EstateSnapshot estate, CompiledSchedule schedule, ProofBook known, DateTimeOffset now)
    {
        for (var at = now; schedule.NextChange(at) is { } change && change <= now + _ahead; at = change)
        {
            var before = schedule.At(change - TimeSpan.FromTicks(1)).Users;
            foreach (var user in schedule.At(change).Users.Except(before, StringComparer.Ordinal))
            {
                if (estate.Model.Users.GetValueOrDefault(user) is { } person && ReachWords.Warning(person, known, now, own: true) is { } warning)
                {
                    yield return new(schedule, person, change, warning) { Key = new("reach", user, change.Ticks / _week.Ticks) };
                }
            }
        }
    }

    private static IEnumerable<Due> Unreached(EstateSnapshot estate, CompiledSchedule schedule, ProofBook known, DateTimeOffset now)
    {
        foreach (var user in schedule.At(now).Users)
        {
            if (estate.Model.Users.GetValueOrDefault(user) is { Disabled: false } person && !known.IsReached(person, now))
            {
                // What was known until then names it, so that it is told anew when it comes back.
                yield return new(schedule, person, null, "") { Key = new("unreached", $"{schedule.Schedule.Name}/{user}", known.LastAnswer(person)?.ToMicros() ?? 0) };
            }
        }
    }

    private async Task TellAsync(Tx tx, EstateSnapshot estate, List<Due> due, DateTimeOffset now)
    {
        await tx.LockWorkspaceAsync(estate.Workspace);
        var told = await ToldAsync(tx, estate.Workspace);
        foreach (var item in due.Where(d => told.Add(d.Key)))
        {
            await tx.ExecuteAsync(
                """
                INSERT INTO oncall_told (workspace_id, kind, subject, starts_at, ends_at, told_at) VALUES (@workspace, @kind, @subject, @starts, @ends, @now)
                ON CONFLICT (workspace_id, kind, subject, starts_at) DO NOTHING
                """,
                ("workspace", estate.Workspace), ("kind", item.Key.Kind), ("subject", item.Key.Subject), ("starts", item.Key.StartsAt),
                ("ends", (item.StartsAt is { } start ? start + _week : DutyTeller.Never).ToMicros()), ("now", now.ToMicros()));
            await (item.StartsAt is { } at ? TellPersonAsync(tx, estate, item, at, now) : TellOwnersAsync(tx, estate, item, now));
        }
    }

    private Task TellPersonAsync(Tx tx, EstateSnapshot estate, Due due, DateTimeOffset startsAt, DateTimeOffset now)
    {
        var (schedule, user) = (due.Schedule.Schedule.Name, due.Person.Name);
        return notices.TellAsync(tx, estate, new(
            $"reach/{user}/{due.Key.StartsAt}", user, $"Nobody can reach you by phone, and you are on call for {schedule} in {PlainText.Duration(startsAt - now)}", due.Warning, "/me", startsAt), now);
    }

    private async Task TellOwnersAsync(Tx tx, EstateSnapshot estate, Due due, DateTimeOffset now)
    {
        var (schedule, user, owners) = (due.Schedule.Schedule.Name, due.Person.Name, ScheduleOwners.Of(estate, due.Schedule.Schedule));
        await log.AppendAsync(tx, estate.Workspace, now,
            [new("oncall.unreached", $"schedule/{schedule}", "system", $"{user} is on call, and no contact method of theirs is known to work; told {ShiftWords.Names(owners)}")]);
        foreach (var owner in owners)
        {
            await notices.TellAsync(tx, estate, new(
                $"unreached/{schedule}/{user}/{due.Key.StartsAt}/{owner}", owner, $"{user} is on call for {schedule}, and nothing is known to reach them",
                $"{(due.Person.Contact.Count == 0 ? "There is no contact method." : $"No page or test by {string.Join(", ", due.Person.Contact.Select(c => c.Name))} was answered lately.")} Let them send themselves a test and answer it, or put somebody else on call.",
                "/users", now + _ahead), now);
        }
    }

    private static async Task<HashSet<ToldKey>> ToldAsync(Session session, long workspace) => [.. await session.QueryAsync(
        "SELECT kind, subject, starts_at FROM oncall_told WHERE workspace_id = @workspace AND kind IN ('reach', 'unreached')",
        static row => new ToldKey(row.GetString(0), row.GetString(1), row.GetInt64(2)), ("workspace", workspace))];

    private readonly record struct ToldKey(string Kind, string Subject, long StartsAt);

    /// <param name="StartsAt">When the shift begins that the person is warned of; null: the owners hear of them.</param>
    private sealed record Due(CompiledSchedule Schedule, Person Person, DateTimeOffset? StartsAt, string Warning)
    {
        public required ToldKey Key { get; init; }
    }
}

internal static partial class ReachLog
{
    [LoggerMessage(2463, LogLevel.Warning, "Who cannot be reached is not told now: {Reason}")]
    public static partial void ReachTellerWaits(this ILogger logger, string reason);

    [LoggerMessage(2464, LogLevel.Error, "Telling who cannot be reached met a bug; it is tried again in 5 min")]
    public static partial void ReachTellerBroke(this ILogger logger, Exception e);
}
