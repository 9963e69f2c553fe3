using System.Text.Json.Nodes;
using Tocsin.Alerts;
using Tocsin.Demo.Fakes;
using Tocsin.Notify;
using Tocsin.Providers;
using Tocsin.Tests.Outgoing;

namespace Tocsin.Tests.Providers;

public sealed class NtfyTests
{
    [Fact]
    public async Task A_page_rings_with_title_text_link_and_buttons()
    {
        await using var fake = await FakeNtfy.StartAsync(TimeProvider.System, token: "tk_secret");
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        var outcome = await SendAsync(bench, fake, Messages.Page, token: "tk_secret");

        Assert.StartsWith("ntfy id fake", Assert.IsType<SendOutcome.Accepted>(outcome).Receipt, StringComparison.Ordinal);
        var message = Assert.Single(fake.Messages);
        Assert.Equal(("oncall", "◆ CRITICAL #1042 checkout (prod)", 5), (message.Topic, message.Title, message.Priority));
        Assert.Equal(
            "Checkout error rate 12 %. Open for 4 min. You are first. bo is next in 2 min (03:04 UTC).\n\n12 % of requests fail.\nThe limit is 2 %.",
            message.Message);
        Assert.Equal("https://tocsin.example/i/1042", message.Json["click"]!.GetValue<string>());
        Assert.Equal(
            """[{"action":"view","label":"Acknowledge","url":"https://tocsin.example/a/t0ken","clear":false},{"action":"view","label":"Open","url":"https://tocsin.example/i/1042","clear":false}]""",
            message.Json["actions"]!.ToJsonString());
    }

    [Fact]
    public async Task A_retry_replaces_what_the_first_try_may_have_left()
    {
        await using var fake = await FakeNtfy.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.AcceptThenHang());

        var lost = SendAsync(bench, fake, Messages.Page);
        await fake.ArrivalAsync(CancellationToken.None);
        bench.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.IsType<SendOutcome.TryAgain>(await lost);
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(bench, fake, Messages.Page));

        Assert.Equal([(Messages.Key, false), (Messages.Key, true)], fake.Messages.Select(message => (message.SequenceId!, message.Replaces)));
    }

    [Theory]
    [InlineData(MessageKind.Page, Severity.Critical, 5)]
    [InlineData(MessageKind.Page, Severity.High, 4)]
    [InlineData(MessageKind.Page, Severity.Unset, 4)]
    [InlineData(MessageKind.Page, Severity.Warning, 3)]
    [InlineData(MessageKind.Page, Severity.Info, 2)]
    [InlineData(MessageKind.Resolved, Severity.Critical, 2)]
    [InlineData(MessageKind.Acknowledged, Severity.Critical, 2)]
    [InlineData(MessageKind.Unanswered, Severity.Critical, 5)]
    [InlineData(MessageKind.Test, Severity.Unset, 3)]
    public void Severity_is_priority_and_an_end_rings_softly(MessageKind kind, Severity severity, int priority) =>
        Assert.Equal(priority, Ntfy.Priority(Messages.Page with { Kind = kind, Severity = severity }));

    [Fact]
    public void A_resolved_incident_has_no_button_to_acknowledge()
    {
        var json = JsonNode.Parse(Ntfy.Write(Messages.Page with { Kind = MessageKind.Resolved }, "oncall"))!;

        Assert.Equal("Open", Assert.Single(json["actions"]!.AsArray())!["label"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_long_description_does_not_become_a_file()
    {
        await using var fake = await FakeNtfy.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        await SendAsync(bench, fake, Messages.Page with { Description = new string('ü', 16_000), Title = new string('界', 250) });

        Assert.StartsWith("界", Assert.Single(fake.Messages).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "HTTP 403: {\"code\":40301,\"http\":403,\"error\":\"forbidden\"}")]
    [InlineData("tk_wrong", "HTTP 401: {\"code\":40101,\"http\":401,\"error\":\"unauthorized\"}")]
    public async Task A_wrong_token_is_refused_with_the_servers_words(string? token, string reason)
    {
        await using var fake = await FakeNtfy.StartAsync(TimeProvider.System, token: "tk_secret");
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        Assert.Equal(new SendOutcome.Refused(reason), await SendAsync(bench, fake, Messages.Page, token));
    }

    [Fact]
    public async Task Too_many_requests_are_tried_again_when_the_server_says()
    {
        await using var fake = await FakeNtfy.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.Answer(429, RetryAfter: "12"));

        Assert.Equal(TimeSpan.FromSeconds(12), Assert.IsType<SendOutcome.TryAgain>(await SendAsync(bench, fake, Messages.Page)).RetryAfter);
    }

    [Fact]
    public async Task Success_that_is_not_JSON_is_still_success()
    {
        await using var fake = await FakeNtfy.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.Answer(200, Body: "<html>"));

        Assert.Equal(new SendOutcome.Accepted("HTTP 200"), await SendAsync(bench, fake, Messages.Page));
    }

    [Fact]
    public void Every_wrong_setting_is_named()
    {
        using var bench = new OutgoingBench();
        var ntfy = new Ntfy(bench.Http);

        Assert.Empty(ntfy.Check(Messages.Method("ntfy", ("url", "https://ntfy.sh/"), ("topic", "acme-oncall_1"))));
        Assert.Equal(["url", "topic"], ntfy.Check(Messages.Method("ntfy")).Select(error => error.Field));
        Assert.Equal(
            ["topci", "url", "topic", "token"],
            ntfy.Check(Messages.Method("ntfy", ("url", "https://ntfy.sh/?auth=x"), ("topic", "https://ntfy.sh/x"), ("token", "a\r\nb"), ("topci", "x"))).Select(error => error.Field));
    }

    private static Task<SendOutcome> SendAsync(OutgoingBench bench, FakeNtfy fake, Message message, string? token = null)
    {
        var method = token is null
            ? Messages.Method("ntfy", ("url", fake.Url.AbsoluteUri), ("topic", "oncall"))
            : Messages.Method("ntfy", ("url", fake.Url.AbsoluteUri), ("topic", "oncall"), ("token", token));
        return new Ntfy(bench.Http).SendAsync(message, method, CancellationToken.None);
    }
}
