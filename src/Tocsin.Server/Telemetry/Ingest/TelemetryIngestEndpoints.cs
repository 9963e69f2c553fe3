using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using Tocsin.Hosting;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Telemetry;

/// <summary>Logs and metrics at the addresses and in the shapes of the reliability assistant; what is rejected of a batch is named besides.</summary>
internal static class TelemetryIngestEndpoints
{
    private static readonly Refuses _none = new(StatusCodes.Status422UnprocessableEntity, "Nothing in the body could be taken; `detail` is a list that names each place.");
    private static readonly Refuses _tooMany = new(StatusCodes.Status429TooManyRequests, "More requests came with this key than are taken (`Limits:KeyPerSecond`). Nothing was read; send it again after `Retry-After` seconds.");

    public static IServiceCollection AddTelemetryIngest(this IServiceCollection services) =>
        services.AddSingleton<IntakeDoor>().AddSingleton<IntakeLedger>().AddSingleton<TelemetryDesk>();

    public static void MapTelemetryIngest(this IEndpointRouteBuilder routes)
    {
        var ingest = routes.MapGroup("/ingest").WithTags("Telemetry").RequireAuthorization(Policies.Ingest).WithMetadata(AnswersDetail.Instance, _none, _tooMany);
        ingest.MapPost("/logs", Logs).Produces<TelemetryAccepted>().WithName("ingest_logs")
            .WithMetadata(new TakesBody("application/json", "`{\"logs\": [{\"message\", \"level\", \"timestamp\", \"source\", \"service\", \"trace_id\", \"metadata\"}]}`; only `message` must be there."));
        ingest.MapPost("/logs/raw", RawLogs).Produces<TelemetryAccepted>().WithName("ingest_raw_logs")
            .WithMetadata(new TakesBody("application/json", "A list of texts, each one or several lines as programs print them; or, as `text/plain`, the lines themselves."));
        ingest.MapPost("/metrics", Metrics).Produces<TelemetryAccepted>().WithName("ingest_metrics")
            .WithMetadata(new TakesBody("application/json", "`{\"metrics\": [{\"name\", \"value\", \"timestamp\", \"unit\", \"service\", \"tags\"}]}`; `name` and `value` must be there."));
        ingest.MapPost("/snapshot", Snapshot).Produces<TelemetryAccepted>().WithName("ingest_snapshot")
            .WithMetadata(new TakesBody("application/json", "`{\"snapshot\": {\"cpu_percent\", \"memory_percent\", \"latency_ms\", \"error_rate\", \"throughput\", \"custom_metrics\", \"timestamp\"}, \"service\"}`"));
        routes.MapGet("/debug/buffer", Buffer).WithTags("Telemetry").RequireAuthorization(Policies.Viewer).WithMetadata(AnswersDetail.Instance).Produces<TelemetryBuffer>().WithName("debug_buffer");
        routes.MapOtlp();
    }

    /// <summary>Takes log entries and answers after they are durable. A bad entry is named and costs no good one.</summary>
    internal static Task<IResult> Logs(HttpContext http, ClaimsPrincipal user, IntakeDoor door, TelemetryDesk desk, TimeProvider clock, CancellationToken ct) =>
        door.OpenAsync(http, Caller.Of(user).Workspace, DetailAnswer.Of, async body =>
        {
            var read = LogBatchReader.Read(body.Span, clock.GetUtcNow());
            return read.Ok ? Answer(await desk.TakeAsync(Caller.Of(user).Workspace, read.Value, ct), "logs", clock) : Refused(read.Error);
        });

    /// <summary>Takes lines as programs print them, recognises their form, and answers after they are durable. Stack traces stay with the line that they belong to.</summary>
    /// <param name="source">The source of all lines, such as a file or host; without it each line's own.</param>
    internal static Task<IResult> RawLogs(HttpContext http, ClaimsPrincipal user, IntakeDoor door, TelemetryDesk desk, TimeProvider clock, CancellationToken ct, string? source = null) =>
        door.OpenAsync(http, Caller.Of(user).Workspace, DetailAnswer.Of, async body =>
        {
            var read = IsText(http.Request)
                ? RawBatchReader.ReadText(body.Span, source ?? "", clock.GetUtcNow())
                : RawBatchReader.Read(body.Span, source ?? "", clock.GetUtcNow());
            return read.Ok ? Answer(await desk.TakeAsync(Caller.Of(user).Workspace, read.Value, ct), "", clock) : Refused(read.Error);
        });

