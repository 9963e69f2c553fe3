using System.Data.Common;
using Tocsin.Data;

namespace Tocsin.Jobs;

/// <summary>
/// The durable job table: queue, timer and outbox in one. A job is enqueued in the caller's transaction, leased to one node,
/// renewed while it runs, and ended by whoever still holds the lease.
/// </summary>
internal sealed class JobStore(Dialect dialect, TimeSpan lease)
{
    private ILocalWorker? _local;

    /// <summary>Told, after the commit, of jobs that are due and that this node does not take: others may.</summary>
    public Action? DueElsewhere { get; set; }

    /// <summary>
    /// The lanes in turn, beginning after the one that was served last, so that many full lanes do not keep others waiting. A lane
    /// in <c>@full</c> has no room on this node.
    /// </summary>
    private readonly string _claim = $"""
        WITH RECURSIVE lanes(lane, lap) AS (
            SELECT (SELECT MIN(lane) FROM job WHERE dead = 0 AND lane > @after), 0
            UNION ALL
            SELECT
                CASE WHEN lanes.lane IS NULL THEN (SELECT MIN(j.lane) FROM job j WHERE j.dead = 0)
                ELSE (SELECT MIN(j.lane) FROM job j WHERE j.dead = 0 AND j.lane > lanes.lane) END,
                CASE WHEN lanes.lane IS NULL THEN 1 ELSE lanes.lap END
            FROM lanes WHERE lanes.lap = 0 OR lanes.lane < @after)
        UPDATE job SET attempt = attempt + 1, lease_by = @node, ready_at = @until
        WHERE dead = 0 AND id IN (
            {(dialect.IsPostgres ? ReadyOfEachLaneOnPostgres : ReadyOfEachLaneOnSqlite)})
        RETURNING workspace_id, id, kind, job_key, lane, attempt, failures, payload, ready_at
        """;

    private const string ReadyOfEachLaneOnSqlite = """
        SELECT d.id FROM lanes l JOIN job d ON d.id IN (
            SELECT k.id FROM job k WHERE k.dead = 0 AND k.lane = l.lane AND k.ready_at <= @now ORDER BY k.ready_at LIMIT @per_lane)
        WHERE l.lane IS NOT NULL AND (l.lap = 0 OR l.lane <= @after) AND @full NOT LIKE '%,' || l.lane || ',%' LIMIT @max
        """;

    private const string ReadyOfEachLaneOnPostgres = """
        SELECT d.id FROM lanes l CROSS JOIN LATERAL (
            SELECT k.id FROM job k WHERE k.dead = 0 AND k.lane = l.lane AND k.ready_at <= @now ORDER BY k.ready_at LIMIT @per_lane
            FOR UPDATE SKIP LOCKED) d
        WHERE l.lane IS NOT NULL AND (l.lap = 0 OR l.lane <= @after) AND @full NOT LIKE '%,' || l.lane || ',%' LIMIT @max
        """;

    /// <summary>
    /// What must be left of a lease to begin what cannot be taken back: time for the next turn to renew it, and for clocks of other nodes
    /// that are ahead.
    /// </summary>
    public TimeSpan LeaseToBegin => lease / 3;

    /// <summary>From now on, new due jobs of this process go straight to <paramref name="worker"/>; null: they wait for a poll.</summary>
    public void UseLocal(ILocalWorker? worker) => _local = worker;

    /// <summary>
    /// Adds jobs in the caller's transaction. A job that is due at once is leased to this node's own worker when that has room,
    /// and starts as soon as the transaction is committed.
    /// </summary>
    public async Task EnqueueAsync(Tx tx, IReadOnlyList<NewJob> jobs, DateTimeOffset now)
    {
        foreach (var job in jobs)
        {
            await EnqueueAsync(tx, job, now);
        }
    }

