using Microsoft.Extensions.Logging;
using Tocsin.Data;
using Tocsin.Escalation;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Incidents;
using Tocsin.Notify;
using Tocsin.Streams;
using Tocsin.Workspaces;

namespace Tocsin.OnCall;

/// <summary>
/// Tells people what comes: owners of a gap within two days, and whoever goes on call. What was told is stored under the workspace's lock, so that
/// any number of nodes and restarts tell each thing once.
/// </summary>
internal sealed class DutyTeller(
    Database database, WorkspaceStore workspaces, IEstates estates, NoticeDesk notices, IncidentStore incidents, ContactProofs proofs, EventLog log, TimeProvider clock, ILogger<DutyTeller> logger)
    : RepeatedWork(TimeSpan.FromSeconds(20), clock)
{
    private const int MostOpen = 200;

    private static readonly TimeSpan _gapsAhead = TimeSpan.FromHours(48);
    private static readonly TimeSpan _before = TimeSpan.FromMinutes(15);

    /// <summary>Whoever starts is told even if the process was away for a moment.</summary>
    private static readonly TimeSpan _late = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan _week = TimeSpan.FromDays(7);

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
            List<Due> due = [.. estate.Schedules.Values.SelectMany(s => Gaps(s, now).Concat(Starts(estate, s, now)))];
            if (due.Count == 0)
            {
                continue;
            }

            var told = await database.ReadAsync(session => ToldAsync(session, workspace.Id), ct);
            if (due.Exists(d => IsNew(d, told)))
            {
                await database.WriteAsync(tx => TellAsync(tx, estate, due, now), ct);
            }
        }
    }

    protected override void Waits(string reason) => logger.TellerWaits(reason);

    protected override void Broke(Exception bug) => logger.TellerBroke(bug);

    /// <summary>
    /// The gaps that begin within 48 hours. One that runs already has the beginning that it had when it was first seen. One that the schedule has every
    /// week is told once, not every week.
    /// </summary>
    private static IEnumerable<Due> Gaps(CompiledSchedule schedule, DateTimeOffset now)
    {
        var written = OnCallCalendar.Compile(schedule.Schedule);
        foreach (var gap in schedule.Gaps(now, now + _gapsAhead))
        {
            var end = schedule.At(gap.From).Until;
            var weekly = written.At(gap.From).Users.Count == 0 && written.At(gap.From - _week).Users.Count == 0 && written.At(gap.From - _week - _week).Users.Count == 0;
            // Not the end of what was looked at: that moves on with each look.
            var local = end is { } at ? $"{TimeZoneInfo.ConvertTime(at, TimeZoneInfo.FindSystemTimeZoneById(schedule.Schedule.TimeZone)):ddd HH:mm}" : "without end";
            yield return new(weekly ? "weekly gap" : "gap", schedule, null, gap.From, end ?? Never)
            {
                // The end names the gap: it stays while the beginning passes.
                Key = weekly
                    ? new("weekly gap", $"{schedule.Schedule.Name} {local}", 0)
                    : new("gap", $"{schedule.Schedule.Name} until {(end ?? Never).ToMicros()}", gap.From > now ? gap.From.ToMicros() : 0),
            };
        }
    }

    /// <summary>Who goes on call within 15 minutes, or has lately.</summary>
    private static IEnumerable<Due> Starts(EstateSnapshot estate, CompiledSchedule schedule, DateTimeOffset now)
    {
        for (var at = now - _late; schedule.NextChange(at) is { } change && change <= now + _before; at = change)
        {
            var before = schedule.At(change - TimeSpan.FromTicks(1)).Users;
            foreach (var user in schedule.At(change).Users.Except(before, StringComparer.Ordinal))
            {
                var wish = estate.Model.Users.GetValueOrDefault(user)?.ShiftNotices ?? ShiftNotices.Start;

                // Whoever a cover has just put on call was told so a moment ago.
                if (estate.Entered.Covers.Any(c => c.User == user && c.Schedule == schedule.Schedule.Name && c.From == change && c.MadeAt > change - _before))
                {
                    continue;
                }

                if (change > now && wish == ShiftNotices.Both)
                {
                    yield return new("before", schedule, user, change, change) { Key = new("before", $"{schedule.Schedule.Name}/{user}", change.ToMicros()) };
                }

                if (change <= now && wish != ShiftNotices.None)
                {
                    yield return new("start", schedule, user, change, change) { Key = new("start", $"{schedule.Schedule.Name}/{user}", change.ToMicros()) };
                }
            }
        }
    }

    private async Task TellAsync(Tx tx, EstateSnapshot estate, List<Due> due, DateTimeOffset now)
    {
        await tx.LockWorkspaceAsync(estate.Workspace);
        var told = await ToldAsync(tx, estate.Workspace);
        foreach (var item in due)
        {
            if (!IsNew(item, told))
            {
                continue;
            }

            told.Add(item.Key);

            await tx.ExecuteAsync(
                """
                INSERT INTO oncall_told (workspace_id, kind, subject, starts_at, ends_at, told_at) VALUES (@workspace, @kind, @subject, @starts, @ends, @now)
                ON CONFLICT (workspace_id, kind, subject, starts_at) DO NOTHING
                """,
                ("workspace", estate.Workspace), ("kind", item.Key.Kind), ("subject", item.Key.Subject), ("starts", item.Key.StartsAt),
                ("ends", (item.Kind == "weekly gap" ? Never : item.To).ToMicros()), ("now", now.ToMicros()));
            await (item.User is null ? TellGapAsync(tx, estate, item, now) : TellStartAsync(tx, estate, item, item.User, now));
        }
    }

    /// <summary>A gap that was told before it began is the same when it runs.</summary>
    private static bool IsNew(Due item, HashSet<ToldKey> told) =>
        !told.Contains(item.Key) && !(item.Key is { Kind: "gap", StartsAt: 0 } && told.Any(t => t.Kind == "gap" && t.Subject == item.Key.Subject));

    private async Task TellGapAsync(Tx tx, EstateSnapshot estate, Due gap, DateTimeOffset now)
    {
        var schedule = gap.Schedule.Schedule;
        var owners = ScheduleOwners.Of(estate, schedule);
        await log.AppendAsync(tx, estate.Workspace, now,
            [new("oncall.gap", $"schedule/{schedule.Name}", "system", $"nobody is on call {Until(gap, TimeZoneInfo.Utc)}; told {ShiftWords.Names(owners)}")]);
        foreach (var owner in owners)
        {
            var zone = ShiftWords.ZoneOf(estate, owner, schedule.Name);
            var when = gap.From <= now ? "now" : $"from {ShiftWords.Moment(gap.From, zone)} (in {PlainText.Duration(gap.From - now)})";
            await notices.TellAsync(tx, estate, new(
                $"gap/{gap.Key.Subject}/{gap.Key.StartsAt}/{owner}", owner, $"Nobody is on call for {schedule.Name} {when}",
                $"{(gap.To == Never ? "Nobody follows." : $"Until {ShiftWords.Moment(gap.To, zone)} ({zone.Id}).")} Put somebody on call, or ask the team.{(gap.Kind == "weekly gap" ? " It comes back every week; you are told once." : "")}",
                $"/schedules/{Uri.EscapeDataString(schedule.Name)}", gap.To), now);
        }
    }

    private async Task TellStartAsync(Tx tx, EstateSnapshot estate, Due start, string user, DateTimeOffset now)
    {
        var schedule = start.Schedule.Schedule;
        var zone = ShiftWords.ZoneOf(estate, user, schedule.Name);
        var until = start.Schedule.At(start.From).Until is { } end ? $", until {ShiftWords.Moment(end, zone)} ({zone.Id})" : "";
        var target = new Target(TargetKind.Schedule, schedule.Name);
        var open = (await incidents.ListAsync(tx, estate.Workspace, open: true, null, long.MaxValue, MostOpen))
            .Where(i => i.Policy.Steps.Any(s => s.Notify.Contains(target))).Select(i => $"#{i.Number}").ToList();
        var reach = estate.Model.Users.GetValueOrDefault(user) is { } person ? ReachWords.Warning(person, await proofs.ReadAsync(tx, estate.Workspace), now, own: true) : null;
        await notices.TellAsync(tx, estate, new(
            $"{start.Kind}/{schedule.Name}/{user}/{start.From.ToMicros()}", user,
            $"You are on call for {schedule.Name} {(start.From > now ? $"in {PlainText.Duration(start.From - now)}" : "now")}{until}",
            $"{(open.Count == 0 ? "No open incident." : $"{open.Count} open {(open.Count == 1 ? "incident" : "incidents")}: {string.Join(", ", open.Take(5))}.")} {reach ?? "Phone check: ok."}",
            "/oncall", start.From + TimeSpan.FromHours(1)), now);
    }

    private static string Until(Due gap, TimeZoneInfo zone) =>
        gap.To == Never ? $"from {ShiftWords.Moment(gap.From, zone)} on" : ShiftWords.SpanWithZone(gap.From, gap.To, zone);

    private static async Task<HashSet<ToldKey>> ToldAsync(Session session, long workspace) => [.. await session.QueryAsync(
        "SELECT kind, subject, starts_at FROM oncall_told WHERE workspace_id = @workspace", static row => new ToldKey(row.GetString(0), row.GetString(1), row.GetInt64(2)), ("workspace", workspace))];

    internal static DateTimeOffset Never { get; } = new(9999, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly record struct ToldKey(string Kind, string Subject, long StartsAt);

    private sealed record Due(string Kind, CompiledSchedule Schedule, string? User, DateTimeOffset From, DateTimeOffset To)
    {
        public required ToldKey Key { get; init; }
    }
}

internal static partial class DutyLog
{
    [LoggerMessage(2461, LogLevel.Warning, "Gaps and starts of shifts are not told now: {Reason}")]
    public static partial void TellerWaits(this ILogger logger, string reason);

    [LoggerMessage(2462, LogLevel.Error, "Telling gaps and starts of shifts met a bug; it is tried again in 20 s")]
    public static partial void TellerBroke(this ILogger logger, Exception e);
}
