using System.Security.Cryptography;
using System.Text;

namespace Tocsin.Tests.Simulation;

/// <summary>What one seed came to.</summary>
/// <param name="Commits">How many commits changed something.</param>
internal sealed record Outcome(int Seed, Exception? Failure, IReadOnlyList<string> Trace, int Requests, int Kills, long Commits)
{
    public string TraceHash => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Trace))));

    /// <summary>The failure, the lines that concern it, and how to see all of it again.</summary>
    public string Story()
    {
        var incident = (Failure as BrokenPromiseException)?.Incident;
        var lines = Trace.Where(line => incident is null
            || line.Contains($"incident {incident}", StringComparison.Ordinal) || line.Contains($"incident/{incident} ", StringComparison.Ordinal)
            || line.Contains(" is killed ", StringComparison.Ordinal) || line.Contains(" freezes ", StringComparison.Ordinal)
            || line.Contains(" store ", StringComparison.Ordinal) || line.Contains("JUDGE", StringComparison.Ordinal));
        return $"""
            Seed {Seed}: {(Failure is BrokenPromiseException ? Failure.Message : Failure)}
            {string.Join('\n', lines.TakeLast(60))}
            To see all of it: TOCSIN_SIM_SEED={Seed} dotnet test tests/Tocsin.Server.Tests --filter Seeds_of_choice
            """;
    }
}

/// <summary>One seed, from the first alert to the last page.</summary>
internal static class SeedRun
{
    private static readonly TimeSpan _patience = TimeSpan.FromHours(3);

    public static Outcome Run(int seed) => Run(seed, Scenario.Draw);

    public static Outcome Run(int seed, Func<World, Scenario> draw)
    {
        var world = new World(seed);
        using var store = new SimulatedStore();
        var scenario = draw(world);
        world.Say("world", $"{scenario.Nodes} nodes, {(scenario.Faulty ? "faults" : "no faults")}, {scenario.Alerts.Count} alerts");
        var providers = new Providers(world);
        var estates = new FixedEstates(scenario.Estate.Build());
        var cluster = new Cluster(world, store, estates, providers, scenario);
        var senders = new Senders(world, cluster, scenario);
        var people = new People(world, cluster, store.Audit);
        var chaos = new Chaos(world, cluster, providers, estates, people, scenario);
        var referee = new Referee(world, store, cluster, providers, estates, scenario);

        referee.Senders = senders;
        cluster.Committed = referee.Committed;
        cluster.AtTheDoor = chaos.AtTheDoor;
        cluster.Stopped = referee.Stopped;
        providers.Arrived = request =>
        {
            referee.Arrived(request);
            chaos.Meanwhile(request);
        };
        providers.Received = people.Receive;
        people.Answered = referee.Answered;
        senders.Stored = referee.Stored;
        Exception? failure = null;
        try
        {
            world.KeepTime(TimeSpan.FromSeconds(5));
            referee.Begin();
            senders.Begin();
            chaos.Begin();
            world.Run(VirtualClock.Start + scenario.Busy);
            cluster.IsCalm = true;
            world.Say("world", "is calm from now on");
            chaos.End();
            people.TidyUp(patience: world.Chance(0.15) ? 2 : 1);
            RunUntilQuiet(world, referee, senders);
            referee.Finish(senders);
            world.ThrowIfFailed();
        }
#pragma warning disable CA1031 // The test shows it with its story.
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }

        return new(seed, failure, world.Trace, providers.Requests.Count, cluster.All.Count - scenario.Nodes, cluster.Commits);
    }

    /// <summary>All that is due gets done once nothing goes wrong any more.</summary>
    private static void RunUntilQuiet(World world, Referee referee, Senders senders)
    {
        var end = world.Now + _patience;
        while (!referee.IsQuiet(senders))
        {
            if (world.Now >= end)
            {
                throw new BrokenPromiseException("R3", $"after {_patience.TotalHours} hours of calm there are {referee.Unfinished(senders)}", null);
            }

            world.Run(world.Now.AddSeconds(10));
        }
    }
}
