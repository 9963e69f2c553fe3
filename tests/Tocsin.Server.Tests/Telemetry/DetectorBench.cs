using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>Logs, metrics, detectors and alerts on one store; the detectors look when the test says so.</summary>
internal sealed class DetectorBench : IAsyncDisposable
{
    private readonly List<Node> _nodes = [];

    private DetectorBench(EngineBench engine) => (Engine, Telemetry) = (engine, new(engine.Database, isOwn: false));

    public EngineBench Engine { get; }

    public TelemetryDatabase Telemetry { get; }

    public VirtualClock Clock => Engine.Clock;

    /// <summary>For one search of nodes that are added from now on.</summary>
    public TimeSpan SearchBudget { get; set; } = TimeSpan.FromMinutes(5);

    public static async Task<DetectorBench> OpenAsync(Engine engine, params DetectorRule[] rules)
    {
        var bench = new DetectorBench(await EngineBench.OpenAsync(engine));
        bench.Engine.Estate = EstateSnapshot.Of(1, bench.Engine.Estate.Model with { Detectors = rules }, []);
        return bench;
    }

    /// <summary>A node that remembers nothing: another one, or the same after a restart.</summary>
    public async Task<Node> AddAsync(string name = "a")
    {
        var node = new Node(this, name == "a" ? Engine.Parts : Engine.AddNode(name));
        _nodes.Add(node);
        await node.Logs.StartAsync(default);
        await node.Metrics.StartAsync(default);
        return node;
    }

    /// <summary>A service that wrote so many lines a minute for so long, up to now, as it always does.</summary>
    public LogLine[] Usual(string service, double hours, int perMinute = 4) =>
    [
        .. Enumerable.Range(0, (int)(hours * 60) * perMinute).Select(i => new LogLine(Clock.Now - TimeSpan.FromMinutes((i / perMinute) + 1), LineLevel.Info, $"order {i} was paid") { Service = service }),
    ];

    /// <summary>Lines of one minute that ends now.</summary>
    public LogLine[] Lines(string service, int count, LineLevel level, string message, int minutesAgo = 0) =>
        [.. Enumerable.Range(0, count).Select(i => new LogLine(Clock.Now - TimeSpan.FromMinutes(minutesAgo + 1) + TimeSpan.FromSeconds(i % 60), level, message) { Service = service })];

    public MetricSample[] Samples(string name, string service, double value, int minutes) =>
        [.. Enumerable.Range(0, minutes).Select(i => new MetricSample(name, Clock.Now - TimeSpan.FromMinutes(i + 1), value) { Service = service })];

    public async Task<(AlertStatus Status, string Title)[]> AlertsAsync() =>
        [.. (await Engine.AlertsAsync()).OrderBy(a => a.Id).Select(a => (a.State.Status, a.Document.Title))];

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.Logs.StopAsync(default);
            node.Runner.Dispose();
        }

        await Engine.DisposeAsync();
    }

    internal sealed class Node
    {
        public Node(DetectorBench bench, NodeParts parts)
        {
            var (telemetry, clock, blocks, tail) = (bench.Telemetry, bench.Clock, new LogBlockStore(), new LogTail());
            var (rates, templates, store) = (new LogRates(telemetry), new TemplateStore(telemetry), new MetricStore());
            var tables = new SeriesTables(telemetry, store, clock);
            var search = new LogSearch(telemetry, blocks, rates, clock) { Budget = bench.SearchBudget };
            var query = new MetricQuery(telemetry, store, tables);
            Logs = new(new(telemetry, blocks, rates, templates), tail, new(telemetry, () => null, Options.Create(new TelemetryOptions())), clock, NullLogger<LogIntake>.Instance);
            Metrics = new(telemetry, store, tables, Options.Create(new MetricOptions()), Options.Create(new TelemetryOptions()), clock, NullLogger<MetricIntake>.Instance);
            Findings = new(bench.Engine.Database, bench.Engine.Estates, new(), parts.Intake, new("https://tocsin.invalid", new byte[32]), clock);
            Runner = new(
                bench.Engine.Database, new(), bench.Engine.Estates, new(rates, templates, query), new(search, query), new(search, query), new(), Findings, clock, NullLogger<DetectorRunner>.Instance);
            Desk = new(bench.Engine.Database, new(), rates, templates, query, search, clock);
        }

        public LogIntake Logs { get; }

        public MetricIntake Metrics { get; }

        public FindingDesk Findings { get; }

        public DetectorRunner Runner { get; }

        public DetectorDesk Desk { get; }

        public Task StoreAsync(params LogLine[] lines) => Logs.StoreAsync(1, lines, default);

        public Task StoreAsync(MetricSample[] samples) => Metrics.StoreAsync(1, samples, default);
    }

    /// <summary>Lets minutes pass; in each something is written, then the detectors look.</summary>
    public async Task PassAsync(int minutes, Node node, Func<LogLine[]> written)
    {
        for (var i = 0; i < minutes; i++)
        {
            Clock.Advance(TimeSpan.FromMinutes(1));
            await node.StoreAsync(written());
            await node.Runner.TurnAsync(default);
        }
    }
}
