using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Reports;

/// <summary>What a caller wrote into the address of a report; null: nothing. The description of the API says what each means.</summary>
internal sealed record ReportParameters
{
    [FromQuery(Name = "from")]
    public DateTimeOffset? From { get; init; }

    [FromQuery(Name = "to")]
    public DateTimeOffset? To { get; init; }

    [FromQuery(Name = "team")]
    public string? Team { get; init; }

    [FromQuery(Name = "service")]
    public string? Service { get; init; }

    [FromQuery(Name = "time_zone")]
    public string? TimeZone { get; init; }

    [FromQuery(Name = "format")]
    public string? Format { get; init; }
}

internal static class ReportEndpoints
{
    private const string Csv = "text/csv";

    public static void MapReports(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/reports").WithTags("Reports").RequireAuthorization(Policies.Viewer).WithMetadata(new AlsoAnswers(Csv));
        group.MapGet("/response", Response);
        group.MapGet("/people", People);
        group.MapGet("/fairness", Fairness);
        group.MapGet("/noise", Noise);
    }

    /// <summary>How many incidents began, and how fast they were answered and ended.</summary>
    internal static Task<Results<Ok<ResponseReportView>, FileContentHttpResult, ProblemHttpResult>> Response(
        [AsParameters] ReportParameters asked, ClaimsPrincipal user, HttpContext http, IEstates estates, ReportDesk desk, TimeProvider clock, CancellationToken ct) =>
        AnswerAsync("response", asked, user, http, estates, clock, (estate, query) => desk.ResponseAsync(estate, query, ct), ReportCsv.Of, ct);

    /// <summary>Who was paged how often, who was woken, and how fast they answered.</summary>
    internal static Task<Results<Ok<PeopleReportView>, FileContentHttpResult, ProblemHttpResult>> People(
        [AsParameters] ReportParameters asked, ClaimsPrincipal user, HttpContext http, IEstates estates, ReportDesk desk, TimeProvider clock, CancellationToken ct) =>
        AnswerAsync("people", asked, user, http, estates, clock, (estate, query) => desk.PeopleAsync(estate, query, ct), ReportCsv.Of, ct);

    /// <summary>Who was on call how much, covers included, and what would have been fair. The span may lie ahead.</summary>
    internal static Task<Results<Ok<FairnessReportView>, FileContentHttpResult, ProblemHttpResult>> Fairness(
        [AsParameters] ReportParameters asked, ClaimsPrincipal user, HttpContext http, IEstates estates, ReportDesk desk, TimeProvider clock, CancellationToken ct) =>
        AnswerAsync("fairness", asked, user, http, estates, clock, (estate, query) => desk.FairnessAsync(estate, query, ct), ReportCsv.Of, ct);

    /// <summary>Which alerts were noise, and what to do about it.</summary>
    internal static Task<Results<Ok<NoiseReportView>, FileContentHttpResult, ProblemHttpResult>> Noise(
        [AsParameters] ReportParameters asked, ClaimsPrincipal user, HttpContext http, IEstates estates, ReportDesk desk, TimeProvider clock, CancellationToken ct) =>
        AnswerAsync("noise", asked, user, http, estates, clock, (estate, query) => desk.NoiseAsync(estate, query, ct), ReportCsv.Of, ct);

    private static async Task<Results<Ok<T>, FileContentHttpResult, ProblemHttpResult>> AnswerAsync<T>(
        string name, ReportParameters asked, ClaimsPrincipal user, HttpContext http, IEstates estates, TimeProvider clock,
        Func<EstateSnapshot, ReportQuery, Task<Result<T>>> work, Func<T, byte[]> csv, CancellationToken ct)
    {
        if (asked.Format is not (null or "json" or "csv"))
        {
            return Error.Invalid("format", "Ask for json or csv.").ToProblem();
        }

        var estate = await estates.OfAsync(user, ct);
        var query = ReportQuery.Of(estate, asked.From, asked.To, asked.Team, asked.Service, asked.TimeZone, clock.GetUtcNow());
        if (!query.Ok)
        {
            return query.Error.ToProblem();
        }

        var report = await work(estate, query.Value);
        if (!report.Ok)
        {
            return report.Error.ToProblem();
        }

        http.Response.Headers.Vary = HeaderNames.Accept;
        return asked.Format == "csv" || (asked.Format is null && WantsCsv(http.Request))
            ? TypedResults.File(csv(report.Value), $"{Csv}; charset=utf-8", $"tocsin-{name}.csv")
            : TypedResults.Ok(report.Value);
    }

    /// <summary>CSV is named, and nothing that the answer could be otherwise is liked better.</summary>
    private static bool WantsCsv(HttpRequest request)
    {
        var wished = MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var list) ? list : [];
        return wished.Where(w => w.MediaType.Equals(Csv, StringComparison.OrdinalIgnoreCase)).Max(w => (double?)(w.Quality ?? 1)) is { } liked and > 0
            && !wished.Any(w => w.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase) && (w.Quality ?? 1) > liked);
    }
}
