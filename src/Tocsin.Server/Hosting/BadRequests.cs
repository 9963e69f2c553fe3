using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;

namespace Tocsin.Hosting;

/// <summary>What the framework could not bind to a handler's arguments, in words for the sender and with the field named.</summary>
internal static partial class BadRequests
{
    /// <param name="endpoint">Which handler it was for; null: none was chosen.</param>
    /// <param name="options">How bodies are read.</param>
    public static ProblemHttpResult ToProblem(BadHttpRequestException e, Endpoint? endpoint, JsonSerializerOptions options)
    {
        if (e.InnerException is JsonException json && endpoint?.Metadata.GetMetadata<IAcceptsMetadata>()?.RequestType is { } type)
        {
            var sentence = JsonFault.Sentence(json, options.GetTypeInfo(type));
            return JsonFault.IsWrongKind(json)
                ? Error.Invalid(JsonFault.Field(json) ?? "body", sentence).ToProblem()
                : Problems.Of(StatusCodes.Status400BadRequest, "body.refused", sentence);
        }

        if (Unbound().Match(e.Message) is { Success: true } unbound)
        {
            return Unreadable(unbound.Groups[2].Value, unbound.Groups[1].Value);
        }

        if (Absent().Match(e.Message) is { Success: true } absent)
        {
            return Error.Invalid(absent.Groups[1].Value, $"'{absent.Groups[1].Value}' is missing.").ToProblem();
        }

        if (e.Message.StartsWith("Implicit body inferred ", StringComparison.Ordinal))
        {
            return Problems.Of(StatusCodes.Status400BadRequest, "body.refused", "The body is empty, or null; send a JSON object.");
        }

        return Problems.Of(e.StatusCode, "request.refused", e.StatusCode switch
        {
            StatusCodes.Status408RequestTimeout => "The request came too slowly.",
            StatusCodes.Status413PayloadTooLarge => "The body is too large.",
            StatusCodes.Status415UnsupportedMediaType => "Send JSON, with Content-Type: application/json.",
            _ => "The request could not be read; it may have broken off.",
        });
    }

    /// <summary>What a handler refused without a word: a parameter that may be left out, and cannot be read.</summary>
    /// <returns>Null: all parameters can be read.</returns>
    public static ProblemHttpResult? ToProblem(HttpContext http) => (http.GetEndpoint()?.Metadata.GetOrderedMetadata<IParameterBindingMetadata>() ?? [])
        .Where(parameter => parameter.HasTryParse && http.Request.Query[parameter.Name] is [{ Length: > 0 } text, ..] && !CanBe(parameter.ParameterInfo.ParameterType, text))
        .Select(parameter => Unreadable(parameter.Name, TypeOf(parameter.ParameterInfo.ParameterType).Name)).FirstOrDefault();

    private static ProblemHttpResult Unreadable(string name, string kind) => Error.Invalid(name, $"'{name}' must be {Expected(kind)}.").ToProblem();

    private static Type TypeOf(Type parameter) => Nullable.GetUnderlyingType(parameter) ?? parameter;

    private static bool CanBe(Type parameter, string text) => TypeOf(parameter).Name switch
    {
        nameof(Int32) => int.TryParse(text, CultureInfo.InvariantCulture, out _),
        nameof(Int64) => long.TryParse(text, CultureInfo.InvariantCulture, out _),
        nameof(Boolean) => bool.TryParse(text, out _),
        nameof(DateTimeOffset) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
        nameof(DateOnly) => DateOnly.TryParse(text, CultureInfo.InvariantCulture, out _),
        _ => true,
    };

    private static string Expected(string kind) => kind switch
    {
        "int" or "long" or nameof(Int32) or nameof(Int64) => "a whole number of ordinary size",
        "bool" or nameof(Boolean) => "true or false",
        nameof(DateTimeOffset) => "an instant such as 2026-01-05T09:00:00Z (a plus sign in an address is written %2B)",
        nameof(DateOnly) => "a day such as 2026-01-05",
        _ => "something else",
    };

    // The framework tells what it could not bind in its message only; tests hold this to it.
    [GeneratedRegex("^Failed to bind parameter \"(?<type>\\S+) (?<name>\\w+)\" from ", RegexOptions.NonBacktracking)]
    private static partial Regex Unbound();

    [GeneratedRegex("^Required parameter \"\\S+ (?<name>\\w+)\" was not provided from ", RegexOptions.NonBacktracking)]
    private static partial Regex Absent();
}
