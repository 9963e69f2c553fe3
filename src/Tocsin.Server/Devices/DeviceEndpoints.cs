using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Notify;
using Tocsin.Sdk;

namespace Tocsin.Devices;

internal static class DeviceEndpoints
{
    public static void MapDevices(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/me/devices").WithTags("Devices").RequireAuthorization(Policies.Person);
        group.MapGet("", List);
        group.MapPost("", Register).WithMetadata(new Refuses(StatusCodes.Status409Conflict, "There are too many devices."));
        group.MapGet("/key", Key);
        group.MapDelete("/{id:long}", Remove);
        group.MapPost("/{id:long}/test", Test).WithMetadata(new Refuses(StatusCodes.Status409Conflict, "The device can't be reached any more."));
        group.MapPost("/{id:long}/rang", Rang);
    }

    /// <summary>The person's own devices, oldest first.</summary>
    internal static async Task<Ok<Page<DeviceView>>> List(ClaimsPrincipal user, DeviceDesk desk, CancellationToken ct) =>
        TypedResults.Ok(new Page<DeviceView>((await desk.OfAsync(Caller.Of(user), ct)).ConvertAll(Of), null));

    /// <summary>The key that a browser's push subscription is made with, and that the devices belong to.</summary>
    internal static Ok<PushKeyView> Key(PushSigner signer) => TypedResults.Ok(new PushKeyView(signer.PublicKey));

    /// <summary>Registers a browser or an app to be paged on. One that is known by its address is brought up to date.</summary>
    internal static async Task<Results<Created<DeviceView>, ProblemHttpResult>> Register(
        DeviceRequest body, HttpContext http, ClaimsPrincipal user, DeviceDesk desk, CancellationToken ct)
    {
        var made = await desk.RegisterAsync(Caller.Of(user), body, http.Request.Headers.UserAgent.ToString(), ct);
        return made.Ok ? TypedResults.Created($"/api/v1/me/devices/{made.Value.Id}", Of(made.Value)) : made.Error.ToProblem();
    }

    /// <summary>Removes a device; nothing is sent to it any more.</summary>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Remove(long id, ClaimsPrincipal user, DeviceDesk desk, CancellationToken ct) =>
        await desk.RemoveAsync(Caller.Of(user), id, ct) is { } refusal ? refusal.ToProblem() : TypedResults.NoContent();

    /// <summary>Sends a test message to one device now and says what its push service answered. Nothing is retried.</summary>
    internal static async Task<Results<Ok<ContactAnswer>, ProblemHttpResult>> Test(long id, ClaimsPrincipal user, DeviceDesk desk, CancellationToken ct)
    {
        var sent = await desk.TestAsync(Caller.Of(user), id, ct);
        if (!sent.Ok)
        {
            return sent.Error.ToProblem();
        }

        var (kind, reason) = ContactTester.Say(sent.Value);
        return TypedResults.Ok(new ContactAnswer(kind == ContactTester.Taken ? "sent" : "failed", reason));
    }

    /// <summary>Keeps what the person answered to "did it ring?" after a test.</summary>
    internal static async Task<Results<NoContent, ProblemHttpResult>> Rang(long id, RangRequest body, ClaimsPrincipal user, DeviceDesk desk, CancellationToken ct) =>
        body.Rang is not { } rang ? Error.Invalid("rang", "Say true or false.").ToProblem()
        : await desk.RangAsync(Caller.Of(user), id, rang, ct) is { } refusal ? refusal.ToProblem()
        : TypedResults.NoContent();

    private static DeviceView Of(Device device) => new(
        device.Id, device.Kind, device.Name, device.Host, device.Agent, device.CreatedAt, device.SentAt, device.Error, device.ErrorAt, device.EndedAt, device.Rang, device.RangAt);
}
