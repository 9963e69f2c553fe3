using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>What amtool, Karma and Grafana rely on.</summary>
public abstract class AlertmanagerTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine);

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task An_alert_is_listed_as_it_was_posted()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v2/alerts")
        {
            Content = new StringContent("""
                [{"labels": {"alertname": "Down", "service": "checkout", "empty": ""}, "annotations": {"summary": "It is down"},
                  "startsAt": "2026-01-05T09:00:00.5Z", "endsAt": "2099-01-05T09:00:00Z", "generatorURL": "http://prometheus.test/graph"}]
                """),
        };
        request.Headers.Authorization = new("Bearer", HttpBench.PrometheusKey);
        using (var sender = _bench.Anybody())
        {
            (await sender.SendAsync(request)).EnsureSuccessStatusCode();
        }

        var caller = await _bench.CallerAsync(Role.Viewer);
        var alert = Assert.Single((await caller.GetJsonAsync("/api/v2/alerts")).AsArray())!.AsObject();

        Assert.Equal(
            ["annotations", "endsAt", "fingerprint", "generatorURL", "labels", "receivers", "startsAt", "status", "updatedAt"], alert.Select(m => m.Key).Order());
        Assert.Equal("""{"alertname":"Down","service":"checkout"}""", alert["labels"]!.ToJsonString());
        Assert.Equal("""{"summary":"It is down"}""", alert["annotations"]!.ToJsonString());
        Assert.Equal("2026-01-05T09:00:00.500Z", alert["startsAt"].Text());
        Assert.StartsWith("2099-01-05T09:0", alert["endsAt"].Text(), StringComparison.Ordinal);
        Assert.Equal("http://prometheus.test/graph", alert["generatorURL"].Text());
        Assert.Equal("""[{"name":"payments"}]""", alert["receivers"]!.ToJsonString());
        Assert.Equal("""{"state":"active","silencedBy":[],"inhibitedBy":[],"mutedBy":[]}""", alert["status"]!.ToJsonString());
        Assert.Matches("^[0-9a-f]{16}$", alert["fingerprint"].Text());
    }

    [StoreFact]
    public async Task What_other_sources_sent_is_shown_with_a_name_and_a_summary()
    {
        using var sender = _bench.Anybody();
        await sender.PostAsync($"/in/generic/{HttpBench.GenericKey}", """{"title": "Disk full", "status": "firing", "dedup_key": "disk", "labels": {"host": "a"}}""", HttpStatusCode.Accepted);
        var caller = await _bench.CallerAsync(Role.Viewer);

        var alert = Assert.Single((await caller.GetJsonAsync("/api/v2/alerts?filter=alertname%3D%22Disk%20full%22")).AsArray())!;

        Assert.Equal("""{"alertname":"Disk full","host":"a"}""", alert["labels"]!.ToJsonString());
        Assert.Equal("""{"summary":"Disk full"}""", alert["annotations"]!.ToJsonString());
        Assert.Matches("^[0-9a-f]{16}$", alert["fingerprint"].Text());
    }

    [StoreFact]
    public async Task Groups_are_those_of_the_routes()
    {
        using var sender = _bench.Anybody();
        await sender.FireAsync(HttpBench.PrometheusKey, "alertname=Down,service=b,instance=1", "alertname=Down,service=a,instance=1", "alertname=Down,service=b,instance=2");
        var caller = await _bench.CallerAsync(Role.Viewer);

        var groups = (await caller.GetJsonAsync("/api/v2/alerts/groups")).AsArray();

        Assert.Equal(
            ["""{"alertname":"Down","service":"a"} {"name":"payments"} 1""", """{"alertname":"Down","service":"b"} {"name":"payments"} 2"""],
            groups.Select(g => $"{g!["labels"]!.ToJsonString()} {g["receiver"]!.ToJsonString()} {g["alerts"]!.AsArray().Count}"));
    }

    [StoreFact]
    public async Task Many_alerts_come_whole()
    {
        const int Count = 1_700;
        using var sender = _bench.Anybody();
        for (var from = 0; from < Count; from += 850)
        {
            await sender.FireAsync(HttpBench.PrometheusKey, [.. Enumerable.Range(from, 850).Select(i => $"alertname=Many,instance={i},service={i % 7}")]);
        }

        var caller = await _bench.CallerAsync(Role.Viewer);
        var alerts = await caller.GetJsonAsync("/api/v2/alerts");
        var groups = await caller.GetJsonAsync("/api/v2/alerts/groups");

        Assert.Equal(Count, alerts.AsArray().Select(a => a!["labels"]!["instance"].Text()).Distinct().Count());
        Assert.Equal(7, groups.AsArray().Count);
        Assert.Equal(Count, groups.AsArray().SelectMany(g => g!["alerts"]!.AsArray()).Select(a => a!["fingerprint"].Text()).Distinct().Count());
    }

    [StoreFact]
    public async Task A_resolved_alert_is_gone()
    {
        using var sender = _bench.Anybody();
        await sender.FireAsync(HttpBench.PrometheusKey, "alertname=Down");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v2/alerts") { Content = new StringContent("""[{"labels": {"alertname": "Down"}, "endsAt": "2026-01-05T09:00:00Z"}]""") };
        request.Headers.Add("X-API-Key", HttpBench.PrometheusKey);
        (await sender.SendAsync(request)).EnsureSuccessStatusCode();

        Assert.Empty((await (await _bench.CallerAsync(Role.Viewer)).GetJsonAsync("/api/v2/alerts")).AsArray());
    }

    [StoreFact]
    public async Task The_status_holds_a_configuration_that_Alertmanagers_clients_can_read()
    {
        var caller = await _bench.CallerAsync(Role.Viewer);
        var status = await caller.GetJsonAsync("/api/v2/status");

        Assert.Equal("disabled", status["cluster"]!["status"].Text());
        Assert.Empty(status["cluster"]!["peers"]!.AsArray());
        Assert.StartsWith("0.34.0+tocsin.", status["versionInfo"]!["version"].Text(), StringComparison.Ordinal);
        Assert.Equal(
            """
            global:
              resolve_timeout: 5m
            route:
              # root
              receiver: "payments"
              group_by: ["alertname", "service"]
              group_wait: 0s
              group_interval: 1m
              routes:
                -
                  # information
                  receiver: "none"
                  matchers: ["severity=\"info\""]
            receivers:
              - name: "none"
              - name: "payments"

            """,
            status["config"]!["original"].Text());
        Assert.Equal("""[{"name":"none"},{"name":"payments"}]""", (await caller.GetJsonAsync("/api/v2/receivers")).ToJsonString());
    }

    [StoreFact]
    public async Task A_silence_is_made_read_changed_and_ended()
    {
        using var sender = _bench.Anybody();
        await sender.FireAsync(HttpBench.PrometheusKey, "alertname=Down,service=checkout");
        var caller = await _bench.CallerAsync(Role.Responder);

        var id = await SilenceText.PostAsync(caller, """{"name": "alertname", "value": "Down|Up", "isRegex": true, "isEqual": true}""");
        var silence = await caller.GetJsonAsync($"/api/v2/silence/{id}");
        Assert.True(Guid.TryParse(id, out _));
        Assert.Equal(["comment", "createdBy", "endsAt", "id", "matchers", "startsAt", "status", "updatedAt"], silence.AsObject().Select(m => m.Key).Order());
        Assert.Equal("""[{"name":"alertname","value":"Down|Up","isRegex":true,"isEqual":true}]""", silence["matchers"]!.ToJsonString());
        Assert.Equal("""{"state":"active"}""", silence["status"]!.ToJsonString());
        var alert = Assert.Single((await caller.GetJsonAsync("/api/v2/alerts")).AsArray())!;
        Assert.Equal($$"""{"state":"suppressed","silencedBy":["{{id}}"],"inhibitedBy":[],"mutedBy":[]}""", alert["status"]!.ToJsonString());

        var changed = await SilenceText.PostAsync(caller, """{"name": "alertname", "value": "Up", "isRegex": false}""", id);
        Assert.Equal(id, changed);
        Assert.Equal("active", Assert.Single((await caller.GetJsonAsync("/api/v2/alerts")).AsArray())!["status"]!["state"].Text());

        using var ended = await caller.DeleteAsync($"/api/v2/silence/{id}");
        Assert.Equal((HttpStatusCode.OK, ""), (ended.StatusCode, await ended.Content.ReadAsStringAsync()));
        Assert.Equal("expired", (await caller.GetJsonAsync($"/api/v2/silence/{id}"))["status"]!["state"].Text());
        Assert.NotEqual(id, await SilenceText.PostAsync(caller, """{"name": "alertname", "value": "Up", "isRegex": false}""", id));
    }

    [StoreFact]
    public async Task Silences_are_listed_by_how_much_they_matter_and_by_matcher()
    {
        var caller = await _bench.CallerAsync(Role.Responder);
        var pending = await SilenceText.PostAsync(caller, """{"name": "a", "value": "1", "isRegex": false}""", startsIn: TimeSpan.FromDays(1));
        var active = await SilenceText.PostAsync(caller, """{"name": "a", "value": "2", "isRegex": false}""");
        var ended = await SilenceText.PostAsync(caller, """{"name": "a", "value": "3", "isRegex": false}""");
        (await caller.DeleteAsync($"/api/v2/silence/{ended}")).EnsureSuccessStatusCode();

        var all = await caller.GetJsonAsync("/api/v2/silences");
        var filtered = await caller.GetJsonAsync("/api/v2/silences?filter=a%3D%222%22");

        Assert.Equal([active, "planned", pending, ended], all.AsArray().Select(s => s!["id"].Text()));
        Assert.Equal([active], filtered.AsArray().Select(s => s!["id"].Text()));
    }

    public sealed class OnSqlite() : AlertmanagerTests(Engine.Sqlite);

    public sealed class OnPostgres() : AlertmanagerTests(Engine.Postgres);
}
