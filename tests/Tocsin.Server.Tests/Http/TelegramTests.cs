using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Notify;

namespace Tocsin.Tests.Http;

/// <summary>People who are paged in Telegram answer there: asked for by one node, or by Telegram's webhook.</summary>
public sealed class TelegramTests : IAsyncLifetime, IDisposable
{
    private readonly CancellationTokenSource _patience = Patience.Begin();
    private FakeTelegram _telegram = null!;
    private HttpBench _bench = null!;
    private HttpClient _viewer = null!;

    public async Task InitializeAsync()
    {
        _telegram = await FakeTelegram.StartAsync(TimeProvider.System);
        _bench = await HttpBench.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _telegram.DisposeAsync();
    }

    public void Dispose() => _patience.Dispose();

    [Fact]
    public async Task A_press_is_asked_for_and_the_message_says_who_has_it()
    {
        await StartAsync("chat_id: 1001");
        var page = await PagedAsync();

        await _telegram.PressAsync(page, "Acknowledge", "1001", _patience.Token);

        Assert.StartsWith("<b>◐ #1: ana has it", (await UntilAsync(m => m.Edits > 0)).Text, StringComparison.Ordinal);
        Assert.Equal("You have #1. Nobody else is paged.", await AnsweredAsync());
        var timeline = (await _viewer.GetJsonAsync("/api/v1/incidents/1"))["timeline"]!.AsArray();
        Assert.Contains(timeline, e => e!["actor"].Text() == "user:ana via telegram");
        Assert.Equal(0, _telegram.Conflicts);
    }

    [Fact]
    public async Task Telegram_calls_when_it_is_told_to_and_shows_its_secret()
    {
        await StartAsync("chat_id: 1001", webhook: true);
        while (_telegram.Hook is null)
        {
            await _telegram.ArrivalAsync(_patience.Token);
        }

        _telegram.Route = hook => new(_bench.Url, hook.PathAndQuery);
        var page = await PagedAsync();

        Assert.Equal(401, await _telegram.PressAsync(page, "Resolve", "1001", _patience.Token, secret: "guess"));
        Assert.Equal("triggered", await StatusAsync());
        Assert.Equal(200, await _telegram.PressAsync(page, "Resolve", "1001", _patience.Token));
        Assert.Equal("resolved", await StatusAsync());
    }

    [Fact]
    public async Task A_chat_is_linked_by_the_code_under_Me_once()
    {
        await StartAsync(null);
        var code = await CodeAsync("ana");

        await _telegram.WriteAsync("4242", $"/start {code}", _patience.Token);
        Assert.Equal("This chat is linked to ana: pages come here, and what you press acts as you.", (await UntilAsync(m => m.Chat == "4242")).Text);

        await _telegram.WriteAsync("6666", $"/start {code}", _patience.Token);
        Assert.Equal("The code is not good any more. Take the one that stands under Me in Tocsin now.", (await UntilAsync(m => m.Chat == "6666")).Text);

        await _telegram.WriteAsync("6666", "/start guess", _patience.Token);
        var page = await PagedAsync();
        Assert.Equal("4242", page.Chat);
        await _telegram.PressAsync(page, "Acknowledge", "4242", _patience.Token);
        Assert.Equal("You have #1. Nobody else is paged.", await AnsweredAsync());
    }

    [Fact]
    public async Task Who_is_not_linked_is_told_how()
    {
        await StartAsync("chat_id: 1001");
        var page = await PagedAsync();

        await _telegram.PressAsync(page, "Resolve", "31337", _patience.Token);

        Assert.StartsWith("! Nothing was changed: this Telegram account is nobody's in Tocsin.", await AnsweredAsync(), StringComparison.Ordinal);
        Assert.Equal("triggered", await StatusAsync());
    }

    [Fact]
    public async Task What_was_done_is_not_done_again_after_a_restart()
    {
        await StartAsync("chat_id: 1001");
        var page = await PagedAsync();
        await _telegram.PressAsync(page, "Acknowledge", "1001", _patience.Token);
        await AnsweredAsync();

        await _bench.RestartAsync(Allow);
        while (_telegram.Unconfirmed > 0)
        {
            await _telegram.ArrivalAsync(_patience.Token);
        }

        _viewer = await _bench.CallerAsync(Role.Viewer);
        var timeline = (await _viewer.GetJsonAsync("/api/v1/incidents/1"))["timeline"]!.AsArray();
        Assert.Single(timeline, e => e!["kind"].Text() == "incident.acknowledged");
        Assert.Single(_telegram.Answers);
    }

    private async Task StartAsync(string? chat, bool webhook = false)
    {
        await _bench.EditEstateAsync(
            $$"""{name: second, type: webhook, url: "{{_bench.Phone.Url}}ana-second", secret: {{HttpBench.PhoneSecret}}}""",
            chat is null ? "{name: second, type: telegram}" : $"{{name: second, type: telegram, {chat}}}");
        await _bench.EditEstateAsync("{after: 30s, via: second}", "{after: 0s, via: second}");
        await _bench.EditEstateAsync("channels:", $$"""
            channels:
              - {name: chat, type: telegram, chat_id: -100200, token: "{{FakeTelegram.Token}}", api: "{{_telegram.Url}}", webhook: {{(webhook ? "yes" : "no")}}}
            """.ReplaceLineEndings("\n"));
        await _bench.RestartAsync(Allow);
        _viewer = await _bench.CallerAsync(Role.Viewer);
    }

    private void Allow(Microsoft.AspNetCore.Builder.WebApplicationBuilder builder) => builder.Configuration["Outgoing:Allow"] = $"{_bench.Phone.HostAndPort},{_telegram.HostAndPort}";

    private async Task<string> CodeAsync(string user)
    {
        var page = await (await _bench.PersonAsync(user, Role.Responder)).GetStringAsync("/me");
        var at = page.IndexOf("/start ", StringComparison.Ordinal) + "/start ".Length;
        return page[at..(at + page[at..].IndexOf('<', StringComparison.Ordinal))];
    }

    private async Task<TelegramMessage> PagedAsync()
    {
        await _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=Db,service=checkout,severity=critical");
        return await UntilAsync(m => m.Buttons.Contains("Acknowledge"));
    }

    private async Task<TelegramMessage> UntilAsync(Func<TelegramMessage, bool> wanted)
    {
        while (true)
        {
            if (_telegram.Messages.FirstOrDefault(wanted) is { } message)
            {
                return message;
            }

            await _telegram.ArrivalAsync(_patience.Token);
        }
    }

    private async Task<string> AnsweredAsync()
    {
        while (_telegram.Answers.Count == 0)
        {
            await _telegram.ArrivalAsync(_patience.Token);
        }

        return _telegram.Answers[0];
    }

    private async Task<string> StatusAsync() => (await _viewer.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text();
}
