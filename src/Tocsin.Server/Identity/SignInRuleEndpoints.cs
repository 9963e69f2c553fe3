using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Hosting;
using Tocsin.Sdk;

namespace Tocsin.Identity;

internal static class SignInRuleEndpoints
{
    public static void MapSignInRules(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/workspace/sign-in").WithTags("Members");
        group.MapGet("", Get).RequireAuthorization(Policies.Admin);
        group.MapPut("", Put).RequireAuthorization(Policies.Owner).RequireRecentProof();
    }

    /// <summary>What the workspace asks of its own members. The installation may ask for more.</summary>
    internal static async Task<Ok<SignInRulesView>> Get(ClaimsPrincipal user, SignInRuleDesk desk, CancellationToken ct) =>
        TypedResults.Ok(Of(await desk.OfAsync(Caller.Of(user).Workspace, ct)));

    /// <summary>Changes what the workspace asks of its own members, at once. Idempotent.</summary>
    internal static async Task<Results<Ok<SignInRulesView>, ProblemHttpResult>> Put(SignInRulesView body, ClaimsPrincipal user, SignInRuleDesk desk, CancellationToken ct)
    {
        var (duty, owners) = (SignInRules.ReadDuty(body.SecondFactor), SignInRules.ReadInviters(body.InviteFrom));
        return (duty.Error ?? owners.Error) is { } fault
            ? fault.ToProblem()
            : TypedResults.Ok(Of(await desk.SetAsync(Caller.Of(user), new(duty.Value, owners.Value), ct)));
    }

    private static SignInRulesView Of(SignInRules rules) => new(SignInRules.Word(rules.SecondFactor), rules.OwnersInvite ? "owner" : "admin");
}
