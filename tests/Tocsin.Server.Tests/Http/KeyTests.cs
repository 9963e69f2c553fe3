using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>API keys from their making to their end.</summary>
public abstract class KeyTests(Engine engine) : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine);

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_key_is_shown_once_and_says_what_it_is()
    {
        var admin = await _bench.PersonAsync("ana", Role.Admin);

        var made = await MakeAsync(admin, """{"name": " deploy ", "role": "responder", "scopes": ["respond", "stream:publish", "read"], "expires_at": "2030-01-01T00:00:00Z"}""");

        var (key, about) = (made["key"].Text(), made["about"]!);
        Assert.Equal(("deploy", "tcn", "responder", key[..10], "user:ana"), (about["name"].Text(), about["kind"].Text(), about["role"].Text(), about["prefix"].Text(), about["created_by"].Text()));
        Assert.Equal(["stream:publish", "respond"], about["scopes"]!.AsArray().Select(s => s.Text()));
        Assert.Null(about["owner"]);
        var list = (await admin.GetJsonAsync("/api/v1/keys")).ToJsonString();
        Assert.Contains("2030-01-01", list, StringComparison.Ordinal);
        Assert.DoesNotContain(key, list, StringComparison.Ordinal);
        var events = await admin.GetJsonAsync("/api/v1/events");
        Assert.Equal("user:ana", events.Items().Single(e => e!["kind"].Text() == "key.created")!["actor"].Text());
        Assert.DoesNotContain(key, events.ToJsonString(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_key_stops_at_the_instant_it_expires_also_when_it_was_used_a_moment_before()
    {
        await _bench.RestartAsync(builder => builder.Services.AddSingleton(_ => new SteadyClock(new StandingTime(), MachineMoment.ThisBoot)));
        var admin = await _bench.CallerAsync(Role.Admin);
        var clock = _bench.Service<TimeProvider>();
        var end = clock.GetUtcNow() + TimeSpan.FromHours(1);
        var made = await MakeAsync(admin, $$"""{"name": "short", "role": "viewer", "expires_at": "{{end:O}}"}""");

        _bench.Pass(end - clock.GetUtcNow() - TimeSpan.FromSeconds(3.5));
        Assert.Equal(HttpStatusCode.OK, await UseAsync(made));
        _bench.Pass(TimeSpan.FromSeconds(3.5));

        Assert.Equal(HttpStatusCode.Unauthorized, await UseAsync(made));
    }

    [StoreFact]
    public async Task A_rotated_key_goes_on_for_its_grace_and_the_new_one_may_the_same()
    {
        var admin = await _bench.CallerAsync(Role.Admin);
        var old = await MakeAsync(admin, """{"name": "ci", "role": "responder", "scopes": ["read"]}""");
        var path = $"/api/v1/keys/{old["about"]!["id"]}/rotate";

        var made = await admin.PostAsync(path, """{"grace": "2h"}""", HttpStatusCode.Created);
        using var again = await admin.PostJsonAsync(path, "{}");

        Assert.Equal("key.rotated", (await again.JsonAsync(HttpStatusCode.Conflict))["title"].Text());
        Assert.Equal(("ci", "responder", "read"), (made["about"]!["name"].Text(), made["about"]!["role"].Text(), made["about"]!["scopes"]![0].Text()));
        _bench.Pass(TimeSpan.FromMinutes(119));
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (await UseAsync(old), await UseAsync(made)));
        _bench.Pass(TimeSpan.FromMinutes(1));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await UseAsync(old), await UseAsync(made)));
        var shown = (await admin.GetJsonAsync("/api/v1/keys")).Items().Single(k => k!["id"]!.GetValue<long>() == old["about"]!["id"]!.GetValue<long>())!;
        Assert.Equal(made["about"]!["id"]!.GetValue<long>(), shown["replaced_by"]!.GetValue<long>());
    }

    [StoreFact]
    public async Task A_rotation_never_lengthens_the_old_key_and_gives_the_new_one_as_long_a_life()
    {
        var admin = await _bench.CallerAsync(Role.Admin);
        var start = _bench.Service<TimeProvider>().GetUtcNow();
        var old = await MakeAsync(admin, $$"""{"name": "ci", "role": "viewer", "expires_at": "{{start + TimeSpan.FromHours(10):O}}"}""");
        _bench.Pass(TimeSpan.FromHours(9));

        var made = await admin.PostAsync($"/api/v1/keys/{old["about"]!["id"]}/rotate", """{"grace": "7d"}""", HttpStatusCode.Created);

        var life = made["about"]!["expires_at"]!.GetValue<DateTimeOffset>() - made["about"]!["created_at"]!.GetValue<DateTimeOffset>();
        Assert.InRange(life, TimeSpan.FromHours(9.9), TimeSpan.FromHours(10));
        _bench.Pass(TimeSpan.FromHours(1));
        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await UseAsync(old), await UseAsync(made)));
    }

    [StoreFact]
    public async Task A_rotation_without_grace_ends_the_old_key_within_five_seconds()
    {
        var admin = await _bench.CallerAsync(Role.Admin);
        var old = await MakeAsync(admin, """{"name": "leaked", "role": "viewer"}""");
        Assert.Equal(HttpStatusCode.OK, await UseAsync(old));

        await admin.PostAsync($"/api/v1/keys/{old["about"]!["id"]}/rotate", """{"grace": "0"}""", HttpStatusCode.Created);

        _bench.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.Unauthorized, await UseAsync(old));
    }

    [StoreFact]
    public async Task A_revoked_key_stops_within_five_seconds_and_revoking_it_again_is_no_fault()
    {
        var admin = await _bench.CallerAsync(Role.Admin);
        var made = await MakeAsync(admin, """{"name": "ci", "role": "viewer"}""");
        Assert.Equal(HttpStatusCode.OK, await UseAsync(made));

        var first = await admin.DeleteAsync($"/api/v1/keys/{made["about"]!["id"]}");
        var second = await admin.DeleteAsync($"/api/v1/keys/{made["about"]!["id"]}");
        var none = await admin.DeleteAsync("/api/v1/keys/999999");

        Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.NoContent, HttpStatusCode.NotFound], new[] { first, second, none }.Select(r => r.StatusCode));
        _bench.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.Unauthorized, await UseAsync(made));
        Assert.Single((await admin.GetJsonAsync("/api/v1/events")).Items(), e => e!["kind"].Text() == "key.revoked");
    }

    [StoreFact]
    public async Task Nobody_makes_a_key_that_may_more_than_they_may()
    {
        var admin = await _bench.CallerAsync(Role.Admin);
        var narrow = With(await MakeAsync(admin, """{"name": "keys", "role": "admin", "scopes": ["admin"]}"""));

        await RefusedAsync(admin, """{"name": "x", "role": "owner"}""", HttpStatusCode.Forbidden);
        await RefusedAsync(narrow, """{"name": "x", "role": "viewer"}""", HttpStatusCode.Forbidden);
        await RefusedAsync(narrow, """{"name": "x", "role": "admin", "scopes": ["configure"]}""", HttpStatusCode.Forbidden);
        await MakeAsync(narrow, """{"name": "x", "role": "admin", "scopes": ["admin"]}""");

        // Nor by rotating one that is there.
        var whole = await MakeAsync(admin, """{"name": "whole", "role": "viewer"}""");
        using var rotated = await narrow.PostJsonAsync($"/api/v1/keys/{whole["about"]!["id"]}/rotate", "{}");
        Assert.Equal(HttpStatusCode.Forbidden, rotated.StatusCode);
    }

    [StoreFact]
    public async Task Keys_of_another_workspace_are_not_there()
    {
        var made = await MakeAsync(await _bench.CallerAsync(Role.Admin, "other"), """{"name": "theirs", "role": "viewer"}""");
        var admin = await _bench.CallerAsync(Role.Owner);

        using var rotated = await admin.PostJsonAsync($"/api/v1/keys/{made["about"]!["id"]}/rotate", "{}");
        using var revoked = await admin.DeleteAsync($"/api/v1/keys/{made["about"]!["id"]}");

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound), (rotated.StatusCode, revoked.StatusCode));
        Assert.DoesNotContain("theirs", (await admin.GetJsonAsync("/api/v1/keys")).ToJsonString(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await UseAsync(made));
    }

    [StoreFact]
    public async Task A_responder_makes_keys_of_her_own_and_no_others()
    {
        var (ana, bo, admin) = (await _bench.PersonAsync("ana", Role.Responder), await _bench.PersonAsync("bo", Role.Responder), await _bench.PersonAsync("cy", Role.Admin));

        await RefusedAsync(ana, """{"name": "ci", "role": "viewer"}""", HttpStatusCode.Forbidden);
        var own = await MakeAsync(ana, """{"name": "laptop", "role": "responder", "personal": true}""");

        Assert.Equal("ana", own["about"]!["owner"].Text());
        Assert.Equal(["laptop"], await NamesAsync(ana));
        Assert.Empty(await NamesAsync(bo));
        Assert.Equal(["laptop"], await NamesAsync(admin));
        var path = $"/api/v1/keys/{own["about"]!["id"]}";
        using var strangers = await bo.PostJsonAsync($"{path}/rotate", "{}");
        using var admins = await admin.PostJsonAsync($"{path}/rotate", "{}");
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.Forbidden), (strangers.StatusCode, admins.StatusCode));
        Assert.Equal(HttpStatusCode.NotFound, (await bo.DeleteAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync(path)).StatusCode);
    }

    [StoreFact]
    public async Task A_persons_key_follows_the_persons_role_and_ends_with_the_membership()
    {
        var ana = await _bench.PersonAsync("ana", Role.Responder);
        var own = await MakeAsync(ana, """{"name": "laptop", "role": "responder", "personal": true}""");
        var caller = With(own);
        Assert.Equal(HttpStatusCode.NotFound, await ActAsync(caller));

        await SqlAsync("UPDATE member SET role = 'viewer' WHERE user_name = 'ana'");
        _bench.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK), (await ActAsync(caller), await UseAsync(own)));

        await SqlAsync("UPDATE person SET disabled_at = 1 WHERE email LIKE 'ana@%'");
        _bench.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.Unauthorized, await UseAsync(own));

        await SqlAsync("UPDATE person SET disabled_at = NULL WHERE email LIKE 'ana@%'");
        await SqlAsync("DELETE FROM member WHERE user_name = 'ana'");
        _bench.Pass(TimeSpan.FromSeconds(5));
        Assert.Equal(HttpStatusCode.Unauthorized, await UseAsync(own));
    }

    [StoreFact]
    public async Task The_last_use_is_noted_beside_the_requests()
    {
        var admin = await _bench.CallerAsync(Role.Admin);
        var made = await MakeAsync(admin, """{"name": "ci", "role": "viewer"}""");
        await UseAsync(made);
        await _bench.Service<KeyUses>().WriteAsync(default);
        var first = await LastUsedAsync(admin);
        Assert.NotNull(first);

        _bench.Pass(TimeSpan.FromMinutes(1));
        await UseAsync(made);
        await _bench.Service<KeyUses>().WriteAsync(default);
        Assert.Equal(first, await LastUsedAsync(admin));

        _bench.Pass(TimeSpan.FromMinutes(5));
        await UseAsync(made);
        await _bench.Service<KeyUses>().WriteAsync(default);
        Assert.True(await LastUsedAsync(admin) > first);
    }

    private static async Task<DateTimeOffset?> LastUsedAsync(HttpClient admin) =>
        (await admin.GetJsonAsync("/api/v1/keys")).Items().Single(k => k!["name"].Text() == "ci")!["last_used_at"]?.GetValue<DateTimeOffset>();

    private static Task<JsonNode> MakeAsync(HttpClient caller, string json) => caller.PostAsync("/api/v1/keys", json, HttpStatusCode.Created);

    private static async Task RefusedAsync(HttpClient caller, string json, HttpStatusCode expected)
    {
        using var response = await caller.PostJsonAsync("/api/v1/keys", json);
        Assert.Equal(expected, response.StatusCode);
    }

    private static async Task<IEnumerable<string>> NamesAsync(HttpClient caller) => (await caller.GetJsonAsync("/api/v1/keys")).Items().Select(k => k!["name"].Text());

    private static async Task<HttpStatusCode> ActAsync(HttpClient caller)
    {
        using var response = await caller.PostAsync("/api/v1/incidents/4711/acknowledge", null);
        return response.StatusCode;
    }

    private HttpClient With(JsonNode made)
    {
        var client = _bench.Anybody();
        client.DefaultRequestHeaders.Add("X-API-Key", made["key"].Text());
        return client;
    }

    private async Task<HttpStatusCode> UseAsync(JsonNode made)
    {
        using var response = await With(made).GetAsync("/api/v1/version");
        return response.StatusCode;
    }

    private Task SqlAsync(string sql) => _bench.Service<Database>().WriteAsync(tx => tx.ExecuteAsync(sql), default);

    public sealed class OnSqlite() : KeyTests(Engine.Sqlite);

    public sealed class OnPostgres() : KeyTests(Engine.Postgres);
}
