using Tocsin.Alerts;
using Tocsin.Demo.Fakes;
using Tocsin.Notify;
using Tocsin.Providers;
using Tocsin.Tests.Outgoing;

namespace Tocsin.Tests.Providers;

public sealed class SmsTests
{
    [Fact]
    public async Task A_page_is_one_message_that_says_how_to_answer()
    {
        await using var fake = await FakeTwilio.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        var outcome = await new Sms(bench.Http).SendAsync(Messages.Page with { ReplyUrl = new("https://tocsin.example/reply/sms/key") }, Method(fake), CancellationToken.None);

        Assert.StartsWith("SM", Assert.IsType<SendOutcome.Accepted>(outcome).Receipt, StringComparison.Ordinal);
        var sms = Assert.Single(fake.Messages);
        Assert.Equal(
            ("+4915112345678", "CRIT #1042 checkout prod: Checkout error rate 12 %. Reply 1042a ack, 1042c resolve. https://tocsin.example/i/1042", $"https://tocsin.example/reply/sms/key?key={Messages.Key}"),
            (sms.To, sms.Body, sms.Told));
    }

    [Fact]
    public void A_long_title_is_cut_before_the_end_is_and_typography_costs_nothing()
    {
        var text = Sms.Write(Messages.Page with { Title = string.Concat(Enumerable.Repeat("“Größe” … – ", 30)) });

        Assert.Equal(160, Sms.Septets(text));
        Assert.EndsWith("... Reply 1042a ack, 1042c resolve. https://tocsin.example/i/1042", text, StringComparison.Ordinal);
        Assert.Contains("\"Größe\" ... - ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Letters_that_telephones_lack_cost_room_but_are_kept()
    {
        var text = Sms.Write(Messages.Page with { Title = string.Concat(Enumerable.Repeat("ошибка оплаты ", 20)) });

        Assert.Null(Sms.Septets(text));
        Assert.True(text.Length <= 134, $"{text.Length}");
        Assert.Contains("ошибка", text, StringComparison.Ordinal);
        Assert.EndsWith("https://tocsin.example/i/1042", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MessageKind.Acknowledged)]
    [InlineData(MessageKind.Resolved)]
    [InlineData(MessageKind.More)]
    [InlineData(MessageKind.Test)]
    [InlineData(MessageKind.DeviceLost)]
    public void News_fit_too_and_have_no_sign_that_costs_half_the_room(MessageKind kind)
    {
        var text = Sms.Write(Messages.Page with { Kind = kind, By = "bo", MoreCount = 3 });

        Assert.True(Sms.Septets(text) <= 160, text);
    }

    [Theory]
    [InlineData("1042a", ReplyVerb.Acknowledge, 1042)]
    [InlineData(" 1042 A ", ReplyVerb.Acknowledge, 1042)]
    [InlineData("ack 1042", ReplyVerb.Acknowledge, 1042)]
    [InlineData("ACK #1042", ReplyVerb.Acknowledge, 1042)]
    [InlineData("a", ReplyVerb.Acknowledge, 0)]
    [InlineData("4", ReplyVerb.Acknowledge, 0)]
    [InlineData("c", ReplyVerb.Resolve, 0)]
    [InlineData("close 7", ReplyVerb.Resolve, 7)]
    [InlineData("7c", ReplyVerb.Resolve, 7)]
    [InlineData("6", ReplyVerb.Resolve, 0)]
    [InlineData("e", ReplyVerb.Escalate, 0)]
    [InlineData("5 1042", ReplyVerb.Escalate, 1042)]
    [InlineData("1042escalate", ReplyVerb.Escalate, 1042)]
    public void Short_answers_are_understood(string body, object verb, long incident) => Assert.Equal(((ReplyVerb)verb, incident), SmsReplies.Parse(body));

    [Theory]
    [InlineData("")]
    [InlineData("1042")]
    [InlineData("what is this")]
    [InlineData("acknowledge everything")]
    [InlineData("a 1042 please")]
    [InlineData("99999999999999999999a")]
    public void Anything_else_is_not(string body) => Assert.Null(SmsReplies.Parse(body));

    [Theory]
    [InlineData("to", "015112345678", "+ and the country")]
    [InlineData("to", "+49 151 1234", "+ and the country")]
    [InlineData("to", "+0123456789", "+ and the country")]
    [InlineData("account_sid", "AC/../x", "letters and digits")]
    [InlineData("url", "ftp://x", "must begin with")]
    public async Task Settings_that_cannot_be_right_are_refused_with_how_to_write_them(string key, string value, string says)
    {
        await using var fake = await FakeTwilio.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        var method = Method(fake);
        method = method with { Settings = method.Settings.Where(s => s.Key != key).Append(new(key, value)).ToDictionary(s => s.Key, s => s.Value) };

        Assert.Contains(says, Assert.Single(new Sms(bench.Http).Check(method)).Detail, StringComparison.Ordinal);
        Assert.IsType<SendOutcome.Refused>(await new Sms(bench.Http).SendAsync(Messages.Page, method, CancellationToken.None));
        Assert.Empty(fake.Messages);
    }

    [Fact]
    public async Task A_carrier_that_is_busy_is_asked_again_and_one_that_refuses_is_not()
    {
        await using var fake = await FakeTwilio.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.Answer(429, RetryAfter: "3"));

        Assert.Equal(TimeSpan.FromSeconds(3), Assert.IsType<SendOutcome.TryAgain>(await new Sms(bench.Http).SendAsync(Messages.Page, Method(fake), CancellationToken.None)).RetryAfter);
        var wrong = Method(fake) with { Settings = Method(fake).Settings.ToDictionary(s => s.Key, s => s.Key == "auth_token" ? "wrong" : s.Value) };
        Assert.Contains("401", Assert.IsType<SendOutcome.Refused>(await new Sms(bench.Http).SendAsync(Messages.Page, wrong, CancellationToken.None)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_signature_is_the_one_that_the_carrier_publishes() => Assert.Equal(
        "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
        Twilio.Sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", new Dictionary<string, string>
        {
            ["CallSid"] = "CA1234567890ABCDE",
            ["Caller"] = "+14158675309",
            ["Digits"] = "1234",
            ["From"] = "+14158675309",
            ["To"] = "+18005551212",
        }));

    [Fact]
    public void A_call_says_what_it_is_about_twice_with_the_keys()
    {
        var script = System.Xml.Linq.XElement.Parse(Voice.Write(Messages.Page with { Title = "Errors < 12 & \"rising\"", ReplyUrl = new("https://tocsin.example/reply/voice/key") }));

        var menus = script.Elements("Gather").ToArray();
        Assert.Equal(2, menus.Length);
        Assert.All(menus, menu => Assert.Equal("https://tocsin.example/reply/voice/key", menu.Attribute("action")!.Value));
        Assert.Equal(
            "This is Tocsin. critical incident 1 0 4 2. checkout, prod. Errors < 12 & \"rising\". Press 4 to acknowledge. 5 to escalate. 6 to resolve.", menus[0].Value);
    }

    [Fact]
    public void News_are_said_without_keys() =>
        Assert.DoesNotContain("Gather", Voice.Write(Messages.Page with { Kind = MessageKind.Resolved, By = "bo", ReplyUrl = new("https://tocsin.example/x") }), StringComparison.Ordinal);

    private static ContactMethod Method(FakeTwilio fake) => Messages.Method(
        "sms", ("to", "+4915112345678"), ("account_sid", FakeTwilio.Account), ("auth_token", fake.Token), ("sender", "+4930123456"), ("url", fake.Url.ToString()));
}
