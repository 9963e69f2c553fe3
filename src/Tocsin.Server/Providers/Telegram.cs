using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>Telegram by a bot: messages with buttons that act, changed when what they say is no longer so. Telegram has no idempotency: a retry may show twice.</summary>
internal sealed partial class Telegram(GuardedHttp http, Pace pace) : INotifier
{
    public const string Type = "telegram";

    private static readonly TimeSpan _everyOfChat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _everyOfBot = TimeSpan.FromMilliseconds(34);

    public ProviderInfo Info { get; } = new(Type, "Telegram", new("https://core.telegram.org/bots/api"),
    [
        new("token", "The bot's token from @BotFather, 123456:ABC….", Secret: true, App: true),
        new("api", "The base address of the Bot API. Default: https://api.telegram.org/.", App: true),
        new("webhook", "yes or no: whether Telegram calls this server at its public address when somebody answers; else this server asks Telegram. Default: no.", App: true),
        new("chat_id", "The number of a chat, negative for groups, or the @name of a public channel. Default for people: the chat that they linked by sending the bot /start and the code under Me."),
        new("topic", "The number of a group's topic (message_thread_id). Default: none."),
        ProviderSetting.From("bot"),
        ProviderSetting.Updates("yes"),
    ])
    {
        Rings = true,
    };

    public IReadOnlyList<Error> Check(ContactMethod method)
    {
        var errors = SettingsCheck.Keys(Info, method);
        if (SettingsCheck.Get(method, "token") is not { Length: > 0 } token)
        {
            errors.Add(Error.Invalid("token", "Give the bot's 'token', or 'from', a channel that has it."));
        }
        else if (!TokenForm().IsMatch(token))
        {
            errors.Add(Error.Invalid("token", "A bot's token is a number, a colon and 30 to 60 letters, digits, - and _."));
        }

        if (SettingsCheck.Get(method, "api") is { Length: > 0 } api && OutgoingUrl.Parse(api, "api").Error is { } badApi)
        {
            errors.Add(badApi);
        }

        if (SettingsCheck.Get(method, "webhook") is not ("" or "yes" or "no" or "true" or "false"))
        {
            errors.Add(Error.Invalid("webhook", "The setting 'webhook' is yes or no."));
        }

        if (SettingsCheck.Get(method, "chat_id") is { Length: > 0 } chat && !ChatForm().IsMatch(chat))
        {
            errors.Add(Error.Invalid("chat_id", "A chat is a number such as 123456789 or -1001234567890, or the @name of a public channel."));
        }

        if (SettingsCheck.Get(method, "topic") is { Length: > 0 } topic && !int.TryParse(topic, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            errors.Add(Error.Invalid("topic", "A topic is a number."));
        }

        return errors;
    }

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        if (SettingsCheck.Get(method, "chat_id") is not { Length: > 0 } chat)
        {
            return new SendOutcome.Refused("No chat is linked yet: send the bot /start and the code that stands under Me, or enter 'chat_id'.");
        }

        var bot = TelegramBot.Of(method)!;
        if (await pace.WaitAsync($"telegram {bot.Name}", _everyOfBot, ct) is { } full)
        {
            return new SendOutcome.TryAgain("Telegram takes about 30 messages a second from one bot, and many wait.", full);
        }

        if (await pace.WaitAsync($"telegram {bot.Name} {chat}", _everyOfChat, ct) is { } tooLong)
        {
            return new SendOutcome.TryAgain("Telegram takes about one message a second for each chat, and many wait.", tooLong);
        }

        var answer = await bot.CallAsync(http, "sendMessage", Write(message, chat, SettingsCheck.Get(method, "topic")), ct);
        return ToOutcome(answer, message.Kind is not MessageKind.Test);
    }

    public async Task<SendOutcome> EditAsync(Message message, string handle, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        return handle.Split(' ') is [var chat, var id] && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? ToOutcome(await TelegramBot.Of(method)!.CallAsync(http, "editMessageText", Write(message, chat, "", number), ct), receipt: false)
            : new SendOutcome.Refused("It is not known any more which message this was.");
    }

