using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Providers;
using Tocsin.Sdk;

namespace Tocsin.Alerts;

internal static class IngestEndpoints
{
    private const string TooLargeAdvice = "Send fewer alerts at once, or raise Ingest:MaxBodyBytes.";

    /// <summary>
    /// Routes for senders. They present a source's own key, which admits to nothing else, so they are outside the roles, and what the pipeline
    /// does for people's requests is left out.
    /// </summary>
    public static void MapIngest(this IEndpointRouteBuilder routes)
    {
        routes.MapMethods("/in/{provider}/{key}", ["POST", "PUT"], FromProvider).AllowAnonymous().WithTags("Sources").WithMetadata(CountsItself.Instance)
            .WithMetadata(new TakesBody("application/json", "What the provider sends; for a generic source any JSON, best with title, status and dedup_key.")).Produces<IngestAnswer>(StatusCodes.Status202Accepted)
            .Produces<IngestAnswer>(StatusCodes.Status207MultiStatus)
            .WithMetadata(new Refuses(StatusCodes.Status429TooManyRequests, "More deliveries came with this key than are taken (`Limits:SourcePerSecond`). Nothing was read; send it again after `Retry-After` seconds."))
            .WithMetadata(new Refuses(StatusCodes.Status400BadRequest, "Nothing in the body could be read. It is kept under the number `delivery`, and can be replayed."));
        routes.MapPost("/in/sns/{key}", FromSns).AllowAnonymous().WithTags("Sources").WithMetadata(CountsItself.Instance)
            .WithMetadata(new TakesBody("application/json", "A message of Amazon SNS with its signature.")).Produces<IngestAnswer>(StatusCodes.Status202Accepted)
            .WithMetadata(new Refuses(StatusCodes.Status403Forbidden, "The signature, its certificate, the topic or the age of the message is not right."))
            .WithMetadata(new Refuses(StatusCodes.Status429TooManyRequests, "More deliveries came with this key than are taken (`Limits:SourcePerSecond`). Nothing was read; send it again after `Retry-After` seconds."));
        routes.MapPost("/in/{provider}/{key}/api/v2/alerts", FromPrometheusPath).AllowAnonymous().ExcludeFromDescription().ShortCircuit();
        routes.MapPost("/api/v2/alerts", FromPrometheus).AllowAnonymous().ExcludeFromDescription().ShortCircuit();
    }

    /// <summary>Takes whatever the provider sends, in the provider's own form, and answers after it is durable.</summary>
    /// <remarks>
    /// 202: all stored; 207: some, the others are named; 400: nothing could be read, it is kept for replay, and the problem has the members of the
    /// other answers too; 503: nothing stored, send again.
    /// </remarks>
    /// <param name="provider">The source's type, such as generic.</param>
    /// <param name="key">The source's key, which admits to nothing else.</param>
    internal static async Task<Results<JsonHttpResult<IngestAnswer>, ProblemHttpResult>> FromProvider(
        string provider, string key, HttpContext http, IEstates estates, AlertReceiver receiver, RateLimits limits, IOptions<IngestOptions> options, CancellationToken ct)
    {
        if (await estates.FindSourceAsync(key, ct) is not { } found)
        {
            return limits.OfStranger(http)?.ToProblem(http) ?? Problems.Unauthorized();
        }

        if (limits.OfSource(found.Estate.Workspace, found.Source.Name) is { } refused)
        {
            return refused.ToProblem(http);
        }

        if (!string.Equals(found.Source.Type, provider, StringComparison.OrdinalIgnoreCase))
        {
            return Error.NotFound("address", $"/in/{provider}/… for this key: its source is of type {found.Source.Type}, use /in/{found.Source.Type}/…").ToProblem();
        }

        var (body, refusal) = await RequestBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, ct, TooLargeAdvice);
        if (refusal is not null)
        {
            return refusal.ToProblem();
        }

