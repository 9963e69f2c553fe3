namespace Tocsin.Tests.Http;

/// <summary>Silences as clients of the Alertmanager API post them.</summary>
internal static class SilenceText
{
    public static async Task<string> PostAsync(HttpClient caller, string matcher, string id = "", TimeSpan startsIn = default) =>
        (await caller.PostAsync("/api/v2/silences", Of(matcher, id, startsIn)))["silenceID"].Text();

    public static string Of(string matcher, string id = "", TimeSpan startsIn = default)
    {
        var startsAt = DateTimeOffset.UtcNow + startsIn;
        return $$"""
            {"id": "{{id}}", "matchers": [{{matcher}}], "startsAt": "{{startsAt:O}}", "endsAt": "{{startsAt.AddDays(30):O}}",
             "createdBy": "ana", "comment": "Known", "annotations": {"ticket": "T-1"} }
            """;
    }
}
