using System.Text.Json.Serialization;

namespace Tocsin.Doctor;

/// <summary>The words are what <c>--json</c> prints.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
internal enum Verdict
{
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>Works, and somebody should look at it.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    [JsonStringEnumMemberName("problem")]
    Problem,
}

/// <summary>What one look at one thing came to.</summary>
/// <param name="Check">What was looked at: clock, database, smtp.</param>
/// <param name="Fix">What to do; null when there is nothing to do.</param>
internal sealed record Finding(string Check, Verdict Verdict, string Text, string? Fix = null)
{
    public static Finding Ok(string check, string text) => new(check, Verdict.Ok, text);

    public static Finding Warning(string check, string text, string fix) => new(check, Verdict.Warning, text, fix);

    public static Finding Problem(string check, string text, string fix) => new(check, Verdict.Problem, text, fix);
}

internal sealed record Findings(IReadOnlyList<Finding> Items);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Findings))]
internal sealed partial class DoctorJson : JsonSerializerContext;
