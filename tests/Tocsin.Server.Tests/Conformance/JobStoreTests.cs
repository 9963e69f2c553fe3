using Tocsin.Data;
using Tocsin.Jobs;

namespace Tocsin.Tests.Conformance;

public abstract class JobStoreTests(Engine engine)
{
    private static readonly TimeSpan _lease = new JobOptions().Lease;

    [StoreFact]
    public async Task A_job_is_claimed_when_it_is_due_and_by_one_node()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await EnqueueAsync(bench, Job("a", due: 60));

        Assert.Empty(await ClaimAsync(bench, "n1"));
        Assert.Equal(VirtualClock.Start.AddSeconds(60), await bench.ReadAsync(bench.Parts.Jobs.NextReadyAsync));

        bench.Clock.Advance(TimeSpan.FromSeconds(60));
        var job = Assert.Single(await ClaimAsync(bench, "n1"));
        Assert.Equal(("test", "a", 1, "payload of a"), (job.Kind, job.Key, job.Attempt, job.Payload));
        Assert.Equal(bench.Clock.Now + _lease, job.LeasedUntil);
        Assert.Empty(await ClaimAsync(bench, "n2"));
    }

    [StoreFact]
    public async Task A_known_key_changes_nothing()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await EnqueueAsync(bench, Job("a", due: 60));
        await EnqueueAsync(bench, Job("a", due: 0));

        Assert.Equal(VirtualClock.Start.AddSeconds(60), await bench.ReadAsync(bench.Parts.Jobs.NextReadyAsync));
        Assert.Equal(1, await bench.CountAsync("job"));
    }

    [StoreFact]
    public async Task A_job_whose_transaction_fails_was_never_there()
    {
        await using var bench = await EngineBench.OpenAsync(engine);

        await Assert.ThrowsAsync<InvalidOperationException>(() => bench.WriteAsync(async tx =>
        {
            await bench.Parts.Jobs.EnqueueAsync(tx, [Job("a")], bench.Clock.Now);
            throw new InvalidOperationException("This one fails.");
        }));

        Assert.Equal(0, await bench.CountAsync("job"));
    }

    [StoreFact]
    public async Task A_job_whose_lease_ran_out_is_claimed_by_the_next_node()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await EnqueueAsync(bench, Job("a"));
        Assert.Equal(1, Assert.Single(await ClaimAsync(bench, "n1")).Attempt);

        bench.Clock.Advance(_lease - TimeSpan.FromMilliseconds(1));
        Assert.Empty(await ClaimAsync(bench, "n2"));

        bench.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, Assert.Single(await ClaimAsync(bench, "n2")).Attempt);
    }

    [StoreFact]
    public async Task A_renewed_lease_lasts_longer_and_a_lost_one_is_not_renewed()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await EnqueueAsync(bench, Job("a"));
        var job = Assert.Single(await ClaimAsync(bench, "n1"));

        bench.Clock.Advance(_lease / 2);
        var renewed = await bench.WriteAsync(tx => bench.Parts.Jobs.RenewAsync(tx, job, bench.Clock.Now));
        Assert.Equal(bench.Clock.Now + _lease, renewed!.LeasedUntil);
        bench.Clock.Advance(_lease * 0.75);
        Assert.Empty(await ClaimAsync(bench, "n2"));

        bench.Clock.Advance(_lease / 4);
        Assert.Single(await ClaimAsync(bench, "n2"));
        Assert.Null(await bench.WriteAsync(tx => bench.Parts.Jobs.RenewAsync(tx, job, bench.Clock.Now)));
    }

    [StoreFact]
    public async Task Who_lost_the_lease_can_store_nothing_about_the_job()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var jobs = bench.Parts.Jobs;
        await EnqueueAsync(bench, Job("a"));
        var lost = Assert.Single(await ClaimAsync(bench, "n1"));
        bench.Clock.Advance(_lease);
        var held = Assert.Single(await ClaimAsync(bench, "n1"));

        await Assert.ThrowsAsync<LeaseLostException>(() => bench.WriteAsync(async tx =>
        {
            await tx.ExecuteAsync("INSERT INTO meta (name, value) VALUES ('outcome', 'of the loser')");
            await jobs.CompleteAsync(tx, lost);
        }));
        await Assert.ThrowsAsync<LeaseLostException>(() => bench.WriteAsync(tx => jobs.RescheduleAsync(tx, lost, bench.Clock.Now, "late")));
        Assert.False(await bench.WriteAsync(tx => jobs.BuryAsync(tx, lost, bench.Clock.Now, "late")));
        await bench.WriteAsync(tx => jobs.HandBackAsync(tx, lost, bench.Clock.Now));

        Assert.Empty(await ClaimAsync(bench, "n2"));
        Assert.Equal(0, await bench.CountAsync("meta"));
        await bench.WriteAsync(tx => jobs.CompleteAsync(tx, held));
        Assert.Equal(0, await bench.CountAsync("job"));
        await Assert.ThrowsAsync<LeaseLostException>(() => bench.WriteAsync(tx => jobs.CompleteAsync(tx, held)));
    }

    [StoreFact]
    public async Task Who_lost_the_lease_of_a_job_that_is_done_cannot_end_the_next_one()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var jobs = bench.Parts.Jobs;
        await EnqueueAsync(bench, Job("a"));
        var lost = Assert.Single(await ClaimAsync(bench, "n1"));
        bench.Clock.Advance(_lease);
        var held = Assert.Single(await ClaimAsync(bench, "n2"));
        await bench.WriteAsync(tx => jobs.CompleteAsync(tx, held));

        await EnqueueAsync(bench, Job("a"));
        Assert.Single(await ClaimAsync(bench, "n2"));
        await Assert.ThrowsAsync<LeaseLostException>(() => bench.WriteAsync(tx => jobs.CompleteAsync(tx, lost)));

        Assert.Equal(1, await bench.CountAsync("job"));
    }

    [StoreFact]
    public async Task A_rescheduled_job_comes_back_at_its_time()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await EnqueueAsync(bench, Job("a"));
        var job = Assert.Single(await ClaimAsync(bench, "n1"));

        await bench.WriteAsync(tx => bench.Parts.Jobs.RescheduleAsync(tx, job, bench.Clock.Now.AddSeconds(30), "503"));
        await Assert.ThrowsAsync<LeaseLostException>(() => bench.WriteAsync(tx => bench.Parts.Jobs.CompleteAsync(tx, job)));

        bench.Clock.Advance(TimeSpan.FromSeconds(29));
        Assert.Empty(await ClaimAsync(bench, "n2"));
        bench.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(2, Assert.Single(await ClaimAsync(bench, "n2")).Attempt);
    }

    [StoreFact]
    public async Task Only_a_waiting_job_is_hurried_or_taken_out()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var jobs = bench.Parts.Jobs;
        await EnqueueAsync(bench, Job("waits", due: 600), Job("runs"), Job("goes", due: 600));
        Assert.Equal("runs", Assert.Single(await ClaimAsync(bench, "n1")).Key);

        await bench.WriteAsync(async tx =>
        {
            await jobs.HurryAsync(tx, 1, "waits", bench.Clock.Now);
            await jobs.HurryAsync(tx, 1, "runs", bench.Clock.Now);
            await jobs.RemoveWaitingAsync(tx, 1, "runs");
            await jobs.RemoveWaitingAsync(tx, 1, "goes");
            await jobs.RemoveWaitingAsync(tx, 2, "waits");
        });

        Assert.Equal("waits", Assert.Single(await ClaimAsync(bench, "n2")).Key);
        Assert.Equal(2, await bench.CountAsync("job"));
    }

    [StoreFact]
    public async Task A_dead_job_is_listed_left_alone_and_runs_again_when_told_to()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var jobs = bench.Parts.Jobs;
        await EnqueueAsync(bench, Job("a"));
        var job = Assert.Single(await ClaimAsync(bench, "n1"));

        Assert.True(await bench.WriteAsync(tx => jobs.BuryAsync(tx, job, bench.Clock.Now, "it never worked")));

        bench.Clock.Advance(TimeSpan.FromDays(30));
        Assert.Empty(await ClaimAsync(bench, "n1"));
        Assert.Null(await bench.ReadAsync(jobs.NextReadyAsync));
        var dead = Assert.Single(await bench.ReadAsync(session => jobs.DeadAsync(session, 1)));
        Assert.Equal(("test", "a", VirtualClock.Start, "it never worked"), (dead.Kind, dead.Key, dead.DiedAt, dead.Error));
        Assert.Empty(await bench.ReadAsync(session => jobs.DeadAsync(session, 2)));

        Assert.False(await bench.WriteAsync(tx => jobs.ReplayAsync(tx, 2, dead.Id, bench.Clock.Now)));
        Assert.True(await bench.WriteAsync(tx => jobs.ReplayAsync(tx, 1, dead.Id, bench.Clock.Now)));
        Assert.False(await bench.WriteAsync(tx => jobs.ReplayAsync(tx, 1, dead.Id, bench.Clock.Now)));
        Assert.Equal("a", Assert.Single(await ClaimAsync(bench, "n1")).Key);
        await Assert.ThrowsAsync<LeaseLostException>(() => bench.WriteAsync(tx => jobs.CompleteAsync(tx, job)));
    }

    [StoreFact]
    public async Task A_backlog_of_20_000_in_one_lane_does_not_delay_another_lane()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        var rows = Enumerable.Range(0, 20_000).ToArray();
        var ready = bench.Clock.Now.AddMinutes(-10).ToMicros();
        await bench.WriteAsync(tx => tx.BatchAsync(
            "INSERT INTO job (workspace_id, lane, kind, job_key, ready_at, dead, attempt, payload, created_at) {rows}",
            new("workspace", Array.ConvertAll(rows, _ => 1L)), new("lane", Array.ConvertAll(rows, _ => 5L)), new("kind", Array.ConvertAll(rows, _ => "test")),
            new("key", Array.ConvertAll(rows, i => $"backlog/{i}")), new("ready", Array.ConvertAll(rows, _ => ready)), new("dead", Array.ConvertAll(rows, _ => 0)),
            new("attempt", Array.ConvertAll(rows, _ => 0)), new("payload", Array.ConvertAll(rows, _ => "")), new("created", Array.ConvertAll(rows, _ => ready))));
        await EnqueueAsync(bench, Job("before") with { Lane = 1 }, Job("behind") with { Lane = 9 });

        var claimed = await bench.WriteAsync(tx => bench.Parts.Jobs.ClaimAsync(tx, "n1", 100, 16, bench.Clock.Now));

        Assert.Contains(claimed, j => j.Key == "before");
        Assert.Contains(claimed, j => j.Key == "behind");
        Assert.Equal(16, claimed.Count(j => j.Lane == 5));
    }

    [StoreFact]
    public async Task Nodes_that_claim_at_once_share_the_jobs_without_overlap()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await EnqueueAsync(bench, [.. Enumerable.Range(0, 200).Select(i => Job($"j{i}") with { Lane = i % 20 })]);
        var nodes = Enumerable.Range(0, 4).Select(i => bench.AddNode($"n{i}")).ToArray();

        var claimed = await Task.WhenAll(nodes.Select(n => n.Database.WriteAsync(tx => n.Jobs.ClaimAsync(tx, n.Runner.Node, 50, 16, bench.Clock.Now), default)));

        var ids = claimed.SelectMany(c => c).Select(j => j.Id).ToList();
        Assert.Equal(ids.Count, ids.Distinct().Count());
        Assert.NotEmpty(ids);
    }

    private static NewJob Job(string key, double due = 0) => new(1, "test", key, 1, VirtualClock.Start.AddSeconds(due), $"payload of {key}");

    private static Task EnqueueAsync(EngineBench bench, params NewJob[] jobs) => bench.WriteAsync(tx => bench.Parts.Jobs.EnqueueAsync(tx, jobs, bench.Clock.Now));

    private static Task<List<LeasedJob>> ClaimAsync(EngineBench bench, string node) => bench.WriteAsync(tx => bench.Parts.Jobs.ClaimAsync(tx, node, 100, 16, bench.Clock.Now));

    public sealed class OnSqlite() : JobStoreTests(Engine.Sqlite);

    public sealed class OnPostgres() : JobStoreTests(Engine.Postgres);
}
