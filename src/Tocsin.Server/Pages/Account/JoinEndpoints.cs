using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Identity.Oidc;

namespace Tocsin.Pages;

/// <summary>Pages for people who come: with an invitation, or by themselves where registration is open.</summary>
internal static class JoinEndpoints
{
    public static void MapJoining(this IEndpointRouteBuilder routes)
    {
        var open = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription();
        open.MapGet("/invite/{token}", ShowInvite);
        open.MapGet("/register", ShowRegister);
        var forms = open.MapGroup("").AddEndpointFilter<FormFilter>();
        forms.MapPost("/invite/{token}", Accept);
        forms.MapPost("/register", Register);
    }

    private static async Task<IResult> ShowInvite(string token, HttpContext http, FrameFactory frames, Joining joining, PasswordRule rule, CancellationToken ct) =>
        await joining.FindAsync(token, ct) is { } invitation ? await PageAsync(token, invitation, http, frames, joining, rule, null, ct) : Dead(http, frames);

    private static async Task<IResult> Accept(
        string token, HttpContext http, FrameFactory frames, Joining joining, Enrolment enrolment, PasswordRule rule, HalfLogins halves, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        if (await joining.FindAsync(token, ct) is not { } invitation)
        {
            return Dead(http, frames);
        }

        if (Caller.Find(http.User) is { Person: not null } caller)
        {
            var joined = await joining.JoinAsync(token, caller, ct);
            return joined.Ok
                ? await ToAsync(http, caller, joined.Value, ct)
                : await PageAsync(token, invitation, http, frames, joining, rule, joined.Error, ct);
        }

        var result = await enrolment.AcceptAsync(token, invitation, form["password"].ToString(), LoginFacts.Of(http, LoginFacts.Web, "password"), ct);
        if (!result.Ok && result.Error.Code == SignIn.SecondNeeded)
        {
            return await SecondStepEndpoints.BeginSecondAsync(http, halves, invitation.Email, "password", "/", ct);
        }

        if (!result.Ok)
        {
            return result.Error.Kind == ErrorKind.NotFound ? Dead(http, frames) : await PageAsync(token, invitation, http, frames, joining, rule, result.Error, ct);
        }

        SessionCookie.Write(http, result.Value.Token);
        return Done.Well("/", $"Welcome to {invitation.WorkspaceName}.");
    }

    private static IResult ShowRegister(HttpContext http, FrameFactory frames, Enrolment enrolment) =>
        !enrolment.IsOpen ? Errors.NotFound(frames.Outer(http))
        : Caller.Find(http.User) is not null ? Results.LocalRedirect("/")
        : new Rendered<RegisterPage, RegisterModel>(frames.Outer(http), new("", new Dictionary<string, string>()));

    private static async Task<IResult> Register(HttpContext http, FrameFactory frames, Enrolment enrolment, LoginLimits limits, StarterEstate starter, CancellationToken ct)
    {
        if (!enrolment.IsOpen)
        {
            return Errors.NotFound(frames.Outer(http));
        }

        var form = await http.Request.ReadFormAsync(ct);
        var (email, facts) = (form["email"].ToString().Trim(), LoginFacts.Of(http, LoginFacts.Web, "password"));
        var result = limits.Take(Enrolment.Tries(facts)) is { } wait ? PasswordDoor.TooMany(wait) : await enrolment.RegisterAsync(email, form["password"].ToString(), facts, ct);
        if (!result.Ok)
        {
            return new Rendered<RegisterPage, RegisterModel>(
                frames.Outer(http), new(email, new Dictionary<string, string> { [result.Error.Field ?? ""] = result.Error.Detail }), Problems.StatusOf(result.Error));
        }

        SessionCookie.Write(http, result.Value.Token);
        var account = result.Value.Account;
        return await starter.MakeAsync(account, account.UserName, FrameFactory.Zone(http.Request) ?? "UTC", ct) is { } fault
            ? Done.Refused("/", fault)
            : Done.Well("/", $"Welcome, {account.UserName}.");
    }

    /// <summary>Into the workspace that was joined: with a new session, so that what other tabs show of the old one cannot act on the new.</summary>
    private static async Task<IResult> ToAsync(HttpContext http, Caller caller, Invitation joined, CancellationToken ct) =>
        await WorkspaceSwitch.ToAsync(http, caller, joined.WorkspaceName, ct) ? Done.Well("/", $"Welcome to {joined.WorkspaceName}.") : Done.Well("/", $"You are a member of {joined.WorkspaceName} now.");

    private static async Task<IResult> PageAsync(
        string token, Invitation invitation, HttpContext http, FrameFactory frames, Joining joining, PasswordRule rule, Error? fault, CancellationToken ct)
    {
        var known = await joining.PersonAsync(invitation, ct);
        var state = Caller.Find(http.User) switch
        {
            { Person: { } person } => known?.Id == person ? InviteState.Mine : InviteState.Others,
            _ when known is not null => rule.AdmitsAll && await joining.IsOutsideAsync(known, ct) ? InviteState.Outside : InviteState.Known,
            _ => rule.AdmitsAll ? InviteState.New : InviteState.SignOnOnly,
        };
        var by = invitation.InvitedBy.Split(':', 2) is ["user", var name] ? name : "An administrator";
        return new Rendered<InvitePage, InviteModel>(
            frames.Outer(http), new(token, invitation.WorkspaceName, invitation.Email, invitation.Role.Word(), by, state, fault?.Detail), fault is null ? StatusCodes.Status200OK : Problems.StatusOf(fault));
    }

    private static Rendered<DeadAccountLinkPage, DeadAccountLinkModel> Dead(HttpContext http, FrameFactory frames) =>
        new(frames.Outer(http), new("This invitation does not work", Joining.Gone().Detail), StatusCodes.Status404NotFound);
}
