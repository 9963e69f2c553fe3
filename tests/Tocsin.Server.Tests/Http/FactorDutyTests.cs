using System.Net;
using System.Text.RegularExpressions;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Where a second factor is demanded, what asks for a recent proof, and how lost factors are taken away.</summary>
public sealed partial class FactorDutyTests : IAsyncLifetime
{
    private const string Silence = """{"matchers":["team=\"payments\""],"duration":"1h","comment":"A test"}""";

    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(configure: builder => builder.Configuration["Accounts:RequireSecondFactor"] = "Admins");

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task Who_owes_a_second_factor_may_look_and_set_one_up_and_acknowledge_by_a_signed_link_and_nothing_else()
    {
        using var bo = await _bench.PersonAsync("bo", Role.Responder);
        using var ana = await _bench.PersonAsync("ana", Role.Admin);
        using var key = await _bench.CallerAsync(Role.Admin);
        using var sender = _bench.Anybody();
        await sender.FireAsync(HttpBench.PrometheusKey, "alertname=Down,service=checkout");
        var (_, _, page) = await _bench.PagedAsync();

        Assert.Equal("account.second_factor_required", (await (await ana.PostJsonAsync("/api/v1/silences", Silence)).JsonAsync(HttpStatusCode.Forbidden))["title"].Text());
        Assert.NotEqual(HttpStatusCode.Forbidden, (await bo.PostJsonAsync("/api/v1/silences", Silence)).StatusCode);
        Assert.NotEqual(HttpStatusCode.Forbidden, (await key.PostJsonAsync("/api/v1/silences", Silence)).StatusCode);
        await ana.GetJsonAsync("/api/v1/incidents");
        Assert.Equal("/me/second-factor", (await ana.SubmitAsync("/me", "/me/browser")).To);

        var link = new Uri(page["action_url"].Text()).AbsolutePath;
        Assert.NotEqual("/me/second-factor", (await ana.SubmitAsync(link, link, ("do", "acknowledge"))).To);
        await HttpBench.UntilAsync(bo, "/api/v1/incidents", all => all.Items()[0]!["status"].Text() == "acknowledged");

        var setup = await ana.PageAsync("/me/second-factor");
        var secret = Base32(SecretText().Match(setup).Groups[1].Value);
        var code = Totp.Code(secret, Totp.StepOf(_bench.Service<SteadyClock>().GetUtcNow()));
        Assert.Equal(HttpStatusCode.OK, (await ana.SubmitAsync(setup, new(ana.BaseAddress!, "/me/second-factor"), "/me/second-factor", ("code", code))).Status);
        Assert.NotEqual(HttpStatusCode.Forbidden, (await ana.PostJsonAsync("/api/v1/silences", Silence)).StatusCode);
    }

    [Fact]
    public async Task An_administrator_takes_lost_factors_away_but_not_from_somebody_above_him_or_of_other_workspaces_too()
    {
        await _bench.RestartAsync();
        using var ana = await _bench.PersonAsync("ana", Role.Admin);
        using var bo = await _bench.PersonAsync("bo", Role.Responder);
        using var eve = await _bench.PersonAsync("eve", Role.Owner);
        using var stranger = await _bench.PersonAsync("mia", Role.Owner, "other");
        await SqlAsync("UPDATE person SET totp_secret = 'sealed:1:x', totp_confirmed_at = 1, totp_last_step = 0");
        await SqlAsync("INSERT INTO recovery_code (person_id, code_hash) SELECT person.id, token_hash FROM person JOIN login ON person_id = person.id");
        var ids = (await ana.GetJsonAsync("/api/v1/members")).Items().ToDictionary(m => m!["name"].Text(), m => m!["id"].Text());

        Assert.Equal(HttpStatusCode.Forbidden, await ResetAsync(bo, ids["bo"]));
        Assert.Equal(HttpStatusCode.Forbidden, await ResetAsync(ana, ids["eve"]));
        Assert.Equal(HttpStatusCode.NotFound, await ResetAsync(stranger, ids["bo"]));
        Assert.Equal(HttpStatusCode.NoContent, await ResetAsync(ana, ids["bo"]));

        Assert.Equal(["ana@acme.test", "eve@acme.test", "mia@other.test"], await _bench.Service<Database>().ReadAsync(
            session => session.QueryAsync("SELECT email FROM person WHERE totp_confirmed_at IS NOT NULL ORDER BY email", static row => row.GetString(0)), default));
        Assert.Equal(HttpStatusCode.Unauthorized, (await bo.GetAsync("/api/v1/me")).StatusCode);
        Assert.Equal(1, await CountAsync("SELECT COUNT(*) FROM audit WHERE action = 'factor.reset' AND actor = 'user:ana' AND subject = 'member/bo'"));

        await SqlAsync("INSERT INTO member (workspace_id, person_id, user_name, role, created_at) SELECT 2, id, 'bo', 'viewer', 1 FROM person WHERE email = 'bo@acme.test'");
        Assert.Equal(HttpStatusCode.Forbidden, await ResetAsync(ana, ids["bo"]));
    }

