using System.Security.Cryptography;
using System.Text;
using Tocsin.Demo.Fakes;

namespace Tocsin.Demo;

/// <summary>The estate of the demo with the addresses and secrets of this run.</summary>
internal static class DemoEstate
{
    /// <param name="seed">Secret of the installation: the sources' keys stay the same from one start to the next.</param>
    public static string Text(DemoPhones phones, byte[] seed)
    {
        using var stream = typeof(DemoEstate).Assembly.GetManifestResourceStream("Tocsin.Demo.estate.yaml")
            ?? throw new InvalidOperationException("The demo's estate was not built into the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd()
            .Replace("{phones}", phones.Pagers.Url.ToString(), StringComparison.Ordinal)
            .Replace("{ntfy}", phones.Ntfy.Url.ToString(), StringComparison.Ordinal)
            .Replace("{slack-api}", phones.Slack.Api.ToString(), StringComparison.Ordinal)
            .Replace("{slack-token}", FakeSlackBot.Token, StringComparison.Ordinal)
            .Replace("{slack-app-token}", FakeSlackBot.AppToken, StringComparison.Ordinal)
            .Replace("{telegram-api}", phones.Telegram.Url.ToString(), StringComparison.Ordinal)
            .Replace("{telegram-token}", FakeTelegram.Token, StringComparison.Ordinal)
            .Replace("{discord}", phones.Discord.Webhook.ToString(), StringComparison.Ordinal)
            .Replace("{teams}", phones.Teams.Webhook.ToString(), StringComparison.Ordinal)
            .Replace("{gotify}", phones.Gotify.Url.ToString(), StringComparison.Ordinal)
            .Replace("{gotify-token}", FakeGotify.Token, StringComparison.Ordinal)
            .Replace("{pushover-api}", phones.Pushover.Api.ToString(), StringComparison.Ordinal)
            .Replace("{pushover-token}", FakePushover.Token, StringComparison.Ordinal)
            .Replace("{pushover-user}", FakePushover.User, StringComparison.Ordinal)
            .Replace("{carrier}", phones.Carrier.Url.ToString(), StringComparison.Ordinal)
            .Replace("{carrier-account}", FakeTwilio.Account, StringComparison.Ordinal)
            .Replace("{carrier-token}", phones.Carrier.Token, StringComparison.Ordinal)
            .Replace("{secret}", phones.Secret, StringComparison.Ordinal)
            .Replace("{key-prometheus}", Key(seed, "prometheus"), StringComparison.Ordinal)
            .Replace("{key-grafana}", Key(seed, "grafana"), StringComparison.Ordinal)
            .Replace("{key-scripts}", Key(seed, "scripts"), StringComparison.Ordinal);
    }

    private static string Key(byte[] seed, string source) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(seed, Encoding.UTF8.GetBytes($"demo source {source}")))[..32];
}
