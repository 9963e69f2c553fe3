using System.Net;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Silences and maintenance windows that people make: what is asked of them, and what they are kept from.</summary>
public abstract class SilenceGuardTests(Engine engine) : IAsyncLifetime
{
    private const string Checkout = "\"match\": [\"service=\\\"checkout\\\"\"]";

    private HttpBench _bench = null!;
    private HttpClient _responder = null!;

    public async Task InitializeAsync()
    {
        _bench = await HttpBench.StartAsync(engine);
        _responder = await _bench.CallerAsync(Role.Responder);
    }

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_silence_needs_a_comment_an_end_and_an_owner_who_is_there()
    {
        Assert.Equal("comment", (await RefusedAsync($$"""{ {{Checkout}}, "for": "2h", "comment": " "}"""))["field"].Text());
        Assert.Equal("ends_at", (await RefusedAsync($$"""{ {{Checkout}}, "comment": "why"}"""))["field"].Text());
        Assert.Equal("owner", (await RefusedAsync($$"""{ {{Checkout}}, "for": "2h", "comment": "why", "owner": "nobody"}"""))["field"].Text());
        Assert.Equal("match", (await RefusedAsync("""{"for": "2h", "comment": "why"}"""))["field"].Text());
        Assert.Equal("services", (await RefusedAsync("""{"services": ["chekout"], "for": "2h", "comment": "why"}"""))["field"].Text());
    }

    [StoreFact]
    public async Task A_silence_lasts_no_longer_than_the_setting_says_and_one_that_recurs_a_year()
    {
        var refusal = await RefusedAsync($$"""{ {{Checkout}}, "for": "31d", "comment": "why"}""");
        Assert.Contains("Silences:MostHours", refusal["detail"].Text(), StringComparison.Ordinal);

        var nights = await _responder.PostAsync(
            "/api/v1/maintenance", $$"""{ {{Checkout}}, "for": "52w", "from": "22:00", "to": "04:00", "days": ["sat"], "time_zone": "Europe/Berlin", "comment": "backups"}""", HttpStatusCode.Created);
        Assert.Equal(("maintenance", "Sat 22:00–04:00 (Europe/Berlin)"), (nights["kind"].Text(), nights["repeats"].Text()));
        Assert.NotNull(nights["mutes_from"]);
        Assert.Equal("time_zone", (await RefusedAsync($$"""{ {{Checkout}}, "for": "1d", "from": "22:00", "to": "04:00", "time_zone": "Europe/Berln", "comment": "x"}"""))["field"].Text());
        Assert.Equal("to", (await RefusedAsync($$"""{ {{Checkout}}, "for": "1d", "from": "22:00", "time_zone": "UTC", "comment": "x"}"""))["field"].Text());
    }

    [StoreFact]
    public async Task Only_an_administrator_mutes_everything_and_says_so_twice_and_the_administrators_are_told()
    {
        const string all = "\"match\": [\"alertname=~\\\".+\\\"\"], \"for\": \"1h\", \"comment\": \"move\"";
        using (var refused = await _responder.PostJsonAsync("/api/v1/silences", $$"""{ {{all}}, "confirm": true}"""))
        {
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        var admin = await _bench.CallerAsync(Role.Admin);
        using (var unsure = await admin.PostJsonAsync("/api/v1/silences", $$"""{ {{all}} }"""))
        {
            Assert.Equal("silence.needs_confirmation", (await unsure.JsonAsync(HttpStatusCode.Conflict))["title"].Text());
        }

        await admin.PostAsync("/api/v1/silences", $$"""{ {{all}}, "confirm": true}""", HttpStatusCode.Created);
    }

    [StoreFact]
    public async Task One_that_mutes_many_is_made_when_it_is_meant()
    {
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, [.. Enumerable.Range(0, 6).Select(i => $"alertname=A{i},service=checkout")]);
        const string wish = "{" + Checkout + ", \"for\": \"1h\", \"comment\": \"known\"";
        var preview = await _responder.PostAsync("/api/v1/silences/preview", wish + "}");
        Assert.Equal((6, 6, "This mutes 6 of the 6 alerts that fire now."), (preview["alerts"]!.GetValue<int>(), preview["firing"]!.GetValue<int>(), preview["doubt"].Text()));
        Assert.Equal(6, preview["past"]!["alerts"]!.GetValue<int>());

        using (var unsure = await _responder.PostJsonAsync("/api/v1/silences", wish + "}"))
        {
            Assert.Equal(HttpStatusCode.Conflict, unsure.StatusCode);
        }

        await _responder.PostAsync("/api/v1/silences", wish + ", \"confirm\": true}", HttpStatusCode.Created);
    }

    [StoreFact]
    public async Task One_until_all_is_resolved_needs_something_to_wait_for()
    {
        const string wish = "{" + Checkout + ", \"for\": \"1d\", \"until_resolved\": true, \"comment\": \"known\"}";
        Assert.Equal("until_resolved", (await RefusedAsync(wish))["field"].Text());

        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=Down,service=checkout");
        Assert.True((await _responder.PostAsync("/api/v1/silences", wish, HttpStatusCode.Created))["until_resolved"]!.GetValue<bool>());
    }

