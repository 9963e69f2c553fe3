using Tocsin.Alerts;
using Tocsin.Demo.Fakes;
using Tocsin.Notify;
using Tocsin.Providers;
using Tocsin.Routing;
using Tocsin.Tests.Outgoing;

namespace Tocsin.Tests.Providers;

public sealed class DiscordTests
{
    private const string Rude = "@everyone <@1> **bold** [x](https://evil.example) `code` > quote\n# big\n- list";

    public static TheoryData<MessageKind> Kinds => [.. Enum.GetValues<MessageKind>()];

    [Fact]
    public async Task A_page_is_an_embed_with_links_and_is_changed_when_somebody_has_it()
    {
        await using var fake = await FakeDiscord.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        var sent = Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Page));
        var message = Assert.Single(fake.Messages);
        Assert.Equal("◆ CRITICAL #1042 Checkout error rate 12 %", message.Title);
        Assert.Contains("**[Acknowledge](https://tocsin.example/a/t0ken)**", message.Embed["description"]!.GetValue<string>(), StringComparison.Ordinal);

        var acked = Messages.Page with { Kind = MessageKind.Acknowledged, By = "Ana" };
        Assert.IsType<SendOutcome.Accepted>(await Discord(bench).EditAsync(acked, sent.Handle!, Method(fake.Webhook), CancellationToken.None));
        message = Assert.Single(fake.Messages);
        Assert.Equal(("◐ #1042: Ana has it (03:02 UTC)", 1), (message.Title, message.Edits));
        Assert.DoesNotContain("Acknowledge]", message.Embed["description"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_kind_keeps_to_Discords_limits_and_rings_nobody(MessageKind kind)
    {
        await using var fake = await FakeDiscord.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        var flood = string.Concat(Enumerable.Repeat(Rude, 200));

        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Page with { Kind = kind }));
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Page with { Kind = kind, Title = flood, Description = flood, Service = flood, Because = flood, Policy = flood, Recipient = Rude }));
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Test with { Kind = kind }));
        Assert.All(fake.Messages, message => Assert.False(message.Pings));
    }

    [Fact]
    public async Task A_thread_in_the_address_stays_there()
    {
        await using var fake = await FakeDiscord.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        var method = Method(new($"{fake.Webhook}?thread_id=77"));

        var sent = Assert.IsType<SendOutcome.Accepted>(await Discord(bench).SendAsync(Messages.Page, method, CancellationToken.None));
        Assert.Equal("77", Assert.Single(fake.Messages).Thread);
        Assert.IsType<SendOutcome.Accepted>(await Discord(bench).EditAsync(Messages.Page, sent.Handle!, method, CancellationToken.None));
    }

    [Fact]
    public async Task Its_rate_is_waited_for_and_what_is_gone_is_gone()
    {
        await using var fake = await FakeDiscord.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.Answer(429, Body: """{"message":"You are being rate limited.","retry_after":1.36,"global":false}"""));
        Assert.Equal(new SendOutcome.TryAgain("HTTP 429: Discord asks to wait.", TimeSpan.FromSeconds(2)), await SendAsync(bench, fake, Messages.Page));

        fake.KeepsRate = true;
        for (var i = 0; i < 5; i++)
        {
            Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Page));
        }

        Assert.IsType<SendOutcome.TryAgain>(await SendAsync(bench, fake, Messages.Page));
        fake.KeepsRate = false;
        var gone = new SendOutcome.Refused("HTTP 404: the webhook or the message was removed in Discord.");
        Assert.Equal(gone, await Discord(bench).EditAsync(Messages.Page, "1", Method(fake.Webhook), CancellationToken.None));
        Assert.Equal(gone, await Discord(bench).SendAsync(Messages.Page, Method(new(fake.Url, "api/webhooks/1/old")), CancellationToken.None));
    }

    [Fact]
    public void Every_wrong_setting_is_named()
    {
        using var bench = new OutgoingBench();

        Assert.Empty(Discord(bench).Check(Messages.Method("discord", ("url", "https://discord.com/api/webhooks/1/x"))));
        Assert.Equal("url", Assert.Single(Discord(bench).Check(Messages.Method("discord", ("url", "https://discord.com/channels/1")))).Field);
        Assert.Equal("url", Assert.Single(Discord(bench).Check(Messages.Method("discord"))).Field);
    }

    private static Discord Discord(OutgoingBench bench) => new(bench.Http, new(bench.Clock));

    private static ContactMethod Method(Uri url) => Messages.Method("discord", ("url", url.AbsoluteUri));

    private static Task<SendOutcome> SendAsync(OutgoingBench bench, FakeDiscord fake, Message message) => Discord(bench).SendAsync(message, Method(fake.Webhook), CancellationToken.None);
}

