using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tocsin.Pages;

/// <summary>
/// What makes the pages an app that can be installed: its manifest, and the service worker that shows pages of incidents as notifications. Their
/// addresses stay, so browsers ask for them anew each time.
/// </summary>
internal static class AppFiles
{
    private static readonly string[] _shell =
        [StaticFiles.Css, StaticFiles.ActionCss, StaticFiles.LiveJs, StaticFiles.ActJs, StaticFiles.KeysJs, StaticFiles.Icon, StaticFiles.PathOf("icon-192.png"), StaticFiles.PathOf("badge-96.png")];

    private static readonly byte[] _manifest = Encoding.UTF8.GetBytes(StaticFiles.TextOf("manifest.webmanifest")
        .Replace("{icon-192}", StaticFiles.PathOf("icon-192.png"), StringComparison.Ordinal)
        .Replace("{icon-512}", StaticFiles.PathOf("icon-512.png"), StringComparison.Ordinal)
        .Replace("{icon-maskable}", StaticFiles.PathOf("icon-maskable.png"), StringComparison.Ordinal)
        .Replace("{icon}", StaticFiles.Icon, StringComparison.Ordinal));

    private static readonly byte[] _worker = Encoding.UTF8.GetBytes(StaticFiles.TextOf("sw.js")
        .Replace("{files}", string.Join(", ", _shell.Select(path => $"\"{path}\"")), StringComparison.Ordinal)
        .Replace("{version}", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(' ', _shell))).AsSpan(0, 4)), StringComparison.Ordinal)
        .Replace("{icon}", StaticFiles.PathOf("icon-192.png"), StringComparison.Ordinal)
        .Replace("{badge}", StaticFiles.PathOf("badge-96.png"), StringComparison.Ordinal)
        .Replace("{action}", StaticFiles.ActionCss, StringComparison.Ordinal));

    public static void MapAppFiles(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/manifest.webmanifest", static http => WriteAsync(http, "application/manifest+json", _manifest)).AllowAnonymous().ExcludeFromDescription();
        routes.MapGet("/sw.js", static http => WriteAsync(http, "text/javascript; charset=utf-8", _worker)).AllowAnonymous().ExcludeFromDescription();
    }

    private static async Task WriteAsync(HttpContext http, string type, byte[] body)
    {
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.ContentType = type;
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
    }
}
