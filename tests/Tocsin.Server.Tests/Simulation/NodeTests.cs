using Tocsin.Alerts;

namespace Tocsin.Tests.Simulation;

/// <summary>Whole nodes on virtual time, one thing at a time.</summary>
public sealed class NodeTests : IDisposable
{
    private readonly World _world = new(1);
    private readonly SimulatedStore _store = new();
    private readonly EstateBuilder _estate = new EstateBuilder().User("ana", "push").Policy("5m user:ana");
    private readonly FixedEstates _estates;
    private readonly Providers _providers;

    public NodeTests()
    {
        _providers = new(_world);
        _estates = new(_estate.Build());
    }

    [Fact]
    public void An_idle_node_looks_at_its_table_once_a_poll()
    {
        var node = Node("n1");
        node.Start();

        _world.Run(_world.Now.AddSeconds(60));

        // Twice a second for jobs; each second for what expires; each fifth three for what mutes or no longer does, and one to say that it is at work.
        Assert.InRange(node.Database.Reads, 225, 245);
    }

    [Fact]
    public async Task An_idle_node_pages_within_milliseconds_of_the_answer()
    {
        var node = Node("n1");
        node.Start();
        _world.Run(_world.Now.AddSeconds(10.1));

        var outcome = node.DeliverAsync(Senders.Source, [Signals.Firing("db")]);
        _world.Run(_world.Now.AddSeconds(1), () => outcome.IsCompleted);
        var answered = _world.Now;
        _world.Run(_world.Now.AddSeconds(1), () => _providers.Requests.Count > 0);

        Assert.Equal(Verdict.Accepted, (await outcome).Verdict);
        Assert.True(_world.Now - answered < TimeSpan.FromMilliseconds(50), $"{_world.Now - answered}");
    }

    [Fact]
    public void A_step_that_another_node_waits_for_is_taken_over_when_that_node_dies()
    {
        var (first, second) = (Node("n1"), Node("n2"));
        first.Start();
        second.Start();
        _world.Watch(first.DeliverAsync(Senders.Source, [Signals.Firing("db")]), first.Actor);
        _world.Run(_world.Now.AddSeconds(2));
        first.Actor.Kill();

        _estates[1] = _estate.Administrator("root", "mail").Build();
        _world.Run(_world.Now.AddMinutes(6));

        Assert.True(_providers.Requests.Select(r => r.Target).SequenceEqual(["ana/push", "root/mail"]), string.Join('\n', _world.Trace));
        Assert.InRange(_providers.Requests[1].At - VirtualClock.Start, TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(302));
    }

    public void Dispose() => _store.Dispose();

    private SimulatedNode Node(string name) => new(_world, name, _store, _estates, _providers, Scenario.Plain(2, _estate));
}
