using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.OnCall;
using Tocsin.Routing;

namespace Tocsin.Tests.Simulation;

/// <summary>What goes wrong by itself: nodes, the store, providers, and people who change the configuration.</summary>
internal sealed class Chaos(World world, Cluster cluster, Providers providers, FixedEstates estates, People people, Scenario scenario)
{
    private static readonly Caller _root = new(1, "acme", Role.Admin, "user:root", "root");
    private static readonly Caller _ana = new(1, "acme", Role.Responder, "user:ana", "ana");

    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);

    private long _revision = 1;

    public void Begin()
    {
        if (scenario.Fault is not null)
        {
            return;
        }

        Every(4 * _minute, () => OnSomeNode(cluster.StopAsync));
        Every(10 * _minute, () => Sync(Reconfigure));
        Every(3 * _minute, SilenceAsync);
        Every(4 * _minute, CoverAsync);
        Every(4 * _minute, SwapAsync);
        if (scenario.ClockSteps)
        {
            Every(_minute, () => StepWallAsync(TimeSpan.FromSeconds(world.Pick([-5, 5]))));
            Every(10 * _minute, () => StepWallAsync(TimeSpan.FromHours(world.WallAhead.TotalMinutes switch { > 30 => -1, < -30 => 1, _ => world.Pick([-1, 1]) })));
        }

        if (!scenario.Faulty)
        {
            return;
        }

        Every(4 * _minute, () => OnSomeNode(n => Sync(() => cluster.Kill(n, "out of the blue"))));
        Every(4 * _minute, () => OnSomeNode(n => Sync(() => cluster.Freeze(n, "out of the blue"))));
        Every(8 * _minute, () => cluster.TakeStoreAwayAsync(world.Chance(0.2) ? world.Between(60, scenario.ClockSteps ? 200 : world.Pick([200, 600])) : world.Between(0.2, 30)));
        Every(2 * _minute, ChangeMoodAsync);
    }

    public void End()
    {
        foreach (var target in scenario.Targets)
        {
            providers.Set(target, ProviderMood.Well);
        }

        // What fires for ever would mute for ever; and whoever takes a rule out of the estate hears what it muted.
        estates[1] = scenario.Estate.WithoutInhibitions().Build();
    }

    /// <summary>A step while no node is at work cannot be told from time that passed: that is not promised.</summary>
    private async Task StepWallAsync(TimeSpan by)
    {
        while (!cluster.IsCalm && !(world.Now - cluster.HealthySince() > TimeSpan.FromSeconds(6)))
        {
            await world.Outside.WaitAsync(TimeSpan.FromSeconds(1));
        }

        if (!cluster.IsCalm)
        {
            world.StepWall(by);
        }
    }

    private void Every(TimeSpan mean, Func<Task> act) => world.Watch(world.Outside.RunAsync(async () =>
    {
        while (!cluster.IsCalm)
        {
            await world.Outside.WaitAsync(world.Exponential(mean));
            if (!cluster.IsCalm && !cluster.IsSpared)
            {
                await act();
            }
        }
    }), world.Outside);

    private Task OnSomeNode(Func<SimulatedNode, Task> act) => cluster.Any() is { } node ? act(node) : Task.CompletedTask;

    private async Task ChangeMoodAsync()
    {
        var target = world.Pick(scenario.Targets);
        providers.Set(target, world.Pick([ProviderMood.Broken, ProviderMood.Busy, ProviderMood.Hanging, ProviderMood.Mute, ProviderMood.Refusing]));
        var time = world.Chance(0.2) ? world.Between(120, 500) : world.Between(1, 60);
        world.Schedule(time, world.Outside, _ => providers.Set(target, ProviderMood.Well));
        await Task.CompletedTask;
    }

    /// <summary>A node may stand still between the question whether a page is still wanted and the answer, and meanwhile somebody answers.</summary>
    public void AtTheDoor(SimulatedNode node)
    {
        if (!cluster.IsCalm && !cluster.IsSpared && world.Chance(scenario.SendFaults))
        {
            cluster.Freeze(node, "at the door");
            people.ActSoon();
        }
    }

    /// <summary>A node may die or stand still between a request and its answer.</summary>
    public void Meanwhile(Request request)
    {
        if (cluster.IsCalm || !world.Chance(scenario.SendFaults))
        {
            return;
        }

        var (node, dies) = (cluster.All.First(n => n.Actor == request.Node), world.Chance(0.3));
        world.Schedule(world.Between(0, 0.8), world.Outside, _ =>
        {
            if (node.Actor.IsDead || cluster.IsSpared)
            {
                return;
            }

            if (dies)
            {
                cluster.Kill(node, "during a send");
            }
            else
            {
                cluster.Freeze(node, "during a send");
            }
        });
    }

    /// <summary>Somebody leaves or comes back, or a policy is written anew.</summary>
    private void Reconfigure()
    {
        var (name, disabled) = (world.Pick(["ana", "bo", "cy"]), world.Chance(0.5));
        world.Say("world", $"{name} is {(disabled ? "disabled" : "enabled")}, and the main policy is another one for new incidents");
        var (turns, rest) = (world.Chance(0.5), world.Chance(0.3) ? TimeSpan.FromMinutes(3) : default(TimeSpan?));
        scenario.Estate.Change(name, p => p with { Disabled = disabled }).Policy("main", 0, "1m team:all", "1m user:cy").Revision(++_revision)
            .Policy("main", p => p with { RepageAfter = rest }).Step(0, s => s with { RoundRobin = turns }).Team("all", world.Pick<string[]>([["ana", "bo", "cy"], ["cy", "ana"], ["bo", "cy", "ana"]]));
        estates[1] = scenario.Estate.Build();
    }

    /// <summary>Somebody mutes something for a while, changes their mind, or ends a silence early.</summary>
    private async Task SilenceAsync()
    {
        if (cluster.Any() is not { } node)
        {
            return;
        }

        var id = $"s-{world.Random.Next(3)}";
        var from = world.Now + (world.Chance(0.5) ? TimeSpan.Zero : world.Between(0, 60));
        var silence = new Silence(id, EstateBuilder.Matching(world.Pick(["cluster=x", "alertname=a1", "alertname=~a[0-3]"])), from, from + world.Between(20, 240), "ana", "work");
        var ends = world.Chance(0.3);
        world.Say("ana", ends ? $"ends silence {id}" : $"silences {MatcherText.Format(silence.Match)} as {id} from {(silence.StartsAt - VirtualClock.Start).TotalSeconds:0} to {(silence.EndsAt - VirtualClock.Start).TotalSeconds:0}");
        var asked = AskAsync(node.AskAsync(parts => ends ? parts.Silences.ExpireAsync(1, id, "user:ana", default) : parts.Silences.SaveAsync(1, silence, "user:ana", default)));
        await Task.WhenAny(asked, world.Outside.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    /// <summary>An administrator puts somebody on call for a while, instead of one person or of whoever it is, now or soon, and may take it back.</summary>
    private async Task CoverAsync()
    {
        if (cluster.Any() is not { } node)
        {
            return;
        }

        var from = world.Now + (world.Chance(0.5) ? TimeSpan.Zero : world.Between(0, 120));
        var draft = new CoverDraft("days", world.Pick(["bo", "cy"]), from, from + world.Between(90, 400)) { InsteadOf = world.Pick([null, "ana"]) };
        world.Say("root", $"puts {draft.User} on call instead of {draft.InsteadOf ?? "whoever it is"} from {(draft.From - VirtualClock.Start).TotalSeconds:0} to {(draft.To - VirtualClock.Start).TotalSeconds:0}");
        var made = node.AskAsync(parts => parts.Covers.AddAsync(_root, draft, default));
        await Task.WhenAny(AskAsync(made), world.Outside.WaitAsync(TimeSpan.FromSeconds(10)));
        if (made.IsCompletedSuccessfully && (await made) is { Ok: true, Value.Row: var row } && world.Chance(0.3))
        {
            await world.Outside.WaitAsync(world.Between(5, 120));
            if (cluster.Any() is { } other)
            {
                world.Say("root", $"takes cover {row.Id} back");
                await Task.WhenAny(AskAsync(other.AskAsync(parts => parts.Covers.RemoveAsync(_root, "days", row.Id, default))), world.Outside.WaitAsync(TimeSpan.FromSeconds(10)));
            }
        }
    }

    /// <summary>Ana asks somebody to take her shift for a while; they say yes, no, or nothing.</summary>
    private async Task SwapAsync()
    {
        if (cluster.Any() is not { } node)
        {
            return;
        }

        var (asked, from) = (world.Pick(["bo", "cy"]), world.Now + world.Between(0, 180));
        world.Say("ana", $"asks {asked} to take her shift from {(from - VirtualClock.Start).TotalSeconds:0}");
        var sent = node.AskAsync(parts => parts.Swaps.AskAsync(_ana, new("days", from, from + world.Between(90, 400), asked), default));
        await Task.WhenAny(AskAsync(sent), world.Outside.WaitAsync(TimeSpan.FromSeconds(10)));
        if (!sent.IsCompletedSuccessfully || !(await sent).Ok)
        {
            return;
        }

        await world.Outside.WaitAsync(world.Between(1, 90));
        var (id, yes) = ((await sent).Value!.Row.Id, world.Random.Next(3));
        if (yes < 2 && cluster.Any() is { } other)
        {
            world.Say(asked, $"{(yes == 0 ? "accepts" : "declines")} swap {id}");
            await Task.WhenAny(
                AskAsync(other.AskAsync(parts => yes == 0 ? parts.Swaps.AcceptAsync(1, id, asked, $"user:{asked}", default) : parts.Swaps.DeclineAsync(1, id, asked, $"user:{asked}", default))),
                world.Outside.WaitAsync(TimeSpan.FromSeconds(10)));
        }
    }

    private static async Task AskAsync(Task asked)
    {
        try
        {
            await asked;
        }
        catch (StoreUnavailableException)
        {
            // They look at the list and see that it is not there.
        }
    }

    private static Task Sync(Action act)
    {
        act();
        return Task.CompletedTask;
    }
}
