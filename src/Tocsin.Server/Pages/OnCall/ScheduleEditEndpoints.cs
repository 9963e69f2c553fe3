using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.OnCall;
using Place = Tocsin.Estate.Mark;

namespace Tocsin.Pages;

/// <summary>The form for a schedule's rotations: fill in, look at what it means, save. Works without JavaScript.</summary>
internal static class ScheduleEditEndpoints
{
    private const int MostListed = 5;
    private const int MostPeople = 10;
    private const string Meanwhile = "meanwhile";

    private static readonly TimeSpan _ahead = TimeSpan.FromDays(366);

    public static void MapScheduleForms(this RouteGroupBuilder pages)
    {
        var forms = pages.MapGroup("").RequireAuthorization(Policies.ConfigureTeam);
        forms.MapGet("/new/schedule", New);
        forms.MapGet("/schedules/{name}/edit", Edit);
        var acts = forms.MapGroup("").AddEndpointFilter<FormFilter>();
        acts.MapPost("/new/schedule", Make);
        acts.MapPost("/schedules/{name}/edit", Change);
    }

    /// <summary>Whether somebody may make schedules at all.</summary>
    public static bool MayMake(PageRequest page) => TeamsOf(page).Count > 0 || page.Caller.May(Policies.Configure);

    private static async Task<IResult> New(HttpContext http, FrameFactory frames, StoredObjects objects, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        if (!MayMake(page))
        {
            return NotAllowed();
        }

        var form = new ScheduleForm { TimeZone = page.Frame.Clock.Zone.Id, Team = TeamsOf(page) is [var only] ? only : "" };
        return await ShownAsync(page, objects, new() { Form = form }, ct);
    }

    private static async Task<IResult> Edit(string name, HttpContext http, FrameFactory frames, StoredObjects objects, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        if (await objects.FindAsync(page.Caller, "schedule", name, ct) is not { } stored || !page.Estate.Model.Schedules.TryGetValue(name, out var schedule))
        {
            return Errors.NotFound(page.Frame);
        }

        var form = ScheduleFormBody.Read(stored.Body);
        var manages = EntryRules.Manages(page.Caller, page.Estate, schedule.Team);
        if (stored.DeclaredIn is not null || !manages || !ScheduleFormFields.Holds(form))
        {
            return new Rendered<ScheduleFixedPage, ScheduleFixedModel>(page.Frame, new(
                name, schedule.Team, stored.DeclaredIn, [.. schedule.Rotations.Select(r => new LayerNote(r.Name, ScheduleWords.Rotation(r, page.Frame)))])
            {
                IsLarge = manages,
            });
        }

        return await ShownAsync(page, objects, new() { Stored = name, Form = form, Base = EstateJson.Write(ScheduleFormBody.OfForm(stored.Body)) }, ct);
    }

    private static Task<IResult> Make(HttpContext http, FrameFactory frames, ScheduleDesk desk, StoredObjects objects, CancellationToken ct) => SendAsync(null, http, frames, desk, objects, ct);

    private static Task<IResult> Change(string name, HttpContext http, FrameFactory frames, ScheduleDesk desk, StoredObjects objects, CancellationToken ct) => SendAsync(name, http, frames, desk, objects, ct);

    private static async Task<IResult> SendAsync(string? stored, HttpContext http, FrameFactory frames, ScheduleDesk desk, StoredObjects objects, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        if (stored is null ? !MayMake(page) : !page.Estate.Model.Schedules.TryGetValue(stored, out var known) || !EntryRules.Manages(page.Caller, page.Estate, known.Team))
        {
            return stored is not null && !page.Estate.Model.Schedules.ContainsKey(stored) ? Errors.NotFound(page.Frame) : NotAllowed();
        }

        var fields = await http.Request.ReadFormAsync(ct);
        var model = new ScheduleEditModel { Stored = stored, Form = ScheduleFormFields.Read(fields), Base = fields["base"].ToString(), Seen = fields["seen"].ToString() };
        model = stored is null ? model : model with { Form = model.Form with { Name = stored } };
        var (button, monday) = (fields["do"].ToString(), Monday(page, model.Form.TimeZone));
        if (button.StartsWith("preset:", StringComparison.Ordinal)
            && SchedulePresets.Fill(model.Form, button["preset:".Length..], TurnsOf(page, model.Form), p => page.Estate.Model.Users.GetValueOrDefault(p)?.TimeZone, monday) is { } filled)
        {
            return await ShownAsync(page, objects, model with { Form = filled, Focus = "r0-name" }, ct);
        }

        if (ScheduleFormFields.Press(model.Form, button, monday) is { } pressed)
        {
            return await ShownAsync(page, objects, model with { Form = pressed.Form, Focus = pressed.Focus }, ct);
        }

        model = model with { Form = model.Form.Tidy() };
        return await DecideAsync(page, model, button == "save", fields["gaps"] == "yes", desk, objects, ct);
    }

