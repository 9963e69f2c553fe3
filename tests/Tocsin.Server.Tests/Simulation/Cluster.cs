namespace Tocsin.Tests.Simulation;

/// <summary>All nodes on one store, what befalls them, and since when nothing did.</summary>
internal sealed class Cluster
{
    private readonly World _world;
    private readonly SimulatedStore _store;
    private readonly FixedEstates _estates;
    private readonly Providers _providers;
    private readonly Scenario _scenario;
    private readonly SimulatedNode[] _nodes;
    private readonly List<SimulatedNode> _all = [];
    private long _commits;
    private readonly List<(DateTimeOffset From, DateTimeOffset To, Actor? Node)> _faults = [];

    // A stop is no fault: it doubles nothing. But while the only node is away, nothing is on time.
    private readonly List<(DateTimeOffset From, DateTimeOffset To, Actor? Node)> _absences = [];
    private int _started;

    public Cluster(World world, SimulatedStore store, FixedEstates estates, Providers providers, Scenario scenario)
    {
        (_world, _store, _estates, _providers, _scenario) = (world, store, estates, providers, scenario);
        _nodes = new SimulatedNode[scenario.Nodes];
        for (var slot = 0; slot < _nodes.Length; slot++)
        {
            Start(slot);
        }
    }

    /// <summary>Called after each commit of a node.</summary>
    public Action<SimulatedNode>? Committed { get; set; }

    /// <summary>Called when a node asks whether a page is still wanted, and does not know the answer yet.</summary>
    public Action<SimulatedNode>? AtTheDoor { get; set; }

    /// <summary>Called when a node ended as it was told, and nothing went wrong meanwhile.</summary>
    public Action<SimulatedNode>? Stopped { get; set; }

    /// <summary>How many commits changed something.</summary>
    public long Commits => _commits;

    /// <summary>No more faults from now on.</summary>
    public bool IsCalm { get; set; }

    /// <summary>Nothing else goes wrong until a node has told of the step of the wall clock.</summary>
    public bool IsSpared => _world.TrueNow - _world.LastStepAt < TimeSpan.FromSeconds(6);

    public IReadOnlyList<SimulatedNode> Nodes => _nodes;

    /// <summary>Every process that ever was.</summary>
    public IReadOnlyList<SimulatedNode> All => _all;

    /// <summary>A node that takes requests; null when none does.</summary>
    public SimulatedNode? Any() => _nodes.Where(n => n.IsUp).ToArray() is { Length: > 0 } up ? _world.Pick(up) : null;

    /// <summary>Since when there has been a node with nothing wrong; null while there is none.</summary>
    public DateTimeOffset? HealthySince() => _store.IsAway
        ? null
        : _nodes.Where(n => n.IsUp && !n.Actor.IsFrozen).Select(n => (DateTimeOffset?)n.HealthySince).Min();

    /// <summary>Whether a node (or the store, for it) was at fault at some time between two instants.</summary>
    public bool AnyFault(Actor node, DateTimeOffset from, DateTimeOffset to) => _faults.Exists(f => (f.Node is null || f.Node == node) && f.From <= to && f.To >= from);

    /// <summary>The end of the last fault or absence before an instant, of whatever; the beginning of time if there was none.</summary>
    public DateTimeOffset LastFault(DateTimeOffset before) =>
        _faults.Concat(_absences).Where(f => f.From <= before).Select(f => f.To < before ? f.To : before).DefaultIfEmpty(DateTimeOffset.MinValue).Max();

    public void Kill(SimulatedNode node, string when)
    {
        _world.Say(node.Name, $"is killed {when}");
        node.Actor.Kill();
        Fault(node, TimeSpan.Zero);
        RestartLater(Array.IndexOf(_nodes, node));
    }

    public void Freeze(SimulatedNode node, string when)
    {
        var time = _world.Between(0.5, 40);
        _world.Say(node.Name, $"freezes for {time.TotalSeconds:0.0} s {when}");
        node.Actor.Freeze(time);
        Fault(node, time);
    }

