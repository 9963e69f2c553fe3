using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Data;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Incidents;
using Tocsin.Providers;

namespace Tocsin.Alerts;

/// <summary>
/// Addresses at which senders of other on-call systems already post, with the answers that they know: webhooks of an integration, and events as
/// PagerDuty takes them. A source's key admits, as at <c>/in/…</c>; it stands in the address or, as the routing key, in the body.
/// </summary>
internal static class SenderEndpoints
{
    /// <summary>As large as PagerDuty takes them.</summary>
    private const int LargestEvent = 512_000;

    public static void MapSenders(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("").AllowAnonymous().ExcludeFromDescription().WithMetadata(CountsItself.Instance);
        group.MapPost("/webhook/{type}/{integration}", Webhook);
        group.MapPost("/webhooks/incident", IncidentEvent);
        group.MapPost("/compat/pagerduty/v2/enqueue", Enqueue);
        group.MapPost("/compat/pagerduty/v2/change/enqueue", EnqueueChange);
        group.MapPost("/compat/pagerduty/generic/2010-04-15/create_event.json", CreateEvent);
    }

    /// <summary>The webhook of an integration: 200 when all of it is stored, 400 with the reason when something could not be read.</summary>
    private static async Task<IResult> Webhook(
        string type, string integration, HttpContext http, IEstates estates, AlertReceiver receiver, RateLimits limits, IOptions<IngestOptions> options, TimeProvider clock, CancellationToken ct)
    {
        if (await estates.FindSourceAsync(integration, ct) is not { } found)
        {
            return limits.OfStranger(http)?.Answer(http) ?? Fault(StatusCodes.Status404NotFound, "There is no integration of this id: it is the key of a source.");
        }

        if (limits.OfSource(found.Estate.Workspace, found.Source.Name) is { } refused)
        {
            return refused.Answer(http);
        }

        if (SourceType(type) is not { } wanted || wanted != found.Source.Type)
        {
            return Fault(StatusCodes.Status400BadRequest, $"This integration is of type {WebhookType(found.Source.Type)}; post to /webhook/{WebhookType(found.Source.Type)}/….");
        }

        var (body, refusal) = await RequestBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, ct);
        if (refusal is not null)
        {
            return Fault(refusal.Status, refusal.Detail);
        }

        var result = await receiver.ReceiveAsync(found.Estate, found.Source, body, name => http.Request.Headers[name].ToString(), ct);
        return !result.Ok ? Fault(Problems.StatusOf(result.Error), result.Error.Detail)
            : result.Value.Verdict is Verdict.Unparsed or Verdict.Partial ? Fault(
                StatusCodes.Status400BadRequest,
                $"{result.Value.Signals} alerts were stored, {result.Value.Rejected} could not be read. {result.Value.Reason} The delivery is kept under number {result.Value.Id}, and can be replayed.")
            : TypedResults.Json(
                new WebhookAnswer("Webhook processed", result.Value.Signals, integration, clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
                SenderJson.Default.WebhookAnswer);
    }

