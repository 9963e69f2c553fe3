using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Sdk;

namespace Tocsin.Telemetry;

/// <summary>What the reliability assistant's agent was told to do, as far as a model that only looks can do it.</summary>
internal static class AgentEndpoints
{
    private static readonly Refuses _broken = new(StatusCodes.Status422UnprocessableEntity, "The body or the query is not what is described; `detail` is a list that names each place.");
    private static readonly Refuses _off = new(StatusCodes.Status409Conflict, "No model is configured, the workspace may not use it, or investigations are not there.");
    private static readonly Refuses _spent = new(StatusCodes.Status429TooManyRequests, "The workspace's budget for the model is spent.");

    public static void MapAgent(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").WithTags("Assistant").WithMetadata(AnswersDetail.Instance).RequireAuthorization(Policies.Responder);
        group.MapPost("/monitoring/trigger", Trigger).Produces<AssistantTriggered>().WithName("trigger_assistant_monitoring");
        group.MapPost("/agent/force-rca", Force).Produces<AssistantAnalysis>().WithName("force_assistant_analysis")
            .WithMetadata(new TakesBody("application/json", "An object with any of `logs` (texts, or objects with message, level, timestamp and service), `metrics` (objects with name and value, or of numbers) and `description`. Without logs and metrics the stored ones of the last five minutes count."), _broken, _off, _spent);
        group.MapPost("/agent/trigger", Investigate).WithName("trigger_assistant_agent").Produces(StatusCodes.Status204NoContent).WithMetadata(_broken, _off, new Refuses(StatusCodes.Status404NotFound, "There is no such incident."));
        group.MapPost("/agent/rerun", Rerun).Produces<AssistantTriggered>().WithName("rerun_assistant_agent").WithMetadata(_off, new Refuses(StatusCodes.Status404NotFound, "There is no such incident."));
    }

    /// <summary>Has the model look at the workspace now, and answers when it has. Counts against its budget.</summary>
    internal static async Task<IResult> Trigger(ClaimsPrincipal user, IEstates estates, ModelReview review, CancellationToken ct) =>
        TypedResults.Ok(new AssistantTriggered("triggered", await LookAsync(user, estates, review, ct)));

    /// <summary>Shows logs, metrics and a description to the model, and opens an incident with what it says.</summary>
    internal static async Task<IResult> Force(
        HttpContext http, ClaimsPrincipal user, IEstates estates, ModelReview review, ServiceReader reader, TimeProvider clock, CancellationToken ct)
    {
        var (body, refusal) = await DetailAnswer.ReadAsync(http.Request, ct);
        var given = refusal is null ? GivenFacts.Read(body, clock.GetUtcNow()) : default;
        if ((refusal ?? given.Refusal) is { } refused)
        {
            return refused;
        }

        var estate = await estates.OfAsync(user, ct);
        if (!review.MayUse(estate))
        {
            return DetailAnswer.Of(StatusCodes.Status409Conflict, WhyNot);
        }

        var facts = given.Facts!.Lines.Count + given.Facts.Metrics.Count > 0 ? given.Facts : await StoredAsync(estate.Workspace, given.Facts, reader, clock.GetUtcNow(), ct);
        var judged = await review.ForceAsync(estate, facts, Caller.Of(user).Actor, ct);
        return judged.Ok ? TypedResults.Ok(Of(judged.Value.Verdict, judged.Value.Incident)) : DetailAnswer.Of(judged.Error);
    }

    /// <summary>Refused: nothing here investigates an incident step by step.</summary>
    internal static async Task<IResult> Investigate(HttpContext http, ClaimsPrincipal user, IEstates estates, Database database, IncidentStore incidents, CancellationToken ct) =>
        http.Request.Query["incident_id"].ToString() is { Length: > 0 } id
            ? await NotInvestigatedAsync(id, user, estates, database, incidents, ct)
            : DetailAnswer.Invalid("incident_id", "'incident_id' is missing.", "missing", "query");

    /// <summary>Without `incident_id`, as triggering the monitoring; with one, refused: nothing here investigates an incident step by step.</summary>
    internal static async Task<IResult> Rerun(
        HttpContext http, ClaimsPrincipal user, IEstates estates, ModelReview review, Database database, IncidentStore incidents, CancellationToken ct) =>
        http.Request.Query["incident_id"].ToString() is { Length: > 0 } id
            ? await NotInvestigatedAsync(id, user, estates, database, incidents, ct)
            : TypedResults.Ok(new AssistantTriggered("triggered", await LookAsync(user, estates, review, ct)));

    private const string WhyNot = "No model is configured for this workspace, so there is no analysis by one. The rules watch without it; the operator's section Ai names a model.";

