using Tocsin.Demo.Fakes;
using Tocsin.Notify;
using Tocsin.Providers;
using Tocsin.Tests.Outgoing;

namespace Tocsin.Tests.Providers;

public sealed class TelegramTests
{
    private static readonly Message _page = Messages.Page with { AnswerCode = new PublicLinks(null, new byte[32]).AnswerCode(long.MaxValue, long.MaxValue) };

    public static TheoryData<MessageKind> Kinds => [.. Enum.GetValues<MessageKind>()];

    [Fact]
    public async Task A_page_has_buttons_and_is_changed_when_somebody_has_it()
    {
        await using var fake = await FakeTelegram.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        var sent = Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, _page));
        var message = Assert.Single(fake.Messages);
        Assert.Equal(["Acknowledge", "Resolve", "Escalate", "Snooze 1 h", "Open"], message.Buttons);
        Assert.StartsWith("<b>◆ CRITICAL #1042 Checkout error rate 12 %</b>\n", message.Text, StringComparison.Ordinal);

        var acked = _page with { Kind = MessageKind.Acknowledged, By = "Ana" };
        Assert.IsType<SendOutcome.Accepted>(await Bot(bench).EditAsync(acked, sent.Handle!, Method(fake), CancellationToken.None));
        message = Assert.Single(fake.Messages);
        Assert.StartsWith("<b>◐ #1042: Ana has it (03:02 UTC)</b>", message.Text, StringComparison.Ordinal);
        Assert.Equal(["Resolve", "Escalate", "Snooze 1 h", "Open"], message.Buttons);

        Assert.Equal(new SendOutcome.Accepted("Telegram: it says so already"), await Bot(bench).EditAsync(acked, sent.Handle!, Method(fake), CancellationToken.None));
        Assert.Null(sent.Thread);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_kind_keeps_to_Telegrams_form_whatever_others_wrote(MessageKind kind)
    {
        await using var fake = await FakeTelegram.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        var rude = string.Concat(Enumerable.Repeat("</b><a href='https://evil.example'>&amp; & 🔥 <", 200));

        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, _page with { Kind = kind }));
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, _page with { Kind = kind, Title = rude, Description = rude, Service = rude, Because = rude, Policy = rude }));
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Test with { Kind = kind, IncidentUrl = new("http://localhost:8080/") }));
    }

    [Fact]
    public async Task Refusals_say_what_to_do_and_limits_are_waited_for()
    {
        await using var fake = await FakeTelegram.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        Assert.Equal("HTTP 400: Bad Request: chat not found. The person must send the bot /start once; a group must take it in.", await RefusedAsync(("chat_id", "77")));
        Assert.Equal("HTTP 401: Unauthorized. The bot's token is not good any more; enter a new one.", await RefusedAsync(("token", "999:AAstalestalestalestalestalestalestale")));
        Assert.Equal("No chat is linked yet: send the bot /start and the code that stands under Me, or enter 'chat_id'.", await RefusedAsync(("chat_id", "")));

        fake.FailNext(new FakeFault.Answer(429, Body: """{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 7","parameters":{"retry_after":7}}"""));
        Assert.Equal(new SendOutcome.TryAgain("HTTP 429: Too Many Requests: retry after 7", TimeSpan.FromSeconds(7)), await SendAsync(bench, fake, _page));
        fake.FailNext(new FakeFault.Answer(502));
        fake.FailNext(new FakeFault.Answer(200, Body: "<html>"));
        Assert.IsType<SendOutcome.TryAgain>(await SendAsync(bench, fake, _page));
        Assert.IsType<SendOutcome.TryAgain>(await SendAsync(bench, fake, _page));

        async Task<string> RefusedAsync((string, string) setting) => Assert.IsType<SendOutcome.Refused>(await SendAsync(bench, fake, _page, setting)).Reason;
    }

    [Fact]
    public async Task A_reason_never_holds_the_token()
    {
        using var bench = new OutgoingBench();
        var method = new ContactMethod("t", "telegram", new Dictionary<string, string> { ["token"] = FakeTelegram.Token, ["api"] = "http://127.0.0.1:1/", ["chat_id"] = "1001" });

        Assert.DoesNotContain("AAfake", $"{await Bot(bench).SendAsync(_page, method, CancellationToken.None)}", StringComparison.Ordinal);
    }

    [Fact]
    public void Every_wrong_setting_is_named()
    {
        using var bench = new OutgoingBench();
        string[] Faults(params (string, string)[] settings) => [.. Bot(bench).Check(Messages.Method("telegram", settings)).Select(e => e.Field!)];

        Assert.Empty(Faults(("token", FakeTelegram.Token)));
        Assert.Empty(Faults(("token", FakeTelegram.Token), ("chat_id", "-1001234567890"), ("topic", "4"), ("webhook", "yes")));
        Assert.Equal(["token"], Faults());
        Assert.Equal(["chatid", "token", "api", "webhook", "topic"], Faults(("chatid", "1"), ("token", "abc"), ("api", "telegram"), ("webhook", "maybe"), ("topic", "news")));
        Assert.Equal(["chat_id"], Faults(("token", FakeTelegram.Token), ("chat_id", "ana")));
    }

    private static Telegram Bot(OutgoingBench bench) => new(bench.Http, new(bench.Clock));

    private static ContactMethod Method(FakeTelegram fake, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string> { ["token"] = FakeTelegram.Token, ["api"] = fake.Url.AbsoluteUri, ["chat_id"] = "1001" };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        return new("telegram", "telegram", all);
    }

    private static Task<SendOutcome> SendAsync(OutgoingBench bench, FakeTelegram fake, Message message, params (string Key, string Value)[] settings) =>
        Bot(bench).SendAsync(message, Method(fake, settings), CancellationToken.None);
}
