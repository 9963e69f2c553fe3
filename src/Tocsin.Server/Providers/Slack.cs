using System.Buffers;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>
/// Slack by the bot of an app (token): direct messages and channels, with buttons that act, and messages that are changed; or by an incoming
/// webhook (url), which can only post. Slack has no idempotency for either: the page key travels as the id of a block and, with a bot, as
/// metadata, so that a doubled message can be told from two.
/// </summary>
internal sealed partial class Slack(GuardedHttp http, Pace pace) : INotifier
{
    public const string Type = "slack";

    private const int HeaderMax = 150;
    private const int SectionMax = 3000;
    private const int ContextMax = 2000;

    /// <summary>About one message a second for each conversation; short bursts are let through.</summary>
    private static readonly TimeSpan _every = TimeSpan.FromSeconds(1);

    public ProviderInfo Info { get; } = new(Type, "Slack", new("https://docs.slack.dev/reference/methods/chat.postMessage"),
    [
        new("token", "The bot's token, xoxb-…, with the scope chat:write; then give channel or user.", Secret: true, App: true),
        new("signing_secret", "The app's signing secret; needed for buttons when Slack calls this server.", Secret: true, App: true),
        new("app_token", "The app's own token, xapp-…, with the scope connections:write; needed for buttons by Socket Mode, without a public address.", Secret: true, App: true),
        new("api", "The base address of Slack's API. Default: https://slack.com/api/.", App: true),
        new("channel", "The id of a conversation, C…, or a public channel's name, #ops."),
        new("user", "A person's id in Slack, U…: gets direct messages, and whoever has it acts by pressing buttons."),
        new("url", "Instead of a token: the address of an incoming webhook, https://hooks.slack.com/services/….", Secret: true),
        ProviderSetting.From("bot"),
        ProviderSetting.Updates("yes"),
    ]);

    public IReadOnlyList<Error> Check(ContactMethod method)
    {
        var errors = SettingsCheck.Keys(Info, method);
        string Get(string key) => SettingsCheck.Get(method, key);
        if (Get("url") is { Length: > 0 } url)
        {
            if (OutgoingUrl.Parse(url, "url").Error is { } badUrl)
            {
                errors.Add(badUrl);
            }

            if (Get("channel").Length > 0)
            {
                errors.Add(Error.Invalid("channel", "An incoming webhook posts where it was made for; leave 'channel' out, or use a bot's 'token' instead of 'url'."));
            }

            return errors;
        }

        if (Get("token").Length == 0)
        {
            errors.Add(Error.Invalid("token", "Give the bot's 'token' (or 'from', a channel that has it), or the 'url' of an incoming webhook."));
        }

        if (Get("channel").Length == 0 == (Get("user").Length == 0))
        {
            errors.Add(Error.Invalid("channel", "Give either 'channel' or 'user': where messages go."));
        }

        Demand("token", BotTokenForm(), "A bot's token begins with xoxb-.");
        Demand("app_token", AppTokenForm(), "An app's token begins with xapp-.");
        Demand("channel", ChannelForm(), "A conversation is its id, such as C024BE91L, or the name of a public channel, such as #ops.");
        Demand("user", UserForm(), "A person's id begins with U or W and is in their profile in Slack, such as U024BE7LH; it is not the name.");
        if (Get("api") is { Length: > 0 } api && OutgoingUrl.Parse(api, "api").Error is { } badApi)
        {
            errors.Add(badApi);
        }

        return errors;

        void Demand(string key, Regex form, string help)
        {
            if (Get(key) is { Length: > 0 } value && !form.IsMatch(value))
            {
                errors.Add(Error.Invalid(key, help));
            }
        }
    }

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        if (SettingsCheck.Get(method, "url") is { Length: > 0 } url)
        {
            return (await http.SendJsonAsync(HttpMethod.Post, url, Write(message), null, ct)).ToOutcome();
        }

        var to = SettingsCheck.Get(method, "user") is { Length: > 0 } user ? user : SettingsCheck.Get(method, "channel");
        if (await pace.WaitAsync($"slack {to}", _every, ct) is { } tooLong)
        {
            return new SendOutcome.TryAgain("Slack takes about one message a second for each conversation, and many wait.", tooLong);
        }

