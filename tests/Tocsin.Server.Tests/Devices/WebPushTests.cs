using System.Net;
using System.Text.Json.Nodes;
using Tocsin.Data;
using Tocsin.Demo.Fakes;
using Tocsin.Identity;
using Tocsin.Tests.Http;

namespace Tocsin.Tests.Devices;

/// <summary>Devices that people register, and pages to them, through the whole server and a push service that decrypts.</summary>
public abstract class WebPushTests(Engine engine) : IAsyncLifetime
{
    private FakePush _push = null!;
    private HttpBench _bench = null!;

    public async Task InitializeAsync()
    {
        _push = await FakePush.StartAsync(TimeProvider.System);
        _bench = await HttpBench.StartAsync(engine, builder => builder.Configuration["Outgoing:Allow"] += $",{_push.HostAndPort}");
    }

    public async Task DisposeAsync()
    {
        await _bench.DisposeAsync();
        await _push.DisposeAsync();
    }

    [StoreFact]
    public async Task A_page_arrives_encrypted_on_every_device_and_its_token_acknowledges()
    {
        var ana = await PagedByPushAsync();
        var (phone, laptop) = (await RegisterAsync(ana, "Pixel 8"), await RegisterAsync(ana, "Laptop"));

        await FireAsync();
        var (first, second) = (await ArrivedAsync(0), await ArrivedAsync(1));

        Assert.Equal([phone.Endpoint, laptop.Endpoint], new[] { first.Endpoint, second.Endpoint }.OrderBy(e => e == phone.Endpoint ? 0 : 1));
        Assert.Equal((300, "high", 32), (first.TimeToLive, first.Urgency, first.Topic.Length));
        Assert.Equal(("page", 1L, "critical"), (first.Json["kind"].Text(), first.Json["n"]!.GetValue<long>(), first.Json["severity"].Text()));
        Assert.Equal("◆ CRITICAL #1 checkout", first.Json["title"].Text());
        Assert.Equal("/i/1", first.Json["url"].Text());
        var page = (await HttpBench.UntilAsync(ana, "/api/v1/pages", pages => pages.Items().Any(p => p!["method"].Text() == "push" && p["status"].Text() == "sent")));
        Assert.Single(page.Items(), p => p!["method"].Text() == "push");

        // No cookie and no key: the token is enough, as in a service worker whose session is over.
        using var nobody = _bench.Anybody();
        nobody.DefaultRequestHeaders.Add("X-Fragment", "1");
        using var done = await nobody.PostAsync(first.Json["ack"].Text(), new FormUrlEncodedContent([new("do", "acknowledge")]));
        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
        Assert.Equal("acknowledged", (await ana.GetJsonAsync("/api/v1/incidents/1"))["incident"]!["status"].Text());

        // Both devices, also those of whoever acknowledged, show the news in the page's place.
        var news = new[] { await ArrivedAsync(2), await ArrivedAsync(3) };
        Assert.All(news, n => Assert.Equal(("acknowledged", true, first.Json["tag"].Text(), null), (n.Json["kind"].Text(), n.Replaces, n.Json["tag"].Text(), n.Json["ack"]?.ToString())));
    }

    [StoreFact]
    public async Task A_subscription_that_is_gone_ends_and_its_owner_is_told_by_another_method()
    {
        var ana = await PagedByPushAsync();
        var (old, laptop) = (await RegisterAsync(ana, "Old phone"), await RegisterAsync(ana, "Laptop"));
        _push.Unsubscribe(old.Endpoint);

        await FireAsync();

        Assert.Equal(laptop.Endpoint, (await ArrivedAsync(0)).Endpoint);
        var told = await _bench.PagedAsync();
        Assert.Equal(("ana", "device.lost"), (told.Phone, told.Type));
        Assert.Equal("Old phone", told.Data["title"].Text());
        Assert.EndsWith("/me/devices", told.Data["incident_url"].Text(), StringComparison.Ordinal);
        var devices = (await ana.GetJsonAsync("/api/v1/me/devices")).Items();
        Assert.Contains("410", devices[0]!["error"].Text(), StringComparison.Ordinal);
        Assert.NotNull(devices[0]!["ended_at"]);
        Assert.Null(devices[1]!["ended_at"]);

        // Registered again it lives again.
        await RegisterAsync(ana, "Old phone", old.Subscription);
        Assert.Null((await ana.GetJsonAsync("/api/v1/me/devices")).Items()[0]!["ended_at"]);
    }

    [StoreFact]
    public async Task Without_a_device_the_next_method_pages_at_once()
    {
        await PagedByPushAsync(more: ", {after: 30s, via: phone}");

        await FireAsync();

        Assert.Equal(("ana", "incident.triggered"), (await _bench.PagedAsync()) is var (phone, type, _) ? (phone, type) : default);
    }

