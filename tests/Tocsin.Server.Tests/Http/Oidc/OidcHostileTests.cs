using System.Net;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;

namespace Tocsin.Tests.Http.Oidc;

/// <summary>A provider that lies, fails, or is somebody else.</summary>
public sealed class OidcHostileTests : IAsyncLifetime
{
    private const string Discovery = "/.well-known/openid-configuration";

    private OidcBench _bench = null!;

    public async Task InitializeAsync() => _bench = await OidcBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task Every_token_that_is_not_the_answer_to_this_login_is_refused_and_leaves_no_trace()
    {
        var refused = Enum.GetValues<FakeLie>().Except([FakeLie.None, FakeLie.UserInfoOfAnother, FakeLie.DiscoveryOfAnother, FakeLie.NoToken]).ToList();
        foreach (var lie in refused)
        {
            _bench.Provider.Lie = lie;
            var browser = _bench.Server.Anybody();

            using var answer = await _bench.LogInAsync(browser, "ana");

            var page = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == HttpStatusCode.Forbidden, $"{lie}: {(int)answer.StatusCode} {page}");
            Assert.False(answer.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(c => c.StartsWith("tocsin=", StringComparison.Ordinal)), $"{lie} got a session");
            Assert.False(await OidcBench.IsInAsync(browser), $"{lie} got in");
        }

