using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Authenticator apps and recovery codes, as browsers and programs use them.</summary>
public abstract partial class SecondFactorTests(Engine engine) : IAsyncLifetime
{
    private const string Email = "ana@example.test";
    private const string Password = "a long walk to the sea";
    private const string Body = """{"email":"ana@example.test","password":"a long walk to the sea"}""";

    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync(engine, builder => builder.Configuration["Accounts:Registration"] = "Open");

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [StoreFact]
    public async Task An_app_counts_from_its_first_code_on_and_brings_ten_recovery_codes()
    {
        using var ana = await RegisteredAsync();

        var setup = await ana.PageAsync("/me/second-factor");
        Assert.Contains("class=\"qr\"", setup, StringComparison.Ordinal);
        var wrong = await SubmitCodeAsync(ana, setup, "000000");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.Status);
        Assert.Equal(SecretIn(setup), SecretIn(wrong.Html));
        await LoggedInAsync(Password);

        var done = await SubmitCodeAsync(ana, wrong.Html, CodeOf(SecretIn(setup)));

        Assert.Equal(HttpStatusCode.OK, done.Status);
        Assert.Equal(10, RecoveryCode().Matches(done.Html).Select(m => m.Value).Distinct().Count());
        Assert.Contains("10 left", await ana.PageAsync("/me"), StringComparison.Ordinal);
        Assert.DoesNotContain(SecretIn(setup), await StoredAsync(), StringComparison.OrdinalIgnoreCase);
    }

    [StoreFact]
    public async Task A_login_asks_for_the_code_after_the_password_and_takes_each_code_once()
    {
        var (secret, _) = await WithAppAsync();
        using var browser = _bench.Anybody();

        var first = await browser.SubmitAsync("/login?next=/me", "/login", ("email", Email), ("password", Password));
        Assert.Equal((HttpStatusCode.Redirect, "/login/second"), (first.Status, first.To));
        await AssertAnonymousAsync(browser);

        var wrong = await browser.SubmitAsync("/login/second", "/login/second", ("code", "000000"));
        Assert.Equal(HttpStatusCode.Forbidden, wrong.Status);
        var code = CodeOf(secret);
        var second = await browser.SubmitAsync("/login/second", "/login/second", ("code", code));
        Assert.Equal((HttpStatusCode.SeeOther, "/me"), (second.Status, second.To));
        Assert.Equal("password+totp", (await MeAsync(browser))["session"]!["proof"].Text());

        using var other = _bench.Anybody();
        await other.SubmitAsync("/login", "/login", ("email", Email), ("password", Password));
        Assert.Equal(HttpStatusCode.Forbidden, (await other.SubmitAsync("/login/second", "/login/second", ("code", code))).Status);
        _bench.Pass(TimeSpan.FromSeconds(30));
        Assert.Equal(HttpStatusCode.SeeOther, (await other.SubmitAsync("/login/second", "/login/second", ("code", CodeOf(secret)))).Status);
    }

    [StoreFact]
    public async Task A_half_login_ends_after_five_minutes_with_a_new_password_and_is_nothing_in_another_place()
    {
        var (secret, _) = await WithAppAsync();
        using var browser = _bench.Anybody();

        await browser.SubmitAsync("/login", "/login", ("email", Email), ("password", Password));
        var page = await browser.PageAsync("/login/second");
        _bench.Pass(TimeSpan.FromMinutes(5.1));
        var late = await browser.SubmitAsync(page, new(browser.BaseAddress!, "/login/second"), "/login/second", ("code", CodeOf(secret)));
        Assert.Equal("/login", late.To);

        await browser.SubmitAsync("/login", "/login", ("email", Email), ("password", Password));
        page = await browser.PageAsync("/login/second");
        await SqlAsync("UPDATE person SET password_hash = 'changed'");
        Assert.Equal("/login", (await browser.SubmitAsync(page, new(browser.BaseAddress!, "/login/second"), "/login/second", ("code", CodeOf(secret)))).To);
        await AssertAnonymousAsync(browser);

        using var nobody = _bench.Anybody();
        nobody.DefaultRequestHeaders.Add("Cookie", "tocsin-half=sealed:1:AAAA");
        using var redirect = await nobody.GetAsync("/login/second");
        Assert.Equal("/login", redirect.Headers.Location!.ToString());
    }

    [StoreFact]
    public async Task A_program_sends_the_code_beside_the_password_and_hears_of_it_only_with_the_right_password()
    {
        var (secret, _) = await WithAppAsync();
        using var program = _bench.Anybody();

        Assert.DoesNotContain("code", (await program.PostAsync("/auth/login", Body.Replace("sea", "lake", StringComparison.Ordinal), HttpStatusCode.Unauthorized))["detail"].Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("code", (await program.PostAsync("/auth/login", With("000000").Replace("sea", "lake", StringComparison.Ordinal), HttpStatusCode.Unauthorized))["detail"].Text(), StringComparison.Ordinal);
        Assert.Contains("'code'", (await program.PostAsync("/auth/login", Body, HttpStatusCode.Unauthorized))["detail"].Text(), StringComparison.Ordinal);
        Assert.Contains("wrong", (await program.PostAsync("/auth/login", With("000000"), HttpStatusCode.Unauthorized))["detail"].Text(), StringComparison.Ordinal);
        await program.PostAsync("/auth/login", With("12345").Replace("\"12345\"", "7", StringComparison.Ordinal), HttpStatusCode.UnprocessableEntity);

        Assert.NotEmpty((await program.PostAsync("/auth/login", With(CodeOf(secret))))["access_token"].Text());
    }

    [StoreFact]
    public async Task A_recovery_code_is_good_once_and_new_ones_end_the_old()
    {
        var (_, codes) = await WithAppAsync();
        using var program = _bench.Anybody();

        await program.PostAsync("/auth/login", With(codes[0].ToUpperInvariant().Replace("-", " ", StringComparison.Ordinal)));
        await program.PostAsync("/auth/login", With(codes[0]), HttpStatusCode.Unauthorized);
        Assert.Equal(9, await CountAsync("SELECT COUNT(*) FROM recovery_code WHERE used_at IS NULL"));

        using var browser = await LoggedInAsync(Password, codes[1]);
        var renewed = await browser.SubmitAsync("/me", "/me/recovery-codes");
        var fresh = RecoveryCode().Matches(renewed.Html).Select(m => m.Value).Distinct().ToList();
        Assert.Equal(10, fresh.Except(codes).Count());
        await program.PostAsync("/auth/login", With(codes[2]), HttpStatusCode.Unauthorized);
        await program.PostAsync("/auth/login", With(fresh[0]));
    }

    [StoreFact]
    public async Task Codes_cannot_be_tried_for_long_not_even_by_somebody_with_the_password_and_many_addresses()
    {
        var (secret, codes) = await WithAppAsync();
        using var program = _bench.Anybody();
        HttpStatusCode last;
        var tries = 0;
        do
        {
            // A right password gives its try back, so only codes are counted here; the day's count is for places that are known and others alike.
            using var answer = await program.PostJsonAsync("/auth/login", With("000000"));
            last = answer.StatusCode;
            tries += last == HttpStatusCode.Unauthorized ? 1 : 0;
            if (last == HttpStatusCode.TooManyRequests)
            {
                _bench.Pass(TimeSpan.FromMinutes(2.1));
                using var again = await program.PostJsonAsync("/auth/login", With("000000"));
                last = again.StatusCode;
                tries += last == HttpStatusCode.Unauthorized ? 1 : 0;
            }
        }
        while (last == HttpStatusCode.Unauthorized);

        Assert.Equal(SecondTries.TriesPerDay, tries);
        await program.PostAsync("/auth/login", With(CodeOf(secret)), HttpStatusCode.TooManyRequests);
        _bench.Pass(TimeSpan.FromMinutes(2.1));
        await program.PostAsync("/auth/login", With(codes[0]));
        _bench.Pass(TimeSpan.FromDays(1));
        await program.PostAsync("/auth/login", With(CodeOf(secret)));
    }

    [StoreFact]
    public async Task Sensitive_acts_ask_again_after_ten_minutes_and_then_one_is_back_where_one_was()
    {
        var (secret, codes) = await WithAppAsync();
        _bench.Pass(TimeSpan.FromSeconds(30));
        using var browser = await LoggedInAsync(Password, CodeOf(secret));
        var before = await TokensAsync();
        _bench.Pass(TimeSpan.FromMinutes(10.1));

        var refused = await browser.SubmitAsync("/me", "/me/second-factor/remove");
        Assert.Equal("/login/again?next=%2Fme", refused.To);
        Assert.Equal(1, await CountAsync("SELECT COUNT(*) FROM person WHERE totp_confirmed_at IS NOT NULL"));
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.SubmitAsync(refused.To, "/login/again", ("password", "a long walk to the lake"))).Status);
        Assert.Equal("/me", (await browser.SubmitAsync(refused.To, "/login/again", ("password", Password))).To);
        Assert.Single((await TokensAsync()).Except(before));
        Assert.Single(before.Except(await TokensAsync()));
        Assert.Equal("/me#sign-in", (await browser.SubmitAsync("/me", "/me/second-factor/remove")).To);
        Assert.Equal(0, await CountAsync("SELECT COUNT(*) FROM recovery_code"));
        await LoggedInAsync(Password);

        Assert.Equal("/", (await browser.SubmitAsync("/login/again?next=//evil.example", "/login/again", ("password", Password))).To);
    }

    [StoreFact]
    public async Task A_proof_can_be_a_code_too_and_an_API_call_is_told_that_it_is_missing()
    {
        var (secret, codes) = await WithAppAsync();
        _bench.Pass(TimeSpan.FromSeconds(30));
        using var browser = await LoggedInAsync(Password, CodeOf(secret));
        _bench.Pass(TimeSpan.FromMinutes(10.1));

        var problem = RecentProof.Missing(Caller(DateTimeOffset.UnixEpoch), DateTimeOffset.UnixEpoch + TimeSpan.FromMinutes(10.1));
        Assert.Equal(RecentProof.TooOld, problem!.Code);
        Assert.Null(RecentProof.Missing(Caller(DateTimeOffset.UnixEpoch), DateTimeOffset.UnixEpoch + TimeSpan.FromMinutes(9.9)));

        var again = await browser.SubmitAsync("/login/again?next=/me/second-factor", "/login/again", ("code", CodeOf(secret)));
        Assert.Equal("/me/second-factor", again.To);
        await browser.PageAsync("/me/second-factor");
    }

    [StoreFact]
    public async Task Changes_of_factors_and_failed_second_steps_are_in_the_audit_without_any_code()
    {
        var (_, codes) = await WithAppAsync();
        using var program = _bench.Anybody();
        await program.PostAsync("/auth/login", With("000000"), HttpStatusCode.Unauthorized);
        await program.PostAsync("/auth/login", With(codes[3]));
        using var browser = await LoggedInAsync(Password, codes[4]);
        await browser.SubmitAsync("/me", "/me/second-factor/remove");
        await _bench.Service<Tocsin.Audit.AuditTrail>().FlushAsync(all: true, default);

        var entries = await _bench.Service<Database>().ReadAsync(
            session => session.QueryAsync("SELECT action, detail FROM audit ORDER BY seq", static row => (Action: row.GetString(0), Detail: row.GetString(1))), default);

        Assert.Superset(
            new HashSet<string> { "factor.added", "factor.recovery_renewed", "login.second_failed", "factor.recovery_used", "factor.removed" }, entries.Select(e => e.Action).ToHashSet());
        Assert.Contains(entries, e => e.Detail.Contains("password+recovery", StringComparison.Ordinal));
        Assert.DoesNotContain(entries, e => codes.Any(c => e.Detail.Contains(c, StringComparison.Ordinal)));
    }

    private static Caller Caller(DateTimeOffset provedAt) => new(1, "acme", Role.Owner, "user:ana", "ana") { Person = 1, Login = new(1, LoginFacts.Web, "password", provedAt) };

    private static string With(string code) => $$"""{"email":"{{Email}}","password":"{{Password}}","code":"{{code}}"}""";

    private string CodeOf(string secret) => Totp.Code(Secret(secret), Totp.StepOf(_bench.Service<SteadyClock>().GetUtcNow()));

    /// <summary>Somebody with a browser, registered a moment ago.</summary>
    private async Task<HttpClient> RegisteredAsync()
    {
        using var anybody = _bench.Anybody();
        await anybody.PostAsync("/auth/register", Body);
        return await LoggedInAsync(Password);
    }

    private async Task<HttpClient> LoggedInAsync(string password, string? code = null)
    {
        var browser = _bench.Anybody();
        var answer = await browser.SubmitAsync("/login?next=/me", "/login", ("email", Email), ("password", password));
        if (code is not null)
        {
            Assert.Equal("/login/second", answer.To);
            answer = await browser.SubmitAsync("/login/second", "/login/second", ("code", code));
        }

        Assert.Equal("/me", answer.To);
        return browser;
    }

    /// <summary>Sets up an app.</summary>
    private async Task<(string Secret, string[] Codes)> WithAppAsync()
    {
        using var ana = await RegisteredAsync();
        var setup = await ana.PageAsync("/me/second-factor");
        var done = await SubmitCodeAsync(ana, setup, CodeOf(SecretIn(setup)));
        _bench.Pass(TimeSpan.FromSeconds(30));
        return (SecretIn(setup), [.. RecoveryCode().Matches(done.Html).Select(m => m.Value).Distinct()]);
    }

    private static Task<(HttpStatusCode Status, string To, string Html)> SubmitCodeAsync(HttpClient browser, string html, string code) =>
        browser.SubmitAsync(html, new(browser.BaseAddress!, "/me/second-factor"), "/me/second-factor", ("code", code));

    private static string SecretIn(string html) => SecretText().Match(html).Groups[1].Value;

    private static byte[] Secret(string text)
    {
        var bits = string.Concat(text.Select(c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. bits.Chunk(8).Where(b => b.Length == 8).Select(b => Convert.ToByte(new string(b), 2))];
    }

    private async Task<string> StoredAsync() => string.Concat(await _bench.Service<Database>().ReadAsync(
        session => session.QueryAsync("SELECT totp_secret FROM person WHERE totp_secret IS NOT NULL", static row => row.GetString(0)), default));

    private static async Task<JsonNode> MeAsync(HttpClient browser) => await browser.GetJsonAsync("/api/v1/me");

    private static async Task AssertAnonymousAsync(HttpClient browser)
    {
        using var answer = await browser.GetAsync("/api/v1/me");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    private Task<List<string>> TokensAsync() => _bench.Service<Database>().ReadAsync(
        session => session.QueryAsync("SELECT token_hash FROM login", static row => Convert.ToHexString(row.GetFieldValue<byte[]>(0))), default);

    private Task SqlAsync(string sql) => _bench.Service<Database>().WriteAsync(tx => tx.ExecuteAsync(sql), default);

    private Task<long?> CountAsync(string sql) => _bench.Service<Database>().ReadAsync(session => session.ScalarAsync(sql), default);

    [GeneratedRegex("([0-9a-hjkmnp-tv-z]{4}-){6}[0-9a-hjkmnp-tv-z]{4}")]
    private static partial Regex RecoveryCode();

    [GeneratedRegex("secret=([A-Z2-7]{32})")]
    private static partial Regex SecretText();

    public sealed class OnSqlite() : SecondFactorTests(Engine.Sqlite);

    public sealed class OnPostgres() : SecondFactorTests(Engine.Postgres);
}
