using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Identity.Oidc;

namespace Tocsin.Pages;

internal static class AccountEndpoints
{
    private const string Gone = "It was used, or it is older than a day. Restart Tocsin: while nobody can sign in it prints a new one.";

    public static void MapAccount(this IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        open.MapGet("/login", ShowLogin);
        open.MapGet("/setup/{token}", ShowSetup);
        var forms = open.MapGroup("").AddEndpointFilter<FormFilter>();
        forms.MapPost("/login", LogIn);
        forms.MapPost("/logout", LogOut);
        forms.MapPost("/setup/{token}", SetUp);
    }

    /// <param name="by"><c>password</c>: the form, where only owners may use it.</param>
    /// <param name="left"><c>oidc</c>: just logged out, of a session that the provider vouched for.</param>
    private static IResult ShowLogin(HttpContext http, FrameFactory frames, LoginDoors doors, string? next = null, string? by = null, string? left = null)
    {
        if (Caller.Find(http.User) is not null)
        {
            return Results.LocalRedirect(LoginDoors.Local(next));
        }

        var (notice, fault) = Done.Take(http);
        return new Rendered<LoginPage, LoginModel>(
            frames.Outer(http), doors.Model("", fault, LoginDoors.Local(next), by == "password") with { HasLeft = doors.HasProvider && left == "oidc", Notice = notice });
    }

    private static async Task<IResult> LogIn(
        HttpContext http, FrameFactory frames, LoginDoors doors, PasswordDoor door, SignIn signIn, HalfLogins halves, FactorDuty duty, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        var (email, next) = (form["email"].ToString(), LoginDoors.Local(form["next"].ToString()));
        var result = await door.LogInAsync(email, form["password"].ToString(), LoginFacts.Of(http, LoginFacts.Web, "password"), null, ct);
        if (!result.Ok && result.Error.Code == SignIn.SecondNeeded)
        {
            return await SecondStepEndpoints.BeginSecondAsync(http, halves, email, "password", next, ct);
        }

        if (!result.Ok)
        {
            return new Rendered<LoginPage, LoginModel>(frames.Outer(http), doors.Model(email, result.Error.Detail, next, byPassword: true), Problems.StatusOf(result.Error));
        }

        return await SecondStepEndpoints.LetInAsync(http, result.Value, "password", next, signIn, duty, ct);
    }

    private static async Task<IResult> LogOut(HttpContext http, SignIn signIn, OidcCookies cookies, LoginDoors doors, CancellationToken ct)
    {
        if (SessionCookie.Read(http.Request) is { } token)
        {
            await signIn.LogOutAsync(token, Caller.Find(http.User), ct);
        }

        SessionCookie.Clear(http);
        http.Response.Headers["Clear-Site-Data"] = "\"cache\"";
        return Done.Gone(doors.HasProvider && cookies.HasHint(http.Request) ? "/login?left=oidc" : "/login", "");
    }

    private static async Task<IResult> ShowSetup(string token, HttpContext http, FrameFactory frames, Setup setup, CancellationToken ct) =>
        await setup.FindSetupAsync(token, ct) is null
            ? new Rendered<SetupGonePage, SetupGoneModel>(frames.Outer(http), new(Gone), StatusCodes.Status404NotFound)
            : new Rendered<SetupPage, SetupModel>(frames.Outer(http), new(token, "", "", new Dictionary<string, string>()));

    private static async Task<IResult> SetUp(
        string token, HttpContext http, FrameFactory frames, Setup setup, IEstates estates, StarterEstate starter, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        var (name, email) = (form["name"].ToString().Trim(), form["email"].ToString().Trim());
        var result = name.Length == 0
            ? Error.Invalid("name", "Enter your name.")
            : await setup.SetUpAsync(token, email, await UserNameAsync(token, name, email, setup, estates, ct), form["password"].ToString(), LoginFacts.Of(http, LoginFacts.Web, "setup"), ct);
        if (result.Ok)
        {
            SessionCookie.Write(http, result.Value.Token);
            return await starter.MakeAsync(result.Value.Account, name, FrameFactory.Zone(http.Request) ?? "UTC", ct) is { } fault
                ? Done.Refused("/", fault)
                : Done.Well("/", $"Welcome, {name}.");
        }

        return result.Error.Kind == ErrorKind.NotFound
            ? new Rendered<SetupGonePage, SetupGoneModel>(frames.Outer(http), new(Gone), StatusCodes.Status404NotFound)
            : new Rendered<SetupPage, SetupModel>(
                frames.Outer(http), new(token, name, email, new Dictionary<string, string> { [result.Error.Field ?? ""] = result.Error.Detail }),
                StatusCodes.Status422UnprocessableEntity);
    }

    /// <summary>The estate's person with that address, so that the account is who gets paged; else a new name.</summary>
    private static async Task<string> UserNameAsync(string token, string name, string email, Setup setup, IEstates estates, CancellationToken ct)
    {
        var estate = await setup.FindSetupAsync(token, ct) is { } target ? await estates.FindAsync(target.Workspace, ct) : null;
        return estate?.Model.Users.Values.FirstOrDefault(u => string.Equals(u.Email, email, StringComparison.OrdinalIgnoreCase))?.Name ?? Enrolment.UserNameOf(name);
    }
}
