using System.Net;
using System.Text.Json.Nodes;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Senders that were set up for other on-call systems, over HTTP.</summary>
public abstract class SenderTests(Engine engine) : IAsyncLifetime
{
    private const string Datadog = """
        {"alert_cycle_key":"c-1","alert_id":"77","title":"[P1] [Triggered on {host:web1}] CPU is high","transition":"TRANSITION","priority":"P1","tags":"host:web1,service:checkout","date":"1767604000000"}
        """;

    private HttpBench _bench = null!;
    private HttpClient _sender = null!;
    private HttpClient _reader = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine);
        (_sender, _reader) = (_bench.Anybody(), await _bench.CallerAsync(Role.Viewer));
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_webhook_opens_one_incident_however_often_it_is_sent_and_its_end_resolves_it()
    {
        for (var i = 0; i < 3; i++)
        {
            var answer = await _sender.PostAsync($"/webhook/datadog/{HttpBench.DatadogKey}", Datadog.Replace("TRANSITION", i == 0 ? "Triggered" : "Renotify", StringComparison.Ordinal));
            Assert.Equal((1, HttpBench.DatadogKey), (answer["alerts_count"]!.GetValue<int>(), answer["integration_id"].Text()));
        }

        await _sender.PostAsync($"/webhook/datadog/{HttpBench.DatadogKey}", Datadog.Replace("TRANSITION", "Recovered", StringComparison.Ordinal));

        Assert.Equal(["resolved"], (await _reader.GetJsonAsync("/api/v1/incidents?status=all")).Items().Select(i => i!["status"].Text()));
    }

    [StoreFact]
    public async Task Every_type_of_webhook_reads_what_its_tool_sends()
    {
        await _sender.PostAsync($"/webhook/prometheus/{HttpBench.PrometheusKey}", """{"version":"4","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"A"}},{"status":"firing","labels":{"alertname":"B"}}]}""");
        await _sender.PostAsync($"/webhook/webhook/{HttpBench.GenericKey}", """{"alert_name":"disk","severity":"critical","fingerprint":"f1"}""");
        await _sender.PostAsync($"/webhook/custom/{HttpBench.GenericKey}", """{"alert_name":"disk","severity":"critical","fingerprint":"f1","status":"resolved"}""");

        Assert.Equal(
            ["resolved f1", "firing B", "firing A"],
            (await _reader.GetJsonAsync("/api/v1/alerts?status=all")).Items().Select(a => $"{a!["status"]} {(a["source"].Text() == "scripts" ? a["dedup_key"] : a["labels"]!["alertname"])}"));
    }

    [StoreFact]
    public async Task A_webhook_that_cannot_be_taken_says_why()
    {
        Assert.Equal("There is no integration of this id: it is the key of a source.", await FaultAsync("/webhook/grafana/nobody-has-this-key-01", "{}", HttpStatusCode.NotFound));
        Assert.Equal("This integration is of type datadog; post to /webhook/datadog/….", await FaultAsync($"/webhook/grafana/{HttpBench.DatadogKey}", "{}", HttpStatusCode.BadRequest));
        Assert.Equal("This integration is of type prometheus; post to /webhook/prometheus/….", await FaultAsync($"/webhook/nagios/{HttpBench.PrometheusKey}", "{}", HttpStatusCode.BadRequest));
        Assert.StartsWith("0 alerts were stored, 0 could not be read. The body is not valid JSON", await FaultAsync($"/webhook/datadog/{HttpBench.DatadogKey}", "{", HttpStatusCode.BadRequest), StringComparison.Ordinal);
        Assert.Equal("unparsed", Assert.Single((await (await _bench.CallerAsync(Role.Admin)).GetJsonAsync("/api/v1/deliveries")).Items())!["verdict"].Text());
    }

    [StoreFact]
    public async Task An_event_lives_from_trigger_over_acknowledge_to_resolve_under_one_key()
    {
        var opened = await EventAsync("trigger", "db1", HttpStatusCode.Created);
        Assert.Equal(("success", "db1", "1", "db1"), (opened["status"].Text(), opened["dedup_key"].Text(), opened["incident_id"].Text(), opened["incident_key"].Text()));
        await _bench.PagedAsync();
        Assert.Equal("1", (await EventAsync("trigger", "db1", HttpStatusCode.Created))["incident_id"].Text());

        await EventAsync("acknowledge", "db1", HttpStatusCode.Created);
        var incident = (await _reader.GetJsonAsync("/api/v1/incidents/1"))["incident"]!;
        Assert.Equal(("acknowledged", "events"), (incident["status"].Text(), incident["acknowledged_by"].Text()));

        await EventAsync("resolve", "db1", HttpStatusCode.Created);
        Assert.Equal("resolved", (await _reader.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text());
        Assert.Null((await EventAsync("acknowledge", "never heard of", HttpStatusCode.Created))["incident_id"]);
    }

    [StoreFact]
    public async Task An_event_without_a_key_gets_one_under_which_it_can_be_resolved()
    {
        var key = (await EventAsync("trigger", null, HttpStatusCode.Created))["dedup_key"].Text();

        await EventAsync("resolve", key, HttpStatusCode.Created);

        Assert.Equal("resolved", (await _reader.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text());
    }

    [StoreFact]
    public async Task PagerDutys_addresses_answer_as_PagerDuty_does()
    {
        var enqueued = await _sender.PostAsync("/compat/pagerduty/v2/enqueue", EventBody("trigger", "k"), HttpStatusCode.Accepted);
        Assert.Equal("""{"status":"success","message":"Event processed","dedup_key":"k"}""", enqueued.ToJsonString());
        var old = await _sender.PostAsync(
            "/compat/pagerduty/generic/2010-04-15/create_event.json", $$"""{"service_key":"{{HttpBench.EventsKey}}","event_type":"trigger","incident_key":"o","description":"Old but well"}""");
        Assert.Equal("""{"status":"success","message":"Event processed","incident_key":"o"}""", old.ToJsonString());
        var change = await _sender.PostAsync(
            "/compat/pagerduty/v2/change/enqueue", $$$"""{"routing_key":"{{{HttpBench.EventsKey}}}","payload":{"summary":"Deploy 7f3c2","source":"ci"}}""", HttpStatusCode.Accepted);
        Assert.Equal("""{"status":"success","message":"Change event processed"}""", change.ToJsonString());
        Assert.Equal(2, (await _reader.GetJsonAsync("/api/v1/incidents")).Items().Count);

        var refused = await _sender.PostAsync("/compat/pagerduty/v2/enqueue", EventBody("explode", "k"), HttpStatusCode.BadRequest);
        Assert.Equal("""{"status":"invalid event","message":"Event object is invalid","errors":["event_action is \u0022explode\u0022; use trigger, acknowledge or resolve."]}""", refused.ToJsonString());
        var stranger = await _sender.PostAsync("/compat/pagerduty/v2/enqueue", EventBody("trigger", "k").Replace(HttpBench.EventsKey, HttpBench.GenericKey, StringComparison.Ordinal), HttpStatusCode.BadRequest);
        Assert.Equal("routing_key is not the key of a source of type pagerduty.", Assert.Single(stranger["errors"]!.AsArray()).Text());
    }

    [StoreFact]
    public async Task An_api_key_that_is_given_must_be_good_for_sending()
    {
        var responder = await _bench.KeyAsync(Role.Responder);
        await _sender.PostAsync($"/webhooks/incident?api_key={responder}", EventBody("trigger", "k"), HttpStatusCode.Created);

        var viewer = await _bench.KeyAsync(Role.Viewer);
        Assert.Equal("The api_key is not known, or may not send alerts. It can be left out: the routing_key admits.", await FaultAsync($"/webhooks/incident?api_key={viewer}", EventBody("trigger", "k"), HttpStatusCode.Unauthorized));
    }

    private Task<JsonNode> EventAsync(string action, string? key, HttpStatusCode expected) => _sender.PostAsync("/webhooks/incident", EventBody(action, key), expected);

    private static string EventBody(string action, string? key) => new JsonObject
    {
        ["routing_key"] = HttpBench.EventsKey,
        ["event_action"] = action,
        ["dedup_key"] = key,
        ["payload"] = new JsonObject { ["summary"] = "The backup failed", ["source"] = "db1", ["severity"] = "critical" },
    }.ToJsonString();

    private async Task<string> FaultAsync(string path, string body, HttpStatusCode expected) => (await _sender.PostAsync(path, body, expected))["error"].Text();

    public sealed class OnSqlite() : SenderTests(Engine.Sqlite);

    public sealed class OnPostgres() : SenderTests(Engine.Postgres);
}
