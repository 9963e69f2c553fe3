using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Tests.Hosting;
using static Tocsin.Tests.Issues.IssueBench;

namespace Tocsin.Tests.Http;

/// <summary>One name leads from a request to whatever came of it.</summary>
public sealed class CorrelationTests : IAsyncLifetime
{
    private CapturedLog _log = null!;
    private FakeGitHub _gitHub = null!;
    private HttpBench _bench = null!;

    public async Task InitializeAsync()
    {
        _log = CapturedLog.Begin();
        _gitHub = await FakeGitHub.StartAsync(TimeProvider.System, 0, default, Repository);
        _bench = await HttpBench.StartAsync(configure: Configure);
        await _bench.EditEstateAsync("  policy: payments\n  group_by", $"  policy: payments\n  issues: {Repository}\n  group_by");
        await _bench.RestartAsync(Configure);
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _gitHub.DisposeAsync();
        _log.Dispose();
    }

    [Fact]
    public async Task One_id_leads_from_the_request_to_the_issue()
    {
        using var answer = await DeliverAsync("X-Correlation-Id", "deploy-42/alarm.7");
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("deploy-42/alarm.7", answer.Headers.GetValues("X-Correlation-Id").Single());

        using var reader = await _bench.CallerAsync(Role.Viewer);
        var issue = (await HttpBench.UntilAsync(reader, "/api/v1/issues", page => page.Items() is [{ } one] && one["state"].Text() == "open")).Items()[0]!;
        var delivery = Assert.Single((await reader.GetJsonAsync("/api/v1/deliveries")).Items())!;

        Assert.Equal("deploy-42/alarm.7", delivery["correlation"].Text());
        Assert.Contains("<!-- correlation deploy-42/alarm.7 -->", _gitHub.Issues(Repository).Single().Body, StringComparison.Ordinal);
        var lines = _log.Objects.Where(line => line["correlationId"]?.ToText() == "deploy-42/alarm.7").ToList();
        Assert.Equal([2303, 2603, 2601], lines.Select(line => (int)line["eventId"]!).OrderBy(id => Array.IndexOf([2303, 2603, 2601], id)));
        Assert.All(lines.Where(line => (int)line["eventId"]! > 2600), line =>
        {
            Assert.Equal((issue["fingerprint"].Text(), "CREATE", "P2", "grafana"), (line["fingerprint"].ToText(), line["action"].ToText(), line["priority"].ToText(), line["source"].ToText()));
            Assert.Equal("""["dev-infra"]""", line["teams"]!.ToJsonString());
            Assert.True(line.ContainsKey("messageId") && line.ContainsKey("timestamp") && line.ContainsKey("level"));
        });
    }

    [Theory]
    [InlineData("X-Request-Id", "r-1", "r-1")]
    [InlineData("X-Correlation-Id", "<script>", null)]
    [InlineData("X-Correlation-Id", "a--b", null)]
    [InlineData("X-Correlation-Id", "a b", null)]
    [InlineData("X-Correlation-Id", "", null)]
    public async Task Another_name_for_the_header_is_taken_and_what_may_do_harm_is_replaced(string header, string given, string? answered)
    {
        using var answer = await DeliverAsync(header, given);

        var id = answer.Headers.GetValues("X-Correlation-Id").Single();
        Assert.True(answered is null ? id != given && id.Length > 5 : id == answered, id);
    }

    [Fact]
    public async Task A_refusal_carries_it_too_and_one_is_made_where_none_was_sent()
    {
        using var anybody = _bench.Anybody();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/alerts");
        request.Headers.Add("X-Correlation-Id", "asked-1");
        using var refused = await anybody.SendAsync(request);
        Assert.Equal(("asked-1", "asked-1"), (refused.Headers.GetValues("X-Correlation-Id").Single(), refused.Headers.GetValues("X-Request-Id").Single()));

        using var first = await anybody.GetAsync("/healthz");
        using var second = await anybody.GetAsync("/healthz");
        Assert.NotEqual(first.Headers.GetValues("X-Correlation-Id").Single(), second.Headers.GetValues("X-Correlation-Id").Single());
    }

    [Fact]
    public async Task A_replay_keeps_the_id_that_it_came_with()
    {
        using var sender = _bench.Anybody();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/in/generic/{HttpBench.GenericKey}") { Content = new StringContent("no JSON") };
        request.Headers.Add("X-Correlation-Id", "broken-1");
        using var rejected = await sender.SendAsync(request);
        using var responder = await _bench.CallerAsync(Role.Responder);
        var id = (await rejected.JsonAsync(HttpStatusCode.BadRequest))["delivery"]!;

        Assert.Equal("broken-1", (await responder.PostAsync($"/api/v1/rejected/{id}/replay", ""))["correlation"].Text());
        Assert.Contains(_log.Objects, line => (int)line["eventId"]! == 2303 && line["verdict"].ToText() == "Unparsed" && line["correlationId"].ToText() == "broken-1");
    }

    private async Task<HttpResponseMessage> DeliverAsync(string header, string id)
    {
        const string Body = """
            {"status": "firing", "orgId": 7, "alerts": [{"status": "firing", "fingerprint": "c6eadffa33fcdf37", "startsAt": "2026-01-05T09:00:00Z",
             "labels": {"alertname": "Queue lag", "team": "dev-infra", "priority": "P2"}, "annotations": {}}]}
            """;
        using var sender = _bench.Anybody();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/in/grafana/{HttpBench.GrafanaKey}") { Content = new StringContent(Body, Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Grafana-Alerting-Signature", Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(HttpBench.GrafanaSecret), Encoding.UTF8.GetBytes(Body))));
        request.Headers.TryAddWithoutValidation(header, id);
        return await sender.SendAsync(request);
    }

    private void Configure(WebApplicationBuilder builder)
    {
        builder.Logging.AddProvider(_log);
        builder.Configuration["GitHub:BaseUrl"] = _gitHub.Url.ToString();
        builder.Configuration["GitHub:Token"] = FakeGitHub.Token;
        builder.Configuration["GitHub:Spacing"] = "00:00:00";
    }
}
