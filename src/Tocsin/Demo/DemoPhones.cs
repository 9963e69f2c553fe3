using System.Security.Cryptography;
using Tocsin.Demo.Fakes;

namespace Tocsin.Demo;

/// <summary>The fake world that the demo pages: pagers, phones, a chat and a mail server, all on loopback.</summary>
internal sealed class DemoPhones : IAsyncDisposable
{
    private DemoPhones(string secret, FakeWebhook pagers, FakeNtfy ntfy, FakeSlack slack, FakeSmtp mail) =>
        (Secret, Pagers, Ntfy, Slack, Mail) = (secret, pagers, ntfy, slack, mail);

    /// <summary>What pages to the pagers are signed with.</summary>
    public string Secret { get; }

    public FakeWebhook Pagers { get; }

    public FakeNtfy Ntfy { get; }

    public FakeSlack Slack { get; }

    public FakeSmtp Mail { get; }

    /// <summary>The settings with which a server reaches them.</summary>
    public IReadOnlyDictionary<string, string?> Settings => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Outgoing:Allow"] = string.Join(',', Pagers.HostAndPort, Ntfy.HostAndPort, Slack.HostAndPort),
        ["Smtp:Host"] = "127.0.0.1",
        ["Smtp:Port"] = $"{Mail.Port}",
        ["Smtp:From"] = "Tocsin <tocsin@shop.example>",
        ["Smtp:Tls"] = "None",
    };

    public static async Task<DemoPhones> StartAsync(TimeProvider clock, CancellationToken ct)
    {
        var secret = $"whsec_{Convert.ToBase64String(RandomNumberGenerator.GetBytes(32))}";
        return new(
            secret,
            await FakeWebhook.StartAsync(clock, secret, ct: ct),
            await FakeNtfy.StartAsync(clock, ct: ct),
            await FakeSlack.StartAsync(clock, ct: ct),
            FakeSmtp.Start());
    }

    public async ValueTask DisposeAsync()
    {
        await Pagers.DisposeAsync();
        await Ntfy.DisposeAsync();
        await Slack.DisposeAsync();
        await Mail.DisposeAsync();
    }
}
