using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Tests.Http;

/// <summary>What stands in front of the server, and pages of other sites.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    private HttpBench _bench = null!;

    public async Task InitializeAsync() => _bench = await HttpBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task A_proxy_that_is_named_is_believed_about_scheme_host_and_address()
    {
        await WithAsync(("Server:TrustedProxies", "10.0.0.0/8, 127.0.0.1"), ("Limits:AddressPerSecond", "1"));
        using var answer = await AskAsync("/login", "203.0.113.9", "https", "tocsin.example");
        Assert.Contains("max-age=31536000", answer.Headers.GetValues("Strict-Transport-Security"));
        var cookie = answer.Headers.GetValues("Set-Cookie").Single();
        Assert.StartsWith("__Host-tocsin-form=", cookie, StringComparison.Ordinal);
        Assert.All(["secure", "httponly", "path=/", "samesite=strict"], word => Assert.Contains(word, cookie, StringComparison.OrdinalIgnoreCase));
        var admin = await _bench.PersonAsync("ana", Role.Admin);
        admin.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        admin.DefaultRequestHeaders.Add("X-Forwarded-Host", "tocsin.example");
        admin.DefaultRequestHeaders.Add("Cookie", admin.DefaultRequestHeaders.GetValues("Cookie").Single().Replace("tocsin=", "__Host-tocsin=", StringComparison.Ordinal));
        Assert.All((await admin.GetJsonAsync("/api/v1/sources")).Items(), source => Assert.StartsWith("https://tocsin.example/", source!["url"].Text(), StringComparison.Ordinal));

        // What the client wrote himself stands before what the proxy added: it makes no other client of him.
        await UntilTooManyAsync(i => $"198.51.100.{i % 250}, 203.0.113.9");
        using var other = await AskAsync("/login", "203.0.113.10");
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task Browsers_are_told_to_use_https_for_hosts_below_this_one_only_where_the_operator_says_so()
    {
        await WithAsync(("Server:TrustedProxies", "127.0.0.1"), ("Server:HstsSubdomains", "true"));
        using var page = await AskAsync("/login", "203.0.113.9", "https", "tocsin.example");
        using var clear = await AskAsync("/login", "203.0.113.9", "http", "tocsin.example");

        Assert.Equal("max-age=31536000; includeSubDomains", page.Headers.GetValues("Strict-Transport-Security").Single());
        Assert.False(clear.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task What_a_browser_prefers_is_kept_and_read_in_cookies_of_this_host_alone_over_https()
    {
        await WithAsync(("Server:TrustedProxies", "127.0.0.1"));
        var ana = await _bench.PersonAsync("ana", Role.Viewer);
        ana.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        var session = "__Host-" + ana.DefaultRequestHeaders.GetValues("Cookie").Single();
        ana.DefaultRequestHeaders.Remove("Cookie");
        ana.DefaultRequestHeaders.Add("Cookie", session);
        var token = System.Text.RegularExpressions.Regex.Match(await ana.PageAsync("/me"), "name=\"form\" value=\"([^\"]+)\"").Groups[1].Value;

        using var saved = await ana.PostAsync("/me/browser", new FormUrlEncodedContent([new("form", token), new("theme", "dark")]));

        var kept = saved.Headers.GetValues("Set-Cookie").ToList();
        Assert.Contains("__Host-tocsin-theme=dark", kept[0], StringComparison.Ordinal);
        Assert.All(kept, cookie => Assert.Matches("^__Host-tocsin-(theme|keys|sound|said)=.*; path=/; secure; ", cookie));
        Assert.Contains("data-theme=\"dark\"", await SeenWithAsync("__Host-tocsin-theme=dark"), StringComparison.Ordinal);
        Assert.DoesNotContain("data-theme=\"dark\"", await SeenWithAsync("tocsin-theme=dark"), StringComparison.Ordinal);

        async Task<string> SeenWithAsync(string cookie)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/login");
            request.Headers.Add("X-Forwarded-Proto", "https");
            request.Headers.Add("Cookie", cookie);
            using var answer = await _bench.Anybody().SendAsync(request);
            return await answer.Content.ReadAsStringAsync();
        }
    }

    [Fact]
    public async Task Nobody_else_is_believed()
    {
        await WithAsync(("Server:TrustedProxies", "10.0.0.0/8"), ("Limits:AddressPerSecond", "1"));

        using var answer = await AskAsync("/login", "203.0.113.9", "https", "evil.example");
        Assert.False(answer.Headers.Contains("Strict-Transport-Security"));
        Assert.DoesNotContain("evil.example", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await UntilTooManyAsync(i => $"203.0.113.{i % 250}");
    }

    [Fact]
    public async Task Pages_of_other_sites_are_kept_out_unless_they_are_named()
    {
        using var closed = await PreflightAsync("https://app.example");
        Assert.False(closed.Headers.Contains("Access-Control-Allow-Origin"));

        await WithAsync(("Cors:Origins", "https://app.example, https://other.example:8443"));
        using var open = await PreflightAsync("https://app.example");
        using var stranger = await PreflightAsync("https://evil.example");
        using var real = new HttpRequestMessage(HttpMethod.Get, "/api/v1/version");
        real.Headers.Add("Origin", "https://other.example:8443");
        using var answer = await (await _bench.CallerAsync(Role.Viewer)).SendAsync(real);

        Assert.Equal("https://app.example", open.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains("X-API-Key", open.Headers.GetValues("Access-Control-Allow-Headers").Single(), StringComparison.Ordinal);
        Assert.False(stranger.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Equal((HttpStatusCode.OK, "https://other.example:8443"), (answer.StatusCode, answer.Headers.GetValues("Access-Control-Allow-Origin").Single()));
        Assert.All([open, answer], response => Assert.False(response.Headers.Contains("Access-Control-Allow-Credentials")));
    }

    [Fact]
    public async Task A_form_is_no_place_for_large_bodies()
    {
        using var response = await _bench.Anybody().PostAsync("/login", new FormUrlEncodedContent([new("email", "a@b.c"), new("password", new string('x', 2 * 1024 * 1024))]));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Fact]
    public void Whoever_sends_drop_by_drop_is_cut_off()
    {
        var limits = _bench.Service<IOptions<KestrelServerOptions>>().Value.Limits;

        Assert.Equal((TimeSpan.FromSeconds(30), 240, 240), (limits.RequestHeadersTimeout, limits.MinRequestBodyDataRate!.BytesPerSecond, limits.MinResponseDataRate!.BytesPerSecond));
        Assert.Equal(20_000, limits.MaxConcurrentConnections);
    }

    [Theory]
    [InlineData("10.0.0.1, 172.16.0.0/12 fd00::/8;::1", null, 4)]
    [InlineData("", null, 0)]
    [InlineData("10.0.0.1, proxy.internal", "proxy.internal", 1)]
    [InlineData("10.0.0.0/33", "10.0.0.0/33", 0)]
    public void Proxies_are_addresses_and_networks(string text, string? fault, int count)
    {
        var networks = TrustedProxies.Parse(text, out var found);

        Assert.Equal((fault, count), (found, networks.Count));
    }

    [Theory]
    [InlineData("https://a.example, http://localhost:3000", true)]
    [InlineData("*", true)]
    [InlineData("a.example", false)]
    [InlineData("https://a.example/", false)]
    [InlineData("https://a.example/path", false)]
    [InlineData("https://u@a.example", false)]
    public void Origins_are_schemes_hosts_and_ports(string text, bool good) =>
        Assert.Equal(good, new CorsOptionsValidator().Validate(null, new() { Origins = text }).Succeeded);

    private Task WithAsync(params (string Key, string Value)[] settings) => _bench.RestartAsync(builder =>
    {
        foreach (var (key, value) in settings)
        {
            builder.Configuration[key] = value;
        }
    });

    private async Task<HttpResponseMessage> AskAsync(string path, string forwardedFor, string? proto = null, string? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("text/html");
        request.Headers.Add("X-Forwarded-For", forwardedFor);
        if (proto is not null)
        {
            request.Headers.Add("X-Forwarded-Proto", proto);
            request.Headers.Add("X-Forwarded-Host", host);
        }

        return await _bench.Anybody().SendAsync(request);
    }

    private async Task UntilTooManyAsync(Func<int, string> forwardedFor)
    {
        for (var i = 0; i < 500; i++)
        {
            using var response = await AskAsync("/login", forwardedFor(i));
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                return;
            }
        }

        Assert.Fail("None was refused.");
    }

    private async Task<HttpResponseMessage> PreflightAsync(string origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/api/v1/version");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "GET");
        request.Headers.Add("Access-Control-Request-Headers", "x-api-key");
        return await _bench.Anybody().SendAsync(request);
    }
}
