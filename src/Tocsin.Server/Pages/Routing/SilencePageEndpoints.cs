using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Routing;
using Tocsin.Sdk;

namespace Tocsin.Pages;

internal static class SilencePageEndpoints
{
    private static readonly TimeSpan _shown = TimeSpan.FromDays(7);

    public static void MapSilencePages(this RouteGroupBuilder pages)
    {
        pages.MapGet("/silences", Show);
        var acts = pages.MapGroup("/silences").RequireAuthorization(Policies.Responder).AddEndpointFilter<FormFilter>();
        acts.MapPost("/", Save);
        acts.MapPost("/{id}/expire", Expire);
    }

    private static async Task<IResult> Show(
        HttpContext http, FrameFactory frames, Database database, SilenceStore silences, CancellationToken ct, string? match = null)
    {
        var page = await frames.OpenAsync(http, ct);
        var model = new SilencesModel { Silences = await ListAsync(page, database, silences, ct), Form = new(match ?? "", "2h", "") };
        return new Rendered<SilencesPage, SilencesModel>(page.Frame, model);
    }

    /// <summary>Shows what the form would mute, or makes the silence; what was typed stays.</summary>
    private static async Task<IResult> Save(
        HttpContext http, FrameFactory frames, Database database, SilenceStore silences, SilenceDesk desk, AlertStore alerts, IncidentStore incidents, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var sent = await http.Request.ReadFormAsync(ct);
        var form = new SilenceForm(sent["match"].ToString(), sent["for"].ToString(), sent["comment"].ToString());
        var model = new SilencesModel { Silences = await ListAsync(page, database, silences, ct), Form = form };
        IResult Again(string fault) => new Rendered<SilencesPage, SilencesModel>(page.Frame, model with { Fault = fault }, StatusCodes.Status422UnprocessableEntity);

        var lines = form.Match.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (lines.Length == 0)
        {
            return Again("Write at least one matcher, such as service=\"checkout\".");
        }

        var draft = SilenceEndpoints.Draft(new(lines, null, null, form.For, form.Comment), page.Caller.Actor, page.Now);
        var muted = draft.Ok ? await desk.PreviewAsync(page.Workspace, draft.Value, ct) : draft.Error;
        if (!draft.Ok || !muted.Ok)
        {
            return Again((draft.Error ?? muted.Error)!.Detail);
        }

        var firing = await database.ReadAsync(session => alerts.FiringAsync(session, page.Workspace, silenced: false), ct);
        var mutesAll = firing.Count > 1 && muted.Value.Count == firing.Count;
        if (sent["do"] == "create" && (!mutesAll || sent["all"] == "yes"))
        {
            if (form.Comment.Trim().Length == 0)
            {
                return Again("Say why; whoever looks at this at night will want to know.");
            }

            var saved = await desk.SaveAsync(page.Workspace, draft.Value, page.Caller.Actor, ct);
            return saved.Ok ? Done.Well("/silences", $"Silenced until {page.Frame.Clock.Short(saved.Value.EndsAt)}.") : Again(saved.Error.Detail);
        }

        model = model with
        {
            MutesAll = mutesAll,
            Preview = await PreviewAsync(page, database, incidents, muted.Value, ct),
            Fault = sent["do"] == "create" ? "This mutes everything that fires now. Tick the box if you mean it." : null,
        };
        return new Rendered<SilencesPage, SilencesModel>(page.Frame, model);
    }

    private static async Task<IResult> Expire(string id, HttpContext http, FrameFactory frames, SilenceDesk desk, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return page.Estate.Model.Silences.Any(s => s.Id == id)
            ? Done.Refused("/silences", "This silence is declared in the estate's files; end it there.")
            : Done.Of(await desk.ExpireAsync(page.Workspace, id, page.Caller.Actor, ct), "/silences", _ => "The silence has ended. What still fires is routed again.");
    }

    private static async Task<SilencePreview> PreviewAsync(
        PageRequest page, Database database, IncidentStore incidents, IReadOnlyList<AlertRow> muted, CancellationToken ct)
    {
        var examples = muted.Take(20).ToList();
        var numbers = await database.ReadAsync(
            async session =>
            {
                SortedSet<long> found = [];
                foreach (var row in examples)
                {
                    found.UnionWith(await incidents.OfAlertAsync(session, page.Workspace, row.Id));
                }

                return found;
            },
            ct);
        return new(muted.Count, [.. examples.Select(row => IncidentViews.Of(row, page.Estate, []))], [.. numbers]);
    }

    private static async Task<IReadOnlyList<SilenceView>> ListAsync(PageRequest page, Database database, SilenceStore silences, CancellationToken ct)
    {
        var made = await database.ReadAsync(session => silences.ListAsync(session, page.Workspace, page.Now - _shown), ct);
        return
        [
            .. page.Estate.Model.Silences.Concat(made).Select(s => SilenceEndpoints.Of(s, page.Now))
                .OrderBy(s => s.Status switch { "active" => 0, "pending" => 1, _ => 2 }).ThenBy(s => s.EndsAt),
        ];
    }
}