    public async Task StopAsync(SimulatedNode node)
    {
        var began = _world.Now;
        var stopped = node.StopAsync();
        await Task.WhenAny(stopped, _world.Outside.WaitAsync(TimeSpan.FromSeconds(60)));
        if (!node.Actor.IsDead)
        {
            // Nothing may go wrong meanwhile for the promise to be strict.
            Assert.True(
                (stopped.IsCompletedSuccessfully && _world.Now - began <= TimeSpan.FromSeconds(15)) || AnyFault(node.Actor, began, _world.Now),
                $"R17: {node.Name} took {(_world.Now - began).TotalSeconds:0.0} s to stop, or failed to.");
            if (!AnyFault(node.Actor, began - TimeSpan.FromSeconds(20), _world.Now))
            {
                Stopped?.Invoke(node);
            }

            node.Actor.Kill();
            RestartLater(Array.IndexOf(_nodes, node));
            _absences.Add((began, _world.Now.AddSeconds(20), node.Actor));
        }
    }

    public async Task TakeStoreAwayAsync(TimeSpan time)
    {
        _world.Say("store", $"is away for {time.TotalSeconds:0.0} s");
        _store.IsAway = true;
        _faults.Add((_world.Now, _world.Now + (time * 1.01), null));
        await _world.Outside.WaitAsync(time);
        _store.IsAway = false;
        _world.Say("store", "is back");
        foreach (var node in _nodes)
        {
            node.HealthySince = Later(node.HealthySince, _world.Now);
        }
    }

    private void Start(int slot)
    {
        var name = $"n{slot + 1}.{++_started}";
        var node = new SimulatedNode(_world, name, _store, _estates, _providers, _scenario);
        node.Database.Fate = () => FateOf(node);
        node.Database.AtTheDoor = () => AtTheDoor?.Invoke(node);
        node.Database.Befall = fate => Befall(node, fate);
        node.Database.Committed = () => Committed?.Invoke(node);
        _nodes[slot] = node;
        _all.Add(node);
        node.Start(failed: () =>
        {
            _world.Say(name, "cannot start");
            node.Actor.Kill();
            RestartLater(slot);
        });
    }

    private WriteFate FateOf(SimulatedNode node)
    {
        if (_store.Audit.ChangesSomething() && ++_commits == _scenario.Fault?.Commit)
        {
            return _scenario.Fault.Value.Fate;
        }

        return IsCalm || IsSpared || !_world.Chance(_scenario.CommitFaults)
            ? WriteFate.Committed
            : _world.Pick([WriteFate.DiesBefore, WriteFate.DiesAfter, WriteFate.FreezesAfter, WriteFate.Refused, WriteFate.AnswerLost]);
    }

    private void Befall(SimulatedNode node, WriteFate fate)
    {
        switch (fate)
        {
            case WriteFate.DiesBefore:
                Kill(node, "before a commit");
                break;
            case WriteFate.DiesAfter:
                Kill(node, "after a commit");
                break;
            case WriteFate.FreezesAfter:
                Freeze(node, "after a commit");
                break;
            default:
                _world.Say(node.Name, fate == WriteFate.Refused ? "cannot commit" : "does not hear of its commit");
                Fault(node, TimeSpan.Zero);
                break;
        }
    }

    private void Fault(SimulatedNode node, TimeSpan time)
    {
        // The clock of the simulation may run a little faster than true time.
        var end = _world.Now + (time * 1.01);
        _faults.Add((_world.Now, end, node.Actor));
        node.HealthySince = Later(node.HealthySince, end);
    }

    private void RestartLater(int slot)
    {
        if (slot >= 0)
        {
            _world.Schedule(IsCalm ? TimeSpan.FromSeconds(1) : _world.Between(0.5, 20), _world.Outside, _ => StartSettled(slot));
        }
    }

    /// <summary>Who starts before the others have told of a step of the wall clock cannot know of it.</summary>
    private void StartSettled(int slot)
    {
        if (IsSpared)
        {
            _world.Schedule(TimeSpan.FromSeconds(1), _world.Outside, _ => StartSettled(slot));
        }
        else
        {
            Start(slot);
        }
    }

    private static DateTimeOffset Later(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;
}
