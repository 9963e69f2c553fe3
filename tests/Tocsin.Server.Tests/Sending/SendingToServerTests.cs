using System.Diagnostics.Metrics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Tocsin.Sdk;
using Tocsin.Sdk.Telemetry;
using Tocsin.Tests.Cli;
using static Tocsin.Tests.Cli.CliRun;

// What is tested is what programs do, and they log like this.
#pragma warning disable CA1848, CA1873

namespace Tocsin.Tests.Sending;

/// <summary>The SDK against the server itself: what is logged and measured can be found there.</summary>
public sealed class SendingToServerTests : IAsyncLifetime, IDisposable
{
    private readonly string _data = Directory.CreateTempSubdirectory("tocsin-sending-").FullName;
    private readonly Meter _meter = new($"Shop.{Guid.NewGuid():N}");
    private ServeRun _server = null!;
    private HttpClient _http = null!;
    private string _sender = "";

    public async Task InitializeAsync()
    {
        _server = await ServeRun.StartAsync("serve", "--data", Path.Combine(_data, "store"));
        _sender = await KeyAsync("--role", "responder", "--scope", "ingest");
        _http = new() { BaseAddress = new(_server.Url) };
        TocsinClient.Authorize(_http, await KeyAsync("--role", "viewer"));
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_data, recursive: true);
    }

    public void Dispose()
    {
        _meter.Dispose();
        _http.Dispose();
    }

    [Fact]
    public async Task What_a_program_logs_is_found_with_all_that_was_said_about_it()
    {
        using (var factory = LoggerFactory.Create(logging => logging.AddTocsin(Configure)))
        {
            var logger = factory.CreateLogger("Shop.Till");
            using (logger.BeginScope("Order {Order}", 13))
            {
                logger.LogError(new InvalidOperationException("no answer"), "{Amount} EUR not taken", 58.5);
            }

            foreach (var n in Enumerable.Range(0, 1500))
            {
                logger.LogInformation("line {N}", n);
            }
        }

        var line = Assert.Single((await GetAsync("api/v1/logs?service=shop&level=error")).GetProperty("items").EnumerateArray());
        Assert.Equal(("58.5 EUR not taken", "error", "Shop.Till", "test"), (Text("message"), Text("level"), Text("source"), Text("environment")));
        var attributes = line.GetProperty("attributes").GetRawText();
        Assert.All(["InvalidOperationException", "no answer", "\"Order\"", "58.5"], word => Assert.Contains(word, attributes, StringComparison.Ordinal));
        var histogram = await GetAsync("api/v1/logs/histogram?service=shop");
        Assert.Equal(1500, histogram.GetProperty("items").EnumerateArray().Sum(bucket => bucket.GetProperty("info").GetInt64()));

        string? Text(string name) => line.GetProperty(name).GetString();
    }

    [Fact]
    public async Task What_a_program_measures_can_be_queried()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddTocsinMetrics(Configure);
        await using (var provider = services.BuildServiceProvider())
        {
            await using var reader = new MetricReader(provider.GetRequiredService<TocsinTelemetry>(), _ => { });
            reader.Start();
            _meter.CreateCounter<long>("shop.orders").Add(7, new KeyValuePair<string, object?>("outcome", "paid"));
            _meter.CreateHistogram<double>("shop.amount").Record(12.5);
            _meter.CreateGauge<int>("shop.queue").Record(3);
        }

        var series = (await GetAsync("api/v1/metrics?service=shop")).GetProperty("items").EnumerateArray().Select(one => one.GetProperty("name").GetString()).ToHashSet();

        Assert.Superset(new HashSet<string?> { "shop.orders", "shop.amount_count", "shop.amount_sum", "shop.amount_bucket", "shop.queue" }, series);
    }

    private void Configure(TocsinTelemetryOptions options)
    {
        (options.Server, options.Key, options.Service, options.Environment) = (new(_server.Url), _sender, "shop", "test");
        options.Meters.Add(_meter.Name);
    }

    private async Task<string> KeyAsync(params string[] arguments) =>
        (await new CliWorld(null).RunAsync(["key", "create", "--data", Path.Combine(_data, "store"), "--name", "test", .. arguments])).Out.TrimEnd();

    private async Task<JsonElement> GetAsync(string path) =>
        JsonDocument.Parse(await _http.GetStringAsync(new Uri(path, UriKind.Relative))).RootElement;
}
