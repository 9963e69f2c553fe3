using System.Buffers.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Hosting;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Notify;
using Tocsin.OnCall;
using Tocsin.Sdk;

namespace Tocsin.Pages;

internal static class MeEndpoints
{
    private static readonly TimeSpan _foresight = TimeSpan.FromDays(28);

    public static void MapMe(this RouteGroupBuilder pages)
    {
        pages.MapGet("/me", Show);
        pages.MapPost("/me/browser", SaveBrowser).AddEndpointFilter<FormFilter>();
        pages.MapPost("/me/contact/{method}/confirm", Confirm).RequireAuthorization(Policies.Responder).AddEndpointFilter<FormFilter>();
        pages.MapPost("/me/notify", SaveNotify).RequireAuthorization(Policies.Responder).AddEndpointFilter<FormFilter>();
    }

    private static async Task<IResult> Show(
        HttpContext http, FrameFactory frames, ContactReader reader, NotifyDesk notify, SelfTestDesk selfTests, SecurityReader security, FactorDesk factors, PasskeyDesk passkeys, LinkDesk linking, Database database,
        CalendarLinks links, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var name = page.Caller.User ?? page.Caller.Actor;
        var person = page.Estate.Model.Users.GetValueOrDefault(name);
        var shifts = page.Estate.Schedules.Values.SelectMany(s => s.Shifts(page.Now, page.Now + _foresight).Where(x => x.Users.Contains(name))
            .Select(x => new ShiftLine(s.Schedule.Name, x.From, s.At(x.From).Until)));
        return new Rendered<MePage, MeModel>(page.Frame, new()
        {
            Me = person is null
                ? new(name, null, page.Frame.Role, null, page.Frame.Clock.ZoneName, false, [], [],
                    $"Your account is not a person of the estate, so nothing pages you. Add a user named '{name}' to the estate file.")
                : await reader.UserAsync(page, person, ct),
            Notify = person is null ? null : await notify.ViewAsync(page.Workspace, person, ct),
            TestDay = (await selfTests.OfAsync(page.Workspace, ct)).Day,
            TelegramCode = person is { Disabled: false } && page.Caller.User == person.Name && person.Contact.Any(c => c.Type == Providers.Telegram.Type)
                ? linking.CodeFor(page.Workspace, Providers.Telegram.Type, person.Name)
                : null,
            Factors = await FactorsAsync(http, page, factors, passkeys, ct),
            Security = await security.ReadAsync(page.Caller, page.Now, ct),
            Shifts = [.. shifts.OrderBy(s => s.From).Take(20)],
            Away = [.. page.Estate.Entered.Away.Where(a => a.User == name && a.To > page.Now).Take(20).Select(a => new AwayLine(a.Id, a.From, a.To, a.Reason, a.OfCalendar))],
            Calendar = person is null ? null : CoverPageEndpoints.CalendarOf(
                page, await database.ReadAsync(session => links.ListAsync(session, page.Workspace), ct), CalendarLinks.OfUser, name, null),
        });
    }

    /// <returns>Null: a key looks, which has none.</returns>
    private static async Task<FactorsModel?> FactorsAsync(HttpContext http, PageRequest page, FactorDesk factors, PasskeyDesk passkeys, CancellationToken ct)
    {
        if (page.Caller is not { Login: not null, Person: { } person })
        {
            return null;
        }

        var (has, keys) = (await factors.OfAsync(person, ct), await passkeys.OfAsync(person, ct));
        return new(has.TotpSince, has.RecoveryLeft, keys.ConvertAll(k => new PasskeyLine(Base64Url.EncodeToString(k.CredentialId), k.Name, k.CreatedAt, k.LastUsedAt)), passkeys.WorksAt(http.Request));
    }

    private static async Task<IResult> SaveNotify(HttpContext http, NotifyDesk desk, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        var between = form["between"].ToString().Trim();
        var most = form["most"].ToString().Trim();
        if (most.Length > 0 && !int.TryParse(most, out _))
        {
            return Done.Refused("/me", $"'{most}' is not a number of pages.");
        }

        var saved = await desk.SaveAsync(
            Caller.Of(http.User),
            new(
                Rules(form, "high"), Rules(form, "low"),
                between.Length == 0 ? null : new(between, form["days"].ToString().Trim(), form["zone"].ToString().Trim(), form["high-too"] == "true"),
                most.Length == 0 ? null : int.Parse(most), form["self-test"] == "true"),
            ct);
        return Done.Of(saved, "/me", person => $"Saved. High urgency: {LadderText.Of(person, Routing.Urgency.High)}. Low urgency: {LadderText.Of(person, Routing.Urgency.Low)}.");
    }

    private static async Task<IResult> Confirm(string method, HttpContext http, SelfTestDesk desk, CancellationToken ct) =>
        Done.Of(await desk.ConfirmAsync(Caller.Of(http.User), method, ct), "/me", ReplyTexts.Confirmed);

    /// <summary>The rows of the form in which a method was chosen.</summary>
    private static NotifyRuleView[] Rules(IFormCollection form, string urgency) =>
    [
        .. form[$"{urgency}-via"].Zip(form[$"{urgency}-after"], (via, after) => new NotifyRuleView(after?.Trim() is { Length: > 0 } given ? given : "0s", via ?? ""))
            .Where(rule => rule.Via.Length > 0),
    ];

    private static async Task<IResult> SaveBrowser(HttpContext http, CancellationToken ct)
    {
        var form = await http.Request.ReadFormAsync(ct);
        Keep(http, FrameFactory.ThemeCookie, form["theme"].ToString() is var theme and ("light" or "dark") ? theme : "auto");
        Keep(http, FrameFactory.KeysCookie, form["keys"] == "off" ? "off" : "on");
        Keep(http, FrameFactory.SoundCookie, form["sound"] == "off" ? "off" : "on");
        return Done.Well("/me", "Saved for this browser.");
    }

    private static void Keep(HttpContext http, string name, string value) =>
        http.Response.Cookies.Append(HostCookie.NameFor(http.Request, name), value, HostCookie.Options(http.Request, SameSiteMode.Lax, TimeSpan.FromDays(365)));
}
