using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

internal static class DetectorPageEndpoints
{
    private const int MostOpen = 100;

    public static void MapDetectorPages(this RouteGroupBuilder pages)
    {
        var group = pages.MapGroup("/detectors");
        group.MapGet("/", List);
        group.MapGet("/history", History);
    }

    private static async Task<IResult> List(HttpContext http, FrameFactory frames, Database database, EstateStore store, StoredObjects objects, DetectorDesk desk, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var detectors = await desk.ListAsync(page.Estate, ct);
        List<Sdk.FindingView> open = [];
        foreach (var detector in detectors.Items.Where(d => d.Open > 0))
        {
            open.AddRange((await desk.HistoryAsync(page.Workspace, detector.Id, null, long.MaxValue, MostOpen, ct)).Where(f => f.EndedAt is null));
        }

        var worst = open.OrderByDescending(f => Words.SeverityRank(f.Severity)).ThenByDescending(f => f.Since).Take(MostOpen);
        var rules = await RulesAsync(page, database, store, objects, null, ct);
        return new Rendered<DetectorsPage, DetectorsModel>(page.Frame, new(detectors, [.. worst], rules, page.Caller.May(Policies.Configure))
        {
            Estate = page.Estate.Detectors.All,
        });
    }

    private static async Task<IResult> History(
        HttpContext http, FrameFactory frames, Database database, EstateStore store, StoredObjects objects, DetectorRuleReader reader, DetectorDesk desk, DetectorEditReader outlooks, CancellationToken ct,
        string? cursor = null, string? preview = null)
    {
        var page = await frames.OpenAsync(http, ct);
        var form = DetectorForm.Read(http.Request.Query);
        if ((await desk.ListAsync(page.Estate, ct)).Items.FirstOrDefault(d => d.Id == form.Detector) is not { } detector)
        {
            return Errors.NotFound(page.Frame);
        }

        var found = Cursor.Page([.. await desk.HistoryAsync(page.Workspace, detector.Id, null, Cursor.Before(cursor) ?? long.MaxValue, DetectorModel.PageSize + 1, ct)], DetectorModel.PageSize, f => f, f => f.Id);
        var model = new DetectorModel(detector, form)
        {
            NeedsRule = Detectors.NeedsRule(detector.Id),
            Rules = await RulesAsync(page, database, store, objects, detector.Id, ct),
            History = found.Items,
            Older = found.NextCursor is { } next ? $"{DetectorForm.Path}?detector={Uri.EscapeDataString(detector.Id)}&cursor={Uri.EscapeDataString(next)}#h-history" : null,
            Services = [.. (await outlooks.ServicesAsync(page.Workspace, ct)).Append(form.Service).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            Estate = page.Estate.Detectors.All,
            MayConfigure = page.Caller.May(Policies.Configure),
        };
        return new Rendered<DetectorPage, DetectorModel>(page.Frame, preview is null || page.Frame.Fragment ? model : await TriedAsync(model, page, reader, outlooks, ct));
    }

    private static async Task<DetectorModel> TriedAsync(DetectorModel model, PageRequest page, DetectorRuleReader reader, DetectorEditReader outlooks, CancellationToken ct)
    {
        var form = model.Form;
        var settings = form.Keys.Append(new("sensitivity", form.Sensitivity)).Where(k => k.Key != "sensitivity" || k.Value.Length > 0).DistinctBy(k => k.Key).ToDictionary(StringComparer.Ordinal);
        if (settings.FirstOrDefault(s => s.Value.Length == 0).Key is { } empty)
        {
            return model with { Fault = Error.Invalid("settings", $"Write \"{(empty.Length > 40 ? empty[..40] + "…" : empty)}\" with its value behind a colon, a line each: latency_ms: 800.") };
        }

        var rule = reader.Read(form.Detector, form.Service.Length > 0 ? form.Service : null, settings);
        return rule.Ok ? model with { Outlook = await outlooks.OutlookAsync(page, rule.Value, form.Days, [], ct) } : model with { Fault = rule.Error };
    }

    /// <summary>The estate's detectors, and where each is declared.</summary>
    /// <param name="type">Only of this type; null: all.</param>
    private static async Task<IReadOnlyList<DetectorRuleLine>> RulesAsync(PageRequest page, Database database, EstateStore store, StoredObjects objects, string? type, CancellationToken ct)
    {
        var rules = page.Estate.Detectors.All.Where(r => type is null || r.Detector == type).OrderBy(r => r.Name, StringComparer.Ordinal).ToList();
        var mayBeChanged = objects.TakesOver(page.Caller);
        return rules.Count == 0 ? [] : await database.ReadAsync(
            async session =>
            {
                List<DetectorRuleLine> lines = [];
                foreach (var rule in rules)
                {
                    lines.Add(new(rule.Name, rule.Detector, rule.Enabled, DetectorWords.Of(rule), mayBeChanged ? null : await store.OriginAsync(session, page.Workspace, DetectorEditor.Kind, rule.Name)));
                }

                return lines;
            },
            ct);
    }
}
