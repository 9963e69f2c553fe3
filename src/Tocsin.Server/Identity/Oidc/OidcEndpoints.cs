using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;
using Tocsin.Notify;
using Tocsin.Pages;

namespace Tocsin.Identity.Oidc;

/// <summary>Logging in and out by the provider. Public, since nobody is logged in yet; they are not there while no provider is set.</summary>
internal static class OidcEndpoints
{
    public const string Callback = "/login/oidc/callback";

    private const int LongestCode = 4096;
    private const string NotOurs = "This sign-in was not begun in this browser, or it took longer than ten minutes. Begin again.";

    public static void MapOidc(this IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        open.MapGet("/login/oidc", Begin);
        open.MapGet(Callback, End);
        open.MapGet("/logout/oidc", Leave);
    }

    private static async Task<IResult> Begin(
        HttpContext http, FrameFactory frames, LoginDoors doors, OidcSignIn signIn, OidcCookies cookies, IOptions<ServerOptions> server, CancellationToken ct, string? next = null)
    {
        if (!doors.HasProvider)
        {
            return Errors.NotFound(frames.Outer(http));
        }

        PageHeaders.Apply(http.Response);
        if (Caller.Find(http.User) is not null)
        {
            return Results.LocalRedirect(LoginDoors.Local(next));
        }

        // A link on another site logs nobody in: whoever follows it sees the login page, and decides.
        if (http.Request.Headers["Sec-Fetch-Site"].ToString() is "cross-site" or "same-site")
        {
            return Results.LocalRedirect($"/login?next={Uri.EscapeDataString(LoginDoors.Local(next))}");
        }

        var begun = await signIn.BeginAsync(server.Value.BaseFor(http.Request) + Callback, LoginDoors.Local(next), ct);
        if (!begun.Ok)
        {
            return doors.Page(frames.Outer(http), begun.Error, LoginDoors.Local(next));
        }

        cookies.Write(http, begun.Value.Flow);
        return Results.Redirect(begun.Value.Address);
    }

    private static async Task<IResult> End(
        HttpContext http, FrameFactory frames, LoginDoors doors, OidcSignIn signIn, OidcCookies cookies, IOptions<OidcOptions> settings, TimeProvider clock,
        ILogger<OidcSignIn> logger, CancellationToken ct, string? code = null, string? state = null, string? iss = null, string? error = null)
    {
        if (!doors.HasProvider)
        {
            return Errors.NotFound(frames.Outer(http));
        }

        PageHeaders.Apply(http.Response);
        if (cookies.Take(http, clock.GetUtcNow()) is not { } flow || !IsSame(flow.State, state))
        {
            return doors.Page(frames.Outer(http), Error.Invalid("state", NotOurs), "/");
        }

        if (code is not { Length: > 0 and <= LongestCode })
        {
            // The words are the provider's, or anybody's who knows the state; they are logged, and not shown.
            logger.LoginRefused($"the provider answered '{PlainText.OneLine(error, 60)}'.");
            return doors.Page(frames.Outer(http), Error.Forbidden($"{settings.Value.Name} did not let you in."), flow.Next);
        }

        var ended = await signIn.EndAsync(flow, code, iss, LoginFacts.Of(http, LoginFacts.Web, "oidc"), ct);
        if (!ended.Ok)
        {
            return doors.Page(frames.Outer(http), ended.Error, flow.Next);
        }

        SessionCookie.Write(http, ended.Value.Token);
        cookies.WriteHint(http, ended.Value.IdToken, TimeSpan.FromHours(settings.Value.SessionHours));
        return Done.Well(flow.Next, "");
    }

    /// <summary>Asks the provider to end its own session too. Ours has ended by then.</summary>
    private static async Task<IResult> Leave(
        HttpContext http, FrameFactory frames, LoginDoors doors, OidcProvider provider, OidcCookies cookies, IOptions<OidcOptions> settings, IOptions<ServerOptions> server,
        CancellationToken ct)
    {
        if (!doors.HasProvider)
        {
            return Errors.NotFound(frames.Outer(http));
        }

        PageHeaders.Apply(http.Response);
        var document = await provider.DocumentAsync(ct);
        var hint = cookies.TakeHint(http);
        if (!document.Ok || document.Value.EndSession is not { } address)
        {
            return doors.Page(frames.Outer(http), Error.Unavailable($"{settings.Value.Name} cannot be asked to sign you out. Do it there."), "/");
        }

        var back = server.Value.BaseFor(http.Request) + "/login";
        return Results.Redirect(hint is null
            ? OidcUrl.With(address, ("client_id", settings.Value.ClientId), ("post_logout_redirect_uri", back))
            : OidcUrl.With(address, ("client_id", settings.Value.ClientId), ("id_token_hint", hint), ("post_logout_redirect_uri", back)));
    }

    private static bool IsSame(string expected, string? given) =>
        given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(expected), Encoding.UTF8.GetBytes(given));
}
