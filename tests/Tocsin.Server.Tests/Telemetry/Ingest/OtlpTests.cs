using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Tocsin.Telemetry;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Telemetry;

/// <summary>OTLP over HTTP: against OpenTelemetry's own exporter, and against what it never sends.</summary>
public abstract class OtlpTests(IngestBench bench)
{
    [StoreFact]
    public async Task The_exporters_logs_arrive()
    {
        var key = await bench.Bench.KeyAsync(Tocsin.Identity.Role.Responder);
        using (var factory = LoggerFactory.Create(logging => logging.AddOpenTelemetry(options =>
        {
            options.SetResourceBuilder(Resource("otlp-logs"));
            options.IncludeFormattedMessage = true;
            options.AddOtlpExporter(exporter => To(exporter, "logs", key));
        })))
        {
            var logger = factory.CreateLogger("Shop.Orders");
#pragma warning disable CA1848, CA1873 // A test's own few lines.
            logger.LogWarning("Stock of {Article} is low", "A-7");
            logger.LogError(new InvalidOperationException("it broke"), "Payment {Id} failed", 17);
            logger.LogCritical("The end");
#pragma warning restore CA1848, CA1873
        }

        var lines = await bench.LinesAsync("shop/otlp-logs");
        Assert.Equal([LineLevel.Warning, LineLevel.Error, LineLevel.Critical], lines.Select(l => l.Level));
        Assert.Equal(["Stock of A-7 is low", "Payment 17 failed", "The end"], lines.Select(l => l.Message));
        Assert.All(lines, l => Assert.Equal(("Shop.Orders", "production"), (l.Source, l.Environment)));
        Assert.All(lines, l => Assert.InRange(l.At, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddMinutes(1)));
        var attributes = JsonNode.Parse(lines[1].Attributes)!;
        Assert.Equal(("17", "it broke"), ($"{attributes["Id"]}", (string?)attributes["exception"]!["message"]));
        Assert.Contains("InvalidOperationException", (string?)attributes["exception"]!["type"], StringComparison.Ordinal);
        Assert.Equal("web1", (string?)attributes["resource"]!["host.name"]);
    }

    [StoreFact]
    public async Task The_exporters_metrics_arrive()
    {
        var key = await bench.Bench.KeyAsync(Tocsin.Identity.Role.Responder);
        var name = $"otlp-metrics-{Guid.NewGuid():N}";
        using var meter = new Meter(name);
        using (var provider = OpenTelemetry.Sdk.CreateMeterProviderBuilder().AddMeter(name).SetResourceBuilder(Resource(name))
            .AddView("exponential", new Base2ExponentialBucketHistogramConfiguration())
            .AddOtlpExporter(exporter => To(exporter, "metrics", key)).Build())
        {
            meter.CreateCounter<long>("requests", "1").Add(42, new KeyValuePair<string, object?>("route", "/pay"), new KeyValuePair<string, object?>("status", 500));
            meter.CreateUpDownCounter<double>("queue").Add(-2.5);
            meter.CreateObservableGauge("temperature", () => 21.5, "Cel");
            var histogram = meter.CreateHistogram("latency", "ms", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [10, 100] });
            histogram.Record(5);
            histogram.Record(50);
            histogram.Record(500);
            meter.CreateHistogram<double>("exponential").Record(8);
            Assert.True(provider!.ForceFlush());
        }

