using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Tocsin.Data;
using Tocsin.Hosting;

namespace Tocsin.Identity.Oidc;

/// <summary>One login on its way: what the browser went to the provider with, and must come back with.</summary>
/// <param name="Verifier">The secret of PKCE; the provider got its hash.</param>
/// <param name="Redirect">The address that it comes back to.</param>
/// <param name="Next">A path of ours to go to afterwards.</param>
internal sealed record OidcFlow(string State, string Nonce, string Verifier, string Redirect, string Next, DateTimeOffset StartedAt)
{
    /// <summary>A browser keeps no cookie above 4 KB: whoever comes from a longer address ends at the inbox.</summary>
    private const int LongestNext = 1000;

    public static OidcFlow Begin(string redirect, string next, DateTimeOffset now) =>
        new(Random(), Random(), Random(), redirect, Uri.EscapeDataString(next).Length <= LongestNext ? next : "/", now);

    /// <summary>The hash of the verifier, for the provider (RFC 7636, S256).</summary>
    public string Challenge => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    private static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
}

/// <summary>Keeps a login on its way in the browser that began it, encrypted, so that no node needs to remember it.</summary>
internal sealed partial class OidcCookies(SecretBox box)
{
    /// <summary>How long somebody may take at the provider.</summary>
    public static readonly TimeSpan FlowLife = TimeSpan.FromMinutes(10);

    /// <summary>The provider's own session is asked to end only with a token that fits a cookie; without it the provider asks back.</summary>
    public const int LongestHint = 2700;

    private const string FlowPlace = "oidc/flow";
    private const string HintPlace = "oidc/hint";

    /// <summary>A second login of the same browser takes the place of the first.</summary>
    public void Write(HttpContext http, OidcFlow flow) =>
        http.Response.Cookies.Append(FlowName(http.Request), box.Seal(JsonSerializer.Serialize(flow, Json.Default.OidcFlow), FlowPlace), FlowOptions(http.Request));

    /// <summary>Takes the login out of the browser: it can be ended once.</summary>
    /// <returns>Null: this browser began none, or too long ago, or somebody changed it.</returns>
    public OidcFlow? Take(HttpContext http, DateTimeOffset now)
    {
        if (http.Request.Cookies[FlowName(http.Request)] is not { Length: < 4096 } text)
        {
            return null;
        }

        http.Response.Cookies.Delete(FlowName(http.Request), FlowOptions(http.Request));
        return Open(text, FlowPlace) is { } json && JsonSerializer.Deserialize(json, Json.Default.OidcFlow) is { } flow && now - flow.StartedAt < FlowLife ? flow : null;
    }

    /// <summary>Remembers that this browser has a session at the provider too.</summary>
    public void WriteHint(HttpContext http, string idToken, TimeSpan life) => http.Response.Cookies.Append(
        HintName(http.Request), box.Seal(idToken.Length <= LongestHint ? idToken : "", HintPlace), HintOptions(http.Request, life));

    /// <summary>Whether this browser came in by the provider; only where it logs out it says so.</summary>
    public bool HasHint(HttpRequest request) => request.Cookies.ContainsKey(HintName(request));

    /// <returns>The ID token that the provider knows its session by; null: not kept.</returns>
    public string? TakeHint(HttpContext http)
    {
        var text = http.Request.Cookies[HintName(http.Request)];
        http.Response.Cookies.Delete(HintName(http.Request), HintOptions(http.Request, null));
        return text is { Length: < 4096 } && Open(text, HintPlace) is { Length: > 0 } token ? token : null;
    }

    private string? Open(string text, string place) => SecretBox.IsSealed(text) ? box.Open(text, place) : null;

    private static string FlowName(HttpRequest request) => HostCookie.NameFor(request, "tocsin-oidc");

    // Bound to its path, so __Host- is not for it; the prefix still keeps pages in clear from setting it.
    private static string HintName(HttpRequest request) => request.IsHttps ? "__Secure-tocsin-oidc-out" : "tocsin-oidc-out";

    // Not Strict: the browser comes back from another site.
    private static CookieOptions FlowOptions(HttpRequest request) => HostCookie.Options(request, SameSiteMode.Lax, FlowLife);

    private static CookieOptions HintOptions(HttpRequest request, TimeSpan? life) => new()
    {
        HttpOnly = true,
        Secure = request.IsHttps,
        SameSite = SameSiteMode.Lax,
        Path = "/logout",
        MaxAge = life,
        IsEssential = true,
    };

    [JsonSerializable(typeof(OidcFlow))]
    private sealed partial class Json : JsonSerializerContext;
}
