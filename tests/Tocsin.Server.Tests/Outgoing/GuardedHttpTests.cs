using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Tocsin.Demo.Fakes;
using Tocsin.Outgoing;
using Tocsin.Providers;

namespace Tocsin.Tests.Outgoing;

public sealed class GuardedHttpTests
{
    [Fact]
    public async Task Loopback_is_refused_and_the_text_names_the_setting()
    {
        using var bench = new OutgoingBench();
        await using var fake = await FakeWebhook.StartAsync(bench.Clock);

        var refused = Assert.IsType<OutgoingAnswer.Refused>(await bench.PostAsync(fake.Url.AbsoluteUri));

        Assert.Contains("loopback", refused.Reason, StringComparison.Ordinal);
        Assert.Contains("Tocsin__Outgoing__Allow", refused.Reason, StringComparison.Ordinal);
        Assert.Contains(fake.HostAndPort, refused.Reason, StringComparison.Ordinal);
        Assert.Empty(fake.Deliveries);
    }

    [Fact]
    public async Task What_the_operator_lists_is_called()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);

        Assert.Equal(204, Assert.IsType<OutgoingAnswer.Status>(await bench.PostAsync(fake.Url.AbsoluteUri)).Code);
        Assert.Single(fake.Deliveries);
    }

    [Fact]
    public async Task Another_port_of_a_listed_address_is_refused()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: "127.0.0.1:1");

        Assert.IsType<OutgoingAnswer.Refused>(await bench.PostAsync(fake.Url.AbsoluteUri));
    }

    [Fact]
    public async Task Where_only_what_is_listed_may_be_called_a_public_address_is_refused_and_what_is_listed_is_not()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        Resolve resolve = (host, _) => Task.FromResult<IPAddress[]>([host == "public.example.test" ? IPAddress.Parse("8.8.8.8") : IPAddress.Loopback]);
        OutgoingConnector connector = new(Options.Create(new OutgoingOptions { Allow = $"hooks.example.test:{fake.Url.Port}", OnlyListed = true }), TimeProvider.System) { Resolve = resolve };

        var refused = await Assert.ThrowsAsync<OutgoingRefusedException>(() => connector.ConnectAsync("public.example.test", 443, namedByOperator: false, CancellationToken.None));
        await using var listed = await connector.ConnectAsync("hooks.example.test", fake.Url.Port, namedByOperator: false, CancellationToken.None);

        Assert.Contains("public.example.test:443 leads to a target that the operator does not list", refused.Message, StringComparison.Ordinal);
        Assert.True(listed.Socket.Connected);
    }

    [Theory]
    [MemberData(nameof(OutgoingUrlTests.Tricks), MemberType = typeof(OutgoingUrlTests))]
    public async Task No_spelling_gets_past_the_guard(string url)
    {
        using var bench = new OutgoingBench(resolve: (_, _) => throw new InvalidOperationException("It was resolved."));
        using var request = new HttpRequestMessage(HttpMethod.Post, Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri : null);

        Assert.IsType<OutgoingAnswer.Refused>(await bench.Http.SendAsync(request, CancellationToken.None));
    }

    [Theory]
    [InlineData("http://[::ffff:127.0.0.1]:PORT/")]
    [InlineData("http://[::127.0.0.1]:PORT/")]
    [InlineData("http://[64:ff9b::7f00:1]:PORT/")]
    [InlineData("http://[2002:7f00:1::]:PORT/")]
    [InlineData("http://[::1]:PORT/")]
    [InlineData("http://0.0.0.0:PORT/")]
    [InlineData("http://localhost:PORT/")]
    [InlineData("http://LOCALHOST:PORT/")]
    public async Task Other_ways_to_loopback_are_refused(string url)
    {
        using var bench = new OutgoingBench();
        await using var fake = await FakeWebhook.StartAsync(bench.Clock);

        var answer = await bench.PostAsync(url.Replace("PORT", $"{fake.Url.Port}", StringComparison.Ordinal));

        Assert.IsType<OutgoingAnswer.Refused>(answer);
        Assert.Empty(fake.Deliveries);
    }

    [Fact]
    public async Task A_name_that_leads_inside_is_refused_without_telling_where()
    {
        using var bench = new OutgoingBench(resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("10.20.30.40")]));

        var refused = Assert.IsType<OutgoingAnswer.Refused>(await bench.PostAsync("https://innocent.example/"));

        Assert.StartsWith("innocent.example:443 leads to a private address", refused.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("10.20.30.40", refused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_resolved_once_so_a_second_answer_changes_nothing()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        var asked = 0;
        using var bench = new OutgoingBench(
            allow: fake.HostAndPort,
            resolve: (_, _) => Task.FromResult<IPAddress[]>(asked++ == 0 ? [IPAddress.Loopback] : [IPAddress.Parse("10.0.0.1")]));

        var answer = await bench.PostAsync($"http://rebind.test:{fake.Url.Port}/");

        Assert.IsType<OutgoingAnswer.Status>(answer);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task Of_several_addresses_only_the_allowed_ones_are_tried()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(
            allow: fake.HostAndPort,
            resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.IPv6Loopback, IPAddress.Parse("127.0.0.2"), IPAddress.Loopback]));

        Assert.IsType<OutgoingAnswer.Status>(await bench.PostAsync($"http://mixed.test:{fake.Url.Port}/"));
    }

    [Fact]
    public async Task A_listed_name_may_lead_inside()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(
            allow: $"hooks.internal:{fake.Url.Port}",
            resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));

        Assert.IsType<OutgoingAnswer.Status>(await bench.PostAsync($"http://hooks.internal:{fake.Url.Port}/"));
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var inside = await FakeWebhook.StartAsync(TimeProvider.System);
        await using var outside = await FakeWebhook.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: $"{inside.HostAndPort},{outside.HostAndPort}");
        outside.FailNext(new FakeFault.Answer(307, Location: inside.Url.AbsoluteUri));

        var outcome = (await bench.PostAsync(outside.Url.AbsoluteUri)).ToOutcome();

        Assert.Contains("redirects are not followed", Assert.IsType<SendOutcome.Refused>(outcome).Reason, StringComparison.Ordinal);
        Assert.Empty(inside.Deliveries);
    }

    [Fact]
    public async Task A_proxy_of_the_environment_is_not_used()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        await using var proxy = await FakeWebhook.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(
            allow: $"proxied.test:{fake.Url.Port},{proxy.HostAndPort}",
            resolve: (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        var before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new ProxyForOneHost("proxied.test", proxy.Url);
        try
        {
            Assert.IsType<OutgoingAnswer.Status>(await bench.PostAsync($"http://proxied.test:{fake.Url.Port}/"));
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }

        Assert.Single(fake.Deliveries);
        Assert.Empty(proxy.Deliveries);
    }

    [Fact]
    public async Task A_long_answer_is_read_up_to_its_bound()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.Answer(200, Body: new string('x', 1_000_000)));

        var status = Assert.IsType<OutgoingAnswer.Status>(await bench.PostAsync(fake.Url.AbsoluteUri));

        Assert.Equal(200, status.Code);
        Assert.Equal(65536, status.Body.Length);
    }

    [Fact]
    public async Task Ten_seconds_without_an_answer_is_the_end()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.Hang());

        var sending = bench.PostAsync(fake.Url.AbsoluteUri);
        await fake.ArrivalAsync(CancellationToken.None);
        bench.Clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(sending.IsCompleted);
        bench.Clock.Advance(TimeSpan.FromSeconds(0.1));

        Assert.Equal("No answer within 10 s.", Assert.IsType<SendOutcome.TryAgain>((await sending).ToOutcome()).Reason);
    }

    [Fact]
    public async Task A_status_stands_even_if_its_body_breaks_off()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.AcceptThenBreakOff());

        var status = Assert.IsType<OutgoingAnswer.Status>(await bench.PostAsync(fake.Url.AbsoluteUri));

        Assert.Equal((200, "half"), (status.Code, status.Body));
        Assert.IsType<SendOutcome.Accepted>(status.ToOutcome());
    }

    [Fact]
    public async Task An_answer_that_is_not_HTTP_is_a_reason_to_try_again()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.Garbage());

        Assert.Equal("The answer was not HTTP.", Assert.IsType<SendOutcome.TryAgain>((await bench.PostAsync(fake.Url.AbsoluteUri)).ToOutcome()).Reason);
    }

    [Fact]
    public async Task A_dropped_connection_is_a_reason_to_try_again()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        fake.FailNext(new FakeFault.Reset());

        Assert.StartsWith("The connection was", Assert.IsType<SendOutcome.TryAgain>((await bench.PostAsync(fake.Url.AbsoluteUri)).ToOutcome()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_waits_can_stop_waiting()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench(allow: fake.HostAndPort);
        using var stop = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Post, fake.Url);
        fake.FailNext(new FakeFault.Hang());

        var sending = bench.Http.SendAsync(request, stop.Token);
        await fake.ArrivalAsync(CancellationToken.None);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
    }

    [Fact]
    public async Task Nothing_listening_is_a_reason_to_try_again()
    {
        using var port = new ClosedPort();
        using var bench = new OutgoingBench(allow: $"127.0.0.1:{port.Number}");

        var outcome = (await bench.PostAsync($"http://127.0.0.1:{port.Number}/")).ToOutcome();

        Assert.Contains("refused", Assert.IsType<SendOutcome.TryAgain>(outcome).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_name_is_a_reason_to_try_again()
    {
        using var bench = new OutgoingBench(resolve: (_, _) => throw new SocketException((int)SocketError.HostNotFound));

        var outcome = (await bench.PostAsync("https://gone.example/")).ToOutcome();

        Assert.Contains("resolved", Assert.IsType<SendOutcome.TryAgain>(outcome).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_that_nobody_trusts_is_refused_at_once()
    {
        using var certificate = OutgoingBench.SelfSigned();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var bench = new OutgoingBench(allow: $"127.0.0.1:{port}");

        var sending = bench.PostAsync($"https://127.0.0.1:{port}/");
        using var client = await listener.AcceptTcpClientAsync();
        await using var tls = new SslStream(client.GetStream());
        var serving = tls.AuthenticateAsServerAsync(certificate);

        var refused = Assert.IsType<OutgoingAnswer.Refused>(await sending);
        Assert.Contains("certificate is not trusted", refused.Reason, StringComparison.Ordinal);
        await Record.ExceptionAsync(() => serving);
    }

    [Fact]
    public async Task A_client_for_libraries_is_behind_the_same_guard()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        using var bench = new OutgoingBench();
        using var client = bench.Http.CreateClient(Patience.Limit, answerMaxBytes: 1000);

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(fake.Url));

        Assert.IsType<OutgoingRefusedException>(refused.InnerException);
    }

    private sealed class ProxyForOneHost(string host, Uri proxy) : IWebProxy
    {
        public ICredentials? Credentials { get; set; }

        public Uri? GetProxy(Uri destination) => proxy;

        public bool IsBypassed(Uri target) => target.Host != host;
    }
}
