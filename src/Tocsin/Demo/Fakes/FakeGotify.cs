using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Demo.Fakes;

internal sealed record GotifyMessage(long Id, string Title, string Message, int Priority, string? Click, JsonObject Json);

/// <summary>A Gotify server with one application: checks its token and what is posted, with the real error bodies. <c>GET /</c> lists the messages.</summary>
internal sealed class FakeGotify : FakeHttp
{
    public const string Token = "AfakeTokenOfGotify";

    private readonly ConcurrentQueue<GotifyMessage> _messages = new();
    private long _last;

    private FakeGotify(TimeProvider clock)
        : base(clock)
    {
    }

    public IReadOnlyList<GotifyMessage> Messages => [.. _messages];

    /// <param name="port">0: any that is free.</param>
    public static async Task<FakeGotify> StartAsync(TimeProvider clock, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakeGotify(clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        if (request.Path != "/message")
        {
            return Says(404, "Not Found", "page not found");
        }

        if (request.Headers["X-Gotify-Key"] != Token)
        {
            return Says(401, "Unauthorized", "you need to provide a valid access token or user credentials to access this api");
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

        if (json?["message"] is not JsonValue text || !text.TryGetValue<string>(out var message) || message.Length == 0)
        {
            return Says(400, "Bad Request", "Field 'message' is required");
        }

        if (json["priority"] is not JsonValue level || !level.TryGetValue<int>(out var priority) || priority is < 0 or > 10)
        {
            return Says(400, "Bad Request", "Field 'priority' is 0 to 10 here");
        }

        var click = json["extras"]?["client::notification"]?["click"]?["url"]?.GetValue<string>();
        var taken = new GotifyMessage(Interlocked.Increment(ref _last), json["title"]?.GetValue<string>() ?? "", message, priority, click, json);
        _messages.Enqueue(taken);
        while (_messages.Count > Remembered)
        {
            _messages.TryDequeue(out _);
        }

        return new(200, new JsonObject { ["id"] = taken.Id, ["appid"] = 1, ["message"] = message, ["title"] = taken.Title, ["priority"] = priority }.ToJsonString(), "application/json");
    }

    protected override FakeAnswer? Show(PathString path) => path == "/"
        ? new(200, new JsonArray([.. _messages.Select(message => message.Json.DeepClone())]).ToJsonString() + "\n", "application/json")
        : null;

    private static FakeAnswer Says(int status, string error, string description) =>
        new(status, new JsonObject { ["error"] = error, ["errorCode"] = status, ["errorDescription"] = description }.ToJsonString(), "application/json");
}
