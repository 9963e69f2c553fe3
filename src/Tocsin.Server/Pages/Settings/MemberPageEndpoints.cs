using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Pages;

/// <summary>Members, their roles and invitations. Links are shown on the answer to the form that made them, and never again.</summary>
internal static class MemberPageEndpoints
{
    private const string Path = "/members";

    public static void MapMemberPages(this RouteGroupBuilder pages)
    {
        pages.MapGet(Path, Show);
        pages.MapGet(Path + "/{id}", ShowOne).RequireAuthorization(Policies.Admin);
        var forms = pages.MapGroup(Path).AddEndpointFilter<FormFilter>();
        forms.MapPost("/invite", Invite).RequireAuthorization(Policies.Admin);
        forms.MapPost("/invitations/{id:long}/revoke", Revoke).RequireAuthorization(Policies.Admin);
        forms.MapPost("/{id}/role", SetRole).RequireAuthorization(Policies.Admin).RequireRecentProof("role");
        forms.MapPost("/{id}/reset", MakeLink).RequireAuthorization(Policies.Admin).RequireRecentProof();
        forms.MapPost("/{id}/suspend", Suspend).RequireAuthorization(Policies.Admin).RequireRecentProof();
        forms.MapPost("/{id}/resume", Resume).RequireAuthorization(Policies.Admin).RequireRecentProof();
        forms.MapPost("/{id}/factors", TakeFactors).RequireAuthorization(Policies.Admin).RequireRecentProof();
        forms.MapPost("/{id}/sessions/end", EndSessions).RequireAuthorization(Policies.Admin).RequireRecentProof();
        forms.MapPost("/{id}/sessions/{session:long}/end", EndSession).RequireAuthorization(Policies.Admin).RequireRecentProof();
        forms.MapPost("/{id}/remove", Remove);
    }

    private static async Task<IResult> Show(HttpContext http, FrameFactory frames, MemberReader reader, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return new Rendered<MembersPage, MembersModel>(page.Frame, await reader.ReadAsync(page, ct));
    }

    private static async Task<IResult> ShowOne(string id, HttpContext http, FrameFactory frames, MemberReader reader, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return await reader.FindAsync(page, id, ct) is { } model ? new Rendered<MemberPage, MemberModel>(page.Frame, model) : Errors.NotFound(page.Frame);
    }

    private static async Task<IResult> Suspend(string id, HttpContext http, Members members, CancellationToken ct) => Done.Of(
        await members.SuspendAsync(Caller.Of(http.User), id, ct), $"{Path}/{id}", member => $"{member.UserName} is suspended.");

    private static async Task<IResult> Resume(string id, HttpContext http, Members members, CancellationToken ct) => Done.Of(
        await members.ResumeAsync(Caller.Of(http.User), id, ct), $"{Path}/{id}", member => $"{member.UserName} may come in again.");

    private static async Task<IResult> TakeFactors(string id, HttpContext http, FactorReset reset, CancellationToken ct) => Done.Of(
        await reset.ByAdministratorAsync(Caller.Of(http.User), id, ct), $"{Path}/{id}", member => $"{member.UserName} signs in with the password alone now. All sessions have ended.");

    private static async Task<IResult> EndSessions(string id, HttpContext http, MemberSessions sessions, CancellationToken ct) => Done.Of(
        await sessions.EndAllAsync(Caller.Of(http.User), id, ct), $"{Path}/{id}#sessions", member => $"{member.UserName} is signed in nowhere in this workspace any more.");

    private static async Task<IResult> EndSession(string id, long session, HttpContext http, MemberSessions sessions, CancellationToken ct) => Done.Of(
        await sessions.EndAsync(Caller.Of(http.User), id, session, ct), $"{Path}/{id}#sessions", _ => "That session has ended.");

    private static async Task<IResult> Invite(HttpContext http, FrameFactory frames, MemberReader reader, Invitations invitations, IOptions<ServerOptions> options, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        var page = await frames.OpenAsync(http, ct);
        var role = MemberRules.Read(form["role"]);
        var made = role.Ok
            ? await invitations.InviteAsync(page.Caller, form["email"].ToString(), role.Value, form["name"].ToString() is { Length: > 0 } name ? name : null, ct)
            : role.Error;
        if (!made.Ok)
        {
            return made.Error.Code == RecentProof.TooOld
                ? await FactorGate.ProveFirstAsync(http, "email", "role", "name")
                : Done.Refused($"{Path}#invite", made.Error.Detail);
        }

        var email = made.Value.Invitation.Email;
        var what = made.Value.Mailed ? $"{email} gets a mail. This is the link in case that it does not arrive:" : $"Hand this link over to {email}; it works once, within a week:";
        return await AnswerAsync(page, reader, new(what, $"{options.Value.BaseFor(http.Request)}/invite/{made.Value.Token}"), ct);
    }

