using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Telemetry;
using Place = Tocsin.Estate.Mark;

namespace Tocsin.Pages;

/// <summary>The form for a detector of the estate: fill in, look at what it means and would have found, save. Works without JavaScript.</summary>
internal static class DetectorEditEndpoints
{
    private const string Meanwhile = "meanwhile";

    /// <summary>Names to choose from are gathered from so many series; others can be typed all the same.</summary>
    private const int MostSeries = 5_000;

    public static void MapDetectorForms(this RouteGroupBuilder pages)
    {
        var forms = pages.MapGroup("").RequireAuthorization(Policies.Configure);
        forms.MapGet(DetectorDraft.NewPath, New);
        forms.MapGet("/detectors/{name}/edit", Edit);
        var acts = forms.MapGroup("").AddEndpointFilter<FormFilter>();
        acts.MapPost(DetectorDraft.NewPath, Make);
        acts.MapPost("/detectors/{name}/edit", Change);
        acts.MapPost("/detectors/{name}/switch", Switch);
        acts.MapPost("/detectors/{name}/remove", Remove);
    }

    /// <summary>Where the page of a type is.</summary>
    public static string PageOf(string type) => $"{DetectorForm.Path}?detector={Uri.EscapeDataString(type)}";

    private static async Task<IResult> New(HttpContext http, FrameFactory frames, DetectorEditReader reader, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var query = http.Request.Query;
        if (!Detectors.Exists(query["type"].ToString()))
        {
            return new Rendered<DetectorKindsPage, DetectorKindsModel>(page.Frame, new(Detectors.All));
        }

        var draft = DetectorDraft.Read(query["type"].ToString(), key => query[key].ToString().Trim());
        return await ShownAsync(page, reader, new() { Draft = draft with { Name = draft.Name.Length > 0 ? draft.Name : FreeName(page, draft) }, LeftOut = query["without"].ToString() }, ct);
    }

    private static async Task<IResult> Edit(string name, HttpContext http, FrameFactory frames, DetectorEditReader reader, StoredObjects objects, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        if (await objects.FindAsync(page.Caller, DetectorEditor.Kind, name, ct) is not { } stored || page.Estate.Detectors.All.FirstOrDefault(d => d.Name == name) is not { } rule)
        {
            return Errors.NotFound(page.Frame);
        }

        if (stored.DeclaredIn is { } file)
        {
            return new Rendered<DetectorFixedPage, DetectorFixedModel>(page.Frame, new(name, rule.Detector, file, DetectorWords.Of(rule), reader.Yaml(page.Caller, name, stored.Body)));
        }

        // A link that quietens it names what would be other than stored.
        var query = http.Request.Query;
        var draft = DetectorDraft.Read(stored.Body, key => query[key].ToString());
        return await ShownAsync(page, reader, new() { Stored = name, Draft = draft, Base = EstateJson.Write(stored.Body) }, ct);
    }

    private static Task<IResult> Make(HttpContext http, FrameFactory frames, DetectorEditor editor, DetectorEditReader reader, StoredObjects objects, CancellationToken ct) =>
        SendAsync(null, http, frames, editor, reader, objects, ct);

    private static Task<IResult> Change(string name, HttpContext http, FrameFactory frames, DetectorEditor editor, DetectorEditReader reader, StoredObjects objects, CancellationToken ct) =>
        SendAsync(name, http, frames, editor, reader, objects, ct);

