using System.Net;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;

namespace Tocsin.Tests.Http.Oidc;

/// <summary>The way to the provider and back, and the login page.</summary>
public sealed class OidcLoginTests : IAsyncLifetime
{
    private const string Password = "correct horse battery";

    private OidcBench _bench = null!;

    public async Task InitializeAsync() => _bench = await OidcBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task The_browser_goes_with_a_state_a_nonce_and_a_challenge_that_are_new_each_time()
    {
        using var first = await _bench.Server.Anybody().GetAsync("/login/oidc");
        using var second = await _bench.Server.Anybody().GetAsync("/login/oidc");

        var (one, two) = (Query(first.Headers.Location!), Query(second.Headers.Location!));
        Assert.Equal(("code", FakeOidc.ClientId, "S256"), (one["response_type"], one["client_id"], one["code_challenge_method"]));
        Assert.Equal($"{_bench.Server.Url}login/oidc/callback", one["redirect_uri"]);
        Assert.All(["state", "nonce", "code_challenge"], name => Assert.Equal((43, true), (one[name].Length, one[name] != two[name])));
        var cookie = Assert.Single(first.Headers.GetValues("Set-Cookie"), c => c.StartsWith("tocsin-oidc=", StringComparison.Ordinal));
        Assert.All(["httponly", "samesite=lax", "max-age=600"], word => Assert.Contains(word, cookie, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(one["nonce"], cookie, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_this_browser_did_not_ask_for_logs_nobody_in()
    {
        var (attacker, victim) = (_bench.Server.Anybody(), _bench.Server.Anybody());
        using var begun = await attacker.GetAsync("/login/oidc");
        var answer = await _bench.AskAsync(begun.Headers.Location!, "ana");
        using var other = await victim.GetAsync("/login/oidc");

        // With a login of its own on the way, and without one.
        using var crossed = await victim.GetAsync(answer);
        using var bare = await _bench.Server.Anybody().GetAsync(answer);

        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.BadRequest], [crossed.StatusCode, bare.StatusCode]);
        Assert.False(await OidcBench.IsInAsync(victim));
        Assert.Equal(0, _bench.Provider.Asked("/token"));
    }

    [Theory]
    [InlineData("cross-site", "/login?next=%2Foncall")]
    [InlineData("same-site", "/login?next=%2Foncall")]
    [InlineData("same-origin", null)]
    [InlineData("none", null)]
    public async Task A_link_on_another_site_begins_no_login_but_shows_the_page_of_it(string site, string? to)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/login/oidc?next=%2Foncall");
        request.Headers.Add("Sec-Fetch-Site", site);
        using var answer = await _bench.Server.Anybody().SendAsync(request);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.StartsWith(to ?? _bench.Provider.Issuer, answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Equal(to is null, answer.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task The_provider_is_asked_for_a_strong_and_recent_login_and_another_one_is_refused()
    {
        await _bench.RestartAsync("Oidc:AcrValues=mfa", "Oidc:MaxAgeMinutes=60");
        using var begun = await _bench.Server.Anybody().GetAsync("/login/oidc");
        var query = Query(begun.Headers.Location!);
        Assert.Equal(("mfa", "3600"), (query["acr_values"], query["max_age"]));

        using var weak = await _bench.LogInAsync(_bench.Server.Anybody(), "ana");
        Assert.Equal(HttpStatusCode.Forbidden, weak.StatusCode);
        Assert.Contains("not as is asked for here", await weak.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        _bench.Provider.Besides = new() { ["acr"] = "mfa", ["auth_time"] = DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60 };
        await _bench.PersonAsync("ana");
    }

    [Fact]
    public async Task An_answer_counts_once()
    {
        var browser = _bench.Server.Anybody();
        using var begun = await browser.GetAsync("/login/oidc");
        var answer = await _bench.AskAsync(begun.Headers.Location!, "ana");

        using var first = await browser.GetAsync(answer);
        using var second = await browser.GetAsync(answer);

        Assert.Equal([HttpStatusCode.SeeOther, HttpStatusCode.BadRequest], [first.StatusCode, second.StatusCode]);
        Assert.Equal(1, _bench.Provider.Asked("/token"));
    }

    [Fact]
    public async Task Whoever_takes_longer_than_ten_minutes_begins_again()
    {
        var browser = _bench.Server.Anybody();
        using var begun = await browser.GetAsync("/login/oidc");
        var answer = await _bench.AskAsync(begun.Headers.Location!, "ana");
        _bench.Pass(TimeSpan.FromMinutes(10));

        using var late = await browser.GetAsync(answer);

        Assert.Equal(HttpStatusCode.BadRequest, late.StatusCode);
        Assert.Contains("Begin again", await late.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cookie_that_somebody_changed_is_none()
    {
        using var begun = await _bench.Server.Anybody().GetAsync("/login/oidc");
        var answer = await _bench.AskAsync(begun.Headers.Location!, "ana");
        var cookie = begun.Headers.GetValues("Set-Cookie").First(c => c.StartsWith("tocsin-oidc=", StringComparison.Ordinal)).Split(';')[0];

        async Task<HttpStatusCode> ComeAsync(string with)
        {
            using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
            using var request = new HttpRequestMessage(HttpMethod.Get, answer) { Headers = { { "Cookie", with } } };
            using var response = await client.SendAsync(request);
            return response.StatusCode;
        }

        Assert.Equal(HttpStatusCode.BadRequest, await ComeAsync($"{cookie[..^6]}AAAAAA"));
        Assert.Equal(HttpStatusCode.BadRequest, await ComeAsync("tocsin-oidc=sealed:1:"));
        Assert.Equal(HttpStatusCode.BadRequest, await ComeAsync("tocsin-oidc={}"));
        Assert.Equal(HttpStatusCode.SeeOther, await ComeAsync(cookie));
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("javascript:alert(1)")]
    public async Task Nobody_is_sent_to_another_site_afterwards(string next)
    {
        using var answer = await _bench.LogInAsync(_bench.Server.Anybody(), "ana", next);

        Assert.Equal((HttpStatusCode.SeeOther, "/"), (answer.StatusCode, answer.Headers.Location?.OriginalString));
    }

    [Fact]
    public async Task Whom_the_provider_refuses_is_told_so_in_our_words()
    {
        using var answer = await _bench.LogInAsync(_bench.Server.Anybody(), "nobody");

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.Contains("Acme ID did not let you in.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("access_denied", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_login_page_offers_both_ways_and_each_works()
    {
        await _bench.MemberAsync("owner", Role.Owner, "owner@acme.test", Password);
        var page = await _bench.Server.Anybody().GetStringAsync("/login?next=/oncall");
        using var byPassword = await OidcBench.SendPasswordAsync(_bench.Server.Anybody(), "owner@acme.test", Password);

        Assert.Contains("Continue with Acme ID", page, StringComparison.Ordinal);
        Assert.Contains("href=\"/login/oidc?next=%2Foncall\"", page, StringComparison.Ordinal);
        Assert.Contains("type=\"password\"", page, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, byPassword.StatusCode);
    }

    [Fact]
    public async Task Where_passwords_are_off_there_is_no_form_and_none_is_taken()
    {
        await _bench.MemberAsync("owner", Role.Owner, "owner@acme.test", Password);
        var browser = _bench.Server.Anybody();
        var form = await OidcBench.PasswordFormAsync(browser, "owner@acme.test", Password);
        await _bench.RestartAsync("Oidc:AllowPasswords=false");
        var page = await _bench.Server.Anybody().GetStringAsync("/login?by=password");
        using var refused = await browser.PostAsync(new Uri(_bench.Server.Url, "/login"), form);

        Assert.Contains("Continue with Acme ID", page, StringComparison.Ordinal);
        Assert.DoesNotContain("password", page, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Contains("Passwords are switched off here", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await _bench.PersonAsync("ana");
    }

    [Fact]
    public async Task Behind_the_glass_owners_may_use_a_password_and_nobody_else()
    {
        await _bench.RestartAsync("Oidc:AllowPasswords=false", "Oidc:BreakGlass=true");
        await _bench.MemberAsync("owner", Role.Owner, "owner@acme.test", Password);
        await _bench.MemberAsync("admin", Role.Admin, "admin@acme.test", Password);
        var page = await _bench.Server.Anybody().GetStringAsync("/login");
        using var owner = await OidcBench.SendPasswordAsync(_bench.Server.Anybody(), "owner@acme.test", Password);
        using var admin = await OidcBench.SendPasswordAsync(_bench.Server.Anybody(), "admin@acme.test", Password);

        Assert.DoesNotContain("type=\"password\"", page, StringComparison.Ordinal);
        Assert.Contains("/login?by=password", page, StringComparison.Ordinal);
        Assert.Equal([HttpStatusCode.SeeOther, HttpStatusCode.Forbidden], [owner.StatusCode, admin.StatusCode]);
    }

    [Fact]
    public async Task Logging_out_ends_our_session_says_that_the_providers_may_live_on_and_can_end_that_too()
    {
        var ana = await _bench.PersonAsync("ana");
        using var left = await OidcBench.LogOutAsync(ana);
        var page = await ana.GetStringAsync(left.Headers.Location);
        var isIn = await OidcBench.IsInAsync(ana);

        using var further = await ana.GetAsync("/logout/oidc");

        Assert.Equal(("/login?left=oidc", false), (left.Headers.Location?.OriginalString, isIn));
        Assert.Contains("Acme ID may still know you", page, StringComparison.Ordinal);
        var query = Query(further.Headers.Location!);
        Assert.StartsWith($"{_bench.Provider.Issuer}/logout?", further.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.Equal((3, $"{_bench.Server.Url}login"), (query["id_token_hint"].Split('.').Length, query["post_logout_redirect_uri"]));
    }

    [Fact]
    public async Task Who_came_by_password_is_not_told_of_the_provider_when_they_leave()
    {
        await _bench.MemberAsync("owner", Role.Owner, "owner@acme.test", Password);
        var browser = _bench.Server.Anybody();
        using var entered = await OidcBench.SendPasswordAsync(browser, "owner@acme.test", Password);

        using var left = await OidcBench.LogOutAsync(browser);

        Assert.Equal("/login", left.Headers.Location?.OriginalString);
    }

    [Fact]
    public async Task Without_a_provider_there_is_nothing()
    {
        await using var bare = await HttpBench.StartAsync();
        var page = await bare.Anybody().GetStringAsync("/login");
        var statuses = new List<HttpStatusCode>();
        foreach (var path in (string[])["/login/oidc", "/login/oidc/callback?code=a&state=b", "/logout/oidc"])
        {
            using var answer = await bare.Anybody().GetAsync(path);
            statuses.Add(answer.StatusCode);
        }

        Assert.DoesNotContain("Continue with", page, StringComparison.Ordinal);
        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.NotFound, status));
    }

    private static Dictionary<string, string> Query(Uri address) =>
        Microsoft.AspNetCore.WebUtilities.QueryHelpers.ParseQuery(address.Query).ToDictionary(p => p.Key, p => p.Value.ToString(), StringComparer.Ordinal);
}
