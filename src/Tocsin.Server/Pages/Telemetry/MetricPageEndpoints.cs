using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Telemetry;

namespace Tocsin.Pages;

internal static class MetricPageEndpoints
{
    /// <summary>Names are gathered from so many series; a workspace may have more, whose names can be typed all the same.</summary>
    private const int MostSeries = 5_000;

    public static void MapMetricPages(this RouteGroupBuilder pages) => pages.MapGet(MetricsForm.Path, Show);

    private static async Task<IResult> Show(HttpContext http, FrameFactory frames, MetricQuery metrics, IOptions<ServerOptions> options, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var (form, fault) = MetricsForm.Read(http.Request.Query, page.Frame.Clock);
        var model = new MetricsModel(form) { Fault = fault };
        if (page.Frame.Fragment)
        {
            // Nothing of it is taken over: charts stand still while somebody reads them.
            return new Rendered<MetricsPage, MetricsModel>(page.Frame, model);
        }

        var known = await metrics.SeriesAsync(page.Workspace, new(), MostSeries, ct);
        var only = form.Picks.Count == 0 ? http.Request.Query["service"].ToString().Trim() : "";
        model = model with
        {
            Names = NamesOf(known.Where(s => only.Length == 0 || s.Service == only)),
            Only = only,
            Services = [.. known.Select(s => s.Service).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            First = known.Count > 0 ? null : FirstOf(options.Value.BaseFor(http.Request)),
            Typed = fault?.Field is "name" or "tags" or "how" ? TypedIn(http.Request.Query) : null,
        };
        return new Rendered<MetricsPage, MetricsModel>(page.Frame, fault?.Field is "from" or "to" or "last" ? model : await DrawnAsync(model, page, metrics, ct));
    }

    private static async Task<MetricsModel> DrawnAsync(MetricsModel model, PageRequest page, MetricQuery metrics, CancellationToken ct)
    {
        var (form, step) = (model.Form, model.Form.StepLength);
        List<(string Unit, ChartLine Line)> lines = [];
        List<string> empty = [];
        List<(string, string)> watches = [];
        var leftOut = 0;
        foreach (var pick in form.Picks)
        {
            if (pick.Matchers is not { Ok: true, Value: var tags })
            {
                continue;
            }

            var how = Enum.Parse<Aggregation>(pick.How, ignoreCase: true);
            var filter = new SeriesFilter { Name = pick.Name, Service = pick.Service.Length > 0 ? pick.Service : null, Tags = tags };
            var read = await metrics.RangeAsync(page.Workspace, filter, form.Window.From, form.Window.To, step, how, MetricQuery.MostSeries, ct);
            var full = read.Where(r => r.Points.Count > 0).ToList();
            if (full.Count == 0)
            {
                empty.Add(pick.Text);
            }

            // A detector looks at the mean of a minute, of counters at their rate.
            var isAlike = full.Count > 0 && full.All(r => how == HistoryKeeper.HowOf(r.Series));
            watches.Add((pick.Name, DetectorLinks.Watch(pick, isAlike ? full.SelectMany(r => r.Points).Max(p => p.Value) : null)));
            foreach (var (series, points) in full)
            {
                if (lines.Count == ChartLine.Most)
                {
                    leftOut++;
                    continue;
                }

                List<(DateTimeOffset At, double Value)> drawn = [.. points.Select(p => (p.At, p.Value))];
                lines.Add((UnitOf(series.Unit, how), new(NameOf(pick, series), ChartLine.Look(lines.Count), ChartLine.GapOf(drawn, step), drawn)));
            }
        }

        return model with
        {
            Charts = [.. lines.GroupBy(l => l.Unit, l => l.Line).Select(g => MetricChart.Of(g.Key, [.. g]))],
            LeftOut = leftOut,
            Empty = empty,
            Watches = page.Caller.May(Policies.Configure) ? [.. watches.DistinctBy(w => w.Item2)] : [],
        };
    }

    private static IReadOnlyList<MetricName> NamesOf(IEnumerable<MetricSeries> series) =>
    [
        .. series.GroupBy(s => s.Name, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => new MetricName(
            g.Key, g.Select(s => s.Unit).FirstOrDefault(u => u.Length > 0, ""), g.First().Kind.ToString().ToLowerInvariant(), g.Count(),
            [.. g.Select(s => s.Service).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)], g.Max(s => s.LastAt))),
    ];

    private static string NameOf(SeriesPick pick, MetricSeries series) =>
        string.Join(" · ", ((string[])[$"{pick.How} {series.Name}", series.Service, .. series.Tags.Select(t => $"{t.Key}={t.Value}")]).Where(t => t.Length > 0));

    private static string UnitOf(string unit, Aggregation how) => how switch
    {
        Aggregation.Count => "",
        Aggregation.Rate => unit is "" or "1" ? "per s" : $"{unit}/s",
        _ => unit == "1" ? "" : unit,
    };

    private static SeriesPick TypedIn(IQueryCollection query) =>
        new(query["how"].ToString(), query["name"].ToString()) { Service = query["service"].ToString(), Tags = query["tags"].ToString() };

    private static string FirstOf(string baseUrl) => $$$"""
        curl {{{baseUrl}}}/ingest/metrics \
          -H "Authorization: Bearer $TOCSIN_KEY" -H 'Content-Type: application/json' \
          -d '{"metrics": [{"name": "cpu_percent", "value": 42.5, "unit": "%", "tags": {"service": "checkout"}}]}'
        """;
}
