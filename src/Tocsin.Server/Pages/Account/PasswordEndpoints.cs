using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Identity;

namespace Tocsin.Pages;

/// <summary>Pages for somebody who cannot log in: a mail is asked for, and a link sets a new password.</summary>
internal static class PasswordEndpoints
{
    public static void MapPasswords(this IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        open.MapGet("/forgot", IResult (HttpContext http, FrameFactory frames, AccountMail mail) => new Rendered<ForgotPage, ForgotModel>(frames.Outer(http), new(mail.IsOn, false)));
        open.MapGet("/reset/{token}", ShowReset);
        var forms = open.MapGroup("").AddEndpointFilter<FormFilter>();
        forms.MapPost("/forgot", Forgot);
        forms.MapPost("/reset/{token}", Reset);
    }

    private static async Task<IResult> Forgot(HttpContext http, FrameFactory frames, LoginLimits limits, PasswordReset passwords, AccountMail mail, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        var place = LoginLimits.PlaceOf(LoginFacts.Of(http, LoginFacts.Web, "").Address);
        if (limits.Take($"forgot {place}") is { } wait)
        {
            return Errors.Page(frames.Outer(http), StatusCodes.Status429TooManyRequests, "Too often", PasswordDoor.TooMany(wait).Detail);
        }

        await passwords.AskAsync(form["email"].ToString(), ct);
        return new Rendered<ForgotPage, ForgotModel>(frames.Outer(http), new(mail.IsOn, true));
    }

    private static async Task<IResult> ShowReset(string token, HttpContext http, FrameFactory frames, PasswordReset passwords, CancellationToken ct) =>
        await passwords.FindAsync(token, ct) is { } person
            ? new Rendered<ResetPage, NewPasswordModel>(frames.Outer(http), new($"/reset/{token}", person.Email, null))
            : Dead(http, frames);

    private static async Task<IResult> Reset(string token, HttpContext http, FrameFactory frames, PasswordReset passwords, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        if (await passwords.FindAsync(token, ct) is not { } person)
        {
            return Dead(http, frames);
        }

        return await passwords.SetAsync(token, form["password"].ToString(), ct) switch
        {
            null => Done.Well("/login", "The new password is set. Sign in with it."),
            { Kind: ErrorKind.NotFound } => Dead(http, frames),
            var fault => new Rendered<ResetPage, NewPasswordModel>(frames.Outer(http), new($"/reset/{token}", person.Email, fault.Detail), Problems.StatusOf(fault)),
        };
    }

    private static Rendered<DeadAccountLinkPage, DeadAccountLinkModel> Dead(HttpContext http, FrameFactory frames) =>
        new(frames.Outer(http), new("This link does not work", PasswordReset.Gone().Detail), StatusCodes.Status404NotFound);
}
