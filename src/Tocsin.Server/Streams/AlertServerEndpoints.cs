using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Streams;

/// <summary>
/// The alert server's own addresses and answers, so that its publishers and listeners need no change. Who may do what is ours: publishing
/// takes a responder's key or one made for it, listening any of the workspace.
/// </summary>
internal static class AlertServerEndpoints
{
    private static readonly TakesBody _body = new(
        "application/json", "An object whose values are texts, numbers, true or false, or objects; best with message, level (info, warn or error) and metadata. The Content-Type is not looked at.");

    private static readonly Refuses _broken = new(StatusCodes.Status422UnprocessableEntity, "The body is not such an object, or the level is not known; `detail` is a list that names each place, as the alert server's was.");

    public static void MapAlertServer(this IEndpointRouteBuilder routes)
    {
        routes.MapAlertListeners();
        var publish = routes.MapGroup("/alerts").WithTags("Stream").RequireAuthorization(Policies.AlertPublisher).WithMetadata(_body, _broken);
        publish.MapPut("", Publish).Produces<PublishAnswer>().WithName("put_stream_alert");
        publish.MapPost("", Publish).Produces<PublishAnswer>().WithName("post_stream_alert");
        publish.MapPut("/{group}", PublishToGroup).Produces<PublishAnswer>().WithName("put_stream_alert_to_group");
        publish.MapPost("/{group}", PublishToGroup).Produces<PublishAnswer>().WithName("post_stream_alert_to_group");
    }

    /// <summary>Publishes an alert to the group <c>default</c>; answered when it is durable.</summary>
    internal static Task<IResult> Publish(HttpContext http, ClaimsPrincipal user, AlertServer alerts, IOptions<AlertServerOptions> options, CancellationToken ct) =>
        PublishToGroup(PublishedAlert.DefaultGroup, http, user, alerts, options, ct);

    /// <summary>Publishes an alert to a group; answered when it is durable.</summary>
    /// <param name="group">1 to 100 characters; a group is there when something is published to it.</param>
    internal static async Task<IResult> PublishToGroup(
        string group, HttpContext http, ClaimsPrincipal user, AlertServer alerts, IOptions<AlertServerOptions> options, CancellationToken ct)
    {
        if (PublishedAlert.GroupFault(group) is { } fault)
        {
            return Refuse("path", fault);
        }

        var (body, refusal) = await RequestBody.ReadAsync(http.Request, options.Value.MaxAlertBytes, ct, "Raise AlertServer:MaxAlertBytes if it has to be.");
        if (refusal is not null)
        {
            return refusal.ToProblem();
        }

        var alert = PublishedAlert.Read(body);
        if (!alert.Ok)
        {
            return Refuse("body", alert.Error);
        }

        await alerts.PublishAsync(Caller.Of(user), group, alert.Value, ct);
        return TypedResults.Bytes([.. """{"status":"alert stored","alert":"""u8, .. alert.Value.Json, .. "}"u8], "application/json");
    }

    /// <summary>A refusal in the alert server's shape: programs that read it find the place at fault where they always found it.</summary>
    private static ContentHttpResult Refuse(string where, Error fault) => TypedResults.Text(
        new JsonObject
        {
            ["detail"] = new JsonArray(new JsonObject
            {
                ["type"] = "value_error",
                ["loc"] = fault.Field is { Length: > 0 } field ? new JsonArray(where, field) : new JsonArray(where),
                ["msg"] = fault.Detail,
            }),
        }.ToJsonString(),
        "application/json", statusCode: StatusCodes.Status422UnprocessableEntity);
}

/// <summary>That an alert is stored.</summary>
/// <param name="Status">Always <c>alert stored</c>.</param>
/// <param name="Alert">The alert as it was published.</param>
internal sealed record PublishAnswer(string Status, JsonObject Alert);
