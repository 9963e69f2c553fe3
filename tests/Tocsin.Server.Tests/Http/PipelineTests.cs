using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Providers;
using Tocsin.Tests.Providers;

namespace Tocsin.Tests.Http;

/// <summary>The alert pipeline's webhook, its canonical events, and what it rejects, over HTTP.</summary>
public abstract class PipelineTests(Engine engine) : IAsyncLifetime
{
    private const string Token = "a-token-for-grafana-000001";

    private HttpBench _bench = null!;
    private HttpClient _sender = null!;
    private HttpClient _reader = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine, Settings);
        await _bench.EditEstateAsync(
            "sources:\n",
            $$"""
            sources:
              - {name: pipeline, type: alert-pipeline, key: pipeline-source-key-00001, tokens: '{"x-grafana-token": "{{Token}}", "x-pager-key": "another", "x-empty": ""}'}
              - {name: strict, type: normalized, key: strict-source-key-0000001, strict: true}

            """);
        await _bench.RestartAsync(Settings);
        (_sender, _reader) = (_bench.Anybody(), await _bench.CallerAsync(Role.Responder));

        static void Settings(Microsoft.AspNetCore.Builder.WebApplicationBuilder builder) => builder.Configuration["Ingest:RejectedAlarm"] = "3";
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_headers_token_admits()
    {
        var body = PipelineBench.Webhook(PipelineBench.GrafanaAlert()).ToJsonString();
        foreach (var (header, token) in new[] { ("X-Pager-Key", Token), ("X-Grafana-Token", "wrong"), ("X-Empty", ""), ("X-Other", Token) })
        {
            Assert.Equal((401, "unauthorized"), await PostAsync("/webhook", body, (header, token)));
        }

        Assert.Empty((await _reader.GetJsonAsync("/api/v1/alerts")).Items());
        foreach (var (path, header, token) in new[] { ("/external-alerts-webhook", "X-Grafana-Token", Token), ("/webhook", "x-GRAFANA-token", Token), ("/webhook", "X-Pager-Key", "another") })
        {
            Assert.Equal((200, "ok"), await PostAsync(path, body, (header, token)));
        }

        Assert.Single((await _reader.GetJsonAsync("/api/v1/alerts")).Items());
    }

    [StoreFact]
    public async Task A_source_whose_tokens_are_empty_is_an_error_of_its_own()
    {
        await _bench.EditEstateAsync($$"""'{"x-grafana-token": "{{Token}}", "x-pager-key": "another", "x-empty": ""}'""", "'{}'");
        await _bench.RestartAsync();
        _sender = _bench.Anybody();

        Assert.Equal((500, "error"), await PostAsync("/webhook", "{}", ("X-Grafana-Token", Token)));
    }

    [StoreFact]
    public async Task All_three_kinds_come_in_by_the_webhook_and_have_their_canonical_events()
    {
        foreach (var body in new[] { PipelineBench.Alarm(), PipelineBench.Webhook(PipelineBench.GrafanaAlert()), PipelineBench.Event() })
        {
            Assert.Equal((200, "ok"), await PostAsync("/external-alerts-webhook", body.ToJsonString(), ("x-grafana-token", Token)));
        }

        List<string> sources = [];
        foreach (var alert in (await _reader.GetJsonAsync("/api/v1/alerts")).Items())
        {
            sources.Add((await _reader.GetJsonAsync($"/api/v1/alerts/{alert!["id"]}/canonical"))["source"].Text());
        }

        Assert.Equal(["cloudwatch", "custom", "grafana"], sources.Order(StringComparer.Ordinal));
    }

    [StoreFact]
    public async Task An_end_replaces_the_canonical_event_of_its_beginning()
    {
        await PostAsync("/webhook", PipelineBench.Event().ToJsonString(), ("x-grafana-token", Token));
        await PostAsync("/webhook", PipelineBench.Event(("state", "RESOLVED"), ("occurred_at", "2026-03-01T11:59:00Z")).ToJsonString(), ("x-grafana-token", Token));

        var alert = Assert.Single((await _reader.GetJsonAsync("/api/v1/alerts")).Items())!;
        var canonical = await _reader.GetJsonAsync($"/api/v1/alerts/{alert["id"]}/canonical");
        Assert.Equal(("RESOLVED", "2026-03-01T11:59:00Z"), (canonical["state"].Text(), canonical["occurred_at"].Text()));
    }

    [StoreFact]
    public async Task An_alert_without_team_or_priority_says_why_it_has_none()
    {
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=a");

        var alert = Assert.Single((await _reader.GetJsonAsync("/api/v1/alerts")).Items())!;
        using var answer = await _reader.GetAsync($"/api/v1/alerts/{alert["id"]}/canonical");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("no team", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task What_cannot_be_read_is_kept_and_is_an_alert_while_it_piles_up()
    {
        var watch = _bench.Service<RejectedWatch>();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal((200, "ok"), await PostAsync("/webhook", $"not JSON {i}", ("x-grafana-token", Token)));
        }

        await watch.TurnAsync(default);
        Assert.Equal("firing", (await AlarmAsync())!["status"].Text());
        var rejected = (await _reader.GetJsonAsync("/api/v1/rejected?source=pipeline")).Items().ToArray();
        Assert.Equal(3, rejected.Length);
        Assert.Equal("not JSON 2", (await _reader.GetJsonAsync($"/api/v1/rejected/{rejected[0]!["id"]}"))["body"].Text());

        _bench.Pass(TimeSpan.FromHours(25));
        await watch.TurnAsync(default);
        Assert.Equal("resolved", (await AlarmAsync())!["status"].Text());
    }

    [StoreFact]
    public async Task A_rejected_delivery_is_read_again_by_the_rules_of_today()
    {
        using var refused = await _sender.PostAsync("/in/normalized/strict-source-key-0000001", new StringContent("""{"title": "Disk full", "state": "FIRING"}"""));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        var rejected = Assert.Single((await _reader.GetJsonAsync("/api/v1/rejected")).Items())!;
        Assert.Contains("teams is missing", rejected["reason"].Text(), StringComparison.Ordinal);
        Assert.Equal("unparsed", (await _reader.PostAsync($"/api/v1/rejected/{rejected["id"]}/replay", ""))["verdict"].Text());

        await _bench.EditEstateAsync("strict: true", "strict: false");
        await _bench.RestartAsync();
        _reader = await _bench.CallerAsync(Role.Responder);
        Assert.Equal("accepted", (await _reader.PostAsync($"/api/v1/rejected/{rejected["id"]}/replay", ""))["verdict"].Text());
        Assert.Empty((await _reader.GetJsonAsync("/api/v1/rejected")).Items());
    }

    [StoreFact]
    public async Task A_payload_is_tried_without_a_trace()
    {
        var body = PipelineBench.Alarm("TEAM=a|PRIORITY=P1").ToJsonString();
        Assert.True((await _reader.PostAsync("/api/v1/parse?source=auto&strict=true", body))["accepted"]!.GetValue<bool>());
        Assert.Equal("cloudwatch", (await _reader.PostAsync("/api/v1/sources/pipeline/parse", body))["events"]![0]!["source"].Text());
        Assert.Equal("not_json_object", (await _reader.PostAsync("/api/v1/parse", "no"))["errors"]![0]!["kind"].Text());
        await _reader.PostAsync("/api/v1/parse?source=nothing", body, HttpStatusCode.UnprocessableEntity);

        Assert.Empty((await _reader.GetJsonAsync("/api/v1/alerts")).Items());
        Assert.Empty((await _reader.GetJsonAsync("/api/v1/deliveries")).Items());
    }

    [StoreFact]
    public async Task While_the_store_takes_nothing_the_webhook_says_error_as_the_pipeline_did_and_when_to_come_again()
    {
        await _bench.RestartAsync(builder => builder.Configuration["Ingest:MaxWaiting"] = "1");
        _sender = _bench.Anybody();
        var (held, enough) = (new TaskCompletionSource(), new TaskCompletionSource());
        var holding = _bench.Service<Database>().WriteAsync(
            async tx =>
            {
                foreach (var workspace in await tx.QueryAsync("SELECT id FROM workspace", static row => row.GetInt64(0)))
                {
                    await tx.LockWorkspaceAsync(workspace);
                }

                held.SetResult();
                await enough.Task;
            },
            default);
        await held.Task;
        List<Task<HttpResponseMessage>> sent = [];
        for (var i = 0; i < 8; i++)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/webhook") { Content = new StringContent(PipelineBench.Event().ToJsonString()) };
            request.Headers.Add("X-Grafana-Token", Token);
            sent.Add(_sender.SendAsync(request));
        }

        using var refused = await await Task.WhenAny(sent);
        Assert.Equal((HttpStatusCode.InternalServerError, "error", true), (refused.StatusCode, await refused.Content.ReadAsStringAsync(), refused.Headers.RetryAfter is not null));

        enough.SetResult();
        await holding;
        foreach (var answer in await Task.WhenAll(sent))
        {
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.InternalServerError, $"{answer.StatusCode}");
        }

        Assert.Single((await (await _bench.CallerAsync(Role.Viewer)).GetJsonAsync("/api/v1/alerts")).Items());
    }

    private async Task<JsonNode?> AlarmAsync() =>
        (await _reader.GetJsonAsync("/api/v1/alerts")).Items().FirstOrDefault(a => a!["labels"]?["alertname"]?.GetValue<string>() == "TocsinRejectedDeliveries");

    private async Task<(int Status, string Body)> PostAsync(string path, string body, (string Name, string Value) header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        using var answer = await _sender.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}

public sealed class PipelineOnSqlite() : PipelineTests(Engine.Sqlite);

public sealed class PipelineOnPostgres() : PipelineTests(Engine.Postgres);

public sealed class HeaderTokensTests
{
    [Theory]
    [InlineData("{}", true, 0)]
    [InlineData("""{"x-a": "1", "x-b": ""}""", true, 1)]
    [InlineData("[]", false, 0)]
    [InlineData("""{"x a": "1"}""", false, 0)]
    [InlineData("""{"x-a": 1}""", false, 0)]
    [InlineData("nonsense", false, 0)]
    public void Tokens_are_an_object_of_header_names_and_texts(string json, bool good, int count)
    {
        var tokens = HeaderTokens.Read(json);

        Assert.Equal((good, count), (tokens.Ok, tokens.Value?.Count ?? 0));
    }
}
