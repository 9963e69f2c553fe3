using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Who manages a team changes what the team owns, and nothing else.</summary>
public sealed class TeamManagementTests : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _ana = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync();

        // A workspace that no file manages.
        using var head = await _bench.PersonAsync("head", Role.Owner, "other");
        await SendAsync(head, "apply", """
            users: [{name: ana}, {name: bo}, {name: cy}]
            teams: [{name: payments, members: [ana], managers: [ana]}, {name: platform, members: [cy], managers: [cy]}]
            services: [{name: checkout, team: payments}, {name: search, team: platform}, {name: orphan}]
            schedules:
              - {name: primary, team: payments, time_zone: UTC, rotations: [{name: always, users: [ana], start: 2026-01-05T09:00, every: 1w}]}
            """, HttpStatusCode.OK);
        _ana = await _bench.PersonAsync("ana", Role.Responder, "other");
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Theory]
    [InlineData("services: [{name: checkout, team: payments, description: Takes the money}]")]
    [InlineData("services: [{name: refunds, team: payments}]")]
    [InlineData("teams: [{name: payments, members: [ana, bo], managers: [ana]}]")]
    [InlineData("schedules: [{name: primary, team: payments, time_zone: UTC, rotations: [{name: always, users: [bo], start: 2026-01-05T09:00, every: 1w}]}]")]
    public async Task What_the_team_owns_is_changed(string yaml)
    {
        Assert.Empty((await SendAsync(_ana, "plan", yaml, HttpStatusCode.OK))["faults"]!.AsArray());
        await SendAsync(_ana, "apply", yaml, HttpStatusCode.OK);
        Assert.Empty((await SendAsync(_ana, "plan", yaml, HttpStatusCode.OK))["changes"]!.AsArray());
    }

    [Theory]
    [InlineData("services: [{name: search, team: platform, description: Ours now}]", "service search")]
    [InlineData("services: [{name: checkout, team: payments, description: \"${env:HOME:-x}\"}]", "service checkout")]
    [InlineData("services: [{name: search, team: payments}]", "service search")]
    [InlineData("services: [{name: orphan, team: payments}]", "service orphan")]
    [InlineData("services: [{name: checkout, team: platform}]", "service checkout")]
    [InlineData("services: [{name: new-one}]", "service new-one")]
    [InlineData("teams: [{name: payments, members: [ana], managers: [ana, bo]}]", "team payments")]
    [InlineData("teams: [{name: platform, members: [cy], managers: [cy, ana]}]\nservices: [{name: search, team: platform, description: x}]", "team platform")]
    [InlineData("teams: [{name: mine, members: [ana], managers: [ana]}]", "team mine")]
    [InlineData("users: [{name: ana, role: owner}]", "user ana")]
    [InlineData("policies: [{name: p, steps: [{notify: [user:ana]}]}]", "policy p")]
    [InlineData("services: [{name: checkout, team: payments, description: good}]\npolicies: [{name: p, steps: [{notify: [user:ana]}]}]", "policy p")]
    public async Task Everything_else_is_refused_whole_and_the_plan_is_not_shown(string yaml, string named)
    {
        var plan = await SendAsync(_ana, "plan", yaml, HttpStatusCode.OK);
        var refused = await SendAsync(_ana, "apply", yaml, HttpStatusCode.UnprocessableEntity);

        Assert.Contains(plan["faults"]!.AsArray(), f => f!["message"].Text().StartsWith($"{named} is for administrators", StringComparison.Ordinal));
        Assert.Equal((0, ""), (plan["changes"]!.AsArray().Count, plan["text"].Text()));
        Assert.Contains(named, refused["detail"].Text(), StringComparison.Ordinal);
        using var head = await _bench.PersonAsync("head", Role.Owner, "other");
        Assert.DoesNotContain("good", await head.GetStringAsync("/api/v1/estate"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pruning_deletes_nothing_of_others()
    {
        var refused = await SendAsync(_ana, "apply?prune=true", "services: [{name: checkout, team: payments}]", HttpStatusCode.UnprocessableEntity);
        Assert.Contains("service search", refused["detail"].Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_manages_no_team_changes_nothing_nor_does_a_key_or_a_viewer()
    {
        const string Yaml = "services: [{name: checkout, team: payments, description: x}]";
        using var bo = await _bench.PersonAsync("bo", Role.Responder, "other");
        using var key = await _bench.CallerAsync(Role.Responder, "other");
        using var viewer = await _bench.PersonAsync("cy", Role.Viewer, "other");

        await SendAsync(bo, "apply", Yaml, HttpStatusCode.UnprocessableEntity);
        await SendAsync(key, "apply", Yaml, HttpStatusCode.UnprocessableEntity);
        await SendAsync(viewer, "apply", Yaml, HttpStatusCode.Forbidden);
    }

    private static async Task<JsonNode> SendAsync(HttpClient caller, string verb, string yaml, HttpStatusCode expected)
    {
        using var content = new StringContent($"apiVersion: tocsin/v1\nworkspace: other\n{yaml}", Encoding.UTF8, "application/yaml");
        using var response = await caller.PostAsync($"/api/v1/estate/{verb}", content);
        return await response.JsonAsync(expected);
    }
}
