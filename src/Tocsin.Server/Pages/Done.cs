using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Tocsin.Hosting;

namespace Tocsin.Pages;

/// <summary>
/// What a form answers: to a browser, "see that page" with the outcome said there once; to act.js, the outcome alone, since it
/// takes the fresh parts of the page itself.
/// </summary>
internal sealed partial class Done : IResult
{
    private readonly string _back;
    private readonly Said _said;

    private Done(string back, Said said) => (_back, _said) = (back, said);

    /// <param name="back">A path of ours.</param>
    public static Done Well(string back, string notice) => new(back, new(notice, null, null));

    /// <summary>Did, and the reader is better off elsewhere now.</summary>
    public static Done Gone(string to, string notice) => new(to, new(notice, null, to));

    public static Done Refused(string back, string fault) => new(back, new(null, fault, null));

    /// <summary>Did not, and the reader must do something elsewhere first.</summary>
    public static Done Elsewhere(string to, string fault) => new(to, new(null, fault, to));

    public static Done Of<T>(Result<T> result, string back, Func<T, string> notice) =>
        result.Ok ? Well(back, notice(result.Value)) : Refused(back, result.Error.Detail);

    /// <summary>Whether live.js or act.js asks.</summary>
    public static bool IsFragment(HttpRequest request) => request.Headers.ContainsKey("X-Fragment");

    public Task ExecuteAsync(HttpContext httpContext)
    {
        PageHeaders.Apply(httpContext.Response);
        if (IsFragment(httpContext.Request))
        {
            if (_said.Go is not null)
            {
                Keep(httpContext);
            }

            return httpContext.Response.WriteAsJsonAsync(_said, SaidJson.Default.Said, cancellationToken: httpContext.RequestAborted);
        }

        Keep(httpContext);
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = _back;
        return Task.CompletedTask;
    }

    /// <summary>What the last form said to this browser, once.</summary>
    public static (string? Notice, string? Fault) Take(HttpContext http)
    {
        if (http.Request.Cookies[Name(http.Request)] is not { Length: > 0 and < 4000 } text || IsFragment(http.Request))
        {
            return (null, null);
        }

        http.Response.Cookies.Delete(Name(http.Request), Options(http));
        try
        {
            var said = JsonSerializer.Deserialize(Convert.FromBase64String(text), SaidJson.Default.Said);
            return (said?.Notice, said?.Fault);
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            // Somebody's own cookie, not what we wrote: there is nothing to say.
            return (null, null);
        }
    }

    private const string Cookie = "tocsin-said";

    private static string Name(HttpRequest request) => HostCookie.NameFor(request, Cookie);

    private void Keep(HttpContext http) => http.Response.Cookies.Append(
        Name(http.Request), Convert.ToBase64String(JsonSerializer.SerializeToUtf8Bytes(_said with { Go = null }, SaidJson.Default.Said)), Options(http));

    private static CookieOptions Options(HttpContext http) => HostCookie.Options(http.Request, SameSiteMode.Strict, TimeSpan.FromMinutes(1));

    internal sealed record Said(string? Notice, string? Fault, string? Go);

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(Said))]
    private sealed partial class SaidJson : JsonSerializerContext;
}
