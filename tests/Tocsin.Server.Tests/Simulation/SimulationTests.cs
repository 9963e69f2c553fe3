namespace Tocsin.Tests.Simulation;

/// <summary>
/// The engine under crashes, freezes, lost connections and providers of every mood, on virtual time. <c>TOCSIN_SIM_SEEDS</c> is the
/// number of seeds (300), <c>TOCSIN_SIM_FIRST</c> the first of them (1), <c>TOCSIN_SIM_SEED</c> one whose whole trace is shown.
/// </summary>
public sealed class SimulationTests(Xunit.Abstractions.ITestOutputHelper output)
{
    /// <summary>In the first so many seeds everything happens.</summary>
    private const int Told = 60;

    [Fact]
    public void No_promise_is_broken()
    {
        var count = Setting("TOCSIN_SIM_SEEDS", 300);
        var outcomes = _all.Value;
        var broken = outcomes.Where(o => o.Failure is not null).MinBy(o => o.Seed);

        Assert.True(broken is null, broken?.Story());
        Assert.Equal(count, outcomes.Count);
        var (requests, kills) = (outcomes.Sum(o => o.Requests), outcomes.Sum(o => o.Kills));
        output.WriteLine($"{count} seeds, {requests} requests to providers, {kills} restarts");
        Assert.True(requests > 0 && kills > 0, "Nothing happened.");
    }

    private static readonly Lazy<List<Outcome>> _all = new(() => RunAll(Setting("TOCSIN_SIM_FIRST", 1), Setting("TOCSIN_SIM_SEEDS", 300)));

    /// <summary>
    /// Every seed on a thread of its own from its beginning to its end, one thread a core. None begins after one has failed, so the lowest
    /// that failed tells how many it took.
    /// </summary>
    private static List<Outcome> RunAll(int first, int count)
    {
        List<Outcome> outcomes = [];
        var (next, failed) = (first - 1, false);
        Thread[] threads =
        [
            .. Enumerable.Range(0, Math.Min(Environment.ProcessorCount, 4)).Select(_ => new Thread(() =>
            {
                while (!Volatile.Read(ref failed) && Interlocked.Increment(ref next) is var seed && seed < first + count)
                {
                    var outcome = SeedRun.Run(seed);
                    lock (outcomes)
                    {
                        // The trace of a seed that went well is long: of most of them nobody reads it.
                        outcomes.Add(outcome.Failure is null && seed > Told ? outcome with { Trace = [] } : outcome);
                    }

                    if (outcome.Failure is not null)
                    {
                        Volatile.Write(ref failed, true);
                    }
                }
            })),
        ];
        Array.ForEach(threads, t => t.Start());
        Array.ForEach(threads, t => t.Join());
        return outcomes;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void No_commit_of_a_story_can_go_wrong_in_a_way_that_breaks_a_promise(int nodes)
    {
        var told = SeedRun.Run(3, _ => Scenario.Story(nodes, (0, WriteFate.Committed)));
        Assert.True(told.Failure is null, told.Story());
        Assert.InRange(told.Commits, 20, 400);

        for (var commit = 1; commit <= told.Commits; commit++)
        {
            foreach (var fate in (WriteFate[])[WriteFate.DiesBefore, WriteFate.DiesAfter, WriteFate.FreezesAfter, WriteFate.Refused, WriteFate.AnswerLost])
            {
                var outcome = SeedRun.Run(3, _ => Scenario.Story(nodes, (commit, fate)));
                Assert.True(outcome.Failure is null, $"Commit {commit} of {told.Commits}, {fate}: {outcome.Story()}");
            }
        }

        output.WriteLine($"{told.Commits} commits, each five times");
    }

    [Fact]
    public void A_seed_tells_the_same_story_every_time() =>
        Assert.All(Enumerable.Range(1, 5), seed => Assert.Equal(SeedRun.Run(seed).TraceHash, SeedRun.Run(seed).TraceHash));

    [Fact]
    public void Whatever_can_happen_does_happen()
    {
        var known = _all.Value.ToLookup(o => o.Seed);
        var told = string.Join('\n', Enumerable.Range(1, Told).SelectMany(seed => (known[seed].FirstOrDefault() ?? SeedRun.Run(seed)).Trace));

        Assert.All(_happenings, happening => Assert.True(told.Contains(happening, StringComparison.Ordinal), $"It never happens: {happening}"));
    }

    [Fact]
    public void Seeds_of_choice_are_shown_whole()
    {
        var seed = Setting("TOCSIN_SIM_SEED", 1);
        var outcome = SeedRun.Run(seed);
        foreach (var line in outcome.Trace)
        {
            output.WriteLine(line);
        }

        Assert.True(outcome.Failure is null, outcome.Story());
    }

    private static readonly string[] _happenings =
    [
        "is killed before a commit", "is killed after a commit", "is killed out of the blue", "is killed during a send", "s after a commit", "s during a send", "s out of the blue", "s at the door", "cannot commit", "steps the wall clock by 3600", "steps the wall clock by -3600", "steps the wall clock by 5", "does not hear of its commit", "has stopped", "store  is away",
        "push is Broken", "push is Busy", "push is Hanging", "push is Mute", "push is Refusing",
        "incident.triggered", "incident.waiting", "incident.paging", "incident.escalated: step", "incident.escalated: escalated by", "incident.fell_through", "incident.unanswered",
        "incident.nobody_told", "incident.not_paged", "incident.acknowledged", "incident.resolved: resolved by", "incident.resolved: all alerts ended", "incident.reopened",
        "incident.snoozed: snoozed by silence", "incident.unsnoozed: the snooze is over", "incident.unsnoozed: no silence mutes", "incident.update_told", "incident.urgency_raised",
        "incident.note_added", "alert.grouped", "alert.resolved", "alert.suppressed", "silence.saved", "silence.expired",
        "incident.step_skipped", "'s turn after", "incident.reassigned", "incident.policy_moved", "incident.help_asked", "incident.help_joined", "incident.help_declined", "(said 2 times)",
        "incident.reminded", "incident.acknowledgement_expired", "page.waits", "page.held", "sends Waited", "sends Asked", "sends Reminder",
        "page.queued", "page.sent", "page.retrying", "page.failed: ", "given up after", "page.fell_back", "page.unreachable", "page.cancelled", "page.bundled", ": not tried:",
        "sends More", "sends AlertsAdded", "sends Acknowledged", "sends Resolved", "sends Unanswered", "was taken over by another node", "waited past its lease",
        "could not be settled, the store is away", "an old delivery arrives again", "the sender falls silent", "got no good answer",
        "storm0 and ", "cannot start",
    ];

    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), out var value) ? value : otherwise;
}