    private async Task EnqueueAsync(Tx tx, NewJob job, DateTimeOffset now)
    {
        var local = _local is { } worker && job.ReadyAt <= now && worker.TryReserve(job.Lane) ? worker : null;
        var readyAt = local is null ? job.ReadyAt : now + lease;
        long? id;
        try
        {
            id = await tx.ScalarAsync(
                """
                INSERT INTO job (workspace_id, lane, kind, job_key, ready_at, dead, attempt, lease_by, payload, created_at)
                VALUES (@workspace, @lane, @kind, @key, @ready, 0, @attempt, @node, @payload, @now)
                ON CONFLICT (workspace_id, job_key) DO NOTHING RETURNING id
                """,
                ("workspace", job.Workspace), ("lane", job.Lane), ("kind", job.Kind), ("key", job.Key), ("ready", readyAt.ToMicros()),
                ("attempt", local is null ? 0 : 1), ("node", local?.Node), ("payload", job.Payload), ("now", now.ToMicros()));
        }
        catch
        {
            local?.Release(job.Lane);
            throw;
        }

        if (local is not null)
        {
            var leased = id is { } known ? new LeasedJob(job.Workspace, known, job.Kind, job.Key, job.Lane, 1, 0, job.Payload, readyAt) : null;
            tx.WhenDone(committed =>
            {
                if (committed && leased is not null)
                {
                    local.Start(leased);
                }
                else
                {
                    local.Release(job.Lane);
                }
            });
        }
        else
        {
            Expect(tx, job.ReadyAt);
            if (job.ReadyAt <= now)
            {
                OfferElsewhere(tx);
            }
        }
    }

    /// <summary>When the next job is ready, or a lease runs out; null when there is none.</summary>
    public async Task<DateTimeOffset?> NextReadyAsync(Session session) => Instants.FromMicros(
        await session.ScalarAsync("SELECT MIN(ready_at) FROM job WHERE dead = 0"));

    /// <summary>Leases up to <paramref name="max"/> jobs which are ready, or whose last lease ran out, to one node.</summary>
    /// <param name="max">1 to 1024.</param>
    /// <param name="perLane">At most this many of one lane.</param>
    /// <param name="after">The lanes are served in turn, from the one after this.</param>
    /// <param name="full">Lanes to leave out.</param>
    /// <returns>The jobs, in no particular order; empty when none is ready. A job is in at most one live lease.</returns>
    /// <exception cref="DbException">The database refused or was lost; nothing was leased.</exception>
    public Task<List<LeasedJob>> ClaimAsync(
        Tx tx, string node, int max, int perLane, DateTimeOffset now, long after = long.MinValue, IReadOnlyCollection<long>? full = null) => tx.QueryAsync(
        _claim, Read, ("node", node), ("max", max), ("per_lane", perLane), ("now", now.ToMicros()), ("until", (now + lease).ToMicros()), ("after", after),
        ("full", full is { Count: > 0 } ? $",{string.Join(',', full)}," : ""));

    /// <summary>Holds a lease longer.</summary>
    /// <returns>The job with its new end; null when the lease is already lost.</returns>
    public async Task<LeasedJob?> RenewAsync(Tx tx, LeasedJob job, DateTimeOffset now)
    {
        var until = now + lease;
        var renewed = await tx.ExecuteAsync(
            "UPDATE job SET ready_at = @until WHERE workspace_id = @workspace AND id = @id AND attempt = @attempt AND dead = 0 AND lease_by IS NOT NULL",
            ("until", until.ToMicros()), ("workspace", job.Workspace), ("id", job.Id), ("attempt", job.Attempt));
        return renewed == 1 ? job with { LeasedUntil = until } : null;
    }

    /// <summary>Ends a job for good, in the transaction that stores its outcome.</summary>
    /// <exception cref="LeaseLostException">Another node holds the job now; the transaction must not be committed.</exception>
    public async Task CompleteAsync(Tx tx, LeasedJob job)
    {
        var deleted = await tx.ExecuteAsync(
            "DELETE FROM job WHERE workspace_id = @workspace AND id = @id AND attempt = @attempt AND lease_by IS NOT NULL",
            ("workspace", job.Workspace), ("id", job.Id), ("attempt", job.Attempt));
        if (deleted == 0)
        {
            throw new LeaseLostException(job);
        }
    }

    /// <summary>Gives a job back, to be run again at <paramref name="readyAt"/>.</summary>
    /// <param name="failed">Whether this counts towards the failures after which it is dead.</param>
    /// <exception cref="LeaseLostException">Another node holds the job now; the transaction must not be committed.</exception>
    public async Task RescheduleAsync(Tx tx, LeasedJob job, DateTimeOffset readyAt, string? error, bool failed = false)
    {
        var updated = await tx.ExecuteAsync(
            """
            UPDATE job SET ready_at = @ready, lease_by = NULL, error = @error, failures = failures + @failed
            WHERE workspace_id = @workspace AND id = @id AND attempt = @attempt AND lease_by IS NOT NULL
            """,
            ("ready", readyAt.ToMicros()), ("error", error), ("failed", failed ? 1 : 0), ("workspace", job.Workspace), ("id", job.Id), ("attempt", job.Attempt));
        if (updated == 0)
        {
            throw new LeaseLostException(job);
        }

        Expect(tx, readyAt);
    }

