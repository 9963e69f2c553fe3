using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Incidents;
using Tocsin.Jobs;
using Tocsin.Routing;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Simulation;

/// <summary>One process of the product, from its start to its end: its own objects, its own connection, its own clock.</summary>
#pragma warning disable CA1001 // A process that is killed disposes of nothing.
internal sealed class SimulatedNode
#pragma warning restore CA1001
{
    private readonly World _world;
    private readonly SimulatedEstates _estates;
    private readonly SteadyClock _clock;
    private readonly NodeParts _parts;
    private readonly JobService _service;
    private readonly IngestBatcher _batcher;
    private readonly AlertExpiry _expiry;
    private readonly MuteWatch _mutes;
    private readonly Installation _installation;
    private readonly Pulse _pulse;
    private readonly StartUp _startUp;
    private readonly CancellationTokenSource _stopping = new();
    private Task _loops = Task.CompletedTask;
    private bool _started;

    public SimulatedNode(World world, string name, SimulatedStore store, FixedEstates estates, Providers providers, Scenario scenario)
    {
        _world = world;
        StartedAt = HealthySince = world.Now;
        Actor = new(world, name);
        _clock = new(new MachineClock(Actor, world.Between(-0.2, 0.2)), boot: "the machine with the store");
        Readiness = new(_clock);
        Database = new(store, Actor);
        _estates = new(estates, Database, _clock);
        _parts = new(
            name, Database, _estates, new SimulatedProvider(providers, Actor), _clock, scenario.Jobs, new TraceLogging(Actor), scenario.Paging, soleWriter: scenario.Nodes == 1,
            more: jobs => [new Canary(Database, jobs, Readiness, null!, Options.Create(new ServerOptions()), _clock, new TraceLogger<Canary>(Actor))]);
        _service = new(_parts.Runner, _parts.Jobs, _clock, new TraceLogger<JobService>(Actor)) { Turned = Readiness.Turned };
        _batcher = new(Database, _parts.Intake, _parts.Deliveries, new SourceStore(), Options.Create(new IngestOptions()), _clock, new TraceLogger<IngestBatcher>(Actor));
        _expiry = new(Database, _parts.Alerts, _parts.Intake, _estates, _clock, new TraceLogger<AlertExpiry>(Actor));
        _mutes = new(Database, _estates, _parts.MuteParts, _clock, new TraceLogger<MuteWatch>(Actor));
        _installation = new(Database);
        _startUp = new(Database, _parts.Alerts, new WorkspaceStore());
        _pulse = new(Database, _installation, _clock, Readiness, _parts.Jobs, new TraceLogger<Pulse>(Actor));
    }

    public Actor Actor { get; }

    public string Name => Actor.Name;

    public SimulatedDatabase Database { get; }

    public DateTimeOffset StartedAt { get; private set; }

    /// <summary>Since when nothing was wrong with it.</summary>
    public DateTimeOffset HealthySince { get; set; }

    /// <summary>From the moment it was told to stop.</summary>
    public bool IsStopping { get; private set; }

    /// <summary>Whether it takes requests.</summary>
    public bool IsUp => _started && !Actor.IsDead && !IsStopping;

    public DateTimeOffset Clock => _clock.GetUtcNow();

    /// <summary>How many of its places for jobs are taken.</summary>
    public int Active => _parts.Runner.Active;

    public Readiness Readiness { get; }

    /// <summary>Starts as the host does.</summary>
    /// <param name="failed">Called when it cannot start, because the store is away.</param>
    public void Start(Action? failed = null)
    {
        _world.Say(Name, "starts");
        _world.Watch(Actor.RunAsync(async () =>
        {
            try
            {
                var alive = await _installation.LastAliveAsync(default);
                _clock.StartAfter(alive, _clock.WallNow);
                await _startUp.RunAsync(alive?.At, _clock.GetUtcNow(), new(), default);
            }
            catch (StoreUnavailableException)
            {
                failed?.Invoke();
                return;
            }

            _started = true;
            StartedAt = _world.Now;
            HealthySince = HealthySince > StartedAt ? HealthySince : StartedAt;
            await (_loops = Task.WhenAll(
                ExecuteAsync(_service, _stopping.Token), ExecuteAsync(_batcher, _stopping.Token),
                UntilStoppedAsync(ExecuteAsync(_expiry, _stopping.Token)), UntilStoppedAsync(ExecuteAsync(_mutes, _stopping.Token)), UntilStoppedAsync(ExecuteAsync(_pulse, _stopping.Token))));
        }), Actor);
    }

    /// <summary>A graceful end, as on SIGTERM.</summary>
    public Task StopAsync()
    {
        IsStopping = true;
        return Actor.RunAsync(EndAsync);
    }

    private async Task EndAsync()
    {
        _world.Say(Name, "stops");
        await _service.StopAsync(CancellationToken.None);
        await _batcher.StopAsync(CancellationToken.None);
        StopLoops();
        await _loops;
        _world.Say(Name, "has stopped");
    }

    /// <summary>One delivery; returns as the sender's request does.</summary>
    public Task<DeliveryOutcome> DeliverAsync(string source, IReadOnlyList<Signal> signals) => Actor.RunAsync(async () => await _batcher.StoreAsync(
        new((await _estates.FindAsync(1, default))!, source, _clock.GetUtcNow(), signals, [], null, default, null), CancellationToken.None));

    /// <summary>What a person does; returns as their request does.</summary>
    public Task<T> AskAsync<T>(Func<NodeParts, Task<T>> act) => Actor.RunAsync(() => act(_parts));

    // Cancelled without waiting for callbacks on another thread.
    private void StopLoops() => _stopping.Cancel();

    /// <summary>As the host, which takes a loop's cancellation at the end for its end.</summary>
    private async Task UntilStoppedAsync(Task loop)
    {
        try
        {
            await loop;
        }
        catch (OperationCanceledException) when (IsStopping)
        {
            // Stopped.
        }
    }

    // The host would start these on the thread pool; here they begin, and stay, on the simulator's thread.
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "ExecuteAsync")]
    private static extern Task ExecuteAsync(BackgroundService service, CancellationToken ct);
}

/// <summary>What a node logs from warnings on, as lines of the trace.</summary>
internal sealed class TraceLogger<T>(Actor node) : ILogger<T>
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            node.World.Say(node.Name, $"logs: {formatter(state, exception)}");
            if (exception is not null)
            {
                // What a node logs with an exception is a bug, in the engine or in the simulation; the store being away is neither.
                node.World.Fail(exception);
            }
        }
    }
}

internal sealed class TraceLogging(Actor node) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new TraceLogger<object>(node);

    public void AddProvider(ILoggerProvider provider)
    {
        // The trace takes all.
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}
