using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Tocsin.Sdk;

namespace Tocsin.Tests.Cli;

/// <summary>A server of the native API on loopback that keeps a few incidents in memory and answers with the wire records.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    public const string Key = "tcn_test";

    public static readonly DateTimeOffset Now = new(2026, 11, 23, 2, 2, 0, TimeSpan.Zero);

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<long, Incident> _incidents = new();

    private FakeServer(WebApplication app) => _app = app;

    public string Url => _app.Urls.Single();

    /// <summary>Each request after its authorization: method, path and query, body.</summary>
    public ConcurrentQueue<(string Line, string Body)> Requests { get; } = [];

    /// <summary>Statuses with which the next deliveries of telemetry are refused.</summary>
    public ConcurrentBag<int> Refusing { get; } = [];

    public string Yaml { get; set; } = "workspace: acme\n";

    public EstatePlan Plan { get; set; } = new("acme", [], [], [], "");

    public Explanation Explanation { get; set; } = new(false, [], [], null, []);

    public IList<SilenceView> Silences { get; } = new List<SilenceView>();

    public Incident this[long number]
    {
        get => _incidents[number];
        set => _incidents[number] = value;
    }

    public static async Task<FakeServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = new FakeServer(builder.Build());
        server.Map();
        await server._app.StartAsync();
        return server;
    }

    public static Incident Incident(long number, string title, string severity = "critical", string status = "triggered") => new()
    {
        Number = number,
        Status = status,
        Title = title,
        Severity = severity,
        Urgency = "high",
        Service = "checkout",
        Route = "checkout",
        Policy = "payments",
        CreatedAt = Now.AddMinutes(-4),
        UpdatedAt = Now.AddMinutes(-4),
        Escalation = "paging",
        Step = 1,
        Steps = 2,
        Round = 1,
        Rounds = 2,
        NextAt = Now.AddMinutes(3),
        Paging = ["ana"],
        Next = ["bo"],
    };

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void Map()
    {
        _app.Use(async (context, next) =>
        {
            var body = await new StreamReader(context.Request.Body).ReadToEndAsync();
            var isIngest = context.Request.Path.StartsWithSegments("/in", StringComparison.Ordinal);
            if (!isIngest && context.Request.Headers.Authorization != $"Bearer {Key}")
            {
                await Problem(401, "auth.required", "This needs an API key.").ExecuteAsync(context);
                return;
            }

            context.Items["body"] = body;
            Requests.Enqueue(($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString}", body));
            await next();
        });

        _app.MapGet("/api/v1/incidents", (string status, string? cursor, int limit) =>
        {
            var matching = _incidents.Values.Where(i => status == "all" || (status == "open" ? i.Status != "resolved" : i.Status == status));
            var after = cursor is null ? long.MaxValue : long.Parse(cursor);
            Incident[] items = [.. matching.Where(i => i.Number < after).OrderByDescending(i => i.Number).Take(limit + 1)];
            var page = new Page<Incident>([.. items.Take(limit)], items.Length > limit ? $"{items[limit - 1].Number}" : null);
            return Results.Json(page, WireJson.Default.PageIncident);
        });
        _app.MapGet("/api/v1/incidents/{n:long}", (long n) => With(n, i => Results.Json(Detail(i), WireJson.Default.IncidentDetail)));
        _app.MapPost("/api/v1/incidents/{n:long}/acknowledge", (long n) => Change(n, i => i.Status == "resolved"
            ? null
            : i with { Status = "acknowledged", AcknowledgedBy = "key:test", Escalation = "stopped" }));
        _app.MapPost("/api/v1/incidents/{n:long}/resolve", (long n) => Change(n, i => i with { Status = "resolved", ResolvedBy = "key:test" }));
        _app.MapPost("/api/v1/incidents/{n:long}/escalate", (long n) => Change(n, i => i with { Step = i.Step + 1, Paging = ["bo"] }));
        _app.MapPost("/api/v1/incidents/{n:long}/snooze", (long n) => Change(n, i => i with { Status = "snoozed", SnoozedUntil = Now.AddHours(1) }));
        _app.MapPost("/api/v1/incidents/{n:long}/notes", (long n) => Change(n, i => i));
        _app.MapPost("/api/v1/incidents/{n:long}/reassign", (long n) => Change(n, i => i with { Paging = ["cy"], HandedTo = "user:cy" }));
        _app.MapPost("/api/v1/incidents/{n:long}/responders", (long n) => Change(n, i => i with { Asked = [new("dee", "user", "key:test", Now, "asked", null)] }));
        _app.MapPost("/api/v1/incidents/{n:long}/responders/answer", (long n) => Change(n, i => i with { Asked = [new("dee", "user", "ana", Now, "declined", Now)] }));
        _app.MapPost("/api/v1/policies/{name}/move-incidents", (string name) => Results.Json(new PolicyMoveView(name, 9, [1041, 1042]), WireJson.Default.PolicyMoveView));
        _app.MapGet("/api/v1/reports/noise", () => Results.Json(ReportVerbTests.Noise, WireJson.Default.NoiseReportView));
        _app.MapGet("/api/v1/reports/fairness", () => Results.Json(ReportVerbTests.Fairness, WireJson.Default.FairnessReportView));
        _app.MapGet("/api/v1/reports/response", () => Results.Json(ReportVerbTests.Response, WireJson.Default.ResponseReportView));
        _app.MapGet("/api/v1/reports/people", () => Results.Json(ReportVerbTests.People, WireJson.Default.PeopleReportView));
        _app.MapGet("/api/v1/logs", (string? after) => Results.Json(
            after is null
                ? new([LogVerbTests.Line(3, "critical", "down"), LogVerbTests.Line(2, "error", "refused\n\u001b[31mat Pay()")], "04", false)
                : new([LogVerbTests.Line(1, "warning", "slow")], "05", false),
            WireJson.Default.LogPageView));
        _app.MapGet("/api/v1/logs/templates", () => Results.Json(
            new([new() { Id = 17, Service = "checkout", Level = "error", Pattern = "order <num> refused", FirstSeenAt = Now.AddDays(-1), LastSeenAt = Now.AddMinutes(-2), Count = 120, Example = "" }], null),
            WireJson.Default.PageLogTemplateView));
        _app.MapGet("/api/v1/logs/tail", (HttpRequest request) =>
        {
            // Who comes again hears the last line again, and one that is new.
            int[] minutes = request.Headers["Last-Event-ID"] == "7.1" ? [2, 3] : [2];
            var lines = minutes.Select(m => $"id: 7.1\nevent: line\ndata: {System.Text.Json.JsonSerializer.Serialize(LogVerbTests.Line(m, "error", "refused"), WireJson.Default.LogLineView)}\n\n");
            return Results.Text($"id: 7.0\nevent: heartbeat\ndata: {{}}\n\n{string.Concat(lines)}event: missed\ndata: {{\"lines\":3,\"at_least\":true}}\n\n", "text/event-stream");
        });
        _app.MapGet("/api/v1/traces", () => Results.Json(TraceVerbTests.List, WireJson.Default.TraceListView));
        _app.MapGet("/api/v1/traces/{id}", () => Results.Json(TraceVerbTests.Trace, WireJson.Default.TraceView));
        _app.MapGet("/api/v1/metrics", () => Results.Json(new([MetricVerbTests.Series], false), WireJson.Default.MetricListView));
        _app.MapGet("/api/v1/metrics/query", () => Results.Json(
            new(Now.AddMinutes(-10), Now, "max", 60, [new(MetricVerbTests.Series, [new(Now.AddMinutes(-4), 10), new(Now.AddMinutes(-3), 20), new(Now.AddMinutes(-1), 80.5)])], true),
            WireJson.Default.MetricQueryView));
        _app.MapPost("/ingest/{kind}", () => Refusing.TryTake(out var status) ? Problem(status, "service.unavailable", "Later.") : Results.Ok());
        _app.MapGet("/api/v1/oncall", () => Results.Json(
            new Page<OnCallView>(
                [
                    new("payments-primary", "payments", ["ana"], Now.AddDays(3), "rotation weekly"),
                    new("platform", null, [], null, "no rotation covers this instant"),
                ],
                null),
            WireJson.Default.PageOnCallView));
        _app.MapPost("/api/v1/explain", () => Results.Json(Explanation, WireJson.Default.Explanation));
        _app.MapPost("/api/v1/silences/preview", () => Results.Json(new(2, [], [1042]), WireJson.Default.SilencePreview));
        _app.MapPost("/api/v1/silences", () =>
        {
            Silences.Add(new("s-1", ["service=\"checkout\""], Now, Now.AddHours(2), "key:test", "deploy", "active"));
            return Results.Json(Silences[^1], WireJson.Default.SilenceView);
        });
        _app.MapGet("/api/v1/silences", () => Results.Json(new([.. Silences], null), WireJson.Default.PageSilenceView));
        _app.MapDelete("/api/v1/silences/{id}", (string id) => Silences.FirstOrDefault(s => s.Id == id) is { } found && Silences.Remove(found)
            ? Results.NoContent()
            : Problem(404, "silence.not_found", $"There is no silence '{id}'."));
        _app.MapGet("/api/v1/jobs/dead", () => Results.Json(
            new Page<DeadJobView>([new(7, "page", "incident/1042", 6, Now.AddMinutes(-5), "connection refused")], null), WireJson.Default.PageDeadJobView));
        _app.MapPost("/api/v1/jobs/dead/{id:long}/replay", (long id) => id == 7 ? Results.NoContent() : Problem(404, "job.not_found", $"There is no job '{id}'."));
        _app.MapGet("/api/v1/deliveries", () => Results.Json(
            new Page<DeliveryView>([new(3, "grafana", Now.AddSeconds(-30), "partial", 2, 1, "alerts[1]: no labels", null)], null),
            WireJson.Default.PageDeliveryView));
        _app.MapPost("/api/v1/deliveries/{id:long}/replay", (long id) => Results.Json(
            new DeliveryView(id, "grafana", Now, id == 3 ? "accepted" : "unparsed", 3, 0, id == 3 ? null : "not JSON", null), WireJson.Default.DeliveryView));
        _app.MapPost("/api/v1/estate/plan", () => Results.Json(Plan, WireJson.Default.EstatePlan));
        _app.MapPost("/api/v1/estate/apply", () => Results.Json(Plan, WireJson.Default.EstatePlan));
        _app.MapGet("/api/v1/estate", () => Results.Text(Yaml, "application/yaml"));
        _app.MapGet("/api/v1/version", () => Results.Json(new("1.2.3", "abc", "SQLite 3.40.1", "1"), WireJson.Default.VersionView));
        _app.MapPost("/in/generic/{key}", (string key) => key == "unknown" ? Problem(401, "auth.required", "Send a key.") : Results.Accepted());
        _app.MapPost("/api/v2/alerts", (HttpContext context) => ((string)context.Items["body"]!).Contains("refuse me", StringComparison.Ordinal)
            ? Results.Json("alerts[0]: no", statusCode: 400)
            : Results.Ok());
        _app.MapGet("/other/{**rest}", () => Results.Text("<html>not us</html>", "text/html"));
        _app.MapGet("/empty/{**rest}", () => Results.Json(new object()));
        _app.MapGet("/busy/{**rest}", (HttpContext context) =>
        {
            context.Response.Headers.RetryAfter = "5";
            return Problem(503, "service.unavailable", "The database does not answer.");
        });
        _app.MapGet("/moved/{**rest}", () => Results.Redirect("/elsewhere"));
    }

    private IResult With(long number, Func<Incident, IResult> answer) => _incidents.TryGetValue(number, out var incident)
        ? answer(incident)
        : Problem(404, "incident.not_found", $"There is no incident '{number}'.");

    private IResult Change(long number, Func<Incident, Incident?> change) => With(number, incident =>
    {
        if (change(incident) is not { } changed)
        {
            return Problem(409, "incident.resolved", $"Incident #{number} is resolved already.");
        }

        _incidents[number] = changed;
        return Results.Json(changed, WireJson.Default.Incident);
    });

    private static IncidentDetail Detail(Incident incident) => new(
        incident,
        [
            new()
            {
                Id = 1, Source = "prometheus", DedupKey = "k", Status = "firing", Title = "HighErrorRate", Severity = "critical",
                Labels = new Dictionary<string, string> { ["service"] = "checkout", ["alertname"] = "HighErrorRate" },
                StartedAt = Now.AddMinutes(-4), UpdatedAt = Now,
            },
        ],
        [
            new()
            {
                Id = 1, Incident = incident.Number, Kind = "page", Recipient = "ana", RecipientKind = "user", Method = "phone", Type = "ntfy",
                Key = "page/1", Status = "failed", CreatedAt = Now.AddMinutes(-4), DueAt = Now.AddMinutes(-4), Reason = "503 from the provider",
            },
        ],
        [
            new(2, Now.AddMinutes(-3), "page.failed", $"incident/{incident.Number}", "system", "the page to ana failed", null),
            new(1, Now.AddMinutes(-4), "incident.triggered", $"incident/{incident.Number}", "source:prometheus", "opened by route checkout", null),
        ]);

    private static IResult Problem(int status, string code, string detail) =>
        Results.Json(new Problem(null, code, status, detail, null), WireJson.Default.Problem, "application/problem+json", status);
}
