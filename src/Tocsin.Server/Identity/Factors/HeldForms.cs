using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http;
using Tocsin.Data;
using Tocsin.Pages;

namespace Tocsin.Identity;

/// <summary>A form whose sender is asked who he is first.</summary>
/// <param name="Person">Who sent it: it is shown to nobody else.</param>
/// <param name="Page">The path of the page that it stands on.</param>
/// <param name="Fields">What was typed, as far as the route wants it kept: never a secret.</param>
internal sealed record HeldFormNote(long Person, string Page, string To, Dictionary<string, string[]> Fields, DateTimeOffset ExpiresAt);

/// <summary>
/// Keeps what somebody typed while he proves who he is, so that he finds it as he left it. The browser keeps it, sealed, for ten minutes and for one
/// look; nothing is sent by itself: he presses the button once more.
/// </summary>
internal sealed partial class HeldForms(SecretBox box, FormTokens tokens, TimeProvider clock)
{
    private const int MostText = 2000;

    private static readonly TimeSpan _life = TimeSpan.FromMinutes(10);

    private readonly SealedCookie<HeldFormNote> _cookie = new(box, "tocsin-held", HeldJson.Default.HeldFormNote);

    /// <param name="page">The path and query of the page that the form stands on.</param>
    /// <param name="names">The fields to keep.</param>
    public async Task KeepAsync(HttpContext http, Caller caller, string page, IReadOnlyList<string> names)
    {
        if (caller.Person is not { } person || !http.Request.HasFormContentType)
        {
            return;
        }

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var kept = names.Where(form.ContainsKey).ToDictionary(name => name, name => form[name].OfType<string>().ToArray(), StringComparer.Ordinal);
        if (tokens.Admits(http.Request, form) && kept.Sum(field => field.Key.Length + field.Value.Sum(text => text.Length)) <= MostText)
        {
            _cookie.Write(http, new(person, PathOf(page), http.Request.Path, kept, clock.GetUtcNow() + _life), _life);
        }
    }

    /// <summary>Whether one is kept for that page.</summary>
    public bool Has(HttpRequest request, Caller caller, string page) => Find(request, caller, page) is not null;

    /// <summary>What is kept for the page that is asked for, once.</summary>
    public HeldForm? Take(HttpContext http, Caller caller)
    {
        if (!HttpMethods.IsGet(http.Request.Method) || Find(http.Request, caller, http.Request.Path) is not { } note)
        {
            return null;
        }

        _cookie.Clear(http);
        return new(note.To, note.Fields);
    }

    private HeldFormNote? Find(HttpRequest request, Caller caller, string page) =>
        _cookie.Read(request) is { } note && note.Person == caller.Person && note.ExpiresAt > clock.GetUtcNow() && note.Page == PathOf(page) ? note : null;

    private static string PathOf(string page) => page.Split('?', '#')[0];

    [JsonSerializable(typeof(HeldFormNote))]
    private sealed partial class HeldJson : JsonSerializerContext;
}
