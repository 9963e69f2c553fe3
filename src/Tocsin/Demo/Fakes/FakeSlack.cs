using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Demo.Fakes;

/// <param name="Rings">Whether Slack would ring the whole channel: the text holds a live @channel, @here or @everyone.</param>
internal sealed record SlackPost(string Text, JsonObject Json, bool Rings);

/// <summary>
/// One incoming webhook of Slack, with the limits of its blocks and the short words with which the real one refuses. <c>GET /</c> lists
/// what was posted.
/// </summary>
internal sealed partial class FakeSlack : FakeHttp
{
    private const string WebhookPath = "/services/T00000000/B00000000/fakefakefakefakefakefake";

    private readonly ConcurrentQueue<SlackPost> _posts = new();

    private FakeSlack(TimeProvider clock)
        : base(clock)
    {
    }

    /// <summary>What was posted, oldest first; the last 500.</summary>
    public IReadOnlyList<SlackPost> Posts => [.. _posts];

    /// <summary>The only address that posts; any other answers as for a webhook that was removed.</summary>
    public Uri Webhook => new(Url, WebhookPath);

    /// <summary>The channel was archived: everything is refused with 410 from now on.</summary>
    public bool Archived { get; set; }

    /// <param name="port">0: any that is free.</param>
    public static async Task<FakeSlack> StartAsync(TimeProvider clock, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakeSlack(clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        if (request.Path != WebhookPath)
        {
            return new(404, "no_service");
        }

        if (Archived)
        {
            return new(410, "channel_is_archived");
        }

        JsonObject? json;
        try
        {
            json = JsonNode.Parse(body) as JsonObject;
        }
        catch (JsonException)
        {
            json = null;
        }

        if (json is null)
        {
            return new(400, "invalid_payload");
        }

        if (Fault(json) is { } fault)
        {
            return new(400, fault);
        }

        _posts.Enqueue(new(Text(json, "text"), json, Rings(json)));
        while (_posts.Count > Remembered)
        {
            _posts.TryDequeue(out _);
        }

        return new(200, "ok");
    }

    protected override FakeAnswer? Show(PathString path) => path == "/"
        ? new(200, new JsonArray([.. _posts.Select(post => post.Json.DeepClone())]).ToJsonString() + "\n", "application/json")
        : null;

    /// <summary>The word with which Slack refuses a message; null: it takes it.</summary>
    internal static string? Fault(JsonObject json)
    {
        var blocks = json["blocks"] as JsonArray ?? [];
        return Text(json, "text").Length == 0 && blocks.Count == 0 ? "no_text"
            : blocks.Count > 50 || blocks.Any(block => block is not JsonObject one || !IsBlock(one)) || HasTwins(blocks) ? "invalid_blocks"
            : null;
    }

    internal static bool Rings(JsonObject json) =>
        Loud().IsMatch(json.ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));

    private static bool IsBlock(JsonObject block) => Text(block, "block_id").Length <= 255 && Text(block, "type") switch
    {
        "header" => IsText(block["text"], 150, "plain_text"),
        "section" => IsText(block["text"], 3000, "plain_text", "mrkdwn"),
        "context" => block["elements"] is JsonArray { Count: >= 1 and <= 10 } elements && elements.All(element => IsText(element, 2000, "plain_text", "mrkdwn")),
        "actions" => block["elements"] is JsonArray { Count: >= 1 and <= 25 } buttons && buttons.All(IsButton),
        "divider" => true,
        _ => false,
    };

    private static bool IsButton(JsonNode? node) => node is JsonObject button
        && Text(button, "type") == "button"
        && IsText(button["text"], 75, "plain_text")
        && Text(button, "action_id").Length <= 255
        && Text(button, "value").Length <= 2000
        && Text(button, "url").Length <= 3000
        && Text(button, "style") is "" or "primary" or "danger";

    private static bool IsText(JsonNode? node, int max, params ReadOnlySpan<string> types) =>
        node is JsonObject text && types.Contains(Text(text, "type")) && Text(text, "text").Length is > 0 and var length && length <= max
        && (text["emoji"] is null || Text(text, "type") == "plain_text")
        && (text["verbatim"] is null || Text(text, "type") == "mrkdwn");

    private static bool HasTwins(JsonArray blocks)
    {
        var ids = blocks.Select(block => Text(block!.AsObject(), "block_id")).Where(id => id.Length > 0).ToArray();
        return ids.Distinct(StringComparer.Ordinal).Count() != ids.Length;
    }

    private static string Text(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    [GeneratedRegex("<!(channel|here|everyone|subteam)|@(channel|here|everyone)", RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Loud();
}
