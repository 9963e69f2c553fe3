using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Devices;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Notify;

namespace Tocsin.Pages;

/// <summary>Where people register the browsers and phones that ring, and see whether they would.</summary>
internal static class DevicePageEndpoints
{
    private const string Back = "/me/devices";

    public static void MapDevicePages(this IEndpointRouteBuilder routes)
    {
        var mine = routes.MapGroup(Back).RequireAuthorization(Policies.Person).ExcludeFromDescription();
        mine.MapGet("", Show);
        var forms = mine.MapGroup("/{id:long}").AddEndpointFilter<FormFilter>();
        forms.MapPost("/test", Test);
        forms.MapPost("/rang", Rang);
        forms.MapPost("/remove", Remove);
    }

    private static async Task<IResult> Show(HttpContext http, FrameFactory frames, DeviceDesk desk, PushSigner signer, IOptions<ServerOptions> options, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var person = page.Estate.Model.Users.GetValueOrDefault(page.Caller.User ?? "");
        var devices = await desk.OfAsync(page.Caller, ct);
        var agent = http.Request.Headers.UserAgent.ToString();
        var address = $"{options.Value.BaseFor(http.Request)}{Back}";
        return new Rendered<DevicesPage, DevicesModel>(page.Frame, new(
            devices.ConvertAll(d => new DeviceLine(
                d.Id, d.Name, d.Host, Convert.ToHexStringLower(d.Address.Hash.AsSpan(0, 8)), d.CreatedAt, d.SentAt, d.Error, d.EndedAt is not null, d.Rang, d.RangAt,
                WakeWords.OfDevice(d.Kind, d.Agent).How)),
            [.. (person?.Contact ?? []).Select(c => (Method: c, Fact: WakeWords.OfMethod(c.Type))).Where(c => c.Fact is not null)
                .Select(c => new WakeLine(c.Method.Name, c.Method.Type, c.Fact!.BreaksThrough, c.Fact.How))],
            signer.PublicKey, AgentWords.NameOf(agent), address, QrCode.Of(address)?.Path(),
            new Uri(address) is { IsLoopback: false } uri && uri.Scheme != Uri.UriSchemeHttps,
            person?.Contact.Any(c => c.Type is "webpush" or "fcm" && person.High.Concat(person.Low).Any(r => r.Via == c.Name)) == true));
    }

    private static async Task<IResult> Test(long id, HttpContext http, DeviceDesk desk, CancellationToken ct)
    {
        var sent = await desk.TestAsync(Caller.Of(http.User), id, ct);
        if (!sent.Ok)
        {
            return Done.Refused(Back, sent.Error.Detail);
        }

        var (kind, reason) = ContactTester.Say(sent.Value);
        return kind == ContactTester.Taken ? Done.Gone(Back, "The test was sent. Did it ring?") : Done.Refused(Back, $"The test was not taken: {reason}");
    }

    private static async Task<IResult> Rang(long id, HttpContext http, DeviceDesk desk, CancellationToken ct)
    {
        var rang = (await http.Request.ReadFormAsync(ct))["rang"] == "yes";
        return await desk.RangAsync(Caller.Of(http.User), id, rang, ct) is { } refusal ? Done.Refused(Back, refusal.Detail)
            : Done.Gone(Back, rang ? "Good. It is noted." : "Noted: it did not ring. What holds it back is said below; send another test after you changed it.");
    }

    private static async Task<IResult> Remove(long id, HttpContext http, DeviceDesk desk, CancellationToken ct) =>
        await desk.RemoveAsync(Caller.Of(http.User), id, ct) is { } refusal ? Done.Refused(Back, refusal.Detail) : Done.Gone(Back, "The device is removed. Nothing is sent to it any more.");
}