    /// <summary>Shows what the form means, or saves it when that was shown and nothing is left to ask.</summary>
    private static async Task<IResult> DecideAsync(PageRequest page, ScheduleEditModel model, bool saves, bool gapsAreMeant, ScheduleDesk desk, StoredObjects objects, CancellationToken ct)
    {
        var wish = WishOf(page, model, objects);
        var outlook = await desk.RunAsync(page.Caller, wish, only: true, ct);
        if (!outlook.Ok || outlook.Value.Faults.Count > 0)
        {
            return await RefusedAsync(page, model, outlook, objects, ct);
        }

        var preview = PreviewOf(page, outlook.Value, model.Form.AllowOverlap) with { GapsAreMeant = gapsAreMeant };
        var mark = MarkOf(model.Form);
        var asks = (preview.Gaps.Count > 0 && !gapsAreMeant) || preview.Overlaps.Count > 0;
        if (!saves || asks || mark != model.Seen)
        {
            FormFault[] faults = !saves ? []
                : mark != model.Seen ? [new(null, "You changed something since it was shown. Look at what it means now, and save again.")]
                : preview.Gaps.Count > 0 && !gapsAreMeant ? [new("gaps", "Nobody is on call at some times. Fill the gaps, or tick that they are meant.")]
                : [new("overlap", "Rotations overlap. Mend them, or tick that it is meant.")];
            return await ShownAsync(page, objects, model with { Seen = mark, Preview = preview, Faults = faults }, ct, saves ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);
        }

        var sentence = outlook.Value.Say(page.Now);
        var saved = await desk.RunAsync(page.Caller, wish, only: false, ct);
        return saved.Ok && saved.Value.Faults.Count == 0
            ? Done.Well($"/schedules/{Uri.EscapeDataString(model.Form.Name)}", $"Saved. {sentence}")
            : await RefusedAsync(page, model, saved, objects, ct);
    }

    private static async Task<IResult> RefusedAsync(PageRequest page, ScheduleEditModel model, Result<ScheduleOutlook> outlook, StoredObjects objects, CancellationToken ct)
    {
        const int status = StatusCodes.Status422UnprocessableEntity;
        if (!outlook.Ok)
        {
            return await ShownAsync(page, objects, model with { Faults = [new(null, outlook.Error.Detail)] }, ct, status);
        }

        if (outlook.Value.Faults is [{ Path: Meanwhile }] && model.Stored is { } name && await objects.FindAsync(page.Caller, "schedule", name, ct) is { } stored)
        {
            // Whoever saves the same form again has seen what goes.
            return await ShownAsync(page, objects, model with { Meanwhile = objects.Edits(page.Caller, "schedule", name, model.Base, ScheduleFormBody.OfForm(stored.Body)), Base = EstateJson.Write(ScheduleFormBody.OfForm(stored.Body)), Seen = "" }, ct, StatusCodes.Status409Conflict);
        }

        return await ShownAsync(page, objects, model with { Faults = [.. outlook.Value.Faults.Select(f => new FormFault(ScheduleFormFields.FieldOf(f.Path), $"{Words.Sentence(f.Message)}."))] }, ct, status);
    }

