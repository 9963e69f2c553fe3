using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tocsin.Alerts;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>
/// Discord by the webhook of a channel: an embed with links, changed when what it says is no longer so. Nothing in it rings anybody. Discord has
/// no idempotency for webhooks: a retry may show twice.
/// </summary>
internal sealed class Discord(GuardedHttp http, Pace pace) : INotifier
{
    private static readonly JsonSerializerOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Five within two seconds for each webhook.</summary>
    private static readonly TimeSpan _every = TimeSpan.FromMilliseconds(400);

    public ProviderInfo Info { get; } = new("discord", "Discord webhook", new("https://discord.com/developers/docs/resources/webhook"),
    [
        new("url", "The webhook's address from the channel's settings, https://discord.com/api/webhooks/….", Required: true, Secret: true),
        ProviderSetting.Updates("yes"),
    ]);

    public IReadOnlyList<Error> Check(ContactMethod method)
    {
        var errors = SettingsCheck.Keys(Info, method);
        if (SettingsCheck.Get(method, "url") is { Length: > 0 } url)
        {
            if (OutgoingUrl.Parse(url, "url").Error is { } badUrl)
            {
                errors.Add(badUrl);
            }
            else if (!new Uri(url).AbsolutePath.Contains("/webhooks/", StringComparison.Ordinal) || url.Contains('#', StringComparison.Ordinal))
            {
                errors.Add(Error.Invalid("url", "A webhook's address has the form https://discord.com/api/webhooks/NUMBER/TOKEN."));
            }
        }

        return errors;
    }

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        var url = SettingsCheck.Get(method, "url");
        if (await pace.WaitAsync($"discord {url}", _every, ct) is { } tooLong)
        {
            return new SendOutcome.TryAgain("Discord takes about two messages a second for each webhook, and many wait.", tooLong);
        }

        return ToOutcome(await http.SendJsonAsync(HttpMethod.Post, Address(url, "", "wait=true"), Write(message), null, ct), message.Kind is not (MessageKind.Test or MessageKind.SelfTest));
    }

    public async Task<SendOutcome> EditAsync(Message message, string handle, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        return ulong.TryParse(handle, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? ToOutcome(await http.SendJsonAsync(HttpMethod.Patch, Address(SettingsCheck.Get(method, "url"), $"/messages/{id}", ""), Write(message), null, ct), receipt: false)
            : new SendOutcome.Refused("It is not known any more which message this was.");
    }

    /// <summary>The webhook's address with what is added to its path and query; a thread's number in the query stays.</summary>
    private static string Address(string url, string path, string query)
    {
        var at = url.IndexOf('?', StringComparison.Ordinal);
        var (before, after) = at < 0 ? (url, "") : (url[..at], url[(at + 1)..]);
        var all = string.Join('&', ((string[])[after, query]).Where(part => part.Length > 0));
        return $"{before.TrimEnd('/')}{path}{(all.Length > 0 ? $"?{all}" : "")}";
    }

    /// <summary>When to come again stands in the body, in seconds with a fraction.</summary>
    private static SendOutcome ToOutcome(OutgoingAnswer answer, bool receipt)
    {
        if (answer is not OutgoingAnswer.Status status)
        {
            return answer.ToOutcome();
        }

        using var json = JsonAnswer.Parse(status.Body);
        if (status.Code == 429 && json is not null && json.RootElement.TryGetProperty("retry_after", out var after) && after.TryGetDouble(out var seconds) && seconds is >= 0 and < 3600)
        {
            return new SendOutcome.TryAgain("HTTP 429: Discord asks to wait.", TimeSpan.FromSeconds(Math.Ceiling(seconds)));
        }

        if (status.Code is < 200 or > 299)
        {
            return status.Code == 404 ? new SendOutcome.Refused("HTTP 404: the webhook or the message was removed in Discord.") : answer.ToOutcome();
        }

        var id = json?.RootElement.Text("id") ?? "";
        return new SendOutcome.Accepted(id.Length > 0 ? $"Discord message {PlainText.OneLine(id, 24)}" : $"HTTP {status.Code}") { Handle = receipt && id.Length > 0 ? id : null };
    }

    internal static byte[] Write(Message message)
    {
        var text = Texts.For(message);
        var firstPage = message is { Kind: MessageKind.Page, Step: <= 1, Round: <= 1 };
        var told = new StringBuilder(Escape(Told(message, text), 1000));
        if (text.Actionable && message.ActionUrl is { } action)
        {
            told.Append($"\n\n**[{text.Action}]({action.AbsoluteUri})**");
        }

        if (PlainText.Block(message.Description, 1500) is { Length: > 0 } description)
        {
            told.Append($"\n\n{Escape(description, 2000)}");
        }

        var embed = new JsonObject
        {
            ["title"] = Escape(firstPage ? text.Heading : text.Title, 256),
            ["description"] = told.ToString(),
            ["color"] = Color(message),
            ["fields"] = new JsonArray([.. text.Facts.Take(25).Select(fact => new JsonObject { ["name"] = fact.Label, ["value"] = Escape(fact.Value, 200), ["inline"] = true })]),
            ["footer"] = new JsonObject { ["text"] = $"page-{message.Key}" },
        };
        if (message.IncidentUrl is { } open)
        {
            embed["url"] = open.AbsoluteUri;
        }

        return JsonSerializer.SerializeToUtf8Bytes(
            new JsonObject
            {
                ["content"] = "",
                ["embeds"] = new JsonArray(embed),
                ["allowed_mentions"] = new JsonObject { ["parse"] = new JsonArray() },
            },
            _json);
    }

    // A channel is read by many: the texts that say "you" are for one.
    private static string Told(Message message, MessageText text) => message.Kind == MessageKind.Page
        ? $"Paged: {PlainText.OneLine(message.Recipient, 60)}{(PlainText.OneLine(message.Because, 200) is { Length: > 0 } because ? $", as {because}" : "")}. {Texts.Next(message)}"
        : text.Body;

    private static int Color(Message message) => (message.Kind, message.Severity) switch
    {
        (MessageKind.Resolved, _) => 0x2E7D32,
        (MessageKind.Acknowledged or MessageKind.Snoozed, _) => 0x7B3FA0,
        (MessageKind.Test or MessageKind.SelfTest, _) or (_, Severity.Info) => 0x5C6B7A,
        (_, Severity.Warning) => 0xB26A00,
        _ => 0xC62828,
    };

    /// <summary>Text that Discord shows as it is; never cut inside a character.</summary>
    internal static string Escape(string text, int max)
    {
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var rune in text.EnumerateRunes())
        {
            var atStart = escaped.Length == 0 || escaped[^1] == '\n';
            var next = rune.Value is '\\' or '*' or '_' or '~' or '`' or '|' or '>' or '<' or '[' or ']' or '@' || (atStart && rune.Value is '-' or '#')
                ? $"\\{rune}"
                : rune.ToString();
            if (escaped.Length + next.Length > max - 1)
            {
                return escaped.Append('…').ToString();
            }

            escaped.Append(next);
        }

        return escaped.ToString();
    }
}
