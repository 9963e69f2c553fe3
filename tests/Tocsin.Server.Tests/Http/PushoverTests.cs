using Microsoft.AspNetCore.Builder;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Notify;

namespace Tocsin.Tests.Http;

/// <summary>An emergency on a phone: acknowledged there it is acknowledged here, and the other way round.</summary>
public sealed class PushoverTests : IAsyncLifetime, IDisposable
{
    private readonly CancellationTokenSource _patience = Patience.Begin();
    private FakePushover _pushover = null!;
    private HttpBench _bench = null!;
    private HttpClient _caller = null!;

    public async Task InitializeAsync()
    {
        _pushover = await FakePushover.StartAsync(TimeProvider.System);
        _bench = await HttpBench.StartAsync();
        await _bench.EditEstateAsync(
            $$"""{name: second, type: webhook, url: "{{_bench.Phone.Url}}ana-second", secret: {{HttpBench.PhoneSecret}}}""",
            $$"""{name: second, type: pushover, user: {{FakePushover.User}}, token: {{FakePushover.Token}}, api: "{{_pushover.Api}}"}""");
        await _bench.EditEstateAsync("{after: 30s, via: second}", "{after: 0s, via: second}");
        await _bench.RestartAsync(builder => builder.Configuration["Outgoing:Allow"] = $"{_bench.Phone.HostAndPort},{_pushover.HostAndPort}");
        _caller = await _bench.CallerAsync(Role.Responder);
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=Db,service=checkout,severity=critical");
        await UntilAsync(m => m.Rings);
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _pushover.DisposeAsync();
    }

    public void Dispose() => _patience.Dispose();

    [Fact]
    public async Task Acknowledged_on_the_phone_it_is_acknowledged_here_without_a_public_address()
    {
        var page = _pushover.Messages[0];
        await _pushover.AcknowledgeAsync(page with { Fields = new Dictionary<string, string>() }, _patience.Token);

        var incident = await HttpBench.UntilAsync(_caller, "/api/v1/incidents/1", i => i["incident"]!["status"].Text() == "acknowledged");
        Assert.Equal("ana", incident["incident"]!["acknowledged_by"].Text());
        Assert.Contains(incident["timeline"]!.AsArray(), e => e!["actor"].Text() == "user:ana via pushover");
    }

    [Fact]
    public async Task Answered_elsewhere_the_phone_falls_silent()
    {
        await _caller.PostAsync("/api/v1/incidents/1/acknowledge", "{}");

        Assert.True((await UntilAsync(m => m.Cancelled)).AcknowledgedBy is null);
    }

    [Fact]
    public async Task What_the_callback_says_is_believed_only_if_Pushover_says_so_too()
    {
        var page = _pushover.Messages[0];
        var id = (await _caller.GetJsonAsync("/api/v1/pages")).Items().First(p => p!["type"].Text() == "pushover")!["id"]!.GetValue<long>();
        var callback = new Uri(_bench.Url, $"/reply/pushover/{_bench.Service<PublicLinks>().ReplyKey("pushover", new(1, id))}");
        var whole = new Uri(_bench.Url, $"/reply/pushover/{_bench.Service<PublicLinks>().ReplyKey("pushover", new(1, 0))}");

        Assert.Equal(200, await _pushover.CallAsync(callback, page.Receipt!, _patience.Token));
        Assert.Equal("triggered", await StatusAsync());
        Assert.Equal(401, await _pushover.CallAsync(callback, "another", _patience.Token));
        Assert.Equal(401, await _pushover.CallAsync(whole, page.Receipt!, _patience.Token));

        await _pushover.AcknowledgeAsync(page with { Fields = new Dictionary<string, string> { ["callback"] = callback.AbsoluteUri } }, _patience.Token);
        Assert.Equal("acknowledged", await StatusAsync());
    }

    private async Task<PushoverMessage> UntilAsync(Func<PushoverMessage, bool> wanted)
    {
        while (true)
        {
            if (_pushover.Messages.FirstOrDefault(wanted) is { } message)
            {
                return message;
            }

            await _pushover.ArrivalAsync(_patience.Token);
        }
    }

    private async Task<string> StatusAsync() => (await _caller.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text();
}
