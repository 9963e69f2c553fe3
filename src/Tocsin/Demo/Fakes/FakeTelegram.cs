using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Tocsin.Demo.Fakes;

/// <summary>A message as it stands in a chat of the fake.</summary>
/// <param name="Edits">How often it was changed.</param>
internal sealed record TelegramMessage(string Chat, long Id, string Text, JsonObject Json, int Edits)
{
    /// <summary>What the buttons say, in order.</summary>
    public IReadOnlyList<string> Buttons => [.. Keys.Select(key => key["text"]!.GetValue<string>())];

    public JsonObject? Button(string label) => Keys.FirstOrDefault(key => key["text"]!.GetValue<string>() == label);

    private IEnumerable<JsonObject> Keys => (Json["reply_markup"]?["inline_keyboard"]?.AsArray() ?? []).SelectMany(row => row!.AsArray()).Select(key => key!.AsObject());
}

/// <summary>
/// Telegram's Bot API for one bot, with its limits and its words: messages in the HTML that it knows, buttons, updates that are asked for or sent to
/// a webhook with its secret. <c>GET /</c> lists the messages; <c>POST /_press?id=1&amp;button=Acknowledge&amp;from=1001</c> presses.
/// </summary>
internal sealed partial class FakeTelegram : FakeHttp
{
    public const string Token = "123456:AAfakefakefakefakefakefakefakefakefake";

    private readonly List<TelegramMessage> _messages = [];
    private readonly List<JsonObject> _updates = [];
    private readonly List<string> _answers = [];
    private readonly HashSet<string> _queries = new(StringComparer.Ordinal);
    private readonly HashSet<string> _known = ["1001", "-100200"];
    private readonly Lock _gate = new();
    private readonly HttpClient _caller;
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private (Uri Url, string Secret)? _hook;
    private long _lastId;
    private int _asking;

    private FakeTelegram(TimeProvider clock)
        : base(clock)
    {
#pragma warning disable RS0030 // It stands for Telegram, which calls whatever it was told.
        _caller = new();
#pragma warning restore RS0030
    }

    /// <summary>All messages as they are now, oldest first.</summary>
    public IReadOnlyList<TelegramMessage> Messages
    {
        get
        {
            lock (_gate)
            {
                return [.. _messages];
            }
        }
    }

    /// <summary>What whoever pressed was told, and how loudly: <c>text</c> or <c>! text</c>.</summary>
    public IReadOnlyList<string> Answers
    {
        get
        {
            lock (_gate)
            {
                return [.. _answers];
            }
        }
    }

    /// <summary>Updates that nobody has confirmed.</summary>
    public int Unconfirmed
    {
        get
        {
            lock (_gate)
            {
                return _updates.Count;
            }
        }
    }

    /// <summary>How often two asked at once, which the real one refuses.</summary>
    public int Conflicts { get; private set; }

    public Uri? Hook => _hook?.Url;

    /// <summary>Where the hook really is, for servers that do not know their address.</summary>
    public Func<Uri, Uri> Route { get; set; } = static hook => hook;

    /// <param name="port">0: any that is free.</param>
    public static async Task<FakeTelegram> StartAsync(TimeProvider clock, int port = 0, CancellationToken ct = default)
    {
        var fake = new FakeTelegram(clock);
        await fake.ListenAsync(port, ct);
        return fake;
    }

    /// <summary>Presses a button of a message.</summary>
    /// <param name="from">The number of whoever presses.</param>
    /// <returns>What the webhook answered; 0: it waits to be asked for.</returns>
    public Task<int> PressAsync(TelegramMessage message, string label, string from, CancellationToken ct, string? secret = null)
    {
        var button = message.Button(label) ?? throw new InvalidOperationException($"The message has no button {label}, only {string.Join(", ", message.Buttons)}.");
        string query;
        lock (_gate)
        {
            query = $"q{++_lastId}";
            _queries.Add(query);
        }

        return TellAsync(
            new()
            {
                ["callback_query"] = new JsonObject
                {
                    ["id"] = query,
                    ["from"] = new JsonObject { ["id"] = long.Parse(from), ["is_bot"] = false },
                    ["message"] = new JsonObject { ["message_id"] = message.Id, ["chat"] = new JsonObject { ["id"] = long.Parse(message.Chat) } },
                    ["data"] = button["callback_data"]!.GetValue<string>(),
                },
            },
            ct, secret);
    }

