using System.Net;
using System.Text.Json.Nodes;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Telemetry;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Telemetry;

/// <summary>Metrics, services and traces over HTTP.</summary>
public sealed class MetricApiTests : SharedBench
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";

    private readonly DateTimeOffset _start = new(DateTimeOffset.UtcNow.UtcDateTime.Date.AddHours(DateTimeOffset.UtcNow.Hour), TimeSpan.Zero);
    private HttpClient _viewer = null!;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _viewer = await Bench.CallerAsync(Role.Viewer);
        var workspace = await Bench.Service<Database>().ReadAsync(session => session.ScalarAsync("SELECT id FROM workspace WHERE name = 'acme'"), default) ?? 0;
        var now = DateTimeOffset.UtcNow;
        await Bench.Service<MetricIntake>().StoreAsync(
            workspace,
            [
                .. Enumerable.Range(0, 60).Select(i => new MetricSample("requests", _start.AddHours(-2).AddMinutes(i), i * 120) { Service = "checkout", Kind = MetricKind.Counter, Tags = LabelSet.Of(("host", "a")) }),
                .. Enumerable.Range(0, 60).Select(i => new MetricSample("requests", _start.AddHours(-2).AddMinutes(i), 5) { Service = "checkout", Tags = LabelSet.Of(("host", "b")), Unit = "1" }),
                new("CPU_percent", now.AddMinutes(-1), 40) { Service = "checkout", Tags = LabelSet.Of(("host", "a")) },
                new("cpu_percent", now.AddMinutes(-2), 80) { Service = "checkout", Tags = LabelSet.Of(("host", "b")) },
                new("cpu_percent", now.AddMinutes(-16), 99) { Service = "checkout", Tags = LabelSet.Of(("host", "c")) },
                new("rps", now, 100) { Service = "checkout", Tags = LabelSet.Of(("host", "a")) },
                new("rps", now, 50) { Service = "checkout", Tags = LabelSet.Of(("host", "b")) },
                new("error_percent", now, 7) { Service = "search" },
                new("latency", now, 0.25) { Service = "search", Unit = "s" },
            ],
            default);
        await Bench.Service<LogIntake>().StoreAsync(
            workspace,
            [
                .. Enumerable.Range(0, 9).Select(i => new LogLine(now.AddSeconds(-i), LineLevel.Info, $"order {i} taken") { Service = "checkout" }),
                new(now, LineLevel.Error, "order 7 refused") { Service = "checkout" },
                new(now, LineLevel.Critical, "no disk") { Service = "logs-only" },
            ],
            default);
        await Bench.Service<SpanIntake>().StoreAsync(
            workspace,
            [
                new(Trace, "b7ad6b7169203331", "POST /pay", now, TimeSpan.FromMilliseconds(120)) { Service = "checkout", Kind = "server", Failed = true, Attributes = """{"http.status_code":500}""" },
                new(Trace, "00f067aa0ba902b7", "SELECT", now.AddMilliseconds(20), TimeSpan.FromMilliseconds(150)) { ParentId = "b7ad6b7169203331", Service = "db", Attributes = "no JSON" },
            ],
            default);
    }

    [Fact]
    public async Task Series_are_listed_with_their_tags_and_found_by_name_and_service()
    {
        var all = await _viewer.GetJsonAsync("/api/v1/metrics");
        var requests = await _viewer.GetJsonAsync("/api/v1/metrics?name=requests&service=checkout");
        var first = await _viewer.GetJsonAsync("/api/v1/metrics?limit=1");

        Assert.Equal(9, all["items"]!.AsArray().Count);
        Assert.Equal(["a", "b"], requests["items"]!.AsArray().Select(i => i!["tags"]!["host"].Text()));
        Assert.Equal(("requests", "checkout", "counter"), (requests["items"]![0]!["name"].Text(), requests["items"]![0]!["service"].Text(), requests["items"]![0]!["kind"].Text()));
        Assert.Equal((true, false), (all["complete"]!.GetValue<bool>(), first["complete"]!.GetValue<bool>()));
    }

    [Fact]
    public async Task A_query_gives_a_value_a_step_of_each_series()
    {
        var answer = await _viewer.GetJsonAsync($"/api/v1/metrics/query?name=requests&tags={Uri.EscapeDataString("{host=\"a\"}")}&from={At(-2)}&to={At(-1)}&step=10m&how=rate");

        var line = Assert.Single(answer["series"]!.AsArray())!;
        Assert.Equal(6, line["points"]!.AsArray().Count);
        Assert.All(line["points"]!.AsArray(), p => Assert.Equal(2, p!["value"]!.GetValue<double>(), 9));
        Assert.Equal(_start.AddHours(-2), line["points"]![0]!["at"]!.GetValue<DateTimeOffset>());
        Assert.Equal((600, "rate"), (answer["step_seconds"]!.GetValue<double>(), answer["how"].Text()));
    }

    [Fact]
    public async Task The_samples_themselves_are_given_as_they_came()
    {
        var answer = await _viewer.GetJsonAsync($"/api/v1/metrics/query?name=requests&service=checkout&from={At(-2)}&to={At(-1)}&how=raw&limit=1");

        Assert.Equal(Enumerable.Range(0, 60).Select(i => i * 120.0), Assert.Single(answer["series"]!.AsArray())!["points"]!.AsArray().Select(p => p!["value"]!.GetValue<double>()));
        Assert.False(answer["complete"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData("", "name")]
    [InlineData("name=a&tags={host=~\"(\"}", "tags")]
    [InlineData("name=a&from=2026-01-02T00:00Z&to=2026-01-01T00:00Z", "from")]
    [InlineData("name=a&how=median", "how")]
    [InlineData("name=a&step=often", "step")]
    [InlineData("name=a&step=0", "step")]
    [InlineData("name=a&from=2025-01-01T00:00Z&to=2026-01-01T00:00Z&step=1s", "step")]
    [InlineData("name=a&limit=0", "limit")]
    public async Task What_cannot_be_answered_is_refused_with_the_part_that_is_wrong(string query, string field)
    {
        using var answer = await _viewer.GetAsync($"/api/v1/metrics/query?{query}");

        Assert.Equal(field, (await answer.JsonAsync(HttpStatusCode.UnprocessableEntity))["field"].Text());
    }

    [Fact]
    public async Task Services_show_their_newest_figures_in_one_unit()
    {
        var services = (await _viewer.GetJsonAsync("/api/v1/services")).Items();

        Assert.Equal(["checkout", "logs-only", "search"], services.Select(s => s!["name"].Text()));
        Assert.Equal((60, 150), (Number(services[0]!, "cpu_percent"), Number(services[0]!, "throughput")));
        Assert.Equal((2, 0.2), (Number(services[0]!, "logs_per_minute"), Number(services[0]!, "errors_per_minute")));
        Assert.Equal(0.2, Number(services[1]!, "errors_per_minute"));
        Assert.Equal((0.07, 250), (Number(services[2]!, "error_rate"), Number(services[2]!, "latency_ms")));
        Assert.Null(services[2]!["cpu_percent"]);
    }

    [Fact]
    public async Task A_trace_is_told_whole_and_nobody_else_sees_it()
    {
        var trace = await _viewer.GetJsonAsync($"/api/v1/traces/{Trace}");
        using var foreign = await (await Bench.CallerAsync(Role.Viewer, "other")).GetAsync($"/api/v1/traces/{Trace}");

        Assert.Equal(170, Number(trace, "duration_ms"));
        Assert.Equal(["POST /pay", "SELECT"], trace["spans"]!.AsArray().Select(s => s!["name"].Text()));
        Assert.Equal(500, trace["spans"]![0]!["attributes"]!["http.status_code"]!.GetValue<int>());
        Assert.Equal("no JSON", trace["spans"]![1]!["attributes"].Text());
        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
    }

    private static double Number(JsonNode node, string name) => node[name]!.GetValue<double>();

    private string At(int hours) => Uri.EscapeDataString(_start.AddHours(hours).ToString("O"));
}