    private static ScheduleWish WishOf(PageRequest page, ScheduleEditModel model, StoredObjects objects) =>
        new(model.Form.Name, body => ScheduleFormBody.Write(model.Form, body), objects.TakesOver(page.Caller))
        {
            TestsMustHold = true,
            Unless = body => (model.Stored, body) switch
            {
                (null, not null) => EstateFault.Error(Place.None, "schedule.name", $"there is a schedule {model.Form.Name} already", model.Form.Name),
                (null, null) => null,
                (_, null) => EstateFault.Error(Place.None, "", "somebody removed this schedule meanwhile"),
                _ => StoredObjects.IsAsOpened(model.Base, ScheduleFormBody.OfForm(body)) ? null : EstateFault.Error(Place.None, Meanwhile, "somebody else changed this schedule meanwhile"),
            },
        };

    private static SchedulePreviewModel PreviewOf(PageRequest page, ScheduleOutlook outlook, bool overlapsAreMeant)
    {
        var (after, zone) = (outlook.After!, Clock.In(outlook.After!.Schedule.TimeZone, page.Now).Zone);
        var coverage = after.Coverage(page.Now, page.Now + _ahead);
        Flaws Of(IReadOnlyList<Shift> shifts, bool names) => new(
            shifts.Count, [.. shifts.Take(MostListed).Select(s => $"{ShiftWords.Span(s.From, s.To, zone)}{(names ? $": {Words.And([.. s.Users.Select(outlook.NameOf)])}" : "")}")]);
        return new(
            SchedulePageEndpoints.TimelineOf(page, after, Monday(page, after.Schedule.TimeZone), 4), outlook.Say(page.Now), Of(coverage.Gaps, names: false),
            overlapsAreMeant ? new(0, []) : Of(coverage.Overlaps, names: true),
            [.. outlook.Warnings.Where(w => w.Path.StartsWith("schedule.", StringComparison.Ordinal)).Select(w => $"{Words.Sentence(w.Message)}.")]);
    }

    /// <summary>A mark of what the form means; whether overlaps are meant is asked beside it.</summary>
    private static string MarkOf(ScheduleForm form) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(EstateJson.Write(ScheduleFormBody.Write(form with { AllowOverlap = false }, null)))).AsSpan(0, 8));

    private static async Task<IResult> ShownAsync(PageRequest page, StoredObjects objects, ScheduleEditModel model, CancellationToken ct, int status = StatusCodes.Status200OK) => new Rendered<ScheduleEditPage, ScheduleEditModel>(
        page.Frame,
        model with
        {
            People = OverridePageEndpoints.PeopleOf(page, model.Form.Team),
            Teams = TeamsOf(page),
            MayBeOfNoTeam = page.Caller.May(Policies.Configure),
            HolidayLists = await objects.NamesAsync(page.Caller, "holidays", ct),
        },
        status);

    /// <summary>Who takes turns in a preset: those of the form, else the team, else everybody who can.</summary>
    private static IReadOnlyList<string> TurnsOf(PageRequest page, ScheduleForm form)
    {
        if (form.People is { Count: > 0 } people)
        {
            return people;
        }

        var team = form.Team.Length > 0 ? page.Estate.Model.Teams.GetValueOrDefault(form.Team)?.Members : null;
        return [.. (team ?? OverridePageEndpoints.PeopleOf(page, null)).Where(p => page.Estate.Model.Users.TryGetValue(p, out var user) && user is { Disabled: false, Role: not "viewer" }).Take(MostPeople)];
    }

    private static IReadOnlyList<string> TeamsOf(PageRequest page) =>
        [.. page.Estate.Model.Teams.Keys.Where(team => EntryRules.Manages(page.Caller, page.Estate, team)).Order(StringComparer.Ordinal)];

    private static DateOnly Monday(PageRequest page, string zone) => SchedulePageEndpoints.MondayOf(DateOnly.FromDateTime(Clock.In(zone, page.Now).Local(page.Now).DateTime));

    /// <summary>Whom the route lets in may still manage no team.</summary>
    private static Done NotAllowed() => Done.Refused("/schedules", "Schedules are made and changed by administrators, and by those who manage their team.");
}
