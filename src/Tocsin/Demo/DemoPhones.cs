using System.Security.Cryptography;
using Tocsin.Demo.Fakes;

namespace Tocsin.Demo;

/// <summary>The fake world that the demo pages: pagers, phones, chats, a carrier and a mail server, all on loopback.</summary>
internal sealed class DemoPhones : IAsyncDisposable
{
    private const string Repository = "shop/alerts";

    private readonly List<FakeHttp> _fakes = [];

    private DemoPhones(string secret, FakeSmtp mail) => (Secret, Mail) = (secret, mail);

    /// <summary>What pages to the pagers are signed with.</summary>
    public string Secret { get; }

    public required FakeWebhook Pagers { get; init; }

    public required FakeNtfy Ntfy { get; init; }

    public required FakeSlackBot Slack { get; init; }

    public required FakeTelegram Telegram { get; init; }

    public required FakeDiscord Discord { get; init; }

    public required FakeTeams Teams { get; init; }

    public required FakeGotify Gotify { get; init; }

    public required FakePushover Pushover { get; init; }

    /// <summary>Messages and calls.</summary>
    public required FakeTwilio Carrier { get; init; }

    /// <summary>Where alarms get issues.</summary>
    public required FakeGitHub GitHub { get; init; }

    /// <summary>What looks at logs and metrics beside the rules.</summary>
    public required FakeModel Model { get; init; }

    public FakeSmtp Mail { get; }

    /// <summary>Where each can be looked at with a browser.</summary>
    public IReadOnlyList<(string Name, Uri Url)> Looks =>
        [("pagers", Pagers.Url), ("ntfy", Ntfy.Url), ("Slack", Slack.Url), ("Telegram", Telegram.Url), ("Discord", Discord.Url), ("Teams", Teams.Url), ("Gotify", Gotify.Url), ("Pushover", Pushover.Url), ("carrier", Carrier.Url), ("GitHub", GitHub.Url), ("model", Model.Url)];

    /// <summary>The settings with which a server reaches them.</summary>
    public IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Outgoing:Allow"] = string.Join(',', _fakes.Select(fake => fake.HostAndPort)),
        ["GitHub:BaseUrl"] = GitHub.Url.ToString(),
        ["GitHub:Token"] = FakeGitHub.Token,
        ["GitHub:WebhookSecret"] = FakeGitHub.HookSecret,

        // While the week is told nothing waits for real time, and nobody looks every few minutes of it.
        ["GitHub:Spacing"] = "00:00:00",
        ["GitHub:LookEvery"] = "1.00:00:00",
        ["Ai:Provider"] = nameof(Telemetry.AiProvider.OpenAi),
        ["Ai:BaseUrl"] = Model.OpenAi,
        ["Ai:ApiKey"] = FakeModel.Key,
        ["Ai:Model"] = FakeModel.Name,
        ["Ai:Every"] = "00:01:00",
        ["Smtp:Host"] = "127.0.0.1",
        ["Smtp:Port"] = $"{Mail.Port}",
        ["Smtp:From"] = "Tocsin <tocsin@shop.example>",
        ["Smtp:Tls"] = "None",
    };

    public static async Task<DemoPhones> StartAsync(TimeProvider clock, CancellationToken ct)
    {
        var secret = $"whsec_{Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}";
        var phones = new DemoPhones(secret, FakeSmtp.Start())
        {
            Pagers = await FakeWebhook.StartAsync(clock, secret, ct: ct),
            Ntfy = await FakeNtfy.StartAsync(clock, ct: ct),
            Slack = await FakeSlackBot.StartAsync(clock, ct: ct),
            Telegram = await FakeTelegram.StartAsync(clock, ct: ct),
            Discord = await FakeDiscord.StartAsync(clock, ct: ct),
            Teams = await FakeTeams.StartAsync(clock, ct: ct),
            Gotify = await FakeGotify.StartAsync(clock, ct: ct),
            Pushover = await FakePushover.StartAsync(clock, ct: ct),
            Carrier = await FakeTwilio.StartAsync(clock, ct: ct),
            GitHub = await FakeGitHub.StartAsync(clock, 0, ct, Repository),
            Model = await FakeModel.StartAsync(clock, ct: ct),
        };
        phones._fakes.AddRange([phones.Pagers, phones.Ntfy, phones.Slack, phones.Telegram, phones.Discord, phones.Teams, phones.Gotify, phones.Pushover, phones.Carrier, phones.GitHub, phones.Model]);
        phones.GitHub.Repository(Repository).MadeUp = true;
        return phones;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var fake in _fakes)
        {
            await fake.DisposeAsync();
        }

        await Mail.DisposeAsync();
    }
}
