using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>Which alerts a reader of the Alertmanager API gets; on one server, whose alerts and silence stay the same.</summary>
public sealed class AlertmanagerFilterTests(AlertmanagerFilterTests.Three shared) : IClassFixture<AlertmanagerFilterTests.Three>
{
    [Theory]
    [InlineData("", "a b c")]
    [InlineData("filter=team%3D%22blue%22", "a b")]
    [InlineData("filter=team%3D%22blue%22&filter=alertname!%3Da", "b")]
    [InlineData("filter=%7Bteam%3D~%22bl.*%22%2C%20alertname%3Da%7D", "a")]
    [InlineData("filter=nothing%3D%22%22", "a b c")]
    [InlineData("receiver=pay.*", "a b")]
    [InlineData("receiver=pay", "")]
    [InlineData("receiver_matchers=name%3D%22none%22", "c")]
    [InlineData("receiver_matchers=name!%3D%22none%22&receiver=none", "")]
    [InlineData("active=false", "b")]
    [InlineData("silenced=false&inhibited=false&unprocessed=true&active=true", "a c")]
    [InlineData("active=0&silenced=0", "")]
    public async Task A_list_is_narrowed_as_its_reader_asks(string query, string expected)
    {
        var caller = await shared.Bench.CallerAsync(Role.Viewer);

        var alerts = await caller.GetJsonAsync($"/api/v2/alerts?{query}");
        var groups = await caller.GetJsonAsync($"/api/v2/alerts/groups?{query}");

        Assert.Equal(expected, string.Join(' ', alerts.AsArray().Select(a => a!["labels"]!["alertname"].Text())));
        Assert.Equal(expected, string.Join(' ', groups.AsArray().SelectMany(g => g!["alerts"]!.AsArray()).Select(a => a!["labels"]!["alertname"].Text()).Order()));
    }

    /// <summary>Alerts a, b and c, of which b is silenced and c pages nobody.</summary>
    public sealed class Three : SharedBench
    {
        public override async Task InitializeAsync()
        {
            await base.InitializeAsync();
            await Bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=a,team=blue", "alertname=b,team=blue", "alertname=c,team=red,severity=info");
            await SilenceText.PostAsync(await Bench.CallerAsync(Role.Responder), """{"name": "alertname", "value": "b", "isRegex": false}""");
        }
    }
}
