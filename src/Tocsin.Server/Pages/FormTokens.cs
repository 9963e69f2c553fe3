using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Pages;

/// <summary>
/// Tells our own forms from those of other sites. The token is a keyed hash of the browser's session (before login: of a cookie
/// made for this), under the secret that all nodes share: it needs no store, survives restarts, and ends with the session.
/// </summary>
/// <param name="secret">32 bytes.</param>
internal sealed class FormTokens(byte[] secret)
{
    public const string Field = "form";
    private const string Cookie = "tocsin-form";

    /// <summary>The token for this browser. May set the visitor's cookie, so call it before the answer begins.</summary>
    public string For(HttpContext http)
    {
        if (Holder(http.Request) is { } holder)
        {
            return Sign(holder);
        }

        var visitor = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
        http.Response.Cookies.Append(HostCookie.NameFor(http.Request, Cookie), visitor, HostCookie.Options(http.Request, SameSiteMode.Strict, null));
        return Sign(visitor);
    }

    /// <summary>Whether a form may act: the browser says that it comes from here, and it carries this browser's token.</summary>
    public bool Admits(HttpRequest request, IFormCollection form)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        return (site.Length == 0 || site is "same-origin" or "none")
            && Holder(request) is { } holder
            && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Sign(holder)), Encoding.ASCII.GetBytes(form[Field].ToString()));
    }

    private static string? Holder(HttpRequest request) => SessionCookie.Read(request) ?? request.Cookies[HostCookie.NameFor(request, Cookie)];

    private string Sign(string holder) => Base64Url.EncodeToString(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes("form " + holder)));
}
