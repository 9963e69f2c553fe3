using Microsoft.Extensions.Logging.Abstractions;
using Tocsin.Data;
using Tocsin.Jobs;

namespace Tocsin.Tests.Conformance;

/// <summary>Which jobs a node starts, turn by turn.</summary>
public abstract class JobRunnerTests(Engine engine)
{
    [StoreFact]
    public async Task Lanes_whose_target_hangs_leave_room_to_the_others()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        using var node = new Node(bench, concurrency: 8, laneConcurrency: 1);
        await node.EnqueueAsync([.. Enumerable.Range(1, 7).SelectMany(lane => Enumerable.Range(0, 20).Select(i => Job($"hangs/{lane}/{i}", lane)))]);
        await node.TurnAsync();
        await node.EnqueueAsync(Job("healthy", 9));

        for (var turn = 0; turn < 3; turn++)
        {
            bench.Clock.Advance(bench.Options.Poll);
            await node.TurnAsync();
        }

        Assert.Contains("healthy", node.Started);
        Assert.Equal(8, node.Started.Count);
    }

    [StoreFact]
    public async Task A_job_that_waits_behind_its_lane_is_not_even_touched()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        using var node = new Node(bench, concurrency: 8, laneConcurrency: 2);
        await node.EnqueueAsync([.. Enumerable.Range(0, 6).Select(i => Job($"j{i}", 1))]);

        for (var turn = 0; turn < 20; turn++)
        {
            await node.TurnAsync();
        }

        Assert.Equal(2, node.Started.Count);
        Assert.Equal(2, await bench.ReadAsync(session => session.ScalarAsync("SELECT SUM(attempt) FROM job")));
    }

    [StoreFact]
    public async Task A_backlog_over_many_lanes_does_not_keep_another_lane_waiting()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        using var node = new Node(bench, concurrency: 16, laneConcurrency: 16) { EndsAtOnce = true };
        await node.EnqueueAsync([.. Enumerable.Range(1, 60).SelectMany(lane => Enumerable.Range(0, 50).Select(i => Job($"backlog/{lane}/{i}", lane))), Job("other", 100)]);

        for (var turn = 0; turn < 60 && !node.Started.Contains("other"); turn++)
        {
            await node.TurnAsync();
        }

        Assert.Contains("other", node.Started);
    }

    [StoreFact]
    public async Task A_job_that_fails_is_tried_again_later_and_later_and_at_last_is_dead()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        using var node = new Node(bench, concurrency: 8, laneConcurrency: 2) { Fails = true };
        await node.EnqueueAsync([Job("bad", 1), Job("good", 2)]);
        List<double> waits = [];

        while (await bench.ReadAsync(bench.Parts.Jobs.NextReadyAsync) is { } next)
        {
            waits.Add((next - bench.Clock.Now).TotalSeconds);
            bench.Clock.AdvanceTo(next);
            await node.TurnAsync();
        }

        Assert.Equal([0, 1, 2, 4, 8, 16, 32, 60, 60, 60], waits);
        var dead = Assert.Single(await bench.ReadAsync(session => bench.Parts.Jobs.DeadAsync(session, 1)), d => d.Key == "bad");
        Assert.Equal((10, "This one always fails."), (dead.Attempts, dead.Error));
        Assert.Equal(["bad"], node.Buried);

        await bench.WriteAsync(tx => bench.Parts.Jobs.ReplayAsync(tx, 1, dead.Id, bench.Clock.Now));
        await node.TurnAsync();
        Assert.Equal(1, (await bench.ReadAsync(bench.Parts.Jobs.NextReadyAsync) - bench.Clock.Now)?.TotalSeconds);
    }

    [StoreFact]
    public async Task A_job_that_was_leased_many_times_without_failing_still_has_all_its_tries()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        using var node = new Node(bench, concurrency: 8, laneConcurrency: 2) { Fails = true };
        await node.EnqueueAsync([Job("bad", 1)]);
        for (var i = 0; i < 12; i++)
        {
            // A node that claims it and dies.
            Assert.Single(await bench.WriteAsync(tx => bench.Parts.Jobs.ClaimAsync(tx, "dies", 10, 10, bench.Clock.Now)));
            bench.Clock.Advance(bench.Options.Lease);
        }

        await node.TurnAsync();

        Assert.Empty(await bench.ReadAsync(session => bench.Parts.Jobs.DeadAsync(session, 1)));
        Assert.Equal(1, (await bench.ReadAsync(bench.Parts.Jobs.NextReadyAsync) - bench.Clock.Now)?.TotalSeconds);
    }

    [StoreFact]
    public async Task A_stopping_node_gives_back_what_hangs_and_takes_nothing_new()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        using var node = new Node(bench, concurrency: 8, laneConcurrency: 2);
        await node.EnqueueAsync([Job("hangs", 1)]);
        await node.TurnAsync();
        Assert.Equal(["hangs"], node.Started);

        using var deadline = new CancellationTokenSource();
        await deadline.CancelAsync();
        await node.Runner.StopAsync(deadline.Token);
        await node.EnqueueAsync([Job("new", 2)]);
        await node.TurnAsync();

        Assert.Equal(["hangs"], node.Started);
        var waiting = await bench.WriteAsync(tx => bench.Parts.Jobs.ClaimAsync(tx, "other", 10, 10, bench.Clock.Now));
        Assert.Equal(["hangs", "new"], waiting.Select(j => j.Key).Order());
    }

    [StoreFact]
    public async Task What_a_node_had_just_claimed_when_it_was_told_to_stop_goes_back_at_once()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        await using var store = new InterruptedDatabase(bench.Database);
        using var node = new Node(bench, concurrency: 8, laneConcurrency: 2, store);
        await node.EnqueueAsync([Job("claimed", 1)]);
        using var turn = new CancellationTokenSource();
        store.AfterWrite = async () =>
        {
            store.AfterWrite = null;
            await node.Runner.StopAsync(default);
            await turn.CancelAsync();
        };

        await node.Runner.TickAsync(turn.Token);

        Assert.Empty(node.Started);
        Assert.Equal(0, await bench.ReadAsync(session => session.ScalarAsync("SELECT COUNT(*) FROM job WHERE lease_by IS NOT NULL")));
    }

    [StoreFact]
    public async Task A_stopping_node_waits_for_jobs_that_are_its_own_as_soon_as_their_transaction_is_committed()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        using var node = new Node(bench, concurrency: 8, laneConcurrency: 2) { EndsAtOnce = true };
        bench.Parts.Jobs.UseLocal(node.Runner);
        Task? stopped = null;

        await bench.WriteAsync(async tx =>
        {
            await bench.Parts.Jobs.EnqueueAsync(tx, [Job("new", 1)], bench.Clock.Now);
            stopped = node.Runner.StopAsync(default);
        });

        await stopped!;
        Assert.Equal(0, await bench.CountAsync("job"));
    }

    private static NewJob Job(string key, long lane) => new(1, "test", key, lane, VirtualClock.Start, "");

    /// <summary>A runner with one kind of job, which hangs unless told otherwise.</summary>
    [StoreFact]
    public async Task A_node_that_is_let_go_while_it_commits_leaves_the_new_job_to_its_lease()
    {
        await using var bench = await EngineBench.OpenAsync(engine);
        using var node = new Node(bench, concurrency: 8, laneConcurrency: 2);
        bench.Parts.Jobs.UseLocal(node.Runner);

        await bench.WriteAsync(async tx =>
        {
            await bench.Parts.Jobs.EnqueueAsync(tx, [Job("late", 1)], bench.Clock.Now);
            node.Runner.Dispose();
        });

        Assert.Empty(node.Started);
        Assert.Equal(1, await bench.ReadAsync(session => session.ScalarAsync("SELECT COUNT(*) FROM job WHERE attempt = 1")));
    }

    private sealed class Node : IJobHandler, IDisposable
    {
        private readonly EngineBench _bench;

        public Node(EngineBench bench, int concurrency, int laneConcurrency, Database? store = null)
        {
            _bench = bench;
            Runner = new(
                store ?? bench.Database, bench.Parts.Jobs, [this], new JobOptions { Concurrency = concurrency, LaneConcurrency = laneConcurrency }, bench.Clock, NullLogger<JobRunner>.Instance)
            {
                Node = "n",
                Burying = (job, _) =>
                {
                    Buried.Add(job.Key);
                    return new(_ => Task.CompletedTask);
                },
            };
        }

        public string Kind => "test";

        public JobRunner Runner { get; }

        public List<string> Started { get; } = [];

        public List<string> Buried { get; } = [];

        public bool EndsAtOnce { get; init; }

        public bool Fails { get; init; }

        public Task EnqueueAsync(params NewJob[] jobs) => _bench.WriteAsync(tx => _bench.Parts.Jobs.EnqueueAsync(tx, jobs, _bench.Clock.Now));

        /// <summary>One turn, and the end of all that ends by itself.</summary>
        public async Task TurnAsync()
        {
            await Runner.TickAsync(default);
            if (EndsAtOnce || Fails)
            {
                await Runner.IdleAsync();
            }
        }

        public async Task RunAsync(LeasedJob job, CancellationToken ct)
        {
            lock (Started)
            {
                Started.Add(job.Key);
            }

            if (Fails && job.Key == "bad")
            {
                throw new InvalidOperationException("This one always fails.");
            }

            if (EndsAtOnce || Fails)
            {
                await _bench.WriteAsync(tx => _bench.Parts.Jobs.CompleteAsync(tx, job));
                return;
            }

            var never = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var cut = ct.Register(() => never.TrySetCanceled(ct));
            await never.Task;
        }

        public void Dispose() => Runner.Dispose();
    }

    public sealed class OnSqlite() : JobRunnerTests(Engine.Sqlite);

    public sealed class OnPostgres() : JobRunnerTests(Engine.Postgres);
}
