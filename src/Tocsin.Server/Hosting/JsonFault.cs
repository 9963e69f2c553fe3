using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Tocsin.Hosting;

/// <summary>Says what is wrong with a JSON body in words for its sender, who knows nothing of our types.</summary>
internal static class JsonFault
{
    /// <summary>Whether the body is JSON, and only a value in it is of the wrong kind.</summary>
    public static bool IsWrongKind(JsonException e) => e.InnerException is not JsonException;

    /// <summary>The member at fault, such as <c>match[0]</c>; null when it is the body as a whole.</summary>
    public static string? Field(JsonException e) => e.Path?.TrimStart('$').TrimStart('.') is { Length: > 0 } field ? field : null;

    /// <summary>One sentence: where the text stops being JSON, or which member holds the wrong kind of value and what belongs there.</summary>
    /// <param name="body">What the body was read as.</param>
    public static string Sentence(JsonException e, JsonTypeInfo body) => IsWrongKind(e)
        ? $"{(Field(e) is { } field ? $"'{field}'" : "The body")} must be {Expected(Find(body, e.Path ?? "$"))}."
        : $"The body is not JSON, or breaks off, at line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}.";

    private static string Expected(JsonTypeInfo? wanted) => (wanted?.Kind, wanted is null ? null : Nullable.GetUnderlyingType(wanted.Type) ?? wanted.Type) switch
    {
        (JsonTypeInfoKind.Enumerable, _) => "a list",
        (JsonTypeInfoKind.Dictionary, _) => "an object whose values are texts",
        (JsonTypeInfoKind.Object, _) => "an object",
        (_, { } type) when type == typeof(string) => "text",
        (_, { } type) when type == typeof(bool) => "true or false",
        (_, { } type) when type == typeof(int) || type == typeof(long) => "a whole number of ordinary size",
        (_, { } type) when type == typeof(DateTimeOffset) => "an instant such as 2026-01-05T09:00:00Z",
        _ => "another kind of value",
    };

    /// <summary>What a path of the serializer leads to: <c>$.match[0]</c>; null where it cannot be followed.</summary>
    private static JsonTypeInfo? Find(JsonTypeInfo root, string path)
    {
        var at = root;
        foreach (var step in path.TrimStart('$').Split(['.', '['], StringSplitOptions.RemoveEmptyEntries))
        {
            var next = at.Kind == JsonTypeInfoKind.Object ? at.Properties.FirstOrDefault(p => string.Equals(p.Name, step, StringComparison.OrdinalIgnoreCase))?.PropertyType : at.ElementType;
            if (next is null || !at.Options.TryGetTypeInfo(next, out var found))
            {
                return null;
            }

            at = found;
        }

        return at;
    }
}
