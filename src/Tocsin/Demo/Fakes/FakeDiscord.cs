using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Demo.Fakes;

/// <param name="Pings">Whether Discord would ring somebody: mentions are allowed, and one is there.</param>
/// <param name="Edits">How often it was changed.</param>
internal sealed record DiscordMessage(string Id, string? Thread, JsonObject Json, int Edits, bool Pings)
{
    public JsonObject Embed => Json["embeds"]![0]!.AsObject();

    public string Title => Embed["title"]!.GetValue<string>();
}

/// <summary>
/// One webhook of Discord: posts with <c>?wait=true</c>, changes by number, with the limits of embeds and the rate of five within two seconds.
/// <c>GET /</c> lists what is there.
/// </summary>
internal sealed class FakeDiscord : FakeHttp
{
    private const string WebhookPath = "/api/webhooks/112233445566778899/fake-Token_fake";
    private const int MostInWindow = 5;

    private static readonly TimeSpan _window = TimeSpan.FromSeconds(2);

    private readonly List<DiscordMessage> _messages = [];
    private readonly Queue<DateTimeOffset> _lately = new();
    private readonly Lock _gate = new();
    private long _last = 1_000_000_000_000_000_000;

    private FakeDiscord(TimeProvider clock)
        : base(clock)
    {
    }

    public Uri Webhook => new(Url, WebhookPath);

    /// <summary>Whether the rate is held to, as the real one does.</summary>
    public bool KeepsRate { get; set; }

    /// <summary>All messages as they are now, oldest first.</summary>
    public IReadOnlyList<DiscordMessage> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }

    /// <param name="port">0: any that is free.</param>
    public static async Task<FakeDiscord> StartAsync(TimeProvider clock, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakeDiscord(clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        lock (_gate)
        {
            if (!request.Path.StartsWithSegments(WebhookPath, StringComparison.Ordinal, out var rest))
            {
                return Says(404, new() { ["message"] = "Unknown Webhook", ["code"] = 10015 });
            }

            if (KeepsRate && IsTooFast() is { } wait)
            {
                return Says(429, new() { ["message"] = "You are being rate limited.", ["retry_after"] = wait.TotalSeconds, ["global"] = false });
            }

            if (Read(body) is not { } json)
            {
                return Says(400, new() { ["message"] = "The request body contains invalid JSON.", ["code"] = 50109 });
            }

            if (Fault(json) is { } fault)
            {
                return Says(400, new() { ["message"] = "Invalid Form Body", ["code"] = 50035, ["errors"] = fault });
            }

            return (request.Method, rest.Value) switch
            {
                ("POST", "" or null) => Post(request, json),
                ("PATCH", ['/', 'm', 'e', 's', 's', 'a', 'g', 'e', 's', '/', .. var id]) => Change(id, json),
                _ => Says(405, new() { ["message"] = "405: Method Not Allowed" }),
            };
        }
    }

    protected override FakeAnswer? Show(PathString path) => path == "/"
        ? new(200, new JsonArray([.. Messages.Select(m => new JsonObject { ["id"] = m.Id, ["edits"] = m.Edits, ["message"] = m.Json.DeepClone() })]).ToJsonString() + "\n", "application/json")
        : null;

    private FakeAnswer Post(HttpRequest request, JsonObject json)
    {
        var message = new DiscordMessage($"{++_last}", request.Query["thread_id"].ToString() is { Length: > 0 } thread ? thread : null, json, 0, Pings(json));
        _messages.Add(message);
        if (_messages.Count > Remembered)
        {
            _messages.RemoveAt(0);
        }

        return request.Query["wait"] == "true" ? Says(200, new() { ["id"] = message.Id, ["embeds"] = json["embeds"]?.DeepClone() }) : new(204, "");
    }

    private FakeAnswer Change(string id, JsonObject json)
    {
        var at = _messages.FindIndex(m => m.Id == id);
        if (at < 0)
        {
            return Says(404, new() { ["message"] = "Unknown Message", ["code"] = 10008 });
        }

        _messages[at] = _messages[at] with { Json = json, Edits = _messages[at].Edits + 1, Pings = Pings(json) };
        return Says(200, new() { ["id"] = id });
    }

    private TimeSpan? IsTooFast()
    {
        var now = Clock.GetUtcNow();
        while (_lately.TryPeek(out var oldest) && now - oldest > _window)
        {
            _lately.Dequeue();
        }

        if (_lately.Count >= MostInWindow)
        {
            return _lately.Peek() + _window - now;
        }

        _lately.Enqueue(now);
        return null;
    }

    private static string? Fault(JsonObject json)
    {
        var embeds = json["embeds"] as JsonArray ?? [];
        if (embeds.Count > 10 || Text(json, "content").Length > 2000 || (embeds.Count == 0 && Text(json, "content").Length == 0))
        {
            return "content or embeds";
        }

        foreach (var embed in embeds.Select(e => e as JsonObject))
        {
            if (embed is null)
            {
                return "embeds";
            }

            var fields = embed["fields"] as JsonArray ?? [];
            var all = Text(embed, "title").Length + Text(embed, "description").Length + Text(embed["footer"] as JsonObject, "text").Length
                + fields.Sum(f => Text(f as JsonObject, "name").Length + Text(f as JsonObject, "value").Length);
            if (Text(embed, "title").Length > 256 || Text(embed, "description").Length > 4096 || fields.Count > 25 || all > 6000
                || fields.Any(f => Text(f as JsonObject, "name").Length is 0 or > 256 || Text(f as JsonObject, "value").Length is 0 or > 1024)
                || (embed["url"] is not null && !Uri.TryCreate(Text(embed, "url"), UriKind.Absolute, out _)))
            {
                return string.Create(CultureInfo.InvariantCulture, $"an embed of {all} characters");
            }
        }

        return null;
    }

    private static bool Pings(JsonObject json) => json["allowed_mentions"]?["parse"] is not JsonArray { Count: 0 };

    private static JsonObject? Read(byte[] body)
    {
        try
        {
            return JsonNode.Parse(body) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static FakeAnswer Says(int status, JsonObject json) => new(status, json.ToJsonString(), "application/json");

    private static string Text(JsonObject? json, string name) => json?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
