using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Sdk;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Estate;

/// <summary>The estate through the product's own host, over HTTP in memory.</summary>
public sealed class EstateEndpointTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("tocsin-estate-");
    private WebApplication _app = null!;

    private string Files => Path.Combine(_folder.FullName, "estate.yaml");

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(Files, EstateBench.Document("""
            users: [{name: ana, contact: [{name: mail, type: email, address: ana@example.test}]}]
            policies: [{name: p, steps: [{notify: [user:ana]}]}]
            sources: [{name: eu, type: generic, key: a-literal-key-000001}]
            """));
        _app = await TocsinHost.BuildAsync(
            new() { Data = Path.Combine(_folder.FullName, "data"), Estate = Files }, builder => builder.WebHost.UseTestServer(), default);
        await _app.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_plan_shows_what_would_change_and_apply_changes_it()
    {
        var client = await ClientAsync("acme", Role.Admin);
        const string yaml = "apiVersion: tocsin/v1\nteams: [{name: t, members: [ana]}]";

        var plan = await new TocsinClient(client).PlanEstateAsync(yaml);
        Assert.Equal(("create", "team", "t"), (Assert.Single(plan.Changes).Action, plan.Changes[0].Kind, plan.Changes[0].Name));
        Assert.Equal("+ team t\nworkspace acme: 1 to create, 0 to update, 0 to delete, 3 unchanged\n", plan.Text);
        Assert.DoesNotContain("name: t", await client.GetStringAsync("api/v1/estate"), StringComparison.Ordinal);

        Assert.Single((await new TocsinClient(client).ApplyEstateAsync(yaml)).Changes);
        Assert.Contains("  - name: t\n", await client.GetStringAsync("api/v1/estate"), StringComparison.Ordinal);
        Assert.Empty((await new TocsinClient(client).ApplyEstateAsync(yaml)).Changes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# an export that failed\n")]
    public async Task An_empty_text_is_not_the_wish_to_delete_everything(string yaml)
    {
        var client = await ClientAsync("acme", Role.Admin);

        var plan = await new TocsinClient(client).PlanEstateAsync(yaml, prune: true);
        var answer = await PostAsync(client, "api/v1/estate/apply?prune=true", yaml);

        Assert.StartsWith("there is no document in it", Assert.Single(plan.Faults).Message, StringComparison.Ordinal);
        Assert.Empty(plan.Changes);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
    }

    [Fact]
    public async Task A_text_for_another_workspace_is_refused_at_its_line_and_says_what_to_do()
    {
        var client = await ClientAsync("acme", Role.Admin);

        var fault = Assert.Single((await new TocsinClient(client).PlanEstateAsync("apiVersion: tocsin/v1\nworkspace: shop\nteams: [{name: t}]")).Faults);

        Assert.Equal((2, 12, "workspace"), (fault.Line, fault.Column, fault.Path));
        Assert.Contains("leave \"workspace\" out", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Faults_have_their_place_and_nothing_is_changed()
    {
        var client = await ClientAsync("acme", Role.Admin);
        const string yaml = "apiVersion: tocsin/v1\nteams:\n  - {name: t, members: [anna]}\npolicies: [{name: p, steps: [{notify: [user:ana], wait: 1m}]}]";

        var plan = await new TocsinClient(client).PlanEstateAsync(yaml);
        Assert.Equal(
            ["3:25 teams[0].members[0]: unknown user \"anna\" (did you mean \"ana\"?)", $"4:12 policies[0]: policy p is managed by estate.yaml:4; change it there"],
            plan.Faults.OrderBy(f => f.Line).Select(f => $"{f.Line}:{f.Column} {f.Path}: {f.Message}"));
        Assert.All(plan.Faults, f => Assert.Null(f.File));

        var answer = await PostAsync(client, "api/v1/estate/apply", yaml);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains("Nothing was changed.", (await answer.Content.ReadFromJsonAsync<Problem>())!.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("name: t", await client.GetStringAsync("api/v1/estate"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[", "not readable as YAML")]
    [InlineData("apiVersion: tocsin/v1\nworkspace: other", "the text is for workspace other, your key or session is for acme")]
    [InlineData("teams: []", "a document needs \"apiVersion\"")]
    public async Task A_text_that_is_not_for_here_is_refused(string yaml, string why)
    {
        var answer = await PostAsync(await ClientAsync("acme", Role.Admin), "api/v1/estate/apply", yaml);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Contains(why, (await answer.Content.ReadFromJsonAsync<Problem>())!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_are_bounded() => Assert.Equal(
        HttpStatusCode.RequestEntityTooLarge,
        (await PostAsync(await ClientAsync("acme", Role.Admin), "api/v1/estate/plan", new string('#', (4 * 1024 * 1024) + 1))).StatusCode);

    [Fact]
    public async Task Only_administrators_read_and_change_the_estate()
    {
        var responder = await ClientAsync("acme", Role.Responder);

        Assert.Equal(HttpStatusCode.Forbidden, (await responder.GetAsync("api/v1/estate")).StatusCode);

        // A manager may change what her team owns, so the door is open to her; whoever manages nothing finds nothing behind it.
        var refused = await PostAsync(responder, "api/v1/estate/apply", "apiVersion: tocsin/v1\nteams: [{name: mine}]");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("team mine is for administrators", (await refused.Content.ReadFromJsonAsync<Problem>())!.Detail, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync(responder, "-/reload", "")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _app.GetTestClient().GetAsync("api/v1/estate")).StatusCode);
    }

    [Fact]
    public async Task Workspaces_do_not_see_each_other()
    {
        var other = await ClientAsync("other", Role.Owner);

        Assert.Equal("apiVersion: tocsin/v1\nworkspace: other\n", await other.GetStringAsync("api/v1/estate"));
        var answer = await PostAsync(other, "api/v1/estate/apply", "apiVersion: tocsin/v1\nsources: [{name: x, type: generic, key: a-literal-key-000001}]");
        Assert.Contains("the key of source x cannot be used", (await answer.Content.ReadFromJsonAsync<Problem>())!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Reload_takes_the_files_up_or_says_why_not()
    {
        var client = await ClientAsync("acme", Role.Admin);
        var good = await File.ReadAllTextAsync(Files);

        await File.WriteAllTextAsync(Files, good + "\nteams: [{name: t, members: [ana]}]");
        Assert.Equal(HttpStatusCode.NoContent, (await PostAsync(client, "-/reload", "")).StatusCode);
        Assert.Contains("  - name: t\n", await client.GetStringAsync("api/v1/estate"), StringComparison.Ordinal);

        await File.WriteAllTextAsync(Files, good + "\nteams: [{name: t, members: [anna]}]");
        var refused = await PostAsync(client, "-/reload", "");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        Assert.Contains("estate.yaml:6:29: error: unknown user \"anna\"", (await refused.Content.ReadFromJsonAsync<Problem>())!.Detail, StringComparison.Ordinal);
        Assert.Contains("  - name: t\n", await client.GetStringAsync("api/v1/estate"), StringComparison.Ordinal);

        var stranger = await PostAsync(await ClientAsync("other", Role.Owner), "-/reload", "");
        Assert.DoesNotContain("anna", await stranger.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> PostAsync(HttpClient client, string path, string body) =>
        client.PostAsync(path, new StringContent(body, Encoding.UTF8, "application/yaml"));

    private async Task<HttpClient> ClientAsync(string workspace, Role role)
    {
        var now = TimeProvider.System.GetUtcNow();
        var services = _app.Services;
        var key = await services.GetRequiredService<Database>().WriteAsync(
            async tx => await services.GetRequiredService<ApiKeyStore>().CreateAsync(
                tx, (await services.GetRequiredService<WorkspaceStore>().EnsureAsync(tx, workspace, now)).Id, "test", role, now),
            default);
        var client = _app.GetTestClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", key);
        return client;
    }
}
