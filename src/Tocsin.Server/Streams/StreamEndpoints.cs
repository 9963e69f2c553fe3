using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Streams;

internal static class StreamEndpoints
{
    private static readonly TimeSpan _poll = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _heartbeat = TimeSpan.FromSeconds(15);

    public static void MapStreams(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1").WithTags("Events").RequireAuthorization(Policies.Viewer);
        group.MapGet("/events", List);
        group.MapGet("/stream", Follow);
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
    /// The log as server-sent events, from after <c>last</c> (or <c>Last-Event-ID</c>), else from now. Each event's id is its
    /// sequence number; a <c>heartbeat</c> event comes every 15 s.
    /// </summary>
    /// <param name="last">The sequence number after which to begin.</param>
    internal static ServerSentEventsResult<EventView?> Follow(
        HttpContext http, ClaimsPrincipal user, Database database, EventLog log, ChangeSignal changes, TimeProvider clock, IHostApplicationLifetime life, CancellationToken ct,
        long? last = null)
    {
        http.Response.Headers["X-Accel-Buffering"] = "no";
        var from = long.TryParse(http.Request.Headers["Last-Event-ID"], out var resumed) ? resumed : last;
        var until = CancellationTokenSource.CreateLinkedTokenSource(ct, life.ApplicationStopping);
        http.Response.RegisterForDispose(until);
        if (http.WantsHeadersOnly())
        {
            until.Cancel();
        }

        return TypedResults.ServerSentEvents(EventsAsync(database, log, changes, clock, Caller.Of(user).Workspace, from, until.Token));
    }

    private static async IAsyncEnumerable<SseItem<EventView?>> EventsAsync(
        Database database, EventLog log, ChangeSignal changes, TimeProvider clock, long workspace, long? from, [EnumeratorCancellation] CancellationToken ct)
    {
        if (ct.IsCancellationRequested)
        {
            yield break;
        }

        var last = from ?? await database.ReadAsync(session => log.LastAsync(session, workspace), ct);
        yield return Heartbeat(last);
        var beatAt = clock.GetUtcNow() + _heartbeat;
        while (!ct.IsCancellationRequested)
        {
            var changed = changes.Next(workspace);
            var lines = await database.ReadAsync(session => log.AfterAsync(session, workspace, last, 200), ct);
            foreach (var line in lines)
            {
                last = line.Seq;
                yield return new(line, line.Kind) { EventId = line.Seq.ToString() };
            }

            if (lines.Count > 0)
            {
                continue;
            }

            if (clock.GetUtcNow() >= beatAt)
            {
                beatAt = clock.GetUtcNow() + _heartbeat;
                yield return Heartbeat(last);
            }

            // Other nodes' commits raise no signal here, so the log is looked at anyway.
            await Task.WhenAny(changed, Task.Delay(_poll, clock, ct));
        }
    }

    private static SseItem<EventView?> Heartbeat(long last) => new(null, "heartbeat") { EventId = last.ToString(), ReconnectionInterval = TimeSpan.FromSeconds(3) };
}
