using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Routing;
using Tocsin.Sdk;

namespace Tocsin.Pages;

internal static class SilencePageEndpoints
{
    public static void MapSilencePages(this RouteGroupBuilder pages)
    {
        Map(pages, "/silences", SilenceKind.Silence);
        Map(pages, "/maintenance", SilenceKind.Maintenance);
    }

    /// <summary>The signed page of one silence: whoever holds the link extends or ends it as its owner, until a day after its end.</summary>
    public static void MapSilenceLinks(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/s/{token}").AllowAnonymous().ExcludeFromDescription();
        group.MapGet("/", ShowLink);
        group.MapPost("/", ActByLink);
    }

    private static void Map(RouteGroupBuilder pages, string path, SilenceKind kind)
    {
        pages.MapGet(path, (HttpContext http, FrameFactory frames, Database database, SilenceStore silences, CancellationToken ct, string? match = null, string? service = null) =>
            Show(kind, http, frames, database, silences, match, service, ct));
        var acts = pages.MapGroup(path).RequireAuthorization(Policies.Responder).AddEndpointFilter<FormFilter>();
        acts.MapPost("/", (HttpContext http, FrameFactory frames, Database database, SilenceStore silences, SilenceGuard guard, IncidentStore incidents, CancellationToken ct) =>
            Save(kind, http, frames, database, silences, guard, incidents, ct));
        acts.MapPost("/{id}/extend", (string id, HttpContext http, FrameFactory frames, SilenceGuard guard, CancellationToken ct, string? @for = null) =>
            Extend(path, id, http, frames, guard, @for, ct));
        acts.MapPost("/{id}/expire", (string id, HttpContext http, FrameFactory frames, SilenceDesk desk, CancellationToken ct) => Expire(path, id, http, frames, desk, ct));
    }

    private static async Task<IResult> Show(
        SilenceKind kind, HttpContext http, FrameFactory frames, Database database, SilenceStore silences, string? match, string? service, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var form = new SilenceForm(match ?? "", "2h", "") { Services = service is null ? [] : [service] };
        return new Rendered<SilencesPage, SilencesModel>(page.Frame, await ModelAsync(kind, page, database, silences, form, ct));
    }

    /// <summary>Shows what the form would mute, or makes the silence; what was typed stays.</summary>
    private static async Task<IResult> Save(
        SilenceKind kind, HttpContext http, FrameFactory frames, Database database, SilenceStore silences, SilenceGuard guard, IncidentStore incidents, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var form = Read(await http.Request.ReadFormAsync(ct));
        var (creates, confirmed) = (http.Request.Form["do"] == "create", http.Request.Form["all"] == "yes");
        var model = await ModelAsync(kind, page, database, silences, form, ct);
        IResult Again(string fault) => new Rendered<SilencesPage, SilencesModel>(page.Frame, model with { Fault = fault }, StatusCodes.Status422UnprocessableEntity);

        var draft = Draft(kind, form, page);
        var preview = draft.Ok ? await SilenceEndpoints.PreviewAsync(page.Estate, draft.Value, guard, database, incidents, ct) : draft.Error;
        if (!draft.Ok || !preview.Ok)
        {
            return Again((draft.Error ?? preview.Error)!.Detail);
        }

        var mutesAll = preview.Value.Doubt is not null || (preview.Value.Firing > 1 && preview.Value.Alerts == preview.Value.Firing);
        if (creates && (!mutesAll || confirmed))
        {
            var saved = await guard.MakeAsync(page.Estate, page.Caller, draft.Value, confirmed, ct);
            return saved.Ok ? Done.Well(model.Base, Said(saved.Value, page)) : Again(saved.Error.Detail);
        }

        model = model with
        {
            MutesAll = mutesAll,
            Preview = preview.Value,
            Fault = creates ? "Tick the box if you mean it." : null,
        };
        return new Rendered<SilencesPage, SilencesModel>(page.Frame, model);
    }

    private static string Said(Silence silence, PageRequest page) => silence.Kind == SilenceKind.Maintenance
        ? "The maintenance is planned."
        : $"Silenced until {page.Frame.Clock.Short(silence.EndsAt)}.";

    private static async Task<IResult> Extend(string path, string id, HttpContext http, FrameFactory frames, SilenceGuard guard, string? @for, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return page.Estate.Declares(id) ? Done.Refused(path, SilenceEndpoints.Managed().Detail)
            : !DurationText.TryParse(@for ?? "", out var by) || by <= TimeSpan.Zero ? Done.Refused(path, "Say how much longer: 30m, 2h, 1d.")
            : Done.Of(await guard.ExtendAsync(page.Estate, id, by, page.Caller.Actor, ct), path, s => $"It now ends {page.Frame.Clock.Short(s.EndsAt)}.");
    }

    private static async Task<IResult> Expire(string path, string id, HttpContext http, FrameFactory frames, SilenceDesk desk, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return page.Estate.Declares(id)
            ? Done.Refused(path, SilenceEndpoints.Managed().Detail)
            : Done.Of(await desk.ExpireAsync(page.Workspace, id, page.Caller.Actor, ct), path, _ => "It has ended. What still fires is routed again.");
    }