        Assert.Empty(await _bench.MembersAsync());
        _bench.Provider.Lie = FakeLie.None;
        await _bench.PersonAsync("ana");
    }

    [Fact]
    public async Task A_new_key_is_fetched_when_a_token_names_it()
    {
        await _bench.PersonAsync("ana");
        _bench.Provider.Rotate();
        _bench.Pass(TimeSpan.FromMinutes(1));

        await _bench.PersonAsync("ana");
        _bench.Provider.Rotate(toEllipticCurve: true);
        _bench.Pass(TimeSpan.FromMinutes(1));
        await _bench.PersonAsync("bo");

        Assert.Equal(3, _bench.Provider.Asked("/keys"));
    }

    [Fact]
    public async Task A_key_that_the_provider_withdrew_is_good_for_an_hour_at_most()
    {
        await _bench.PersonAsync("ana");
        var withdrawn = _bench.Provider.Signer;
        _bench.Provider.Rotate();
        _bench.Pass(TimeSpan.FromHours(1));
        _bench.Provider.SignWith(withdrawn);

        using var refused = await _bench.LogInAsync(_bench.Server.Anybody(), "ana");

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
    }

    [Fact]
    public async Task A_flood_of_unknown_keys_asks_for_the_key_set_once_a_minute()
    {
        await _bench.PersonAsync("ana");
        _bench.Provider.Lie = FakeLie.UnknownKey;
        _bench.Pass(TimeSpan.FromMinutes(1));
        for (var i = 0; i < 10; i++)
        {
            using var refused = await _bench.LogInAsync(_bench.Server.Anybody(), "ana");
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        }

        Assert.Equal(2, _bench.Provider.Asked("/keys"));
    }

    [Fact]
    public async Task Whatever_is_wrong_with_the_providers_documents_the_login_page_says_so_and_passwords_work()
    {
        const string password = "correct horse battery";
        await _bench.MemberAsync("owner", Role.Owner, "owner@acme.test", password);
        var document = """{"issuer": "ISSUER", "authorization_endpoint": "ISSUER/a", "token_endpoint": "ISSUER/t", "jwks_uri": "http://169.254.169.254/keys"}""".Replace("ISSUER", _bench.Provider.Issuer, StringComparison.Ordinal);
        FakeFault[] faults =
        [
            new FakeFault.Answer(503),
            new FakeFault.Answer(302, Location: $"{_bench.Provider.Issuer}/keys"),
            new FakeFault.Answer(200, Body: "<html>"),
            new FakeFault.Answer(200, Body: "[]"),
            new FakeFault.Answer(200, Body: $$"""{"padding": "{{new string('x', 300_000)}}"}"""),
            new FakeFault.Answer(200, Body: """{"issuer": "https://login.other.example"}"""),
            new FakeFault.Answer(200, Body: document),
            new FakeFault.Garbage(),
            new FakeFault.Reset(),
            new FakeFault.AcceptThenBreakOff(),
        ];
        foreach (var fault in faults)
        {
            _bench.Provider.FailAt(Discovery, fault);
            using var answer = await _bench.Server.Anybody().GetAsync("/login/oidc");
            var page = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode == HttpStatusCode.ServiceUnavailable, $"{fault}: {(int)answer.StatusCode}");
            Assert.Contains("Acme ID does not answer as it should", page, StringComparison.Ordinal);
            Assert.Contains("Acme ID did not answer a moment ago", await _bench.Server.Anybody().GetStringAsync("/login"), StringComparison.Ordinal);
            _bench.Pass(TimeSpan.FromSeconds(5));
        }

        using var byPassword = await OidcBench.SendPasswordAsync(_bench.Server.Anybody(), "owner@acme.test", password);
        Assert.Equal(HttpStatusCode.SeeOther, byPassword.StatusCode);
        await _bench.PersonAsync("ana");
        Assert.DoesNotContain("a moment ago", await _bench.Server.Anybody().GetStringAsync("/login"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_fails_is_left_alone_for_five_seconds()
    {
        _bench.Provider.FailAt(Discovery, new FakeFault.Answer(500), times: 3);
        for (var i = 0; i < 20; i++)
        {
            using var answer = await _bench.Server.Anybody().GetAsync("/login/oidc");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        }

        Assert.Equal(1, _bench.Provider.Asked(Discovery));
    }

    [Fact]
    public async Task A_token_endpoint_that_fails_lets_nobody_in_and_the_next_try_works()
    {
        foreach (var fault in (FakeFault[])[new FakeFault.Answer(500), new FakeFault.Answer(200, Body: "{}"), new FakeFault.Answer(307, Location: $"{_bench.Provider.Issuer}/keys")])
        {
            _bench.Provider.FailAt("/token", fault);
            using var answer = await _bench.LogInAsync(_bench.Server.Anybody(), "ana");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        }

        await _bench.PersonAsync("ana");
    }

    [Fact]
    public async Task A_provider_that_never_answers_keeps_nobody_longer_than_the_time_limit()
    {
        await _bench.RestartAsync("Outgoing:Timeout=00:00:00.3");
        _bench.Provider.FailAt(Discovery, new FakeFault.Hang());

        using var answer = await _bench.Server.Anybody().GetAsync("/login/oidc");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    [Fact]
    public async Task The_documents_are_asked_for_once_an_hour_however_many_log_in()
    {
        for (var i = 0; i < 5; i++)
        {
            await _bench.PersonAsync("ana");
        }

        var first = (_bench.Provider.Asked(Discovery), _bench.Provider.Asked("/keys"));
        _bench.Pass(TimeSpan.FromHours(1));
        await _bench.PersonAsync("ana");

        Assert.Equal(((1, 1), (2, 2)), (first, (_bench.Provider.Asked(Discovery), _bench.Provider.Asked("/keys"))));
    }

    [Fact]
    public async Task A_provider_on_this_machine_is_not_called_unless_the_operator_lists_it()
    {
        await _bench.RestartAsync("Outgoing:Allow=");

        using var answer = await _bench.Server.Anybody().GetAsync("/login/oidc");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, 0), (answer.StatusCode, _bench.Provider.Asked(Discovery)));
    }

    [Fact]
    public async Task A_provider_that_names_itself_must_be_the_one_that_was_asked()
    {
        _bench.Provider.AnswersAs = "https://login.other.example";
        using var other = await _bench.LogInAsync(_bench.Server.Anybody(), "ana");
        _bench.Provider.AnswersAs = "";
        using var silent = await _bench.LogInAsync(_bench.Server.Anybody(), "ana");
        _bench.Provider.AnswersAs = _bench.Provider.Issuer;
        using var itself = await _bench.LogInAsync(_bench.Server.Anybody(), "ana");

        Assert.Equal([HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.SeeOther], [other.StatusCode, silent.StatusCode, itself.StatusCode]);
    }

    [Fact]
    public async Task What_a_thin_token_leaves_out_is_asked_for_and_must_be_about_the_same_person()
    {
        _bench.Provider.IsThin = true;
        _bench.Provider.Lie = FakeLie.UserInfoOfAnother;
        using var other = await _bench.LogInAsync(_bench.Server.Anybody(), "ana");
        _bench.Provider.Lie = FakeLie.None;

        await _bench.PersonAsync("ana");

        Assert.Equal(HttpStatusCode.Forbidden, other.StatusCode);
        Assert.Equal(("ana@acme.test", Role.Admin), ((await _bench.MembersAsync())[0].Email, (await _bench.MembersAsync())[0].Role));
    }

    [Fact]
    public async Task A_provider_that_wants_the_secret_in_the_form_gets_it_there()
    {
        _bench.Provider.PostsSecret = true;

        await _bench.PersonAsync("ana");
    }

    [Fact]
    public async Task Groups_are_found_where_the_setting_says_and_odd_ones_are_passed_over()
    {
        await _bench.RestartAsync("Oidc:GroupsClaim=groups.of.acme");
        _bench.Provider.GroupsOf = _ => System.Text.Json.Nodes.JsonNode.Parse("""{"of": {"acme": ["oncall", 7, null, {"a": "platform"}, "Platform"]}}""");

        await _bench.PersonAsync("ana");

        Assert.Equal(Role.Responder, (await _bench.MembersAsync())[0].Role);
    }
}
