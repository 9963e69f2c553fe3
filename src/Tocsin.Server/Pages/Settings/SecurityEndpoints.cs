using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Identity;

namespace Tocsin.Pages;

/// <summary>What everybody does to his own account.</summary>
internal static class SecurityEndpoints
{
    public static void MapMySecurity(this RouteGroupBuilder pages)
    {
        var forms = pages.MapGroup("/me").RequireAuthorization(Policies.Person).AddEndpointFilter<FormFilter>();
        forms.MapPost("/password", ChangePassword);
        forms.MapPost("/sessions/end", EndOthers).RequireRecentProof();
        forms.MapPost("/sessions/{id:long}/end", End).RequireRecentProof();
        forms.MapPost("/workspace", Switch);
    }

    private static async Task<IResult> ChangePassword(HttpContext http, PasswordReset passwords, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        return await passwords.ChangeAsync(Caller.Of(http.User), form["current"].ToString(), form["password"].ToString(), LoginFacts.Of(http, LoginFacts.Web, "password"), ct) switch
        {
            null => Done.Well("/me#change-password", "The password is changed, and your other sessions have ended."),
            { Code: RecentProof.TooOld } => await FactorGate.ProveFirstAsync(http),
            { Code: PasswordDoor.Wrong } => Done.Refused("/me#change-password", "The current password is wrong; nothing was changed."),
            var fault => Done.Refused("/me#change-password", fault.Detail),
        };
    }

    private static async Task<IResult> End(long id, HttpContext http, SignIn signIn, CancellationToken ct) => await signIn.EndAsync(Caller.Of(http.User), id, ct)
        ? Done.Well("/me#sessions", "That session has ended.")
        : Done.Refused("/me#sessions", "There is no such session any more.");

    private static async Task<IResult> EndOthers(HttpContext http, SignIn signIn, CancellationToken ct)
    {
        await signIn.EndOthersAsync(Caller.Of(http.User), ct);
        return Done.Well("/me#sessions", "All your other sessions have ended.");
    }

    private static async Task<IResult> Switch(HttpContext http, ForeignReferences references, CancellationToken ct)
    {
        var (caller, form) = (Caller.Of(http.User), await http.Request.ReadFormAsync(ct));
        var workspace = form["workspace"].ToString();
        if (workspace == caller.WorkspaceName)
        {
            return Done.Refused("/me", "You look at that workspace already.");
        }

        if (await WorkspaceSwitch.ToAsync(http, caller, workspace, ct))
        {
            return Done.Gone("/", $"This is {workspace}.");
        }

        references.NoteWorkspace(caller, workspace);
        return Done.Refused("/me", "You are not a member of that workspace.");
    }
}

/// <summary>Reads what somebody's own page says about his account.</summary>
internal sealed class SecurityReader(Database database, AccountStore accounts, AccountReader reader)
{
    /// <returns>Null: a key has no account.</returns>
    public async Task<SecurityModel?> ReadAsync(Caller caller, DateTimeOffset now, CancellationToken ct)
    {
        if (caller.Person is not { } person)
        {
            return null;
        }

        var (row, memberships) = await database.ReadAsync(async session => ((await accounts.FindPersonAsync(session, person))!, await accounts.OfPersonAsync(session, person)), ct);
        return new()
        {
            Email = row.Email,
            HasPassword = row.PasswordHash is { Length: > 0 },
            Sessions = [.. (await reader.SessionsAsync(caller, now, ct)).Select(SessionLine.Of)],
            Workspaces = [.. memberships.Where(m => !m.IsOut).Select(m => (m.WorkspaceName, m.Role.Word()))],
        };
    }
}
