using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Tocsin.Identity;

namespace Tocsin.Streams;

/// <summary>Where published alerts are heard: the same addresses, by GET.</summary>
internal static class AlertListenerEndpoints
{
    public static void MapAlertListeners(this IEndpointRouteBuilder routes)
    {
        var follow = routes.MapGroup("/alerts").WithTags("Stream").RequireAuthorization(Policies.AlertReader);
        follow.MapGet("", Follow).Produces<string>(StatusCodes.Status200OK, "text/event-stream").WithName("get_stream_alerts");
        follow.MapGet("/{group}", FollowGroup).Produces<string>(StatusCodes.Status200OK, "text/event-stream").WithName("get_stream_alerts_of_group");
    }

    /// <summary>Alerts of the group <c>default</c>, or of those that the query names, as server-sent events.</summary>
    /// <remarks>See the address with a group.</remarks>
    internal static Task<IResult> Follow(HttpContext http, ClaimsPrincipal user, AlertServer alerts, LiveStream stream, CancellationToken ct) =>
        FollowAsync(null, http, user, alerts, stream, ct);

    /// <summary>Alerts of a group as they are published, as server-sent events.</summary>
    /// <remarks>
    /// Each event has its sequence number as `id` and the alert with `received_at` as `data`. `Last-Event-ID`, or `last` in the query, resumes after a number;
    /// without either the newest alert comes first if it is fresh. `level` and `match` in the query choose among the alerts.
    /// </remarks>
    /// <param name="group">The group.</param>
    internal static Task<IResult> FollowGroup(string group, HttpContext http, ClaimsPrincipal user, AlertServer alerts, LiveStream stream, CancellationToken ct) =>
        FollowAsync(group, http, user, alerts, stream, ct);

    private static async Task<IResult> FollowAsync(
        string? group, HttpContext http, ClaimsPrincipal user, AlertServer alerts, LiveStream stream, CancellationToken ct)
    {
        if (Pages.Errors.WantsPage(http.Request))
        {
            return TypedResults.Redirect(group is null ? "/live" : $"/live?group={Uri.EscapeDataString(group)}");
        }

        if (!WantsStream(http.Request))
        {
            return Problems.Of(StatusCodes.Status406NotAcceptable, "request.refused", "This address answers text/event-stream; ask for that or for */*.");
        }

        var filter = StreamFilter.Read(http.Request.Query);
        if (!filter.Ok)
        {
            return filter.Error.ToProblem();
        }

        // The address names one group; without it the query may name several.
        IReadOnlyList<string> groups = group is not null ? [group] : filter.Value.Groups is { Count: > 0 } several ? several : [PublishedAlert.DefaultGroup];
        var workspace = Caller.Of(user).Workspace;
        var from = Position(http.Request) ?? await alerts.StartAsync(workspace, groups, ct);
        await stream.ServeAsync(http, new(workspace, filter.Value with { Groups = groups }, from, StreamForm.Alerts), ct);
        return TypedResults.Empty;
    }

    /// <summary>What the sender heard last; a header that is not ours says nothing.</summary>
    private static long? Position(HttpRequest request) =>
        long.TryParse(request.Headers["Last-Event-ID"], out var header) && header >= 0 ? header
        : long.TryParse(request.Query["last"], out var last) && last >= 0 ? last
        : null;

    private static bool WantsStream(HttpRequest request) =>
        !MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted)
        || accepted.Count == 0
        || accepted.Any(type => type.Quality is not 0 && (type.MatchesAllTypes || type.MediaType.Equals("text/*", StringComparison.OrdinalIgnoreCase) || type.MediaType.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase)));
}
