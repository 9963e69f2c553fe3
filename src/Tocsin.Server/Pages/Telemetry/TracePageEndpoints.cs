using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

internal static class TracePageEndpoints
{
    /// <summary>Clocks of machines differ, and what a request left to do is written later.</summary>
    private static readonly TimeSpan _around = TimeSpan.FromMinutes(1);

    public static void MapTracePages(this RouteGroupBuilder pages)
    {
        var group = pages.MapGroup(TracesForm.Path);
        group.MapGet("/", List);
        group.MapGet("/{id}", Show);
    }

    private static async Task<IResult> List(HttpContext http, FrameFactory frames, TraceQuery traces, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var (form, fault) = TracesForm.Read(http.Request.Query, page.Frame.Clock);
        var model = new TracesModel(form) { Fault = fault };
        if (page.Frame.Fragment)
        {
            // Nothing of it is taken over: a list stands still while somebody reads it.
            return new Rendered<TracesPage, TracesModel>(page.Frame, model);
        }

        model = model with { Services = await traces.ServicesAsync(page.Workspace, ct) };
        if (fault is not null)
        {
            return new Rendered<TracesPage, TracesModel>(page.Frame, model);
        }

        var found = await traces.ListAsync(page.Workspace, QueryOf(form), TracesModel.Most, ct);
        return new Rendered<TracesPage, TracesModel>(page.Frame, model with { Traces = [.. found.Traces.Select(LineOf)], IsPartial = !found.Complete });
    }

    /// <summary>What the store is asked for what a page is asked.</summary>
    public static TraceListQuery QueryOf(TracesForm form) => new()
    {
        From = form.Window.From,
        To = form.Window.To,
        Service = form.Service.Length > 0 ? form.Service : null,
        Operation = form.Operation.Length > 0 ? form.Operation : null,
        Errors = form.Errors,
        LongerThan = TraceTime.Read(form.LongerThan),
        Order = TraceTime.Order(form.Order) ?? TraceOrder.Errors,
    };

    public static TraceLine LineOf(TraceSummary trace) =>
        new(trace.TraceId, LogViews.TracePage(trace.TraceId), trace.Service, trace.Name, trace.StartedAt, trace.Duration, trace.Spans, trace.Failed);

    private static async Task<IResult> Show(string id, HttpContext http, FrameFactory frames, TraceQuery traces, LogSearch search, IOptions<TelemetryOptions> options, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var spans = await traces.FindAsync(page.Workspace, id, ct);

        // As the sender of the spans wrote it; a line may have it in capitals, which then is another.
        var traceId = spans.Count > 0 ? spans[0].TraceId : id;
        var window = spans.Count > 0
            ? TimeWindow.Between(spans[0].StartedAt - _around, Ended(spans) + _around)
            : TimeWindow.Between(page.Now.AddDays(-options.Value.LogDays), page.Now);
        var logs = new LogsForm(window) { Trace = traceId };
        var lines = await search.SearchAsync(page.Workspace, LogPageEndpoints.QueryOf(logs), TraceModel.MostLines, null, ct);
        return spans.Count + lines.Lines.Count == 0
            ? Errors.NotFound(page.Frame)
            : new Rendered<TracePage, TraceModel>(page.Frame, TraceModel.Of(traceId, spans, lines, logs));
    }

    /// <summary>No later than a time can be written: a sender may say anything of how long something took.</summary>
    private static DateTimeOffset Ended(IReadOnlyList<TraceSpan> spans)
    {
        var most = DateTimeOffset.MaxValue.AddDays(-1);
        return spans.Max(s => s.Duration < most - s.StartedAt ? s.StartedAt + s.Duration : s.StartedAt);
    }
}
