using System.Net;
using System.Text.Json.Nodes;
using Tocsin.Data;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Keys of an account, as clients of the reliability assistant make and use them.</summary>
public abstract class AccountKeyTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;
    private HttpClient _ana = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine, builder => builder.Configuration["Accounts:Registration"] = "Open");
        _ana = await RegisterAsync("ana");
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_key_is_made_shown_once_and_listed_by_its_beginning()
    {
        var made = await MakeAsync("laptop");

        Assert.Equal(["key", "name", "created_at", "is_active"], made.AsObject().Select(p => p.Key));
        Assert.Matches("^sra_[0-9a-f]{32}$", made["key"].Text());
        var listed = Assert.Single((await _ana.GetJsonAsync("/api-keys")).AsArray())!;
        Assert.Equal(["key", "name", "created_at", "last_used", "is_active"], listed.AsObject().Select(p => p.Key));
        Assert.Equal((made["key"].Text()[..12] + "...", "laptop", made["created_at"].Text()), (listed["key"].Text(), listed["name"].Text(), listed["created_at"].Text()));
        Assert.Null(listed["last_used"]);
        Assert.True(listed["is_active"]!.GetValue<bool>());
        var overview = (await _ana.GetJsonAsync("/account/overview"))["api_keys"]!;
        Assert.Equal((1, 3, listed["key"].Text()), (overview["count"]!.GetValue<int>(), overview["max_allowed"]!.GetValue<int>(), overview["keys"]![0]!["key_preview"].Text()));
    }

    [StoreFact]
    public async Task A_key_opens_data_and_neither_account_nor_keys_nor_configuration()
    {
        using var program = With(await MakeAsync("laptop"));

        await program.GetJsonAsync("/api/v1/incidents");
        await program.GetJsonAsync("/api/v1/sources");
        foreach (var path in (string[])["/auth/me", "/account/overview", "/api-keys"])
        {
            using var response = await program.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Equal(["detail"], JsonNode.Parse(await response.Content.ReadAsStringAsync())!.AsObject().Select(p => p.Key));
        }

        foreach (var path in (string[])["/api/v1/estate", "/api/v1/jobs/dead"])
        {
            Assert.Equal(HttpStatusCode.Forbidden, (await program.GetAsync(path)).StatusCode);
        }

        Assert.Equal(HttpStatusCode.Forbidden, (await program.PostJsonAsync("/api/v1/keys", """{"name": "more", "role": "owner"}""")).StatusCode);
    }

    [StoreFact]
    public async Task An_account_has_three_of_which_revoked_ones_count_and_deleted_ones_do_not()
    {
        string[] keys = [await KeyAsync("one"), await KeyAsync("two"), await KeyAsync("three")];
        Assert.Contains("3 keys", (await _ana.PostAsync("/api-keys", """{"name": "four"}""", HttpStatusCode.BadRequest))["detail"].Text(), StringComparison.Ordinal);

        var revoked = await EndAsync($"/api-keys/{keys[0][..12]}");
        Assert.Equal("""{"status":"revoked","name":"one"}""", revoked.ToJsonString());
        Assert.False((await _ana.GetJsonAsync("/api-keys"))[0]!["is_active"]!.GetValue<bool>());
        await _ana.PostAsync("/api-keys", """{"name": "four"}""", HttpStatusCode.BadRequest);

        Assert.Equal("""{"status":"deleted","name":"one"}""", (await EndAsync($"/api-keys/{keys[0][..12]}/delete")).ToJsonString());
        await KeyAsync("four");
        Assert.Equal(["two", "three", "four"], (await _ana.GetJsonAsync("/api-keys")).AsArray().Select(k => k!["name"].Text()));
    }

    [StoreFact]
    public async Task A_revoked_key_is_refused_within_five_seconds()
    {
        var key = await KeyAsync("laptop");
        using var program = With(key);
        await program.GetJsonAsync("/api/v1/version");

        await EndAsync($"/api-keys/{key[..12]}");

        _bench.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.Unauthorized, (await program.GetAsync("/api/v1/version")).StatusCode);
    }

    [StoreFact]
    public async Task A_beginning_names_one_key_of_ones_own_and_has_no_wildcards()
    {
        var (one, two) = (await KeyAsync("one"), await KeyAsync("two"));
        using var bo = await RegisterAsync("bo");

        foreach (var (who, path, expected) in new (HttpClient, string, HttpStatusCode)[]
        {
            (_ana, "/api-keys/sra_", HttpStatusCode.Conflict), (_ana, "/api-keys/%25", HttpStatusCode.NotFound), (_ana, "/api-keys/sra%25", HttpStatusCode.NotFound),
            (_ana, "/api-keys/____", HttpStatusCode.NotFound), (_ana, $"/api-keys/{one[..20]}", HttpStatusCode.NotFound), (bo, $"/api-keys/{one[..12]}", HttpStatusCode.NotFound),
            (bo, $"/api-keys/{one}/delete", HttpStatusCode.NotFound), (_ana, $"/api-keys/{one[..35]}{(one[35] == '0' ? '1' : '0')}", HttpStatusCode.NotFound),
        })
        {
            using var response = await who.DeleteAsync(path);
            Assert.True(response.StatusCode == expected, $"{path}: {response.StatusCode}");
            Assert.NotEmpty(JsonNode.Parse(await response.Content.ReadAsStringAsync())!["detail"].Text());
        }

        Assert.Equal("two", (await EndAsync($"/api-keys/{two}"))["name"].Text());
        Assert.Equal([true, false], (await _ana.GetJsonAsync("/api-keys")).AsArray().Select(k => k!["is_active"]!.GetValue<bool>()));
    }

    [StoreFact]
    public async Task A_body_that_has_no_name_is_refused_in_the_shape_of_that_surface()
    {
        foreach (var body in (string[])["{}", """{"name": 5}""", """{"name": " "}""", "[]", "nothing"])
        {
            var detail = (await _ana.PostAsync("/api-keys", body, HttpStatusCode.UnprocessableEntity))["detail"]!;
            Assert.Equal("body", detail[0]!["loc"]![0].Text());
        }
    }

    [StoreFact]
    public async Task A_key_may_what_its_account_may_now()
    {
        using var program = With(await MakeAsync("laptop"));
        Assert.Equal(HttpStatusCode.NotFound, (await program.PostAsync("/api/v1/incidents/4711/acknowledge", null)).StatusCode);

        await _bench.Service<Database>().WriteAsync(tx => tx.ExecuteAsync("UPDATE member SET role = 'viewer' WHERE user_name = 'ana'"), default);
        _bench.Pass(TimeSpan.FromSeconds(5));

        Assert.Equal(HttpStatusCode.Forbidden, (await program.PostAsync("/api/v1/incidents/4711/acknowledge", null)).StatusCode);
    }

    [StoreFact]
    public async Task The_operators_key_opens_the_data_of_the_first_workspace()
    {
        const string key = "an-operators-own-key-0001";
        using var none = With(key);
        Assert.Equal(HttpStatusCode.Unauthorized, (await none.GetAsync("/api/v1/version")).StatusCode);

        await _bench.RestartAsync(builder => builder.Configuration["Keys:AdminKey"] = key);
        using var operators = With(key);

        Assert.Equal("acme", (await operators.GetJsonAsync("/api/v1/me"))["workspace"].Text());
        Assert.Equal(HttpStatusCode.NotFound, (await operators.PostAsync("/api/v1/incidents/4711/acknowledge", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await operators.GetAsync("/api/v1/estate")).StatusCode);
        using var wrong = With(key + "2");
        Assert.Equal(HttpStatusCode.Unauthorized, (await wrong.GetAsync("/api/v1/version")).StatusCode);
    }

    private Task<JsonNode> MakeAsync(string name) => _ana.PostAsync("/api-keys", $$"""{"name": "{{name}}", "unknown": 1}""");

    private async Task<string> KeyAsync(string name) => (await MakeAsync(name))["key"].Text();

    private async Task<JsonNode> EndAsync(string path)
    {
        using var response = await _ana.DeleteAsync(path);
        return await response.JsonAsync(HttpStatusCode.OK);
    }

    private async Task<HttpClient> RegisterAsync(string name)
    {
        using var anybody = _bench.Anybody();
        var answer = await anybody.PostAsync("/auth/register", $$"""{"email": "{{name}}@example.test", "password": "a long walk to the sea"}""");
        var client = _bench.Anybody();
        client.DefaultRequestHeaders.Authorization = new("Bearer", answer["access_token"].Text());
        return client;
    }

    private HttpClient With(JsonNode made) => With(made["key"].Text());

    private HttpClient With(string key)
    {
        var client = _bench.Anybody();
        client.DefaultRequestHeaders.Add("X-API-Key", key);
        return client;
    }

    public sealed class OnSqlite() : AccountKeyTests(Engine.Sqlite);

    public sealed class OnPostgres() : AccountKeyTests(Engine.Postgres);
}
