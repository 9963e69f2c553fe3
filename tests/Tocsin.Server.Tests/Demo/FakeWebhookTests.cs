using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tocsin.Demo.Fakes;

namespace Tocsin.Tests.Demo;

public sealed class FakeWebhookTests
{
    private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    [Theory]
    [InlineData("v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("v1,not base64")]
    [InlineData("v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData("")]
    public async Task A_wrong_signature_is_not_taken(string signature)
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System, Secret);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, fake.Url) { Content = new StringContent("{}") };
        request.Headers.Add("webhook-id", "msg_1");
        request.Headers.Add("webhook-timestamp", $"{DateTimeOffset.UtcNow.ToUnixTimeSeconds()}");
        request.Headers.TryAddWithoutValidation("webhook-signature", signature);

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.SendAsync(request)).StatusCode);
        Assert.Empty(fake.Deliveries);
    }

    [Fact]
    public async Task An_old_timestamp_is_not_taken()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System, Secret);
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, fake.Url) { Content = new StringContent("""{"test": 2432232314}""") };
        request.Headers.Add("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek");
        request.Headers.Add("webhook-timestamp", "1614265330");
        request.Headers.Add("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task The_phone_shows_what_arrived_as_text()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        using var client = new HttpClient { BaseAddress = fake.Url };
        using var body = new StringContent(
            """{"type":"incident.triggered","data":{"text":"<b>◆ CRITICAL</b>","title":"x","action_url":"https://t.example/a/1","incident_url":"javascript:alert(1)"}}""",
            Encoding.UTF8, "application/json");

        await client.PostAsync("ana", body);
        var page = await client.GetStringAsync("/");
        var list = JsonNode.Parse(await client.GetStringAsync("/deliveries"))!.AsArray();

        Assert.Contains("&lt;b&gt;", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.Contains("href=\"https://t.example/a/1\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("javascript:", page, StringComparison.Ordinal);
        Assert.Equal("/ana", Assert.Single(list)!["path"]!.GetValue<string>());
    }

    [Fact]
    public async Task It_fails_as_it_is_told_from_outside()
    {
        await using var fake = await FakeWebhook.StartAsync(TimeProvider.System);
        using var client = new HttpClient { BaseAddress = fake.Url };

        Assert.Equal(HttpStatusCode.OK, (await client.PostAsync("_fail?with=503&times=2&retry_after=3", null)).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PostAsync("_fail?with=nonsense", null)).StatusCode);

        using var first = await client.PostAsync("ana", new StringContent("{}"));
        Assert.Equal((503, "3"), ((int)first.StatusCode, first.Headers.RetryAfter!.ToString()));
        Assert.Equal(503, (int)(await client.PostAsync("ana", new StringContent("{}"))).StatusCode);
        Assert.Equal(204, (int)(await client.PostAsync("ana", new StringContent("{}"))).StatusCode);
    }
}
