using System.Text;
using Tocsin.Demo.Fakes;
using Tocsin.Notify;
using Tocsin.Providers;
using Tocsin.Tests.Outgoing;

namespace Tocsin.Tests.Providers;

public sealed class SlackTests
{
    [Fact]
    public void A_page_is_a_header_facts_a_section_and_two_links() => Assert.Equal(
        """
        {"text":"◆ CRITICAL #1042 checkout (prod). Paged: ana, as Payments primary, rotation weekly (step 1 of 3). bo is next in 2 min (03:04 UTC).","unfurl_links":false,"unfurl_media":false,"blocks":[{"type":"header","text":{"type":"plain_text","text":"◆ CRITICAL #1042 Checkout error rate 12 %","emoji":false}},{"type":"context","block_id":"page-Zm9vYmFyYmF6cXV4MTIzNA","elements":[{"type":"mrkdwn","text":"Severity: critical · Status: triggered · Service: checkout · Environment: prod · Started: 02:58 UTC, 4 min ago · Alerts: 3 · Policy: payments, step 1 of 3, round 1","verbatim":true}]},{"type":"section","text":{"type":"mrkdwn","text":"Paged: ana, as Payments primary, rotation weekly (step 1 of 3). bo is next in 2 min (03:04 UTC).\n\n12 % of requests fail.\nThe limit is 2 %.","verbatim":true}},{"type":"actions","elements":[{"type":"button","action_id":"open_acknowledge","text":{"type":"plain_text","text":"Acknowledge","emoji":false},"url":"https://tocsin.example/a/t0ken","style":"primary"},{"type":"button","action_id":"open_incident","text":{"type":"plain_text","text":"Open","emoji":false},"url":"https://tocsin.example/i/1042"}]}]}
        """,
        Encoding.UTF8.GetString(Slack.Write(Messages.Page)));

    public static TheoryData<MessageKind> Kinds => [.. Enum.GetValues<MessageKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Every_kind_keeps_to_Slacks_schema(MessageKind kind)
    {
        await using var fake = await FakeSlack.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        Assert.Equal(new SendOutcome.Accepted("HTTP 200"), await SendAsync(bench, fake, Messages.Page with { Kind = kind }));
        Assert.Equal(new SendOutcome.Accepted("HTTP 200"), await SendAsync(bench, fake, Messages.Test with { Kind = kind }));
    }

    [Theory]
    [InlineData("<!channel> <!here> <!subteam^S1> @here @Channel @everyone")]
    [InlineData("<@U123> <https://evil.example|click> &lt;!channel&gt; & <")]
    [InlineData("&&&&&&&&&&&&&&&&&&&&")]
    [InlineData("<<<<<<<<<<🔥🔥🔥🔥")]
    public async Task Texts_of_others_ring_nobody_and_break_nothing(string text)
    {
        await using var fake = await FakeSlack.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        var flood = string.Concat(Enumerable.Repeat(text + " ", 16_000 / text.Length));

        var outcome = await SendAsync(bench, fake, Messages.Page with
        {
            Title = flood[..250],
            Description = flood,
            Service = text,
            Environment = text,
            Because = flood[..400],
            Recipient = text,
            NextRecipient = text,
            Policy = text,
        });

        Assert.IsType<SendOutcome.Accepted>(outcome);
        var post = Assert.Single(fake.Posts);
        Assert.False(post.Rings);
        Assert.DoesNotContain("<", post.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("<", post.Json["blocks"]!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a & b < c > d", 100, "a &amp; b &lt; c &gt; d")]
    [InlineData("&&&", 12, "&amp;&amp;…")]
    [InlineData("mail me@example.com, @HERE", 100, "mail me@example.com, @\u200bHERE")]
    [InlineData("12345", 5, "1234…")]
    public void Special_characters_are_encoded_and_never_cut_in_two(string text, int max, string escaped) => Assert.Equal(escaped, Slack.Escape(text, max));

    [Fact]
    public async Task An_archived_channel_is_gone()
    {
        await using var fake = await FakeSlack.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.Archived = true;

        Assert.StartsWith("HTTP 410: channel_is_archived", Assert.IsType<SendOutcome.Refused>(await SendAsync(bench, fake, Messages.Page)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_removed_webhook_is_refused()
    {
        await using var fake = await FakeSlack.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        var method = Messages.Method("slack", ("url", new Uri(fake.Url, "services/old").AbsoluteUri));

        Assert.Equal(new SendOutcome.Refused("HTTP 404: no_service"), await new Slack(bench.Http, new(bench.Clock)).SendAsync(Messages.Page, method, CancellationToken.None));
    }

    [Fact]
    public async Task Slacks_rate_limit_is_waited_for()
    {
        await using var fake = await FakeSlack.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.Answer(429, RetryAfter: "30", Body: "rate_limited"));

        Assert.Equal(new SendOutcome.TryAgain("HTTP 429: rate_limited", TimeSpan.FromSeconds(30)), await SendAsync(bench, fake, Messages.Page));
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Page));
    }

    [Fact]
    public void Every_wrong_setting_is_named()
    {
        using var bench = new OutgoingBench();
        var slack = new Slack(bench.Http, new(bench.Clock));

        Assert.Empty(slack.Check(Messages.Method("slack", ("url", "https://hooks.slack.com/services/T0/B0/x"))));
        Assert.Equal(["chanel", "token", "channel"], slack.Check(Messages.Method("slack", ("chanel", "#ops"))).Select(error => error.Field));
        Assert.Equal("url", Assert.Single(slack.Check(Messages.Method("slack", ("url", "hooks.slack.com")))).Field);
    }

    private static Task<SendOutcome> SendAsync(OutgoingBench bench, FakeSlack fake, Message message) =>
        new Slack(bench.Http, new(bench.Clock)).SendAsync(message, Messages.Method("slack", ("url", fake.Webhook.AbsoluteUri)), CancellationToken.None);
}