    private static async Task<string> LookAsync(ClaimsPrincipal user, IEstates estates, ModelReview review, CancellationToken ct)
    {
        var estate = await estates.OfAsync(user, ct);
        return review.MayUse(estate) ? (await review.LookAsync(estate, Caller.Of(user).Actor, ct)).Sentence : WhyNot;
    }

    private static async Task<IResult> NotInvestigatedAsync(string id, ClaimsPrincipal user, IEstates estates, Database database, IncidentStore incidents, CancellationToken ct)
    {
        var workspace = (await estates.OfAsync(user, ct)).Workspace;
        return AssistantWords.ReadId(id) is { } number && await database.ReadAsync(session => incidents.FindAsync(session, workspace, number), ct) is not null
            ? DetailAnswer.Of(StatusCodes.Status409Conflict, "Incidents are not investigated step by step here. /agent/force-rca has the model look at logs and metrics once.")
            : AssistantEndpoints.Missing();
    }

    /// <summary>The stored facts of the service that gives most reason to look.</summary>
    private static async Task<ReviewFacts> StoredAsync(long workspace, ReviewFacts given, ServiceReader reader, DateTimeOffset now, CancellationToken ct)
    {
        var figures = await reader.SurveyAsync(workspace, now, ct);
        var service = ReviewChoice.Worst(figures, 1) is [var worst, ..] ? worst : figures.MaxBy(f => f.Errors);
        return service is null ? given : await reader.FactsAsync(workspace, service.Service, now, ct) with { Description = given.Description };
    }

    private static AssistantAnalysis Of(ModelVerdict verdict, long? incident) => new(
        incident is { } number ? AssistantWords.Id(number) : null, new(verdict.RootCause, verdict.Factors, [], null),
        [.. verdict.Actions.Select(a => new AssistantAction(a.Action, a.Reason, a.Service.Length > 0 ? a.Service : null, false, false))], verdict.Summary, !verdict.IsAnomaly);
}

/// <summary>Facts that somebody sends along instead of those that are stored.</summary>
internal static class GivenFacts
{
    private const int MostText = 32 * 1024;

    public static (ReviewFacts? Facts, IResult? Refusal) Read(JsonElement body, DateTimeOffset now)
    {
        var (description, odd) = DetailAnswer.TextOrNull(body, "description");
        if (odd is not null)
        {
            return (null, odd);
        }

        foreach (var name in (string[])["logs", "metrics"])
        {
            if (body.TryGetProperty(name, out var list) && list.ValueKind is not (JsonValueKind.Array or JsonValueKind.Null))
            {
                return (null, DetailAnswer.Invalid(name, $"'{name}' must be a list.", "list_type"));
            }
        }

        var logs = Items(body, "logs").ToList();
        return (new()
        {
            Service = logs.Select(l => FittedText.Name(Text(l, "service"))).FirstOrDefault(s => s.Length > 0) ?? "",
            From = now - ServiceReader.Span,
            To = now,
            Description = description ?? "",
            Lines = [.. logs.Select(l => Line(l, now)).Where(l => l.Message.Length > 0)],
            Metrics = [.. Items(body, "metrics").SelectMany(m => Metrics(m, now))],
        }, null);
    }

    private static LogLine Line(JsonElement log, DateTimeOffset now) => log.ValueKind == JsonValueKind.String
        ? new(now, LineLevel.Info, Cut(log.GetString()!))
        : new(log.ValueKind == JsonValueKind.Object && log.TryGetProperty("timestamp", out var at) && at.ValueKind == JsonValueKind.String && at.TryGetDateTimeOffset(out var instant) ? instant.ToUniversalTime() : now,
            LevelOf(Text(log, "level")), Cut(Text(log, "message")));

    private static IEnumerable<MetricFact> Metrics(JsonElement metric, DateTimeOffset now)
    {
        if (metric.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        return Text(metric, "name") is { Length: > 0 } name
            ? metric.TryGetProperty("value", out var value) && value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number && double.IsFinite(number) ? [new(now, name, number, Text(metric, "unit"))] : []
            : metric.EnumerateObject().Where(m => m.Value.ValueKind == JsonValueKind.Number && double.IsFinite(m.Value.GetDouble())).Select(m => new MetricFact(now, m.Name, m.Value.GetDouble(), ""));
    }

    private static LineLevel LevelOf(string word) => word.ToLowerInvariant() switch
    {
        "debug" or "trace" => LineLevel.Debug,
        "warn" or "warning" => LineLevel.Warning,
        "err" or "error" => LineLevel.Error,
        "critical" or "fatal" or "panic" => LineLevel.Critical,
        _ => LineLevel.Info,
    };

    private static JsonElement.ArrayEnumerator Items(JsonElement body, string name) =>
        body.TryGetProperty(name, out var list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : default;

    private static string Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static string Cut(string text) => text.Length > MostText ? text[..MostText] : text;
}
