using System.Net;
using System.Text.Json.Nodes;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Tests.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>Members who are suspended: out of one workspace at once and of no other, not paged, and back as they were.</summary>
public abstract class SuspensionTests(Engine engine) : IAsyncLifetime
{
    private const string Password = "a long walk to the sea";

    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine);

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task Who_is_suspended_is_out_of_this_workspace_at_once_and_of_no_other_and_comes_back_as_he_was()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        await MemberAsync("bo", ("acme", Role.Admin), ("other", Role.Viewer));
        using var bo = await LogInAsync("bo", "acme");
        using var elsewhere = await LogInAsync("bo", "other");
        using var key = Key(await bo.PostAsync("/api/v1/keys", """{"name": "mine", "role": "responder", "personal": true}""", HttpStatusCode.Created));
        await bo.PostAsync("/api/v1/invitations", """{"email": "friend@acme.test", "role": "admin"}""", HttpStatusCode.Created);
        var id = await IdAsync(head, "bo");

        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(head, $"/api/v1/members/{id}/suspend"));
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(head, $"/api/v1/members/{id}/suspend"));
        _bench.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await MeAsync(bo), await MeAsync(key), await MeAsync(elsewhere)));
        Assert.Empty((await head.GetJsonAsync("/api/v1/invitations")).Items());
        Assert.NotNull((await head.GetJsonAsync("/api/v1/members")).Items().Single(m => m!["name"].Text() == "bo")!["suspended_at"]);
        Assert.Contains("suspended", await head.PageAsync("/members"), StringComparison.Ordinal);

        Assert.Contains("suspended", (await TryAsync("bo", "acme", HttpStatusCode.Forbidden))["detail"].Text(), StringComparison.Ordinal);
        Assert.Equal("other", (await (await LogInAsync("bo", null)).GetJsonAsync("/api/v1/me"))["workspace"].Text());
        Assert.Equal(["other"], (await elsewhere.GetJsonAsync("/api/v1/me"))["workspaces"]!.AsArray().Select(w => w!["workspace"].Text()));
        using var browser = await BrowserAsync("bo");
        await browser.SubmitAsync("/me", "/me/workspace", ("workspace", "acme"));
        Assert.Equal("other", (await browser.GetJsonAsync("/api/v1/me"))["workspace"].Text());

        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(head, $"/api/v1/members/{id}/resume"));
        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(head, $"/api/v1/members/{id}/resume"));
        _bench.Pass(TimeSpan.FromSeconds(5));
        using var again = await LogInAsync("bo", "acme");
        Assert.Equal(("admin", HttpStatusCode.OK), ((await again.GetJsonAsync("/api/v1/me"))["role"].Text(), await MeAsync(key)));
        Assert.Equal(
            ["member.resumed by user:head", "member.suspended by user:head"],
            (await head.GetJsonAsync("/api/v1/audit?subject=member/bo&action=member.*")).Items().Select(e => $"{e!["action"]} by {e["actor"]}"));
    }

    [StoreFact]
    public async Task Who_is_suspended_is_not_paged_and_steps_fall_through_to_the_next()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        await MemberAsync("ana", ("acme", Role.Responder));
        var id = await IdAsync(head, "ana");
        Assert.Contains("is on call in primary", await head.PageAsync($"/members/{id}"), StringComparison.Ordinal);
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=First,service=checkout,severity=critical");
        var (phone, _, page) = await _bench.PagedAsync();
        var link = new Uri(page["action_url"].Text()).AbsolutePath;
        Assert.Equal("ana", phone);

        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(head, $"/api/v1/members/{id}/suspend"));
        _bench.Service<IEstates>().Forget(1);
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=Second,service=checkout,severity=critical");

        Assert.Equal("bo", (await _bench.PagedAsync()).Phone);
        using var anybody = _bench.Anybody();
        Assert.Equal(HttpStatusCode.NotFound, (await anybody.GetAsync(link)).StatusCode);
        var why = await head.PostAsync("/api/v1/explain", """{"incident": 2}""");
        Assert.Contains("ana is disabled", why.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("(disabled, not paged)", await head.PageAsync("/oncall"), StringComparison.Ordinal);

        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(head, $"/api/v1/members/{id}/resume"));
        _bench.Service<IEstates>().Forget(1);
        Assert.Equal(HttpStatusCode.OK, (await anybody.GetAsync(link)).StatusCode);
    }

    [StoreFact]
    public async Task A_page_that_waits_for_somebody_who_is_suspended_meanwhile_goes_to_the_next_instead()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        await MemberAsync("ana", ("acme", Role.Responder));
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=First,service=checkout,severity=critical");
        Assert.Equal("ana", (await _bench.PagedAsync()).Phone);

        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(head, $"/api/v1/members/{await IdAsync(head, "ana")}/suspend"));
        _bench.Service<IEstates>().Forget(1);
        _bench.Pass(TimeSpan.FromSeconds(35));

        // Her second phone was to ring 30 seconds after the first, and bo's a minute after: it rings now.
        Assert.Equal("bo", (await _bench.PagedAsync()).Phone);
        Assert.DoesNotContain(_bench.Phone.Deliveries, d => d.Path == "/ana-second");
    }

    [StoreFact]
    public async Task Nobody_suspends_himself_or_somebody_above_him_and_an_owner_who_can_come_in_is_left()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        using var boss = await _bench.PersonAsync("boss", Role.Owner);
        using var ada = await _bench.PersonAsync("ada", Role.Admin);
        using var bo = await _bench.PersonAsync("bo", Role.Responder);
        using var mia = await _bench.PersonAsync("mia", Role.Owner, "other");
        var (first, second, own) = (await IdAsync(head, "head"), await IdAsync(head, "boss"), await IdAsync(head, "ada"));

        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(head, $"/api/v1/members/{first}/suspend"));
        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync(ada, $"/api/v1/members/{first}/suspend"));
        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync(bo, $"/api/v1/members/{own}/suspend"));
        Assert.Equal(HttpStatusCode.NotFound, await PostAsync(mia, $"/api/v1/members/{own}/suspend"));

        Assert.Equal(HttpStatusCode.NoContent, await PostAsync(head, $"/api/v1/members/{second}/suspend"));
        using var key = await _bench.CallerAsync(Role.Owner);
        Assert.Equal(HttpStatusCode.Conflict, await PostAsync(key, $"/api/v1/members/{first}/suspend"));
        using var demoted = await key.PatchAsync($"/api/v1/members/{first}", new StringContent("""{"role": "admin"}""", null, "application/json"));
        Assert.Equal(HttpStatusCode.Conflict, demoted.StatusCode);
        using var removed = await key.DeleteAsync($"/api/v1/members/{second}");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
    }

    /// <summary>Somebody with a password and these memberships.</summary>
    private async Task MemberAsync(string user, params (string Workspace, Role Role)[] memberships)
    {
        var hash = await _bench.Service<Passwords>().HashAsync(Password, known: true, default);
        await _bench.Service<Database>().WriteAsync(
            async tx =>
            {
                foreach (var (workspace, role) in memberships)
                {
                    await _bench.Service<AccountStore>().MemberAsync(tx, (await _bench.Service<WorkspaceStore>().FindAsync(tx, workspace))!.Id, $"{user}@acme.test", user, role, hash);
                }

                return 0;
            },
            default);
    }

    private async Task<HttpClient> LogInAsync(string user, string? workspace)
    {
        var client = _bench.Anybody();
        client.DefaultRequestHeaders.Authorization = new("Bearer", (await TryAsync(user, workspace, HttpStatusCode.OK))["access_token"].Text());
        return client;
    }

    private Task<JsonNode> TryAsync(string user, string? workspace, HttpStatusCode expected) => _bench.Anybody().PostAsync(
        "/auth/login", new JsonObject { ["email"] = $"{user}@acme.test", ["password"] = Password, ["workspace"] = workspace }.ToJsonString(), expected);

    private async Task<HttpClient> BrowserAsync(string user)
    {
        var browser = _bench.Anybody();
        Assert.Equal("/", (await browser.SubmitAsync("/login", "/login", ("email", $"{user}@acme.test"), ("password", Password))).To);
        return browser;
    }

    private HttpClient Key(JsonNode made)
    {
        var client = _bench.Anybody();
        client.DefaultRequestHeaders.Add("X-API-Key", made["key"].Text());
        return client;
    }

    private static async Task<string> IdAsync(HttpClient caller, string name) =>
        (await caller.GetJsonAsync("/api/v1/members")).Items().Single(m => m!["name"].Text() == name)!["id"].Text();

    private static async Task<HttpStatusCode> PostAsync(HttpClient caller, string path)
    {
        using var response = await caller.PostAsync(path, null);
        return response.StatusCode;
    }

    private static async Task<HttpStatusCode> MeAsync(HttpClient caller)
    {
        using var response = await caller.GetAsync("/api/v1/me");
        return response.StatusCode;
    }

    public sealed class OnSqlite() : SuspensionTests(Engine.Sqlite);

    public sealed class OnPostgres() : SuspensionTests(Engine.Postgres);
}
