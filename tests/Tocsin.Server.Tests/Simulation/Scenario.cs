using Tocsin.Jobs;
using Tocsin.Notify;
using Tocsin.Routing;

namespace Tocsin.Tests.Simulation;

/// <summary>What a seed is about, drawn before anything happens.</summary>
internal sealed record Scenario
{
    public required int Nodes { get; init; }

    /// <summary>Whether nodes, store and providers fail at all; without that, all promises are strict.</summary>
    public required bool Faulty { get; init; }

    /// <summary>How often a commit goes wrong.</summary>
    public required double CommitFaults { get; init; }

    /// <summary>How often a node dies or freezes while a request is under way.</summary>
    public required double SendFaults { get; init; }

    /// <summary>Whether the wall clock that all nodes follow is stepped now and then.</summary>
    public bool ClockSteps { get; init; }

    /// <summary>Whether many alerts come at once, once.</summary>
    public bool Storm { get; init; }

    /// <summary>The one commit that goes wrong, counted from 1 over those that change something, and how; null: as drawn.</summary>
    public (long Commit, WriteFate Fate)? Fault { get; init; }

    /// <summary>How long things happen and fail; after it all is well, and what is due must get done.</summary>
    public required TimeSpan Busy { get; init; }

    public required JobOptions Jobs { get; init; }

    public PagingOptions Paging { get; init; } = new();

    public required EstateBuilder Estate { get; init; }

    /// <summary>Alerts that exist, each with its labels.</summary>
    public required IReadOnlyList<(string Key, (string, string)[] Labels)> Alerts { get; init; }

    /// <summary>Recipients and methods that providers serve: <c>ana/push</c>.</summary>
    public required IReadOnlyList<string> Targets { get; init; }

    /// <summary>Nothing unusual: one or more nodes, defaults, no faults.</summary>
    public static Scenario Plain(int nodes, EstateBuilder estate) => new()
    {
        Nodes = nodes,
        Faulty = false,
        CommitFaults = 0,
        SendFaults = 0,
        Busy = TimeSpan.Zero,
        Jobs = new(),
        Estate = estate,
        Alerts = [],
        Targets = [],
    };

    /// <summary>A few minutes in which something fires, people are paged and answer, and nothing fails but one commit.</summary>
    public static Scenario Story(int nodes, (long Commit, WriteFate Fate)? fault) => Plain(
        nodes,
        new EstateBuilder().User("ana", "push", "phone@1").User("bo", "mail").Administrator("root", "mail")
            .Policy("main", 0, "45s user:ana", "45s user:bo")
            .Inhibit("x-first", "alertname=a0", "alertname=~\"a[2-9]\"")
            .Route(new Route { Name = "root", Policy = "main", GroupBy = ["cluster"], GroupWait = TimeSpan.FromSeconds(5), GroupInterval = TimeSpan.FromSeconds(60) })) with
    {
        Fault = fault,
        Busy = TimeSpan.FromMinutes(4),
        Targets = ["ana/push", "ana/phone", "bo/mail", "root/mail"],
        Alerts = [("a0", [("cluster", "x")]), ("a1", [("cluster", "x")]), ("a2", [("cluster", "y")])],
    };

