using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

internal static class LogPageEndpoints
{
    private const int Buckets = 60;
    private const int UsualNeighbours = 20;
    private const int MostNeighbours = 320;

    public static void MapLogPages(this RouteGroupBuilder pages)
    {
        var group = pages.MapGroup("/logs");
        group.MapGet("/", Show);
        group.MapGet("/templates", Templates);
        group.MapGet("/context", Context);
        group.MapGet("/download", LogDownload.SendAsync);
        group.MapGet("/tail", LogTailPages.FollowAsync);
    }

    /// <summary>What the search is asked for what a page is asked.</summary>
    public static LogQuery QueryOf(LogsForm form) => new()
    {
        From = form.Window.From,
        To = form.Window.To,
        Text = form.Q,
        Least = form.Least,
        Service = Given(form.Service),
        Source = Given(form.Source),
        Environment = Given(form.Environment),
        TraceId = Given(form.Trace),
        Template = form.Template,
    };

    public static LogRowModel RowOf(FoundLine found, string? chosen = null) => new(found.Id, found.Line, found.Template, found.Id == chosen);

    private static async Task<IResult> Show(
        HttpContext http, FrameFactory frames, LogSearch search, LogFollow follow, TemplateStore templates, IOptions<ServerOptions> options, CancellationToken ct, string? after = null)
    {
        var page = await frames.OpenAsync(http, ct);
        var (form, fault) = LogsForm.Read(http.Request.Query, page.Frame.Clock);
        fault ??= TextFault(form) ?? (Given(after) is { } cursor && LineKey.Parse(cursor) is null ? Error.Invalid("after", "Begin again with the newest lines.") : null);
        var model = new LogsModel(form) { Fault = fault };
        if (page.Frame.Fragment)
        {
            // Nothing of it is taken over: lines stand still while somebody reads them, and come by the tail.
            return new Rendered<LogsPage, LogsModel>(page.Frame, model);
        }

        var known = await templates.ListAsync(page.Workspace, null, ct);
        model = model with { Services = ServicesOf(known), Pattern = known.FirstOrDefault(t => t.Id == form.Template)?.Pattern };
        model = model with { Watch = page.Caller.May(Policies.Configure) ? DetectorLinks.Watch(form, model.Pattern) : null };
        if (fault is not null)
        {
            return new Rendered<LogsPage, LogsModel>(page.Frame, model);
        }

        var query = QueryOf(form);
        var place = await follow.NowAsync(ct);
        var (searching, counting) = (search.SearchAsync(page.Workspace, query, LogsModel.PageSize, Given(after), ct), search.HistogramAsync(page.Workspace, query, Buckets, ct));
        await Task.WhenAll(searching, counting);
        var (lines, histogram) = (await searching, await counting);
        return new Rendered<LogsPage, LogsModel>(page.Frame, model with
        {
            Lines = [.. lines.Lines.Select(l => RowOf(l))],
            Older = lines.Next is { } next ? form.At("/logs", new KeyValuePair<string, string>("after", next)) : null,
            Place = $"{place}",
            IsContinued = after is { Length: > 0 },
            SearchedBackTo = lines.Complete || lines.Next is not { } reached ? null : Instants.FromMicros(LineKey.Parse(reached)!.Value.AtMicros),
            Histogram = [.. histogram.Buckets.Select(b => new HistogramBucket(b.At, b.At + histogram.Step, b.Counts))],
            CountedFrom = histogram.CountedFrom,
            First = known.Count == 0 && lines.Lines.Count == 0 && !form.IsNarrowed ? FirstOf(options.Value.BaseFor(http.Request)) : null,
        });
    }

    private static async Task<IResult> Templates(HttpContext http, FrameFactory frames, TemplateStore templates, LogRates rates, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var (form, fault) = LogsForm.Read(http.Request.Query, page.Frame.Clock);
        fault ??= TextFault(form);
        var model = new TemplatesModel(form) { Fault = fault };
        if (page.Frame.Fragment || fault is not null)
        {
            return new Rendered<TemplatesPage, TemplatesModel>(page.Frame, model);
        }

        var known = await templates.ListAsync(page.Workspace, null, ct);
        var counts = await rates.ReadCoarselyAsync(page.Workspace, form.Window.From, form.Window.To, ct);
        var lines = TemplateTable.Of(form, known, counts);
        return new Rendered<TemplatesPage, TemplatesModel>(page.Frame, model with { All = lines.Count, Templates = [.. lines.Take(TemplatesModel.Most)], Services = ServicesOf(known) });
    }

    private static async Task<IResult> Context(
        string? id, HttpContext http, FrameFactory frames, LogSearch search, IOptions<ServerOptions> options, CancellationToken ct, int lines = UsualNeighbours)
    {
        var page = await frames.OpenAsync(http, ct);
        var each = Math.Clamp(lines, 1, MostNeighbours);
        if (string.IsNullOrEmpty(id) || await search.ContextAsync(page.Workspace, id, each, each, ct) is not { } found)
        {
            return Errors.NotFound(page.Frame);
        }

        var link = $"{options.Value.BaseFor(http.Request)}/logs/context?id={Uri.EscapeDataString(id)}";
        return new Rendered<LogContextPage, LogContextModel>(page.Frame, new(id, [.. found.Lines.Select(l => RowOf(l, id))], link) { Each = each, MayWiden = each < MostNeighbours });
    }

    /// <summary>What is wrong with the words of a search.</summary>
    public static Error? TextFault(LogsForm form) => LogText.Fault(form.Q) is { } fault ? Error.Invalid("q", fault) : null;

    private static IReadOnlyList<string> ServicesOf(IEnumerable<LogTemplate> known) =>
        [.. known.Select(t => t.Service).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    private static string? Given(string? text) => text is { Length: > 0 } ? text : null;

    private static string FirstOf(string baseUrl) => $$"""
        curl {{baseUrl}}/ingest/logs \
          -H "Authorization: Bearer $TOCSIN_KEY" -H 'Content-Type: application/json' \
          -d '{"logs": [{"level": "error", "service": "checkout", "message": "Hello from a shell"}]}'
        """;
}
