using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Pages;
using Tocsin.Sdk;

namespace Tocsin.Incidents;

/// <summary>
/// Incidents at the addresses and in the shapes of the reliability assistant, so that its programs need no change. They are the workspace's own incidents, and what
/// is done to them here is done to them everywhere.
/// </summary>
internal static class AssistantEndpoints
{
    private const int UsualLimit = 50;
    private const int MostLimit = 500;

    private static readonly Refuses _broken = new(StatusCodes.Status422UnprocessableEntity, "A value of the query or the body cannot be; `detail` is a list that names each place.");
    private static readonly Refuses _over = new(StatusCodes.Status409Conflict, "The incident is resolved.");

    public static void MapAssistantIncidents(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/incidents").WithTags("Assistant").WithMetadata(AnswersDetail.Instance).RequireAuthorization(Policies.Viewer);
        group.MapGet("", List).Produces<IReadOnlyList<AssistantIncident>>().WithName("list_assistant_incidents").WithMetadata(_broken);
        group.MapGet("/{id}", Get).Produces<AssistantIncidentDetail>().WithName("get_assistant_incident");
        group.MapGet("/{id}/summary", Summary).Produces<AssistantSummary>().WithName("get_assistant_incident_summary");
        group.MapGet("/{id}/history", History).Produces<IReadOnlyList<AssistantEvent>>().WithName("get_assistant_incident_history");

        var acts = group.MapGroup("/{id}").RequireAuthorization(Policies.Responder);
        acts.MapPost("/resolve", Resolve).Produces<AssistantDone>().WithName("resolve_assistant_incident").WithMetadata(_broken);
        acts.MapPost("/close", Close).Produces<AssistantDone>().WithName("close_assistant_incident");
        acts.MapPost("/acknowledge", Acknowledge).Produces<AssistantDone>().WithName("acknowledge_assistant_incident");
        acts.MapPost("/escalate", Escalate).Produces<AssistantDone>().WithName("escalate_assistant_incident").WithMetadata(_over);
        acts.MapPost("/auto-heal", Heal).WithName("heal_assistant_incident").Produces(StatusCodes.Status204NoContent)
            .WithMetadata(new Refuses(StatusCodes.Status409Conflict, "No automated action is configured; nothing was run."));
    }

