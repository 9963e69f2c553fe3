using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tocsin.Audit;
using Tocsin.Data;

namespace Tocsin.Tests.Http;

/// <summary>Passkeys by HTTP, with authenticators that behave and some that do not.</summary>
public abstract partial class PasskeyTests(Engine engine) : IAsyncLifetime
{
    private const string Email = "ana@example.test";
    private const string Password = "a long walk to the sea";

    private HttpBench _bench = null!;

    private string Origin => $"http://localhost:{_bench.Url.Port}";

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine, builder => builder.Configuration["Accounts:Registration"] = "Open");

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task A_passkey_signs_in_without_a_password_and_a_password_alone_no_longer_does()
    {
        var (passkey, codes) = await WithPasskeyAsync();
        using var browser = new Browser(Origin);

        Assert.Equal("/me", (await LogInAsync(browser, options => passkey.Use(options, Origin))).To);
        Assert.Equal("passkey", (await browser.Http.GetJsonAsync("/api/v1/me"))["session"]!["proof"].Text());
        var me = await browser.Http.PageAsync("/me");
        Assert.Contains("Work laptop", me, StringComparison.Ordinal);
        Assert.Equal(10, codes.Length);

        using var other = new Browser(Origin);
        Assert.Equal("/login/second", (await other.Http.SubmitAsync("/login?next=/me", "/login", ("email", Email), ("password", Password))).To);
        Assert.Equal("/me", (await LogInAsync(other, options => passkey.Use(options, Origin), page: "/login/second")).To);
    }

    [StoreFact]
    public async Task An_answer_is_good_for_its_challenge_its_origin_and_once_and_only_from_a_device_that_knows_its_owner()
    {
        var (passkey, _) = await WithPasskeyAsync();
        using var browser = new Browser(Origin);

        await RefusedAsync(browser, options => passkey.Use(options, "http://localhost:1"));
        await RefusedAsync(browser, options => passkey.Use(options, Origin.Replace("http:", "https:", StringComparison.Ordinal)));
        await RefusedAsync(browser, options => passkey.Use(options, Origin, challenge: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
        await RefusedAsync(browser, options => passkey.Use(options, Origin, rpId: "evil.example"));
        await RefusedAsync(browser, options => passkey.Use(options, Origin).Replace("\"signature\":\"M", "\"signature\":\"N", StringComparison.Ordinal));
        await RefusedAsync(browser, _ => "{");
        await RefusedAsync(browser, _ => "{\"id\":7}");
        await RefusedAsync(browser, _ => "[]");
        await RefusedAsync(browser, options => new SoftPasskey().Use(options, Origin));

        string answer = "", token = "";
        Dictionary<string, string> before = [];
        _bench.Pass(TimeSpan.FromMinutes(2.1));
        Assert.Equal("/me", (await LogInAsync(browser, options =>
        {
            (answer, before, token) = (passkey.Use(options, Origin), new(browser.Cookies), "");
            return answer;
        })).To);
        browser.Cookies.Clear();
        foreach (var (name, value) in before)
        {
            browser.Cookies[name] = value;
        }

        var replayed = await browser.Http.SubmitAsync("/login?next=/me", "/login/passkey", ("credential", answer));
        Assert.NotEqual("/me", replayed.To);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.Http.GetAsync("/api/v1/me")).StatusCode);
        Assert.Empty(token);
    }

    [StoreFact]
    public async Task The_same_answer_of_a_device_that_does_not_count_is_good_once_too()
    {
        var (passkey, _) = await WithPasskeyAsync();
        using var browser = new Browser(Origin);
        var answer = "";
        Dictionary<string, string> before = [];
        Assert.Equal("/me", (await LogInAsync(browser, options =>
        {
            passkey.Count = uint.MaxValue;
            (answer, before) = (passkey.Use(options, Origin), new(browser.Cookies));
            return answer;
        })).To);
        browser.Cookies.Clear();
        foreach (var (name, value) in before)
        {
            browser.Cookies[name] = value;
        }

        Assert.NotEqual("/me", (await browser.Http.SubmitAsync("/login?next=/me", "/login/passkey", ("credential", answer))).To);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.Http.GetAsync("/api/v1/me")).StatusCode);
    }

    [StoreFact]
    public async Task A_count_that_went_back_and_a_device_that_does_not_know_its_owner_are_refused_and_in_the_audit()
    {
        var (passkey, _) = await WithPasskeyAsync(new SoftPasskey { Count = 41 });
        using var browser = new Browser(Origin);
        Assert.Equal("/me", (await LogInAsync(browser, options => passkey.Use(options, Origin))).To);
        browser.Cookies.Clear();

        passkey.Count = 3;
        await RefusedAsync(browser, options => passkey.Use(options, Origin));

        using var ana = await LoggedInAsync(() => passkey.Count = 50, passkey);
        var careless = new SoftPasskey { Verifies = false };
        Assert.NotEqual(HttpStatusCode.OK, (await AddAsync(ana, careless)).Status);
        await _bench.Service<AuditTrail>().FlushAsync(all: true, default);
        var refusals = await _bench.Service<Database>().ReadAsync(
            session => session.QueryAsync("SELECT detail FROM audit WHERE action = 'login.passkey_refused' ORDER BY seq", static row => row.GetString(0)), default);
        Assert.Contains(refusals, r => r.Contains("count", StringComparison.OrdinalIgnoreCase));
    }

    [StoreFact]
    public async Task A_challenge_ends_after_five_minutes_and_is_for_one_thing_only()
    {
        var (passkey, _) = await WithPasskeyAsync();
        using var browser = new Browser(Origin);
        await RefusedAsync(browser, options =>
        {
            _bench.Pass(TimeSpan.FromMinutes(5.1));
            return passkey.Use(options, Origin);
        });

        using var ana = await LoggedInAsync(() => { }, passkey);
        var forAgain = JsonNode.Parse((await ana.Http.SubmitAsync("/login/again", "/login/again/passkey/options")).Html)!;
        Assert.Single(forAgain["allowCredentials"]!.AsArray());
        using var other = new Browser(Origin);
        other.Cookies["tocsin-passkey"] = ana.Cookies["tocsin-passkey"];
        Assert.NotEqual("/me", (await other.Http.SubmitAsync("/login?next=/me", "/login/passkey", ("credential", passkey.Use(forAgain, Origin)))).To);
        Assert.Equal(HttpStatusCode.Unauthorized, (await other.Http.GetAsync("/api/v1/me")).StatusCode);
    }

    [StoreFact]
    public async Task Proving_again_by_passkey_opens_what_is_sensitive_and_a_removed_passkey_opens_nothing()
    {
        var (passkey, _) = await WithPasskeyAsync();
        using var ana = await LoggedInAsync(() => { }, passkey);
        _bench.Pass(TimeSpan.FromMinutes(10.1));

        var page = await ana.Http.PageAsync("/me");
        var remove = RemovePath().Match(page).Value;
        Assert.StartsWith("/login/again", (await ana.Http.SubmitAsync("/me", remove)).To, StringComparison.Ordinal);
        var asked = await ana.Http.SubmitAsync("/me", "/me/passkeys/options");
        Assert.StartsWith("/login/again", asked.To, StringComparison.Ordinal);
        var options = JsonNode.Parse((await ana.Http.SubmitAsync("/login/again?next=/me", "/login/again/passkey/options")).Html)!;
        Assert.Equal("/me", (await ana.Http.SubmitAsync("/login/again?next=/me", "/login/again/passkey", ("credential", passkey.Use(options, Origin)))).To);
        Assert.Equal("/me#passkeys", (await ana.Http.SubmitAsync("/me", remove)).To);

        using var browser = new Browser(Origin);
        await RefusedAsync(browser, o => passkey.Use(o, Origin));
        Assert.Equal("/me", (await browser.Http.SubmitAsync("/login?next=/me", "/login", ("email", Email), ("password", Password))).To);
    }

    [StoreFact]
    public async Task At_an_address_that_is_no_name_there_are_none()
    {
        using var browser = new Browser(_bench.Url.ToString());

        var answer = await browser.Http.SubmitAsync("/login", "/login/passkey/options");

        Assert.NotEqual(HttpStatusCode.OK, answer.Status);
        Assert.DoesNotContain("challenge", answer.Html, StringComparison.Ordinal);
    }

    private async Task<(SoftPasskey Passkey, string[] Codes)> WithPasskeyAsync(SoftPasskey? passkey = null)
    {
        using var anybody = _bench.Anybody();
        await anybody.PostAsync("/auth/register", $$"""{"email":"{{Email}}","password":"{{Password}}"}""");
        using var browser = new Browser(Origin);
        Assert.Equal("/me", (await browser.Http.SubmitAsync("/login?next=/me", "/login", ("email", Email), ("password", Password))).To);
        passkey ??= new();
        var done = await AddAsync(browser, passkey);
        Assert.True(done.Status == HttpStatusCode.OK, $"{done.Status} {done.To} {done.Html}");
        return (passkey, [.. RecoveryCode().Matches(done.Html).Select(m => m.Value).Distinct()]);
    }

    private async Task<(HttpStatusCode Status, string To, string Html)> AddAsync(Browser browser, SoftPasskey passkey)
    {
        var options = JsonNode.Parse((await browser.Http.SubmitAsync("/me", "/me/passkeys/options")).Html)!;
        Assert.Equal(("localhost", "required"), (options["rp"]!["id"].Text(), options["authenticatorSelection"]!["userVerification"].Text()));
        return await browser.Http.SubmitAsync("/me", "/me/passkeys", ("name", "Work laptop"), ("credential", passkey.Make(options, Origin)));
    }

    private static async Task<(HttpStatusCode Status, string To, string Html)> LogInAsync(Browser browser, Func<JsonNode, string> answer, string page = "/login?next=/me")
    {
        var options = JsonNode.Parse((await browser.Http.SubmitAsync(page, "/login/passkey/options")).Html)!;
        return await browser.Http.SubmitAsync(page, "/login/passkey", ("credential", answer(options)));
    }

    private async Task<Browser> LoggedInAsync(Action before, SoftPasskey passkey)
    {
        before();
        var browser = new Browser(Origin);
        Assert.Equal("/me", (await LogInAsync(browser, options => passkey.Use(options, Origin))).To);
        return browser;
    }

    private static async Task RefusedAsync(Browser browser, Func<JsonNode, string> answer)
    {
        Assert.StartsWith("/login", (await LogInAsync(browser, answer)).To, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.Http.GetAsync("/api/v1/me")).StatusCode);
    }

    [GeneratedRegex("([0-9a-hjkmnp-tv-z]{4}-){6}[0-9a-hjkmnp-tv-z]{4}")]
    private static partial Regex RecoveryCode();

    [GeneratedRegex("/me/passkeys/[A-Za-z0-9_-]+/remove")]
    private static partial Regex RemovePath();

    public sealed class OnSqlite() : PasskeyTests(Engine.Sqlite);

    public sealed class OnPostgres() : PasskeyTests(Engine.Postgres);
}

/// <summary>A browser whose cookies a test can take away and put back.</summary>
internal sealed class Browser : IDisposable
{
    public Browser(string origin) => Http = new(new Jar(Cookies)) { BaseAddress = new(origin) };

    public Dictionary<string, string> Cookies { get; } = [];

    public HttpClient Http { get; }

    public void Dispose() => Http.Dispose();

    private sealed class Jar(Dictionary<string, string> cookies) : DelegatingHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (cookies.Count > 0)
            {
                request.Headers.Add("Cookie", string.Join("; ", cookies.Select(c => $"{c.Key}={c.Value}")));
            }

            var response = await base.SendAsync(request, cancellationToken);
            foreach (var set in response.Headers.TryGetValues("Set-Cookie", out var all) ? all : [])
            {
                var (name, value) = (set.Split('=')[0], Uri.UnescapeDataString(set.Split('=', 2)[1].Split(';')[0]));
                if (value.Length == 0)
                {
                    cookies.Remove(name);
                }
                else
                {
                    cookies[name] = Uri.EscapeDataString(value);
                }
            }

            return response;
        }
    }
}
