using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Tocsin.Sdk.Telemetry;

namespace Tocsin.Tests.Sending;

/// <summary>From a <see cref="Meter"/> to the bytes that arrive.</summary>
public sealed class TocsinMetricTests : IAsyncLifetime, IDisposable
{
    private readonly Meter _meter = new($"Test.{Guid.NewGuid():N}");
    private readonly List<string> _said = [];
    private OtlpReceiver _server = null!;
    private TocsinTelemetry _telemetry = null!;
    private MetricReader _reader = null!;

    public async Task InitializeAsync()
    {
        _server = await OtlpReceiver.StartAsync();
        var options = new TocsinTelemetryOptions { Server = _server.Url, FlushInterval = TimeSpan.Zero, RequestTimeout = Patience.Limit, SeriesLimit = 3, MetricInterval = TimeSpan.FromHours(1), Meters = { _meter.Name } };
        _telemetry = new(options);
        _reader = new(_telemetry, _said.Add);
        _reader.Start();
    }

    public async Task DisposeAsync()
    {
        await _reader.DisposeAsync();
        await _telemetry.DisposeAsync();
        await _server.DisposeAsync();
    }

    public void Dispose()
    {
        _meter.Dispose();
        _telemetry.Dispose();
    }

    [Fact]
    public async Task A_counter_sends_its_running_total_for_each_set_of_tags_whatever_their_order()
    {
        var counter = _meter.CreateCounter<long>("orders", "{order}", "Orders taken");
        counter.Add(1);
        counter.Add(2, new("shop", "north"), new("till", 4));
        counter.Add(3, new("till", 4), new("shop", "north"));
        counter.Add(-5);

        var metric = await OneAsync();

        Assert.Equal(("orders", "Orders taken", "{order}"), (metric.Text(1), metric.Text(2), metric.Text(3)));
        Assert.Equal((2UL, 1UL), (metric[7].Number(2), metric[7].Number(3)));
        Assert.Equal([("", 1.0), ("shop=north till=4", 5.0)], Points(metric[7]));

        counter.Add(10);
        var later = (await CollectAsync())[^1];
        Assert.Equal([("", 11.0), ("shop=north till=4", 5.0)], Points(later[7]));
        Assert.Equal(metric[7].All(1).First().Number(2), later[7].All(1).First().Number(2));
        Assert.True(later[7].All(1).First().Number(3) > metric[7].All(1).First().Number(3));
    }

    [Fact]
    public async Task What_goes_up_and_down_is_a_sum_that_is_not_monotonic_and_a_gauge_is_its_last_value()
    {
        var open = _meter.CreateUpDownCounter<int>("open");
        var heat = _meter.CreateGauge<double>("heat", "Cel");
        open.Add(5);
        open.Add(-2);
        heat.Record(20.5);
        heat.Record(19.5);
        heat.Record(double.NaN);

        var metrics = await CollectAsync();

        var sum = metrics.Single(m => m.Text(1) == "open");
        Assert.Equal((2UL, 0UL), (sum[7].Number(2), sum[7].Number(3)));
        Assert.Equal([("", 3.0)], Points(sum[7]));
        Assert.Equal([("", 19.5)], Points(metrics.Single(m => m.Text(1) == "heat")[5]));
    }

