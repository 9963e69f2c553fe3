using Microsoft.AspNetCore.Http;

namespace Tocsin.Pages;

/// <summary>What pages add to the headers that every answer carries.</summary>
internal static class PageHeaders
{
    public static void Apply(HttpResponse response)
    {
        // What is on a page is nobody's business after logging out, and the same address also answers with fragments.
        response.Headers.CacheControl = "no-store";
        response.Headers.Vary = "Cookie, X-Fragment";
    }
}
