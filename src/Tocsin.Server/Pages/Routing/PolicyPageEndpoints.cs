using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Tocsin.Pages;

internal static class PolicyPageEndpoints
{
    public static void MapPolicyPages(this RouteGroupBuilder pages) => pages.MapGet("/policies", Show);

    private static async Task<IResult> Show(HttpContext http, FrameFactory frames, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return new Rendered<PoliciesPage, PoliciesModel>(
            page.Frame, new([.. page.Estate.Model.Policies.Values.OrderBy(p => p.Name, StringComparer.Ordinal).Select(p => PolicyDrawing.Draw(p, page.Estate, page.Now))]));
    }
}
