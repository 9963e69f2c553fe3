namespace Tocsin.Tests.Estate;

/// <summary>What belongs to an app is entered once, in a channel, and used by those who name only themselves.</summary>
public sealed class AppSettingsTests
{
    private const string Chat = "channels: [{name: chat, type: slack, channel: C0OPS, token: xoxb-1, api: 'https://slack.example.com/api/'}]\n";

    [Fact]
    public void A_person_names_only_the_account_when_there_is_one_app()
    {
        var method = Assert.Single(EstateBench.Model($"{Chat}users: [{{name: ana, contact: [{{name: dm, type: slack, user: U0ANA}}]}}]").Users["ana"].Contact);

        Assert.Equal(["api=https://slack.example.com/api/", "token=xoxb-1", "user=U0ANA"], method.Settings.Select(s => $"{s.Key}={s.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void With_several_apps_the_channel_is_named()
    {
        const string Two = "channels: [{name: chat, type: slack, channel: C0OPS, token: xoxb-1}, {name: other, type: slack, channel: C0DEV, token: xoxb-2}]\n";

        Assert.Equal("xoxb-2", EstateBench.Model($"{Two}users: [{{name: ana, contact: [{{name: dm, type: slack, user: U0ANA, from: other}}]}}]").Users["ana"].Contact[0].Settings["token"]);
        Assert.Contains("Give the bot's 'token'", Assert.Single(EstateBench.Faults($"{Two}users: [{{name: ana, contact: [{{name: dm, type: slack, user: U0ANA}}]}}]")), StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_sends_the_apps_token_to_an_address_of_their_own()
    {
        Assert.Contains("leave it out here", Assert.Single(EstateBench.Faults($"{Chat}users: [{{name: eve, contact: [{{name: dm, type: slack, user: U0EVE, from: chat, api: 'https://evil.example/'}}]}}]")), StringComparison.Ordinal);
        Assert.Contains("Give the bot's 'token'", Assert.Single(EstateBench.Faults($"{Chat}users: [{{name: eve, contact: [{{name: dm, type: slack, user: U0EVE, api: 'https://evil.example/'}}]}}]")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nowhere", "There is no channel 'nowhere'")]
    [InlineData("hook", "Channel hook is not a slack channel with")]
    public void A_channel_that_has_no_app_is_named(string from, string fault) => Assert.Contains(
        fault,
        Assert.Single(EstateBench.Faults($"channels: [{{name: hook, type: webhook, url: 'https://h.example/'}}]\nusers: [{{name: ana, contact: [{{name: dm, type: slack, user: U0ANA, from: {from}}}]}}]")),
        StringComparison.Ordinal);
}
