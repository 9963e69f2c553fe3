using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>Accounts at <c>/auth</c>, as programs of the reliability assistant use them.</summary>
public abstract partial class AccountTests(Engine engine) : IAsyncLifetime
{
    private const string Ana = """{"email":"ana@example.test","password":"a long walk to the sea"}""";
    private const string Wrong = """{"email":"ana@example.test","password":"a long walk to the lake"}""";

    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine, builder => builder.Configuration["Accounts:Registration"] = "Open");

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task Whoever_registers_has_a_token_that_opens_a_workspace_of_his_own_with_something_to_send_alerts_to()
    {
        using var anybody = _bench.Anybody();

        var answer = await anybody.PostAsync("/auth/register", Ana);

        Assert.Matches(Token(), answer["access_token"].Text());
        Assert.Equal("bearer", answer["token_type"].Text());
        var user = answer["user"]!.AsObject();
        Assert.Equal(["id", "email", "created_at", "is_active"], user.Select(p => p.Key));
        Assert.Equal('8', user["id"].Text()[14]);
        Assert.Equal("ana@example.test", user["email"].Text());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$", user["created_at"].Text());
        Assert.True(user["is_active"]!.GetValue<bool>());

        using var ana = Bearer(answer);
        Assert.Equal(user.ToJsonString(), (await ana.GetJsonAsync("/auth/me")).ToJsonString());
        var me = await ana.GetJsonAsync("/api/v1/me");
        Assert.StartsWith("ana-", me["workspace"].Text(), StringComparison.Ordinal);
        Assert.Equal(("owner", "ana", "user:ana"), (me["role"].Text(), me["name"].Text(), me["actor"].Text()));
        Assert.Equal(["anything", "grafana", "prometheus"], (await ana.GetJsonAsync("/api/v1/sources")).Items().Select(s => s!["name"].Text()).Order());
        Assert.Empty((await ana.GetJsonAsync("/api/v1/incidents")).Items());
    }

    [StoreFact]
    public async Task An_address_has_one_account_however_it_is_written()
    {
        using var anybody = _bench.Anybody();
        await anybody.PostAsync("/auth/register", Ana);

        var again = await anybody.PostAsync("/auth/register", Ana.Replace("ana@", "Ana@", StringComparison.Ordinal), HttpStatusCode.BadRequest);

        Assert.Contains("account with this address", again["detail"].Text(), StringComparison.Ordinal);
        Assert.Equal("ana@example.test", (await anybody.PostAsync("/auth/login", Ana.Replace("ana@", "ANA@", StringComparison.Ordinal)))["user"]!["email"].Text());
    }

    [StoreFact]
    public async Task A_wrong_password_and_an_unknown_address_have_one_answer_that_costs_one_hash()
    {
        using var anybody = _bench.Anybody();
        await anybody.PostAsync("/auth/register", Ana);
        await anybody.PostAsync("/auth/register", Ana.Replace("ana@", "gone@", StringComparison.Ordinal));
        await SqlAsync("UPDATE person SET disabled_at = 1 WHERE email = 'gone@example.test'");
        await SqlAsync("INSERT INTO person (email, created_at) VALUES ('sso@example.test', 1)");

        var wrong = await TryAsync(anybody, Wrong);
        var unknown = await TryAsync(anybody, Wrong.Replace("ana@", "nobody@", StringComparison.Ordinal));
        var disabled = await TryAsync(anybody, Wrong.Replace("ana@", "gone@", StringComparison.Ordinal));
        var withoutPassword = await TryAsync(anybody, Wrong.Replace("ana@", "sso@", StringComparison.Ordinal));
        var veryLong = await TryAsync(anybody, Wrong.Replace("lake", new string('x', 20_000), StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.Unauthorized, 1L), (wrong.Status, wrong.Hashes));
        Assert.All([unknown, disabled, withoutPassword, veryLong], other => Assert.Equal(wrong, other));
    }

    [StoreFact]
    public async Task A_disabled_account_is_told_so_only_with_its_password()
    {
        using var anybody = _bench.Anybody();
        using var ana = Bearer(await anybody.PostAsync("/auth/register", Ana));
        await SqlAsync("UPDATE person SET disabled_at = 1");

        Assert.Contains("disabled", (await anybody.PostAsync("/auth/login", Ana, HttpStatusCode.Forbidden))["detail"].Text(), StringComparison.Ordinal);
        using var closed = await ana.GetAsync("/auth/me");
        Assert.Equal(HttpStatusCode.Unauthorized, closed.StatusCode);
    }

    [StoreFact]
    public async Task Logging_out_ends_all_sessions_of_the_person_and_nobody_elses()
    {
        using var anybody = _bench.Anybody();
        using var first = Bearer(await anybody.PostAsync("/auth/register", Ana));
        using var second = Bearer(await anybody.PostAsync("/auth/login", Ana));
        using var bo = Bearer(await anybody.PostAsync("/auth/register", Ana.Replace("ana@", "bo@", StringComparison.Ordinal)));

        Assert.Equal("""{"status":"logged out"}""", (await first.PostAsync("/auth/logout", "")).ToJsonString());

        using var gone = await second.GetAsync("/auth/me");
        Assert.Equal(HttpStatusCode.Unauthorized, gone.StatusCode);
        Assert.Equal("Bearer", gone.Headers.WwwAuthenticate.ToString());
        Assert.NotEmpty((await gone.JsonAsync(HttpStatusCode.Unauthorized))["detail"].Text());
        Assert.Equal("bo@example.test", (await bo.GetJsonAsync("/auth/me"))["email"].Text());
    }

    [StoreFact]
    public async Task A_token_ends_after_its_hours()
    {
        using var anybody = _bench.Anybody();
        using var ana = Bearer(await anybody.PostAsync("/auth/register", Ana));

        _bench.Pass(TimeSpan.FromHours(23.9));
        await ana.GetJsonAsync("/auth/me");
        _bench.Pass(TimeSpan.FromHours(0.2));

        using var over = await ana.GetAsync("/auth/me");
        Assert.Equal(HttpStatusCode.Unauthorized, over.StatusCode);
    }

    [StoreFact]
    public async Task A_token_is_no_cookie_and_a_cookie_no_token()
    {
        using var anybody = _bench.Anybody();
        var token = (await anybody.PostAsync("/auth/register", Ana))["access_token"].Text();
        using var browser = await _bench.PersonAsync("bo", Role.Responder);
        var cookie = browser.DefaultRequestHeaders.GetValues("Cookie").Single()["tocsin=".Length..];

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("/api/v1/me", "Cookie", $"tocsin={token}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("/api/v1/me", "Authorization", $"Bearer {cookie}"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync("/api/v1/me", "Cookie", $"tocsin={cookie}"));
    }

    [StoreFact]
    public async Task A_key_is_nobodys_account_and_a_stale_token_beside_a_good_key_does_no_harm()
    {
        var key = await _bench.KeyAsync(Role.Owner);
        using var caller = _bench.Anybody();
        caller.DefaultRequestHeaders.Add("X-API-Key", key);

        foreach (var path in (string[])["/auth/me", "/account/overview", "/api/v1/me/sessions"])
        {
            using var refused = await caller.GetAsync(path);
            Assert.Equal(path.StartsWith("/api", StringComparison.Ordinal) ? HttpStatusCode.Forbidden : HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        caller.DefaultRequestHeaders.Authorization = new("Bearer", new string('x', 43));
        Assert.Equal("acme", (await caller.GetJsonAsync("/api/v1/me"))["workspace"].Text());
    }

    [StoreFact]
    public async Task An_overview_has_the_shape_that_clients_know()
    {
        using var anybody = _bench.Anybody();
        using var ana = Bearer(await anybody.PostAsync("/auth/register", Ana));

        var overview = await ana.GetJsonAsync("/account/overview");

        Assert.Equal(
            """{"tier":"free","status":"active","expires":null}""", overview["user"]!["subscription"]!.ToJsonString());
        Assert.Equal(
            """{"slack":{"connected":false,"workspaces":[]},"discord":{"connected":false},"jira":{"connected":false},"pagerduty":{"connected":false}}""",
            overview["integrations"]!.ToJsonString());
        Assert.Equal("""{"count":0,"max_allowed":3,"keys":[]}""", overview["api_keys"]!.ToJsonString());
    }

    [StoreFact]
    public async Task Weak_passwords_and_bodies_that_are_none_are_refused_with_the_place_at_fault()
    {
        using var anybody = _bench.Anybody();

        (string Body, string Loc)[] bad =
        [
            ("""{"email":"ana@example.test","password":"short"}""", "password"),
            ("""{"email":"ana@example.test","password":"ana@example.test"}""", "password"),
            ("""{"email":"ana@example.test","password":"passwordpassword"}""", "password"),
            ("""{"email":"ana@example.test","password":17}""", "password"),
            ("""{"email":"ana@example.test"}""", "password"),
            ("""{"email":"ana","password":"a long walk to the sea"}""", "email"),
            ("""{"password":"a long walk to the sea"}""", "email"),
            ("[]", "body"),
            ("{", "body"),
            ("""{"email":"a@example.test","email":"b@example.test","password":"a long walk to the sea"}""", "body"),
            ("", "body"),
        ];
        foreach (var (body, loc) in bad)
        {
            var answer = await anybody.PostAsync("/auth/register", body, HttpStatusCode.UnprocessableEntity);
            var place = answer["detail"]!.AsArray().Single()!.AsObject();
            Assert.Equal(["type", "loc", "msg", "input"], place.Select(p => p.Key));
            Assert.Equal(loc, place["loc"]!.AsArray().Last().Text());
            Assert.DoesNotContain("passwordpassword", place["msg"].Text(), StringComparison.Ordinal);
            _bench.Pass(TimeSpan.FromMinutes(2));
        }
    }

    [StoreFact]
    public async Task Where_registration_is_closed_nobody_registers_and_people_log_in()
    {
        using (var anybody = _bench.Anybody())
        {
            await anybody.PostAsync("/auth/register", Ana);
        }

        await _bench.RestartAsync();

        using var later = _bench.Anybody();
        Assert.Contains("closed", (await later.PostAsync("/auth/register", Ana.Replace("ana@", "bo@", StringComparison.Ordinal), HttpStatusCode.Forbidden))["detail"].Text(), StringComparison.Ordinal);
        await later.PostAsync("/auth/login", Ana);
        Assert.Equal(1, await CountAsync("SELECT COUNT(*) FROM person"));
    }

    [StoreFact]
    public async Task Somebody_who_registered_sees_nothing_of_other_workspaces()
    {
        using var anybody = _bench.Anybody();
        using var responder = await _bench.CallerAsync(Role.Responder);
        await anybody.FireAsync(HttpBench.PrometheusKey, "alertname=Down,service=checkout");
        await HttpBench.UntilAsync(responder, "/api/v1/incidents", page => page.Items().Count == 1);
        using var ana = Bearer(await anybody.PostAsync("/auth/register", Ana));

        Assert.Empty((await ana.GetJsonAsync("/api/v1/incidents")).Items());
        Assert.Empty((await ana.GetJsonAsync("/api/v1/alerts")).Items());
        Assert.Equal(HttpStatusCode.NotFound, (await ana.GetAsync("/api/v1/incidents/1")).StatusCode);
    }

    [StoreFact]
    public async Task Sessions_are_listed_and_one_of_them_can_be_ended()
    {
        using var anybody = _bench.Anybody();
        using var first = Bearer(await anybody.PostAsync("/auth/register", Ana));
        anybody.DefaultRequestHeaders.UserAgent.ParseAdd("oncall-script/1.0");
        using var second = Bearer(await anybody.PostAsync("/auth/login", Ana));
        using var bo = Bearer(await anybody.PostAsync("/auth/register", Ana.Replace("ana@", "bo@", StringComparison.Ordinal)));

        var sessions = (await first.GetJsonAsync("/api/v1/me/sessions")).Items();
        var other = sessions.Single(s => !s!["current"]!.GetValue<bool>())!;
        Assert.Equal(2, sessions.Count);
        Assert.Equal(("token", "password", "127.0.0.1", "oncall-script/1.0"), (other["kind"].Text(), other["proof"].Text(), other["address"].Text(), other["agent"].Text()));

        var path = $"/api/v1/me/sessions/{other["id"]!.GetValue<long>()}";
        using var strange = await bo.DeleteAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, strange.StatusCode);
        using var ended = await first.DeleteAsync(path);
        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        using var gone = await second.GetAsync("/auth/me");
        Assert.Equal(HttpStatusCode.Unauthorized, gone.StatusCode);
        await first.GetJsonAsync("/auth/me");
    }

    private HttpClient Bearer(JsonNode answer)
    {
        var client = _bench.Anybody();
        client.DefaultRequestHeaders.Authorization = new("Bearer", answer["access_token"].Text());
        return client;
    }

    private async Task<(HttpStatusCode Status, string Body, long Hashes)> TryAsync(HttpClient anybody, string body)
    {
        var before = _bench.Service<Passwords>().Operations;
        using var response = await anybody.PostJsonAsync("/auth/login", body);
        return (response.StatusCode, await response.Content.ReadAsStringAsync(), _bench.Service<Passwords>().Operations - before);
    }

    private async Task<HttpStatusCode> StatusAsync(string path, string header, string value)
    {
        using var client = _bench.Anybody();
        client.DefaultRequestHeaders.Add(header, value);
        using var response = await client.GetAsync(path);
        return response.StatusCode;
    }

    private Task SqlAsync(string sql) => _bench.Service<Database>().WriteAsync(tx => tx.ExecuteAsync(sql), default);

    private Task<long?> CountAsync(string sql) => _bench.Service<Database>().ReadAsync(session => session.ScalarAsync(sql), default);

    [GeneratedRegex("^[A-Za-z0-9_-]{43}$")]
    private static partial Regex Token();

    public sealed class OnSqlite() : AccountTests(Engine.Sqlite);

    public sealed class OnPostgres() : AccountTests(Engine.Postgres);
}