    [Fact]
    public async Task Roles_keys_that_administer_and_resets_ask_for_a_recent_proof_and_keys_are_not_asked()
    {
        await _bench.RestartAsync();
        using var ana = await _bench.PersonAsync("ana", Role.Owner);
        using var bo = await _bench.PersonAsync("bo", Role.Responder);
        using var key = await _bench.CallerAsync(Role.Owner);
        var id = (await ana.GetJsonAsync("/api/v1/members")).Items().Single(m => m!["name"].Text() == "bo")!["id"].Text();
        _bench.Pass(TimeSpan.FromMinutes(11));

        (HttpMethod Method, string Path, string Body)[] sensitive =
        [
            (HttpMethod.Patch, $"/api/v1/members/{id}", """{"role":"admin"}"""),
            (HttpMethod.Post, "/api/v1/keys", """{"name":"ci","role":"admin"}"""),
            (HttpMethod.Post, "/api/v1/invitations", """{"email":"new@acme.test","role":"owner"}"""),
            (HttpMethod.Post, $"/api/v1/members/{id}/reset-factors", ""),
            (HttpMethod.Delete, $"/api/v1/members/{id}/sessions", ""),
            (HttpMethod.Delete, $"/api/v1/members/{id}", ""),
        ];
        foreach (var (method, path, body) in sensitive)
        {
            using var refused = await SendAsync(ana, method, path, body);
            Assert.Equal("login.proof_too_old", (await refused.JsonAsync(HttpStatusCode.Forbidden))["title"].Text());
            using var admitted = await SendAsync(key, method, path, body);
            Assert.True(admitted.IsSuccessStatusCode, $"{path}: {admitted.StatusCode}");
        }

        using var plain = await SendAsync(ana, HttpMethod.Post, "/api/v1/invitations", """{"email":"reader@acme.test","role":"viewer"}""");
        await plain.JsonAsync(HttpStatusCode.Created);
    }

    private static async Task<HttpStatusCode> ResetAsync(HttpClient by, string id)
    {
        using var answer = await by.PostAsync($"/api/v1/members/{id}/reset-factors", null);
        return answer.StatusCode;
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient caller, HttpMethod method, string path, string body) =>
        caller.SendAsync(new(method, path) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") });

    private static byte[] Base32(string text)
    {
        var bits = string.Concat(text.Select(c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. bits.Chunk(8).Where(b => b.Length == 8).Select(b => Convert.ToByte(new string(b), 2))];
    }

    private Task SqlAsync(string sql) => _bench.Service<Database>().WriteAsync(tx => tx.ExecuteAsync(sql), default);

    private Task<long?> CountAsync(string sql) => _bench.Service<Database>().ReadAsync(session => session.ScalarAsync(sql), default);

    [GeneratedRegex("secret=([A-Z2-7]{32})")]
    private static partial Regex SecretText();
}
