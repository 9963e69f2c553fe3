using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;
using Tocsin.Sdk;

namespace Tocsin.Identity;

internal static class MemberEndpoints
{
    public static void MapMembers(this IEndpointRouteBuilder routes)
    {
        var members = routes.MapGroup("/api/v1/members").WithTags("Members");
        members.MapGet("", List).RequireAuthorization(Policies.Viewer);
        members.MapPatch("/{id}", SetRole).RequireAuthorization(Policies.Admin);

        // Everybody may leave; who may remove others is looked at where it is done.
        members.MapDelete("/{id}", Remove).RequireAuthorization(Policies.Viewer).WithMetadata(new Refuses(StatusCodes.Status409Conflict, "The last owner stays."));

        var access = members.MapGroup("/{id}").RequireAuthorization(Policies.Admin).RequireRecentProof()
            .WithMetadata(new Refuses(StatusCodes.Status404NotFound, "The workspace has no such member."), new Refuses(StatusCodes.Status409Conflict, "The last owner stays, and nobody suspends himself."));
        access.MapPost("/suspend", Suspend);
        access.MapPost("/resume", Resume);

        var sessions = members.MapGroup("/{id}/sessions").RequireAuthorization(Policies.Admin).WithMetadata(new Refuses(StatusCodes.Status404NotFound, "The workspace has no such member, or the member no such session that looks at it."));
        sessions.MapGet("", Sessions);
        sessions.MapDelete("", EndSessions).RequireRecentProof();
        sessions.MapDelete("/{session:long}", EndSession).RequireRecentProof();

        var invitations = routes.MapGroup("/api/v1/invitations").WithTags("Members").RequireAuthorization(Policies.Admin);
        invitations.MapGet("", Open);
        invitations.MapPost("", Invite);
        invitations.MapDelete("/{id}", Revoke);
    }

    /// <summary>Who belongs to the workspace, in the order in which the accounts were made.</summary>
    internal static async Task<Ok<Page<MemberView>>> List(ClaimsPrincipal user, Members members, AccountIds ids, CancellationToken ct)
    {
        var rows = await members.ListAsync(Caller.Of(user).Workspace, ct);
        return TypedResults.Ok(new Page<MemberView>([.. rows.Select(m => Of(m, ids))], null));
    }

    /// <summary>Gives a member another role, not above one's own. Keys of the member that could do more are revoked.</summary>
    internal static async Task<Results<NoContent, ProblemHttpResult>> SetRole(string id, MemberRequest body, ClaimsPrincipal user, Members members, CancellationToken ct)
    {
        var role = MemberRules.Read(body.Role);
        if (!role.Ok)
        {
            return role.Error.ToProblem();
        }

        var result = await members.SetRoleAsync(Caller.Of(user), id, role.Value, ct);
        return result.Ok ? TypedResults.NoContent() : result.Error.ToProblem();
    }

    /// <summary>Ends a membership, with its sessions and keys; the account stays. Everybody may leave, except the last owner.</summary>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Remove(string id, ClaimsPrincipal user, Members members, CancellationToken ct)
    {
        var result = await members.RemoveAsync(Caller.Of(user), id, ct);
        return result.Ok ? TypedResults.NoContent() : result.Error.ToProblem();
    }

    /// <summary>Keeps a member out of this workspace, and of no other, until he is let in again: his sessions here end, his own keys are refused within five seconds, he is not paged. Idempotent.</summary>
    /// <param name="id">The member's id.</param>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Suspend(string id, ClaimsPrincipal user, Members members, CancellationToken ct)
    {
        var result = await members.SuspendAsync(Caller.Of(user), id, ct);
        return result.Ok ? TypedResults.NoContent() : result.Error.ToProblem();
    }

    /// <summary>Lets a suspended member in again, with the role and keys of before. Idempotent.</summary>
    /// <param name="id">The member's id.</param>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Resume(string id, ClaimsPrincipal user, Members members, CancellationToken ct)
    {
        var result = await members.ResumeAsync(Caller.Of(user), id, ct);
        return result.Ok ? TypedResults.NoContent() : result.Error.ToProblem();
    }

