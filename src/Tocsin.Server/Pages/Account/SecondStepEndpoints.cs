using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Identity;

namespace Tocsin.Pages;

/// <summary>The second step of a login, and proving again who one is before a sensitive act.</summary>
internal static class SecondStepEndpoints
{
    private const string SecondPath = "/login/second";

    public static void MapSecondStep(this IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        open.MapGet(SecondPath, ShowSecond);
        open.MapPost(SecondPath, Second).AddEndpointFilter<FormFilter>();

        var mine = routes.MapGroup("").RequireAuthorization(Policies.Person).AllowWithoutSecondFactor().ExcludeFromDescription();
        mine.MapGet(FactorGate.AgainPath, ShowAgain);
        mine.MapPost(FactorGate.AgainPath, Again).AddEndpointFilter<FormFilter>();
    }

    /// <summary>Lets somebody in who has shown all that is asked for.</summary>
    /// <param name="proof">As <see cref="LoginFacts.Proof"/>.</param>
    public static async Task<IResult> LetInAsync(HttpContext http, SignedIn who, string proof, string next, SignIn signIn, FactorDuty duty, CancellationToken ct)
    {
        if (SessionCookie.Read(http.Request) is { } before)
        {
            await signIn.LogOutAsync(before, Caller.Find(http.User), ct);
        }

        SessionCookie.Write(http, who.Token);
        return await duty.OwesAsync(who.Account.Workspace, who.Account.Id, who.Account.Role, proof, ct)
            ? Done.Elsewhere(FactorGate.SetUpPath, "A second factor is asked for here. Set one up; until then nothing can be changed.")
            : Done.Well(next, "");
    }

    /// <summary>The first proof was right: the second is asked for on a page of its own.</summary>
    public static async Task<IResult> BeginSecondAsync(HttpContext http, HalfLogins halves, string email, string proof, string next, CancellationToken ct)
    {
        await halves.BeginAsync(http, email, proof, next, ct);
        return Results.Redirect(SecondPath);
    }

    private static async Task<IResult> ShowSecond(HttpContext http, FrameFactory frames, HalfLogins halves, FactorDesk desk, CancellationToken ct) =>
        await halves.FindAsync(http.Request, ct) is var (half, person)
            ? await SecondPageAsync(http, frames, desk, person, half, null, StatusCodes.Status200OK, ct)
            : Results.Redirect("/login");

    private static async Task<IResult> Second(
        HttpContext http, FrameFactory frames, HalfLogins halves, FactorDesk desk, SecondStep second, SignIn signIn, FactorDuty duty, CancellationToken ct)
    {
        if (await halves.FindAsync(http.Request, ct) is not var (half, person))
        {
            return Done.Elsewhere("/login", "It took too long. Sign in again.");
        }

        var form = await http.Request.ReadFormAsync(ct);
        var facts = LoginFacts.Of(http, LoginFacts.Web, half.Proof);
        var result = await second.FinishAsync(person, form["code"].ToString(), facts, half.Workspace, ct);
        if (!result.Ok)
        {
            return await SecondPageAsync(http, frames, desk, person, half, result.Error.Detail, Problems.StatusOf(result.Error), ct);
        }

        halves.End(http);
        return await LetInAsync(http, result.Value, $"{half.Proof}+", half.Next, signIn, duty, ct);
    }

    private static async Task<IResult> SecondPageAsync(HttpContext http, FrameFactory frames, FactorDesk desk, PersonRow person, HalfLogin half, string? fault, int status, CancellationToken ct)
    {
        var has = await desk.OfAsync(person.Id, ct);
        return new Rendered<SecondStepPage, SecondStepModel>(frames.Outer(http), new(has.HasTotp, has.Passkeys > 0, half.Next, fault), status);
    }

    private static Task<IResult> ShowAgain(HttpContext http, FrameFactory frames, Reproof reproof, FactorDesk desk, CancellationToken ct, string? next = null) =>
        AgainPageAsync(http, frames, reproof, desk, LoginDoors.Local(next), Done.Take(http).Fault, StatusCodes.Status200OK, ct);

    /// <summary>Back to where the proof was missing; a form that was held up there is to be sent once more.</summary>
    public static Done Back(HttpContext http, HeldForms held, Caller caller, string next) =>
        Done.Well(next, held.Has(http.Request, caller, next) ? "Confirmed. Now do it once more." : "");

    private static async Task<IResult> Again(HttpContext http, FrameFactory frames, Reproof reproof, FactorDesk desk, HeldForms held, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        var (caller, next) = (Caller.Of(http.User), LoginDoors.Local(form["next"].ToString()));
        var refusal = form["code"].ToString() is { Length: > 0 } code
            ? await reproof.ByCodeAsync(http, caller, code, ct)
            : await reproof.ByPasswordAsync(http, caller, form["password"].ToString(), ct);
        return refusal is null
            ? Back(http, held, caller, next)
            : await AgainPageAsync(http, frames, reproof, desk, next, refusal.Code == PasswordDoor.Wrong ? "The password is wrong." : refusal.Detail, Problems.StatusOf(refusal), ct);
    }

    private static async Task<IResult> AgainPageAsync(
        HttpContext http, FrameFactory frames, Reproof reproof, FactorDesk desk, string next, string? fault, int status, CancellationToken ct)
    {
        var caller = Caller.Of(http.User);
        var (person, has) = (await reproof.PersonAsync(caller, ct), await desk.OfAsync(caller.Person!.Value, ct));
        return new Rendered<AgainPage, AgainModel>(
            frames.Outer(http), new(person.Email, person.PasswordHash is { Length: > 0 }, has.HasTotp || has.RecoveryLeft > 0, has.Passkeys > 0, next, fault), status);
    }
}
