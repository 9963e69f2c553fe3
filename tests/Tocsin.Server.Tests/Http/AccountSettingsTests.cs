using System.Net;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Tests.Identity;

namespace Tocsin.Tests.Http;

/// <summary>What an operator can ask of passwords and sessions beyond the default.</summary>
public sealed class AccountSettingsTests : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task A_session_that_nobody_used_for_long_is_over_where_it_is_asked_for_and_tokens_of_programs_go_on()
    {
        await WithAsync(("Accounts:IdleHours", "2"));
        using var ana = await LongSessionAsync("ana", LoginFacts.Web);
        using var idle = await LongSessionAsync("bo", LoginFacts.Web);
        using var program = await LongSessionAsync("cy", LoginFacts.Token);

        foreach (var _ in (int[])[1, 2])
        {
            _bench.Pass(TimeSpan.FromMinutes(90));
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(ana));
        }

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (await StatusAsync(idle), await StatusAsync(program)));
        Assert.Single((await ana.GetJsonAsync("/api/v1/me/sessions")).Items());
    }

    [Fact]
    public async Task Without_that_a_telephone_that_lay_for_days_opens_the_incident()
    {
        using var ana = await LongSessionAsync("ana", LoginFacts.Web);
        _bench.Pass(TimeSpan.FromDays(9));

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(ana));
    }

    [Fact]
    public async Task A_leaked_password_is_refused_beside_its_field()
    {
        await using var list = await FakeLeaks.StartAsync(TimeProvider.System);
        list.Leak("sunflowers by the river", 1);
        await WithAsync(("Accounts:Registration", "Open"), ("Accounts:LeakedPasswordsUrl", list.Range), ("Outgoing:Allow", $"{_bench.Phone.HostAndPort},{list.HostAndPort}"));
        using var browser = _bench.Anybody();

        var leaked = await browser.SubmitAsync("/register", "/register", ("email", "ana@example.test"), ("password", "sunflowers by the river"));
        var good = await browser.SubmitAsync("/register", "/register", ("email", "ana@example.test"), ("password", "a long walk to the sea"));

        Assert.Equal((HttpStatusCode.UnprocessableEntity, HttpStatusCode.SeeOther), (leaked.Status, good.Status));
        Assert.Contains("on a list of leaked ones", leaked.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forms_of_other_sites_and_spoilt_bodies_and_reached_limits_are_counted_in_the_audit()
    {
        await WithAsync(("Limits:AddressPerSecond", "1"));
        using var ana = await _bench.PersonAsync("ana", Role.Admin);
        for (var i = 0; i < 5; i++)
        {
            await SendAsync(ana, "/silences", "cross-site", new FormUrlEncodedContent([new("form", "x")]));
            await SendAsync(ana, "/api/v1/me/sessions", "cross-site", new StringContent("{}"));
            await SendAsync(ana, "/api/v1/invitations", "same-origin", new StringContent("{\"email\": ", null, "application/json"));
            await SendAsync(ana, "/api/v1/invitations", "same-origin", new StringContent("{\"email\": 5}", null, "application/json"));
        }

        for (var i = 0; i < 20; i++)
        {
            await SendAsync(_bench.Anybody(), $"/in/generic/{HttpBench.GenericKey}", "none", new StringContent("no JSON"));
            await _bench.Anybody().GetAsync("/login");
        }

        while ((await EntriesAsync()).Select(e => e.Action).Distinct().Count() < 3)
        {
            // Whoever keeps the audit may have some in hand at this moment.
            await _bench.Service<AuditTrail>().FlushAsync(all: true, default);
        }

        Assert.Equal(
            [(AuditStore.Installation, "limit.reached", "anonymous"), (1, "forgery.refused", "user:ana"), (1, "request.refused", "user:ana")],
            (await EntriesAsync()).Select(e => (e.Workspace, e.Action, e.Actor)).Distinct());
        Assert.InRange((await EntriesAsync()).Count, 3, 6);
        Assert.Contains(await EntriesAsync(), e => e.Detail.Contains("sent by a page of another site", StringComparison.Ordinal));
    }

    private Task<List<AuditLink>> EntriesAsync() => _bench.Service<Database>().ReadAsync(
        async session => (await _bench.Service<AuditStore>().AfterAsync(session, AuditStore.Installation, 0, 100)).Concat(await _bench.Service<AuditStore>().AfterAsync(session, 1, 0, 100))
            .Where(e => e.Action is "limit.reached" or "forgery.refused" or "request.refused").ToList(),
        default);

    private static async Task SendAsync(HttpClient caller, string path, string site, HttpContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.Add("Sec-Fetch-Site", site);
        using var answer = await caller.SendAsync(request);
        Assert.InRange((int)answer.StatusCode, 400, 422);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient caller)
    {
        using var answer = await caller.GetAsync("/api/v1/me");
        return answer.StatusCode;
    }

    private Task WithAsync(params (string Key, string Value)[] settings) => _bench.RestartAsync(builder =>
    {
        foreach (var (key, value) in settings)
        {
            builder.Configuration[key] = value;
        }
    });

    private async Task<HttpClient> LongSessionAsync(string user, string kind)
    {
        var (accounts, client) = (_bench.Service<AccountStore>(), _bench.Anybody());
        var token = await _bench.Service<Database>().WriteAsync(
            async tx => await accounts.BeginSessionAsync(
                tx, 1, await accounts.MemberAsync(tx, 1, $"{user}@acme.test", user, Role.Viewer, ""), new(kind, "password", "127.0.0.1", ""), DateTimeOffset.UtcNow, TimeSpan.FromDays(14)),
            default);
        client.DefaultRequestHeaders.Add(kind == LoginFacts.Web ? "Cookie" : "Authorization", kind == LoginFacts.Web ? $"tocsin={token}" : $"Bearer {token}");
        return client;
    }
}