    [StoreFact]
    public async Task A_method_that_names_a_device_rings_that_one_only()
    {
        var ana = await PagedByPushAsync("contact:\n      - {name: push, type: webpush, device: laptop}");
        await RegisterAsync(ana, "Pixel 8");
        var laptop = await RegisterAsync(ana, "Laptop");

        await FireAsync();

        Assert.Equal(laptop.Endpoint, (await ArrivedAsync(0)).Endpoint);
        await HttpBench.UntilAsync(ana, "/api/v1/pages", pages => pages.Items().Any(p => p!["method"].Text() == "push" && p["status"].Text() == "sent"));
        Assert.Single(_push.Messages);
    }

    [StoreFact]
    public async Task A_push_service_that_is_busy_is_asked_again_and_one_that_carries_less_gets_less()
    {
        var ana = await PagedByPushAsync();
        await RegisterAsync(ana, "Pixel 8");
        _push.FailNext(new FakeFault.Answer(429, RetryAfter: "1"));
        _push.FailNext(new FakeFault.Answer(413));

        await FireAsync();
        await ArrivedAsync(0, deliveries: 3);

        var events = await HttpBench.UntilAsync(ana, "/api/v1/events?subject=incident/1", e => e.Items().Any(x => x!["kind"].Text() == "page.sent"));
        Assert.Contains(events.Items(), e => e!["kind"].Text() == "page.retrying" && e["reason"].Text().Contains("429", StringComparison.Ordinal));
    }

    [StoreFact]
    public async Task A_signature_that_is_not_taken_is_said_with_what_to_do()
    {
        var ana = await _bench.PersonAsync("ana", Role.Responder);
        var device = await ana.PostAsync("/api/v1/me/devices", Body("Pixel 8", _push.Subscribe("another key")), HttpStatusCode.Created);

        var answer = await ana.PostAsync($"/api/v1/me/devices/{device["id"]}/test", "{}");

        Assert.Equal("failed", answer["status"].Text());
        Assert.Contains("register the device again", answer["reason"].Text(), StringComparison.Ordinal);
    }

    [StoreFact]
    public async Task A_test_rings_and_the_answer_is_kept()
    {
        var ana = await _bench.PersonAsync("ana", Role.Responder);
        await RegisterAsync(ana, "Pixel 8");
        var id = (await ana.GetJsonAsync("/api/v1/me/devices")).Items().Single()!["id"];

        Assert.Equal("sent", (await ana.PostAsync($"/api/v1/me/devices/{id}/test", "{}"))["status"].Text());
        using var rang = await ana.PostJsonAsync($"/api/v1/me/devices/{id}/rang", """{"rang": true}""");

        Assert.Equal(HttpStatusCode.NoContent, rang.StatusCode);
        Assert.Equal(("test", "i Test from Tocsin for ana"), (_push.Messages.Single().Json["kind"].Text(), _push.Messages.Single().Json["title"].Text()));
        var device = (await ana.GetJsonAsync("/api/v1/me/devices")).Items().Single()!;
        Assert.True(device["rang"]!.GetValue<bool>());
        Assert.NotNull(device["sent_at"]);
    }

