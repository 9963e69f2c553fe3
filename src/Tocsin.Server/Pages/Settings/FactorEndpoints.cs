using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Pages;

/// <summary>Second factors of whoever is logged in, set up and taken away.</summary>
internal static class FactorEndpoints
{
    private const string Back = "/me#sign-in";

    public static void MapFactors(this IEndpointRouteBuilder routes)
    {
        var mine = routes.MapGroup("/me").RequireAuthorization(Policies.Person).RequireRecentProof().AllowWithoutSecondFactor().ExcludeFromDescription();
        mine.MapGet("/second-factor", ShowApp);
        var forms = mine.MapGroup("").AddEndpointFilter<FormFilter>();
        forms.MapPost("/second-factor", ConfirmApp);
        forms.MapPost("/second-factor/remove", RemoveApp);
        forms.MapPost("/recovery-codes", RenewRecovery);
    }

    private static async Task<IResult> ShowApp(HttpContext http, FrameFactory frames, FactorDesk desk, Reproof reproof, IOptions<ServerOptions> options, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var email = (await reproof.PersonAsync(page.Caller, ct)).Email;
        return await AppPageAsync(page, desk, desk.OfferTotp(page.Caller, email, Place(options.Value)), null, StatusCodes.Status200OK, ct);
    }

    private static async Task<IResult> ConfirmApp(
        HttpContext http, FrameFactory frames, FactorDesk desk, Reproof reproof, IOptions<ServerOptions> options, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        var (caller, sealedOffer) = (Caller.Of(http.User), form["offer"].ToString());
        var result = await desk.ConfirmTotpAsync(caller, sealedOffer, form["code"].ToString(), ct);
        if (result.Ok)
        {
            return result.Value.Length == 0
                ? Done.Well(Back, "The authenticator app is on. Your recovery codes stay as they are.")
                : await CodesAsync(http, frames, result.Value, "The authenticator app is on.", ct);
        }

        var page = await frames.OpenAsync(http, ct);
        var (email, place) = ((await reproof.PersonAsync(caller, ct)).Email, Place(options.Value));
        var offer = desk.OfferAgain(caller, sealedOffer, email, place) ?? desk.OfferTotp(caller, email, place);
        return await AppPageAsync(page, desk, offer, result.Error.Detail, Problems.StatusOf(result.Error), ct);
    }

    private static async Task<IResult> RemoveApp(HttpContext http, FactorDesk desk, CancellationToken ct) =>
        await desk.RemoveTotpAsync(Caller.Of(http.User), ct)
            ? Done.Well(Back, "The authenticator app is removed.")
            : Done.Refused(Back, "There is no authenticator app.");

    private static async Task<IResult> RenewRecovery(HttpContext http, FrameFactory frames, FactorDesk desk, CancellationToken ct) =>
        await desk.RenewRecoveryAsync(Caller.Of(http.User), ct) is { } codes
            ? await CodesAsync(http, frames, codes, "These are your new recovery codes; those before do not work any more.", ct)
            : Done.Refused(Back, "Recovery codes stand in for a second factor. Set one up first.");

    private static async Task<IResult> AppPageAsync(PageRequest page, FactorDesk desk, TotpOffer offer, string? fault, int status, CancellationToken ct)
    {
        var has = await desk.OfAsync(page.Caller.Person!.Value, ct);
        return new Rendered<AppPage, AppModel>(
            page.Frame, new(string.Join(' ', offer.Text.Chunk(4).Select(part => new string(part))), offer.Address, QrCode.Of(offer.Address)?.Path(), offer.Sealed, has.HasTotp, fault), status);
    }

    public static async Task<IResult> CodesAsync(HttpContext http, FrameFactory frames, IReadOnlyList<string> codes, string notice, CancellationToken ct) =>
        new Rendered<RecoveryCodesPage, RecoveryCodesModel>((await frames.OpenAsync(http, ct)).Frame, new(codes, notice));

    /// <summary>What the app calls this installation: its host, where it has an address of its own.</summary>
    private static string Place(ServerOptions options) => options.PublicUrl.Length > 0 ? $"Tocsin {new Uri(options.PublicBase).Host}" : "Tocsin";
}
