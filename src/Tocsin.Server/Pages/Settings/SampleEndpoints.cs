using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Pages;

internal static class SampleEndpoints
{
    public static void MapSample(this RouteGroupBuilder pages) =>
        pages.MapPost("/demo/remove", Remove).RequireAuthorization(Policies.Admin).AddEndpointFilter<FormFilter>();

    /// <summary>Removes the sample data and leads to the setup of the real thing: whoever was signed in belonged to the sample.</summary>
    private static async Task<IResult> Remove(HttpContext http, SampleData sample, Setup setup, IEstates estates, CancellationToken ct)
    {
        var caller = Caller.Of(http.User);
        if (!await sample.RemoveAsync(caller.Actor, ct))
        {
            return Done.Refused("/", "There is no sample data here any more.");
        }

        estates.Forget(caller.Workspace);
        SessionCookie.Clear(http);
        return await setup.SetupLinkAsync(ct) is { } link ? Done.Gone($"/setup/{link}", "") : Done.Gone("/login", "");
    }
}
