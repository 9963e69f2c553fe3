using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Tocsin.Data;
using Tocsin.Hosting;

namespace Tocsin.Identity;

/// <summary>A note to ourselves that a browser keeps for a few minutes: it can neither read it nor change it, and for no other purpose is it any good.</summary>
/// <param name="name">Of the cookie, and what it is sealed for.</param>
internal sealed class SealedCookie<T>(SecretBox box, string name, JsonTypeInfo<T> form)
    where T : class
{
    /// <summary>As long as browsers keep one.</summary>
    private const int Longest = 4000;

    public void Write(HttpContext http, T note, TimeSpan life) =>
        http.Response.Cookies.Append(NameFor(http.Request), box.Seal(JsonSerializer.Serialize(note, form), name), Options(http.Request, life));

    /// <returns>Null: there is none, or it was not made here for this.</returns>
    public T? Read(HttpRequest request) =>
        request.Cookies[NameFor(request)] is { Length: < Longest } text && SecretBox.IsSealed(text) && box.Open(text, name) is { } json
            ? JsonSerializer.Deserialize(json, form)
            : null;

    public void Clear(HttpContext http) => http.Response.Cookies.Delete(NameFor(http.Request), Options(http.Request, TimeSpan.Zero));

    private string NameFor(HttpRequest request) => HostCookie.NameFor(request, name);

    private static CookieOptions Options(HttpRequest request, TimeSpan life) => HostCookie.Options(request, SameSiteMode.Lax, life);
}
