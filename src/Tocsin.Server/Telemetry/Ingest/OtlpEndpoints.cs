using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Tocsin.Identity;

namespace Tocsin.Telemetry;

/// <summary>
/// OTLP over HTTP, as OpenTelemetry's specification has it: binary or JSON by Content-Type, answered in the same form. 400 is never worth sending again;
/// 429 and 503 are, after Retry-After.
/// </summary>
internal static class OtlpEndpoints
{
    private const string Json = "application/json";
    private const string Binary = "application/x-protobuf";
    private const int BadRequest = 3;
    private const int TooMuch = 8;
    private const int Again = 14;

    public static void MapOtlp(this IEndpointRouteBuilder routes)
    {
        // Described by its own specification.
        var otlp = routes.MapGroup("/v1").WithTags("Telemetry").RequireAuthorization(Policies.Ingest).ExcludeFromDescription();
        otlp.MapPost("/logs", Logs);
        otlp.MapPost("/metrics", Metrics);
        otlp.MapPost("/traces", Traces);
    }

    private static Task<IResult> Logs(HttpContext http, ClaimsPrincipal user, IntakeDoor door, TelemetryDesk desk, TimeProvider clock, CancellationToken ct) => TakeAsync(
        http, Caller.Of(user).Workspace, door, OtlpSignal.Logs, (body, isJson) => OtlpReader.Logs(body, isJson, clock.GetUtcNow()), batch => desk.TakeAsync(Caller.Of(user).Workspace, batch, ct));

    private static Task<IResult> Metrics(HttpContext http, ClaimsPrincipal user, IntakeDoor door, TelemetryDesk desk, TimeProvider clock, CancellationToken ct) => TakeAsync(
        http, Caller.Of(user).Workspace, door, OtlpSignal.Metrics, (body, isJson) => OtlpReader.Metrics(body, isJson, clock.GetUtcNow()), batch => desk.TakeAsync(Caller.Of(user).Workspace, batch, isSnapshot: false, ct));

    private static Task<IResult> Traces(HttpContext http, ClaimsPrincipal user, IntakeDoor door, TelemetryDesk desk, TimeProvider clock, CancellationToken ct) => TakeAsync(
        http, Caller.Of(user).Workspace, door, OtlpSignal.Traces, (body, isJson) => OtlpReader.Traces(body, isJson, clock.GetUtcNow()), batch => desk.TakeAsync(Caller.Of(user).Workspace, batch, ct));

    private static async Task<IResult> TakeAsync<T>(
        HttpContext http, long workspace, IntakeDoor door, OtlpSignal signal, Func<ReadOnlyMemory<byte>, bool, Result<ReadBatch<T>>> read, Func<ReadBatch<T>, Task<TakenBatch>> take)
    {
        if (FormOf(http.Request) is not { } isJson)
        {
            return Refuse(StatusCodes.Status415UnsupportedMediaType, $"Send OTLP as {Binary} or {Json}, and say so in Content-Type.", isJson: true);
        }

        return await door.OpenAsync(http, workspace, (status, detail) => Refuse(status, detail, isJson), async body =>
        {
            var batch = read(body, isJson);
            if (!batch.Ok)
            {
                return Refuse(batch.Error.Code == BatchFault.TooMany ? StatusCodes.Status413PayloadTooLarge : StatusCodes.Status400BadRequest, batch.Error.Detail, isJson);
            }

            var taken = await take(batch.Value);
            return Results.Bytes(OtlpAnswer.Taken(signal, taken.RejectedCount, taken.Rejected is [var first, ..] ? $"The first, number {first.Index + 1}: {first.Message}" : "", isJson), isJson ? Json : Binary);
        });
    }

    /// <returns>Whether it is JSON; null: it is neither.</returns>
    private static bool? FormOf(HttpRequest request) => !MediaTypeHeaderValue.TryParse(request.ContentType, out var type) ? null : type.MediaType.ToString().ToLowerInvariant() switch
    {
        Json => true,
        Binary or "application/protobuf" or "application/vnd.google.protobuf" => false,
        _ => null,
    };

    private static OtlpRefusal Refuse(int status, string detail, bool isJson) => new OtlpRefusal(
        status, OtlpAnswer.Refused(status switch { StatusCodes.Status413PayloadTooLarge => TooMuch, StatusCodes.Status503ServiceUnavailable => Again, _ => BadRequest }, detail, isJson), isJson ? Json : Binary);

    /// <summary>Bytes with a status, which the framework's own results have not.</summary>
    private sealed class OtlpRefusal(int status, byte[] body, string type) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = status;
            httpContext.Response.ContentType = type;
            httpContext.Response.ContentLength = body.Length;
            await httpContext.Response.Body.WriteAsync(body, httpContext.RequestAborted);
        }
    }
}