    [StoreFact]
    public async Task It_is_extended_until_it_has_ended_and_within_the_limit()
    {
        var made = await _responder.PostAsync("/api/v1/silences", $$"""{ {{Checkout}}, "for": "2h", "comment": "known"}""", HttpStatusCode.Created);
        var longer = await _responder.PostAsync($"/api/v1/silences/{made["id"]}/extend", """{"for": "1h"}""");
        Assert.Equal(made["ends_at"]!.GetValue<DateTimeOffset>().AddHours(1), longer["ends_at"]!.GetValue<DateTimeOffset>());

        using (var tooLong = await _responder.PostJsonAsync($"/api/v1/silences/{made["id"]}/extend", """{"for": "60d"}"""))
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, tooLong.StatusCode);
        }

        await _responder.DeleteAsync($"/api/v1/silences/{made["id"]}");
        using var ended = await _responder.PostJsonAsync($"/api/v1/silences/{made["id"]}/extend", """{"for": "1h"}""");
        Assert.Equal(HttpStatusCode.Conflict, ended.StatusCode);
    }

    [StoreFact]
    public async Task Tools_of_Alertmanager_hear_of_the_limits_in_their_own_way()
    {
        using var tool = await _bench.CallerAsync(Role.Responder);
        var end = DateTimeOffset.UtcNow;
        string Wish(string value, bool regex, DateTimeOffset until, string comment = "known") =>
            $$"""{"matchers": [{"name": "alertname", "value": "{{value}}", "isRegex": {{(regex ? "true" : "false")}}}], "startsAt": "{{end:O}}", "endsAt": "{{until:O}}", "createdBy": "ana", "comment": "{{comment}}"}""";

        Assert.Contains("Silences:MostHours", await RefusedByToolAsync(tool, Wish("A", false, end.AddDays(40))), StringComparison.Ordinal);
        Assert.Contains("comment", await RefusedByToolAsync(tool, Wish("A", false, end.AddHours(1), "")), StringComparison.Ordinal);
        Assert.Contains("administrators", await RefusedByToolAsync(tool, Wish(".+", true, end.AddHours(1))), StringComparison.Ordinal);
        using var made = await tool.PostJsonAsync("/api/v2/silences", Wish("A", false, end.AddHours(1)));
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
    }

    [StoreFact]
    public async Task The_link_of_a_silence_extends_it_without_a_login_and_only_by_its_form()
    {
        var made = await _responder.PostAsync("/api/v1/silences", $$"""{ {{Checkout}}, "for": "2h", "comment": "known", "owner": "ana"}""", HttpStatusCode.Created);
        var links = _bench.Service<Tocsin.Routing.SilenceLinks>();
        var workspace = await _bench.Service<Tocsin.Data.Database>().ReadAsync(session => session.ScalarAsync("SELECT id FROM workspace WHERE name = 'acme'"), default);
        var token = links.Token(new(workspace!.Value, made["id"].Text(), DateTimeOffset.UtcNow.AddHours(1)));
        using var anybody = _bench.Anybody();

        var page = await anybody.GetStringAsync($"/s/{token}");
        Assert.Contains("1 hour longer", page, StringComparison.Ordinal);
        Assert.Equal(made["ends_at"].Text(), (await FindAsync(made["id"].Text()))["ends_at"].Text());

        using (var pressed = await anybody.PostAsync($"/s/{token}", new FormUrlEncodedContent([new("for", "4h")])))
        {
            Assert.Equal(HttpStatusCode.SeeOther, pressed.StatusCode);
        }

        Assert.Equal(made["ends_at"]!.GetValue<DateTimeOffset>().AddHours(4), (await FindAsync(made["id"].Text()))["ends_at"]!.GetValue<DateTimeOffset>());
        Assert.Equal(HttpStatusCode.NotFound, (await anybody.GetAsync($"/s/{token[..^2]}AA")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await anybody.GetAsync($"/s/{links.Token(new(workspace.Value, made["id"].Text(), DateTimeOffset.UtcNow.AddHours(-1)))}")).StatusCode);
    }

    private async Task<System.Text.Json.Nodes.JsonNode> FindAsync(string id) => (await _responder.GetJsonAsync("/api/v1/silences")).Items().Single(s => s!["id"].Text() == id)!;

    private async Task<System.Text.Json.Nodes.JsonNode> RefusedAsync(string body)
    {
        using var refused = await _responder.PostJsonAsync("/api/v1/silences", body);
        return await refused.JsonAsync(HttpStatusCode.UnprocessableEntity);
    }

    private static async Task<string> RefusedByToolAsync(HttpClient tool, string body)
    {
        using var refused = await tool.PostJsonAsync("/api/v2/silences", body);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        return await refused.Content.ReadAsStringAsync();
    }

    public sealed class OnSqlite() : SilenceGuardTests(Engine.Sqlite);

    public sealed class OnPostgres() : SilenceGuardTests(Engine.Postgres);
}
