using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Alerts;
using Tocsin.Demo.Fakes;
using Tocsin.Notify;
using Tocsin.Providers;
using Tocsin.Tests.Outgoing;

namespace Tocsin.Tests.Providers;

public sealed class WebhookTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string NewSecret = "whsec_bmV3IHNlY3JldCBvZiB0aGlydHktdHdvIGJ5dGVzIQ==";

    [Fact]
    public void The_published_vector_is_signed_as_published()
    {
        var secrets = Webhook.ReadSecrets(Secret).Value!;

        Assert.Equal(
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            Webhook.Sign(secrets[0], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}"""u8));
    }

    [Fact]
    public async Task A_delivery_is_signed_and_its_receiver_can_check_it()
    {
        await using var world = await World.StartAsync(Secret);

        Assert.Equal(new SendOutcome.Accepted("HTTP 204"), await world.SendAsync(Messages.Page, secret: Secret));

        var delivery = Assert.Single(world.Fake.Deliveries);
        Assert.Equal($"msg_{Messages.Key}", delivery.Id);
        Assert.Equal(world.Bench.Clock.GetUtcNow().ToUnixTimeSeconds(), delivery.Timestamp);
        Assert.Equal("valid", delivery.Signature);
        Assert.Equal("/first", delivery.Path);
    }

    [Fact]
    public async Task The_body_tells_every_fact_of_the_page()
    {
        await using var world = await World.StartAsync();

        await world.SendAsync(Messages.Page);

        Assert.Equal(
            """
            {"type":"incident.triggered","timestamp":"2026-01-05T03:02:00Z","data":{"incident":1042,"key":"Zm9vYmFyYmF6cXV4MTIzNA","kind":"page","workspace":"acme","recipient":"ana","text":"◆ CRITICAL #1042 checkout (prod)","title":"Checkout error rate 12 %","description":"12 % of requests fail.\nThe limit is 2 %.","severity":"critical","urgency":"high","status":"triggered","service":"checkout","environment":"prod","labels":{"alertname":"HighErrorRate","service":"checkout"},"labels_left_out":0,"alert_count":3,"started_at":"2026-01-05T02:58:00Z","step":1,"steps":3,"round":1,"policy":"payments","because":"Payments primary, rotation weekly (step 1 of 3)","next_recipient":"bo","next_at":"2026-01-05T03:04:00Z","by":null,"incident_url":"https://tocsin.example/i/1042","action_url":"https://tocsin.example/a/t0ken"}}
            """,
            Encoding.UTF8.GetString(Webhook.Write(Messages.Page)));
        Assert.Equal("incident.triggered", world.Fake.Deliveries[0].Body["type"]!.GetValue<string>());
    }

    [Theory]
    [InlineData(MessageKind.Page, 1, 1, "incident.triggered")]
    [InlineData(MessageKind.Page, 2, 1, "incident.escalated")]
    [InlineData(MessageKind.Page, 1, 2, "incident.escalated")]
    [InlineData(MessageKind.Acknowledged, 1, 1, "incident.acknowledged")]
    [InlineData(MessageKind.Resolved, 1, 1, "incident.resolved")]
    [InlineData(MessageKind.Reopened, 1, 1, "incident.reopened")]
    [InlineData(MessageKind.AlertsAdded, 1, 1, "incident.alerts_added")]
    [InlineData(MessageKind.Unanswered, 1, 1, "incident.unanswered")]
    [InlineData(MessageKind.Test, 0, 0, "incident.test")]
    public void A_kind_of_message_is_a_type_of_event(MessageKind kind, int step, int round, string type) =>
        Assert.Equal(type, Webhook.EventType(Messages.Page with { Kind = kind, Step = step, Round = round }));

    [Fact]
    public async Task A_retry_has_the_same_id_and_a_new_timestamp()
    {
        await using var world = await World.StartAsync(Secret);
        world.Fake.FailNext(new FakeFault.Answer(503));
        world.Fake.FailNext(new FakeFault.AcceptThenHang());

        Assert.IsType<SendOutcome.TryAgain>(await world.SendAsync(Messages.Page, secret: Secret));
        await world.Fake.ArrivalAsync(CancellationToken.None);
        world.Bench.Clock.Advance(TimeSpan.FromSeconds(5));
        var lost = world.SendAsync(Messages.Page, secret: Secret);
        await world.Fake.ArrivalAsync(CancellationToken.None);
        world.Bench.Clock.Advance(TimeSpan.FromSeconds(10));
        Assert.IsType<SendOutcome.TryAgain>(await lost);
        Assert.IsType<SendOutcome.Accepted>(await world.SendAsync(Messages.Page, secret: Secret));

        Assert.Equal(2, world.Fake.Deliveries.Count);
        Assert.Equal($"msg_{Messages.Key}", Assert.Single(world.Fake.Deliveries.Select(delivery => delivery.Id).Distinct()));
        Assert.Equal(10, world.Fake.Deliveries[1].Timestamp - world.Fake.Deliveries[0].Timestamp);
    }

    [Fact]
    public async Task While_a_secret_is_changed_old_and_new_receivers_both_accept()
    {
        await using var old = await World.StartAsync(Secret);
        await using var renewed = await World.StartAsync(NewSecret);

        Assert.IsType<SendOutcome.Accepted>(await old.SendAsync(Messages.Page, secret: $"{NewSecret} {Secret}"));
        Assert.IsType<SendOutcome.Accepted>(await renewed.SendAsync(Messages.Page, secret: $"{NewSecret}  {Secret}"));
    }

    [Fact]
    public async Task Without_a_secret_nothing_is_signed()
    {
        await using var world = await World.StartAsync();

        await world.SendAsync(Messages.Page);

        Assert.Equal("none", Assert.Single(world.Fake.Deliveries).Signature);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(202)]
    [InlineData(299)]
    public async Task Any_status_of_success_is_accepted(int status)
    {
        await using var world = await World.StartAsync();
        world.Fake.FailNext(new FakeFault.Answer(status));

        Assert.Equal(new SendOutcome.Accepted($"HTTP {status}"), await world.SendAsync(Messages.Page));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    [InlineData(599)]
    public async Task A_status_that_may_pass_is_tried_again(int status)
    {
        await using var world = await World.StartAsync();
        world.Fake.FailNext(new FakeFault.Answer(status, RetryAfter: "7", Body: "come\r\nback"));

        Assert.Equal(
            new SendOutcome.TryAgain($"HTTP {status}: come back", TimeSpan.FromSeconds(7)),
            await world.SendAsync(Messages.Page));
    }

    [Fact]
    public async Task Retry_after_may_be_a_date()
    {
        await using var world = await World.StartAsync();
        world.Fake.FailNext(new FakeFault.Answer(503, RetryAfter: world.Bench.Clock.GetUtcNow().AddSeconds(30).ToString("r")));

        Assert.Equal(TimeSpan.FromSeconds(30), Assert.IsType<SendOutcome.TryAgain>(await world.SendAsync(Messages.Page)).RetryAfter);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(308)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(408)]
    [InlineData(422)]
    public async Task Any_other_status_is_refused(int status)
    {
        await using var world = await World.StartAsync();
        world.Fake.FailNext(new FakeFault.Answer(status, Location: "/elsewhere"));

        Assert.StartsWith($"HTTP {status}", Assert.IsType<SendOutcome.Refused>(await world.SendAsync(Messages.Page)).Reason, StringComparison.Ordinal);
        Assert.Empty(world.Fake.Deliveries);
    }

    [Fact]
    public async Task Gone_is_gone()
    {
        await using var world = await World.StartAsync();
        world.Fake.FailNext(new FakeFault.Answer(410));

        Assert.Contains("gone", Assert.IsType<SendOutcome.Refused>(await world.SendAsync(Messages.Page)).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("reset")]
    public async Task A_broken_connection_is_tried_again(string fault)
    {
        await using var world = await World.StartAsync();
        world.Fake.FailNext(FakeFault.Parse(fault, null)!);

        Assert.IsType<SendOutcome.TryAgain>(await world.SendAsync(Messages.Page));
    }

    [Fact]
    public async Task A_target_inside_is_refused_by_name_of_the_setting()
    {
        using var bench = new OutgoingBench();

        var refused = Assert.IsType<SendOutcome.Refused>(await new Webhook(bench.Http, bench.Clock)
            .SendAsync(Messages.Page, Messages.Method("webhook", ("url", "http://169.254.169.254/latest")), CancellationToken.None));

        Assert.Contains("Outgoing:Allow", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Wrong_settings_are_refused_and_not_thrown()
    {
        using var bench = new OutgoingBench();

        Assert.IsType<SendOutcome.Refused>(await new Webhook(bench.Http, bench.Clock).SendAsync(Messages.Page, Messages.Method("webhook"), CancellationToken.None));
    }

    [Theory]
    [InlineData("escape \u0001 sequences")]
    [InlineData("plain text ")]
    [InlineData("ünïcödé 🔥 ")]
    [InlineData("\"\\\"\\\"\\")]
    public void A_body_stays_under_the_limit_and_keeps_what_identifies_the_page(string text)
    {
        var long16 = string.Concat(Enumerable.Repeat(text, 16_384 / text.Length));
        var message = Messages.Page with
        {
            Title = long16[..250],
            Description = long16,
            Labels = LabelSet.From(Enumerable.Range(0, 64).Select(i => KeyValuePair.Create($"label_{i}", long16[..2048]))),
            Because = long16[..500],
        };

        var body = Webhook.Write(message);

        Assert.True(body.Length < 20_000, $"{body.Length} bytes");
        var data = JsonNode.Parse(body)!["data"]!;
        Assert.Equal(1042, data["incident"]!.GetValue<int>());
        Assert.Equal(Messages.Key, data["key"]!.GetValue<string>());
        Assert.EndsWith("…", data["description"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("https://tocsin.example/a/t0ken", data["action_url"]!.GetValue<string>());
    }

    [Fact]
    public void Every_wrong_setting_is_named()
    {
        using var bench = new OutgoingBench();
        var webhook = new Webhook(bench.Http, bench.Clock);

        Assert.Empty(webhook.Check(Messages.Method("webhook", ("url", "http://127.0.0.1:9001/first"), ("secret", Secret))));
        Assert.Empty(webhook.Check(Messages.Method("webhook", ("url", "https://hooks.example.com"))));
        Assert.Equal(
            ["Webhook has no setting 'secrt'; did you mean 'secret'?", "The setting 'url' is missing: Where to POST, http or https."],
            webhook.Check(Messages.Method("webhook", ("secrt", Secret))).Select(error => error.Detail));
        Assert.Equal(["url", "secret"], webhook.Check(Messages.Method("webhook", ("url", "hooks"), ("secret", "whsec_@@@"))).Select(error => error.Field));
        Assert.Equal("secret", Assert.Single(webhook.Check(Messages.Method("webhook", ("url", "https://x.example"), ("secret", "whsec_c2hvcnQ=")))).Field);
        Assert.Equal("secret", Assert.Single(webhook.Check(Messages.Method("webhook", ("url", "https://x.example"), ("secret", $"{Secret} plain")))).Field);
    }

    private sealed class World(FakeWebhook fake, OutgoingBench bench) : IAsyncDisposable
    {
        public FakeWebhook Fake => fake;

        public OutgoingBench Bench => bench;

        public static async Task<World> StartAsync(string? secrets = null)
        {
            var clock = new ManualClock(OutgoingBench.Start);
            var fake = await FakeWebhook.StartAsync(clock, secrets);
            return new(fake, new(allow: fake.HostAndPort, clock: clock));
        }

        public Task<SendOutcome> SendAsync(Message message, string? secret = null)
        {
            var url = new Uri(fake.Url, "first").AbsoluteUri;
            var method = secret is null ? Messages.Method("webhook", ("url", url)) : Messages.Method("webhook", ("url", url), ("secret", secret));
            return new Webhook(bench.Http, bench.Clock).SendAsync(message, method, CancellationToken.None);
        }

        public async ValueTask DisposeAsync()
        {
            bench.Dispose();
            await fake.DisposeAsync();
        }
    }
}
