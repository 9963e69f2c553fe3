using Microsoft.AspNetCore.Http;

namespace Tocsin.Hosting;

/// <summary>
/// Cookies of this host and no other. Over https they carry the prefix by which browsers see to it that no other host of the domain, and no page in
/// clear, plants them; over plain HTTP to another machine browsers drop what is Secure, so there they go without.
/// </summary>
internal static class HostCookie
{
    public static string NameFor(HttpRequest request, string name) => request.IsHttps ? $"__Host-{name}" : name;

    /// <param name="life">Null: until the browser is closed.</param>
    public static CookieOptions Options(HttpRequest request, SameSiteMode sameSite, TimeSpan? life) => new()
    {
        HttpOnly = true,
        Secure = request.IsHttps,
        SameSite = sameSite,
        Path = "/",
        MaxAge = life,
        IsEssential = true,
    };
}
