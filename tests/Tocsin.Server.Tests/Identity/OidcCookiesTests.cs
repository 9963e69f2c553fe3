using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Tocsin.Data;
using Tocsin.Identity.Oidc;

namespace Tocsin.Tests.Identity;

public sealed class OidcCookiesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 5, 2, 58, 0, TimeSpan.Zero);

    private readonly SecretBox _box = new(RandomNumberGenerator.GetBytes(SecretBox.KeyBytes));

    [Fact]
    public void Over_https_the_browser_keeps_the_cookie_to_this_host_and_off_plain_connections()
    {
        var http = Https(null);
        new OidcCookies(_box).Write(http, OidcFlow.Begin("https://tocsin.example.test/login/oidc/callback", "/", Now));

        var cookie = http.Response.Headers.SetCookie.ToString();

        Assert.StartsWith("__Host-tocsin-oidc=", cookie, StringComparison.Ordinal);
        Assert.All(["; path=/;", "; secure", "; httponly", "; samesite=lax"], part => Assert.Contains(part, cookie, StringComparison.Ordinal));
        Assert.DoesNotContain("domain", cookie, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void What_was_sealed_for_one_purpose_opens_no_other()
    {
        var cookies = new OidcCookies(_box);
        var http = Https(null);
        cookies.WriteHint(http, "an.id.token", TimeSpan.FromHours(1));
        var hint = http.Response.Headers.SetCookie.ToString().Split(';')[0].Split('=', 2)[1];

        Assert.Null(cookies.Take(Https($"__Host-tocsin-oidc={hint}"), Now));
        Assert.Equal("an.id.token", cookies.TakeHint(Https($"__Secure-tocsin-oidc-out={hint}")));
    }

    [Fact]
    public void A_token_that_fits_no_cookie_is_left_out_and_the_browser_still_knows_how_it_came_in()
    {
        var cookies = new OidcCookies(_box);
        var http = Https(null);
        cookies.WriteHint(http, new string('x', 10_000), TimeSpan.FromHours(1));
        var cookie = http.Response.Headers.SetCookie.ToString().Split(';')[0];
        var back = Https(cookie);

        Assert.True(cookie.Length < 4096);
        Assert.True(cookies.HasHint(back.Request));
        Assert.Null(cookies.TakeHint(back));
    }

    [Fact]
    public void The_longest_hint_and_the_longest_way_back_fit_a_cookie()
    {
        var cookies = new OidcCookies(_box);
        var http = Https(null);
        cookies.WriteHint(http, new string('x', OidcCookies.LongestHint), TimeSpan.FromHours(1));
        cookies.Write(http, OidcFlow.Begin("https://tocsin.example.test/login/oidc/callback", "/" + new string('ä', 5_000), Now));

        Assert.All(http.Response.Headers.SetCookie.ToArray(), cookie => Assert.InRange(cookie!.Length, 100, 4096));
    }

    private static DefaultHttpContext Https(string? cookie)
    {
        var http = new DefaultHttpContext { Request = { Scheme = "https", Host = new("tocsin.example.test") } };
        if (cookie is not null)
        {
            http.Request.Headers.Cookie = cookie;
        }

        return http;
    }
}
