using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Pages;

internal static class RejectedPageEndpoints
{
    private const int OnPage = 50;

    public static void MapRejectedPages(this RouteGroupBuilder pages)
    {
        pages.MapGet("/rejected", List);
        pages.MapPost("/rejected/{id:long}/replay", Replay).RequireAuthorization(Policies.Responder).AddEndpointFilter<FormFilter>();
    }

    private static async Task<IResult> List(
        HttpContext http, FrameFactory frames, DeliveryStore deliveries, Database database, CancellationToken ct, string? cursor = null, long? delivery = null)
    {
        var page = await frames.OpenAsync(http, ct);
        var (rows, open) = await database.ReadAsync(
            async session => (
                await deliveries.ListRejectedAsync(session, page.Workspace, null, Cursor.Before(cursor) ?? long.MaxValue, OnPage + 1),
                delivery is { } id ? await deliveries.FindAsync(session, page.Workspace, id) : null),
            ct);
        var shown = Cursor.Page(rows, OnPage, row => AlertEndpoints.Of(row, body: false), row => row.Id);
        return new Rendered<RejectedPage, RejectedModel>(page.Frame, new(shown.Items, shown.NextCursor, open is null ? null : AlertEndpoints.Of(open, body: true)));
    }

    private static async Task<IResult> Replay(long id, HttpContext http, FrameFactory frames, AlertReceiver receiver, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return Done.Of(
            await receiver.ReplayAsync(page.Estate, id, ct), $"/rejected?delivery={id}#body",
            outcome => $"Read again: {outcome.Verdict.ToString().ToLowerInvariant()}, {Words.Count(outcome.Signals, "event", "events")}.");
    }
}