    public static Scenario Draw(World world)
    {
        var faulty = world.Chance(0.85);
        var estate = new EstateBuilder();
        List<string> targets = [];
        foreach (var name in (string[])["ana", "bo", "cy"])
        {
            string[] ladder = world.Random.Next(4) switch
            {
                0 => ["push"],
                1 => ["push", "mail@1"],
                2 => ["push", "mail", "phone@2"],
                _ => ["mail", "phone@1"],
            };
            estate.User(name, ladder);
            targets.AddRange(ladder.Select(rung => $"{name}/{rung.Split('@')[0]}"));
        }

        estate.User("nobody").User("gone", "push").Disable("gone").Channel("room").Schedule("days", "ana", "bo").Schedule("empty").Team("all", "ana", "bo", "cy");
        if (world.Chance(0.9))
        {
            estate.Administrator("root", "mail");
        }

        targets.AddRange(["room/room", "root/mail"]);
        string[] steps = [.. Enumerable.Range(0, world.Random.Next(1, 4)).Select(_ => Step(world))];
        estate.Policy("main", world.Random.Next(2), steps).Policy("audit", 0, "1m channel:room").Policy("void", 1, "2m user:nobody schedule:empty")
            .Policy("turns", 1, "90s team:all").Policy("turns", p => p with { Steps = [p.Steps[0] with { RoundRobin = true }] });
        for (var i = 0; i < steps.Length; i++)
        {
            var (turns, when) = (world.Chance(0.4), world.Chance(0.25) ? Condition(world) : null);
            estate.Step(i, s => s with { RoundRobin = turns && s.Notify.Any(t => t.Kind == Escalation.TargetKind.Team), When = when });
        }

        if (world.Chance(0.3))
        {
            var rest = TimeSpan.FromMinutes(world.Random.Next(2, 6));
            estate.Policy("main", p => p with { RepageAfter = rest });
        }

        if (world.Chance(0.6))
        {
            // Some rest while the story begins, some when it is under way.
            var (from, to) = world.Pick([("08:00", "09:07"), ("08:00", "09:21"), ("09:04", "09:15")]);
            var (who, alsoHigh) = (world.Pick(["ana", "bo"]), world.Chance(0.5));
            estate.Change(who, p => p with { Quiet = new(EstateBuilder.Hours($"{from}-{to}"), alsoHigh) });
        }

        if (world.Chance(0.2))
        {
            estate.Change("cy", p => p with { MaxPerMinute = 1 });
        }

        estate.Route(new Route
        {
            Name = "root",
            Policy = "main",
            GroupBy = ["cluster"],
            GroupWait = TimeSpan.FromSeconds(world.Pick([0, 0, 10, 30])),
            GroupInterval = TimeSpan.FromSeconds(world.Pick([60, 180])),
            Routes =
            [
                new() { Name = "audited", Match = EstateBuilder.Matching("audit=yes"), Policy = "audit", Continue = true },
                new() { Name = "quiet", Match = EstateBuilder.Matching("cluster=quiet"), Policy = Route.NoPolicy },
                new() { Name = "turns", Match = EstateBuilder.Matching("cluster=z"), Policy = "turns" },
                new() { Name = "void", Match = EstateBuilder.Matching("cluster=void"), Policy = "void" },
                new() { Name = "rest" },
            ],
        });
        if (world.Chance(0.5))
        {
            var from = VirtualClock.Start + world.Between(0, 600);
            estate.Silence("alertname=~\"a[0-2]\"", from, from + world.Between(60, 600));
        }

        if (world.Chance(0.5))
        {
            // a2 and a3 are on both sides.
            estate.Inhibit("first-ones", "alertname=~\"a[0-3]\"", "alertname=~\"a[2-9]\"", "cluster");
        }

        if (world.Chance(0.3))
        {
            var minute = world.Random.Next(10);
            estate.Maintenance("daily", "cluster=~\"x|y\"", new(9, minute), new(9, minute + 1 + world.Random.Next(10)));
        }

        string[] clusters = ["x", "x", "y", "z", "quiet", "void"];
        return new()
        {
            Nodes = world.Random.Next(1, 4),
            Faulty = faulty,
            CommitFaults = faulty ? world.Pick([0.0, 0.005, 0.02]) : 0,
            SendFaults = faulty ? world.Pick([0.0, 0.02, 0.08]) : 0,
            ClockSteps = faulty && world.Chance(0.25),
            Storm = world.Chance(0.15),
            Busy = world.Between(900, 1800),
            Jobs = new()
            {
                Concurrency = world.Pick([128, 128, 3]),
                LaneConcurrency = world.Pick([16, 2]),
                Poll = TimeSpan.FromMilliseconds(world.Pick([500, 1000])),

                // Shorter than a send that hangs: it must be renewed.
                Lease = TimeSpan.FromSeconds(world.Pick([15, 15, 5])),
            },
            Paging = new() { MaxPerMinute = world.Pick([20, 20, 2]) },
            Estate = estate,
            Targets = targets,
            Alerts =
            [
                .. Enumerable.Range(0, world.Random.Next(4, 9)).Select(i =>
                    ($"a{i}", ((string, string)[])[("cluster", world.Pick(clusters)), ("audit", world.Chance(0.3) ? "yes" : "no"), ("priority", world.Pick(["P1", "P3", "2"]))])),
            ],
        };
    }

    private static Escalation.StepCondition Condition(World world) => world.Random.Next(3) switch
    {
        0 => new() { Urgency = world.Pick([Urgency.High, Urgency.Low]) },
        1 => new() { Priorities = ["P1", "P2"] },
        _ => new() { Hours = EstateBuilder.Hours(world.Pick(["08:00-09:10", "09:10-18:00"])) },
    };

    private static string Step(World world) =>
        $"{world.Pick(["45s", "2m", "3m"])} {world.Pick(["user:ana", "user:bo", "schedule:days", "team:all", "user:cy channel:room", "user:gone user:ana", "user:nobody", "schedule:empty"])}";
}