    [StoreFact]
    public async Task Nobody_sees_tests_or_removes_the_device_of_somebody_else()
    {
        var (ana, bo) = (await _bench.PersonAsync("ana", Role.Responder), await _bench.PersonAsync("bo", Role.Owner));
        await RegisterAsync(ana, "Pixel 8");
        var id = (await ana.GetJsonAsync("/api/v1/me/devices")).Items().Single()!["id"];

        Assert.Empty((await bo.GetJsonAsync("/api/v1/me/devices")).Items());
        foreach (var (method, path, body) in new[] { ("DELETE", "", ""), ("POST", "/test", "{}"), ("POST", "/rang", """{"rang":true}""") })
        {
            using var request = new HttpRequestMessage(new(method), $"/api/v1/me/devices/{id}{path}") { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
            using var answer = await bo.SendAsync(request);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }

        using var removed = await ana.DeleteAsync($"/api/v1/me/devices/{id}");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Empty((await ana.GetJsonAsync("/api/v1/me/devices")).Items());
    }

    [StoreFact]
    public async Task An_endpoint_that_is_no_public_https_address_is_refused()
    {
        var ana = await _bench.PersonAsync("ana", Role.Responder);
        foreach (var (endpoint, says) in new[]
        {
            ("http://push.example/x", "https only"), ("https://127.0.0.1/x", "loopback"), ("https://[::ffff:10.0.0.7]/x", "private"),
            ("https://169.254.169.254/latest", "link-local"), ("https://user:password@push.example/x", "user or a password"),
            ("ftp://push.example/x", "must begin with"), ("", "1 to 2000"),
        })
        {
            var subscription = _push.Subscribe("");
            subscription["endpoint"] = endpoint;
            var refused = await ana.PostAsync("/api/v1/me/devices", Body("Phone", subscription), HttpStatusCode.UnprocessableEntity);
            Assert.Contains(says, refused["detail"].Text(), StringComparison.Ordinal);
        }
    }

    [StoreFact]
    public async Task What_rings_a_device_is_sealed_in_the_store_and_its_key_is_the_same_after_a_restart()
    {
        var ana = await _bench.PersonAsync("ana", Role.Responder);
        var key = (await ana.GetJsonAsync("/api/v1/me/devices/key"))["public_key"].Text();
        var (endpoint, _) = await RegisterAsync(ana, "Pixel 8");

        var stored = await _bench.Service<Database>().ReadAsync(
            session => session.QueryAsync("SELECT address FROM device UNION ALL SELECT value FROM meta WHERE name = 'push_key'", static row => row.GetString(0)), default);
        Assert.Equal(2, stored.Count);
        Assert.All(stored, text => Assert.StartsWith("sealed:", text, StringComparison.Ordinal));
        Assert.All(stored, text => Assert.DoesNotContain(endpoint, text, StringComparison.Ordinal));

        await _bench.RestartAsync();
        Assert.Equal(key, (await (await _bench.PersonAsync("ana", Role.Responder)).GetJsonAsync("/api/v1/me/devices/key"))["public_key"].Text());
    }

    [StoreFact]
    public async Task Who_leaves_the_workspace_leaves_no_device_behind()
    {
        var (bo, head) = (await _bench.PersonAsync("bo", Role.Responder), await _bench.PersonAsync("head", Role.Owner));
        await RegisterAsync(bo, "Pixel 8");
        var member = (await head.GetJsonAsync("/api/v1/members")).Items().Single(m => m!["name"].Text() == "bo")!;

        using var left = await head.DeleteAsync($"/api/v1/members/{member["id"]}");

        Assert.True(left.IsSuccessStatusCode, $"{left.StatusCode}");
        Assert.Equal(0, await _bench.Service<Database>().ReadAsync(session => session.ScalarAsync("SELECT COUNT(*) FROM device"), default));
    }

    private static string Body(string name, JsonObject subscription) => new JsonObject { ["name"] = name, ["subscription"] = subscription }.ToJsonString();

    /// <summary>Ana as the file says it: her rules name push, which nobody declares.</summary>
    private async Task<HttpClient> PagedByPushAsync(string contact = "contact:", string more = "")
    {
        var head = await _bench.PersonAsync("head", Role.Owner);
        await _bench.EditEstateAsync("high: [{after: 0s, via: phone}, {after: 30s, via: second}]", $"high: [{{after: 0s, via: push}}{more}]");
        if (contact != "contact:")
        {
            await _bench.EditEstateAsync("role: responder\n    contact:\n", $"role: responder\n    {contact}\n");
        }

        using var reloaded = await head.PostAsync("/-/reload", null);
        Assert.Equal(HttpStatusCode.NoContent, reloaded.StatusCode);
        return await _bench.PersonAsync("ana", Role.Responder);
    }

    private async Task<(string Endpoint, JsonObject Subscription)> RegisterAsync(HttpClient person, string name, JsonObject? subscription = null)
    {
        subscription ??= _push.Subscribe((await person.GetJsonAsync("/api/v1/me/devices/key"))["public_key"].Text());
        var device = await person.PostAsync("/api/v1/me/devices", Body(name, subscription), HttpStatusCode.Created);
        Assert.Equal(name, device["name"].Text());
        var endpoint = subscription["endpoint"].Text();
        return (endpoint[(endpoint.LastIndexOf('/') + 1)..], subscription.DeepClone().AsObject());
    }

    private Task FireAsync() => _bench.Anybody().FireAsync(HttpBench.PrometheusKey, "alertname=Slow,service=checkout,severity=critical");

    /// <summary>The message at this place, after so many deliveries came; each is awaited once.</summary>
    private async Task<PushMessage> ArrivedAsync(int place, int deliveries = 1)
    {
        using var patience = Patience.Begin();
        for (var i = 0; i < deliveries || _push.Messages.Count <= place; i++)
        {
            await _push.ArrivalAsync(patience.Token);
        }

        return _push.Messages[place];
    }

    public sealed class OnSqlite() : WebPushTests(Engine.Sqlite);

    public sealed class OnPostgres() : WebPushTests(Engine.Postgres);
}
