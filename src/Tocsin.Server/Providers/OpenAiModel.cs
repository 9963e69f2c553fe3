using System.Text.Json;
using System.Text.Json.Nodes;
using Tocsin.Telemetry;

namespace Tocsin.Providers;

/// <summary>OpenAI's chat completions, as OpenAI and most servers of models speak them.</summary>
internal sealed class OpenAiModel(ModelHttp http) : IModel
{
    public async Task<ModelAnswer> AskAsync(ModelPrompt prompt, CancellationToken ct)
    {
        var options = http.Options;
        var question = new JsonObject
        {
            ["model"] = options.Model,
            ["messages"] = new JsonArray(Message("system", prompt.System), Message("user", prompt.Text)),

            // OpenAI's newer models know only the newer name, and other servers only the older one.
            [options.BaseUrl.Length == 0 ? "max_completion_tokens" : "max_tokens"] = options.MaxAnswerTokens,
            ["stream"] = false,
        };
        (string, string)[] key = options.Key.Length > 0 ? [("Authorization", $"Bearer {options.Key}")] : [];
        var (body, fault) = await http.PostAsync($"{options.Address}/chat/completions", question, ct, key);
        using (body)
        {
            return fault ?? Read(body!.RootElement);
        }
    }

    private static ModelAnswer Read(JsonElement body)
    {
        var usage = body.Part("usage");
        var first = body.Items("choices").FirstOrDefault();
        return first.ValueKind != JsonValueKind.Object
            ? new ModelAnswer.Later("The model's answer has no choices.")
            : new ModelAnswer.Said(first.Part("message").Text("content"), Total(usage, "total_tokens") ?? Sum(Total(usage, "prompt_tokens"), Total(usage, "completion_tokens")));
    }

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };

    private static long? Total(JsonElement usage, string name) => usage.ValueKind == JsonValueKind.Object && usage.TryGetProperty(name, out var count) && count.ValueKind == JsonValueKind.Number && count.TryGetInt64(out var n) && n >= 0 ? n : null;

    private static long? Sum(long? asked, long? answered) => asked is null && answered is null ? null : (asked ?? 0) + (answered ?? 0);
}
