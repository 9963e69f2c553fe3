using System.Net;
using System.Text.Json.Nodes;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Notify;

namespace Tocsin.Tests.Http;

/// <summary>Pages by SMS and by calls through the whole server, answered on the telephone.</summary>
public abstract class PhoneReplyTests(Engine engine) : IAsyncLifetime
{
    private const string Mobile = "+4915112345678";

    private FakeTwilio _carrier = null!;
    private HttpBench _bench = null!;
    private HttpClient _head = null!;

    public async Task InitializeAsync()
    {
        _carrier = await FakeTwilio.StartAsync(TimeProvider.System);
        _bench = await HttpBench.StartAsync(engine, builder =>
        {
            builder.Configuration["Outgoing:Allow"] += $",{_carrier.HostAndPort}";
            builder.Configuration["Server:PublicUrl"] = "https://tocsin.example";
        });
        _carrier.Through = _bench.Url;
        _head = await _bench.PersonAsync("head", Role.Owner);
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _carrier.DisposeAsync();
    }

    [StoreFact]
    public async Task A_page_by_SMS_is_delivered_and_answered_by_a_code()
    {
        await PagedByAsync("sms");
        await FireAsync("Slow");
        var sms = await MessageAsync(0);

        await _carrier.ReportAsync(sms, "delivered");
        Assert.NotNull((await PageAsync("sms"))["delivered_at"]);

        Assert.Equal("You have #1. Nobody else is paged.", await SayAsync("1a"));
        Assert.Equal(("acknowledged", "ana"), ((await IncidentAsync())["status"].Text(), (await IncidentAsync())["acknowledged_by"].Text()));
        Assert.NotNull((await PageAsync("sms"))["sent_at"]);
        Assert.StartsWith("#1 is resolved.", await SayAsync("c"), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task Without_a_number_it_is_the_newest_and_one_message_counts_once()
    {
        await PagedByAsync("sms");
        await FireAsync("First");
        await MessageAsync(0);
        await FireAsync("Second");
        await MessageAsync(1);
        await HttpBench.UntilAsync(_head, "/api/v1/pages?incident=2", pages => pages.Items().Any(p => p!["status"].Text() == "sent"));

        Assert.Equal("You have #2. Nobody else is paged.", await SayAsync("ack", "SM1"));
        Assert.Equal("triggered", (await IncidentAsync(1))["status"].Text());
        Assert.Equal("#1: the next step is paged now.", await SayAsync("1e", "SM2"));
        await _bench.PagedAsync();
        await HttpBench.UntilAsync(_head, "/api/v1/pages?incident=1", pages => pages.Items().All(p => p!["status"].Text() == "sent"));
        var before = (await _head.GetJsonAsync("/api/v1/events?subject=incident/1")).ToJsonString();
        await SayAsync("1e", "SM2");
        Assert.Equal(before, (await _head.GetJsonAsync("/api/v1/events?subject=incident/1")).ToJsonString());
    }

    [StoreFact]
    public async Task Strangers_and_words_that_nobody_understands_change_nothing_and_are_told_what_to_do()
    {
        await PagedByAsync("sms");
        await FireAsync("Slow");
        await MessageAsync(0);

        Assert.Contains("Answer 1042a", await SayAsync("hello?"), StringComparison.Ordinal);
        Assert.Contains("this number is nobody's", await _carrier.AnswerAsync(Address("sms"), "+4915100000000", "1a"), StringComparison.Ordinal);
        Assert.Contains("There is no incident", await SayAsync("99a"), StringComparison.Ordinal);
        Assert.Equal("triggered", (await IncidentAsync())["status"].Text());
    }

    [StoreFact]
    public async Task What_is_not_signed_with_the_accounts_token_for_this_address_is_refused()
    {
        await PagedByAsync("sms");
        await FireAsync("Slow");
        await MessageAsync(0);
        Dictionary<string, string> form = new() { ["AccountSid"] = FakeTwilio.Account, ["MessageSid"] = "SM1", ["From"] = Mobile, ["To"] = "+4930", ["Body"] = "1a" };

        await RefusedAsync(() => _carrier.PostAsync(Address("sms"), form, token: "guessed"));
        await RefusedAsync(() => _carrier.PostAsync(Address("sms").Replace("tocsin.example", "other.example", StringComparison.Ordinal), form));
        form["AccountSid"] = "AC2";
        await RefusedAsync(() => _carrier.PostAsync(Address("sms"), form));
        await RefusedAsync(() => _carrier.PostAsync(Address("voice"), form));

        Assert.Equal("triggered", (await IncidentAsync())["status"].Text());
    }

    [StoreFact]
    public async Task A_message_that_cannot_be_delivered_gives_way_to_the_next_method_at_once()
    {
        await PagedByAsync("sms", ", {after: 10m, via: second}");
        await FireAsync("Slow");

        await _carrier.ReportAsync(await MessageAsync(0), "undelivered");

        Assert.Equal("ana-second", (await _bench.PagedAsync()).Phone);
    }

    [StoreFact]
    public async Task A_key_acknowledges_and_what_is_no_key_is_asked_again()
    {
        await PagedByAsync("voice");
        await FireAsync("Slow");
        var call = await CallAsync(0);

        Assert.StartsWith("That key means nothing here. Press 4", await _carrier.PressAsync(call, "9"), StringComparison.Ordinal);
        Assert.Equal("You have #1. Nobody else is paged. Goodbye.", await _carrier.PressAsync(call, "4"));
        await _carrier.EndAsync(call, "completed");

        Assert.Equal("acknowledged", (await IncidentAsync())["status"].Text());
        var page = await PageAsync("voice");
        Assert.Equal(("sent", true), (page["status"].Text(), page["seen_at"] is not null));
        await _carrier.PressAsync(call, "6");
        Assert.Equal("resolved", (await IncidentAsync())["status"].Text());
    }

    [StoreFact]
    public async Task A_voicemail_is_no_answer_and_the_next_method_begins()
    {
        await PagedByAsync("voice", ", {after: 10m, via: second}");
        await FireAsync("Slow");

        await _carrier.EndAsync(await CallAsync(0), "completed");

        Assert.Equal("ana-second", (await _bench.PagedAsync()).Phone);
        Assert.Equal("triggered", (await IncidentAsync())["status"].Text());
        var events = (await _head.GetJsonAsync("/api/v1/events?subject=incident/1")).Items();
        Assert.Contains(events, e => e!["reason"].Text().Contains("perhaps a voicemail", StringComparison.Ordinal));
    }

    [StoreFact]
    public async Task A_call_ends_when_somebody_else_has_answered()
    {
        await PagedByAsync("voice");
        await FireAsync("Slow");
        var call = await CallAsync(0);
        await HttpBench.UntilAsync(_head, "/api/v1/pages", pages => pages.Items().Any(p => p!["status"].Text() == "sent"));

        using var taken = await (await _bench.PersonAsync("bo", Role.Responder)).PostAsync("/api/v1/incidents/1/acknowledge", null);

        await ArrivedAsync(() => call.Status == "hung up");
        await _carrier.EndAsync(call, "completed");
        Assert.Single(_carrier.Calls);
        Assert.Equal("sent", (await PageAsync("voice"))["status"].Text());
    }

    private static async Task RefusedAsync(Func<Task> post) => Assert.Equal(HttpStatusCode.Unauthorized, (await Assert.ThrowsAsync<HttpRequestException>(post)).StatusCode);

    private async Task PagedByAsync(string type, string more = "")
    {
        var settings = $"to: \"{Mobile}\", account_sid: {FakeTwilio.Account}, auth_token: {_carrier.Token}, sender: \"+4930123456\", url: \"{_carrier.Url}\"";
        await _bench.EditEstateAsync("high: [{after: 0s, via: phone}, {after: 30s, via: second}]", $"high: [{{after: 0s, via: mobile}}{more}]");
        await _bench.EditEstateAsync("role: responder\n    contact:\n", $"role: responder\n    contact:\n      - {{name: mobile, type: {type}, {settings}}}\n");
        using var reloaded = await _head.PostAsync("/-/reload", null);
        Assert.Equal(HttpStatusCode.NoContent, reloaded.StatusCode);
    }

    private Task FireAsync(string name) => _bench.Anybody().FireAsync(HttpBench.PrometheusKey, $"alertname={name},service=checkout,severity=critical");

    private string Address(string provider) => _bench.Service<PublicLinks>().Reply(provider, Workspace)!.AbsoluteUri;

    private long Workspace => _bench.Service<Data.Database>().ReadAsync(session => session.ScalarAsync("SELECT id FROM workspace WHERE name = 'acme'"), default).Result!.Value;

    private Task<string> SayAsync(string text, string? sid = null) => _carrier.AnswerAsync(Address("sms"), Mobile, text, sid);

    private async Task<JsonNode> IncidentAsync(int number = 1) => (await _head.GetJsonAsync($"/api/v1/incidents/{number}"))["incident"]!;

    private async Task<JsonNode> PageAsync(string type) => (await _head.GetJsonAsync("/api/v1/pages")).Items().Single(p => p!["type"].Text() == type)!;

    private async Task<FakeSms> MessageAsync(int place)
    {
        await ArrivedAsync(() => _carrier.Messages.Count > place);
        await SentAsync();
        return _carrier.Messages[place];
    }

    private async Task<FakeCall> CallAsync(int place)
    {
        await ArrivedAsync(() => _carrier.Calls.Count > place);
        await SentAsync();
        return _carrier.Calls[place];
    }

    private Task<JsonNode> SentAsync() => HttpBench.UntilAsync(_head, "/api/v1/pages", pages => pages.Items().All(p => p!["method"].Text() != "mobile" || p["status"].Text() == "sent"));

    private async Task ArrivedAsync(Func<bool> done)
    {
        using var patience = Patience.Begin();
        while (!done())
        {
            await _carrier.ArrivalAsync(patience.Token);
        }
    }

    public sealed class OnSqlite() : PhoneReplyTests(Engine.Sqlite);

    public sealed class OnPostgres() : PhoneReplyTests(Engine.Postgres);
}