    private static async Task<IResult> SendAsync(string? stored, HttpContext http, FrameFactory frames, DetectorEditor editor, DetectorEditReader reader, StoredObjects objects, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var fields = await http.Request.ReadFormAsync(ct);
        var known = stored is null ? null : page.Estate.Detectors.All.FirstOrDefault(d => d.Name == stored);
        if (stored is null ? !Detectors.Exists(fields["type"].ToString()) : known is null)
        {
            return Errors.NotFound(page.Frame);
        }

        // The type of a stored detector does not change: another one is another detector.
        var draft = DetectorDraft.Read(known?.Detector ?? fields["type"].ToString(), key => fields[key].ToString().Trim());
        draft = draft with { Name = stored ?? draft.Name, IsOn = fields["on"] == "yes" };
        var model = new DetectorEditModel { Stored = stored, Draft = draft, Base = fields["base"].ToString(), Seen = fields["seen"].ToString(), Days = DaysOf(fields["days"].ToString()) };
        var wish = WishOf(page, model, objects);
        var outlook = await editor.RunAsync(page.Caller, wish, only: true, ct);
        if (Twin(page, model) is { } twin)
        {
            return await ShownAsync(page, reader, model with { Faults = [twin] }, ct, StatusCodes.Status422UnprocessableEntity);
        }

        if (!outlook.Ok || outlook.Value.Faults.Count > 0 || outlook.Value.Rule is not { } rule)
        {
            return await RefusedAsync(page, model, outlook, reader, objects, ct);
        }

        var (mark, saves) = (MarkOf(draft), fields["do"] == "save");
        if (!saves || mark != model.Seen)
        {
            model = model with
            {
                Seen = mark,
                Outlook = await reader.OutlookAsync(page, rule, model.Days, await EditsAsync(page, model, objects, ct), ct),
                Faults = saves ? [new(null, "You changed something since it was shown. Look at what it means now, and save again.")] : [],
            };
            return await ShownAsync(page, reader, model, ct, saves ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);
        }

        var saved = await editor.RunAsync(page.Caller, wish, only: false, ct);
        return saved.Ok && saved.Value.Faults.Count == 0
            ? Done.Well(PageOf(draft.Type), $"{draft.Name} is saved. {DetectorWords.Of(rule)}")
            : await RefusedAsync(page, model, saved, reader, objects, ct);
    }

    private static async Task<IResult> Switch(string name, HttpContext http, FrameFactory frames, DetectorEditor editor, StoredObjects objects, CancellationToken ct, bool on = true)
    {
        var page = await frames.OpenAsync(http, ct);
        return await ActAsync(page, name, body => (DetectorDraft.Read(body) with { IsOn = on }).Write(body), editor, objects, on ? "is on. It looks again within a minute." : "is off. It finds nothing more; what is open ends by itself.", ct);
    }

    private static async Task<IResult> Remove(string name, HttpContext http, FrameFactory frames, DetectorEditor editor, StoredObjects objects, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return await ActAsync(page, name, _ => null, editor, objects, "is removed. What it found stays in the history.", ct);
    }

    private static async Task<IResult> ActAsync(PageRequest page, string name, Func<EstateMap, EstateMap?> act, DetectorEditor editor, StoredObjects objects, string outcome, CancellationToken ct)
    {
        if (page.Estate.Detectors.All.FirstOrDefault(d => d.Name == name) is not { } rule)
        {
            return Errors.NotFound(page.Frame);
        }

        var wish = new DetectorWish(name, body => body is null ? null : act(body), objects.TakesOver(page.Caller))
        {
            Unless = body => body is null ? EstateFault.Error(Place.None, "", "somebody removed this detector meanwhile") : null,
        };
        var done = await editor.RunAsync(page.Caller, wish, only: false, ct);
        return !done.Ok ? Done.Refused(PageOf(rule.Detector), done.Error.Detail)
            : done.Value.Faults is [var fault, ..] ? Done.Refused(PageOf(rule.Detector), $"{Words.Sentence(fault.Message)}.")
            : Done.Well(PageOf(rule.Detector), $"{name} {outcome}");
    }

    private static async Task<IResult> RefusedAsync(PageRequest page, DetectorEditModel model, Result<DetectorOutlook> outlook, DetectorEditReader reader, StoredObjects objects, CancellationToken ct)
    {
        const int status = StatusCodes.Status422UnprocessableEntity;
        if (!outlook.Ok)
        {
            return await ShownAsync(page, reader, model with { Faults = [new(null, outlook.Error.Detail)] }, ct, status);
        }

        if (outlook.Value.Faults is [{ Path: Meanwhile }] && model.Stored is { } name && await objects.FindAsync(page.Caller, DetectorEditor.Kind, name, ct) is { } stored)
        {
            // Whoever saves the same form again has seen what goes.
            return await ShownAsync(
                page, reader, model with { Meanwhile = objects.Edits(page.Caller, DetectorEditor.Kind, name, model.Base, stored.Body), Base = EstateJson.Write(stored.Body), Seen = "" }, ct, StatusCodes.Status409Conflict);
        }

        return await ShownAsync(page, reader, model with { Faults = [.. outlook.Value.Faults.Select(f => new FormFault(FieldOf(model.Draft, f.Path), $"{Words.Sentence(f.Message)}."))] }, ct, status);
    }

