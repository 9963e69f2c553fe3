using System.Net;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Alerts that are published and heard at the alert server's addresses.</summary>
public abstract class AlertServerTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine);

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task What_is_published_is_answered_as_it_came_and_heard_with_its_time()
    {
        const string Alert = """{"message":"Disk of web1 is full","level":"error","metadata":{"host":"web1","free":0,"paths":["/var",null]}}""";
        var key = await _bench.CallerAsync(Role.Publisher);
        using var ear = await ListenAsync(key, "/alerts");

        Assert.Equal(("text/event-stream; charset=utf-8", "no-cache", "no"), (ear.Header("Content-Type"), ear.Header("Cache-Control"), ear.Header("X-Accel-Buffering")));
        Assert.Equal($$"""{"status":"alert stored","alert":{{Alert}}}""", await SendAsync(key, "PUT", "/alerts", Alert));

        var (_, heard) = await ear.NextAsync();
        Assert.Equal(Alert, heard["data"]!.ToJsonString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$", heard["received_at"].Text());
    }

    [StoreFact]
    public async Task A_frame_is_one_line_of_ASCII_and_a_comment_comes_at_once()
    {
        var key = await _bench.CallerAsync(Role.Publisher);
        using var response = await key.SendAsync(new(HttpMethod.Get, "/alerts/umlauts"), HttpCompletionOption.ResponseHeadersRead);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        await UntilLineAsync(reader, line => line.StartsWith(": keep-alive", StringComparison.Ordinal));

        await SendAsync(key, "PUT", "/alerts/umlauts", """{"message":"Größe\n☃"}""");

        Assert.Matches("^id: [0-9]+$", await UntilLineAsync(reader, line => line.StartsWith("id:", StringComparison.Ordinal)));
        var data = (await reader.ReadLineAsync())!;
        Assert.StartsWith("data: {\"data\":{", data, StringComparison.Ordinal);
        Assert.True(Ascii.IsValid(data), data);
        Assert.Equal("Größe\n☃", JsonNode.Parse(data["data: ".Length..])!["data"]!["message"].Text());
        Assert.Equal("", await reader.ReadLineAsync());
    }

    [StoreFact]
    public async Task Groups_are_apart_and_the_one_without_a_name_is_default()
    {
        var key = await _bench.CallerAsync(Role.Publisher);
        using var deploys = await ListenAsync(key, "/alerts/deploys");
        using var byDefault = await ListenAsync(key, "/alerts/default");
        using var both = await ListenAsync(key, "/alerts?group=deploys&group=default");

        await SendAsync(key, "POST", "/alerts", """{"message":"one"}""");
        await SendAsync(key, "POST", "/alerts/deploys", """{"message":"two"}""");
        await SendAsync(key, "PUT", "/alerts/", """{"message":"three"}""");

        Assert.Equal("two", await deploys.MessageAsync());
        Assert.Equal(["one", "three"], [await byDefault.MessageAsync(), await byDefault.MessageAsync()]);
        Assert.Equal(["one", "two", "three"], [await both.MessageAsync(), await both.MessageAsync(), await both.MessageAsync()]);
    }

    [StoreFact]
    public async Task Whoever_connects_hears_the_newest_alert_while_it_is_fresh()
    {
        var key = await _bench.CallerAsync(Role.Publisher);
        await SendAsync(key, "PUT", "/alerts/a", """{"message":"old"}""");
        await SendAsync(key, "PUT", "/alerts/a", """{"message":"newest"}""");
        await SendAsync(key, "PUT", "/alerts/b", """{"message":"of another group"}""");

        using (var ear = await ListenAsync(key, "/alerts/a"))
        {
            await SendAsync(key, "PUT", "/alerts/a", """{"message":"live"}""");
            Assert.Equal(["newest", "live"], [await ear.MessageAsync(), await ear.MessageAsync()]);
        }

        _bench.Pass(TimeSpan.FromMinutes(31));
        using var late = await ListenAsync(key, "/alerts/a");
        await SendAsync(key, "PUT", "/alerts/a", """{"message":"after"}""");
        Assert.Equal("after", await late.MessageAsync());
    }

    [StoreFact]
    public async Task Whoever_says_what_he_heard_last_misses_nothing_and_hears_nothing_twice()
    {
        var key = await _bench.CallerAsync(Role.Publisher);
        await SendAsync(key, "PUT", "/alerts/a", """{"message":"0"}""");
        string seen;
        using (var ear = await ListenAsync(key, "/alerts/a"))
        {
            seen = (await ear.NextAsync()).Id;
        }

        foreach (var i in Enumerable.Range(1, 30))
        {
            await SendAsync(key, "PUT", "/alerts/a", $$"""{"message":"{{i}}"}""");
        }

        _bench.Pass(TimeSpan.FromDays(1));
        await _bench.RestartAsync();
        key = await _bench.CallerAsync(Role.Publisher);
        using var byHeader = await ListenAsync(key, "/alerts/a?last=0", seen);
        using var byQuery = await ListenAsync(key, $"/alerts/a?last={seen}");
        foreach (var i in Enumerable.Range(1, 30))
        {
            Assert.Equal($"{i}", await byHeader.MessageAsync());
            Assert.Equal($"{i}", await byQuery.MessageAsync());
        }
    }

    [StoreFact]
    public async Task Levels_and_matchers_choose()
    {
        var key = await _bench.CallerAsync(Role.Publisher);
        using var errors = await ListenAsync(key, "/alerts/a?level=error&level=warn");
        using var hosts = await ListenAsync(key, $"/alerts/a?match={Uri.EscapeDataString("host=~\"db.+\"")}");

        await SendAsync(key, "PUT", "/alerts/a", """{"message":"one","level":"info","metadata":{"host":"db1"}}""");
        await SendAsync(key, "PUT", "/alerts/a", """{"message":"two","level":"warn","metadata":{"host":"web1"}}""");
        await SendAsync(key, "PUT", "/alerts/a", """{"message":"three","level":"error","metadata":{"host":"db2"}}""");

        Assert.Equal(["two", "three"], [await errors.MessageAsync(), await errors.MessageAsync()]);
        Assert.Equal(["one", "three"], [await hosts.MessageAsync(), await hosts.MessageAsync()]);
        using var broken = await key.GetAsync("/alerts/a?match=%7B");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, broken.StatusCode);
    }

    [StoreFact]
    public async Task A_thousand_publishers_at_once_are_all_stored_and_heard_once()
    {
        const int Alerts = 1_000;
        var key = await _bench.CallerAsync(Role.Publisher);
        using var ear = await ListenAsync(key, "/alerts/busy");

        await Task.WhenAll(Enumerable.Range(0, Alerts).Select(i => SendAsync(key, "PUT", "/alerts/busy", $$"""{"message":"{{i}}"}""")));

        List<(string Id, JsonNode Alert)> heard = [];
        while (heard.Count < Alerts)
        {
            heard.Add(await ear.NextAsync());
        }

        Assert.Equal(Alerts, heard.Select(h => h.Alert["data"]!["message"].Text()).Distinct(StringComparer.Ordinal).Count());
        var ids = heard.Select(h => long.Parse(h.Id)).ToList();
        Assert.Equal(ids.Order().Distinct(), ids);
    }

    [StoreFact]
    public async Task Another_workspaces_alerts_are_not_heard()
    {
        var (ours, theirs) = (await _bench.CallerAsync(Role.Publisher), await _bench.CallerAsync(Role.Publisher, "other"));
        await SendAsync(theirs, "PUT", "/alerts/a", """{"message":"theirs"}""");
        using var ear = await ListenAsync(ours, "/alerts/a");

        await SendAsync(theirs, "PUT", "/alerts/a", """{"message":"theirs too"}""");
        await SendAsync(ours, "PUT", "/alerts/a", """{"message":"ours"}""");

        Assert.Equal("ours", await ear.MessageAsync());
    }

    [StoreFact]
    public async Task A_group_that_a_source_names_is_routed_and_pages()
    {
        await _bench.EditEstateAsync("sources:\n", "sources:\n  - {name: live, type: stream, key: live-source-key-000001, groups: 'deploys, default'}\n");
        await _bench.RestartAsync();
        var key = await _bench.CallerAsync(Role.Publisher);
        using var ear = await ListenAsync(key, "/alerts?group=deploys&group=quiet");

        await SendAsync(key, "PUT", "/alerts/quiet", """{"message":"only heard"}""");
        await SendAsync(key, "PUT", "/alerts/deploys", """{"message":"Checkout is down","level":"error","metadata":{"service":"checkout"}}""");

        Assert.Equal(["only heard", "Checkout is down"], [await ear.MessageAsync(), await ear.MessageAsync()]);
        Assert.Equal(("ana", "incident.triggered"), (await _bench.PagedAsync()) is var (phone, type, _) ? (phone, type) : default);
        var viewer = await _bench.CallerAsync(Role.Viewer);
        var incident = Assert.Single((await viewer.GetJsonAsync("/api/v1/incidents")).Items())!;
        Assert.Equal(("Checkout is down", "high", "checkout"), (incident["title"].Text(), incident["severity"].Text(), incident["service"].Text()));

        await SendAsync(key, "PUT", "/alerts/deploys", """{"message":"Checkout is down","level":"info","status":"resolved","metadata":{"service":"checkout"}}""");
        Assert.Equal("Checkout is down", await ear.MessageAsync());
        Assert.Equal("resolved", (await viewer.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text());
    }

    [StoreFact]
    public async Task What_the_source_cannot_read_is_heard_all_the_same()
    {
        await _bench.EditEstateAsync("sources:\n", "sources:\n  - {name: live, type: stream, key: live-source-key-000001, groups: '*'}\n");
        await _bench.RestartAsync();
        var key = await _bench.CallerAsync(Role.Publisher);
        using var ear = await ListenAsync(key, "/alerts/any");

        Assert.Equal("""{"status":"alert stored","alert":{}}""", await SendAsync(key, "PUT", "/alerts/any", "{}"));

        Assert.Equal("{}", (await ear.NextAsync()).Alert["data"]!.ToJsonString());
        var delivery = Assert.Single((await (await _bench.CallerAsync(Role.Admin)).GetJsonAsync("/api/v1/deliveries")).Items())!;
        Assert.Equal(("live", "unparsed"), (delivery["source"].Text(), delivery["verdict"].Text()));
    }

    internal static async Task<string> SendAsync(HttpClient caller, string method, string path, string body, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(new(method), path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        using var response = await caller.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{(int)response.StatusCode} instead of {(int)expected}: {text}");
        return text;
    }

    internal static async Task<Ear> ListenAsync(HttpClient caller, string path, string? lastEventId = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        var response = await caller.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return new(response, await response.Content.ReadAsStreamAsync());
    }

    private static async Task<string> UntilLineAsync(StreamReader reader, Predicate<string> wanted)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            if (wanted(line))
            {
                return line;
            }
        }

        throw new EndOfStreamException();
    }

    /// <summary>Somebody who listens to a stream, patient but not for ever.</summary>
    internal sealed class Ear(HttpResponseMessage response, Stream stream) : IDisposable
    {
        private readonly CancellationTokenSource _patience = Patience.Begin();
        private readonly IAsyncEnumerator<SseItem<string>> _events = SseParser.Create(stream).EnumerateAsync().GetAsyncEnumerator();

        public string Header(string name) => string.Join(", ", (response.Headers.TryGetValues(name, out var values) ? values : response.Content.Headers.GetValues(name)));

        public async Task<(string Id, JsonNode Alert)> NextAsync()
        {
            do
            {
                Assert.True(await _events.MoveNextAsync().AsTask().WaitAsync(_patience.Token));
            }
            while (_events.Current.Data.Length == 0);
            return (_events.Current.EventId!, JsonNode.Parse(_events.Current.Data)!);
        }

        public async Task<string> MessageAsync() => (await NextAsync()).Alert["data"]!["message"].Text();

        public void Dispose()
        {
            response.Dispose();
            _patience.Dispose();
        }
    }

    public sealed class OnSqlite() : AlertServerTests(Engine.Sqlite);

    public sealed class OnPostgres() : AlertServerTests(Engine.Postgres);
}
