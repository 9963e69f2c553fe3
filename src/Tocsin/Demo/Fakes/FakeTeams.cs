using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Demo.Fakes;

/// <param name="Card">The Adaptive Card.</param>
internal sealed record TeamsCard(JsonObject Card)
{
    /// <summary>The texts of its blocks, top down.</summary>
    public IReadOnlyList<string> Texts => [.. Card["body"]!.AsArray().Select(block => string.Concat(block!["inlines"]!.AsArray().Select(run => run!["text"]!.GetValue<string>())))];

    /// <summary>What the buttons say and where they lead.</summary>
    public IReadOnlyList<string> Actions => [.. Card["actions"]!.AsArray().Select(action => $"{action!["title"]!.GetValue<string>()} {action["url"]!.GetValue<string>()}")];
}

/// <summary>The webhook of a Teams workflow that posts cards: takes Adaptive Cards below 28 KB, answers 202 with nothing. <c>GET /</c> lists them.</summary>
internal sealed class FakeTeams : FakeHttp
{
    private const string HookPath = "/workflows/0f1e2d3c/triggers/manual/paths/invoke";
    private const string Signature = "sig=fakefakefake";

    private readonly ConcurrentQueue<TeamsCard> _cards = new();

    private FakeTeams(TimeProvider clock)
        : base(clock)
    {
    }

    public Uri Webhook => new(Url, $"{HookPath}?api-version=1&{Signature}");

    public IReadOnlyList<TeamsCard> Cards => [.. _cards];

    /// <param name="port">0: any that is free.</param>
    public static async Task<FakeTeams> StartAsync(TimeProvider clock, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakeTeams(clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        if (request.Path != HookPath || request.QueryString.Value?.Contains(Signature, StringComparison.Ordinal) != true)
        {
            return Says(401, "DirectApiAuthorizationRequired", "The request is not signed.");
        }

        if (body.Length >= 28 * 1024)
        {
            return Says(413, "RequestEntityTooLarge", "The message is too large.");
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

        if (json?["type"]?.GetValue<string>() != "message" || json["attachments"] is not JsonArray { Count: 1 } attachments
            || attachments[0]?["contentType"]?.GetValue<string>() != "application/vnd.microsoft.card.adaptive"
            || attachments[0]?["content"] is not JsonObject card || !IsCard(card))
        {
            return Says(400, "InvalidCard", "The body is not a message with one Adaptive Card.");
        }

        _cards.Enqueue(new(card));
        while (_cards.Count > Remembered)
        {
            _cards.TryDequeue(out _);
        }

        return new(202, "");
    }

    protected override FakeAnswer? Show(PathString path) => path == "/"
        ? new(200, new JsonArray([.. _cards.Select(card => card.Card.DeepClone())]).ToJsonString() + "\n", "application/json")
        : null;

    private static bool IsCard(JsonObject card) =>
        card["type"]?.GetValue<string>() == "AdaptiveCard"
        && Version.TryParse(card["version"]?.GetValue<string>(), out var version) && version <= new Version(1, 5)
        && card["body"] is JsonArray { Count: > 0 } blocks
        && blocks.All(block => block is JsonObject rich && rich["type"]?.GetValue<string>() == "RichTextBlock"
            && rich["inlines"] is JsonArray { Count: > 0 } runs && runs.All(run => run?["type"]?.GetValue<string>() == "TextRun" && run["text"]?.GetValue<string>().Length > 0))
        && card["actions"] is JsonArray { Count: <= 6 } actions
        && actions.All(action => action?["type"]?.GetValue<string>() == "Action.OpenUrl" && Uri.TryCreate(action["url"]?.GetValue<string>(), UriKind.Absolute, out _));

    private static FakeAnswer Says(int status, string code, string message) =>
        new(status, new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } }.ToJsonString(), "application/json");
}
