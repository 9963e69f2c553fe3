using System.Collections.Concurrent;
using System.Globalization;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Demo.Fakes;

/// <summary>A message as it stands in a conversation of the fake.</summary>
/// <param name="Thread">The message below which it was posted; null: it stands for itself.</param>
/// <param name="Edits">How often it was changed.</param>
internal sealed record SlackMessage(string Channel, string Ts, string? Thread, JsonObject Json, int Edits, bool Rings)
{
    public string Text => Json["text"]!.GetValue<string>();

    /// <summary>What the buttons say, in order.</summary>
    public IReadOnlyList<string> Buttons => [.. Elements.Select(button => button["text"]!["text"]!.GetValue<string>())];

    public JsonObject? Button(string action) => Elements.FirstOrDefault(button => button["action_id"]?.GetValue<string>() == action);

    private IEnumerable<JsonObject> Elements => Json["blocks"]!.AsArray()
        .Where(block => block!["type"]!.GetValue<string>() == "actions").SelectMany(block => block!["elements"]!.AsArray()).Select(button => button!.AsObject());
}

/// <summary>
/// Slack's API for one app with a bot: posts and changes messages with the real limits and the real words of refusal, and sends what is
/// pressed, signed by HTTP or over Socket Mode. <c>GET /</c> lists the messages; <c>POST /_press?ts=TS&amp;do=acknowledge&amp;as=U0ANA</c> presses.
/// </summary>
internal sealed class FakeSlackBot : FakeHttp
{
    public const string Token = "xoxb-fake-bot";
    public const string AppToken = "xapp-fake-app";
    public const string SigningSecret = "8f742231b10e8888abcd99yyyzzz85a5";

    /// <summary>The one channel that the bot is in.</summary>
    public const string Channel = "C0OPS";

    private readonly List<SlackMessage> _messages = [];
    private readonly ConcurrentQueue<string> _told = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<string>> _acknowledged = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<int, WebSocket> _sockets = [];
    private readonly SemaphoreSlim _opened = new(0);
    private readonly HttpClient _caller;
    private readonly Lock _gate = new();
    private int _connections;
    private int _count;

    private FakeSlackBot(TimeProvider clock)
        : base(clock)
    {
#pragma warning disable RS0030 // It stands for Slack, which calls whatever it was told.
        _caller = new();
#pragma warning restore RS0030
    }

    public Uri Api => new(Url, "api/");

    /// <summary>Where presses are sent; null: over the newest open socket.</summary>
    public Uri? RequestUrl { get; set; }

