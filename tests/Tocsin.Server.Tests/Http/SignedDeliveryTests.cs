using System.Net;
using System.Security.Cryptography;
using System.Text;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>A source whose deliveries must be signed.</summary>
public sealed class SignedDeliveryTests : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Theory]
    [InlineData("right", HttpStatusCode.Accepted)]
    [InlineData("wrong", HttpStatusCode.Forbidden)]
    [InlineData("missing", HttpStatusCode.Forbidden)]
    [InlineData("of another body", HttpStatusCode.Forbidden)]
    public async Task A_source_with_a_secret_takes_only_what_is_signed(string signature, HttpStatusCode expected)
    {
        const string Body = """{"alerts": [{"status": "firing", "labels": {"alertname": "Signed"}, "fingerprint": "c6eadffa33fcdf37"}]}""";
        using var content = new StringContent(Body, Encoding.UTF8, "application/json");
        if (signature != "missing")
        {
            content.Headers.Add("X-Grafana-Alerting-Signature", signature switch
            {
                "right" => Signature(Body),
                "of another body" => Signature(Body + " "),
                _ => Convert.ToHexStringLower(HMACSHA256.HashData("another secret"u8, Encoding.UTF8.GetBytes(Body))),
            });
        }

        using var sender = _bench.Anybody();
        using var response = await sender.PostAsync($"/in/grafana/{HttpBench.GrafanaKey}", content);
        await response.JsonAsync(expected);

        var admin = await _bench.CallerAsync(Role.Admin);
        var delivery = Assert.Single((await admin.GetJsonAsync("/api/v1/deliveries")).Items())!;
        Assert.Equal(expected == HttpStatusCode.Accepted ? "accepted" : "refused", delivery["verdict"].Text());
        Assert.Equal(expected == HttpStatusCode.Accepted ? 1 : 0, (await admin.GetJsonAsync("/api/v1/alerts")).Items().Count);
        if (expected == HttpStatusCode.Forbidden)
        {
            await admin.PostAsync($"/api/v1/deliveries/{delivery["id"]}/replay", "", HttpStatusCode.Conflict);
        }
    }

    private static string Signature(string body) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(HttpBench.GrafanaSecret), Encoding.UTF8.GetBytes(body)));
}
