using System.Net;
using System.Text.Json.Nodes;
using Tocsin.Data;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Notify;

namespace Tocsin.Tests.Http;

/// <summary>A test of a contact method through the whole server, and each way to answer it.</summary>
public abstract class SelfTestTests(Engine engine) : IAsyncLifetime
{
    private const string Mobile = "+4915112345678";

    private FakeTwilio _carrier = null!;
    private HttpBench _bench = null!;
    private HttpClient _bo = null!;

    public async Task InitializeAsync()
    {
        _carrier = await FakeTwilio.StartAsync(TimeProvider.System);
        _bench = await HttpBench.StartAsync(engine, builder =>
        {
            builder.Configuration["Outgoing:Allow"] += $",{_carrier.HostAndPort}";
            builder.Configuration["Server:PublicUrl"] = "https://tocsin.example";
        });
        _carrier.Through = _bench.Url;
        _bo = await _bench.PersonAsync("bo", Role.Responder);
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _carrier.DisposeAsync();
    }

    [StoreFact]
    public async Task The_link_in_a_test_shows_a_page_that_changes_nothing_until_its_button_is_pressed()
    {
        Assert.Equal(("never", "never confirmed"), await ProofAsync("phone"));
        await _bo.PostAsync("/api/v1/users/bo/contact/phone/test", "");
        var link = new Uri(_bench.Phone.Deliveries[^1].Body["data"]!["action_url"].Text()).AbsolutePath;
        var stranger = _bench.Anybody();

        Assert.Contains("A test of how you are woken", await stranger.PageAsync(link), StringComparison.Ordinal);
        Assert.Equal("never", (await ProofAsync("phone")).State);
        using (var pressed = await stranger.PostAsync(link, new FormUrlEncodedContent([new("do", "confirm")])))
        {
            Assert.Contains(pressed.StatusCode, (HttpStatusCode[])[HttpStatusCode.SeeOther, HttpStatusCode.OK]);
        }

        var (state, says) = await ProofAsync("phone");
        Assert.Equal("good", state);
        Assert.EndsWith("(test)", says, StringComparison.Ordinal);
        Assert.Contains("phone reaches you", await stranger.PageAsync(link), StringComparison.Ordinal);
        using var tampered = await stranger.GetAsync(link[..^2] + "xx");
        Assert.Equal(HttpStatusCode.NotFound, tampered.StatusCode);
    }

