using System.Globalization;
using System.Text.Json.Nodes;
using Tocsin.Telemetry;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Telemetry;

/// <summary>What the reliability assistant's own Python client sends, word for word, case by case.</summary>
public sealed class PythonClientTests(PythonClientTests.SqliteBench bench) : IClassFixture<PythonClientTests.SqliteBench>
{
    private static readonly string _now = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    [Fact]
    public async Task A_logger_without_an_environment_sends_null()
    {
        var line = await OneAsync("logger", $$$"""{"timestamp": "{{{_now}}}", "level": "info", "message": "Application started", "service": "logger", "metadata": {"environment": null}}""");

        Assert.Equal(("Application started", LineLevel.Info, ""), (line.Message, line.Level, line.Environment));
        Assert.Equal(DateTimeOffset.Parse($"{_now}Z", CultureInfo.InvariantCulture), line.At);
    }

    [Fact]
    public async Task A_logger_sends_extras_and_its_environment()
    {
        var line = await OneAsync(
            "extras", $$$"""{"timestamp": "{{{_now}}}", "level": "error", "message": "Database connection failed", "service": "extras", "metadata": {"db_host": "localhost", "attempt": 3, "environment": "production"}}""");

        Assert.Equal((LineLevel.Error, "production"), (line.Level, line.Environment));
        Assert.Equal(("localhost", 3), ((string?)JsonNode.Parse(line.Attributes)!["db_host"], (int?)JsonNode.Parse(line.Attributes)!["attempt"]));
    }

    [Fact]
    public async Task An_exception_is_kept_whole()
    {
        var traceback = "Traceback (most recent call last):\\n  File \\\"a.py\\\", line 7, in pay\\n    raise ValueError(\\\"bad\\\")\\nValueError: bad\\n";
        var line = await OneAsync(
            "exception",
            $$$"""{"timestamp": "{{{_now}}}", "level": "critical", "message": "Uncaught exception: bad", "service": "exception", "metadata": {"exception": {"type": "ValueError", "message": "bad", "traceback": "{{{traceback}}}"}, "environment": null}}""");

        var exception = JsonNode.Parse(line.Attributes)!["exception"]!;
        Assert.Equal((LineLevel.Critical, "ValueError"), (line.Level, (string?)exception["type"]));
        Assert.EndsWith("\nValueError: bad\n", (string?)exception["traceback"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_sends_where_the_record_was_made()
    {
        var line = await OneAsync("handler", $$$"""
            {"timestamp": "{{{_now}}}", "level": "warning", "message": "Payment failed", "service": "handler", "source": "shop.orders",
             "metadata": {"environment": "staging", "module": "orders", "function": "pay", "line": 42, "pathname": "/srv/shop/orders.py", "extra": {"taskName": null, "user_id": "123"} } }
            """);

        Assert.Equal((LineLevel.Warning, "shop.orders", "staging"), (line.Level, line.Source, line.Environment));
        Assert.Equal("123", (string?)JsonNode.Parse(line.Attributes)!["extra"]!["user_id"]);
    }

    [Fact]
    public async Task Values_that_JSON_cannot_hold_come_as_their_text_or_as_NaN()
    {
        var line = await OneAsync("odd", $$$"""{"timestamp": "{{{_now}}}", "level": "debug", "message": "odd caf\udce9", "service": "odd", "metadata": {"when": "2026-01-05 09:00:00", "ratio": NaN, "environment": null}}""");

        Assert.Equal("odd caf\uFFFD", line.Message);
        Assert.Null(JsonNode.Parse(line.Attributes)!["ratio"]);
    }

    [Fact]
    public async Task Gauges_counters_and_timings_become_series()
    {
        await bench.Sender.PostAsync("/ingest/metrics", $$$"""
            {"metrics": [
              {"timestamp": "{{{_now}}}", "name": "active_users", "value": 150, "unit": null, "service": "metrics", "tags": {}},
              {"timestamp": "{{{_now}}}", "name": "requests_total", "value": 7, "unit": "count", "service": "metrics", "tags": {"route": "/pay"}},
              {"timestamp": "{{{_now}}}", "name": "request_duration_ms", "value": 45.2, "unit": "ms", "service": "metrics", "tags": {"port": 8080, "ok": true, "none": null}}]}
            """);
        var samples = await bench.SamplesAsync("metrics");

        Assert.Equal((150, MetricKind.Gauge), (samples["active_users"].Value, samples["active_users"].Series.Kind));
        Assert.Equal((7, MetricKind.Counter), (samples["requests_total{route=\"/pay\"}"].Value, samples["requests_total{route=\"/pay\"}"].Series.Kind));
        Assert.Equal((45.2, "ms"), (samples["request_duration_ms{ok=\"true\", port=\"8080\"}"].Value, samples["request_duration_ms{ok=\"true\", port=\"8080\"}"].Series.Unit));
    }

    [Fact]
    public async Task System_metrics_become_series()
    {
        string[] names =
        [
            "system.cpu_percent", "system.memory_percent", "system.memory_used_mb", "system.memory_available_mb", "system.disk_percent", "system.disk_used_gb", "system.network_bytes_sent", "system.network_bytes_recv",
        ];
        var metrics = names.Select(name => $$$"""{"timestamp": "{{{_now}}}", "name": "{{{name}}}", "value": 12.5, "unit": "percent", "service": "system", "tags": {"host": "web1"}}""");
        var answer = await bench.Sender.PostAsync("/ingest/metrics", $$$"""{"metrics": [{{{string.Join(", ", metrics)}}}, {"timestamp": "{{{_now}}}", "name": "system.platform", "value": 1, "unit": null, "service": "system", "tags": {"platform": "linux"}}]}""");

        Assert.Equal(9, answer["count"]!.GetValue<int>());
        Assert.Equal([.. names.Order(StringComparer.Ordinal).Select(n => $"{n}{{host=\"web1\"}}"), .. (string[])["system.platform{platform=\"linux\"}"]], (await bench.SamplesAsync("system")).Keys.Order(StringComparer.Ordinal));
    }

    private async Task<LogLine> OneAsync(string service, string entry)
    {
        Assert.Equal(1, (await bench.Sender.PostAsync("/ingest/logs", $$$"""{"logs": [{{{entry}}}]}"""))["count"]!.GetValue<int>());
        return Assert.Single(await bench.LinesAsync(service));
    }

    public sealed class SqliteBench() : IngestBench(Engine.Sqlite);
}