    /// <summary>What a member is logged in with that looks at this workspace, newest use first. Sessions that look at another workspace are not shown.</summary>
    /// <param name="id">The member's id.</param>
    internal static async Task<Results<Ok<Page<SessionView>>, ProblemHttpResult>> Sessions(string id, ClaimsPrincipal user, MemberSessions sessions, CancellationToken ct)
    {
        var result = await sessions.ListAsync(Caller.Of(user), id, ct);
        return result.Ok ? TypedResults.Ok(new Page<SessionView>(result.Value, null)) : result.Error.ToProblem();
    }

    /// <summary>Ends all that a member is logged in with that looks at this workspace, at once; of one's own all but the one that asks. Idempotent.</summary>
    /// <param name="id">The member's id.</param>
    internal static async Task<Results<NoContent, ProblemHttpResult>> EndSessions(string id, ClaimsPrincipal user, MemberSessions sessions, CancellationToken ct)
    {
        var result = await sessions.EndAllAsync(Caller.Of(user), id, ct);
        return result.Ok ? TypedResults.NoContent() : result.Error.ToProblem();
    }

    /// <summary>Ends one session of a member at once.</summary>
    /// <param name="id">The member's id.</param>
    /// <param name="session">The session's number.</param>
    internal static async Task<Results<NoContent, ProblemHttpResult>> EndSession(string id, long session, ClaimsPrincipal user, MemberSessions sessions, CancellationToken ct)
    {
        var result = await sessions.EndAsync(Caller.Of(user), id, session, ct);
        return result.Ok ? TypedResults.NoContent() : result.Error.ToProblem();
    }

    /// <summary>Invitations that can still be accepted, newest first.</summary>
    internal static async Task<Ok<Page<InvitationView>>> Open(ClaimsPrincipal user, Invitations invitations, CancellationToken ct)
    {
        var rows = await invitations.ListAsync(Caller.Of(user).Workspace, ct);
        return TypedResults.Ok(new Page<InvitationView>([.. rows.Select(Of)], null));
    }

    /// <summary>Invites somebody, for a week. An older invitation of the same address ends.</summary>
    internal static async Task<Results<Created<InvitationMade>, ProblemHttpResult>> Invite(
        InvitationRequest body, HttpRequest request, ClaimsPrincipal user, Invitations invitations, IOptions<ServerOptions> options, CancellationToken ct)
    {
        var role = MemberRules.Read(body.Role);
        if (!role.Ok)
        {
            return role.Error.ToProblem();
        }

        var made = await invitations.InviteAsync(Caller.Of(user), body.Email, role.Value, body.Name, ct);
        return made.Ok
            ? TypedResults.Created(
                $"/api/v1/invitations/{made.Value.Invitation.Id}", new InvitationMade(Of(made.Value.Invitation), new($"{options.Value.BaseFor(request)}/invite/{made.Value.Token}"), made.Value.Mailed))
            : made.Error.ToProblem();
    }

    /// <summary>Takes an invitation back.</summary>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Revoke(long id, ClaimsPrincipal user, Invitations invitations, CancellationToken ct) =>
        await invitations.RevokeAsync(Caller.Of(user), id, ct) is { } refusal ? refusal.ToProblem() : TypedResults.NoContent();

    private static MemberView Of(MemberRow row, AccountIds ids) => new(
        ids.Of(row.Account.Id), row.Account.UserName, row.Account.Email, row.Account.Role.Word(), row.JoinedAt, row.SeenAt, row.HasSecondFactor, row.Account.SuspendedAt);

    private static InvitationView Of(Invitation row) => new(
        row.Id, row.Email, row.Role.Word(), row.UserName, row.InvitedBy, row.CreatedAt, row.ExpiresAt);
}
