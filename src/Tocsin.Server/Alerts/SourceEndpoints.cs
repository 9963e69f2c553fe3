using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Tocsin.Estate;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Alerts;

internal static class SourceEndpoints
{
    public static void MapSources(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/sources").WithTags("Sources").RequireAuthorization(Policies.Viewer);
        group.MapGet("/", List);
        group.MapPost("/{name}/test", Test).RequireAuthorization(Policies.Responder);
        group.MapPost("/{name}/parse", ParseAs).WithMetadata(_payload);
        routes.MapPost("/api/v1/parse", Parse).WithTags("Sources").RequireAuthorization(Policies.Viewer).WithMetadata(_payload);
    }

    private static readonly TakesBody _payload = new("application/json", "A payload as its sender sends it.");

    /// <summary>What would be made of a payload; nothing is stored, and nobody is paged.</summary>
    /// <param name="source">A type of source, or auto: then the payload's shape tells whether it is CloudWatch's, Grafana's or a canonical event, bare or in an SNS envelope.</param>
    /// <param name="strict">Whether to reject what the alert pipeline would have rejected.</param>
    internal static async Task<Results<Ok<ParsedPayload>, ProblemHttpResult>> Parse(
        HttpContext http, PayloadTrial trial, IOptions<IngestOptions> options, TimeProvider clock, CancellationToken ct, string source = PayloadTrial.Auto, bool strict = false)
    {
        var (body, refusal) = await RequestBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, ct);
        return refusal is not null ? refusal.ToProblem() : Answer(trial.Run(body, source, strict, clock.GetUtcNow()));
    }

    /// <summary>What a source would make of a payload, by its settings; nothing is stored, and nobody is paged.</summary>
    /// <param name="name">The source.</param>
    internal static async Task<Results<Ok<ParsedPayload>, ProblemHttpResult>> ParseAs(
        string name, HttpContext http, ClaimsPrincipal user, IEstates estates, PayloadTrial trial, IOptions<IngestOptions> options, TimeProvider clock, CancellationToken ct)
    {
        if (!(await estates.OfAsync(user, ct)).Model.Sources.TryGetValue(name, out var source))
        {
            return Error.NotFound("source", name).ToProblem();
        }

        var (body, refusal) = await RequestBody.ReadAsync(http.Request, options.Value.MaxBodyBytes, ct);
        return refusal is not null ? refusal.ToProblem() : Answer(trial.Run(body, source, clock.GetUtcNow()));
    }

    private static Results<Ok<ParsedPayload>, ProblemHttpResult> Answer(Result<ParsedPayload> parsed) => parsed.Ok ? TypedResults.Ok(parsed.Value) : parsed.Error.ToProblem();

    /// <summary>Where alerts can come from, by name, with what each has sent and the lines for its tool's own configuration.</summary>
    /// <remarks>Administrators see the keys; for others <c>KEY</c> stands in their place.</remarks>
    internal static async Task<Ok<Page<SourceView>>> List(
        ClaimsPrincipal user, IEstates estates, SourceDesk sources, IOptions<ServerOptions> options, HttpRequest request, CancellationToken ct) =>
        TypedResults.Ok(new Page<SourceView>(
            await sources.ListAsync(await estates.OfAsync(user, ct), options.Value.BaseFor(request), null, Caller.Of(user), ct), null));

    /// <summary>Feeds the source the example of its tool, which goes the whole way: firing opens an incident and pages, resolved ends it.</summary>
    /// <param name="name">The source.</param>
    /// <param name="status">firing or resolved.</param>
    internal static async Task<Results<Ok<DeliveryView>, ProblemHttpResult>> Test(
        string name, ClaimsPrincipal user, IEstates estates, SourceDesk sources, TimeProvider clock, CancellationToken ct, string status = "firing")
    {
        if (status is not ("firing" or "resolved"))
        {
            return Error.Invalid("status", "Use firing or resolved.").ToProblem();
        }

        var result = await sources.TestAsync(await estates.OfAsync(user, ct), name, status == "firing" ? SignalStatus.Firing : SignalStatus.Resolved, ct);
        return result.Ok ? TypedResults.Ok(Of(name, result.Value, clock.GetUtcNow())) : result.Error.ToProblem();
    }

    private static DeliveryView Of(string source, DeliveryOutcome outcome, DateTimeOffset now) =>
        new(outcome.Id ?? 0, source, now, outcome.Verdict.ToString().ToLowerInvariant(), outcome.Signals, outcome.Rejected, outcome.Reason, null);
}