    /// <summary>Makes a waiting job ready now; nothing happens to one that is being worked, or is gone.</summary>
    public async Task HurryAsync(Tx tx, long workspace, string key, DateTimeOffset now)
    {
        await tx.ExecuteAsync(
            "UPDATE job SET ready_at = @now WHERE workspace_id = @workspace AND job_key = @key AND lease_by IS NULL AND dead = 0 AND ready_at > @now",
            ("now", now.ToMicros()), ("workspace", workspace), ("key", key));
        ExpectNow(tx, now);
    }

    /// <summary>Takes waiting jobs out, because what they were for has been decided otherwise.</summary>
    public Task RemoveWaitingAsync(Tx tx, long workspace, string key) => tx.ExecuteAsync(
        "DELETE FROM job WHERE workspace_id = @workspace AND job_key = @key AND lease_by IS NULL AND dead = 0",
        ("workspace", workspace), ("key", key));

    /// <summary>Gives back all that a stopping node holds and has not begun.</summary>
    public async Task HandBackAsync(Tx tx, LeasedJob job, DateTimeOffset now)
    {
        await tx.ExecuteAsync(
            "UPDATE job SET ready_at = @now, lease_by = NULL WHERE workspace_id = @workspace AND id = @id AND attempt = @attempt AND lease_by IS NOT NULL",
            ("now", now.ToMicros()), ("workspace", job.Workspace), ("id", job.Id), ("attempt", job.Attempt));
        OfferElsewhere(tx);
    }

    /// <summary>Puts a job on the dead list: kept with its error, listed, replayable, never deleted unsent.</summary>
    /// <returns>False when the lease was lost meanwhile and nothing was changed.</returns>
    public async Task<bool> BuryAsync(Tx tx, LeasedJob job, DateTimeOffset now, string error) => await tx.ExecuteAsync(
        """
        UPDATE job SET dead = 1, lease_by = NULL, error = @error, ready_at = @now, failures = failures + 1
        WHERE workspace_id = @workspace AND id = @id AND attempt = @attempt AND lease_by IS NOT NULL
        """,
        ("error", error), ("now", now.ToMicros()), ("workspace", job.Workspace), ("id", job.Id), ("attempt", job.Attempt)) == 1;

    public Task<List<DeadJob>> DeadAsync(Session session, long workspace) => session.QueryAsync(
        "SELECT id, kind, job_key, failures, ready_at, error FROM job WHERE workspace_id = @workspace AND dead = 1 ORDER BY id DESC LIMIT 500",
        static row => new DeadJob(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetInt32(3), row.Instant(4), row.NullableString(5) ?? ""),
        ("workspace", workspace));

    /// <summary>Makes a dead job ready again.</summary>
    /// <returns>False when there is no such dead job.</returns>
    public async Task<bool> ReplayAsync(Tx tx, long workspace, long id, DateTimeOffset now)
    {
        var revived = await tx.ExecuteAsync(
            "UPDATE job SET dead = 0, attempt = attempt + 1, failures = 0, ready_at = @now WHERE workspace_id = @workspace AND id = @id AND dead = 1",
            ("now", now.ToMicros()), ("workspace", workspace), ("id", id));
        ExpectNow(tx, now);
        return revived == 1;
    }

    /// <summary>Work is due: this node's if it works at all, else another's.</summary>
    private void ExpectNow(Tx tx, DateTimeOffset now)
    {
        if (_local is not null)
        {
            Expect(tx, now);
        }
        else
        {
            OfferElsewhere(tx);
        }
    }

    private void OfferElsewhere(Tx tx)
    {
        if (DueElsewhere is { } tell)
        {
            tx.WhenDone(committed =>
            {
                if (committed)
                {
                    tell();
                }
            });
        }
    }

    private void Expect(Tx tx, DateTimeOffset readyAt)
    {
        if (_local is { } worker)
        {
            tx.WhenDone(committed =>
            {
                if (committed)
                {
                    worker.Expect(readyAt);
                }
            });
        }
    }

    private static LeasedJob Read(DbDataReader row) => new(
        row.GetInt64(0), row.GetInt64(1), row.GetString(2), row.GetString(3), row.GetInt64(4), row.GetInt32(5), row.GetInt32(6), row.GetString(7), row.Instant(8));
}

/// <summary>A job that gave up.</summary>
internal sealed record DeadJob(long Id, string Kind, string Key, int Attempts, DateTimeOffset DiedAt, string Error);