    /// <summary>All messages as they are now, oldest first.</summary>
    public IReadOnlyList<SlackMessage> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }

    /// <summary>What only one person was told.</summary>
    public IReadOnlyList<string> Told => [.. _told];

    /// <summary>How many connections were opened so far.</summary>
    public int Connections => _connections;

    public int OpenConnections => _sockets.Count;

    /// <param name="port">0: any that is free.</param>
    public static async Task<FakeSlackBot> StartAsync(TimeProvider clock, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakeSlackBot(clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    /// <summary>Ends when a connection was opened that no earlier call was told of.</summary>
    public Task ConnectionAsync(CancellationToken ct) => _opened.WaitAsync(ct);

    /// <summary>Presses a button of a message.</summary>
    /// <param name="user">The id of whoever presses.</param>
    /// <param name="at">When, for the signature; null: now.</param>
    /// <returns>What the other side answered: a status, or over a socket <c>200</c>.</returns>
    public async Task<int> PressAsync(SlackMessage message, string action, string user, CancellationToken ct, DateTimeOffset? at = null, string secret = SigningSecret)
    {
        var button = message.Button(action) ?? throw new InvalidOperationException($"The message has no button {action}, only {string.Join(", ", message.Buttons)}.");
        return await SendAsync(Press(message, button, user), ct, at, secret);
    }

    /// <summary>The payload of a press, to be sent once or more often.</summary>
    public JsonObject Press(SlackMessage message, JsonObject button, string user)
    {
        var pressed = button.DeepClone().AsObject();
        pressed["action_ts"] = $"{Clock.GetUtcNow().ToUnixTimeSeconds()}.{Interlocked.Increment(ref _count):D6}";
        return new()
        {
            ["type"] = "block_actions",
            ["user"] = new JsonObject { ["id"] = user, ["username"] = user.ToLowerInvariant(), ["team_id"] = "T0FAKE" },
            ["trigger_id"] = $"{_count}.fake",
            ["response_url"] = new Uri(Url, $"response/{_count}").AbsoluteUri,
            ["container"] = new JsonObject { ["type"] = "message", ["message_ts"] = message.Ts, ["channel_id"] = message.Channel },
            ["channel"] = new JsonObject { ["id"] = message.Channel },
            ["message"] = message.Json.DeepClone(),
            ["actions"] = new JsonArray(pressed),
        };
    }

    /// <summary>Sends what was pressed as Slack does, by HTTP or over the newest socket.</summary>
    public async Task<int> SendAsync(JsonObject payload, CancellationToken ct, DateTimeOffset? at = null, string secret = SigningSecret)
    {
        if (RequestUrl is null)
        {
            return await SendOverSocketAsync(payload, ct);
        }

        var body = Encoding.UTF8.GetBytes($"payload={Uri.EscapeDataString(payload.ToJsonString())}");
        using var request = new HttpRequestMessage(HttpMethod.Post, RequestUrl) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/x-www-form-urlencoded");
        Sign(request, body, at ?? Clock.GetUtcNow(), secret);
        using var response = await _caller.SendAsync(request, ct);
        return (int)response.StatusCode;
    }

    /// <summary>Slack is about to close its connections: the client should open new ones first.</summary>
    public async Task WarnAsync(CancellationToken ct)
    {
        foreach (var socket in _sockets.Values)
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes("""{"type":"disconnect","reason":"warning"}"""), WebSocketMessageType.Text, true, ct);
        }
    }

    /// <summary>Closes all connections but the newest, as Slack does after a warning; or all, as a broken network does.</summary>
    public void Drop(bool all)
    {
        foreach (var (number, socket) in _sockets)
        {
            if (all || number != _connections)
            {
                socket.Abort();
            }
        }
    }

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        if (request.Path == "/_press")
        {
            return PressByHand(request.Query);
        }

        if (request.Path.StartsWithSegments("/response", StringComparison.Ordinal))
        {
            var told = JsonNode.Parse(body)?.AsObject();
            _told.Enqueue(told?["text"]?.GetValue<string>() ?? "");
            return told?["response_type"]?.GetValue<string>() == "ephemeral" ? new(200, "ok") : new(400, "invalid_payload");
        }

        var authorization = request.Headers.Authorization.ToString();
        return request.Path.Value switch
        {
            "/api/apps.connections.open" => authorization == $"Bearer {AppToken}" ? Says(new() { ["ok"] = true, ["url"] = $"ws://{HostAndPort}/socket" }) : Refuses("invalid_auth"),
            "/api/chat.postMessage" or "/api/chat.update" when authorization != $"Bearer {Token}" => Refuses(authorization.Length == 0 ? "not_authed" : "invalid_auth"),
            "/api/chat.postMessage" or "/api/chat.update" when request.ContentType?.StartsWith("application/json", StringComparison.Ordinal) != true => Refuses("invalid_form_data"),
            "/api/chat.postMessage" => Post(Read(body)),
            "/api/chat.update" => Update(Read(body)),
            _ => Refuses("unknown_method"),
        };
    }

    protected override FakeAnswer? Show(PathString path) => path == "/"
        ? new(200, new JsonArray([.. Messages.Select(m => new JsonObject { ["channel"] = m.Channel, ["ts"] = m.Ts, ["thread"] = m.Thread, ["edits"] = m.Edits, ["message"] = m.Json.DeepClone() })]).ToJsonString() + "\n", "application/json")
        : null;

    protected override async Task<bool> TalkAsync(HttpContext http, CancellationToken closing)
    {
        if (http.Request.Path != "/socket")
        {
            return false;
        }

        using var socket = await http.WebSockets.AcceptWebSocketAsync();
        var number = Interlocked.Increment(ref _connections);
        _sockets[number] = socket;
        try
        {
            await socket.SendAsync(Encoding.UTF8.GetBytes($$"""{"type":"hello","num_connections":{{_sockets.Count}}}"""), WebSocketMessageType.Text, true, closing);
            _opened.Release();
            var buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer, closing) is { MessageType: WebSocketMessageType.Text } part)
            {
                if (JsonNode.Parse(buffer.AsSpan(0, part.Count))?["envelope_id"]?.GetValue<string>() is { } id && _acknowledged.TryRemove(id, out var waits))
                {
                    waits.TrySetResult(id);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // It was dropped, or the fake is closing.
        }
        finally
        {
            _sockets.TryRemove(number, out _);
        }

        return true;
    }

    internal static string Sign(string secret, string time, byte[] body) =>
        $"v0={Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), (byte[])[.. Encoding.ASCII.GetBytes($"v0:{time}:"), .. body]))}";

    private static void Sign(HttpRequestMessage request, byte[] body, DateTimeOffset at, string secret)
    {
        var time = at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        request.Headers.Add("X-Slack-Request-Timestamp", time);
        request.Headers.Add("X-Slack-Signature", Sign(secret, time, body));
    }

    private async Task<int> SendOverSocketAsync(JsonObject payload, CancellationToken ct)
    {
        var id = Guid.NewGuid().ToString();
        var waits = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        _acknowledged[id] = waits;
        var envelope = new JsonObject { ["envelope_id"] = id, ["type"] = "interactive", ["accepts_response_payload"] = false, ["payload"] = payload.DeepClone() };
        await _sockets.MaxBy(s => s.Key).Value.SendAsync(Encoding.UTF8.GetBytes(envelope.ToJsonString()), WebSocketMessageType.Text, true, ct);
        await waits.Task.WaitAsync(ct);
        return 200;
    }

    private FakeAnswer PressByHand(IQueryCollection query)
    {
        var message = Messages.FirstOrDefault(m => m.Ts == query["ts"]);
        if (message?.Button($"tocsin_{query["do"]}") is not { } button)
        {
            return new(400, "ts=TS do=acknowledge|resolve|escalate|snooze as=USER: there is no such message with such a button\n");
        }

        var payload = Press(message, button, query["as"].ToString() is { Length: > 0 } user ? user : "U0ANA");
        _ = SendAsync(payload, CancellationToken.None);
        return new(200, "Pressed.\n");
    }

    private FakeAnswer Post(JsonObject? json)
    {
        if (json is null)
        {
            return Refuses("invalid_json");
        }

        var to = Text(json, "channel");
        var channel = to == Channel || to.StartsWith('D') ? to : to.StartsWith('U') ? $"D{to[1..]}" : null;
        if (channel is null)
        {
            return Refuses("channel_not_found");
        }

        if (FakeSlack.Fault(json) is { } fault)
        {
            return Refuses(fault);
        }

        lock (_gate)
        {
            var thread = json["thread_ts"] is null ? null : Text(json, "thread_ts");
            if (thread is not null && !_messages.Exists(m => m.Channel == channel && m.Ts == thread))
            {
                return Refuses("thread_not_found");
            }

            var ts = $"{Clock.GetUtcNow().ToUnixTimeSeconds()}.{++_count:D6}";
            _messages.Add(new(channel, ts, thread, json, 0, FakeSlack.Rings(json)));
            if (_messages.Count > Remembered)
            {
                _messages.RemoveAt(0);
            }

            return Says(new() { ["ok"] = true, ["channel"] = channel, ["ts"] = ts, ["message"] = json.DeepClone() });
        }
    }

    private FakeAnswer Update(JsonObject? json)
    {
        if (json is null)
        {
            return Refuses("invalid_json");
        }

        lock (_gate)
        {
            var at = _messages.FindIndex(m => m.Channel == Text(json, "channel") && m.Ts == Text(json, "ts"));
            if (at < 0)
            {
                return Refuses("message_not_found");
            }

            if (FakeSlack.Fault(json) is { } fault)
            {
                return Refuses(fault);
            }

            _messages[at] = _messages[at] with { Json = json, Edits = _messages[at].Edits + 1, Rings = FakeSlack.Rings(json) };
            return Says(new() { ["ok"] = true, ["channel"] = _messages[at].Channel, ["ts"] = _messages[at].Ts });
        }
    }

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

    private static FakeAnswer Refuses(string error) => Says(new() { ["ok"] = false, ["error"] = error });

    private static FakeAnswer Says(JsonObject json) => new(200, json.ToJsonString(), "application/json; charset=utf-8");

    private static string Text(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";
}
