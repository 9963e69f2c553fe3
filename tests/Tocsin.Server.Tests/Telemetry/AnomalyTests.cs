using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Telemetry;
using Tocsin.Tests.Http;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Telemetry;

/// <summary>The rules of the reliability assistant, and detectors, over HTTP.</summary>
public abstract class AnomalyTests(Engine engine)
{
    [StoreFact]
    public async Task Asking_again_and_again_changes_no_answer()
    {
        await using var bench = await HttpBench.StartAsync(engine);
        var caller = await bench.CallerAsync(Role.Viewer);
        Assert.Equal("""{"anomaly_detected":false,"anomaly_type":null,"severity":"low","description":null,"affected_metrics":[],"confidence":0}""", await caller.GetStringAsync("/anomaly/status"));
        var now = DateTimeOffset.UtcNow;
        await StoreAsync(bench, "acme",
            [.. Enumerable.Range(0, 6).Select(i => new LogLine(now.AddSeconds(-30 - i), LineLevel.Error, $"payment {i} went wrong") { Service = "shop" })],
            [
                .. Enumerable.Range(1, 12).Select(i => new MetricSample("throughput", now.AddMinutes(-i - 1), 100 + (i % 3)) { Service = "shop" }),
                new("throughput", now.AddSeconds(-5), 0) { Service = "shop" }, new("error_percent", now.AddSeconds(-5), 7) { Service = "shop" },
            ]);

        var first = await caller.GetStringAsync("/anomaly/status");
        for (var i = 0; i < 12; i++)
        {
            Assert.Equal(first, await caller.GetStringAsync("/anomaly/status"));
        }

        var status = JsonNode.Parse(first)!;
        Assert.Equal((true, "multiple", "high", 0.8), (status["anomaly_detected"]!.GetValue<bool>(), status["anomaly_type"].Text(), status["severity"].Text(), status["confidence"]!.GetValue<double>()));
        Assert.Equal(["error_rate", "throughput", "logs"], status["affected_metrics"]!.AsArray().Select(m => m.Text()));
        Assert.False((await (await bench.CallerAsync(Role.Viewer, "other")).GetJsonAsync("/anomaly/status"))["anomaly_detected"]!.GetValue<bool>());
    }

    [StoreFact]
    public async Task Figures_are_the_newest_of_each_service_however_seldom_or_often_it_measures()
    {
        await using var bench = await HttpBench.StartAsync(engine);
        var now = DateTimeOffset.UtcNow;
        IEnumerable<MetricSample> Of(string service, TimeSpan every, TimeSpan last, int count, double value, double newest) => Enumerable.Range(0, count)
            .Select(i => new MetricSample("latency_ms", now - last - (every * i), i == 0 ? newest : value + (i % 3)) { Service = service });
        await StoreAsync(bench, "acme", [],
        [
            .. Of("often", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), 500, 100, 400), .. Of("seldom", TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(30), 100, 100, 500),
            .. Of("yesterday", TimeSpan.FromMinutes(1), TimeSpan.FromHours(20), 100, 100, 600), .. Of("long ago", TimeSpan.FromMinutes(1), TimeSpan.FromHours(25), 100, 100, 700),
        ]);

        var status = await (await bench.CallerAsync(Role.Viewer)).GetJsonAsync("/anomaly/status");