public sealed class TeamsTests
{
    public static TheoryData<MessageKind> Kinds => [.. Enum.GetValues<MessageKind>()];

    [Fact]
    public async Task A_page_is_a_card_with_signed_links()
    {
        await using var fake = await FakeTeams.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        Assert.Equal(new SendOutcome.Accepted("HTTP 202"), await SendAsync(bench, fake, Messages.Page));

        var card = Assert.Single(fake.Cards);
        Assert.Equal("◆ CRITICAL #1042 Checkout error rate 12 %", card.Texts[0]);
        Assert.Equal(["Acknowledge https://tocsin.example/a/t0ken", "Open https://tocsin.example/i/1042"], card.Actions);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_kind_is_a_card_below_28_KB_whatever_others_wrote(MessageKind kind)
    {
        await using var fake = await FakeTeams.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        var flood = string.Concat(Enumerable.Repeat("\u0001🔥\"\\[x](https://evil.example)\n", 5000));

        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Page with { Kind = kind, Title = flood, Description = flood, Service = flood, Because = flood, Policy = flood }));
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Test with { Kind = kind }));
    }

    [Fact]
    public async Task Faults_are_tried_again_and_a_wrong_address_is_not()
    {
        await using var fake = await FakeTeams.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.Answer(429, RetryAfter: "9"));
        fake.FailNext(new FakeFault.Answer(503));
        fake.FailNext(new FakeFault.Garbage());

        Assert.Equal(TimeSpan.FromSeconds(9), Assert.IsType<SendOutcome.TryAgain>(await SendAsync(bench, fake, Messages.Page)).RetryAfter);
        Assert.IsType<SendOutcome.TryAgain>(await SendAsync(bench, fake, Messages.Page));
        Assert.IsType<SendOutcome.TryAgain>(await SendAsync(bench, fake, Messages.Page));
        Assert.IsType<SendOutcome.Refused>(await new Teams(bench.Http).SendAsync(Messages.Page, Messages.Method("teams", ("url", fake.Url.AbsoluteUri)), CancellationToken.None));
    }

    [Fact]
    public void A_retired_connector_is_named()
    {
        using var bench = new OutgoingBench();

        Assert.StartsWith("This is the address of an Office 365 connector", Assert.Single(new Teams(bench.Http).Check(Messages.Method("teams", ("url", "https://acme.webhook.office.com/x")))).Detail, StringComparison.Ordinal);
    }

    private static Task<SendOutcome> SendAsync(OutgoingBench bench, FakeTeams fake, Message message) =>
        new Teams(bench.Http).SendAsync(message, Messages.Method("teams", ("url", fake.Webhook.AbsoluteUri)), CancellationToken.None);
}

public sealed class GotifyTests
{
    public static TheoryData<MessageKind> Kinds => [.. Enum.GetValues<MessageKind>()];

    [Theory]
    [InlineData(MessageKind.Page, Severity.Critical, 9)]
    [InlineData(MessageKind.Page, Severity.High, 7)]
    [InlineData(MessageKind.Page, Severity.Warning, 5)]
    [InlineData(MessageKind.Page, Severity.Info, 2)]
    [InlineData(MessageKind.Resolved, Severity.Critical, 2)]
    public async Task A_message_rings_as_loudly_as_it_is_meant(MessageKind kind, Severity severity, int priority)
    {
        await using var fake = await FakeGotify.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        Assert.Equal(new SendOutcome.Accepted("Gotify id 1"), await SendAsync(bench, fake, Messages.Page with { Kind = kind, Severity = severity }));

        var message = Assert.Single(fake.Messages);
        Assert.Equal(priority, message.Priority);
        Assert.Equal(kind == MessageKind.Page ? "https://tocsin.example/a/t0ken" : "https://tocsin.example/i/1042", message.Click);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_kind_is_taken(MessageKind kind)
    {
        await using var fake = await FakeGotify.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Page with { Kind = kind }));
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Test with { Kind = kind }));
    }

    [Fact]
    public async Task Faults_are_tried_again_and_a_wrong_token_is_not()
    {
        await using var fake = await FakeGotify.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.Answer(500));
        fake.FailNext(new FakeFault.AcceptThenBreakOff());

        Assert.IsType<SendOutcome.TryAgain>(await SendAsync(bench, fake, Messages.Page));
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Page));
        Assert.StartsWith("HTTP 401", Assert.IsType<SendOutcome.Refused>(await SendAsync(bench, fake, Messages.Page, "wrong")).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_wrong_setting_is_named()
    {
        using var bench = new OutgoingBench();

        Assert.Equal(["tokn", "url", "token"], new Gotify(bench.Http).Check(Messages.Method("gotify", ("tokn", "x"))).Select(e => e.Field));
        Assert.Equal(["url", "token"], new Gotify(bench.Http).Check(Messages.Method("gotify", ("url", "https://g.example/?token=x"), ("token", "a b"))).Select(e => e.Field));
    }

    private static Task<SendOutcome> SendAsync(OutgoingBench bench, FakeGotify fake, Message message, string token = FakeGotify.Token) =>
        new Gotify(bench.Http).SendAsync(message, Messages.Method("gotify", ("url", fake.Url.AbsoluteUri), ("token", token)), CancellationToken.None);
}

