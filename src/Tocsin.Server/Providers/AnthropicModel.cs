using System.Text.Json;
using System.Text.Json.Nodes;
using Tocsin.Telemetry;

namespace Tocsin.Providers;

/// <summary>Anthropic's messages.</summary>
internal sealed class AnthropicModel(ModelHttp http) : IModel
{
    private const string Version = "2023-06-01";

    public async Task<ModelAnswer> AskAsync(ModelPrompt prompt, CancellationToken ct)
    {
        var options = http.Options;
        var question = new JsonObject
        {
            ["model"] = options.Model,
            ["max_tokens"] = options.MaxAnswerTokens,
            ["system"] = prompt.System,
            ["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = prompt.Text }),
        };
        var (body, fault) = await http.PostAsync($"{options.Address}/v1/messages", question, ct, ("x-api-key", options.Key), ("anthropic-version", Version));
        using (body)
        {
            return fault ?? Read(body!.RootElement);
        }
    }

    private static ModelAnswer Read(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object || !body.TryGetProperty("content", out var content) || content.ValueKind != JsonValueKind.Array)
        {
            return new ModelAnswer.Later("The model's answer has no content.");
        }

        var text = string.Concat(content.EnumerateArray().Where(part => part.Text("type") == "text").Select(part => part.Text("text")));
        var usage = body.Part("usage");
        return new ModelAnswer.Said(text, long.TryParse(usage.Text("input_tokens"), out var asked) && long.TryParse(usage.Text("output_tokens"), out var answered) ? asked + answered : null);
    }
}
