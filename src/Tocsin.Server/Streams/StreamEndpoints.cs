using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Streams;

internal static class StreamEndpoints
{
    public static void MapStreams(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1").WithTags("Events").RequireAuthorization(Policies.Viewer);
        group.MapGet("/events", List);
        group.MapGet("/stream", Follow).Produces<EventView>(contentType: "text/event-stream");
    }

    /// <summary>The log, newest first.</summary>
    /// <param name="subject">Only of this, such as <c>incident/12</c>.</param>
    internal static async Task<Results<Ok<Page<EventView>>, ProblemHttpResult>> List(
        ClaimsPrincipal user, Database database, EventLog log, CancellationToken ct, string? subject = null, string? cursor = null, int limit = Cursor.DefaultLimit)
    {
        if (Cursor.Before(cursor) is not { } before)
        {
            return Cursor.Invalid().ToProblem();
        }

        if (limit is < 1 or > 200)
        {
            return Cursor.InvalidLimit().ToProblem();
        }

        var rows = await database.ReadAsync(session => log.NewestAsync(session, Caller.Of(user).Workspace, subject, before, limit + 1), ct);
        return TypedResults.Ok(Cursor.Page(rows, limit, row => row, row => row.Seq));
    }

    /// <summary>
    /// The log as server-sent events, from after <c>last</c> (or <c>Last-Event-ID</c>, which wins), else from now. Each event's id is its
    /// sequence number; a <c>heartbeat</c> event comes at once and after each 15 s of silence. When events that were asked for are no longer kept, a
    /// <c>reset</c> event comes first and names the oldest that is. <c>kind</c>, <c>subject</c> (both may end in <c>*</c>), <c>group</c>, <c>level</c> and
    /// <c>match</c> (Alertmanager's matchers) may repeat and choose among the events.
    /// </summary>
    /// <param name="last">The sequence number after which to begin.</param>
    /// <param name="kind">Only these kinds.</param>
    /// <param name="subject">Only about these.</param>
    /// <param name="group">Only alerts published to these groups.</param>
    /// <param name="level">Only alerts published with these levels.</param>
    /// <param name="match">Only what all of these matchers hold for.</param>
    internal static Task Follow(
        HttpContext http, ClaimsPrincipal user, LiveStream live, CancellationToken ct,
        long? last = null, [FromQuery] string[]? kind = null, [FromQuery] string[]? subject = null, [FromQuery] string[]? group = null, [FromQuery] string[]? level = null,
        [FromQuery] string[]? match = null)
    {
        var filter = StreamFilter.Of(group, level, kind, subject, match);
        return filter.Ok
            ? live.ServeAsync(http, new(Caller.Of(user).Workspace, filter.Value, From(http.Request, last), StreamForm.Events), ct)
            : filter.Error.ToProblem().ExecuteAsync(http);
    }

    /// <summary>Where a client goes on: after the event that it had last.</summary>
    internal static long? From(HttpRequest request, long? last) => long.TryParse(request.Headers["Last-Event-ID"], out var resumed) ? resumed : last;
}
