using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Tocsin.Hosting;

/// <summary>Says what is wrong with a JSON body in words for its sender, who knows nothing of our types.</summary>
internal static partial class JsonFault
{
    /// <summary>One sentence, with the place of the fault or the name of the member that holds it.</summary>
    public static string Sentence(JsonException e) => Expected(e) is { } expected
        ? $"{(Field(e) is { } field ? $"'{field}'" : "The body")} must be {expected}."
        : $"It is not JSON, or breaks off, at line {Place(e.LineNumber)}, byte {Place(e.BytePositionInLine)}.";

    /// <summary>Whether the body is JSON, and only a value in it is of the wrong kind.</summary>
    public static bool IsWrongKind(JsonException e) => Expected(e) is not null;

    /// <summary>The member at fault as <c>match[0]</c>; null when it is the body as a whole.</summary>
    public static string? Field(JsonException e) => e.Path is { } path && path.TrimStart('$').TrimStart('.') is { Length: > 0 } field ? field : null;

    /// <summary>What belongs there; null when the fault is not the kind of a value.</summary>
    private static string? Expected(JsonException e)
    {
        if (Missing().Match(e.Message) is { Success: true } missing)
        {
            return $"an object with {missing.Groups[1].Value}";
        }

        if (Type().Match(e.Message) is not { Success: true } type)
        {
            return null;
        }

        var name = type.Groups[1].Value;
        return name switch
        {
            _ when name.Contains("Dictionary", StringComparison.Ordinal) => "an object whose values are texts",
            _ when name.Contains("List`1", StringComparison.Ordinal) || name.EndsWith("[]", StringComparison.Ordinal) => "a list",
            _ when name.Contains("DateTimeOffset", StringComparison.Ordinal) => "an instant such as 2026-01-05T09:00:00Z",
            _ when name.Contains("Int32", StringComparison.Ordinal) || name.Contains("Int64", StringComparison.Ordinal) => "a whole number that is not too large",
            _ when name.Contains("Boolean", StringComparison.Ordinal) => "true or false",
            _ when name.Contains("String", StringComparison.Ordinal) => "text",
            _ => "an object",
        };
    }

    private static string Place(long? zeroBased) => ((zeroBased ?? 0) + 1).ToString(CultureInfo.InvariantCulture);

    // The framework tells the kind that it wanted in its message only; a test holds this to it.
    [GeneratedRegex(@"could not be converted to (\S+?)\.(?: |$)", RegexOptions.NonBacktracking)]
    private static partial Regex Type();

    [GeneratedRegex("missing required properties including: (.+?)\\.(?: |$)", RegexOptions.NonBacktracking)]
    private static partial Regex Missing();
}