        var result = await receiver.ReceiveAsync(found.Estate, found.Source, body, name => http.Request.Headers[name].ToString(), ct);
        return result.Ok ? Answer(result.Value) : result.Error.ToProblem();
    }

    /// <summary>Takes a message of SNS whose signature is right, confirms subscriptions of the source's topics, and answers after it is durable.</summary>
    /// <remarks>202 also for what could not be read: it is kept, so that SNS need not send it again. A message is taken once, however often it is sent.</remarks>
    /// <param name="key">The source's key.</param>
    internal static async Task<Results<JsonHttpResult<IngestAnswer>, ProblemHttpResult>> FromSns(
        string key, HttpContext http, IEstates estates, SnsDesk desk, RateLimits limits, IOptions<IngestOptions> options, CancellationToken ct)
    {
        if (await estates.FindSourceAsync(key, ct) is not { } found)
        {
            return limits.OfStranger(http)?.ToProblem(http) ?? Problems.Unauthorized();
        }

        if (limits.OfSource(found.Estate.Workspace, found.Source.Name) is { } refused)
        {
            return refused.ToProblem(http);
        }

        if (found.Source.Type != Sns.Id)
        {
            return Error.NotFound("address", $"/in/sns/… for this key: its source is of type {found.Source.Type}, use /in/{found.Source.Type}/…").ToProblem();
        }

        var (body, refusal) = await RequestBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, ct, TooLargeAdvice);
        if (refusal is not null)
        {
            return refusal.ToProblem();
        }

        var result = await desk.ReceiveAsync(found.Estate, found.Source, body, name => http.Request.Headers[name].ToString(), ct);
        return result.Ok ? TypedResults.Json(Wire(result.Value), statusCode: StatusCodes.Status202Accepted) : result.Error.ToProblem();
    }

    /// <summary>The same as Alertmanager's API, for senders that can set a path prefix but no header.</summary>
    private static async Task<IResult> FromPrometheusPath(
        string provider, string key, HttpContext http, IEstates estates, AlertReceiver receiver, RateLimits limits, IOptions<IngestOptions> options, CancellationToken ct) =>
        provider == "alertmanager" && await estates.FindSourceAsync(key, ct) is { Source.Type: "alertmanager" } found
            ? limits.OfSource(found.Estate.Workspace, found.Source.Name)?.Answer(http) ?? await AlertmanagerAsync(http, found.Estate, found.Source, receiver, options.Value, ct)
            : limits.OfStranger(http)?.Answer(http) ?? Problems.Unauthorized();

    /// <summary>Alertmanager's API v2: 200 with an empty body, or 400 with a JSON string that lists what was wrong; good alerts are stored either way.</summary>
    private static async Task<IResult> FromPrometheus(
        HttpContext http, IEstates estates, KeyRing keys, AlertReceiver receiver, RateLimits limits, IOptions<IngestOptions> options, CancellationToken ct)
    {
        if (Credentials.Key(http.Request) is not { } key)
        {
            return limits.OfStranger(http)?.Answer(http) ?? Problems.Unauthorized();
        }

        if (await estates.FindSourceAsync(key, ct) is { } found)
        {
            return found.Source.Type == "alertmanager"
                ? limits.OfSource(found.Estate.Workspace, found.Source.Name)?.Answer(http) ?? await AlertmanagerAsync(http, found.Estate, found.Source, receiver, options.Value, ct)
                : Error.NotFound("source", $"of type alertmanager with this key; it belongs to {found.Source.Name} ({found.Source.Type})").ToProblem();
        }

        if (!keys.Knows(key) && limits.OfUnknownKey(http) is { } wait)
        {
            return wait.Answer(http);
        }

        if (await keys.FindAsync(key, ct) is not { } apiKey || await estates.FindAsync(apiKey.Workspace, ct) is not { } estate)
        {
            return limits.OfStranger(http)?.Answer(http) ?? Problems.Unauthorized();
        }

        if (limits.OfCaller(apiKey.ToCaller()) is { } refused)
        {
            return refused.Answer(http);
        }

        if (!apiKey.ToCaller().May(Policies.Ingest))
        {
            return Error.Forbidden("The role or the scopes of this key do not let it send alerts.").ToProblem();
        }

        // A person's or machine's API key sends as the workspace's Alertmanager source, or as one of its own if there is none.
        var source = estate.Model.Sources.Values.Where(s => s.Type == "alertmanager").MinBy(s => s.Name, StringComparer.Ordinal) ?? new("api", "alertmanager", "");
        return await AlertmanagerAsync(http, estate, source, receiver, options.Value, ct);
    }

    private static async Task<IResult> AlertmanagerAsync(
        HttpContext http, EstateSnapshot estate, Source source, AlertReceiver receiver, IngestOptions options, CancellationToken ct)
    {
        var (body, refusal) = await RequestBody.ReadAsync(http.Request, options.MaxBodyBytes, ct, TooLargeAdvice);
        if (refusal is not null)
        {
            return TypedResults.Json(refusal.Detail, statusCode: refusal.Status);
        }

        var result = await receiver.ReceiveAsync(estate, source, body, name => http.Request.Headers[name].ToString(), ct);
        return result switch
        {
            { Ok: false } => TypedResults.Json(result.Error.Detail, statusCode: StatusCodes.Status400BadRequest),
            { Value: { Verdict: Verdict.Partial or Verdict.Unparsed } bad } => TypedResults.Json(bad.Reason, statusCode: StatusCodes.Status400BadRequest),
            _ => TypedResults.Ok(),
        };
    }

    private static IngestAnswer Wire(DeliveryOutcome outcome) =>
        new(outcome.Verdict.ToString().ToLowerInvariant(), outcome.Signals, outcome.Rejected, outcome.Id, outcome.Reason);

    private static Results<JsonHttpResult<IngestAnswer>, ProblemHttpResult> Answer(DeliveryOutcome outcome)
    {
        var answer = Wire(outcome);
        return outcome.Verdict == Verdict.Unparsed
            ? Problems.Of(StatusCodes.Status400BadRequest, "delivery.unparsed", answer.Reason ?? "Nothing in the body could be read.", more: new()
            {
                ["verdict"] = answer.Verdict,
                ["accepted"] = answer.Accepted,
                ["rejected"] = answer.Rejected,
                ["delivery"] = answer.Delivery,
                ["reason"] = answer.Reason,
            })
            : TypedResults.Json(answer, statusCode: outcome.Verdict == Verdict.Partial ? StatusCodes.Status207MultiStatus : StatusCodes.Status202Accepted);
    }
}