    /// <summary>Takes measured values and answers after they are durable. A bad one is named and costs no good one.</summary>
    internal static Task<IResult> Metrics(HttpContext http, ClaimsPrincipal user, IntakeDoor door, TelemetryDesk desk, TimeProvider clock, CancellationToken ct) =>
        door.OpenAsync(http, Caller.Of(user).Workspace, DetailAnswer.Of, async body =>
        {
            var read = MetricBatchReader.Read(body.Span, clock.GetUtcNow());
            return read.Ok ? Answer(await desk.TakeAsync(Caller.Of(user).Workspace, read.Value, isSnapshot: false, ct), "metrics", clock) : Refused(read.Error);
        });

    /// <summary>Takes the state of a service at one instant, each of its fields as a metric of that name, and answers after they are durable.</summary>
    internal static Task<IResult> Snapshot(HttpContext http, ClaimsPrincipal user, IntakeDoor door, TelemetryDesk desk, TimeProvider clock, CancellationToken ct) =>
        door.OpenAsync(http, Caller.Of(user).Workspace, DetailAnswer.Of, async body =>
        {
            var read = MetricBatchReader.ReadSnapshot(body.Span, clock.GetUtcNow());
            if (!read.Ok)
            {
                return Refused(read.Error);
            }

            var taken = await desk.TakeAsync(Caller.Of(user).Workspace, read.Value, isSnapshot: true, ct);

            // However many fields it had, if any, it was one.
            return Answer(taken is { Stored: 0, RejectedCount: > 0 } ? taken : taken with { Stored = 1 }, "snapshot", clock);
        });

    /// <summary>What the node that answers took in within the last hour, since it started.</summary>
    internal static IResult Buffer(ClaimsPrincipal user, IntakeLedger ledger)
    {
        var totals = ledger.Read(Caller.Of(user).Workspace);
        return TypedResults.Ok(new TelemetryBuffer(
            totals.Logs, totals.Samples, totals.Snapshots, totals.Oldest is { } oldest ? DetailAnswer.Time(oldest) : null, totals.Newest is { } newest ? DetailAnswer.Time(newest) : null));
    }

    private static bool IsText(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && (type.Type.Equals("text", StringComparison.OrdinalIgnoreCase) || type.SubType.EndsWith("ndjson", StringComparison.OrdinalIgnoreCase));

    private static IResult Answer(TakenBatch taken, string list, TimeProvider clock) => taken is { Stored: 0, RejectedCount: > 0 }
        ? DetailAnswer.Invalid(taken.Rejected.Select(r => (Place(r, list), r.Message)))
        : TypedResults.Ok(new TelemetryAccepted("accepted", taken.Stored, DetailAnswer.Time(clock.GetUtcNow()))
        {
            Rejected = taken.RejectedCount > 0 ? [.. taken.Rejected.Select(r => new RejectedTelemetry(r.Index, r.Field, r.Message))] : null,
            RejectedCount = taken.RejectedCount > 0 ? taken.RejectedCount : null,
        });

    private static object[] Place(RejectedEntry entry, string list) => (list, entry.Field) switch
    {
        ("snapshot", var field) => ["body", "snapshot", field],
        ("", "") => ["body", entry.Index],
        (_, "") => ["body", list, entry.Index],
        _ => ["body", list, entry.Index, entry.Field],
    };

    private static IResult Refused(Error error) =>
        error.Code == BatchFault.TooMany ? DetailAnswer.Of(StatusCodes.Status413PayloadTooLarge, error.Detail) : DetailAnswer.Invalid(error.Field ?? "", error.Detail, error.Code);
}
