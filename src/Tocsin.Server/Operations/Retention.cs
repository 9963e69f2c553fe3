using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Issues;
using Tocsin.Streams;

namespace Tocsin.Operations;

/// <summary>Forgets what is over and older than the retention, a little at a time: never an open incident, a firing alert or an unsent page.</summary>
internal sealed class Retention(
    Database database, AlertStore alerts, EventLog log, AuditStore audit, RowMemory memory, IOptions<ServerOptions> options, IOptions<AuditOptions> auditOptions, IOptions<GitHubOptions> gitHub,
    TimeProvider clock, ILogger<Retention> logger)
    : RepeatedWork(TimeSpan.FromHours(1), clock)
{
    private const int MostAtOnce = 5_000;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(200);

    private static readonly string[] _statements =
    [
        """
        DELETE FROM page WHERE workspace_id = @workspace AND id IN (
            SELECT p.id FROM page p JOIN incident i ON i.workspace_id = p.workspace_id AND i.number = p.incident
            WHERE p.workspace_id = @workspace AND i.status = 3 AND i.resolved_at < @before AND p.status <> 0 LIMIT @most)
        """,
        """
        DELETE FROM page WHERE workspace_id = @workspace AND id IN (
            SELECT id FROM page WHERE workspace_id = @workspace AND incident = 0 AND status <> 0 AND created_at < @before AND created_at < @now - 3456000000000 LIMIT @most)
        """,
        """
        DELETE FROM incident_alert WHERE workspace_id = @workspace AND incident IN (
            SELECT number FROM incident WHERE workspace_id = @workspace AND status = 3 AND resolved_at < @before LIMIT @most)
        """,
        """
        DELETE FROM incident WHERE workspace_id = @workspace AND number IN (
            SELECT i.number FROM incident i WHERE i.workspace_id = @workspace AND i.status = 3 AND i.resolved_at < @before
            AND NOT EXISTS (SELECT 1 FROM page p WHERE p.workspace_id = i.workspace_id AND p.incident = i.number) LIMIT @most)
        """,
        "DELETE FROM delivery WHERE workspace_id = @workspace AND id IN (SELECT id FROM delivery WHERE workspace_id = @workspace AND received_at < @before LIMIT @most)",
        "DELETE FROM silence WHERE workspace_id = @workspace AND ends_at < @before",
        "DELETE FROM cover WHERE workspace_id = @workspace AND ends_at < @before",
        "DELETE FROM time_off WHERE workspace_id = @workspace AND ends_at < @before",
        "DELETE FROM calendar_shift WHERE workspace_id = @workspace AND ends_at < @before",
        "DELETE FROM shift_swap WHERE workspace_id = @workspace AND state <> 'open' AND answered_at < @before",
        "DELETE FROM oncall_told WHERE workspace_id = @workspace AND ends_at < @before",
        """
        DELETE FROM inhibit_place WHERE workspace_id = @workspace AND NOT EXISTS (
            SELECT 1 FROM alert a WHERE a.workspace_id = inhibit_place.workspace_id AND a.id = inhibit_place.alert_id AND a.status = 0)
        """,
        "DELETE FROM mute_turn WHERE workspace_id = @workspace AND began_at < @before",
        "DELETE FROM recipient_minute WHERE workspace_id = @workspace AND minute < @now / 60000000 - 60",
        "DELETE FROM reply_seen WHERE workspace_id = @workspace AND at < @before",
        """
        DELETE FROM issue_record WHERE workspace_id = @workspace AND last_seen_at < @state AND NOT EXISTS (
            SELECT 1 FROM issue i WHERE i.workspace_id = issue_record.workspace_id AND i.record_id = issue_record.id AND i.pending = 1)
        """,
        """
        DELETE FROM issue WHERE workspace_id = @workspace AND updated_at < @state AND pending = 0 AND NOT EXISTS (
            SELECT 1 FROM issue_record r WHERE r.workspace_id = issue.workspace_id AND r.id = issue.record_id)
        """,
        "DELETE FROM finding WHERE workspace_id = @workspace AND ended_at < @before",
        "DELETE FROM model_review WHERE workspace_id = @workspace AND at < @before AND ended_at IS NOT NULL",
        // No queue keeps a message for more than 14 days, so none comes again after 15.
        "DELETE FROM message_seen WHERE workspace_id = @workspace AND at < @now - 1296000000000",
        // Windows of the pipeline's health are a day at most.
        "DELETE FROM issue_step WHERE workspace_id = @workspace AND at < @now - 691200000000",
        "DELETE FROM queue_depth WHERE workspace_id = @workspace AND read_at < @now - 691200000000",
        "DELETE FROM login WHERE workspace_id = @workspace AND expires_at < @now",
        "DELETE FROM one_time_link WHERE workspace_id = @workspace AND expires_at < @now",
    ];

    /// <summary>One pass over all workspaces.</summary>
    public override async Task TurnAsync(CancellationToken ct)
    {
        var now = Clock.GetUtcNow();
        var before = now - TimeSpan.FromDays(options.Value.RetentionDays);
        var workspaces = await database.ReadAsync(session => session.QueryAsync("SELECT id FROM workspace", static row => row.GetInt64(0)), ct);
        foreach (var workspace in workspaces)
        {
            foreach (var statement in _statements)
            {
                while (await DeleteAsync(statement, workspace, before, now, ct) >= MostAtOnce)
                {
                    // Others get the store between two bites.
                    await Task.Delay(_pause, Clock, ct);
                }
            }

            while (await database.WriteAsync(tx => log.ForgetAsync(tx, workspace, before, MostAtOnce), ct) >= MostAtOnce)
            {
                await Task.Delay(_pause, Clock, ct);
            }

            // After the links, which keep an alert as long as an incident names it.
            while (await database.WriteAsync(tx => alerts.DeleteEndedAsync(tx, workspace, before, MostAtOnce), ct) >= MostAtOnce)
            {
                await Task.Delay(_pause, Clock, ct);
            }
        }

        foreach (var chain in workspaces.Prepend(AuditStore.Installation))
        {
            // Whole days, so that a chain is cut, and says so, once a day.
            var kept = new DateTimeOffset(now.UtcDateTime.Date.AddDays(-auditOptions.Value.RetentionDays), TimeSpan.Zero);
            while (await database.WriteAsync(tx => audit.ForgetAsync(tx, chain, kept, MostAtOnce, now), ct) >= MostAtOnce)
            {
                await Task.Delay(_pause, Clock, ct);
            }
        }
    }

    protected override void Waits(string reason) => logger.RetentionWaits(reason);

    protected override void Broke(Exception bug) => logger.RetentionBroke(bug);

    private Task<int> DeleteAsync(string statement, long workspace, DateTimeOffset before, DateTimeOffset now, CancellationToken ct)
    {
        List<(string, object?)> args = [("workspace", workspace)];
        if (statement.Contains("@before", StringComparison.Ordinal))
        {
            args.Add(("before", before.ToMicros()));
        }

        if (statement.Contains("@state", StringComparison.Ordinal))
        {
            args.Add(("state", (now - TimeSpan.FromDays(gitHub.Value.StateDays)).ToMicros()));
        }

        if (statement.Contains("@now", StringComparison.Ordinal))
        {
            args.Add(("now", now.ToMicros()));
        }

        if (statement.Contains("@most", StringComparison.Ordinal))
        {
            args.Add(("most", MostAtOnce));
        }

        return database.WriteAsync(
            tx =>
            {
                memory.Forget(tx);
                return tx.ExecuteAsync(statement, [.. args]);
            },
            ct);
    }
}

internal static partial class RetentionLog
{
    [LoggerMessage(2021, LogLevel.Warning, "Old records are not removed now: {Reason}")]
    public static partial void RetentionWaits(this ILogger logger, string reason);

    [LoggerMessage(2022, LogLevel.Error, "Removing old records met a bug; it is tried again in an hour")]
    public static partial void RetentionBroke(this ILogger logger, Exception e);
}
