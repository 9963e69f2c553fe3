using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Reports;

namespace Tocsin.Pages;

internal static class ReportPageEndpoints
{
    private const string UsualSpan = "28d";

    public static void MapReportPages(this RouteGroupBuilder pages) => pages.MapGet("/reports", Show);

    private static async Task<IResult> Show(HttpContext http, FrameFactory frames, Database database, ReportDesk desk, ReportStore store, Incidents.AnalyticsDesk assistant, IEstates estates, CancellationToken ct)
    {
        // Programs of the reliability assistant ask for its reports at this address.
        if (!Errors.WantsPage(http.Request))
        {
            return TypedResults.Ok(await assistant.ReportsAsync(await estates.OfAsync(http.User, ct), ct));
        }

        var page = await frames.OpenAsync(http, ct);
        var (form, view) = (FormOf(http.Request.Query), http.Request.Query["view"].ToString());
        var model = new ReportsModel
        {
            View = ReportsModel.Views.Any(v => v.View == view) ? view : "response",
            Form = form,
            Teams = [.. page.Estate.Model.Teams.Keys.Order(StringComparer.Ordinal)],
            Services = [.. page.Estate.Model.Services.Keys.Append(form.Service).Where(s => s.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            IsNew = await database.ReadAsync(session => store.OldestAsync(session, page.Workspace), ct) is null,
        };
        var query = QueryOf(page, form);
        return new Rendered<ReportsPage, ReportsModel>(page.Frame, query.Ok ? await FilledAsync(model, page.Estate, query.Value, desk, ct) : model with { Fault = query.Error.Detail });
    }

    private static async Task<ReportsModel> FilledAsync(ReportsModel model, EstateSnapshot estate, ReportQuery query, ReportDesk desk, CancellationToken ct)
    {
        switch (model.View)
        {
            case "people":
                var people = await desk.PeopleAsync(estate, query, ct);
                return people.Ok ? model with { People = people.Value, Scope = people.Value.Scope } : model with { Fault = people.Error.Detail };
            case "fairness":
                var fairness = await desk.FairnessAsync(estate, query, ct);
                return fairness.Ok ? model with { Fairness = fairness.Value, Scope = fairness.Value.Scope } : model with { Fault = fairness.Error.Detail };
            case "noise":
                var noise = await desk.NoiseAsync(estate, query, ct);
                return noise.Ok ? model with { Noise = noise.Value, Scope = noise.Value.Scope } : model with { Fault = noise.Error.Detail };
            default:
                var response = await desk.ResponseAsync(estate, query, ct);
                return response.Ok ? model with { Response = response.Value, Scope = response.Value.Scope } : model with { Fault = response.Error.Detail };
        }
    }

    private static ReportForm FormOf(IQueryCollection query)
    {
        string Typed(string name) => query[name].FirstOrDefault()?.Trim() ?? "";
        var (last, from, to) = (Typed("last"), Typed("from"), Typed("to"));
        var known = ReportsModel.Spans.Any(s => s.Last == last) ? last : from.Length + to.Length == 0 ? UsualSpan : "";
        return new(known, known.Length > 0 ? "" : from, known.Length > 0 ? "" : to, Typed("team"), Typed("service"));
    }

    private static Result<ReportQuery> QueryOf(PageRequest page, ReportForm form)
    {
        var (clock, zone) = (page.Frame.Clock, page.Frame.Clock.ZoneName);
        DateTimeOffset? from = null, to = null;
        if (form.Last.Length > 0)
        {
            from = page.Now.AddDays(-int.Parse(form.Last[..^1], CultureInfo.InvariantCulture));
        }
        else if ((form.From.Length > 0 && (from = Day(form.From, clock, 0)) is null) || (form.To.Length > 0 && (to = Day(form.To, clock, 1)) is null))
        {
            return Error.Invalid("from", "Write a day as 2026-11-21.");
        }

        return ReportQuery.Of(page.Estate, from, to, Given(form.Team), Given(form.Service), OnCall.ZoneRules.Has(zone) ? zone : null, page.Now);
    }

    private static DateTimeOffset? Day(string text, Clock clock, int after) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) && day.Year is > 1970 and < 9000
            ? clock.Instant(day.AddDays(after).ToDateTime(TimeOnly.MinValue))
            : null;

    private static string? Given(string text) => text.Length > 0 ? text : null;
}
