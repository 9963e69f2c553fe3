using System.Net;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Telemetry;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Telemetry;

/// <summary>State and figures at the addresses of the reliability assistant: computed, and null where there is nothing to compute from.</summary>
public abstract class AssistantFigureTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _key = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine);
        _key = await _bench.CallerAsync(Role.Responder);
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task Health_and_version_are_open()
    {
        var anybody = _bench.Anybody();
        var health = await anybody.GetJsonAsync("/health");
        Assert.Equal("ok", health["status"].Text());

        var version = await anybody.GetJsonAsync("/version");
        Assert.Equal(["version", "api_version", "name"], version.AsObject().Select(p => p.Key));
        Assert.Equal("v1", version["api_version"].Text());
    }

    [StoreFact]
    public async Task The_status_says_what_is()
    {
        await UntilReadyAsync();
        var calm = await _key.GetJsonAsync("/status");
        Assert.Equal(
            [
                "status", "version", "timestamp", "active_incident", "stability_trend", "database_connected", "watsonx_configured", "slack_configured", "monitoring_active", "buffer_stats", "model",
            ],
            calm.AsObject().Select(p => p.Key));
        Assert.Equal(("operational", null, true, false, false), (calm["status"].Text(), calm["active_incident"], calm["database_connected"]!.GetValue<bool>(), calm["watsonx_configured"]!.GetValue<bool>(), calm["slack_configured"]!.GetValue<bool>()));
        Assert.Equal("""{"logs":0,"metrics":0,"snapshots":0}""", calm["buffer_stats"]!.ToJsonString());
        Assert.False(calm["model"]!["configured"]!.GetValue<bool>());
        Assert.Equal("""{"trend":"unknown","stable_count":0,"total":0}""", calm["stability_trend"]!.ToJsonString());

        await FireAsync("db");
        var workspace = await WorkspaceAsync();
        var now = DateTimeOffset.UtcNow;
        await _bench.Service<LogIntake>().StoreAsync(workspace, [new(now, LineLevel.Info, "one"), new(now, LineLevel.Info, "two")], default);
        await _bench.Service<MetricIntake>().StoreAsync(workspace, [new("cpu_percent", now, 5) { Service = "checkout" }, new("queue", now, 5) { Service = "checkout" }], default);

        var busy = await _key.GetJsonAsync("/status");
        Assert.Equal(("incident", "1"), (busy["status"].Text(), busy["active_incident"].Text()));
        Assert.Equal("""{"logs":2,"metrics":2,"snapshots":1}""", busy["buffer_stats"]!.ToJsonString());
        Assert.Equal(("stable", true), (busy["stability_trend"]!["trend"].Text(), busy["stability_trend"]!["latest_stable"]!.GetValue<bool>()));
        Assert.Equal("stable", (await _key.GetJsonAsync("/incidents/1/summary"))["stability_trend"].Text());

        await _key.PostAsync("/incidents/1/resolve", "");
        Assert.Equal("operational", (await _key.GetJsonAsync("/status"))["status"].Text());
        Assert.Equal("""{"logs":0,"metrics":0,"snapshots":0}""", (await (await _bench.CallerAsync(Role.Viewer, "other")).GetJsonAsync("/status"))["buffer_stats"]!.ToJsonString());
    }

    [StoreFact]
    public async Task Where_nothing_happened_the_figures_are_null_or_empty()
    {
        var empty = await _key.GetJsonAsync("/analytics");

        Assert.Equal(["mtta", "mttr", "incidentTrends", "errorRates", "latencyP95", "autohealHistory", "logStats", "incidentStats"], empty.AsObject().Select(p => p.Key));
        Assert.Equal("""{"current":null,"previous":null,"trend":null}""", empty["mtta"]!.ToJsonString());
        Assert.Equal("""{"current":null,"previous":null,"trend":null}""", empty["mttr"]!.ToJsonString());
        Assert.Equal(7, empty["incidentTrends"]!.AsArray().Count);
        Assert.All(empty["incidentTrends"]!.AsArray(), d => Assert.Equal((0, 0, 0), (d!["sev1"]!.GetValue<int>(), d["sev2"]!.GetValue<int>(), d["sev3"]!.GetValue<int>())));
        Assert.Equal((0, 0, 0), (empty["errorRates"]!.AsArray().Count, empty["latencyP95"]!.AsArray().Count, empty["autohealHistory"]!.AsArray().Count));
        Assert.Equal(0, empty["logStats"]!["total"]!.GetValue<int>());
        Assert.Empty((await _key.GetJsonAsync("/reports")).AsArray());
    }

    [StoreFact]
    public async Task Mean_times_are_of_real_answers_and_are_compared_with_the_week_before()
    {
        await AnsweredAsync("a", "critical", minutesToAnswer: 20, minutesToEnd: 60);
        _bench.Pass(TimeSpan.FromDays(7));
        await AnsweredAsync("b", "high", minutesToAnswer: 10, minutesToEnd: 90);
        await FireAsync("c");

        var figures = await _key.GetJsonAsync("/analytics");

        Assert.Equal((10, 20, "down"), (Math.Round(figures["mtta"]!["current"]!.GetValue<double>()), Math.Round(figures["mtta"]!["previous"]!.GetValue<double>()), figures["mtta"]!["trend"].Text()));
        Assert.Equal((90, 60, "up"), (Math.Round(figures["mttr"]!["current"]!.GetValue<double>()), Math.Round(figures["mttr"]!["previous"]!.GetValue<double>()), figures["mttr"]!["trend"].Text()));
        Assert.Equal((0, 1, 1), (Sum("sev1"), Sum("sev2"), Sum("sev3")));
        Assert.Equal("""{"total":2,"open":1,"investigating":0,"mitigating":0,"resolved":1}""", figures["incidentStats"]!.ToJsonString());

        // The first began on the eighth day before.
        int Sum(string severity) => figures["incidentTrends"]!.AsArray().Sum(d => d![severity]!.GetValue<int>());
    }

    [StoreFact]
    public async Task Rates_and_latencies_are_of_what_was_sent()
    {
        var (workspace, now) = (await WorkspaceAsync(), DateTimeOffset.UtcNow);
        await _bench.Service<LogIntake>().StoreAsync(
            workspace, [.. Lines("web", 9, LineLevel.Info), .. Lines("web", 1, LineLevel.Error), .. Lines("db", 1, LineLevel.Info), .. Lines("db", 3, LineLevel.Critical), .. Lines("quiet", 5, LineLevel.Debug)], default);
        await _bench.Service<MetricIntake>().StoreAsync(workspace, [.. Enumerable.Range(1, 100).Select(i => new MetricSample("latency_ms", now.AddSeconds(-i), i) { Service = "web" }), new("latency_ms", now.AddSeconds(-1), 5) { Service = "db" }], default);

        var figures = await _key.GetJsonAsync("/analytics");

        Assert.Equal("""[{"service":"db","rate":75,"errors":3,"total":4},{"service":"web","rate":10,"errors":1,"total":10}]""", figures["errorRates"]!.ToJsonString());
        Assert.Equal("""{"total":19,"debug":5,"info":10,"warning":0,"error":1,"critical":3}""", figures["logStats"]!.ToJsonString());
        Assert.InRange(figures["latencyP95"]!.AsArray().Max(h => h!["value"]!.GetValue<double>()), 90, 100);
        Assert.Matches(@"^\d\d:00$", figures["latencyP95"]![0]!["hour"].Text());

        IEnumerable<LogLine> Lines(string service, int count, LineLevel level) => Enumerable.Range(0, count).Select(i => new LogLine(now.AddSeconds(-i), level, "text") { Service = service });
    }

    [StoreFact]
    public async Task Reports_are_of_incidents_that_are_over_and_the_page_of_that_name_stays_for_browsers()
    {
        await AnsweredAsync("a", "critical", 1, 2);
        await _key.PostAsync("/incidents/1/resolve?summary=It%20was%20the%20disk", "");
        await FireAsync("b");

        var report = Assert.Single((await _key.GetJsonAsync("/reports")).AsArray())!;

        Assert.Equal(["id", "title", "incident", "date", "status", "author", "summary"], report.AsObject().Select(p => p.Key));
        Assert.Equal(("RPT-00000001", "1", "published", "ana", "It was the disk"), (report["id"].Text(), report["incident"].Text(), report["status"].Text(), report["author"].Text(), report["summary"].Text()));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/reports") { Headers = { { "Accept", "text/html" } } };
        using var page = await (await _bench.PersonAsync("ana", Role.Responder)).SendAsync(request);
        Assert.Equal((HttpStatusCode.OK, "text/html"), (page.StatusCode, page.Content.Headers.ContentType!.MediaType));
    }

    private async Task AnsweredAsync(string name, string severity, int minutesToAnswer, int minutesToEnd)
    {
        await FireAsync(name, severity);
        var number = long.Parse((await _key.GetJsonAsync("/incidents?limit=1"))[0]!["id"].Text(), System.Globalization.CultureInfo.InvariantCulture);
        var (desk, workspace) = (_bench.Service<IncidentDesk>(), await WorkspaceAsync());
        _bench.Pass(TimeSpan.FromMinutes(minutesToAnswer));
        await desk.AcknowledgeAsync(workspace, number, "user:ana", default);
        _bench.Pass(TimeSpan.FromMinutes(minutesToEnd - minutesToAnswer));
        await desk.ResolveAsync(workspace, number, "user:ana", default);
    }

    /// <summary>The job loop has to have turned once.</summary>
    private async Task UntilReadyAsync()
    {
        using var patience = Patience.Begin();
        while ((await _bench.Anybody().GetAsync("/readyz", patience.Token)).StatusCode != HttpStatusCode.OK)
        {
            // It turns by itself.
        }
    }

    private Task FireAsync(string name, string severity = "warning") => _bench.Anybody().FireLastinglyAsync(HttpBench.PrometheusKey, name, "checkout", severity);

    private async Task<long> WorkspaceAsync() => await _bench.Service<Database>().ReadAsync(session => session.ScalarAsync("SELECT id FROM workspace WHERE name = 'acme'"), default) ?? 0;

    public sealed class OnSqlite() : AssistantFigureTests(Engine.Sqlite);

    public sealed class OnPostgres() : AssistantFigureTests(Engine.Postgres);
}
