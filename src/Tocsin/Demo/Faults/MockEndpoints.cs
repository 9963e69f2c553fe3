using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Tocsin.Alerts;
using Tocsin.Data;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Telemetry;

namespace Tocsin.Demo.Faults;

/// <summary>The reliability assistant's made-up data, at its addresses. Only in the demo.</summary>
internal static class MockEndpoints
{
    private const int Most = 10_000;

    /// <summary>The detector that made-up incidents name.</summary>
    private const string Detector = "mock";

    private static readonly TimeSpan _span = TimeSpan.FromMinutes(5);

    public static void MapMock(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/mock").RequireAuthorization(Policies.Ingest).WithMetadata(AnswersDetail.Instance).ExcludeFromDescription();
        group.MapPost("/generate-incident", IncidentAsync);
        group.MapPost("/generate-logs", LogsAsync);
        group.MapPost("/generate-metrics", MetricsAsync);
        group.MapGet("/incident-types", Types);
    }

    /// <summary>Lines and figures of a fault, and an incident for it; one that is open already goes on.</summary>
    private static async Task<IResult> IncidentAsync(
        ClaimsPrincipal user, LogIntake logs, MetricIntake metrics, FindingDesk findings, Database database, IncidentStore incidents, TimeProvider clock, CancellationToken ct,
        [FromQuery(Name = "incident_type")] string? kind = null)
    {
        var (now, workspace) = (clock.GetUtcNow(), Caller.Of(user).Workspace);
        var traffic = Traffic(now);
        var fault = FaultCase.Find(kind ?? "") ?? traffic.Any(FaultCase.All);
        var size = fault.Mock;
        List<LogLine> lines = [.. Enumerable.Range(0, size.Lines).Select(_ => Line(traffic, fault, fault.ErrorShare, now))];
        lines.AddRange(Enumerable.Range(0, size.Criticals).Select(_ => traffic.Bad(fault, fault.Service, traffic.Within(_span, now), LineLevel.Critical)));
        await logs.StoreAsync(workspace, lines, ct);
        var figures = Enumerable.Range(0, size.Figures).Select(i => traffic.Figures(
            fault.Service, now - (_span * (size.Figures - 1 - i) / size.Figures), i >= size.StressFrom && i < size.StressTo ? fault.Full : Stress.None));
        await metrics.StoreAsync(workspace, Samples(figures), ct);

        await findings.OpenAsync(
            workspace, new Finding { Detector = Detector, Service = fault.Service, Key = fault.Name, Severity = SeverityOf(fault), Title = fault.Title, Text = "Made up by /mock/generate-incident." }, ct);
        var open = await database.ReadAsync(session => incidents.ListAsync(session, workspace, open: true, null, long.MaxValue, 100), ct);
        return Json(new()
        {
            ["incident_id"] = open.Find(i => i.Title == fault.Title) is { } incident ? $"{incident.Number}" : null,
            ["title"] = fault.Title,
            ["severity"] = fault.Severity,
            ["log_count"] = lines.Count,
            ["metric_count"] = size.Figures,
        });
    }

    private static async Task<IResult> LogsAsync(
        ClaimsPrincipal user, LogIntake logs, TimeProvider clock, CancellationToken ct, int count = 50, [FromQuery(Name = "error_rate")] double errorRate = 0.2, string? service = null)
    {
        var now = clock.GetUtcNow();
        var traffic = Traffic(now);
        LogLine[] lines =
        [
            .. Enumerable.Range(0, Math.Clamp(count, 0, Most)).Select(_ =>
            {
                var fault = traffic.Any(FaultCase.All);
                return Line(traffic, fault, errorRate, now) with { Service = service ?? traffic.AnyService() };
            }),
        ];
        await logs.StoreAsync(Caller.Of(user).Workspace, lines, ct);
        return Json(new() { ["generated"] = lines.Length, ["error_count"] = lines.Count(static l => l.Level >= LineLevel.Error) });
    }

    private static async Task<IResult> MetricsAsync(
        ClaimsPrincipal user, MetricIntake metrics, TimeProvider clock, CancellationToken ct, int count = 20, [FromQuery(Name = "stress_level")] double stressLevel = 0)
    {
        var (now, made) = (clock.GetUtcNow(), Math.Clamp(count, 0, Most));
        var traffic = Traffic(now);
        var service = traffic.AnyService();
        var figures = Enumerable.Range(0, made).Select(i => traffic.Figures(service, now - (_span * (made - 1 - i) / made), Stress.Even(Math.Clamp(stressLevel, 0, 1))));
        await metrics.StoreAsync(Caller.Of(user).Workspace, Samples(figures), ct);
        return Json(new() { ["generated"] = made, ["stress_level"] = Math.Clamp(stressLevel, 0, 1) });
    }

    private static IResult Types() => Json(new()
    {
        ["types"] = new JsonArray(
        [
            .. FaultCase.All.Select(static c => new JsonObject { ["name"] = c.Name, ["description"] = c.Title }),
            new JsonObject { ["name"] = "random", ["description"] = "Any of the others" },
        ]),
    });

    /// <summary>Other data at each call.</summary>
    private static MadeTraffic Traffic(DateTimeOffset now) => new(unchecked((int)now.Ticks));

    private static LogLine Line(MadeTraffic traffic, FaultCase fault, double errorShare, DateTimeOffset now)
    {
        var at = traffic.Within(_span, now);
        return traffic.Happens(errorShare) ? traffic.Bad(fault, fault.Service, at, LineLevel.Error) : traffic.Calm(fault.Service, at);
    }

    private static MetricSample[] Samples(IEnumerable<MadeFigures> figures) =>
        [.. figures.SelectMany(static f => f.Metrics.Select(m => new MetricSample(m.Name, f.At, m.Value) { Service = f.Service, Unit = m.Unit }))];

    private static Severity SeverityOf(FaultCase fault) => fault.Severity switch
    {
        "critical" => Severity.Critical,
        "high" => Severity.High,
        _ => Severity.Warning,
    };

    private static IResult Json(JsonObject answer) => Results.Content(answer.ToJsonString(), "application/json");
}
