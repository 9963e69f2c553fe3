using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
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
    /// <remarks>As at the address with a group.</remarks>
    /// <param name="last">The sequence number after which to begin; the header Last-Event-ID wins.</param>
    /// <param name="group">These groups instead of the one named default.</param>
    /// <param name="level">Only alerts with these levels.</param>
    /// <param name="match">Only alerts for which all of these matchers hold.</param>
    internal static Task<IResult> Follow(
        HttpContext http, ClaimsPrincipal user, AlertServer alerts, LiveStream stream, CancellationToken ct,
        long? last = null, [FromQuery] string[]? group = null, [FromQuery] string[]? level = null, [FromQuery] string[]? match = null) =>
        FollowAsync(group is { Length: > 0 } ? group : [PublishedAlert.DefaultGroup], last, level, match, http, (user, alerts, stream), ct);

    /// <summary>Alerts of a group as they are published, as server-sent events.</summary>
    /// <remarks>
    /// Each event has its sequence number as `id` and the alert with `received_at` as `data`. `Last-Event-ID`, or `last` in the query, resumes after a number;
    /// without either the newest alert comes first if it is fresh.
    /// </remarks>
    /// <param name="group">The group.</param>
    /// <param name="last">The sequence number after which to begin; the header Last-Event-ID wins.</param>
    /// <param name="level">Only alerts with these levels.</param>
    /// <param name="match">Only alerts for which all of these matchers hold.</param>
    internal static Task<IResult> FollowGroup(
        string group, HttpContext http, ClaimsPrincipal user, AlertServer alerts, LiveStream stream, CancellationToken ct,
        long? last = null, [FromQuery] string[]? level = null, [FromQuery] string[]? match = null) =>
        FollowAsync([group], last, level, match, http, (user, alerts, stream), ct);

    private static async Task<IResult> FollowAsync(
        string[] groups, long? last, string[]? level, string[]? match, HttpContext http, (ClaimsPrincipal User, AlertServer Alerts, LiveStream Stream) with, CancellationToken ct)
    {
        if (Pages.Errors.WantsPage(http.Request))
        {
            return TypedResults.Redirect($"/live{QueryString.Create(groups.Where(g => g != PublishedAlert.DefaultGroup).Select(g => KeyValuePair.Create("group", (string?)g)))}");
        }

        if (!WantsStream(http.Request))
        {
            return Problems.Of(StatusCodes.Status406NotAcceptable, "request.refused", "This address answers text/event-stream; ask for that or for */*.");
        }

        var filter = StreamFilter.Of(groups, level, kind: null, subject: null, match);
        if (!filter.Ok)
        {
            return filter.Error.ToProblem();
        }

        var workspace = Caller.Of(with.User).Workspace;
        var from = StreamEndpoints.From(http.Request, last) ?? await with.Alerts.StartAsync(workspace, groups, ct);
        await with.Stream.ServeAsync(http, new(workspace, filter.Value, from, StreamForm.Alerts), ct);
        return TypedResults.Empty;
    }

    private static bool WantsStream(HttpRequest request) =>
        !MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted)
        || accepted.Count == 0
        || accepted.Any(type => type.Quality is not 0 && (type.MatchesAllTypes || type.MediaType.Equals("text/*", StringComparison.OrdinalIgnoreCase) || type.MediaType.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase)));
}