public sealed class PushoverTests
{
    public static TheoryData<MessageKind> Kinds => [.. Enum.GetValues<MessageKind>()];

    [Fact]
    public async Task A_page_rings_until_somebody_has_it()
    {
        await using var fake = await FakePushover.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        var sent = Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Page with { ReplyUrl = new("https://tocsin.example/reply/pushover/k") }));
        var message = Assert.Single(fake.Messages);
        Assert.Equal(("2", "60", "3600", "https://tocsin.example/reply/pushover/k"), (message["priority"], message["retry"], message["expire"], message["callback"]));
        Assert.Equal(message.Receipt, sent.Handle);
        Assert.NotNull(sent.AskEvery);

        Assert.IsType<SendOutcome.Accepted>(await new Pushover(bench.Http).EditAsync(Messages.Page, sent.Handle!, Method(fake), CancellationToken.None));
        Assert.True(Assert.Single(fake.Messages).Rings);
        Assert.IsType<SendOutcome.Accepted>(await new Pushover(bench.Http).EditAsync(Messages.Page with { Kind = MessageKind.Acknowledged, By = "Bo" }, sent.Handle!, Method(fake), CancellationToken.None));
        Assert.True(Assert.Single(fake.Messages) is { Rings: false, Cancelled: true });
    }

    [Fact]
    public async Task Low_urgency_and_whoever_wants_it_so_rings_once()
    {
        await using var fake = await FakePushover.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        Assert.Null(Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Page with { Urgency = Urgency.Low })).Handle);
        Assert.Null(Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Page, ("emergency", "no"))).Handle);
        Assert.All(fake.Messages, message => Assert.Equal("1", message["priority"]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_kind_keeps_to_Pushovers_limits(MessageKind kind)
    {
        await using var fake = await FakePushover.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        var flood = new string('x', 5000);

        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Page with { Kind = kind, Title = flood, Description = flood, Service = flood }));
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Test with { Kind = kind }));
    }

    [Fact]
    public async Task Faults_are_tried_again_and_wrong_keys_are_not()
    {
        await using var fake = await FakePushover.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.Answer(500));
        fake.FailNext(new FakeFault.Answer(200, Body: "<html>"));
        fake.FailNext(new FakeFault.Answer(429));

        Assert.IsType<SendOutcome.TryAgain>(await SendAsync(bench, fake, Messages.Page));
        Assert.IsType<SendOutcome.TryAgain>(await SendAsync(bench, fake, Messages.Page));
        Assert.IsType<SendOutcome.Refused>(await SendAsync(bench, fake, Messages.Page));
        Assert.Contains("user identifier is not a valid", Assert.IsType<SendOutcome.Refused>(await SendAsync(bench, fake, Messages.Page, ("user", new string('u', 30)))).Reason, StringComparison.Ordinal);
        Assert.Contains("token is invalid", Assert.IsType<SendOutcome.Refused>(await SendAsync(bench, fake, Messages.Page, ("token", new string('a', 30)))).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_wrong_setting_is_named()
    {
        using var bench = new OutgoingBench();
        string[] Faults(params (string, string)[] settings) => [.. new Pushover(bench.Http).Check(Messages.Method("pushover", settings)).Select(e => e.Field!)];

        Assert.Equal(["user", "token"], Faults());
        Assert.Equal(["token", "user", "retry", "expire", "emergency", "api"], Faults(("token", "x"), ("user", "y"), ("retry", "29"), ("expire", "10801"), ("emergency", "loud"), ("api", "z")));
    }

    private static ContactMethod Method(FakePushover fake, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["token"] = FakePushover.Token, ["api"] = fake.Api.AbsoluteUri, ["user"] = FakePushover.User };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        return new("phone", "pushover", all);
    }

    private static Task<SendOutcome> SendAsync(OutgoingBench bench, FakePushover fake, Message message, params (string Key, string Value)[] settings) =>
        new Pushover(bench.Http).SendAsync(message, Method(fake, settings), CancellationToken.None);
}