    private static async Task<IResult> ShowLink(
        string token, HttpContext http, SilenceLinks links, FrameFactory frames, IEstates estates, SilenceDesk desk, SilenceGuard guard, CancellationToken ct)
    {
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        var said = Done.Take(http);
        return await FindAsync(token, links, frames.Outer(http), estates, desk, ct) is { } found
            ? new Rendered<SilenceLinkPage, SilenceLinkModel>(found.Frame, new(
                SilenceEndpoints.Of(found.Silence, found.Frame.Clock.Now), (await guard.ReachAsync(found.Estate, found.Silence, ct)).Value?.Muted.Count ?? 0, said.Notice, said.Fault))
            : new Rendered<DeadLinkPage, DeadLinkModel>(frames.Outer(http), new(null), StatusCodes.Status404NotFound);
    }

    private static async Task<IResult> ActByLink(
        string token, HttpContext http, SilenceLinks links, FrameFactory frames, IEstates estates, SilenceDesk desk, SilenceGuard guard, CancellationToken ct)
    {
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        if (await FindAsync(token, links, frames.Outer(http), estates, desk, ct) is not { } found || !http.Request.HasFormContentType)
        {
            return new Rendered<DeadLinkPage, DeadLinkModel>(frames.Outer(http), new(null), StatusCodes.Status404NotFound);
        }

        var (wish, actor) = ((await http.Request.ReadFormAsync(ct))["for"].ToString(), found.Silence.Owner is { } owner ? $"user:{owner}" : "link");
        return wish == "end" ? Done.Of(await desk.ExpireAsync(found.Estate.Workspace, found.Silence.Id, actor, ct), http.Request.Path, _ => "It has ended. What still fires is routed again.")
            : wish is "1h" or "4h" or "1d" && DurationText.TryParse(wish, out var by)
                ? Done.Of(await guard.ExtendAsync(found.Estate, found.Silence.Id, by, actor, ct), http.Request.Path, s => $"It now ends {found.Frame.Clock.Short(s.EndsAt)}.")
            : Done.Refused(http.Request.Path, "Nothing was changed: the button was not understood.");
    }

    private static async Task<Found?> FindAsync(string token, SilenceLinks links, Frame outer, IEstates estates, SilenceDesk desk, CancellationToken ct)
    {
        if (links.Read(token, outer.Clock.Now) is not { } grant || await estates.FindAsync(grant.Workspace, ct) is not { } estate
            || await desk.FindAsync(grant.Workspace, grant.Silence, ct) is not { } silence)
        {
            return null;
        }

        var zone = silence.Owner is { } owner ? estate.Model.Users.GetValueOrDefault(owner)?.TimeZone : null;
        return new(estate, silence, outer with { Clock = zone is null ? outer.Clock : Clock.In(zone, outer.Clock.Now) });
    }

    private static SilenceForm Read(IFormCollection sent) => new(sent["match"].ToString(), sent["for"].ToString(), sent["comment"].ToString().Trim())
    {
        Services = [.. sent["service"].OfType<string>()],
        Start = sent["start"].ToString(),
        Days = [.. sent["day"].OfType<string>()],
        From = sent["from"].ToString(),
        To = sent["to"].ToString(),
        TimeZone = sent["zone"].ToString(),
        UntilResolved = sent["until_resolved"] == "yes",
    };

    private static Result<Silence> Draft(SilenceKind kind, SilenceForm form, PageRequest page)
    {
        var lines = form.Match.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (lines.Length == 0 && form.Services.Count == 0)
        {
            return Error.Invalid("match", "Write at least one matcher, such as service=\"checkout\".");
        }

        DateTimeOffset? start = null;
        if (form.Start.Length > 0)
        {
            if (!DateTime.TryParse(form.Start, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
            {
                return Error.Invalid("start", $"'{form.Start}' is not a date and time, such as 2026-11-23T22:00.");
            }

            start = page.Frame.Clock.Instant(DateTime.SpecifyKind(local, DateTimeKind.Unspecified));
        }

        var request = new SilenceRequest(lines, start, null, form.For, form.Comment)
        {
            Services = form.Services,
            From = form.Recurs ? form.From : null,
            To = form.Recurs ? form.To : null,
            Days = form.Recurs ? form.Days : null,
            TimeZone = form.Recurs ? form.TimeZone : null,
            UntilResolved = form.UntilResolved,
        };
        return SilenceEndpoints.Draft(request, kind, page.Caller.Actor, page.Now);
    }

    private static async Task<SilencesModel> ModelAsync(SilenceKind kind, PageRequest page, Database database, SilenceStore silences, SilenceForm form, CancellationToken ct) => new()
    {
        Maintenance = kind == SilenceKind.Maintenance,
        Silences =
        [
            .. (await SilenceEndpoints.AllAsync(kind, page.Estate, database, silences, page.Now, ct))
                .OrderBy(s => s.Status switch { "active" => 0, "pending" => 1, _ => 2 }).ThenBy(s => s.MutesUntil ?? s.EndsAt),
        ],
        Services = [.. page.Estate.Model.Services.Keys.Order(StringComparer.Ordinal)],
        Form = form,
    };

    private sealed record Found(EstateSnapshot Estate, Silence Silence, Frame Frame);
}