    /// <summary>Somebody writes to the bot in a chat of two.</summary>
    public Task<int> WriteAsync(string from, string text, CancellationToken ct)
    {
        lock (_gate)
        {
            _known.Add(from);
        }

        return TellAsync(
            new()
            {
                ["message"] = new JsonObject
                {
                    ["message_id"] = ++_lastId,
                    ["from"] = new JsonObject { ["id"] = long.Parse(from), ["is_bot"] = false },
                    ["chat"] = new JsonObject { ["id"] = long.Parse(from), ["type"] = "private" },
                    ["text"] = text,
                },
            },
            ct);
    }

    /// <summary>Has the last update sent or given out again, as happens when its receipt is lost.</summary>
    public void Repeat(JsonObject update)
    {
        lock (_gate)
        {
            _updates.Add(update);
            Wake();
        }
    }

    protected override async Task<FakeAnswer> TakeAsync(HttpRequest request, byte[] body, CancellationToken closing)
    {
        if (!request.Path.Value!.EndsWith("/getUpdates", StringComparison.Ordinal))
        {
            return Take(request, body);
        }

        if (Refusal(request) is { } refusal)
        {
            return refusal;
        }

        var json = Read(body) ?? [];
        var (offset, seconds) = (Number(json, "offset"), Number(json, "timeout"));
        Task arrived;
        lock (_gate)
        {
            if (_hook is not null)
            {
                return Refuses(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
            }

            if (_asking > 0)
            {
                Conflicts++;
                return Refuses(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running");
            }

            _asking++;
            _updates.RemoveAll(update => update["update_id"]!.GetValue<long>() < offset);
            arrived = _updates.Count > 0 ? Task.CompletedTask : _arrived.Task;
        }

        try
        {
            await arrived.WaitAsync(TimeSpan.FromSeconds(Math.Clamp(seconds, 0, 50)), closing);
        }
        catch (TimeoutException)
        {
            // Nothing came.
        }
        finally
        {
            lock (_gate)
            {
                _asking--;
            }
        }

        lock (_gate)
        {
            return Says(new JsonArray([.. _updates.Select(update => update.DeepClone())]));
        }
    }

    protected override FakeAnswer Take(HttpRequest request, byte[] body)
    {
        if (request.Path == "/_press")
        {
            return PressByHand(request.Query);
        }

        if (Refusal(request) is { } refusal)
        {
            return refusal;
        }

        var json = Read(body);
        if (json is null)
        {
            return Refuses(400, "Bad Request: can't parse JSON");
        }

        lock (_gate)
        {
            return request.Path.Value![(request.Path.Value!.LastIndexOf('/') + 1)..] switch
            {
                "sendMessage" => Send(json),
                "editMessageText" => Edit(json),
                "answerCallbackQuery" => Answer(json),
                "setWebhook" => SetHook(json),
                "deleteWebhook" => RemoveHook(),
                _ => Refuses(404, "Not Found"),
            };
        }
    }

    protected override FakeAnswer? Show(PathString path) => path == "/"
        ? new(200, new JsonArray([.. Messages.Select(m => new JsonObject { ["id"] = m.Id, ["chat"] = m.Chat, ["edits"] = m.Edits, ["message"] = m.Json.DeepClone() })]).ToJsonString() + "\n", "application/json")
        : null;

    private static FakeAnswer? Refusal(HttpRequest request) => request.Path.StartsWithSegments($"/bot{Token}", StringComparison.Ordinal) ? null : Refuses(401, "Unauthorized");

    private async Task<int> TellAsync(JsonObject update, CancellationToken ct, string? secret = null)
    {
        (Uri Url, string Secret)? hook;
        lock (_gate)
        {
            update["update_id"] = 1000 + ++_lastId;
            hook = _hook;
            if (hook is null)
            {
                _updates.Add(update);
                Wake();
                return 0;
            }
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, Route(hook.Value.Url)) { Content = new StringContent(update.ToJsonString(), Encoding.UTF8, "application/json") };
        request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", secret ?? hook.Value.Secret);
        using var response = await _caller.SendAsync(request, ct);
        return (int)response.StatusCode;
    }

    private void Wake()
    {
        _arrived.TrySetResult();
        _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private FakeAnswer PressByHand(IQueryCollection query)
    {
        if (Messages.FirstOrDefault(m => $"{m.Id}" == query["id"]) is not { } message || message.Button(query["button"].ToString()) is null)
        {
            return new(400, "id=ID button=LABEL from=NUMBER: there is no such message with such a button\n");
        }

        _ = PressAsync(message, query["button"].ToString(), query["from"].ToString() is { Length: > 0 } from ? from : "1001", CancellationToken.None);
        return new(200, "Pressed.\n");
    }

    private FakeAnswer Send(JsonObject json)
    {
        var chat = Text(json, "chat_id");
        if (!_known.Contains(chat))
        {
            return Refuses(400, "Bad Request: chat not found");
        }

        if (Fault(json) is { } fault)
        {
            return fault;
        }

        var message = new TelegramMessage(chat, ++_lastId, Text(json, "text"), json, 0);
        _messages.Add(message);
        if (_messages.Count > Remembered)
        {
            _messages.RemoveAt(0);
        }

        return Says(new JsonObject { ["message_id"] = message.Id, ["chat"] = new JsonObject { ["id"] = long.Parse(chat) }, ["text"] = message.Text });
    }

    private FakeAnswer Edit(JsonObject json)
    {
        var at = _messages.FindIndex(m => m.Chat == Text(json, "chat_id") && m.Id == Number(json, "message_id"));
        if (at < 0)
        {
            return Refuses(400, "Bad Request: message to edit not found");
        }

        if (Fault(json) is { } fault)
        {
            return fault;
        }

        var old = _messages[at];
        if (old.Text == Text(json, "text") && old.Json["reply_markup"]?.ToJsonString() == json["reply_markup"]?.ToJsonString())
        {
            return Refuses(400, "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message");
        }

        _messages[at] = old with { Text = Text(json, "text"), Json = json, Edits = old.Edits + 1 };
        return Says(new JsonObject { ["message_id"] = old.Id, ["chat"] = new JsonObject { ["id"] = long.Parse(old.Chat) } });
    }

    private FakeAnswer Answer(JsonObject json)
    {
        if (!_queries.Remove(Text(json, "callback_query_id")) || Text(json, "text").Length > 200)
        {
            return Refuses(400, "Bad Request: query is too old and response timeout expired or query ID is invalid");
        }

        _answers.Add($"{(json["show_alert"]?.GetValue<bool>() == true ? "! " : "")}{Text(json, "text")}");
        return Says(JsonValue.Create(true));
    }

    private FakeAnswer SetHook(JsonObject json)
    {
        if (!Uri.TryCreate(Text(json, "url"), UriKind.Absolute, out var url) || !Secret().IsMatch(Text(json, "secret_token")))
        {
            return Refuses(400, "Bad Request: bad webhook");
        }

        _hook = (url, Text(json, "secret_token"));
        return Says(JsonValue.Create(true));
    }

    private FakeAnswer RemoveHook()
    {
        _hook = null;
        return Says(JsonValue.Create(true));
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

    private static FakeAnswer Refuses(int status, string description) =>
        new(status, new JsonObject { ["ok"] = false, ["error_code"] = status, ["description"] = description }.ToJsonString(), "application/json");

    private static FakeAnswer Says(JsonNode result) => new(200, new JsonObject { ["ok"] = true, ["result"] = result }.ToJsonString(), "application/json");

    private static string Text(JsonObject json, string name) => json[name] is JsonValue value ? value.TryGetValue<string>(out var text) ? text : value.ToJsonString() : "";

    private static long Number(JsonObject json, string name) => json[name] is JsonValue value && value.TryGetValue<long>(out var number) ? number : 0;

    [GeneratedRegex("^[-_A-Za-z0-9]{1,256}$", RegexOptions.NonBacktracking)]
    private static partial Regex Secret();
}
