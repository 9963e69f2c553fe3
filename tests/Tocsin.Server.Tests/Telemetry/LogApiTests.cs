using System.Net;
using Tocsin.Identity;
using Tocsin.Telemetry;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Telemetry;

/// <summary>Log lines through the API of a whole server.</summary>
public abstract class LogApiTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _viewer = null!;
    private long _workspace;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine);
        _viewer = await _bench.CallerAsync(Role.Viewer);
        _workspace = (await _bench.Service<Tocsin.Data.Database>().ReadAsync(session => session.ScalarAsync("SELECT id FROM workspace WHERE name = 'acme'"), default))!.Value;
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    private Task StoreAsync(params LogLine[] lines) => _bench.Service<LogIntake>().StoreAsync(_workspace, lines, default);

    [StoreFact]
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

    [StoreFact]
    public async Task What_cannot_be_asked_is_refused_with_what_to_do()
    {
        (string Query, string Field)[] refusals =
        [
            ("?from=yesterday", "from"),
            ("?from=-15x", "from"),
            ("?from=-99999999999d", "from"),
            ("?to=2026-13-01", "to"),
            ("?from=-1m&to=-5m", "to"),
            ("?level=loud", "level"),
            ("?level=3", "level"),
            ("?q=/(/", "q"),
            ("/histogram?q=/a(%3F=b)/", "q"),
            ("?limit=0", "limit"),
            ("?limit=1001", "limit"),
            ("?after=x", "after"),
            ("/histogram?buckets=0", "buckets"),
            ("/histogram?buckets=1001", "buckets"),
            ("/0/context?before=201", "before"),
            ("/0/context?after=-1", "after"),
            ("/tail?level=loud", "level"),
            ("/tail?last=first", "last"),
        ];
        foreach (var (query, field) in refusals)
        {
            using var response = await _viewer.GetAsync($"/api/v1/logs{query}");
            Assert.Equal((query, field), (query, (await response.JsonAsync(HttpStatusCode.UnprocessableEntity))["field"].Text()));
        }
    }

    [StoreFact]
    public async Task A_tail_hears_new_lines_that_it_asked_for()
    {
        using var patience = Patience.Begin();
        await using var stream = await _viewer.GetStreamAsync("/api/v1/logs/tail?service=shop&level=warning", patience.Token);
        using var reader = new StreamReader(stream);
        while (await reader.ReadLineAsync(patience.Token) is not "event: heartbeat")
        {
            // The place comes before it.
        }

        var now = DateTimeOffset.UtcNow;
        await StoreAsync(new(now, LineLevel.Info, "quiet") { Service = "shop" }, new(now, LineLevel.Error, "loud\nand long") { Service = "shop" }, new(now, LineLevel.Error, "elsewhere") { Service = "bank" });

        string line;
        while (!(line = await reader.ReadLineAsync(patience.Token) ?? "").StartsWith("data: {\"id\"", StringComparison.Ordinal))
        {
            // What comes before is the heartbeat.
        }

        Assert.Equal("loud\nand long", System.Text.Json.Nodes.JsonNode.Parse(line[6..])!["message"].Text());
    }

    [StoreFact]
    public async Task Following_over_restarts_of_the_server_misses_no_line_and_doubles_none()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var key = await _bench.KeyAsync(Role.Viewer);
        using var http = new HttpClient(new ToTheBench(_bench)) { BaseAddress = _bench.Url };
        http.DefaultRequestHeaders.Authorization = new("Bearer", key);
        var client = new Tocsin.Sdk.TocsinClient(http);
        List<Tocsin.Sdk.StreamNotice> notices = [];
        var connected = System.Threading.Channels.Channel.CreateUnbounded<bool>();
        var lines = client.TailLogsAsync(
            new("order"),
            notice =>
            {
                notices.Add(notice);
                connected.Writer.TryWrite(notice is Tocsin.Sdk.StreamNotice.Connected);
            },
            patience.Token).GetAsyncEnumerator(patience.Token);
        List<string> heard = [];
        var next = lines.MoveNextAsync().AsTask();
        Assert.True(await connected.Reader.ReadAsync(patience.Token));
        var sent = 0;

        // What the first connection opens with is its place, so that all that follows is heard.
        while (!next.IsCompleted)
        {
            await StoreAsync(new LogLine(DateTimeOffset.UtcNow, LineLevel.Info, $"order {sent++} placed"));
            await Task.WhenAny(next, UntilStoredIsHeard());
        }

        for (var restart = 0; restart < 2; restart++)
        {
            await StoreAsync([.. Enumerable.Range(0, 5).Select(_ => new LogLine(DateTimeOffset.UtcNow, LineLevel.Info, $"order {sent++} placed"))]);
            var stopping = _bench.RestartAsync();
            for (var i = 0; i < 2; i++)
            {
                await HearAsync();
            }

            await stopping;
            await StoreAsync([.. Enumerable.Range(0, 3).Select(_ => new LogLine(DateTimeOffset.UtcNow, LineLevel.Info, $"order {sent++} placed"))]);
        }

        var first = int.Parse(heard[0].Split(' ')[1]);
        while (heard.Count < sent - first)
        {
            await HearAsync();
        }

        Assert.Equal(Enumerable.Range(first, sent - first).Select(i => $"order {i} placed"), heard);
        Assert.InRange(notices.OfType<Tocsin.Sdk.StreamNotice.Lost>().Count(), 1, int.MaxValue);
        Assert.Empty(notices.OfType<Tocsin.Sdk.StreamNotice.Missed>());

        // An enumerator that is asked can't be left.
        await patience.CancelAsync();
        await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await lines.DisposeAsync();

        async Task HearAsync()
        {
            Assert.True(await next);
            heard.Add(lines.Current.Message);
            next = lines.MoveNextAsync().AsTask();
        }

        async Task UntilStoredIsHeard() => await _viewer.GetJsonAsync("/api/v1/logs?q=order");
    }

    /// <summary>Wherever the server listens now.</summary>
    private sealed class ToTheBench(HttpBench bench) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            try
            {
                request.RequestUri = new(bench.Url, request.RequestUri!.PathAndQuery);
            }
            catch (ObjectDisposedException e)
            {
                throw new HttpRequestException("It is stopped.", e);
            }

            return base.SendAsync(request, cancellationToken);
        }
    }

    [StoreFact]
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

    public sealed class OnSqlite() : LogApiTests(Engine.Sqlite);

    public sealed class OnPostgres() : LogApiTests(Engine.Postgres);
}