        var thread = Place.Read(message.Thread);
        return await CallAsync(method, "chat.postMessage", Write(message, bot: true, thread?.Channel ?? to, thread?.Ts), message.Kind is not MessageKind.Test, ct);
    }

    public async Task<SendOutcome> EditAsync(Message message, string handle, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        return Place.Read(handle) is { } place
            ? await CallAsync(method, "chat.update", Write(message, bot: true, place.Channel, ts: place.Ts), receipt: false, ct)
            : new SendOutcome.Refused("It is not known any more which message this was.");
    }

    /// <summary>The base address of the API of a method, with a slash at the end.</summary>
    internal static Uri Api(ContactMethod method) =>
        new(SettingsCheck.Get(method, "api") is { Length: > 0 } api ? $"{api.TrimEnd('/')}/" : "https://slack.com/api/");

    private async Task<SendOutcome> CallAsync(ContactMethod method, string call, byte[] body, bool receipt, CancellationToken ct)
    {
        var answer = await http.SendJsonAsync(HttpMethod.Post, new Uri(Api(method), call).AbsoluteUri, body, new("Bearer", SettingsCheck.Get(method, "token")), ct);
        return answer is OutgoingAnswer.Status { Code: >= 200 and <= 299 } taken ? Read(taken.Body, receipt) : answer.ToOutcome();
    }

    /// <summary>Slack says with 200 that it refuses.</summary>
    private static SendOutcome Read(string body, bool receipt)
    {
        using var json = JsonAnswer.Parse(body);
        if (json is null)
        {
            return new SendOutcome.TryAgain("Slack's answer could not be read.");
        }

        if (json.RootElement.Flag("ok"))
        {
            var (channel, ts) = (json.RootElement.Text("channel"), json.RootElement.Text("ts"));
            var place = channel.Length > 0 && ts.Length > 0 ? new Place(channel, ts).ToString() : null;
            return new SendOutcome.Accepted($"Slack message {PlainText.OneLine(ts, 40)}") { Handle = receipt ? place : null, Thread = receipt ? place : null };
        }

        var error = PlainText.OneLine(json.RootElement.Text("error"), 80);
        return error is "ratelimited" or "rate_limited" or "internal_error" or "fatal_error" or "service_unavailable" or "request_timeout" or "message_limit_exceeded"
            ? new SendOutcome.TryAgain($"Slack: {error}")
            : new SendOutcome.Refused($"Slack: {error}.{Advice(error)}");
    }

    private static string Advice(string error) => error switch
    {
        "invalid_auth" or "not_authed" or "token_revoked" or "token_expired" or "account_inactive" => " The bot's token is not good any more; enter a new one.",
        "channel_not_found" => " Name the conversation by its id, and invite the bot if it is private.",
        "not_in_channel" => " Invite the bot into the channel, or give the app the scope chat:write.public.",
        "missing_scope" => " Give the app the scope chat:write and install it again.",
        "is_archived" => " The channel was archived; name another.",
        "user_not_found" or "users_not_found" => " Nobody has this id; it is in the person's profile in Slack.",
        _ => "",
    };

    internal static byte[] Write(Message message) => Write(message, bot: false, null);

    /// <param name="bot">Whether buttons act, as those of an app's own messages do; else they are links.</param>
    /// <param name="thread">The message below which this is posted.</param>
    /// <param name="ts">The message that becomes this.</param>
    internal static byte[] Write(Message message, bool bot, string? channel, string? thread = null, string? ts = null)
    {
        var text = Texts.For(message);
        var firstPage = message is { Kind: MessageKind.Page, Step: <= 1, Round: <= 1 };
        var buffer = new ArrayBufferWriter<byte>(2048);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        if (channel is not null)
        {
            json.WriteString("channel", channel);
        }

        if (ts is not null)
        {
            json.WriteString("ts", ts);
        }

        if (thread is not null)
        {
            json.WriteString("thread_ts", thread);
        }

        json.WriteString("text", Escape($"{text.Title}. {Told(message, text)}", SectionMax));
        json.WriteBoolean("unfurl_links", false);
        json.WriteBoolean("unfurl_media", false);
        json.WriteStartArray("blocks");

        WriteTextBlock(json, "header", "plain_text", Escape(firstPage ? text.Heading : text.Title, HeaderMax));
        if (thread is null)
        {
            WriteContext(json, message, text);
        }

        WriteTextBlock(json, "section", "mrkdwn", Section(message, text));
        if (thread is null)
        {
            WriteButtons(json, message, text, bot);
        }

        json.WriteEndArray();
        if (bot)
        {
            json.WriteStartObject("metadata");
            json.WriteString("event_type", "tocsin_message");
            json.WriteStartObject("event_payload");
            json.WriteString("key", message.Key);
            json.WriteNumber("incident", message.Incident);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Text that Slack shows as it is: its three special characters encoded, names that would ring the whole channel broken up.
    /// At most <paramref name="max"/> characters after encoding, and never cut inside one.
    /// </summary>
    internal static string Escape(string text, int max)
    {
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var rune in Loud().Replace(text, "@\u200b${name}").EnumerateRunes())
        {
            var next = rune.Value switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                _ => rune.ToString(),
            };
            if (escaped.Length + next.Length > max - 1)
            {
                return escaped.Append('…').ToString();
            }

            escaped.Append(next);
        }

        return escaped.ToString();
    }

    // A space of no width behind the sign makes a name that rings everybody a mere word.
    [GeneratedRegex("@(?<name>here|channel|everyone|group)", RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase | RegexOptions.NonBacktracking)]
    private static partial Regex Loud();

    // A channel is read by many: the texts that say "you" are for one.
    private static string Told(Message message, MessageText text) => message.Kind == MessageKind.Page
        ? $"Paged: {PlainText.OneLine(message.Recipient, 60)}{(PlainText.OneLine(message.Because, 200) is { Length: > 0 } because ? $", as {because}" : "")}. {Texts.Next(message)}"
        : text.Body;

    private static string Section(Message message, MessageText text)
    {
        var description = PlainText.Block(message.Description, SectionMax);
        var told = Told(message, text);
        return Escape(description.Length == 0 ? told : $"{told}\n\n{description}", SectionMax);
    }

    private static void WriteContext(Utf8JsonWriter json, Message message, MessageText text)
    {
        json.WriteStartObject();
        json.WriteString("type", "context");
        json.WriteString("block_id", $"page-{message.Key}");
        json.WriteStartArray("elements");
        WriteText(json, "mrkdwn", Escape(string.Join(" · ", text.Facts.Select(fact => $"{fact.Label}: {fact.Value}").DefaultIfEmpty(text.Subject)), ContextMax));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteButtons(Utf8JsonWriter json, Message message, MessageText text, bool bot)
    {
        // A message about something that is over has nothing to press but the way to its page.
        var code = bot && message.Kind is not (MessageKind.Resolved or MessageKind.Test or MessageKind.More) ? message.AnswerCode : null;
        var action = !bot && text.Actionable ? message.ActionUrl : null;
        if (code is null && action is null && message.IncidentUrl is null)
        {
            return;
        }

        json.WriteStartObject();
        json.WriteString("type", "actions");
        json.WriteStartArray("elements");
        if (code is not null)
        {
            if (message.Kind is not MessageKind.Acknowledged)
            {
                WriteButton(json, text.Action, Verbs.Acknowledge, value: code, primary: true);
            }
        }

        if (code is not null && message.Kind is not MessageKind.SelfTest)
        {
            WriteButton(json, "Resolve", Verbs.Resolve, value: code);
            WriteButton(json, "Escalate", Verbs.Escalate, value: code);
            if (message.Kind is not MessageKind.Snoozed)
            {
                WriteButton(json, "Snooze 1 h", Verbs.Snooze, value: code);
            }
        }

        if (action is not null)
        {
            WriteButton(json, text.Action, "open_acknowledge", url: action, primary: true);
        }

        if (message.IncidentUrl is { } open)
        {
            WriteButton(json, "Open", "open_incident", url: open);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteButton(Utf8JsonWriter json, string label, string id, string? value = null, Uri? url = null, bool primary = false)
    {
        json.WriteStartObject();
        json.WriteString("type", "button");
        json.WriteString("action_id", id);
        json.WritePropertyName("text");
        WriteText(json, "plain_text", label);
        if (value is not null)
        {
            json.WriteString("value", value);
        }

        if (url is not null)
        {
            json.WriteString("url", url.AbsoluteUri);
        }

        if (primary)
        {
            json.WriteString("style", "primary");
        }

        json.WriteEndObject();
    }

    private static void WriteTextBlock(Utf8JsonWriter json, string block, string type, string text)
    {
        json.WriteStartObject();
        json.WriteString("type", block);
        json.WritePropertyName("text");
        WriteText(json, type, text);
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string type, string text)
    {
        json.WriteStartObject();
        json.WriteString("type", type);
        json.WriteString("text", text);
        if (type == "plain_text")
        {
            json.WriteBoolean("emoji", false);
        }
        else
        {
            // Slack then makes no links and no mentions of what merely looks like them.
            json.WriteBoolean("verbatim", true);
        }

        json.WriteEndObject();
    }
}