    /// <summary>Telegram says the same in the status and in the body; when to come again stands in the body alone.</summary>
    private static SendOutcome ToOutcome(OutgoingAnswer answer, bool receipt)
    {
        if (answer is not OutgoingAnswer.Status status)
        {
            return answer.ToOutcome();
        }

        using var json = JsonAnswer.Parse(status.Body);
        if (status.Code is >= 200 and <= 299 && json?.RootElement.Flag("ok") == true)
        {
            var result = json.RootElement.Part("result");
            var (chat, id) = (result.Part("chat").Text("id"), result.Text("message_id"));
            return new SendOutcome.Accepted($"Telegram message {PlainText.OneLine(id, 20)}") { Handle = receipt && chat.Length > 0 && id.Length > 0 ? $"{chat} {id}" : null };
        }

        var why = PlainText.OneLine(json?.RootElement.Text("description"), 200);
        if (why.Contains("message is not modified", StringComparison.OrdinalIgnoreCase))
        {
            return new SendOutcome.Accepted("Telegram: it says so already");
        }

        if (status.Code == 429 && int.TryParse(json?.RootElement.Part("parameters").Text("retry_after"), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
        {
            return new SendOutcome.TryAgain($"HTTP 429: {why}", TimeSpan.FromSeconds(Math.Min(seconds, 3600)));
        }

        return status.Code switch
        {
            >= 200 and <= 299 => new SendOutcome.TryAgain("Telegram's answer could not be read."),
            401 or 404 => new SendOutcome.Refused($"HTTP {status.Code}: {why}. The bot's token is not good any more; enter a new one."),
            403 => new SendOutcome.Refused($"HTTP 403: {why}. The person must start the bot (again), or the group must take it in."),
            400 when why.Contains("chat not found", StringComparison.OrdinalIgnoreCase) => new SendOutcome.Refused($"HTTP 400: {why}. The person must send the bot /start once; a group must take it in."),
            _ => answer.ToOutcome(),
        };
    }

    /// <param name="id">The message that becomes this; null: a new one.</param>
    internal static byte[] Write(Message message, string chat, string topic, long? id = null)
    {
        var text = Texts.For(message);
        var buffer = new ArrayBufferWriter<byte>(2048);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("chat_id", chat);
        if (id is { } number)
        {
            json.WriteNumber("message_id", number);
        }
        else if (topic.Length > 0)
        {
            json.WriteNumber("message_thread_id", int.Parse(topic, NumberStyles.None, CultureInfo.InvariantCulture));
        }

        json.WriteString("text", Html(message, text));
        json.WriteString("parse_mode", "HTML");
        json.WriteStartObject("link_preview_options");
        json.WriteBoolean("is_disabled", true);
        json.WriteEndObject();
        if (id is null && message.Kind is MessageKind.Acknowledged or MessageKind.Resolved or MessageKind.AlertsAdded)
        {
            json.WriteBoolean("disable_notification", true);
        }

        json.WriteStartObject("reply_markup");
        WriteKeyboard(json, message);
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteKeyboard(Utf8JsonWriter json, Message message)
    {
        var code = message.Kind is MessageKind.Resolved or MessageKind.Test or MessageKind.More ? null : message.AnswerCode;
        json.WriteStartArray("inline_keyboard");
        if (code is not null)
        {
            json.WriteStartArray();
            if (message.Kind is not MessageKind.Acknowledged)
            {
                WriteButton(json, Texts.For(message).Action, "callback_data", $"a:{code}");
            }

            if (message.Kind is not MessageKind.SelfTest)
            {
                WriteButton(json, "Resolve", "callback_data", $"r:{code}");
                json.WriteEndArray();
                json.WriteStartArray();
                WriteButton(json, "Escalate", "callback_data", $"e:{code}");
                WriteButton(json, "Snooze 1 h", "callback_data", $"s:{code}");
            }

            json.WriteEndArray();
        }

        // Telegram refuses the whole message for an address without a dot in its host.
        if (message.IncidentUrl is { } open && open.Host.Contains('.', StringComparison.Ordinal))
        {
            json.WriteStartArray();
            WriteButton(json, "Open", "url", open.AbsoluteUri);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void WriteButton(Utf8JsonWriter json, string label, string kind, string value)
    {
        json.WriteStartObject();
        json.WriteString("text", label);
        json.WriteString(kind, value);
        json.WriteEndObject();
    }

    private static string Html(Message message, MessageText text)
    {
        var firstPage = message is { Kind: MessageKind.Page, Step: <= 1, Round: <= 1 };
        var body = new StringBuilder($"<b>{Escape(firstPage ? text.Heading : text.Title)}</b>\n{Escape(text.Body)}");
        if (text.Facts.Count > 0)
        {
            body.Append($"\n\n{Escape(PlainText.OneLine(string.Join(" · ", text.Facts.Select(fact => $"{fact.Label}: {fact.Value}")), 800))}");
        }

        if (PlainText.Block(message.Description, 2000) is { Length: > 0 } description)
        {
            // The limit counts what is seen; each escaped sign counts as one.
            body.Append($"\n\n{Escape(description)}");
        }

        return body.ToString();
    }

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);

    [GeneratedRegex("^[0-9]{3,20}:[-_A-Za-z0-9]{30,60}$", RegexOptions.NonBacktracking)]
    internal static partial Regex TokenForm();

    [GeneratedRegex("^(-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,40})$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex ChatForm();
}

/// <summary>One bot, as the settings name it.</summary>
internal sealed record TelegramBot(Uri Api, string Token, bool Webhook)
{
    /// <summary>Tells bots apart without telling a token.</summary>
    public string Name => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes($"{Api} {Token}")).AsSpan(0, 8));

    /// <returns>Null: the method has no bot.</returns>
    public static TelegramBot? Of(ContactMethod method) => method.Type == Telegram.Type && SettingsCheck.Get(method, "token") is { Length: > 0 } token
        ? new(
            new(SettingsCheck.Get(method, "api") is { Length: > 0 } api ? $"{api.TrimEnd('/')}/" : "https://api.telegram.org/"), token,
            SettingsCheck.Get(method, "webhook") is "yes" or "true")
        : null;

    /// <summary>The bots of a workspace.</summary>
    public static IEnumerable<TelegramBot> In(Estate.EstateSnapshot estate) =>
        estate.Model.Channels.Values.Concat(estate.Model.Users.Values.SelectMany(u => u.Contact)).Select(Of).OfType<TelegramBot>().Distinct();

    public Task<OutgoingAnswer> CallAsync(GuardedHttp http, string call, byte[] body, CancellationToken ct) =>
        http.SendJsonAsync(HttpMethod.Post, $"{Api.AbsoluteUri}bot{Token}/{call}", body, null, ct);
}
