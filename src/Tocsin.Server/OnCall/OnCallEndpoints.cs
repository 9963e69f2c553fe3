using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.OnCall;

internal static class OnCallEndpoints
{
    public static void MapOnCall(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/v1/oncall", List).WithTags("On call").RequireAuthorization(Policies.Viewer);

    /// <summary>Who is on call for each schedule.</summary>
    /// <param name="at">The instant to ask for; absent: now.</param>
    internal static async Task<Ok<Page<OnCallView>>> List(ClaimsPrincipal user, IEstates estates, TimeProvider clock, CancellationToken ct, DateTimeOffset? at = null) =>
        TypedResults.Ok(new Page<OnCallView>(Views(await estates.OfAsync(user, ct), at?.ToUniversalTime() ?? clock.GetUtcNow()), null));

    public static IReadOnlyList<OnCallView> Views(EstateSnapshot estate, DateTimeOffset at) =>
    [
        .. estate.Schedules.Values.OrderBy(s => s.Schedule.Name, StringComparer.Ordinal).Select(s =>
        {
            var now = s.At(at);
            return new OnCallView(s.Schedule.Name, s.Schedule.Team, now.Users, now.Until, now.Because);
        }),
    ];
}