    private static DetectorWish WishOf(PageRequest page, DetectorEditModel model, StoredObjects objects) => new(model.Draft.Name, model.Draft.Write, objects.TakesOver(page.Caller))
    {
        Unless = body => (model.Stored, body) switch
        {
            (null, not null) => EstateFault.Error(Place.None, "detector.name", $"there is a detector {model.Draft.Name} already; choose another name", model.Draft.Name),
            (null, null) => null,
            (_, null) => EstateFault.Error(Place.None, "", "somebody removed this detector meanwhile"),
            _ => StoredObjects.IsAsOpened(model.Base, body) ? null : EstateFault.Error(Place.None, Meanwhile, "somebody else changed this detector meanwhile"),
        },
    };

    /// <summary>Another detector of the type for the same services, of which there is one; null: there is none.</summary>
    private static FormFault? Twin(PageRequest page, DetectorEditModel model) =>
        !Detectors.NeedsRule(model.Draft.Type)
        && page.Estate.Detectors.All.FirstOrDefault(d => d.Detector == model.Draft.Type && (d.Service ?? "") == model.Draft["service"] && d.Name != (model.Stored ?? "")) is { } twin
            ? new("service", $"{twin.Name} is of the type {twin.Detector} for {(twin.Service is { } service ? service : "all services")} already: change that one, or name another service here.")
            : null;

    private static async Task<IReadOnlyList<string>> EditsAsync(PageRequest page, DetectorEditModel model, StoredObjects objects, CancellationToken ct) =>
        model.Stored is { } name && await objects.FindAsync(page.Caller, DetectorEditor.Kind, name, ct) is { } stored
            ? objects.Edits(page.Caller, DetectorEditor.Kind, name, stored.Body, model.Draft.Write(stored.Body))
            : [];

    private static async Task<IResult> ShownAsync(PageRequest page, DetectorEditReader reader, DetectorEditModel model, CancellationToken ct, int status = StatusCodes.Status200OK) => new Rendered<DetectorEditPage, DetectorEditModel>(
        page.Frame,
        model with
        {
            Says = DetectorWords.Says(model.Draft.Type),
            Services = await reader.ServicesAsync(page.Workspace, ct),
            Metrics = model.Draft.Type is Detectors.Query or Detectors.Slo ? await reader.MetricsAsync(page.Workspace, MostSeries, ct) : [],
        },
        status);

    /// <summary>The id of the field that a fault's path is about; null: none.</summary>
    private static string? FieldOf(DetectorDraft draft, string path)
    {
        var key = path.StartsWith("detector.", StringComparison.Ordinal) ? path["detector.".Length..] : path;
        return key == "name" || DetectorField.Of(draft.Type).Any(f => f.Key == key) ? key
            : path == "detector" && draft.Type == Detectors.Slo ? (draft["service"].Length == 0 ? "service" : "measure")
            : path == "detector" && draft.Type == Detectors.Query ? (draft.About != DetectorDraft.Metric ? "text" : draft["metric"].Length == 0 ? "metric" : "above")
            : null;
    }

    /// <summary>A name that no detector has yet: of what it is about.</summary>
    private static string FreeName(PageRequest page, DetectorDraft draft)
    {
        var about = draft.Type != Detectors.Query ? draft.Type : draft["metric"].Length > 0 ? draft["metric"] : "lines";
        var wanted = string.Concat($"{(draft["service"].Length > 0 ? draft["service"] : "all")}-{about}".Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-')).TrimStart('.', '_', '-');
        wanted = wanted.Length > 56 ? wanted[..56] : wanted;
        var taken = page.Estate.Detectors.All.Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        return Enumerable.Range(1, taken.Count + 1).Select(n => n == 1 ? wanted : $"{wanted}-{n}").First(name => !taken.Contains(name));
    }

    /// <summary>A mark of what the form means; how far back it is tried is no part of it.</summary>
    private static string MarkOf(DetectorDraft draft) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(EstateJson.Write(draft.Write(null)))).AsSpan(0, 8));

    private static int DaysOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && DetectorForm.Lengths.Contains(days) ? days : DetectorForm.Lengths[^1];
}