    /// <summary>Incidents in the reliability assistant's shape, newest first.</summary>
    /// <remarks>The query may have `status` (open, investigating, mitigating, resolved or closed) and `limit` (1 to 500, else 50). A browser is led to the inbox.</remarks>
    internal static async Task<IResult> List(HttpContext http, ClaimsPrincipal user, IEstates estates, AssistantDesk desk, CancellationToken ct)
    {
        if (Errors.WantsPage(http.Request))
        {
            return TypedResults.Redirect("/");
        }

        var (status, limit) = (http.Request.Query["status"].ToString(), http.Request.Query["limit"].ToString());
        if (status.Length > 0 && AssistantWords.ReadStatus(status) is null)
        {
            return DetailAnswer.Invalid("status", $"Use {string.Join(", ", AssistantWords.Statuses)}.", "enum", "query");
        }

        var most = UsualLimit;
        return limit.Length > 0 && (!int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out most) || most is < 1 or > MostLimit)
            ? DetailAnswer.Invalid("limit", $"Use a whole number from 1 to {MostLimit}.", "int_parsing", "query")
            : TypedResults.Ok(await desk.ListAsync(await estates.OfAsync(user, ct), status.Length > 0 ? status : null, most, ct));
    }

    /// <summary>One incident in the reliability assistant's shape, with the lines and metrics of its service around its beginning.</summary>
    /// <param name="id">Its number.</param>
    internal static async Task<IResult> Get(string id, HttpContext http, ClaimsPrincipal user, IEstates estates, AssistantDesk desk, CancellationToken ct) =>
        AssistantWords.ReadId(id) is not { } number ? Missing()
        : Errors.WantsPage(http.Request) ? TypedResults.Redirect($"/i/{number}")
        : await desk.DetailAsync(await estates.OfAsync(user, ct), number, ct) is { } detail ? TypedResults.Ok(detail)
        : Missing();

    /// <summary>The figures of one incident, with its likely cause and what was said at its end.</summary>
    /// <param name="id">Its number.</param>
    internal static async Task<IResult> Summary(string id, ClaimsPrincipal user, IEstates estates, AssistantDesk desk, TelemetryFigures telemetry, CancellationToken ct) =>
        AssistantWords.ReadId(id) is { } number && await desk.SummaryAsync(await estates.OfAsync(user, ct), number, (await telemetry.TrendAsync(Caller.Of(user).Workspace, ct)).Trend, ct) is { } summary ? TypedResults.Ok(summary) : Missing();

    /// <summary>What happened to one incident, oldest first.</summary>
    /// <param name="id">Its number.</param>
    internal static async Task<IResult> History(string id, ClaimsPrincipal user, IEstates estates, AssistantDesk desk, CancellationToken ct) =>
        AssistantWords.ReadId(id) is { } number && await desk.HistoryAsync(await estates.OfAsync(user, ct), number, ct) is { } history ? TypedResults.Ok(history) : Missing();

    /// <summary>Ends the incident. A `summary`, in the query or in an object as body, is kept with it. Idempotent.</summary>
    /// <param name="id">Its number.</param>
    internal static async Task<IResult> Resolve(string id, HttpContext http, ClaimsPrincipal user, IncidentDesk desk, CancellationToken ct)
    {
        var summary = http.Request.Query["summary"].ToString();
        if (summary.Length == 0 && MayHaveBody(http.Request))
        {
            var (body, refusal) = await DetailAnswer.ReadAsync(http.Request, ct);
            if (refusal is not null)
            {
                return refusal;
            }

            var (text, odd) = DetailAnswer.TextOrNull(body, "summary");
            if (odd is not null)
            {
                return odd;
            }

            summary = text ?? "";
        }

        return await ActAsync(id, user, (caller, number) => desk.ConcludeAsync(caller.Workspace, number, summary, closes: false, caller.Actor, ct));
    }

    /// <summary>Ends the incident, and says that nothing is left to do about it. Idempotent.</summary>
    /// <param name="id">Its number.</param>
    internal static Task<IResult> Close(string id, ClaimsPrincipal user, IncidentDesk desk, CancellationToken ct) =>
        ActAsync(id, user, (caller, number) => desk.ConcludeAsync(caller.Workspace, number, null, closes: true, caller.Actor, ct));

    /// <summary>Stops the paging: somebody has it. One that is over stays so. Idempotent.</summary>
    /// <param name="id">Its number.</param>
    internal static Task<IResult> Acknowledge(string id, ClaimsPrincipal user, IncidentDesk desk, CancellationToken ct) =>
        ActAsync(id, user, (caller, number) => desk.AcknowledgeAsync(caller.Workspace, number, caller.Actor, ct));

    /// <summary>Makes the incident one step more severe, and pages the next step of its policy now.</summary>
    /// <param name="id">Its number.</param>
    internal static async Task<IResult> Escalate(string id, ClaimsPrincipal user, IEstates estates, AssistantDesk reader, IncidentDesk desk, CancellationToken ct)
    {
        if (AssistantWords.ReadId(id) is not { } number || await reader.SeverityAsync(await estates.OfAsync(user, ct), number, ct) is not { } severity)
        {
            return Missing();
        }

        var caller = Caller.Of(user);
        var escalated = await desk.EscalateAsync(caller.Workspace, number, AssistantWords.Worse(severity), caller.Actor, ct);
        return escalated.Ok
            ? TypedResults.Ok(new AssistantDone("escalated", AssistantWords.Id(number)) { Severity = AssistantWords.Severity(escalated.Value.Severity) })
            : DetailAnswer.Of(escalated.Error);
    }

    /// <summary>Refused: there is nothing that could run by itself.</summary>
    /// <param name="id">Its number.</param>
    internal static async Task<IResult> Heal(string id, ClaimsPrincipal user, IEstates estates, AssistantDesk reader, CancellationToken ct) =>
        AssistantWords.ReadId(id) is { } number && await reader.SeverityAsync(await estates.OfAsync(user, ct), number, ct) is not null
            ? DetailAnswer.Of(StatusCodes.Status409Conflict, "No automated action is configured here, so nothing was run. What the model recommends stands in the incident's plans and timeline.")
            : Missing();

    private static async Task<IResult> ActAsync(string id, ClaimsPrincipal user, Func<Caller, long, Task<Result<IncidentState>>> act)
    {
        if (AssistantWords.ReadId(id) is not { } number)
        {
            return Missing();
        }

        var result = await act(Caller.Of(user), number);
        return !result.Ok ? result.Error.Kind == ErrorKind.NotFound ? Missing() : DetailAnswer.Of(result.Error)
            : TypedResults.Ok(new AssistantDone(result.Value.Status == IncidentStatus.Acknowledged ? "acknowledged" : AssistantWords.Status(result.Value), AssistantWords.Id(number)));
    }

    private static bool MayHaveBody(HttpRequest request) => request.ContentLength is > 0 || request.Headers.TransferEncoding.Count > 0;

    /// <summary>The same for all that is not there, whatever it is called.</summary>
    public static IResult Missing() => DetailAnswer.Of(StatusCodes.Status404NotFound, "There is no such incident.");
}
