using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Audit;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;

namespace Tocsin.Pages;

internal static class AuditPageEndpoints
{
    public static void MapAuditPages(this RouteGroupBuilder pages)
    {
        var group = pages.MapGroup("/audit").RequireAuthorization(Policies.Admin);
        group.MapGet("/", Show);
        group.MapPost("/verify", Verify).AddEndpointFilter<FormFilter>();
    }

    private static async Task<IResult> Show(HttpContext http, FrameFactory frames, Database database, AuditDesk desk, AuditStore store, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var query = http.Request.Query;
        string Typed(string name) => query[name].FirstOrDefault()?.Trim() ?? "";
        var form = new AuditForm(
            Typed("q"), Typed("actor"), Typed("action"), Typed("result"), Typed("address"), Typed("since"), Typed("until"), Typed("chain") is { Length: > 0 } asked ? asked : "workspace");
        var model = new AuditModel { Form = form, HasInstallation = await desk.MayReadInstallationAsync(page.Caller, ct) };
        var chain = await desk.ChainAsync(page.Caller, form.Chain, ct);
        if (!chain.Ok)
        {
            return new Rendered<AuditPage, AuditModel>(page.Frame, model with { Form = form with { Chain = "workspace" }, Fault = chain.Error.Detail });
        }

        model = model with { Head = await database.ReadAsync(session => store.HeadAsync(session, chain.Value), ct) };
        var filter = FilterOf(form, page.Frame.Clock);
        var before = Cursor.Before(Typed("before"));
        if (!filter.Ok || before is null)
        {
            return new Rendered<AuditPage, AuditModel>(page.Frame, model with { Fault = filter.Error?.Detail ?? "Begin again with the newest entries." });
        }

        var found = Cursor.Page(await desk.SearchAsync(chain.Value, filter.Value, before.Value, AuditModel.Lines + 1, ct), AuditModel.Lines, link => link, link => link.Seq);
        return new Rendered<AuditPage, AuditModel>(page.Frame, model with { Items = found.Items, Older = found.NextCursor is { } cursor ? OlderThan(form, cursor) : null });
    }

    /// <summary>Looks through the whole chain, and says what that came to.</summary>
    private static async Task<IResult> Verify(HttpContext http, FrameFactory frames, AuditDesk desk, AuditVerifier verifier, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var word = (await http.Request.ReadFormAsync(ct))["chain"].ToString();
        var chain = await desk.ChainAsync(page.Caller, word, ct);
        if (!chain.Ok)
        {
            return Done.Refused("/audit", chain.Error.Detail);
        }

        var back = chain.Value == AuditStore.Installation ? "/audit?chain=installation" : "/audit";
        return await verifier.TryVerifyAsync(chain.Value, [], ct) switch
        {
            null => Done.Refused(back, "Somebody else has it verified right now. Try again in a moment."),
            { Faults: [] } sound => Done.Well(back, $"Sound: {Words.Count(sound.Count, "entry", "entries")} looked at, up to number {sound.Head?.Seq ?? 0}."),
            { Faults: var faults } => Done.Refused(back, $"Not sound: {faults[0].Text}{(faults.Count > 1 ? $", and {Words.Count(faults.Count - 1, "more fault", "more faults")}" : "")}."),
        };
    }

    private static Result<AuditFilter> FilterOf(AuditForm form, Clock clock)
    {
        var filter = new AuditFilter(
            Given(form.Actor), Given(form.Action), null, Given(form.Result), Given(form.Address), Day(form.Since, clock), Day(form.Until, clock, days: 1), Given(form.Q));
        return (form.Since.Length > 0 && filter.Since is null) || (form.Until.Length > 0 && filter.Until is null)
            ? Error.Invalid("since", "Write a day as 2026-11-21.")
            : filter.Check() is { } fault ? fault : filter;
    }

    private static DateTimeOffset? Day(string text, Clock clock, int days = 0) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 1970 and < 9000
            ? clock.Instant(day.AddDays(days).ToDateTime(TimeOnly.MinValue))
            : null;

    private static string OlderThan(AuditForm form, string cursor) => "/audit" + QueryString.Create(((KeyValuePair<string, string?>[])
        [
            new("q", form.Q), new("actor", form.Actor), new("action", form.Action), new("result", form.Result), new("address", form.Address), new("since", form.Since), new("until", form.Until),
            new("chain", form.IsOfInstallation ? form.Chain : ""), new("before", cursor),
        ]).Where(pair => pair.Value is { Length: > 0 }));

    private static string? Given(string text) => text.Length > 0 ? text : null;
}