    [StoreFact]
    public async Task One_s_own_page_says_what_is_known_and_takes_the_answer_and_nobody_else_s()
    {
        Assert.Contains("Nobody can reach you by phone", await _bo.PageAsync("/me"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, (await _bo.PostAsync("/api/v1/me/contact/phone/confirm", null)).StatusCode);

        await _bo.PostAsync("/api/v1/users/bo/contact/phone/test", "");
        Assert.Contains("/me/contact/phone/confirm", await _bo.PageAsync("/me"), StringComparison.Ordinal);
        var ana = await _bench.PersonAsync("ana", Role.Responder);
        Assert.Equal(HttpStatusCode.Conflict, (await ana.PostAsync("/api/v1/me/contact/phone/confirm", null)).StatusCode);

        await _bo.SubmitAsync("/me", "/me/contact/phone/confirm");
        Assert.Equal("good", (await ProofAsync("phone")).State);
        Assert.DoesNotContain("/me/contact/phone/confirm", await _bo.PageAsync("/me"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_test_by_SMS_is_answered_by_one_letter_and_a_call_by_a_key()
    {
        await GiveAsync("sms");
        Assert.Equal("sent", (await _bo.PostAsync("/api/v1/users/bo/contact/mobile/test", ""))["status"].Text());
        Assert.Equal("Test from Tocsin for bo: did this reach you? Reply a if it did. https://tocsin.example/me", _carrier.Messages[^1].Body);

        Assert.Equal("Thank you: mobile reaches you.", await _carrier.AnswerAsync(Address("sms"), Mobile, "a", null));
        Assert.Equal("good", (await ProofAsync("mobile")).State);

        await GiveAsync("voice");
        Assert.Equal("never", (await ProofAsync("mobile")).State);
        await _bo.PostAsync("/api/v1/users/bo/contact/mobile/test", "");
        Assert.Equal("Thank you: mobile reaches you. Goodbye.", await _carrier.PressAsync(_carrier.Calls[^1], "4"));
        Assert.Equal("good", (await ProofAsync("mobile")).State);
    }

    [StoreFact]
    public async Task A_call_that_nobody_picks_up_failed_and_is_no_answer()
    {
        await GiveAsync("sms");
        await GiveAsync("voice");
        await _bo.PostAsync("/api/v1/users/bo/contact/mobile/test", "");

        await _carrier.EndAsync(_carrier.Calls[^1], "no-answer");

        Assert.Equal("failed", (await _bo.GetJsonAsync("/api/v1/pages")).Items()[0]!["status"].Text());
        Assert.Equal("never", (await ProofAsync("mobile")).State);
        Assert.Contains("nobody picked up", await _bo.PageAsync("/me"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Whether_and_when_tests_go_out_is_for_administrators_to_say_and_each_person_can_leave_it_out()
    {
        using var head = await _bench.PersonAsync("head", Role.Owner);
        Assert.Equal("""{"enabled":false,"day":1}""", (await _bo.GetJsonAsync("/api/v1/workspace/self-test")).ToJsonString());
        Assert.Equal(HttpStatusCode.Forbidden, (await _bo.PutAsync("/api/v1/workspace/self-test", new StringContent("""{"enabled":true,"day":3}""", null, "application/json"))).StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await head.PutAsync("/api/v1/workspace/self-test", new StringContent("""{"enabled":true,"day":29}""", null, "application/json"))).StatusCode);

        await head.SubmitAsync("/users", "/users/self-test", ("on", "true"), ("day", "3"));
        Assert.Equal("""{"enabled":true,"day":3}""", (await _bo.GetJsonAsync("/api/v1/workspace/self-test")).ToJsonString());
        Assert.Contains("from day 3 of each month on", await head.PageAsync("/users"), StringComparison.Ordinal);
        await head.SubmitAsync("/users", "/users/self-test");
        Assert.Equal("""{"enabled":false,"day":1}""", (await _bo.GetJsonAsync("/api/v1/workspace/self-test")).ToJsonString());
    }

    private Task<long?> WorkspaceAsync() => _bench.Service<Database>().ReadAsync(session => session.ScalarAsync("SELECT id FROM workspace WHERE name = 'acme'"), default);

    private string Address(string provider) => _bench.Service<PublicLinks>().Reply(provider, WorkspaceAsync().Result!.Value)!.AbsoluteUri;

    private async Task<(string State, string Says)> ProofAsync(string method)
    {
        JsonNode proof = (await _bo.GetJsonAsync("/api/v1/me/notify"))["proofs"]!.AsArray().Single(p => p!["method"].Text() == method)!;
        return (proof["state"].Text(), proof["says"].Text());
    }

    private async Task GiveAsync(string type)
    {
        var settings = $"to: \"{Mobile}\", account_sid: {FakeTwilio.Account}, auth_token: {_carrier.Token}, sender: \"+4930123456\", url: \"{_carrier.Url}\"";
        await (type == "sms"
            ? _bench.EditEstateAsync("- name: bo\n    role: responder\n    contact: [", $"- name: bo\n    role: responder\n    contact: [{{name: mobile, type: {type}, {settings}}}, ")
            : _bench.EditEstateAsync("type: sms", $"type: {type}"));
        using var head = await _bench.PersonAsync("head", Role.Owner);
        using var reloaded = await head.PostAsync("/-/reload", null);
        Assert.Equal(HttpStatusCode.NoContent, reloaded.StatusCode);
    }

    public sealed class OnSqlite() : SelfTestTests(Engine.Sqlite);

    public sealed class OnPostgres() : SelfTestTests(Engine.Postgres);
}
