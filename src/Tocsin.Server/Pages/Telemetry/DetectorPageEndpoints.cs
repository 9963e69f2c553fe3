using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
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

    private static async Task<IResult> List(HttpContext http, FrameFactory frames, DetectorDesk desk, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var detectors = await desk.ListAsync(page.Estate, ct);
        List<Sdk.FindingView> open = [];
        foreach (var detector in detectors.Items.Where(d => d.Open > 0))
        {
            open.AddRange((await desk.HistoryAsync(page.Workspace, detector.Id, null, long.MaxValue, MostOpen, ct)).Where(f => f.EndedAt is null));
        }

        return new Rendered<DetectorsPage, DetectorsModel>(
            page.Frame, new(detectors, [.. open.OrderByDescending(f => Words.SeverityRank(f.Severity)).ThenByDescending(f => f.Since).Take(MostOpen)]));
    }

    private static async Task<IResult> History(
        HttpContext http, FrameFactory frames, Database database, EstateStore store, DetectorDesk desk, DetectorRuleReader reader, ServiceDesk services, CancellationToken ct,
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
            Rules = await RulesAsync(page, database, store, detector, ct),
            History = found.Items,
            Older = found.NextCursor is { } next ? $"{DetectorForm.Path}?detector={Uri.EscapeDataString(detector.Id)}&cursor={Uri.EscapeDataString(next)}#h-history" : null,
            Services = [.. (await services.ListAsync(page.Workspace, ct)).Select(s => s.Name).Append(form.Service).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        };
        return new Rendered<DetectorPage, DetectorModel>(page.Frame, preview is null || page.Frame.Fragment ? model : await TriedAsync(model, page, desk, reader, ct));
    }

    private static async Task<DetectorModel> TriedAsync(DetectorModel model, PageRequest page, DetectorDesk desk, DetectorRuleReader reader, CancellationToken ct)
    {
        var form = model.Form;
        var settings = form.Keys.Append(new("sensitivity", form.Sensitivity)).Where(k => k.Key != "sensitivity" || k.Value.Length > 0).DistinctBy(k => k.Key).ToDictionary(StringComparer.Ordinal);
        if (settings.FirstOrDefault(s => s.Value.Length == 0).Key is { } empty)
        {
            return model with { Fault = Error.Invalid("settings", $"Write \"{(empty.Length > 40 ? empty[..40] + "…" : empty)}\" with its value behind a colon, a line each: latency_ms: 800.") };
        }

        var rule = reader.Read(form.Detector, form.Service.Length > 0 ? form.Service : null, settings);
        return rule.Ok ? model with { Preview = await desk.PreviewAsync(page.Workspace, rule.Value, form.Days, ct) } : model with { Fault = rule.Error };
    }

    /// <summary>The estate's rules of a detector, and where each is declared.</summary>
    private static async Task<IReadOnlyList<DetectorRuleLine>> RulesAsync(PageRequest page, Database database, EstateStore store, Sdk.DetectorView detector, CancellationToken ct)
    {
        var rules = page.Estate.Detectors.All.Where(r => r.Detector == detector.Id).ToList();
        return rules.Count == 0 ? [] : await database.ReadAsync(
            async session =>
            {
                List<DetectorRuleLine> lines = [];
                foreach (var rule in rules)
                {
                    lines.Add(new(
                        rule.Name, rule.Service ?? "", rule.Enabled, rule.Sensitivity.ToString().ToLowerInvariant(), rule.Severity?.ToString().ToLower(CultureInfo.InvariantCulture),
                        await store.OriginAsync(session, page.Workspace, "detector", rule.Name)));
                }

                return lines;
            },
            ct);
    }
}
