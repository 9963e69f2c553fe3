using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Identity;

namespace Tocsin.Pages;

/// <summary>Passkeys: made, removed, and used to log in and to prove again who one is. What a browser asks its device for comes from <c>…/options</c>.</summary>
internal static class PasskeyEndpoints
{
    private const string Back = "/me#passkeys";

    public static void MapPasskeys(this IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("/login/passkey").AllowAnonymous().ExcludeFromDescription().AddEndpointFilter<FormFilter>();
        open.MapPost("/options", AskAnybody);
        open.MapPost("", LogIn);

        var person = routes.MapGroup("").RequireAuthorization(Policies.Person).AllowWithoutSecondFactor().ExcludeFromDescription().AddEndpointFilter<FormFilter>();
        var again = person.MapGroup($"{FactorGate.AgainPath}/passkey");
        again.MapPost("/options", AskAgain);
        again.MapPost("", Prove);

        var mine = person.MapGroup("/me/passkeys").RequireRecentProof();
        mine.MapPost("/options", Offer);
        mine.MapPost("", Add);
        mine.MapPost("/{id}/remove", Remove);
    }

    private static async Task<IResult> AskAnybody(HttpContext http, PasskeyDesk desk) => Answer(await desk.AskAnybodyAsync(http), "/login");

    private static async Task<IResult> LogIn(HttpContext http, PasskeyDoor door, SignIn signIn, HalfLogins halves, FactorDuty duty, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        var next = LoginDoors.Local(form["next"].ToString());
        var result = await door.LogInAsync(http, form["credential"].ToString(), ct);
        if (!result.Ok)
        {
            return Done.Elsewhere($"/login?next={Uri.EscapeDataString(next)}", result.Error.Detail);
        }

        halves.End(http);
        return await SecondStepEndpoints.LetInAsync(http, result.Value, LoginFacts.Passkey, next, signIn, duty, ct);
    }

    private static async Task<IResult> AskAgain(HttpContext http, PasskeyDesk desk, CancellationToken ct) =>
        Answer(await desk.AskAgainAsync(http, Caller.Of(http.User), ct), FactorGate.AgainPath);

    private static async Task<IResult> Prove(HttpContext http, PasskeyDesk desk, Reproof reproof, HeldForms held, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        var (caller, next) = (Caller.Of(http.User), LoginDoors.Local(form["next"].ToString()));
        if (await desk.ProveAsync(http, caller, form["credential"].ToString(), ct) is { } refusal)
        {
            return Done.Elsewhere($"{FactorGate.AgainPath}?next={Uri.EscapeDataString(next)}", refusal.Detail);
        }

        await reproof.DoneAsync(http, caller, LoginFacts.Passkey, ct);
        return SecondStepEndpoints.Back(http, held, caller, next);
    }

    private static async Task<IResult> Offer(HttpContext http, PasskeyDesk desk, CancellationToken ct) => Answer(await desk.OfferAsync(http, Caller.Of(http.User), ct), Back);

    private static async Task<IResult> Add(HttpContext http, FrameFactory frames, PasskeyDesk desk, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        var result = await desk.AddAsync(http, Caller.Of(http.User), form["credential"].ToString(), form["name"].ToString(), ct);
        return !result.Ok ? Done.Refused(Back, result.Error.Detail)
            : result.Value.Length == 0 ? Done.Well(Back, "The passkey is added.")
            : await FactorEndpoints.CodesAsync(http, frames, result.Value, "The passkey is added.", ct);
    }

    private static async Task<IResult> Remove(string id, HttpContext http, PasskeyDesk desk, CancellationToken ct) =>
        await desk.RemoveAsync(Caller.Of(http.User), id, ct) ? Done.Well(Back, "The passkey is removed.") : Done.Refused(Back, "You have no such passkey.");

    private static IResult Answer(Result<string> options, string back) => options.Ok ? Results.Text(options.Value, "application/json") : Done.Refused(back, options.Error.Detail);
}