        var samples = (await bench.SamplesAsync($"shop/{name}")).Values.ToLookup(s => s.Series.Name);
        var requests = samples["requests"].Single();
        Assert.Equal((42, MetricKind.Counter, "/pay", "500"), (requests.Value, requests.Series.Kind, requests.Series.Tags["route"], requests.Series.Tags["status"]));
        Assert.Equal(("production", "web1"), (requests.Series.Tags["environment"], requests.Series.Tags["instance"]));
        Assert.Equal((-2.5, MetricKind.Gauge), samples["queue"].Select(s => (s.Value, s.Series.Kind)).Single());
        Assert.Equal((21.5, "Cel"), samples["temperature"].Select(s => (s.Value, s.Series.Unit)).Single());
        Assert.Equal([("10", 1), ("100", 2), ("+Inf", 3)], samples["latency_bucket"].Select(s => (s.Series.Tags["le"], s.Value)).OrderBy(s => s.Value));
        Assert.Equal((555, 3), (samples["latency_sum"].Single().Value, samples["latency_count"].Single().Value));
        Assert.Equal([("8", 1), ("+Inf", 1)], samples["exponential_bucket"].Select(s => (s.Series.Tags["le"], s.Value)).OrderByDescending(s => s.Item1));
    }

    [StoreFact]
    public async Task The_exporters_spans_arrive()
    {
        var key = await bench.Bench.KeyAsync(Tocsin.Identity.Role.Responder);
        var name = $"otlp-traces-{Guid.NewGuid():N}";
        using var source = new ActivitySource(name);
        string trace;
        using (OpenTelemetry.Sdk.CreateTracerProviderBuilder().AddSource(name).SetResourceBuilder(Resource(name)).AddOtlpExporter(exporter => To(exporter, "traces", key)).Build())
        {
            using var outer = source.StartActivity("POST /pay", ActivityKind.Server, parentContext: default)!;
            using var inner = source.StartActivity("SELECT", ActivityKind.Client)!;
            inner.AddException(new TimeoutException("too slow"));
            inner.SetStatus(ActivityStatusCode.Error, "no answer");
            trace = outer.TraceId.ToHexString();
        }

        var spans = await bench.SpansAsync(trace);
        var (root, child) = (spans.Single(s => s.ParentId.Length == 0), spans.Single(s => s.ParentId.Length > 0));
        Assert.Equal(("POST /pay", "server", false, root.SpanId), (root.Name, root.Kind, root.Failed, child.ParentId));
        Assert.Equal(("SELECT", "client", true, "no answer", $"shop/{name}"), (child.Name, child.Kind, child.Failed, child.StatusText, child.Service));
        Assert.Equal(("System.TimeoutException", "too slow"), ((string?)JsonNode.Parse(child.Attributes)!["exception"]!["type"], (string?)JsonNode.Parse(child.Attributes)!["exception"]!["message"]));
        Assert.True(root.Duration >= child.Duration);
    }

    [StoreFact]
    public async Task JSON_is_taken_packed_and_answered_as_JSON()
    {
        var at = $"{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}000000";
        var body = $$$"""
            {"resourceLogs": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "otlp-json"}}]},
              "scopeLogs": [{"logRecords": [{"timeUnixNano": "{{{at}}}", "severityText": "ERROR", "body": {"stringValue": "it broke"}, "traceId": "5b8efff798038103d269b633813fc60c"}]}]}]}
            """;
        using var packed = new MemoryStream();
        using (var packer = new GZipStream(packed, CompressionLevel.Fastest))
        {
            packer.Write(Encoding.UTF8.GetBytes(body));
        }

        using var content = new ByteArrayContent(packed.ToArray()) { Headers = { ContentType = new("application/json"), ContentEncoding = { "gzip" } } };
        using var response = await bench.Sender.PostAsync("/v1/logs", content);

        Assert.Equal((HttpStatusCode.OK, "application/json", "{}"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType, await response.Content.ReadAsStringAsync()));
        var line = Assert.Single(await bench.LinesAsync("otlp-json"));
        Assert.Equal(("it broke", LineLevel.Error, "5b8efff798038103d269b633813fc60c"), (line.Message, line.Level, line.TraceId));
    }

    [StoreFact]
    public async Task What_is_left_out_is_told_in_the_answer()
    {
        var at = $"{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}000000";
        var body = $$$"""
            {"resourceMetrics": [{"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "otlp-partial"}}]},
              "scopeMetrics": [{"metrics": [{"name": "good", "gauge": {"dataPoints": [{"timeUnixNano": "{{{at}}}", "asInt": "7"}]}}, {"name": "bad", "sum": {"dataPoints": [{"timeUnixNano": "{{{at}}}", "asDouble": 1}]}}]}]}]}
            """;
        var partial = (await bench.Sender.PostAsync("/v1/metrics", body))["partialSuccess"]!;

        Assert.Equal("1", partial["rejectedDataPoints"].Text());
        Assert.Contains("bad", partial["errorMessage"].Text(), StringComparison.Ordinal);
        Assert.Equal(7, Assert.Single(await bench.SamplesAsync("otlp-partial")).Value.Value);
    }

    [StoreFact]
    public async Task Who_may_not_send_is_refused_before_the_body_is_read()
    {
        var viewer = await bench.Bench.CallerAsync(Tocsin.Identity.Role.Viewer);
        foreach (var path in new[] { "/v1/logs", "/v1/metrics", "/v1/traces" })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await bench.Bench.Anybody().PostJsonAsync(path, "nonsense")).StatusCode);
            Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostJsonAsync(path, "nonsense")).StatusCode);
        }
    }

    private static ResourceBuilder Resource(string service) => ResourceBuilder.CreateEmpty().AddService(service, "shop", autoGenerateServiceInstanceId: false)
        .AddAttributes([new("deployment.environment.name", "production"), new("host.name", "web1")]);

    private void To(OtlpExporterOptions exporter, string signal, string key) =>
        (exporter.Endpoint, exporter.Protocol, exporter.Headers) = (new(bench.Bench.Url, $"/v1/{signal}"), OtlpExportProtocol.HttpProtobuf, $"X-API-Key={key}");

    public sealed class SqliteBench() : IngestBench(Engine.Sqlite);

    public sealed class PostgresBench() : IngestBench(Engine.Postgres);

    public sealed class OnSqlite(SqliteBench bench) : OtlpTests(bench), IClassFixture<SqliteBench>;

    public sealed class OnPostgres(PostgresBench bench) : OtlpTests(bench), IClassFixture<PostgresBench>;
}