    private static async Task<IResult> MakeLink(
        string id, HttpContext http, FrameFactory frames, MemberReader reader, PasswordReset passwords, AccountIds ids, IOptions<ServerOptions> options, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var made = await passwords.MakeLinkAsync(page.Caller, id, ids, ct);
        return made.Ok
            ? await AnswerAsync(page, reader, new("Hand this link over; it sets a new password once, within an hour:", $"{options.Value.BaseFor(http.Request)}/reset/{made.Value}"), ct)
            : Done.Refused(Path, made.Error.Detail);
    }

    private static async Task<IResult> Revoke(long id, HttpContext http, Invitations invitations, CancellationToken ct) =>
        await invitations.RevokeAsync(Caller.Of(http.User), id, ct) is { } refusal ? Done.Refused(Path, refusal.Detail) : Done.Well(Path, "The invitation is taken back.");

    private static async Task<IResult> SetRole(string id, HttpContext http, Members members, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        var role = MemberRules.Read(form["role"]);
        return role.Ok
            ? Done.Of(await members.SetRoleAsync(Caller.Of(http.User), id, role.Value, ct), Path, member => $"{member.UserName} is {role.Value.Word()} now.")
            : Done.Refused(Path, role.Error.Detail);
    }

    private static async Task<IResult> Remove(string id, HttpContext http, Members members, CancellationToken ct)
    {
        var caller = Caller.Of(http.User);
        var result = await members.RemoveAsync(caller, id, ct);
        return result.Error?.Code == RecentProof.TooOld ? await FactorGate.ProveFirstAsync(http)
            : result.Ok && result.Value.Id == caller.Person ? Done.Gone("/login", $"You left {caller.WorkspaceName}.")
            : Done.Of(result, Path, member => $"{member.UserName} is no member any more.");
    }

    private static async Task<IResult> AnswerAsync(PageRequest page, MemberReader reader, FreshLink link, CancellationToken ct) =>
        new Rendered<MembersPage, MembersModel>(page.Frame, await reader.ReadAsync(page, ct) with { Link = link });
}

/// <summary>Reads what the page of members shows.</summary>
internal sealed class MemberReader(Members members, MemberSessions sessions, Invitations invitations, SignInRuleDesk rules, AccountIds ids, AccountMail mail)
{
    private static readonly TimeSpan _foresight = TimeSpan.FromDays(28);

    private static readonly Role[] _roles = [Role.Viewer, Role.Responder, Role.Admin, Role.Owner];

    public async Task<MembersModel> ReadAsync(PageRequest page, CancellationToken ct)
    {
        var (caller, users) = (page.Caller, page.Estate.Model.Users);
        var rows = await members.ListAsync(page.Workspace, ct);
        var administers = caller.May(Policies.Admin);
        var open = administers ? await invitations.ListAsync(page.Workspace, ct) : [];
        return new()
        {
            Members = [.. rows.OrderByDescending(m => m.Account.Role).ThenBy(m => m.Account.UserName, StringComparer.Ordinal).Select(m => Line(page, m))],
            Invitations = [.. open.Select(i => new InvitationLine(i.Id, i.Email, i.Role.Word(), i.InvitedBy, i.ExpiresAt))],
            Roles = [.. _roles.Where(r => MemberRules.MayGive(caller, r) is null).Select(r => r.Word())],
            Unclaimed = [.. users.Keys.Except(rows.Select(m => m.Account.UserName), StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            MayInvite = caller.May(Policies.Owner) || !(await rules.OfAsync(page.Workspace, ct)).OwnersInvite,
            Mails = mail.IsOn,
        };
    }

    /// <returns>Null: the workspace has no such member.</returns>
    public async Task<MemberModel?> FindAsync(PageRequest page, string id, CancellationToken ct)
    {
        var row = (await members.ListAsync(page.Workspace, ct)).Find(m => ids.Of(m.Account.Id).ToString() == id);
        var open = await sessions.ListAsync(page.Caller, id, ct);
        return row is null || !open.Ok ? null : new(Line(page, row), [.. open.Value.Select(SessionLine.Of)], OnCall(page, row.Account.UserName));
    }

    private MemberLine Line(PageRequest page, MemberRow row) => new(
        ids.Of(row.Account.Id).ToString(), row.Account.UserName, row.Account.Email, row.Account.Role.Word(), row.JoinedAt, row.SeenAt, row.HasSecondFactor,
        page.Caller.May(Policies.Admin) && MemberRules.MayChange(page.Caller, row.Account) is null, row.Account.Id == page.Caller.Person,
        page.Estate.Model.Users.ContainsKey(row.Account.UserName))
    {
        SuspendedAt = row.Account.SuspendedAt,
        IsDisabled = row.Account.DisabledAt is not null,
    };

    private static IReadOnlyList<string> OnCall(PageRequest page, string name) =>
    [
        .. page.Estate.Schedules.Values.Where(s => s.Shifts(page.Now, page.Now + _foresight).Any(shift => shift.Users.Contains(name))).Select(s => s.Schedule.Name).Order(StringComparer.Ordinal),
    ];
}
