using System.Net;
using Tocsin.Identity;
using Tocsin.Telemetry;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Telemetry;

/// <summary>Log lines through the API of a whole server.</summary>
public sealed class LogApiTests : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _viewer = null!;
    private long _workspace;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync();
        _viewer = await _bench.CallerAsync(Role.Viewer);
        _workspace = (await _bench.Service<Tocsin.Data.Database>().ReadAsync(session => session.ScalarAsync("SELECT id FROM workspace WHERE name = 'acme'"), default))!.Value;
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    private Task StoreAsync(params LogLine[] lines) => _bench.Service<LogIntake>().StoreAsync(_workspace, lines, default);

    [Fact]
    public async Task Lines_are_searched_page_by_page_counted_and_shown_with_their_neighbours()
    {
        var now = DateTimeOffset.UtcNow;
        await StoreAsync([.. Enumerable.Range(0, 5).Select(i => new LogLine(now.AddSeconds(-i), i == 2 ? LineLevel.Error : LineLevel.Info, $"order {i} placed") { Service = "shop", TraceId = $"{i:x32}", Attributes = i == 2 ? """{"amount":12}""" : "{cut off" })]);

        var first = await _viewer.GetJsonAsync("/api/v1/logs?from=-15m&q=order&service=shop&limit=3");
        var second = await _viewer.GetJsonAsync($"/api/v1/logs?from=-15m&q=order&service=shop&limit=3&after={first["next"].Text()}");
        Assert.Equal(["order 0 placed", "order 1 placed", "order 2 placed", "order 3 placed", "order 4 placed"], first.Items().Concat(second.Items()).Select(l => l!["message"].Text()));
        Assert.Equal((true, null), (second["complete"]!.GetValue<bool>(), second["next"]));

        var error = Assert.Single((await _viewer.GetJsonAsync("/api/v1/logs?level=error")).Items())!;
        Assert.Equal(("error", "shop", $"{2:x32}", 12), (error["level"].Text(), error["service"].Text(), error["trace_id"].Text(), error["attributes"]!["amount"]!.GetValue<int>()));
        Assert.Equal("{cut off", first.Items()[0]!["attributes"].Text());
        Assert.Null(error["source"]);

        var context = await _viewer.GetJsonAsync($"/api/v1/logs/{error["id"].Text()}/context?before=1&after=1");
        Assert.Equal(["order 1 placed", "order 2 placed", "order 3 placed"], context.Items().Select(l => l!["message"].Text()));

        var histogram = await _viewer.GetJsonAsync("/api/v1/logs/histogram?from=-10m&buckets=5");
        Assert.Equal((120, 5), (histogram["step_seconds"]!.GetValue<int>(), histogram.Items().Sum(b => b!["info"]!.GetValue<int>() + b["error"]!.GetValue<int>())));

        var templates = await _viewer.GetJsonAsync("/api/v1/logs/templates?service=shop");
        Assert.Equal(["order <num> placed", "order <num> placed"], templates.Items().Select(t => t!["pattern"].Text()));
        Assert.Equal(4, (await _viewer.GetJsonAsync($"/api/v1/logs?template={templates.Items()[0]!["id"]}")).Items().Count);

        var other = await _bench.CallerAsync(Role.Viewer, "other");
        Assert.Empty((await other.GetJsonAsync("/api/v1/logs")).Items());
        using var hidden = await other.GetAsync($"/api/v1/logs/{error["id"].Text()}/context");
        Assert.Equal(HttpStatusCode.NotFound, hidden.StatusCode);
    }

    [Theory]
    [InlineData("?from=yesterday", "from")]
    [InlineData("?from=-15x", "from")]
    [InlineData("?from=-99999999999d", "from")]
    [InlineData("?to=2026-13-01", "to")]
    [InlineData("?from=-1m&to=-5m", "to")]
    [InlineData("?level=loud", "level")]
    [InlineData("?level=3", "level")]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=1001", "limit")]
    [InlineData("?after=x", "after")]
    [InlineData("/histogram?buckets=0", "buckets")]
    [InlineData("/histogram?buckets=1001", "buckets")]
    [InlineData("/0/context?before=201", "before")]
    [InlineData("/0/context?after=-1", "after")]
    [InlineData("/tail?level=loud", "level")]
    public async Task What_cannot_be_asked_is_refused_with_what_to_do(string query, string field)
    {
        using var response = await _viewer.GetAsync($"/api/v1/logs{query}");
        Assert.Equal(field, (await response.JsonAsync(HttpStatusCode.UnprocessableEntity))["field"].Text());
    }

    [Fact]
    public async Task A_tail_hears_new_lines_that_it_asked_for()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await using var stream = await _viewer.GetStreamAsync("/api/v1/logs/tail?service=shop&level=warning", patience.Token);
        using var reader = new StreamReader(stream);
        Assert.Equal("event: heartbeat", await reader.ReadLineAsync(patience.Token));

        var now = DateTimeOffset.UtcNow;
        await StoreAsync(new(now, LineLevel.Info, "quiet") { Service = "shop" }, new(now, LineLevel.Error, "loud\nand long") { Service = "shop" }, new(now, LineLevel.Error, "elsewhere") { Service = "bank" });

        string line;
        while (!(line = await reader.ReadLineAsync(patience.Token) ?? "").StartsWith("data: {\"id\"", StringComparison.Ordinal))
        {
            // What comes before is the heartbeat.
        }

        Assert.Equal("loud\nand long", System.Text.Json.Nodes.JsonNode.Parse(line[6..])!["message"].Text());
    }

    [Fact]
    public async Task A_full_store_refuses_lines_pages_once_and_takes_alerts()
    {
        var room = _bench.Service<Microsoft.Extensions.Options.IOptions<TelemetryOptions>>();
        var enough = room.Value.MaxGigabytes;
        room.Value.MaxGigabytes = 1e-6;
        await _bench.Service<TelemetryRoom>().LookAsync(default);
        var sender = await _bench.CallerAsync(Role.Responder);
        foreach (var (path, body) in ((string Path, string Body)[])[("/ingest/logs", """{"logs": [{"message": "refused"}]}"""), ("/ingest/metrics", """{"metrics": [{"name": "refused", "value": 1}]}""")])
        {
            using var refused = await sender.PostJsonAsync(path, body);
            Assert.Equal((System.Net.HttpStatusCode.ServiceUnavailable, true), (refused.StatusCode, refused.Headers.RetryAfter is not null));
            Assert.Contains("MaxGigabytes", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        var alarm = _bench.Service<TelemetryAlarm>();
        await alarm.TellAsync(isFull: true, default);
        await alarm.TellAsync(isFull: true, default);
        var alerts = (await _viewer.GetJsonAsync("/api/v1/alerts?status=firing")).Items();
        Assert.Equal("TocsinTelemetryFull", Assert.Single(alerts)!["labels"]!["alertname"].Text());
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=Down,service=checkout,severity=critical");

        room.Value.MaxGigabytes = enough;
        await _bench.Service<TelemetryRoom>().LookAsync(default);
        await alarm.TellAsync(isFull: false, default);
        await StoreAsync(new LogLine(DateTimeOffset.UtcNow, LineLevel.Info, "taken"));
        Assert.Equal("Down", Assert.Single((await _viewer.GetJsonAsync("/api/v1/alerts?status=firing")).Items())!["labels"]!["alertname"].Text());
    }
}