    /// <summary>An event for the source whose key is the routing key; the incident that it opened or joined is in the answer.</summary>
    private static async Task<IResult> IncidentEvent(
        HttpContext http, IEstates estates, KeyRing keys, AlertReceiver receiver, AlertStore alerts, IncidentStore incidents, Database database, RateLimits limits, CancellationToken ct)
    {
        if (http.Request.Query["api_key"].ToString() is { Length: > 0 } key && (await keys.FindAsync(key, ct))?.ToCaller().May(Policies.Ingest) != true)
        {
            return limits.OfStranger(http)?.Answer(http) ?? Fault(StatusCodes.Status401Unauthorized, "The api_key is not known, or may not send alerts. It can be left out: the routing_key admits.");
        }

        var (taken, refusal) = await TakeAsync(http, estates, receiver, limits, ct);
        if (taken is null)
        {
            return refusal!.AsFault(http);
        }

        var fingerprint = AlertStore.Fingerprint(taken.Source.Name, SignalLimits.DedupKey(taken.DedupKey));
        var incident = await database.ReadAsync(
            async session => (await alerts.LoadAsync(session, taken.Estate.Workspace, [fingerprint])) is [var alert]
                ? (await incidents.OfAlertAsync(session, taken.Estate.Workspace, alert.Id)).FirstOrDefault()
                : 0,
            ct);
        return TypedResults.Json(
            new IncidentEventAnswer(
                "success", "Event processed", taken.DedupKey, incident == 0 ? null : incident.ToString(CultureInfo.InvariantCulture), taken.DedupKey),
            SenderJson.Default.IncidentEventAnswer, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> Enqueue(HttpContext http, IEstates estates, AlertReceiver receiver, RateLimits limits, CancellationToken ct)
    {
        var (taken, refusal) = await TakeAsync(http, estates, receiver, limits, ct);
        return taken is null
            ? refusal!.AsPagerDuty(http)
            : TypedResults.Json(new PagerDutyAnswer("success", "Event processed") { DedupKey = taken.DedupKey }, SenderJson.Default.PagerDutyAnswer, statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> EnqueueChange(HttpContext http, IEstates estates, AlertReceiver receiver, RateLimits limits, CancellationToken ct)
    {
        var (taken, refusal) = await TakeAsync(http, estates, receiver, limits, ct);
        return taken is null
            ? refusal!.AsPagerDuty(http)
            : TypedResults.Json(new PagerDutyAnswer("success", "Change event processed"), SenderJson.Default.PagerDutyAnswer, statusCode: StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> CreateEvent(HttpContext http, IEstates estates, AlertReceiver receiver, RateLimits limits, CancellationToken ct)
    {
        var (taken, refusal) = await TakeAsync(http, estates, receiver, limits, ct);
        return taken is null
            ? refusal!.AsPagerDuty(http)
            : TypedResults.Json(new PagerDutyAnswer("success", "Event processed") { IncidentKey = taken.DedupKey }, SenderJson.Default.PagerDutyAnswer);
    }

    /// <summary>Takes a body that names its source itself.</summary>
    private static async Task<(TakenEvent? Taken, EventRefusal? Refusal)> TakeAsync(HttpContext http, IEstates estates, AlertReceiver receiver, RateLimits limits, CancellationToken ct)
    {
        var (body, refusal) = await RequestBody.ReadAsync(http.Request, LargestEvent, ct);
        if (refusal is not null)
        {
            return (null, new(refusal.Status, refusal.Detail));
        }

        var named = RoutingKeyOf(body);
        var key = named.Ok && named.Value.RoutingKey is { } inBody ? inBody : http.Request.Headers["X-Routing-Key"].ToString();
        if (await estates.FindSourceAsync(key, ct) is not { Source.Type: "pagerduty" } found)
        {
            return (null, limits.OfStranger(http) is { } wait
                ? new(wait)
                : new(StatusCodes.Status400BadRequest, named.Ok ? "routing_key is not the key of a source of type pagerduty." : named.Error.Detail));
        }

        if (limits.OfSource(found.Estate.Workspace, found.Source.Name) is { } refused)
        {
            return (null, new(refused));
        }

        var result = await receiver.ReceiveAsync(found.Estate, found.Source, body, name => http.Request.Headers[name].ToString(), ct);
        return result switch
        {
            { Ok: false } => (null, new(Problems.StatusOf(result.Error), result.Error.Detail)),
            { Value.Verdict: Verdict.Unparsed } => (null, new(StatusCodes.Status400BadRequest, result.Value.Reason ?? "Nothing in the body could be read.")),
            _ => (new(found.Estate, found.Source, named.Value.DedupKey), null),
        };
    }

    private static Result<(string? RoutingKey, string DedupKey)> RoutingKeyOf(ReadOnlyMemory<byte> body)
    {
        var clean = PayloadBytes.Clean(body, out _);
        try
        {
            using var document = JsonDocument.Parse(clean, new JsonDocumentOptions { MaxDepth = PayloadBytes.MaxDepth });
            var fields = new PayloadFields(document.RootElement);
            return (fields.Text("routing_key", "service_key"), PagerDuty.KeyOf(fields));
        }
        catch (JsonException e)
        {
            return PayloadBytes.NotJson(clean, e);
        }
    }

    /// <summary>Which of our sources reads what an integration of this type sends; null if none does.</summary>
    private static string? SourceType(string type) => type switch
    {
        "prometheus" => "alertmanager",
        "datadog" or "grafana" => type,
        "aws" => "cloudwatch",
        "webhook" or "custom" => "generic",
        _ => null,
    };

    private static string WebhookType(string source) => source switch
    {
        "alertmanager" => "prometheus",
        "cloudwatch" => "aws",
        "generic" => "webhook",
        _ => source,
    };

    private static Microsoft.AspNetCore.Http.HttpResults.JsonHttpResult<SenderFault> Fault(int status, string error) =>
        TypedResults.Json(new SenderFault(error), SenderJson.Default.SenderFault, statusCode: status);

    private sealed record TakenEvent(EstateSnapshot Estate, Source Source, string DedupKey);

    /// <summary>Why an event was not taken, told in the form that its sender knows.</summary>
    private sealed record EventRefusal(int Status, string Detail)
    {
        private readonly TooManyRequests? _wait;

        public EventRefusal(TooManyRequests wait)
            : this(StatusCodes.Status429TooManyRequests, "") => _wait = wait;

        public IResult AsFault(HttpContext http) => _wait?.Answer(http) ?? Fault(Status, Detail);

        public IResult AsPagerDuty(HttpContext http) => _wait?.Answer(http) ?? TypedResults.Json(
            new PagerDutyAnswer("invalid event", "Event object is invalid") { Errors = [Detail] }, SenderJson.Default.PagerDutyAnswer, statusCode: Status);
    }
}

internal sealed record SenderFault(string Error);

internal sealed record WebhookAnswer(string Message, int AlertsCount, string IntegrationId, string Timestamp);

internal sealed record IncidentEventAnswer(string Status, string Message, string DedupKey, string? IncidentId, string IncidentKey);

internal sealed record PagerDutyAnswer(string Status, string Message)
{
    public string? DedupKey { get; init; }

    public string? IncidentKey { get; init; }

    public IReadOnlyList<string>? Errors { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SenderFault))]
[JsonSerializable(typeof(WebhookAnswer))]
[JsonSerializable(typeof(IncidentEventAnswer))]
[JsonSerializable(typeof(PagerDutyAnswer))]
internal sealed partial class SenderJson : JsonSerializerContext;
