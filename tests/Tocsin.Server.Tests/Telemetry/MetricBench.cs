using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Telemetry;

namespace Tocsin.Tests.Telemetry;

/// <summary>The store of metrics and traces on an empty store, as one node has it; packing happens when the test says so.</summary>
internal sealed class MetricBench : IAsyncDisposable
{
    private readonly Store _store;
    private readonly MetricOptions _options;
    private readonly MetricStore _metrics = new();
    private readonly SpanStore _spans = new();
    private readonly TraceSums _sums = new();

    private MetricBench(Store store, MetricOptions options)
    {
        (_store, _options) = (store, options);
        Node = new(this);
    }

    public TelemetryOptions Kept { get; } = new() { MetricDays = 100 };

    public VirtualClock Clock { get; } = new();

    public MetricNode Node { get; private set; }

    public Database Database => Node.Telemetry.Database;

    public static async Task<MetricBench> OpenAsync(Engine engine, MetricOptions? options = null)
    {
        var bench = new MetricBench(await engine.OpenAsync(), options ?? new());
        await bench.Node.StartAsync();
        return bench;
    }

    /// <summary>Another node on the same store, which remembers nothing. The first goes on.</summary>
    public async Task<MetricNode> AddNodeAsync()
    {
        var node = new MetricNode(this);
        await node.StartAsync();
        return node;
    }

    /// <summary>The process ends as it does when it is killed, and starts again.</summary>
    public async Task RestartAsync() => Node = await AddNodeAsync();

    public Task<MetricsStored> StoreAsync(params MetricSample[] samples) => Node.Intake.StoreAsync(1, samples, default);

    public MetricSample Sample(string name, double second, double value, string service = "", params (string, string)[] tags) =>
        new(name, VirtualClock.Start.AddSeconds(second), value) { Service = service, Tags = LabelSet.Of(tags) };

    /// <summary>All points of one name, whose series is the only one, as seconds since the start and values.</summary>
    public async Task<(double Second, double Value)[]> PointsAsync(string name) =>
        [.. Assert.Single(await Node.Query.ReadAsync(1, new() { Name = name }, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, 10, default))
            .Points.Select(p => ((p.At - VirtualClock.Start).TotalSeconds, p.Value))];

    /// <summary>Lets heads become chunks until none is left.</summary>
    public async Task PackAsync()
    {
        await Node.Packer.PackAsync(1, default);
        Assert.Equal(0, await CountAsync("metric_head"));
    }

    public async Task<long> CountAsync(string table) => await Database.ReadAsync(session => session.ScalarAsync($"SELECT COUNT(*) FROM {table}"), default) ?? 0;

    public async ValueTask DisposeAsync() => await _store.DisposeAsync();

    internal sealed class MetricNode
    {
        public MetricNode(MetricBench bench)
        {
            Telemetry = new(bench._store.Open(), isOwn: false);
            Tables = new(Telemetry, bench._metrics, bench.Clock);
            Query = new(Telemetry, bench._metrics, Tables);
            Packer = Packing(Telemetry.Database, bench);
            Intake = new(Telemetry, bench._metrics, Tables, Options.Create(bench._options), Options.Create(bench.Kept), bench.Clock, NullLogger<MetricIntake>.Instance);
            Keeper = new(Telemetry, bench._metrics, bench._spans, bench._sums, Tables, Options.Create(bench.Kept), bench.Clock, NullLogger<MetricKeeper>.Instance);
            Spans = new(Telemetry, bench._spans, bench._sums, bench.Clock, NullLogger<SpanIntake>.Instance);
            Traces = new(Telemetry, bench._spans, bench._sums);
        }

        public TelemetryDatabase Telemetry { get; }

        public SeriesTables Tables { get; }

        public MetricIntake Intake { get; }

        public MetricPacker Packer { get; }

        public MetricKeeper Keeper { get; }

        public MetricQuery Query { get; }

        public SpanIntake Spans { get; }

        public TraceQuery Traces { get; }

        /// <summary>A packer that sees the store through another door.</summary>
        public MetricPacker Packing(Database database, MetricBench bench) =>
            new(new(database, isOwn: false), bench._metrics, Tables, bench.Clock, NullLogger<MetricPacker>.Instance);

        public async Task StartAsync()
        {
            await Intake.StartAsync(default);
            await Spans.StartAsync(default);
        }
    }
}