        Assert.Equal(
            ["often: latency of 400 ms", "seldom: latency of 500 ms", "yesterday: latency of 600 ms"],
            status["description"].Text().Split("; ").Select(text => text.Split(',')[0]).Order(StringComparer.Ordinal));
    }

    [StoreFact]
    public async Task A_forced_incident_and_a_baseline_belong_to_a_workspace_and_outlive_a_restart()
    {
        await using var bench = await HttpBench.StartAsync(engine);
        var caller = await bench.CallerAsync(Role.Responder);
        Assert.Equal("""{"force_incident_mode":true}""", await TextAsync(await caller.PostAsync("/anomaly/force-incident", null)));
        Assert.Equal("""{"status":"baseline set"}""", await TextAsync(await caller.PostAsync("/stability/set-baseline", Json("""{"latency_ms": "100", "error_rate": 0.01, "custom_metrics": {"a": 1}}"""))));
        await StoreAsync(bench, "acme", [], [new("latency_ms", DateTimeOffset.UtcNow, 201) { Service = "shop" }]);

        await bench.RestartAsync();
        caller = await bench.CallerAsync(Role.Responder);
        var check = await caller.GetJsonAsync("/stability/check");
        Assert.Equal((false, false, true, true), (check["is_stable"]!.GetValue<bool>(), check["metrics_ok"]!.GetValue<bool>(), check["logs_ok"]!.GetValue<bool>(), check["should_rerun_agent"]!.GetValue<bool>()));
        Assert.Equal("shop: latency_ms of 201, more than 2 times the baseline of 100", check["details"].Text());
        Assert.Equal("forced_incident", (await caller.GetJsonAsync("/anomaly/status"))["anomaly_type"].Text());
        Assert.False((await (await bench.CallerAsync(Role.Viewer, "other")).GetJsonAsync("/anomaly/status"))["anomaly_detected"]!.GetValue<bool>());

        await caller.PostAsync("/anomaly/force-incident?enabled=f", null);
        Assert.False((await caller.GetJsonAsync("/anomaly/status"))["anomaly_detected"]!.GetValue<bool>());
        Assert.Contains("anomaly.forced", await caller.GetStringAsync("/api/v1/events?subject=anomaly"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task What_is_asked_wrongly_is_refused_with_the_place()
    {
        await using var bench = await HttpBench.StartAsync(engine);
        var (viewer, responder) = (await bench.CallerAsync(Role.Viewer), await bench.CallerAsync(Role.Responder));

        Assert.Equal(HttpStatusCode.Forbidden, (await viewer.PostAsync("/anomaly/force-incident", null)).StatusCode);
        foreach (var (path, body) in new[]
        {
            ("/anomaly/force-incident?enabled=maybe", ""), ("/stability/set-baseline", """{"error_rate": 2}"""), ("/stability/set-baseline", """{"latency_ms": "fast"}"""), ("/stability/set-baseline", "[]"),
        })
        {
            var answer = await responder.PostAsync(path, Json(body));
            Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
            Assert.NotNull(JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["detail"]![0]!["loc"]);
        }
    }

    [StoreFact]
    public async Task Detectors_are_listed_looked_back_with_and_their_history_is_told()
    {
        await using var bench = await HttpBench.StartAsync(engine);
        var caller = await bench.CallerAsync(Role.Viewer);
        var now = DateTimeOffset.UtcNow;
        await StoreAsync(bench, "acme",
            [
                .. Enumerable.Range(0, 8 * 60).Select(i => new LogLine(now.AddMinutes(-i), LineLevel.Info, $"order {i} was paid") { Service = "shop" }),
                .. Enumerable.Range(0, 300).Select(i => new LogLine(now.AddMinutes(-60).AddSeconds(-3 * i), LineLevel.Error, "connection refused") { Service = "shop" }),
            ], []);

        var list = await caller.GetJsonAsync("/api/v1/detectors");
        Assert.Equal(Detectors.All.Select(d => d.Id), list["items"]!.AsArray().Select(d => d!["id"].Text()));
        var preview = JsonNode.Parse(await TextAsync(await caller.PostAsync("/api/v1/detectors/preview", Json("""{"type": "error-burst", "service": "shop", "settings": {"sensitivity": "high"}}"""))))!;
        Assert.Equal("shop", Assert.Single(preview["findings"]!.AsArray())!["service"].Text());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await caller.PostAsync("/api/v1/detectors/preview", Json("""{"type": "error-burst", "settings": {"sensitivity": "huge"}}"""))).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await caller.PostAsync("/api/v1/detectors/preview", Json("""{"type": "error-burst", "days": 8}"""))).StatusCode);

        var workspace = await WorkspaceAsync(bench, "acme");
        await bench.Service<FindingDesk>().OpenAsync(workspace, new() { Detector = Detectors.ErrorBurst, Service = "shop", Title = "shop: many errors", Evidence = ["300 errors"] }, default);
        var finding = Assert.Single((await caller.GetJsonAsync("/api/v1/detectors/error-burst/history"))["items"]!.AsArray())!;
        Assert.Equal(("shop: many errors", "300 errors", null), (finding["title"].Text(), finding["evidence"]![0].Text(), finding["ended_at"]));
        Assert.Equal(HttpStatusCode.NotFound, (await caller.GetAsync("/api/v1/detectors/nothing/history")).StatusCode);
        Assert.Empty((await (await bench.CallerAsync(Role.Viewer, "other")).GetJsonAsync("/api/v1/detectors/error-burst/history"))["items"]!.AsArray());
    }

    private static async Task StoreAsync(HttpBench bench, string name, LogLine[] lines, MetricSample[] samples)
    {
        var workspace = await WorkspaceAsync(bench, name);
        if (lines.Length > 0)
        {
            await bench.Service<LogIntake>().StoreAsync(workspace, lines, default);
        }

        if (samples.Length > 0)
        {
            await bench.Service<MetricIntake>().StoreAsync(workspace, samples, default);
        }
    }

    private static async Task<long> WorkspaceAsync(HttpBench bench, string name) =>
        (await bench.Service<Database>().ReadAsync(bench.Service<WorkspaceStore>().ListAsync, default)).Single(w => w.Name == name).Id;

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static async Task<string> TextAsync(HttpResponseMessage answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync();
    }

    public sealed class OnSqlite() : AnomalyTests(Tests.Engine.Sqlite);

    public sealed class OnPostgres() : AnomalyTests(Tests.Engine.Postgres);
}
