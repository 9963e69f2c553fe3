using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Notify;

namespace Tocsin.Tests.Http;

/// <summary>People who are paged in Slack answer there: through the whole server, to a fake of Slack and back.</summary>
public sealed class SlackTests : IAsyncLifetime, IDisposable
{
    private readonly CancellationTokenSource _patience = Patience.Begin();
    private FakeSlackBot _slack = null!;
    private HttpBench _bench = null!;
    private HttpClient _viewer = null!;

    public async Task InitializeAsync()
    {
        _slack = await FakeSlackBot.StartAsync(TimeProvider.System);
        _bench = await HttpBench.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _slack.DisposeAsync();
    }

    public void Dispose() => _patience.Dispose();

    [Fact]
    public async Task A_press_acknowledges_and_the_message_says_who_has_it()
    {
        await StartAsync();
        var page = await PagedAsync();

        Assert.Equal(200, await _slack.PressAsync(page, "tocsin_acknowledge", "U0ANA", _patience.Token));

        var acked = await ChangedAsync();
        Assert.StartsWith("◐ #1: ana has it", acked.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("Acknowledge", acked.Buttons);
        var incident = await _viewer.GetJsonAsync("/api/v1/incidents/1");
        Assert.Equal("ana", incident["incident"]!["acknowledged_by"].Text());
        Assert.Contains(incident["timeline"]!.AsArray(), e => e!["actor"].Text() == "user:ana via slack");
        Assert.Contains(incident["pages"]!.AsArray(), p => p!["type"].Text() == "slack" && p["seen_at"] is not null);
        Assert.Empty(_slack.Told);
    }

    [Fact]
    public async Task Who_is_not_linked_is_told_how_and_nobody_else_sees_it()
    {
        await StartAsync();
        var page = await PagedAsync();

        Assert.Equal(200, await _slack.PressAsync(page, "tocsin_resolve", "U0EVE", _patience.Token));

        Assert.Equal("Nothing was changed: this Slack account is nobody's in Tocsin. Give your user there a contact method of the type slack with user: U0EVE.", Assert.Single(_slack.Told));
        Assert.Equal("triggered", await StatusAsync());
    }

    [Fact]
    public async Task What_Slack_did_not_sign_now_is_refused()
    {
        await StartAsync();
        var page = await PagedAsync();
        var now = DateTimeOffset.UtcNow;

        Assert.Equal(401, await _slack.PressAsync(page, "tocsin_resolve", "U0ANA", _patience.Token, secret: "guess"));
        Assert.Equal(401, await _slack.PressAsync(page, "tocsin_resolve", "U0ANA", _patience.Token, at: now.AddMinutes(-6)));
        Assert.Equal(401, await _slack.PressAsync(page, "tocsin_resolve", "U0ANA", _patience.Token, at: now.AddMinutes(6)));
        Assert.Equal("triggered", await StatusAsync());
    }

    [Fact]
    public async Task The_same_press_delivered_twice_escalates_once()
    {
        await StartAsync();
        var page = await PagedAsync();
        var press = _slack.Press(page, page.Button("tocsin_escalate")!, "U0ANA");

        Assert.Equal(200, await _slack.SendAsync(press, _patience.Token));
        Assert.Equal(200, await _slack.SendAsync(press, _patience.Token));

        var timeline = (await _viewer.GetJsonAsync("/api/v1/incidents/1"))["timeline"]!.AsArray();
        Assert.Single(timeline, e => e!["kind"].Text() == "incident.escalated" && e["reason"].Text() == "escalated by ana");
        Assert.Equal("#1: the next step is paged now.", Assert.Single(_slack.Told));
    }

    [Fact]
    public async Task The_address_answers_Slacks_question_only_if_it_is_signed()
    {
        await StartAsync();
        var body = Encoding.UTF8.GetBytes("""{"type":"url_verification","challenge":"3eZbrw1a"}""");

        foreach (var (secret, expected) in new[] { ("guess", HttpStatusCode.Unauthorized), (FakeSlackBot.SigningSecret, HttpStatusCode.OK) })
        {
            var time = $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}";
            using var request = new HttpRequestMessage(HttpMethod.Post, _slack.RequestUrl) { Content = new ByteArrayContent(body) };
            request.Content.Headers.ContentType = new("application/json");
            request.Headers.Add("X-Slack-Request-Timestamp", time);
            request.Headers.Add("X-Slack-Signature", FakeSlackBot.Sign(secret, time, body));
            using var response = await _bench.Anybody().SendAsync(request);
            Assert.Equal(expected, response.StatusCode);
            Assert.Equal(expected == HttpStatusCode.OK, await response.Content.ReadAsStringAsync() == "3eZbrw1a");
        }
    }

