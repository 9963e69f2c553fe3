using System.Net;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Telemetry;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Telemetry;

/// <summary>Incidents at the addresses of the reliability assistant, case by case, as its clients use them.</summary>
public abstract class AssistantIncidentTests(Engine engine) : IAsyncLifetime
{
    private const string Time = @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$";

    private HttpBench _bench = null!;
    private HttpClient _ana = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine);
        _ana = await _bench.CallerAsync(Role.Responder);
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task They_are_listed_newest_first_with_all_members()
    {
        await FireAsync("disk", "warning");
        await FireAsync("db", "critical");

        var listed = (await _ana.GetJsonAsync("/incidents")).AsArray();

        Assert.Equal(["id", "title", "severity", "status", "service", "created", "assignee", "affectedUsers", "description", "impact"], listed[0]!.AsObject().Select(p => p.Key));
        Assert.Equal([("2", "critical"), ("1", "medium")], listed.Select(i => (i!["id"].Text(), i["severity"].Text())));
        Assert.Equal(("open", "checkout", "payments", "1 alert, 1 firing"), (listed[0]!["status"].Text(), listed[0]!["service"].Text(), listed[0]!["assignee"].Text(), listed[0]!["impact"].Text()));
        Assert.Null(listed[0]!["affectedUsers"]);
        Assert.Matches(Time, listed[0]!["created"].Text());
        Assert.Equal("2", Assert.Single((await _ana.GetJsonAsync("/incidents?limit=1")).AsArray())!["id"].Text());
    }

    [StoreFact]
    public async Task Each_state_is_found_by_its_word_and_no_other_word_is_one()
    {
        foreach (var name in (string[])["a", "b", "c", "d", "e"])
        {
            await FireAsync(name, "high");
        }

        await _ana.PostAsync("/incidents/2/acknowledge", "");
        await _ana.PostAsync("/api/v1/incidents/3/snooze", """{"for": "1h"}""");
        await _ana.PostAsync("/incidents/4/resolve", "");
        await _ana.PostAsync("/incidents/5/close", "");

        foreach (var (word, number) in new[] { ("open", "1"), ("investigating", "2"), ("mitigating", "3"), ("resolved", "4"), ("closed", "5"), ("CLOSED", "5") })
        {
            var found = Assert.Single((await _ana.GetJsonAsync($"/incidents?status={word}")).AsArray())!;
            Assert.Equal((number, word.ToLowerInvariant()), (found["id"].Text(), found["status"].Text()));
        }

        foreach (var query in (string[])["status=done", "status=1", "limit=0", "limit=501", "limit=-1", "limit=many", "limit=1.5"])
        {
            using var response = await _ana.GetAsync($"/incidents?{query}");
            Assert.Equal(["query", query.Split('=')[0]], (await response.JsonAsync(HttpStatusCode.UnprocessableEntity))["detail"]![0]!["loc"]!.AsArray().Select(l => l.Text()));
        }
    }

    [StoreFact]
    public async Task One_is_shown_with_the_lines_and_metrics_of_its_service_around_its_beginning()
    {
        await FireAsync("db", "critical");
        var now = DateTimeOffset.UtcNow;
        var workspace = await WorkspaceAsync();
        await _bench.Service<LogIntake>().StoreAsync(
            workspace,
            [
                .. Enumerable.Range(0, 30).Select(i => Line(now.AddSeconds(-60 + i), $"request {i} failed", "checkout")), Line(now, "not of this service", "web"), Line(now.AddHours(-2), "long before", "checkout"),
            ],
            default);
        await _bench.Service<MetricIntake>().StoreAsync(
            workspace,
            [
                .. Enumerable.Range(0, 12).Select(i => Sample("error_rate", now.AddMinutes(-12 + i), i / 100.0)), Sample("latency", now.AddMinutes(-1), 1.5) with { Unit = "s" },
                Sample("db_connections", now.AddMinutes(-1), 17), Sample("error_rate", now.AddMinutes(-1), 1) with { Service = "web" },
            ],
            default);

        var shown = await _ana.GetJsonAsync("/incidents/1");

        Assert.Equal(
            ["affectedUsers", "assignee", "created", "description", "id", "impact", "logs", "metrics", "plans", "rca", "service", "severity", "status", "summary", "timeline", "title", "updated"],
            shown.AsObject().Select(p => p.Key).Order(StringComparer.Ordinal));
        Assert.Equal(("No analysis of the cause yet.", 0), (shown["rca"].Text(), shown["plans"]!.AsArray().Count));
        var logs = shown["logs"]!.AsArray();
        Assert.Equal((20, "request 10 failed", "request 29 failed", "ERROR"), (logs.Count, logs[0]!["message"].Text(), logs[^1]!["message"].Text(), logs[0]!["level"].Text()));
        Assert.Matches(@"^\d\d:\d\d:\d\d$", logs[0]!["timestamp"].Text());
        Assert.Equal(["errorRate", "latency", "connections"], shown["metrics"]!.AsObject().Select(p => p.Key));
        var rates = shown["metrics"]!["errorRate"]!.AsArray();
        Assert.Equal((10, 11.0), (rates.Count, rates[^1]!["value"]!.GetValue<double>()));
        Assert.Matches(@"^\d\d:\d\d$", rates[0]!["time"].Text());
        Assert.Equal(1500, shown["metrics"]!["latency"]![0]!["value"]!.GetValue<double>());
        Assert.Equal(17, shown["metrics"]!["connections"]![0]!["value"]!.GetValue<double>());
        Assert.Equal("incident_created", shown["timeline"]![0]!["event"].Text());
    }

    [StoreFact]
    public async Task Its_figures_and_its_history_are_told()
    {
        await FireAsync("db", "critical");
        _bench.Pass(TimeSpan.FromMinutes(30));
        await _ana.PostAsync("/incidents/1/resolve?summary=The%20pool%20was%20too%20small", "");
        _bench.Pass(TimeSpan.FromMinutes(30));

        var summary = await _ana.GetJsonAsync("/incidents/1/summary");

        Assert.Equal(
            ["id", "title", "status", "severity", "created_at", "updated_at", "duration_minutes", "root_cause", "actions_taken", "agent_runs", "stability_trend", "resolution_summary"],
            summary.AsObject().Select(p => p.Key));
        Assert.InRange(summary["duration_minutes"]!.GetValue<double>(), 30, 31);
        Assert.Equal(("The pool was too small", 0, 0), (summary["resolution_summary"].Text(), summary["actions_taken"]!.GetValue<int>(), summary["agent_runs"]!.GetValue<int>()));
        Assert.Null(summary["root_cause"]);
        var history = (await _ana.GetJsonAsync("/incidents/1/history")).AsArray();
        Assert.All(history, h => Assert.Matches(Time, h!["timestamp"].Text()));
        Assert.Equal("incident_created", history[0]!["event"].Text());
        Assert.Equal(["incident_resolved", "incident_resolution_added"], history.Select(h => h!["event"].Text()).Where(e => e.StartsWith("incident_res", StringComparison.Ordinal)));
        Assert.Equal(history.Select(h => h!["timestamp"].Text()).Order(StringComparer.Ordinal), history.Select(h => h!["timestamp"].Text()));
        Assert.NotEmpty(history[0]!["details"]!["message"].Text());
    }

    [StoreFact]
    public async Task It_is_resolved_with_or_without_a_summary_and_closed_also_afterwards()
    {
        await FireAsync("a", "high");
        await FireAsync("b", "high");
        await FireAsync("c", "high");
        const string resolved = """{"status":"resolved","incident_id":"1"}""";

        Assert.Equal(resolved, (await _ana.PostAsync("/incidents/1/resolve", """{"summary": "restarted", "other": 1}""")).ToJsonString());
        Assert.Equal(resolved, (await _ana.PostAsync("/incidents/1/resolve", "")).ToJsonString());
        Assert.Equal("restarted", (await _ana.GetJsonAsync("/incidents/1/summary"))["resolution_summary"].Text());
        await _ana.PostAsync("/incidents/2/resolve", "{}");
        Assert.Equal("""{"status":"closed","incident_id":"2"}""", (await _ana.PostAsync("/incidents/2/close", "")).ToJsonString());
        Assert.Equal("closed", (await _ana.GetJsonAsync("/incidents/2"))["status"].Text());
        foreach (var body in (string[])["""{"summary": 5}""", "[]", "nothing", $$"""{"summary": "{{new string('x', 10_001)}}"}"""])
        {
            await _ana.PostAsync("/incidents/3/resolve", body, HttpStatusCode.UnprocessableEntity);
        }

        Assert.Equal("open", (await _ana.GetJsonAsync("/incidents/3"))["status"].Text());
    }

    [StoreFact]
    public async Task It_is_acknowledged_as_everywhere_and_one_that_is_over_stays_so()
    {
        await FireAsync("db", "high");

        Assert.Equal("""{"status":"acknowledged","incident_id":"1"}""", (await _ana.PostAsync("/incidents/1/acknowledge", "")).ToJsonString());
        Assert.Equal("""{"status":"acknowledged","incident_id":"1"}""", (await _ana.PostAsync("/incidents/1/acknowledge", "")).ToJsonString());
        Assert.Equal("acknowledged", (await _ana.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text());

        await _ana.PostAsync("/incidents/1/resolve", "");
        Assert.Equal("resolved", (await _ana.PostAsync("/incidents/1/acknowledge", ""))["status"].Text());
    }

    [StoreFact]
    public async Task It_is_escalated_by_one_step_of_severity_and_the_next_of_its_policy()
    {
        await FireAsync("db", "warning");
        foreach (var severity in (string[])["high", "critical", "critical"])
        {
            Assert.Equal($$"""{"status":"escalated","incident_id":"1","severity":"{{severity}}"}""", (await _ana.PostAsync("/incidents/1/escalate", "")).ToJsonString());
        }

        await _ana.PostAsync("/incidents/1/close", "");
        Assert.Contains("resolved", (await _ana.PostAsync("/incidents/1/escalate", "", HttpStatusCode.Conflict))["detail"].Text(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Nothing_heals_by_itself_and_that_is_said()
    {
        await FireAsync("db", "high");

        Assert.Contains("No automated action", (await _ana.PostAsync("/incidents/1/auto-heal", "", HttpStatusCode.Conflict))["detail"].Text(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task What_is_not_there_is_404_whatever_its_name_looks_like()
    {
        await FireAsync("db", "high");
        var other = await _bench.CallerAsync(Role.Owner, "other");
        foreach (var (who, id) in new[] { (_ana, "99"), (_ana, "3f0c9f3e-6f2e-4a54-9b5e-0d7c3e1f2a4b"), (_ana, "-1"), (_ana, "1.0"), (_ana, "99999999999999999999"), (other, "1") })
        {
            foreach (var path in (string[])["", "/summary", "/history"])
            {
                using var response = await who.GetAsync($"/incidents/{id}{path}");
                Assert.NotEmpty((await response.JsonAsync(HttpStatusCode.NotFound))["detail"].Text());
            }

            foreach (var path in (string[])["resolve", "close", "acknowledge", "escalate", "auto-heal"])
            {
                Assert.NotEmpty((await who.PostAsync($"/incidents/{id}/{path}", "", HttpStatusCode.NotFound))["detail"].Text());
            }
        }

        Assert.Empty((await other.GetJsonAsync("/incidents")).AsArray());
        Assert.Equal("open", (await _ana.GetJsonAsync("/incidents/1"))["status"].Text());
    }

    [StoreFact]
    public async Task Who_may_not_is_told_in_the_shape_of_that_surface_before_the_body_is_looked_at()
    {
        await FireAsync("db", "high");
        var (viewer, nobody) = (await _bench.CallerAsync(Role.Viewer), _bench.Anybody());

        await viewer.GetJsonAsync("/incidents/1");
        foreach (var (who, expected) in new[] { (viewer, HttpStatusCode.Forbidden), (nobody, HttpStatusCode.Unauthorized) })
        {
            Assert.Equal(["detail"], (await who.PostAsync("/incidents/1/resolve", "not JSON", expected)).AsObject().Select(p => p.Key));
        }

        using var response = await nobody.GetAsync("/incidents");
        Assert.Contains("X-API-Key", (await response.JsonAsync(HttpStatusCode.Unauthorized))["detail"].Text(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_browser_is_led_to_the_pages()
    {
        await FireAsync("db", "high");
        foreach (var (path, to) in new[] { ("/incidents", "/"), ("/incidents/1", "/i/1"), ("/analytics", "/reports") })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "Accept", "text/html,*/*;q=0.8" } } };
            using var response = await _ana.SendAsync(request);
            Assert.Equal((HttpStatusCode.Redirect, to), (response.StatusCode, response.Headers.Location!.ToString()));
        }
    }

    private Task FireAsync(string name, string severity) => _bench.Anybody().FireLastinglyAsync(HttpBench.PrometheusKey, name, "checkout", severity);

    private async Task<long> WorkspaceAsync() => await _bench.Service<Database>().ReadAsync(session => session.ScalarAsync("SELECT id FROM workspace WHERE name = 'acme'"), default) ?? 0;

    private static LogLine Line(DateTimeOffset at, string message, string service) => new(at, LineLevel.Error, message) { Service = service };

    private static MetricSample Sample(string name, DateTimeOffset at, double value) => new(name, at, value) { Service = "checkout" };

    public sealed class OnSqlite() : AssistantIncidentTests(Engine.Sqlite);

    public sealed class OnPostgres() : AssistantIncidentTests(Engine.Postgres);
}
