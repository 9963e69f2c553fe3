using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Audit;
using Tocsin.Data;

namespace Tocsin.Identity;

/// <summary>Takes the second factors from somebody who has lost them and his recovery codes: a password is enough again. All his sessions end.</summary>
internal sealed class FactorReset(Database database, AccountStore accounts, AccountIds ids, AccountMail mail, AuditStore audit, TimeProvider clock)
{
    /// <summary>By an administrator. Only for a member of this workspace and no other: elsewhere others rely on what is taken away.</summary>
    /// <param name="id">As <see cref="AccountIds"/> gives it.</param>
    public Task<Result<Account>> ByAdministratorAsync(Caller by, string id, CancellationToken ct) => database.WriteAsync<Result<Account>>(
        async tx =>
        {
            if (ids.Find(await accounts.ListAsync(tx, by.Workspace), id) is not { } member)
            {
                return Error.NotFound("member", id);
            }

            if (MemberRules.MayChange(by, member) is { } refusal)
            {
                return refusal;
            }

            if ((await accounts.OfPersonAsync(tx, member.Id)).Count > 1)
            {
                return Error.Forbidden("This account belongs to other workspaces too. Whoever runs this Tocsin can reset it: tocsin account reset-factors.");
            }

            await ResetAsync(tx, accounts, audit, member.Id, by.Actor, clock.GetUtcNow());
            await mail.FactorsResetAsync(tx, by.Workspace, member.Email, clock.GetUtcNow());
            return member;
        },
        ct);

    /// <summary>The act itself, with its entries in the audit of every workspace that the person is a member of.</summary>
    public static async Task ResetAsync(Tx tx, AccountStore accounts, AuditStore audit, long person, string actor, DateTimeOffset now)
    {
        await FactorStore.ClearAsync(tx, person);
        var ended = await accounts.EndSessionsOfAsync(tx, person);
        foreach (var member in await accounts.OfPersonAsync(tx, person))
        {
            audit.Append(tx, member.Workspace, now, new(
                actor, "factor.reset", $"member/{member.UserName}", $"took the second factors and recovery codes of {member.UserName} away; sessions ended: {ended}"));
        }
    }
}

internal static class FactorResetEndpoints
{
    public static void MapFactorReset(this IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/members/{id}/reset-factors", Reset)
        .WithTags("Members").RequireAuthorization(Policies.Admin).RequireRecentProof()
        .WithMetadata(new Hosting.Refuses(StatusCodes.Status404NotFound, "The workspace has no such member."));

    /// <summary>Takes the authenticator app, the passkeys and the recovery codes from a member who has lost them; his sessions end. Idempotent.</summary>
    /// <param name="id">The member's id.</param>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Reset(string id, ClaimsPrincipal user, FactorReset reset, CancellationToken ct)
    {
        var result = await reset.ByAdministratorAsync(Caller.Of(user), id, ct);
        return result.Ok ? TypedResults.NoContent() : result.Error.ToProblem();
    }
}