    [Fact]
    public async Task A_press_makes_this_server_call_nobody_but_Slack()
    {
        await StartAsync();
        var page = await PagedAsync();
        await using var elsewhere = await FakeSlackBot.StartAsync(TimeProvider.System);
        var press = _slack.Press(page, page.Button("tocsin_escalate")!, "U0EVE");
        press["response_url"] = new Uri(elsewhere.Url, "response/1").AbsoluteUri;

        Assert.Equal(200, await _slack.SendAsync(press, _patience.Token));

        Assert.Empty(elsewhere.Told);
    }

    [Fact]
    public async Task Over_a_socket_no_public_address_is_needed()
    {
        await StartAsync(socket: true);
        await _slack.ConnectionAsync(_patience.Token);
        var page = await PagedAsync();

        await _slack.PressAsync(page, "tocsin_acknowledge", "U0ANA", _patience.Token);

        Assert.StartsWith("◐ #1: ana has it", (await ChangedAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Before_Slack_closes_a_socket_the_next_one_is_open_and_a_broken_one_is_opened_again()
    {
        await StartAsync(socket: true);
        await _slack.ConnectionAsync(_patience.Token);

        await _slack.WarnAsync(_patience.Token);
        await _slack.ConnectionAsync(_patience.Token);
        Assert.Equal(2, _slack.OpenConnections);

        _slack.Drop(all: true);
        await _slack.ConnectionAsync(_patience.Token);
        var page = await PagedAsync();
        await _slack.PressAsync(page, "tocsin_resolve", "U0ANA", _patience.Token);
        Assert.Equal("resolved", await StatusAsync());
    }

    /// <summary>Ana is paged by a direct message; the bot's token stands in the channel alone.</summary>
    private async Task StartAsync(bool socket = false)
    {
        var app = socket ? $"app_token: {FakeSlackBot.AppToken}" : $"signing_secret: {FakeSlackBot.SigningSecret}";
        await _bench.EditEstateAsync($$"""{name: second, type: webhook, url: "{{_bench.Phone.Url}}ana-second", secret: {{HttpBench.PhoneSecret}}}""", "{name: second, type: slack, user: U0ANA}");
        await _bench.EditEstateAsync("{after: 30s, via: second}", "{after: 0s, via: second}");
        await _bench.EditEstateAsync("channels:", $$"""
            channels:
              - {name: chat, type: slack, channel: C0OPS, token: {{FakeSlackBot.Token}}, {{app}}, api: "{{_slack.Api}}"}
            """.ReplaceLineEndings("\n"));
        await _bench.RestartAsync(builder => builder.Configuration["Outgoing:Allow"] = $"{_bench.Phone.HostAndPort},{_slack.HostAndPort}");
        _viewer = await _bench.CallerAsync(Role.Viewer);
        _slack.RequestUrl = socket ? null : new(_bench.Url, $"/reply/slack/{_bench.Service<PublicLinks>().ReplyKey("slack", new(1, 0))}");
    }

    private async Task<SlackMessage> PagedAsync()
    {
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=Db,service=checkout,severity=critical");
        while (_slack.Messages.Count == 0)
        {
            await _slack.ArrivalAsync(_patience.Token);
        }

        return _slack.Messages[0];
    }

    private async Task<SlackMessage> ChangedAsync()
    {
        while (_slack.Messages[0].Edits == 0)
        {
            await _slack.ArrivalAsync(_patience.Token);
        }

        return _slack.Messages[0];
    }

    private async Task<string> StatusAsync() => (await _viewer.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text();
}
