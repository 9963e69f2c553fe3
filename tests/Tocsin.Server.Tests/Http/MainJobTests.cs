using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>From an alert to a page that somebody answers, told over HTTP against the whole server.</summary>
public abstract class MainJobTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine);

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task An_alert_pages_whoever_is_on_call_and_the_answer_ends_the_paging()
    {
        await FireAsync("alertname=Down,service=checkout,severity=critical");
        var (phone, type, page) = await _bench.PagedAsync();
        Assert.Equal(("ana", "incident.triggered", 1), (phone, type, page["incident"]!.GetValue<int>()));

        var responder = await _bench.CallerAsync(Role.Responder);
        var open = Assert.Single((await responder.GetJsonAsync("/api/v1/incidents")).Items())!;
        Assert.Equal(("triggered", "critical", "checkout", "payments"), (open["status"].Text(), open["severity"].Text(), open["service"].Text(), open["policy"].Text()));
        Assert.Equal("""["ana"], then ["bo"]""", $"{open["paging"]!.ToJsonString()}, then {open["next"]!.ToJsonString()}");

        var answered = await responder.PostAsync("/api/v1/incidents/1/acknowledge", "");
        Assert.Equal(("acknowledged", "Responder"), (answered["status"].Text(), answered["acknowledged_by"].Text()));
        Assert.Null(answered["next_at"]);

        // Ana's second method would be due after 30 s, Bo's step after a minute.
        _bench.Pass(TimeSpan.FromMinutes(10));
        var pages = await HttpBench.UntilAsync(responder, "/api/v1/pages?incident=1", p => p.Items().All(i => i!["status"].Text() != "queued"));
        Assert.Equal(["second page cancelled", "phone page sent"], pages.Items().Select(p => $"{p!["method"]} {p["kind"]} {p["status"]}"));
        Assert.DoesNotContain(_bench.Phone.Deliveries, d => d.Path == "/bo");
    }

    [StoreFact]
    public async Task Nobody_is_left_alone_until_somebody_answers()
    {
        await FireAsync("alertname=Down,service=checkout,severity=critical");
        Assert.Equal("ana", (await _bench.PagedAsync()).Phone);

        _bench.Pass(TimeSpan.FromSeconds(31));
        Assert.Equal("ana-second", (await _bench.PagedAsync()).Phone);
        _bench.Pass(TimeSpan.FromSeconds(30));
        Assert.Equal(("bo", "incident.escalated"), (await _bench.PagedAsync()) is var (phone, type, _) ? (phone, type) : default);

        _bench.Pass(TimeSpan.FromMinutes(1));
        var incident = await HttpBench.UntilAsync(await _bench.CallerAsync(Role.Viewer), "/api/v1/incidents/1", i => i["incident"]!["escalation"].Text() == "exhausted");
        Assert.Contains(incident["timeline"]!.AsArray(), e => e!["kind"].Text() == "incident.unanswered");
    }

    [StoreFact]
    public async Task The_next_step_can_be_called_at_once()
    {
        await FireAsync("alertname=Down,service=checkout");
        Assert.Equal("ana", (await _bench.PagedAsync()).Phone);

        await (await _bench.CallerAsync(Role.Responder)).PostAsync("/api/v1/incidents/1/escalate", "");

        Assert.Equal("bo", (await _bench.PagedAsync()).Phone);
    }

    [StoreFact]
    public async Task A_snoozed_incident_comes_back()
    {
        await FireAsync("alertname=Down,service=checkout");
        await _bench.PagedAsync();
        var responder = await _bench.CallerAsync(Role.Responder);

        Assert.Equal("snoozed", (await responder.PostAsync("/api/v1/incidents/1/snooze", """{"for": "1h"}"""))["status"].Text());
        await responder.PostAsync("/api/v1/incidents/1/snooze", """{"for": "31d"}""", HttpStatusCode.UnprocessableEntity);
        await responder.PostAsync("/api/v1/incidents/1/notes", """{"text": "Waiting for the vendor"}""");

        // Prometheus goes on sending meanwhile; an alert that nobody sends would resolve by itself.
        await FireUntilAsync("alertname=Down,service=checkout", DateTimeOffset.UtcNow.AddHours(3));
        _bench.Pass(TimeSpan.FromMinutes(61));
        Assert.Equal("ana", (await _bench.PagedAsync()).Phone);
        Assert.Contains(
            (await responder.GetJsonAsync("/api/v1/incidents/1"))["timeline"]!.AsArray(), e => e!["reason"].Text().Contains("Waiting for the vendor", StringComparison.Ordinal));
    }

    [StoreFact]
    public async Task What_the_sender_resolves_is_resolved()
    {
        await FireAsync("alertname=Down,service=checkout");
        await _bench.PagedAsync();
        await FireUntilAsync("alertname=Down,service=checkout", DateTimeOffset.UtcNow.AddMinutes(-1));

        var viewer = await _bench.CallerAsync(Role.Viewer);
        Assert.Empty((await viewer.GetJsonAsync("/api/v1/incidents")).Items());
        Assert.Equal("resolved", Assert.Single((await viewer.GetJsonAsync("/api/v1/incidents?status=resolved")).Items())!["status"].Text());
    }

    [StoreFact]
    public async Task What_a_person_resolved_pages_again_when_it_happens_again()
    {
        const string Backup = """{"dedupKey": "backup/db1", "title": "The backup failed", "severity": "high"}""";
        using var sender = _bench.Anybody();
        var responder = await _bench.CallerAsync(Role.Responder);
        await sender.PostAsync($"/in/generic/{HttpBench.GenericKey}", Backup, HttpStatusCode.Accepted);
        Assert.Equal(("ana", "incident.triggered"), (await _bench.PagedAsync()) is var (phone, type, _) ? (phone, type) : default);
        await responder.PostAsync("/api/v1/incidents/1/resolve", "");
        Assert.Equal(0, (await responder.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["firing_count"]!.GetValue<int>());

        Assert.Equal("accepted", (await sender.PostAsync($"/in/generic/{HttpBench.GenericKey}", Backup, HttpStatusCode.Accepted))["verdict"].Text());
        Assert.Equal("ana", (await _bench.PagedAsync()).Phone);
        Assert.Equal("triggered", Assert.Single((await responder.GetJsonAsync("/api/v1/incidents")).Items())!["status"].Text());

        await responder.PostAsync("/api/v1/incidents/1/resolve", "");
        await sender.PostAsync($"/in/generic/{HttpBench.GenericKey}", Backup.Replace("high\"", "high\", \"status\": \"resolved\"", StringComparison.Ordinal), HttpStatusCode.Accepted);
        Assert.Empty((await responder.GetJsonAsync("/api/v1/incidents")).Items());
    }

    [StoreFact]
    public async Task What_a_person_resolved_is_not_paged_for_again_by_mere_repetition()
    {
        using var sender = _bench.Anybody();
        var responder = await _bench.CallerAsync(Role.Responder);
        const string Webhook = """{"version": "4", "status": "firing", "alerts": [{"status": "firing", "labels": {"alertname": "Told"}, "startsAt": "2026-11-01T00:00:00.123456789Z"}]}""";
        await FireAsync("alertname=Repeated");
        await sender.PostAsync($"/in/alertmanager/{HttpBench.PrometheusKey}", Webhook, HttpStatusCode.Accepted);
        await responder.PostAsync("/api/v1/incidents/1/resolve", "");
        await responder.PostAsync("/api/v1/incidents/2/resolve", "");

        await FireAsync("alertname=Repeated");
        await sender.PostAsync($"/in/alertmanager/{HttpBench.PrometheusKey}", Webhook, HttpStatusCode.Accepted);
        Assert.Empty((await responder.GetJsonAsync("/api/v1/incidents")).Items());

        await sender.PostAsync($"/in/alertmanager/{HttpBench.PrometheusKey}", Webhook.Replace("11-01", "11-02", StringComparison.Ordinal), HttpStatusCode.Accepted);
        Assert.Equal("Told", Assert.Single((await responder.GetJsonAsync("/api/v1/incidents")).Items())!["title"].Text());
    }

    [StoreFact]
    public async Task One_bad_alert_does_not_cost_the_good_ones()
    {
        using var sender = _bench.Anybody();
        const string Mixed = """[{"labels": {"alertname": "Good"}}, {"labels": {}}, {"labels": {"alertname": "AlsoGood"}}]""";

        sender.DefaultRequestHeaders.Authorization = new("Bearer", HttpBench.PrometheusKey);
        using (var posted = await sender.PostJsonAsync("/api/v2/alerts", Mixed))
        {
            Assert.Contains("[1]", (await posted.JsonAsync(HttpStatusCode.BadRequest)).Text(), StringComparison.Ordinal);
        }

        var fate = await sender.PostAsync($"/in/alertmanager/{HttpBench.PrometheusKey}", Mixed.Replace("Good", "Fine", StringComparison.Ordinal), HttpStatusCode.MultiStatus);
        Assert.Equal(("partial", 2, 1), (fate["verdict"].Text(), fate["accepted"]!.GetValue<int>(), fate["rejected"]!.GetValue<int>()));
        var alerts = await (await _bench.CallerAsync(Role.Viewer)).GetJsonAsync("/api/v1/alerts");
        Assert.Equal(["AlsoFine", "AlsoGood", "Fine", "Good"], alerts.Items().Select(a => a!["title"].Text()).Order());
    }

    [StoreFact]
    public async Task What_could_not_be_taken_is_kept_and_taken_when_it_can_be()
    {
        await _bench.RestartAsync(builder => builder.Configuration["Ingest:MaxAlerts"] = "1");
        const string Two = """[{"labels": {"alertname": "One"}}, {"labels": {"alertname": "Two"}}]""";
        await _bench.Anybody().PostAsync($"/in/alertmanager/{HttpBench.PrometheusKey}", "nonsense", HttpStatusCode.BadRequest);
        var answer = await _bench.Anybody().PostAsync($"/in/alertmanager/{HttpBench.PrometheusKey}", Two, HttpStatusCode.MultiStatus);
        Assert.Equal(("partial", 1, 1), (answer["verdict"].Text(), answer["accepted"]!.GetValue<int>(), answer["rejected"]!.GetValue<int>()));

        var responder = await _bench.CallerAsync(Role.Responder);
        var unparsed = Assert.Single((await responder.GetJsonAsync("/api/v1/deliveries?verdict=unparsed")).Items())!;
        var partial = Assert.Single((await responder.GetJsonAsync("/api/v1/deliveries?verdict=partial")).Items())!;
        Assert.Contains("Ingest:MaxAlerts", partial["reason"].Text(), StringComparison.Ordinal);
        Assert.Contains("JSON", unparsed["reason"].Text(), StringComparison.Ordinal);
        var (two, nonsense) = (partial["id"]!.GetValue<long>(), unparsed["id"]!.GetValue<long>());
        Assert.Equal(Two, (await responder.GetJsonAsync($"/api/v1/deliveries/{two}"))["body"].Text());
        Assert.Equal("unparsed", (await responder.PostAsync($"/api/v1/deliveries/{nonsense}/replay", ""))["verdict"].Text());

        await _bench.RestartAsync();
        responder = await _bench.CallerAsync(Role.Responder);
        var replayed = await responder.PostAsync($"/api/v1/deliveries/{two}/replay", "");
        Assert.Equal(("accepted", 2), (replayed["verdict"].Text(), replayed["signals"]!.GetValue<int>()));
        Assert.Equal(["One", "Two"], (await responder.GetJsonAsync("/api/v1/incidents")).Items().Select(i => i!["title"].Text()).Order());
        Assert.Equal(("ana", "ana"), ((await _bench.PagedAsync()).Phone, (await _bench.PagedAsync()).Phone));
    }

    [StoreFact]
    public async Task The_estates_files_are_read_again_on_request_and_kept_when_they_are_wrong()
    {
        var admin = await _bench.CallerAsync(Role.Admin);
        await _bench.EditEstateAsync("policy: payments\n  group_by", "policy: paymentz\n  group_by");
        using (var refused = await admin.PostAsync("/-/reload", null))
        {
            Assert.Contains("paymentz", (await refused.JsonAsync(HttpStatusCode.UnprocessableEntity))["detail"].Text(), StringComparison.Ordinal);
        }

        await FireAsync("alertname=Down");
        Assert.Equal("ana", (await _bench.PagedAsync()).Phone);

        await _bench.EditEstateAsync("policy: paymentz\n  group_by", "policy: none\n  group_by");
        using (var taken = await admin.PostAsync("/-/reload", null))
        {
            Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
        }

        Assert.Equal("none", (await admin.PostAsync("/api/v1/explain", """{"labels": {"alertname": "Other"}}"""))["destinations"]![0]!["policy"].Text());
    }

    [StoreFact]
    public async Task Roles_say_who_may_act()
    {
        await FireAsync("alertname=Down,service=checkout");
        var (viewer, responder, admin) = (await _bench.CallerAsync(Role.Viewer), await _bench.CallerAsync(Role.Responder), await _bench.CallerAsync(Role.Admin));
        (string Path, string Body)[] acts =
        [
            ("incidents/1/acknowledge", ""), ("incidents/1/resolve", ""), ("incidents/1/escalate", ""), ("incidents/1/snooze", """{"for": "1h"}"""),
            ("incidents/1/notes", """{"text": "x"}"""), ("silences", """{"match": ["a=b"], "for": "1h"}"""), ("deliveries/1/replay", ""), ("sources/prometheus/test", ""),
        ];
        foreach (var (path, body) in acts)
        {
            await viewer.PostAsync($"/api/v1/{path}", body, HttpStatusCode.Forbidden);
        }

        Assert.Equal("triggered", (await viewer.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text());
        Assert.Equal("acknowledged", (await responder.PostAsync("/api/v1/incidents/1/acknowledge", ""))["status"].Text());
        Assert.Equal("Responder", Assert.Single((await responder.GetJsonAsync("/api/v1/keys")).Items())!["name"].Text());
        foreach (var path in (string[])["jobs/dead", "estate"])
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await responder.GetAsync($"/api/v1/{path}")).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await admin.GetAsync($"/api/v1/{path}")).StatusCode);
        }
    }

    [StoreFact]
    public async Task Workspaces_do_not_see_each_other()
    {
        await FireAsync("alertname=Zebra,service=checkout");
        var acme = await _bench.CallerAsync(Role.Owner);
        var silence = (await acme.PostAsync("/api/v1/silences", """{"match": ["alertname=\"Zebra\""], "for": "1h", "comment": "known"}""", HttpStatusCode.Created))["id"].Text();
        var stranger = await _bench.CallerAsync(Role.Owner, "other");

        // The same request for what is somebody else's and for what is nobody's.
        foreach (var (method, path, theirs, nobodys) in ((string, string, string, string)[])
        [
            ("GET", "/api/v1/incidents/{0}", "1", "7"), ("POST", "/api/v1/incidents/{0}/acknowledge", "1", "7"), ("POST", "/api/v1/incidents/{0}/resolve", "1", "7"),
            ("GET", "/api/v1/alerts/{0}", "1", "7"), ("GET", "/api/v1/deliveries/{0}", "1", "7"), ("POST", "/api/v1/deliveries/{0}/replay", "1", "7"),
            ("DELETE", "/api/v1/silences/{0}", silence, Guid.NewGuid().ToString()), ("DELETE", "/api/v2/silence/{0}", silence, Guid.NewGuid().ToString()),
            ("GET", "/api/v2/silence/{0}", silence, Guid.NewGuid().ToString()), ("GET", "/api/v2/silence/{0}", "planned", "unplanned"),
            ("POST", "/api/v1/sources/{0}/test", "grafana", "none"), ("POST", "/api/v1/channels/{0}/test", "ops", "none"), ("POST", "/api/v1/users/{0}/contact/phone/test", "ana", "nobody"),
        ])
        {
            var (a, b) = (await AskAsync(stranger, method, path, theirs), await AskAsync(stranger, method, path, nobodys));
            Assert.Equal((HttpStatusCode.NotFound, b.Body), (a.Status, a.Body));
        }

        await stranger.PostAsync("/api/v1/explain", """{"incident": 1}""", HttpStatusCode.NotFound);
        foreach (var path in (string[])["incidents?status=all", "alerts", "pages", "deliveries", "silences"])
        {
            Assert.Empty((await stranger.GetJsonAsync($"/api/v1/{path}")).Items());
        }

        foreach (var path in (string[])["/api/v1/events", "/api/v1/sources", "/api/v1/keys", "/api/v1/oncall", "/api/v1/estate", "/api/v2/alerts", "/api/v2/alerts/groups", "/api/v2/silences", "/api/v2/status"])
        {
            var text = await stranger.GetStringAsync(path);
            Assert.DoesNotContain("Zebra", text, StringComparison.Ordinal);
            Assert.DoesNotContain("checkout", text, StringComparison.Ordinal);
            Assert.DoesNotContain(HttpBench.PrometheusKey, text, StringComparison.Ordinal);
        }

        Assert.Null((await acme.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["resolved_at"]);
        Assert.Null((await acme.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["acknowledged_at"]);
    }

    [StoreFact]
    public async Task Lists_are_read_page_by_page_while_they_grow()
    {
        await FireAsync([.. Enumerable.Range(1, 5).Select(i => $"alertname=A{i},service=s{i}")]);
        var viewer = await _bench.CallerAsync(Role.Viewer);

        List<int> seen = [];
        string? cursor = null;
        do
        {
            var page = await viewer.GetJsonAsync($"/api/v1/incidents?limit=2{(cursor is null ? "" : $"&cursor={cursor}")}");
            Assert.InRange(page.Items().Count, 1, 2);
            seen.AddRange(page.Items().Select(i => i!["number"]!.GetValue<int>()));
            cursor = page["next_cursor"]?.GetValue<string>();
            await FireAsync($"alertname=Later{seen.Count},service=later");
        }
        while (cursor is not null);

        Assert.Equal([5, 4, 3, 2, 1], seen);
    }

    [StoreFact]
    public async Task Incidents_are_found_by_words_and_matchers()
    {
        await FireAsync("alertname=DiskFull,service=warehouse,severity=critical", "alertname=DiskSlow,service=checkout,severity=warning", "alertname=Down,service=checkout,severity=critical");
        var viewer = await _bench.CallerAsync(Role.Viewer);
        async Task<string> FindAsync(string q, int limit = 50) =>
            string.Join(' ', (await viewer.GetJsonAsync($"/api/v1/incidents?limit={limit}&q={Uri.EscapeDataString(q)}")).Items().Select(i => i!["title"].Text()));

        Assert.Equal("DiskSlow DiskFull", await FindAsync("disk"));
        Assert.Equal("DiskSlow", await FindAsync("disk service=checkout"));
        Assert.Equal("Down DiskFull", await FindAsync("severity=critical"));
        Assert.Equal("Down", await FindAsync("severity=critical", limit: 1));
        Assert.Equal("", await FindAsync("nothing"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await viewer.GetAsync($"/api/v1/incidents?q={Uri.EscapeDataString("service=~\"(\"")}")).StatusCode);
    }

    [StoreFact]
    public async Task Why_somebody_is_or_would_be_paged_is_explained()
    {
        var viewer = await _bench.CallerAsync(Role.Viewer);
        var ahead = await viewer.PostAsync("/api/v1/explain", """{"labels": {"alertname": "Down", "service": "checkout", "severity": "critical"}}""");
        Assert.False(ahead["recorded"]!.GetValue<bool>());
        Assert.Equal(["root matched", "information failed"], ahead["routes"]!.AsArray().Select(r => $"{r!["name"]} {r["outcome"]}"));
        Assert.Equal(
            ["ana phone 0", "ana second 30", "bo phone 60"],
            ahead["destinations"]![0]!["steps"]!.AsArray().SelectMany(s => s!["pages"]!.AsArray()).Select(p => $"{p!["recipient"]} {p["method"]} {p["after_seconds"]}"));

        await FireAsync("alertname=Down,service=checkout,severity=critical");
        var joined = await viewer.PostAsync("/api/v1/explain", """{"labels": {"alertname": "Down", "service": "checkout", "severity": "warning"}}""");
        Assert.Equal(1, joined["destinations"]![0]!["joins_incident"]!.GetValue<int>());
        Assert.True((await viewer.PostAsync("/api/v1/explain", """{"incident": 1}"""))["recorded"]!.GetValue<bool>());

        var nobody = await viewer.PostAsync("/api/v1/explain", """{"labels": {"severity": "info"}}""");
        Assert.Equal("none", nobody["destinations"]![0]!["policy"].Text());
        Assert.Equal("planned", (await viewer.PostAsync("/api/v1/explain", """{"labels": {"team": "moving"}}"""))["silenced_by"].Text());
    }

    [StoreFact]
    public async Task A_silence_is_seen_beforehand_mutes_and_gives_back_what_still_fires()
    {
        await FireAsync("alertname=Down,service=checkout", "alertname=Slow,service=search");
        await _bench.PagedAsync();
        await _bench.PagedAsync();
        var responder = await _bench.CallerAsync(Role.Responder);
        const string Silence = """{"match": ["service=\"checkout\""], "for": "2h", "comment": "Deploying"}""";

        var preview = await responder.PostAsync("/api/v1/silences/preview", Silence);
        Assert.Equal((1, "Down", 1), (preview["alerts"]!.GetValue<int>(), preview["examples"]![0]!["title"].Text(), preview["incidents"]![0]!.GetValue<int>()));

        var made = await responder.PostAsync("/api/v1/silences", Silence, HttpStatusCode.Created);
        Assert.Equal(("active", "Deploying", "key:Responder"), (made["status"].Text(), made["comment"].Text(), made["created_by"].Text()));
        await FireAsync("alertname=NewTrouble,service=checkout");
        Assert.DoesNotContain((await responder.GetJsonAsync("/api/v1/incidents?status=all")).Items(), i => i!["title"].Text() == "NewTrouble");
        var muted = (await responder.GetJsonAsync("/api/v1/alerts")).Items().Single(a => a!["title"].Text() == "NewTrouble")!;
        Assert.Equal(made["id"].Text(), muted["silenced_by"].Text());

        using (var ended = await responder.DeleteAsync($"/api/v1/silences/{made["id"]}"))
        {
            Assert.Equal("expired", (await ended.JsonAsync(HttpStatusCode.OK))["status"].Text());
        }

        await HttpBench.UntilAsync(responder, "/api/v1/incidents", i => i.Items().Any(one => one!["title"].Text() == "NewTrouble"));
        while ((await _bench.PagedAsync()).Data["title"].Text() != "NewTrouble")
        {
            // The incident that was quieted may be told of first.
        }
    }

    private Task FireAsync(params string[] labelSets) => _bench.Anybody().FireAsync(HttpBench.PrometheusKey, labelSets);

    private async Task FireUntilAsync(string labels, DateTimeOffset end)
    {
        var alert = new JsonObject { ["labels"] = new JsonObject(labels.Split(',').Select(l => KeyValuePair.Create(l.Split('=')[0], (JsonNode?)l.Split('=')[1]))), ["endsAt"] = end };
        using var sender = _bench.Anybody();
        sender.DefaultRequestHeaders.Add("X-API-Key", HttpBench.PrometheusKey);
        (await sender.PostJsonAsync("/api/v2/alerts", new JsonArray(alert).ToJsonString())).EnsureSuccessStatusCode();
    }

    private static async Task<(HttpStatusCode Status, string Body)> AskAsync(HttpClient caller, string method, string path, string id)
    {
        using var response = await caller.SendAsync(new(new(method), string.Format(path, id)));
        return (response.StatusCode, (await response.Content.ReadAsStringAsync()).Replace(id, "ID", StringComparison.Ordinal));
    }

    public sealed class OnSqlite() : MainJobTests(Engine.Sqlite);

    public sealed class OnPostgres() : MainJobTests(Engine.Postgres);
}
