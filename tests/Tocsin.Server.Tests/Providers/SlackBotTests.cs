using Tocsin.Demo.Fakes;
using Tocsin.Notify;
using Tocsin.Providers;
using Tocsin.Tests.Outgoing;

namespace Tocsin.Tests.Providers;

/// <summary>Slack by an app's bot.</summary>
public sealed class SlackBotTests
{
    private static readonly Message _page = Messages.Page with { AnswerCode = "code-of-the-page-0000000000000000" };

    public static TheoryData<MessageKind> Kinds => [.. Enum.GetValues<MessageKind>()];

    [Fact]
    public async Task A_page_has_buttons_and_is_changed_when_somebody_has_it()
    {
        await using var fake = await FakeSlackBot.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        var sent = Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, _page, ("user", "U0ANA")));
        var message = Assert.Single(fake.Messages);
        Assert.Equal("D0ANA", message.Channel);
        Assert.Equal(["Acknowledge", "Resolve", "Escalate", "Snooze 1 h", "Open"], message.Buttons);
        Assert.Equal($"D0ANA {message.Ts}", sent.Handle);
        Assert.Equal(sent.Handle, sent.Thread);

        var acked = _page with { Kind = MessageKind.Acknowledged, By = "Ana" };
        Assert.IsType<SendOutcome.Accepted>(await Bot(bench).EditAsync(acked, sent.Handle!, Method(fake, ("user", "U0ANA")), CancellationToken.None));
        message = Assert.Single(fake.Messages);
        Assert.Equal(("◐ #1042: Ana has it (03:02 UTC). Checkout error rate 12 %. Escalation has stopped.", 1), (message.Text, message.Edits));
        Assert.Equal(["Resolve", "Escalate", "Snooze 1 h", "Open"], message.Buttons);

        var over = _page with { Kind = MessageKind.Resolved, By = "Ana" };
        Assert.IsType<SendOutcome.Accepted>(await Bot(bench).EditAsync(over, sent.Handle!, Method(fake, ("user", "U0ANA")), CancellationToken.None));
        Assert.Equal(["Open"], Assert.Single(fake.Messages).Buttons);
    }

    [Fact]
    public async Task A_follow_up_goes_into_the_thread_of_the_first_message()
    {
        await using var fake = await FakeSlackBot.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        var first = Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, _page, ("channel", "C0OPS")));

        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, _page with { Kind = MessageKind.Resolved, Thread = first.Thread }, ("channel", "C0OPS")));

        Assert.Equal([null, fake.Messages[0].Ts], fake.Messages.Select(m => m.Thread));
        Assert.Empty(fake.Messages[1].Buttons);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_kind_keeps_to_Slacks_schema_new_and_changed(MessageKind kind)
    {
        await using var fake = await FakeSlackBot.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        var first = Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, _page, ("channel", "C0OPS")));

        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, _page with { Kind = kind }, ("channel", "C0OPS")));
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Test with { Kind = kind }, ("channel", "C0OPS")));
        Assert.IsType<SendOutcome.Accepted>(await Bot(bench).EditAsync(_page with { Kind = kind }, first.Handle!, Method(fake, ("channel", "C0OPS")), CancellationToken.None));
    }

    [Fact]
    public async Task Texts_of_others_ring_nobody()
    {
        await using var fake = await FakeSlackBot.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        const string Text = "<!channel> @here <@U0BO> & <https://evil.example|click>";

        await SendAsync(bench, fake, _page with { Title = Text, Description = Text, Service = Text, Because = Text }, ("channel", "C0OPS"));

        Assert.False(Assert.Single(fake.Messages).Rings);
    }

    [Theory]
    [InlineData("channel", "C0ELSEWHERE", "Slack: channel_not_found. Name the conversation by its id, and invite the bot if it is private.")]
    [InlineData("token", "xoxb-stale", "Slack: invalid_auth. The bot's token is not good any more; enter a new one.")]
    public async Task What_Slack_refuses_with_200_is_refused_and_says_what_to_do(string key, string value, string reason)
    {
        await using var fake = await FakeSlackBot.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        Assert.Equal(new SendOutcome.Refused(reason), await SendAsync(bench, fake, _page, ("channel", "C0OPS"), (key, value)));
    }

    [Fact]
    public async Task A_message_that_somebody_removed_is_not_changed()
    {
        await using var fake = await FakeSlackBot.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        Assert.Equal(
            new SendOutcome.Refused("Slack: message_not_found."), await Bot(bench).EditAsync(_page, "C0OPS 1.0", Method(fake, ("channel", "C0OPS")), CancellationToken.None));
    }

    [Fact]
    public async Task Limits_faults_and_rubbish_are_tried_again()
    {
        await using var fake = await FakeSlackBot.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.Answer(429, RetryAfter: "30", Body: """{"ok":false,"error":"ratelimited"}"""));
        fake.FailNext(new FakeFault.Answer(500));
        fake.FailNext(new FakeFault.Answer(200, Body: "<html>"));
        fake.FailNext(new FakeFault.Answer(200, Body: """{"ok":false,"error":"internal_error"}"""));
        fake.FailNext(new FakeFault.Garbage());

        Assert.Equal(TimeSpan.FromSeconds(30), Assert.IsType<SendOutcome.TryAgain>(await SendAsync(bench, fake, _page, ("channel", "C0OPS"))).RetryAfter);
        for (var i = 0; i < 4; i++)
        {
            Assert.IsType<SendOutcome.TryAgain>(await SendAsync(bench, fake, _page, ("channel", "C0OPS")));
        }

        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, _page, ("channel", "C0OPS")));
    }

    [Fact]
    public async Task What_comes_too_fast_for_one_conversation_is_put_off()
    {
        await using var fake = await FakeSlackBot.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        var bot = Bot(bench);
        for (var i = 0; i < 10; i++)
        {
            Assert.IsType<SendOutcome.Accepted>(await bot.SendAsync(_page, Method(fake, ("channel", "C0OPS")), CancellationToken.None));
        }

        // Three wait for their second; whoever comes after them is told when to come again, and another conversation is none of that.
        var waiting = Enumerable.Range(0, 3).Select(_ => bot.SendAsync(_page, Method(fake, ("channel", "C0OPS")), CancellationToken.None)).ToArray();
        Assert.Equal(TimeSpan.FromSeconds(4), Assert.IsType<SendOutcome.TryAgain>(await bot.SendAsync(_page, Method(fake, ("channel", "C0OPS")), CancellationToken.None)).RetryAfter);
        Assert.IsType<SendOutcome.Accepted>(await bot.SendAsync(_page, Method(fake, ("user", "U0ANA")), CancellationToken.None));
        Assert.DoesNotContain(waiting, task => task.IsCompleted);

        bench.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.All(await Task.WhenAll(waiting), outcome => Assert.IsType<SendOutcome.Accepted>(outcome));
    }

    [Fact]
    public void Every_wrong_setting_is_named()
    {
        using var bench = new OutgoingBench();
        string[] Faults(params (string, string)[] settings) => [.. Bot(bench).Check(Messages.Method("slack", settings)).Select(e => e.Field!)];

        Assert.Empty(Faults(("token", "xoxb-1"), ("user", "U0ANA")));
        Assert.Empty(Faults(("token", "xoxb-1"), ("channel", "#ops"), ("app_token", "xapp-1"), ("signing_secret", "x")));
        Assert.Equal(["token", "channel"], Faults());
        Assert.Equal(["channel"], Faults(("token", "xoxb-1"), ("user", "U0ANA"), ("channel", "#ops")));
        Assert.Equal(["token", "app_token", "user", "api"], Faults(("token", "xoxp-1"), ("user", "ana"), ("app_token", "xoxb-1"), ("api", "slack.com")));
        Assert.Equal(["channel"], Faults(("url", "https://hooks.slack.com/x"), ("channel", "#ops")));
    }

    private static Slack Bot(OutgoingBench bench) => new(bench.Http, new(bench.Clock));

    private static ContactMethod Method(FakeSlackBot fake, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["token"] = FakeSlackBot.Token, ["api"] = fake.Api.AbsoluteUri };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        return new("slack", "slack", all);
    }

    private static Task<SendOutcome> SendAsync(OutgoingBench bench, FakeSlackBot fake, Message message, params (string Key, string Value)[] settings) =>
        Bot(bench).SendAsync(message, Method(fake, settings), CancellationToken.None);
}
