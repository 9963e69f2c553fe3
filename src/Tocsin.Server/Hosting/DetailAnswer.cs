using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Hosting;

/// <summary>Marks routes of the reliability assistant's surface, whose refusals are <c>{"detail": …}</c> as its clients know them.</summary>
internal sealed class AnswersDetail
{
    public static AnswersDetail Instance { get; } = new();
}

/// <summary>Refusals and instants as the reliability assistant's surface writes them: a text in <c>detail</c>, or a list that names each place at fault.</summary>
internal static class DetailAnswer
{
    public const string LogIn = "Log in at /auth/login and send its token as 'Authorization: Bearer TOKEN'.";

    public const string SendKey = "Send a session's token as 'Authorization: Bearer TOKEN', or an API key as 'X-API-Key: KEY'.";

    private const int MaxBody = 64 * 1024;

    public static IResult Of(int status, string detail) => Results.Text(new JsonObject { ["detail"] = detail }.ToJsonString(), "application/json", statusCode: status);

    public static IResult Of(Error error) => error is { Kind: ErrorKind.Invalid, Field: { } field } ? Invalid(field, error.Detail) : Of(Problems.StatusOf(error), error.Detail);

    /// <param name="field">The member of the body at fault; empty: the body as a whole.</param>
    /// <param name="place">Where the field stands: <c>body</c> or <c>query</c>.</param>
    public static IResult Invalid(string field, string message, string type = "value_error", string place = "body") => Results.Text(
        new JsonObject
        {
            ["detail"] = new JsonArray(new JsonObject
            {
                ["type"] = type,
                ["loc"] = field.Length > 0 ? new JsonArray(place, field) : new JsonArray(place),
                ["msg"] = message,

                // What was sent may be a password: it is not said again.
                ["input"] = null,
            }),
        }.ToJsonString(),
        "application/json", statusCode: StatusCodes.Status422UnprocessableEntity);

    /// <summary>Several places of the body at fault.</summary>
    /// <param name="faults">Each with its place: names of members and numbers of items, from <c>body</c> on.</param>
    public static IResult Invalid(IEnumerable<(object[] Place, string Message)> faults) => Results.Text(
        new JsonObject
        {
            ["detail"] = new JsonArray([.. faults.Select(fault => new JsonObject
            {
                ["type"] = "value_error",
                ["loc"] = new JsonArray([.. fault.Place.Select(static part => part is int index ? JsonValue.Create(index) : (JsonNode)JsonValue.Create($"{part}"))]),
                ["msg"] = fault.Message,
                ["input"] = null,
            })]),
        }.ToJsonString(),
        "application/json", statusCode: StatusCodes.Status422UnprocessableEntity);

    /// <summary>An instant without zone, meant as UTC; microseconds only where there are any.</summary>
    public static string Time(DateTimeOffset at) =>
        at.UtcDateTime.ToString(at.UtcTicks % TimeSpan.TicksPerSecond / 10 == 0 ? "yyyy-MM-dd'T'HH:mm:ss" : "yyyy-MM-dd'T'HH:mm:ss.ffffff", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Reads a JSON object.</summary>
    /// <returns>Either the object or what to answer.</returns>
    public static async Task<(JsonElement Body, IResult? Refusal)> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        var (bytes, refusal) = await RequestBody.ReadAsync(request, MaxBody, ct);
        if (refusal is not null)
        {
            return (default, Of(refusal.Status, refusal.Detail));
        }

        if (bytes.Span.StartsWith("\uFEFF"u8))
        {
            bytes = bytes[3..];
        }

        if (JsonBodies.Fault(bytes.Span) is { } fault)
        {
            return (default, Invalid("", fault, "json_invalid"));
        }

        using var document = JsonDocument.Parse(bytes);
        return document.RootElement.ValueKind == JsonValueKind.Object
            ? (document.RootElement.Clone(), null)
            : (default, Invalid("", "The body must be an object.", "model_attributes_type"));
    }

    /// <summary>A member that must be there and be a text.</summary>
    public static (string Text, IResult? Refusal) Text(JsonElement body, string name) =>
        !body.TryGetProperty(name, out var value) ? ("", Invalid(name, $"'{name}' is missing.", "missing"))
        : value.ValueKind != JsonValueKind.String ? ("", Invalid(name, $"'{name}' must be text.", "string_type"))
        : (value.GetString()!, null);

    /// <summary>A member that may be missing or null; else a text.</summary>
    public static (string? Text, IResult? Refusal) TextOrNull(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? Text(body, name) : (null, null);
}
