using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Tests.Http;

/// <summary>How one is reached, as the person sees and changes it: <c>/api/v1/me/notify</c>.</summary>
public abstract class NotifyTests(Engine engine) : IAsyncLifetime
{
    private const string Path = "/api/v1/me/notify";

    private HttpBench _bench = null!;
    private HttpClient _eve = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine);
        await _bench.Service<Database>().WriteAsync(tx => _bench.Service<WorkspaceStore>().EnsureAsync(tx, "free", DateTimeOffset.UtcNow), default);
        var admin = await _bench.CallerAsync(Role.Admin, "free");
        using var estate = new StringContent(
            """
            apiVersion: tocsin/v1
            workspace: free
            users:
              - name: eve
                time_zone: Europe/Berlin
                contact: [{name: mail, type: email, address: eve@example.test}, {name: work, type: email, address: eve@work.test}]
              - {name: finn, contact: [{name: mail, type: email, address: finn@example.test}]}
            """,
            Encoding.UTF8, "application/yaml");
        using var applied = await admin.PostAsync("/api/v1/estate/apply", estate);
        Assert.True(applied.IsSuccessStatusCode, await applied.Content.ReadAsStringAsync());
        _eve = await _bench.PersonAsync("eve", Role.Responder, "free");
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task Without_rules_of_ones_own_the_methods_follow_each_other_and_sentences_say_so()
    {
        var now = await _eve.GetJsonAsync(Path);

        Assert.Equal(("eve", "mail, work"), (now["user"].Text(), string.Join(", ", now["methods"]!.AsArray().Select(m => m.Text()))));
        Assert.Equal(["0s mail", "2m work"], Rules(now, "high"));
        Assert.Equal(["0s mail"], Rules(now, "low"));
        Assert.Contains("mail", now["high_sentence"].Text(), StringComparison.Ordinal);
        Assert.Null(now["quiet_hours"]);
    }

    [StoreFact]
    public async Task A_change_is_all_of_it_is_idempotent_and_holds_for_the_next_page()
    {
        const string wish = """
            {"high": [{"after": "0s", "via": "work"}, {"after": "5m", "via": "mail"}], "low": [{"after": "10m", "via": "mail"}],
             "quiet_hours": {"between": "22:00-07:00", "days": "mon-fri", "time_zone": "Europe/Berlin", "high_too": false}, "max_pages_per_minute": 3}
            """;
        var saved = await PutAsync(_eve, wish);
        Assert.Equal(saved.ToJsonString(), (await PutAsync(_eve, wish)).ToJsonString());
        Assert.Equal(saved.ToJsonString(), (await _eve.GetJsonAsync(Path)).ToJsonString());
        Assert.Equal(["0s work", "5m mail"], Rules(saved, "high"));
        Assert.Equal(("22:00-07:00", 3), (saved["quiet_hours"]!["between"].Text(), saved["max_pages_per_minute"]!.GetValue<int>()));

        var back = await PutAsync(_eve, """{"high": [{"after": "0s", "via": "mail"}], "low": [{"after": "0s", "via": "mail"}]}""");
        Assert.Null(back["quiet_hours"]);
        Assert.Null(back["max_pages_per_minute"]);
    }

    [StoreFact]
    public async Task What_cannot_be_meant_is_refused_with_what_to_write_and_changes_nothing()
    {
        var before = (await _eve.GetJsonAsync(Path)).ToJsonString();
        foreach (var (wish, says) in new[]
        {
            ("""{"high": [], "low": [{"after": "0s", "via": "mail"}]}""", "Give 1 to 10 rules"),
            ("""{"high": [{"after": "0s", "via": "pager"}], "low": [{"after": "0s", "via": "mail"}]}""", "nknown contact method \"pager\""),
            ("""{"high": [{"after": "soon", "via": "mail"}], "low": [{"after": "0s", "via": "mail"}]}""", "\"soon\" is not a duration"),
            ("""{"high": [{"after": "0s", "via": "mail"}], "low": [{"after": "0s", "via": "mail"}], "max_pages_per_minute": 0}""", "0"),
        })
        {
            using var refused = await _eve.PutAsync(Path, new StringContent(wish, Encoding.UTF8, "application/json"));
            var problem = await refused.JsonAsync(HttpStatusCode.UnprocessableEntity);
            Assert.Contains(says, problem["detail"].Text(), StringComparison.Ordinal);
        }

        Assert.Equal(before, (await _eve.GetJsonAsync(Path)).ToJsonString());
    }

    [StoreFact]
    public async Task Nobody_changes_but_the_own_ways_files_are_not_changed_and_a_key_is_nobody()
    {
        await PutAsync(_eve, """{"high": [{"after": "0s", "via": "work"}], "low": [{"after": "0s", "via": "work"}]}""");
        Assert.Equal(["0s mail"], Rules(await (await _bench.PersonAsync("finn", Role.Responder, "free")).GetJsonAsync(Path), "high"));

        var ana = await _bench.PersonAsync("ana", Role.Responder);
        using var managed = await ana.PutAsync(Path, new StringContent("""{"high": [{"after": "0s", "via": "second"}], "low": [{"after": "0s", "via": "phone"}]}""", Encoding.UTF8, "application/json"));
        Assert.Equal("estate.managed", (await managed.JsonAsync(HttpStatusCode.Conflict))["title"].Text());

        Assert.Equal(HttpStatusCode.NotFound, (await (await _bench.CallerAsync(Role.Responder)).GetAsync(Path)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await (await _bench.PersonAsync("ana", Role.Viewer)).GetAsync(Path)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _bench.Anybody().GetAsync(Path)).StatusCode);
    }

    private static async Task<JsonNode> PutAsync(HttpClient caller, string wish)
    {
        using var response = await caller.PutAsync(Path, new StringContent(wish, Encoding.UTF8, "application/json"));
        return await response.JsonAsync(HttpStatusCode.OK);
    }

    private static string[] Rules(JsonNode view, string urgency) => [.. view[urgency]!.AsArray().Select(rule => $"{rule!["after"].Text()} {rule["via"].Text()}")];

    public sealed class OnSqlite() : NotifyTests(Engine.Sqlite);

    public sealed class OnPostgres() : NotifyTests(Engine.Postgres);
}
