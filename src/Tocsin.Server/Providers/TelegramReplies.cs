using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Tocsin.Estate;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>What people press and write in Telegram: by its webhook, known by a secret that Telegram was given, or as this server asked for it.</summary>
internal sealed class TelegramReplies(GuardedHttp http, PublicLinks links) : IReplySource
{
    private const string SecretHeader = "X-Telegram-Bot-Api-Secret-Token";

    public string Id => Telegram.Type;

    /// <summary>In a chat of one person its number is the person's.</summary>
    public bool IsOf(ContactMethod method, string account) => method.Type == Telegram.Type && SettingsCheck.Get(method, "chat_id") == account;

    public string HowToLink(string account) =>
        "Nothing was changed: this Telegram account is nobody's in Tocsin. Send this bot /start and the code that stands under Me in Tocsin.";

    /// <summary>What Telegram is to show with each request for a bot, so that it can be told from anybody.</summary>
    public string SecretOf(TelegramBot bot) => links.SecretFor($"telegram/{bot.Name}");

    public Task<Result<Reply>> ReadAsync(ReplyRequest request, CancellationToken ct) => Task.FromResult(Read(request));

    public async Task<ReplyAnswer> AnswerAsync(ReplyRequest request, Reply reply, IReadOnlyList<ReplyOutcome> outcomes, CancellationToken ct)
    {
        await TellAsync(reply, outcomes, ct);
        return new();
    }

    /// <summary>Reads one update, known to be Telegram's, of one bot.</summary>
    public static Reply Read(JsonElement update, TelegramBot bot)
    {
        var id = update.Text("update_id") is { Length: > 0 } number ? $"{bot.Name}/{number}" : null;
        var press = update.Part("callback_query");
        if (press.ValueKind == JsonValueKind.Object)
        {
            var (who, data) = (press.Part("from").Text("id"), press.Text("data"));
            ReplyVerb? verb = data is { Length: > 2 } && data[1] == ':'
                ? data[0] switch
                {
                    'a' => ReplyVerb.Acknowledge,
                    'r' => ReplyVerb.Resolve,
                    'e' => ReplyVerb.Escalate,
                    's' => ReplyVerb.Snooze,
                    _ => null,
                }
                : null;
            return new(id, verb is { } wanted && who.Length > 0 ? [new(who, wanted) { Code = data[2..] }] : []) { Context = new Talk(bot, press.Text("id"), "") };
        }

        var message = update.Part("message");
        var chat = message.Part("chat");

        // Only in a chat of two is the chat's number that of a person.
        return chat.Text("type") == "private" && message.Text("text") is { } text && text.StartsWith("/start", StringComparison.Ordinal)
            ? new(id, [new(chat.Text("id"), ReplyVerb.Link) { Text = text["/start".Length..].Trim() }]) { Context = new Talk(bot, "", chat.Text("id")) }
            : new(id, []);
    }

    /// <summary>Answers whoever pressed or wrote; what Telegram does not take in 2 s is let go.</summary>
    public async Task TellAsync(Reply reply, IReadOnlyList<ReplyOutcome> outcomes, CancellationToken ct)
    {
        if (reply.Context is not Talk talk)
        {
            return;
        }

        var outcome = outcomes is [var only] ? only : null;
        var (call, body) = talk.Query.Length > 0
            ? ("answerCallbackQuery", new Dictionary<string, object>(StringComparer.Ordinal)
            {
                ["callback_query_id"] = talk.Query,
                ["text"] = PlainText.OneLine(outcome?.Text, 200),
                ["show_alert"] = outcome is { Result: ReplyResult.Unlinked or ReplyResult.Refused },
            })
            : ("sendMessage", new Dictionary<string, object>(StringComparer.Ordinal) { ["chat_id"] = talk.Chat, ["text"] = PlainText.Block(outcome?.Text, 1000) });
        if (talk.Query.Length == 0 && outcome is null)
        {
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(TimeSpan.FromSeconds(2));
        try
        {
            await talk.Bot.CallAsync(http, call, JsonSerializer.SerializeToUtf8Bytes(body), limit.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Slow: let go.
        }
    }

    private Result<Reply> Read(ReplyRequest request)
    {
        var given = SHA256.HashData(Encoding.UTF8.GetBytes(request.Headers(SecretHeader)));
        TelegramBot? bot = null;
        foreach (var known in TelegramBot.In(request.Estate).Where(b => b.Webhook))
        {
            if (CryptographicOperations.FixedTimeEquals(given, SHA256.HashData(Encoding.UTF8.GetBytes(SecretOf(known)))))
            {
                bot = known;
            }
        }

        if (bot is null)
        {
            return Error.Forbidden($"{SecretHeader} is not that of a bot of this workspace with webhook: yes.");
        }

        using var json = JsonAnswer.Parse(request.Body);
        return json is null ? Error.Invalid("body", "The body is not a JSON object.") : Read(json.RootElement, bot);
    }

    /// <param name="Query">What was pressed; empty: something was written.</param>
    private sealed record Talk(TelegramBot Bot, string Query, string Chat);
}
