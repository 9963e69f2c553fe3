using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Demo.Fakes;

/// <param name="Replaces">The sequence id was there before: the phone changes the notification and does not ring again.</param>
internal sealed record NtfyMessage(string Id, string Topic, string Title, string Message, int Priority, string? SequenceId, bool Replaces, JsonObject Json);

/// <summary>ntfy's publishing by JSON as servers since 2.16 do it, with its checks and its error bodies. <c>GET /</c> lists what was published.</summary>
internal sealed partial class FakeNtfy : FakeHttp
{
    private readonly ConcurrentQueue<NtfyMessage> _messages = new();
    private readonly string? _token;

    private FakeNtfy(string? token, TimeProvider clock)
        : base(clock) => _token = token;

    /// <summary>What was published, oldest first; the last 500.</summary>
    public IReadOnlyList<NtfyMessage> Messages => [.. _messages];

    /// <param name="token">Needed to publish; null: the topics are open.</param>
    /// <param name="port">0: any that is free.</param>
    public static async Task<FakeNtfy> StartAsync(TimeProvider clock, string? token = null, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakeNtfy(token, clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        if (request.Path != "/")
        {
            return Says(404, 40401, "page not found");
        }

        var authorization = request.Headers.Authorization.ToString();
        if (_token is not null && authorization != $"Bearer {_token}")
        {
            return authorization.Length == 0 ? Says(403, 40301, "forbidden") : Says(401, 40101, "unauthorized");
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
            return Says(400, 40017, "invalid request: request body must be message JSON");
        }

        return Fault(json) ?? Publish(json);
    }

    protected override FakeAnswer? Show(PathString path) => path == "/"
        ? new(200, new JsonArray([.. _messages.Select(message => message.Json.DeepClone())]).ToJsonString() + "\n", "application/json")
        : null;

    private static FakeAnswer? Fault(JsonObject json)
    {
        if (!Id().IsMatch(Text(json, "topic")))
        {
            return Says(400, 40009, "invalid request: topic invalid");
        }

        if (json["priority"] is { } priority && !(priority is JsonValue value && value.TryGetValue<int>(out var level) && level is >= 1 and <= 5))
        {
            return Says(400, 40007, "invalid priority parameter");
        }

        if (json["sequence_id"] is not null && !Id().IsMatch(Text(json, "sequence_id")))
        {
            return Says(400, 40049, "invalid request: sequence ID invalid");
        }

        var actions = json["actions"] as JsonArray ?? [];
        return actions.Count > 3 || actions.Any(action => action is not JsonObject view || Text(view, "label").Length == 0 || !IsAction(view))
            ? Says(400, 40018, "invalid request: actions invalid")
            : null;
    }

    private static bool IsAction(JsonObject action) =>
        Text(action, "action") == "broadcast" || (Text(action, "action") is "view" or "http" && Uri.TryCreate(Text(action, "url"), UriKind.Absolute, out _));

    private FakeAnswer Publish(JsonObject json)
    {
        var sequence = json["sequence_id"] is null ? null : Text(json, "sequence_id");
        var id = $"fake{_messages.Count:D8}";
        var text = Text(json, "message") is { Length: > 0 } given ? given : "triggered";
        var now = Clock.GetUtcNow().ToUnixTimeSeconds();

        // The real server turns a long message into a file, which no lock screen shows.
        var attached = Encoding.UTF8.GetByteCount(text) > 4096;
        var published = json.DeepClone().AsObject();
        published["id"] = id;
        published["time"] = now;
        published["expires"] = now + 43200;
        published["event"] = "message";
        published["message"] = attached ? "You received a file: attachment.txt" : text;
        _messages.Enqueue(new(
            id, Text(json, "topic"), Text(json, "title"), Text(published, "message"), json["priority"]?.GetValue<int>() ?? 3, sequence,
            sequence is not null && _messages.Any(message => message.SequenceId == sequence && message.Topic == Text(json, "topic")), published));
        while (_messages.Count > Remembered)
        {
            _messages.TryDequeue(out _);
        }

        return new(200, published.ToJsonString() + "\n", "application/json");
    }

    private static string Text(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private static FakeAnswer Says(int status, int code, string error) =>
        new(status, new JsonObject { ["code"] = code, ["http"] = status, ["error"] = error }.ToJsonString() + "\n", "application/json");

    [GeneratedRegex("^[-_A-Za-z0-9]{1,64}$", RegexOptions.NonBacktracking)]
    private static partial Regex Id();
}
