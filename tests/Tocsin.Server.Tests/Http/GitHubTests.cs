using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Demo.Fakes;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Tests.Cli;
using Tocsin.Workspaces;
using static Tocsin.Tests.Issues.IssueBench;

namespace Tocsin.Tests.Http;

/// <summary>Alarms get issues through the whole server, at a fake GitHub that an App signs in to; people see them, and act there and here.</summary>
public sealed class GitHubTests : IAsyncLifetime
{
    private FakeGitHub _gitHub = null!;
    private HttpBench _bench = null!;
    private HttpClient _admin = null!;

    public async Task InitializeAsync()
    {
        _gitHub = await FakeGitHub.StartAsync(TimeProvider.System, 0, default, Repository);
        _bench = await HttpBench.StartAsync(configure: Configure);
        await _bench.EditEstateAsync("  policy: payments\n  group_by", $"  policy: payments\n  issues: {Repository}\n  group_by");
        await _bench.RestartAsync(Configure);
        _admin = await _bench.CallerAsync(Role.Admin);
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _gitHub.DisposeAsync();
    }

    [Fact]
    public async Task An_incident_shows_its_issue_and_the_issue_its_incident()
    {
        await HearAsync(Firing());
        var issue = await IssueAsync(i => i["state"].Text() == "open");

        Assert.Equal((1, "P1", Repository, 1), (issue["number"]!.GetValue<int>(), issue["priority"].Text(), issue["repository"].Text(), issue["incident"]!.GetValue<int>()));
        var incident = await _admin.GetJsonAsync("/api/v1/incidents/1");
        Assert.Equal("https://github.invalid/acme/alerts/issues/1", incident["issues"]!.AsArray().Single()!["url"].Text());
        Assert.Contains(incident["timeline"]!.AsArray(), e => e!["kind"].Text() == "issue.created");
        Assert.Contains("/i/1\n", _gitHub.Issues(Repository).Single().Body, StringComparison.Ordinal);
        Assert.Equal("open", (await _admin.GetJsonAsync("/api/v1/issues/1"))["alarm"]!["status"].Text());
        Assert.Contains("acme/alerts#1", await PageAsync("/i/1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_delivery_of_Grafana_with_a_team_and_a_priority_gets_its_issue()
    {
        const string Body = """
            {"status": "firing", "orgId": 7, "alerts": [{"status": "firing", "fingerprint": "c6eadffa33fcdf37", "startsAt": "2026-01-05T09:00:00Z",
             "labels": {"alertname": "Queue lag", "team": "dev-infra", "priority": "P2"}, "annotations": {"description": "Ask @acme/oncall"}}]}
            """;
        using var sender = _bench.Anybody();
        using var content = new StringContent(Body, Encoding.UTF8, "application/json");
        content.Headers.Add("X-Grafana-Alerting-Signature", Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(HttpBench.GrafanaSecret), Encoding.UTF8.GetBytes(Body))));
        using var response = await sender.PostAsync($"/in/grafana/{HttpBench.GrafanaKey}", content);
        await response.JsonAsync(HttpStatusCode.Accepted);

        await IssueAsync(i => i["state"].Text() == "open");
        var issue = _gitHub.Issues(Repository).Single();
        Assert.Equal(("[P2] Queue lag", "area:alerting,Pri:P2,Team:dev-infra,Source:grafana"), (issue.Title, string.Join(',', issue.Labels)));
        Assert.DoesNotContain("@acme", issue.Body, StringComparison.Ordinal);
        Assert.Contains("acme/oncall", issue.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_signed_webhook_tells_of_a_close_by_hand_once_and_nobody_else_may()
    {
        await HearAsync(Firing());
        await IssueAsync(i => i["state"].Text() == "open");
        var body = _gitHub.ByHand(Repository, 1, open: false);
        using var anybody = _bench.Anybody();

        Assert.Equal(HttpStatusCode.Unauthorized, await HookAsync(anybody, body, null));
        Assert.Equal(HttpStatusCode.Unauthorized, await HookAsync(anybody, body, FakeGitHub.Sign(body, "another secret")));
        Assert.Equal(HttpStatusCode.Unauthorized, await HookAsync(anybody, [.. body, (byte)' '], FakeGitHub.Sign(body)));
        Assert.Equal("open", (await IssueAsync(_ => true))["state"].Text());

        Assert.Equal(HttpStatusCode.NoContent, await HookAsync(anybody, body, FakeGitHub.Sign(body)));
        Assert.Equal(HttpStatusCode.NoContent, await HookAsync(anybody, body, FakeGitHub.Sign(body)));
        var closed = await _admin.GetJsonAsync("/api/v1/issues/1");
        Assert.Equal(("closed", "octocat", true), (closed["state"].Text(), closed["by_hand"].Text(), closed["alarm"]!["manually_closed"]!.GetValue<bool>()));
        var ping = "{}"u8.ToArray();
        Assert.Equal(HttpStatusCode.NoContent, await HookAsync(anybody, ping, FakeGitHub.Sign(ping), "ping"));
        Assert.Equal(HttpStatusCode.BadRequest, await HookAsync(anybody, ping, FakeGitHub.Sign(ping)));
    }

    [Fact]
    public async Task What_is_given_up_pages_is_shown_and_is_tried_again_when_a_person_says_so()
    {
        _gitHub.Repository(Repository).MayWrite = false;
        await HearAsync(Firing());
        var failed = await IssueAsync(i => i["failed_at"] is not null);

        Assert.Contains("issues", failed["error"].Text(), StringComparison.Ordinal);
        Assert.Single((await _admin.GetJsonAsync("/api/v1/issues?state=failed")).Items());
        Assert.Contains((await _admin.GetJsonAsync("/api/v1/alerts")).Items(), a => a!["title"].Text() == $"Tocsin cannot keep the issues in {Repository}");
        Assert.Contains("given up", await PageAsync("/settings/github"), StringComparison.Ordinal);

        _gitHub.Repository(Repository).MayWrite = true;
        await _admin.PostAsync("/api/v1/issues/1/retry", "{}");
        Assert.Equal(1, (await IssueAsync(i => i["state"].Text() == "open"))["number"]!.GetValue<int>());
    }

    [Fact]
    public async Task A_test_of_the_connection_says_what_is_missing()
    {
        _gitHub.Repository(Repository).MayWrite = false;

        var check = await _admin.PostAsync("/api/v1/github/check", $$"""{"repository":"{{Repository}}"}""");

        Assert.False(check["good"]!.GetValue<bool>());
        Assert.Contains("it must be write", check["findings"]!.AsArray().Single(f => !f!["good"]!.GetValue<bool>())!["detail"].Text(), StringComparison.Ordinal);
        await _admin.PostAsync("/api/v1/github/check", """{"repository":"acme/secret"}""", HttpStatusCode.UnprocessableEntity);
        Assert.Empty(_gitHub.Issues(Repository));
    }

    [Fact]
    public async Task The_command_line_shows_issues_tries_them_again_and_tests_the_connection()
    {
        _gitHub.Repository(Repository).MayWrite = false;
        await HearAsync(Firing());
        await IssueAsync(i => i["failed_at"] is not null);
        var cli = new CliRun.CliWorld(_bench.Url.ToString(), await _bench.KeyAsync(Role.Admin)) { Time = TimeProvider.System };

        Assert.Contains("✗ failed", (await cli.RunAsync("issues", "list", "--state", "failed")).Out, StringComparison.Ordinal);
        var check = await cli.RunAsync("issues", "check", Repository);
        Assert.Equal((1, true), (check.ExitCode, check.Out.Contains("it must be write", StringComparison.Ordinal)));
        _gitHub.Repository(Repository).MayWrite = true;
        Assert.Equal(0, (await cli.RunAsync("issues", "check", Repository)).ExitCode);
        Assert.Equal(0, (await cli.RunAsync("issues", "retry", "1")).ExitCode);
        await IssueAsync(i => i["state"].Text() == "open");

        var shown = (await cli.RunAsync("issues", "show", "1")).Out;
        Assert.Contains("acme/alerts#1", shown, StringComparison.Ordinal);
        Assert.Contains(Firing().Fingerprint, shown, StringComparison.Ordinal);
        Assert.Equal(4, (await cli.RunAsync("issues", "show", "404")).ExitCode);
        var pipeline = await cli.RunAsync("pipeline");
        Assert.Equal(0, pipeline.ExitCode);
        Assert.Matches(@"grafana +dev-infra +1 +\d", pipeline.Out);
        Assert.Contains("of 5000 requests left", pipeline.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lists_are_read_in_pages_and_wrong_questions_are_refused()
    {
        await HearAsync([.. Enumerable.Range(0, 3).Select(i => Firing(0, $"alarm {i}"))]);
        await HttpBench.UntilAsync(_admin, "/api/v1/issues?state=open", page => page.Items().Count == 3);

        var first = await _admin.GetJsonAsync("/api/v1/issues?limit=2&repository=ACME/alerts");
        var second = await _admin.GetJsonAsync($"/api/v1/issues?limit=2&cursor={first["next_cursor"].Text()}");
        Assert.Equal([3, 2, 1], first.Items().Concat(second.Items()).Select(i => i!["id"]!.GetValue<int>()));
        foreach (var wrong in (string[])["state=odd", "limit=0", "cursor=!"])
        {
            using var refused = await _admin.GetAsync($"/api/v1/issues?{wrong}");
            Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        }
    }

    private void Configure(WebApplicationBuilder builder)
    {
        builder.Configuration["GitHub:BaseUrl"] = _gitHub.Url.ToString();
        builder.Configuration["GitHub:AppId"] = FakeGitHub.AppId;
        builder.Configuration["GitHub:PrivateKey"] = _gitHub.PrivateKey;
        builder.Configuration["GitHub:WebhookSecret"] = FakeGitHub.HookSecret;
        builder.Configuration["GitHub:Spacing"] = "00:00:00";
        builder.Configuration["Server:PublicUrl"] = "https://tocsin.example.test";
    }

    /// <summary>As a source of the pipeline's kind delivers it.</summary>
    private async Task HearAsync(params CanonicalEvent[] events)
    {
        var workspace = await _bench.Service<Database>().ReadAsync(session => session.ScalarAsync("SELECT id FROM workspace WHERE name = 'acme'"), default) ?? 0;
        var estate = (await _bench.Service<IEstates>().FindAsync(workspace, default))!;
        var now = DateTimeOffset.UtcNow;
        await _bench.Service<Database>().WriteAsync(tx => _bench.Service<AlertIntake>().StoreAsync(tx, estate, [new("scripts", [.. events.Select(SignalOf)], now)], now), default);
    }

    private async Task<JsonNode> IssueAsync(Predicate<JsonNode> expected) =>
        (await HttpBench.UntilAsync(_admin, "/api/v1/issues", page => page.Items() is [{ } issue, ..] && expected(issue))).Items()[0]!;

    private static async Task<HttpStatusCode> HookAsync(HttpClient anybody, byte[] body, string? signature, string kind = "issues")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/in/github") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("X-GitHub-Event", kind);
        request.Headers.Add("X-GitHub-Delivery", "d1");
        if (signature is not null)
        {
            request.Headers.Add("X-Hub-Signature-256", signature);
        }

        using var response = await anybody.SendAsync(request);
        return response.StatusCode;
    }

    private async Task<string> PageAsync(string path)
    {
        using var owner = await _bench.PersonAsync("olga", Role.Owner);
        using var response = await owner.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }
}
