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
/// Slack by an incoming webhook. Slack has no idempotency here: the page key travels as the id of a block, so that a doubled message
/// can be told from two.
/// </summary>
internal sealed partial class Slack(GuardedHttp http) : INotifier
{
    private const int HeaderMax = 150;
    private const int SectionMax = 3000;
    private const int ContextMax = 2000;

    public ProviderInfo Info { get; } = new("slack", "Slack incoming webhook", new("https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks"),
    [
        new("url", "The address that Slack gave, https://hooks.slack.com/services/….", Required: true, Secret: true),
        ProviderSetting.Updates("yes"),
    ]);

    public IReadOnlyList<Error> Check(ContactMethod method)
    {
        var errors = SettingsCheck.Keys(Info, method);
        if (SettingsCheck.Get(method, "url") is { Length: > 0 } url && OutgoingUrl.Parse(url, "url").Error is { } badUrl)
        {
            errors.Add(badUrl);
        }

        return errors;
    }

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, SettingsCheck.Get(method, "url"));
        request.Content = new ByteArrayContent(Write(message));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return (await http.SendAsync(request, ct)).ToOutcome();
    }

    internal static byte[] Write(Message message)
    {
        var text = Texts.For(message);
        var firstPage = message is { Kind: MessageKind.Page, Step: <= 1, Round: <= 1 };
        var buffer = new ArrayBufferWriter<byte>(2048);
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("text", Escape($"{text.Title}. {Told(message, text)}", SectionMax));
        json.WriteBoolean("unfurl_links", false);
        json.WriteBoolean("unfurl_media", false);
        json.WriteStartArray("blocks");

        WriteTextBlock(json, "header", "plain_text", Escape(firstPage ? text.Heading : text.Title, HeaderMax));
        WriteContext(json, message, text);
        WriteTextBlock(json, "section", "mrkdwn", Section(message, text));
        WriteButtons(json, message, text);

        json.WriteEndArray();
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

    private static void WriteButtons(Utf8JsonWriter json, Message message, MessageText text)
    {
        var action = text.Actionable ? message.ActionUrl : null;
        if (action is null && message.IncidentUrl is null)
        {
            return;
        }

        json.WriteStartObject();
        json.WriteString("type", "actions");
        json.WriteStartArray("elements");
        if (action is not null)
        {
            WriteButton(json, "Acknowledge", "open_acknowledge", action, primary: true);
        }

        if (message.IncidentUrl is { } open)
        {
            WriteButton(json, "Open", "open_incident", open, primary: false);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteButton(Utf8JsonWriter json, string label, string id, Uri url, bool primary)
    {
        json.WriteStartObject();
        json.WriteString("type", "button");
        json.WriteString("action_id", id);
        json.WritePropertyName("text");
        WriteText(json, "plain_text", label);
        json.WriteString("url", url.AbsoluteUri);
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