    [Fact]
    public async Task A_histogram_counts_by_the_bounds_that_it_advises()
    {
        var times = _meter.CreateHistogram("time", "s", null, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1, 10] });
        foreach (var value in new[] { 0.05, 0.1, 0.5, 10, 11 })
        {
            times.Record(value);
        }

        var metric = await OneAsync();
        var point = metric[9][1];

        Assert.Equal(2UL, metric[9].Number(2));
        Assert.Equal([2L, 1, 1, 1], point.Longs(6));
        Assert.Equal([0.1, 1, 10], point.Doubles(7));
        Assert.Equal((5UL, 21.65, 0.05, 11.0), (point.Number(4), Math.Round(point.Double(5), 6), point.Double(11), point.Double(12)));
    }

    [Fact]
    public async Task A_histogram_without_advice_has_the_usual_bounds()
    {
        _meter.CreateHistogram<int>("size").Record(30);

        var point = (await OneAsync())[9][1];

        Assert.Equal(15, point.Doubles(7).Length);
        Assert.Equal(1, point.Longs(6)[4]);
    }

    [Fact]
    public async Task Observed_things_are_told_of_as_long_as_they_are_there()
    {
        var rooms = new Dictionary<string, double> { ["kitchen"] = 21, ["hall"] = 18 };
        _meter.CreateObservableGauge("heat", () => rooms.Select(room => new Measurement<double>(room.Value, new KeyValuePair<string, object?>("room", room.Key))));
        _meter.CreateObservableCounter("ticks", () => 41L);

        var first = await CollectAsync();
        rooms.Remove("hall");
        var second = (await CollectAsync()).Skip(first.Length).ToArray();

        Assert.Equal([("room=hall", 18.0), ("room=kitchen", 21.0)], Points(first.Single(m => m.Text(1) == "heat")[5]));
        Assert.Equal([("room=kitchen", 21.0)], Points(second.Single(m => m.Text(1) == "heat")[5]));
        Assert.Equal([("", 41.0)], Points(second.Single(m => m.Text(1) == "ticks")[7]));
    }

    [Fact]
    public async Task An_instrument_that_fails_keeps_nobody_else_from_being_observed()
    {
        _meter.CreateObservableGauge("broken", NoSensor);
        _meter.CreateObservableGauge("fine", () => 1);

        await CollectAsync();
        var metrics = await CollectAsync();

        Assert.Equal(["fine", "fine"], metrics.Select(m => m.Text(1)));
        Assert.Contains("no sensor", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_sets_of_tags_go_into_one_series_and_keep_the_sum()
    {
        var counter = _meter.CreateCounter<int>("hits");
        foreach (var user in Enumerable.Range(0, 50))
        {
            counter.Add(1, new KeyValuePair<string, object?>("user", user));
        }

        var points = Points((await OneAsync())[7]);

        Assert.Equal([("otel.metric.overflow=True", 47.0), ("user=0", 1.0), ("user=1", 1.0), ("user=2", 1.0)], points);
    }

    [Fact]
    public async Task Many_threads_lose_no_count()
    {
        var counter = _meter.CreateCounter<long>("hits");
        Parallel.For(0, 8, _ =>
        {
            for (var n = 0; n < 10_000; n++)
            {
                counter.Add(1, new KeyValuePair<string, object?>("odd", n % 2));
            }
        });

        Assert.Equal([("odd=0", 40_000.0), ("odd=1", 40_000.0)], Points((await OneAsync())[7]));
    }

    [Fact]
    public async Task A_meter_that_ends_early_leaves_its_last_totals()
    {
        _meter.CreateCounter<int>("hits").Add(3);
        _meter.Dispose();

        Assert.Equal([("", 3.0)], Points((await OneAsync())[7]));
        Assert.Single(await CollectAsync());
    }

    [Fact]
    public async Task Meters_that_were_not_asked_for_are_not_measured()
    {
        using var other = new Meter("Test.Other");
        other.CreateCounter<int>("other").Add(1);
        _meter.CreateCounter<int>("mine").Add(1);

        Assert.Equal("mine", (await OneAsync()).Text(1));
    }

    [Fact]
    public async Task A_host_measures_from_its_start_to_its_end_and_what_is_lost_is_measured_too()
    {
        _server.Then(401);
        using var meter = new Meter($"Test.Host.{Guid.NewGuid():N}");
        var builder = Host.CreateEmptyApplicationBuilder(new() { ApplicationName = "Shop" });
        builder.Services.AddTocsinMetrics(o => (o.Server, o.MetricInterval, o.ShutdownTimeout) = (_server.Url, TimeSpan.FromHours(1), Patience.Limit))
            .AddTocsinMetrics(o => o.Meters.Add("Test.Host.*"))
            .AddTocsinMetrics(o => o.Meters.Add("tocsin.sdk"));
        using (var host = builder.Build())
        {
            await host.StartAsync();
            meter.CreateCounter<int>("started").Add(7);
            var telemetry = host.Services.GetRequiredService<TocsinTelemetry>();
            telemetry.Logs.Add(OtlpPipeTests.Entry("refused"));
            Assert.False(await telemetry.FlushAsync().WaitAsync(Patience.Limit));
            await host.StopAsync();
        }

        var metrics = _server.Metrics.ToLookup(m => m.Record.Text(1), m => m.Record);
        Assert.Equal([("", 7.0)], Points(metrics["started"].Single()[7]));
        Assert.Contains(Points(metrics["tocsin.sdk.entries"].Single()[7]), point => point.Tags == "outcome=refused signal=logs" && point.Value >= 1);
    }

    private static int NoSensor() => throw new InvalidOperationException("no sensor");

    private static (string Tags, double Value)[] Points(OtlpMessage data) =>
    [
        .. data.All(1).Select(point => (string.Join(' ', point.Attributes(7).Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal)), point.Double(4))).Order(),
    ];

    private async Task<OtlpMessage> OneAsync() => Assert.Single(await CollectAsync());

    private async Task<OtlpMessage[]> CollectAsync()
    {
        _reader.Collect();
        Assert.True(await _telemetry.FlushAsync().WaitAsync(Patience.Limit));
        Assert.All(_server.Metrics, entry => Assert.Equal(_meter.Name, entry.Scope));
        return [.. _server.Metrics.Select(entry => entry.Record)];
    }
}
