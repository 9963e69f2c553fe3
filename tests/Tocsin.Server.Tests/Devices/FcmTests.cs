using System.Net;
using System.Text.Json.Nodes;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Devices;

/// <summary>Apps by Firebase, through the whole server and a fake that checks the assertion and the form.</summary>
public sealed class FcmTests : IAsyncLifetime
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"tocsin-fcm-{Guid.NewGuid():N}.json");
    private FakeFcm _fcm = null!;
    private HttpBench _bench = null!;
    private HttpClient _ana = null!;

    public async Task InitializeAsync()
    {
        _fcm = await FakeFcm.StartAsync(TimeProvider.System);
        await File.WriteAllTextAsync(_file, _fcm.ServiceAccount);
        _bench = await HttpBench.StartAsync(configure: builder =>
        {
            builder.Configuration["Outgoing:Allow"] += $",{_fcm.HostAndPort}";
            builder.Configuration["Fcm:ServiceAccountFile"] = _file;
            builder.Configuration["Fcm:Url"] = _fcm.Url.ToString();
        });
        await _bench.EditEstateAsync("high: [{after: 0s, via: phone}, {after: 30s, via: second}]", "high: [{after: 0s, via: app}, {after: 10m, via: second}]");
        await _bench.EditEstateAsync("role: responder\n    contact:\n", "role: responder\n    contact:\n      - {name: app, type: fcm}\n");
        using var reloaded = await (await _bench.PersonAsync("head", Role.Owner)).PostAsync("/-/reload", null);
        Assert.Equal(HttpStatusCode.NoContent, reloaded.StatusCode);
        _ana = await _bench.PersonAsync("ana", Role.Responder);
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _fcm.DisposeAsync();
        File.Delete(_file);
    }

    [Fact]
    public async Task A_page_rings_the_app_with_what_it_needs_to_acknowledge()
    {
        await RegisterAsync("registration-1");
        await FireAsync();
        await ArrivedAsync(() => _fcm.Messages.Count == 1);

        var (token, message) = (_fcm.Messages[0].Token, _fcm.Messages[0].Message);
        Assert.Equal(("registration-1", "HIGH", "300s"), (token, message["android"]!["priority"].Text(), message["android"]!["ttl"].Text()));
        Assert.Equal("◆ CRITICAL #1 checkout", message["notification"]!["title"].Text());
        Assert.Equal(("page", "1", "/i/1"), (message["data"]!["kind"].Text(), message["data"]!["n"].Text(), message["data"]!["url"].Text()));
        using var nobody = _bench.Anybody();
        nobody.DefaultRequestHeaders.Add("X-Fragment", "1");
        using var done = await nobody.PostAsync(message["data"]!["ack"].Text(), new FormUrlEncodedContent([new("do", "acknowledge")]));
        Assert.Equal("You have #1. Nobody else is paged.", JsonNode.Parse(await done.Content.ReadAsStringAsync())!["notice"].Text());
    }

    [Fact]
    public async Task One_access_token_serves_until_it_is_refused()
    {
        await RegisterAsync("registration-1");
        var id = (await _ana.GetJsonAsync("/api/v1/me/devices")).Items().Single()!["id"];
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("sent", (await _ana.PostAsync($"/api/v1/me/devices/{id}/test", "{}"))["status"].Text());
        }

        Assert.Equal(1, _fcm.Tokens);
        _fcm.Revoke();
        Assert.Equal("failed", (await _ana.PostAsync($"/api/v1/me/devices/{id}/test", "{}"))["status"].Text());
        Assert.Equal("sent", (await _ana.PostAsync($"/api/v1/me/devices/{id}/test", "{}"))["status"].Text());
        Assert.Equal(2, _fcm.Tokens);

        // Renewed before its end: the fake's clock stands, so that it does not believe an assertion from the future, and says so.
        _bench.Pass(TimeSpan.FromMinutes(56));
        Assert.Contains("invalid_grant", (await _ana.PostAsync($"/api/v1/me/devices/{id}/test", "{}"))["reason"].Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_that_was_taken_off_ends_and_the_next_method_begins()
    {
        await RegisterAsync("registration-1");
        _fcm.Remove("registration-1");

        await FireAsync();

        var first = await _bench.PagedAsync();
        var second = await _bench.PagedAsync();
        Assert.Equal(["device.lost", "incident.triggered"], new[] { first.Type, second.Type }.Order());
        Assert.NotNull((await _ana.GetJsonAsync("/api/v1/me/devices")).Items().Single()!["ended_at"]);
    }

    [Fact]
    public async Task Without_a_service_account_it_is_said_and_the_next_method_begins()
    {
        await File.WriteAllTextAsync(_file, "{}");
        await RegisterAsync("registration-1");

        await FireAsync();

        Assert.Equal("ana-second", (await _bench.PagedAsync()).Phone);
        Assert.Contains("not that of a service account", (await _ana.GetJsonAsync("/api/v1/me/devices")).Items().Single()!["error"].Text(), StringComparison.Ordinal);
    }

    private async Task RegisterAsync(string token) =>
        await _ana.PostAsync("/api/v1/me/devices", $$"""{"kind": "app", "name": "Pixel 8", "token": "{{token}}"}""", HttpStatusCode.Created);

    private Task FireAsync() => _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=Slow,service=checkout,severity=critical");

    private async Task ArrivedAsync(Func<bool> done)
    {
        using var patience = Patience.Begin();
        while (!done())
        {
            await _fcm.ArrivalAsync(patience.Token);
        }
    }
}
