using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tocsin.Alerts;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>
/// Microsoft Teams by the webhook of a workflow: an Adaptive Card whose buttons are links. It is a way in only: nothing comes back, and nothing
/// is changed later. Texts of others stand in runs, which know no Markdown.
/// </summary>
internal sealed class Teams(GuardedHttp http) : INotifier
{
    /// <summary>Teams takes 28 KB; some is left for what the workflow adds.</summary>
    internal const int CardMaxBytes = 27_000;

    private static readonly JsonSerializerOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public ProviderInfo Info { get; } = new("teams", "Microsoft Teams workflow", new("https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook"),
    [
        new("url", "The address that the workflow 'Post to a channel when a webhook request is received' shows.", Required: true, Secret: true),
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
            else if (new Uri(url).Host.EndsWith(".webhook.office.com", StringComparison.OrdinalIgnoreCase))
            {
                errors.Add(Error.Invalid("url", "This is the address of an Office 365 connector, which Microsoft has retired; make a workflow in Teams and use its address."));
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

        return (await http.SendJsonAsync(HttpMethod.Post, SettingsCheck.Get(method, "url"), Write(message), null, ct)).ToOutcome(_ => null);
    }

    internal static byte[] Write(Message message)
    {
        foreach (var most in (int[])[4000, 1000, 100])
        {
            if (Write(message, most) is { Length: <= CardMaxBytes } card)
            {
                return card;
            }
        }

        return Write(message, 0);
    }

    private static byte[] Write(Message message, int descriptionMax)
    {
        var text = Texts.For(message);
        var firstPage = message is { Kind: MessageKind.Page, Step: <= 1, Round: <= 1 };
        var body = new JsonArray(
            Run(firstPage ? text.Heading : text.Title, size: "Large", bold: true, Color(message)),
            Run(Told(message, text)));
        if (text.Facts.Count > 0)
        {
            body.Add(Run(PlainText.OneLine(string.Join(" · ", text.Facts.Select(fact => $"{fact.Label}: {fact.Value}")), 800), size: "Small"));
        }

        if (descriptionMax > 0 && PlainText.Block(message.Description, descriptionMax) is { Length: > 0 } description)
        {
            body.Add(Run(description));
        }

        var actions = new JsonArray();
        if (text.Actionable && message.ActionUrl is { } action)
        {
            actions.Add(new JsonObject { ["type"] = "Action.OpenUrl", ["title"] = text.Action, ["url"] = action.AbsoluteUri });
        }

        if (message.IncidentUrl is { } open)
        {
            actions.Add(new JsonObject { ["type"] = "Action.OpenUrl", ["title"] = "Open", ["url"] = open.AbsoluteUri });
        }

        return JsonSerializer.SerializeToUtf8Bytes(
            new JsonObject
            {
                ["type"] = "message",
                ["attachments"] = new JsonArray(new JsonObject
                {
                    ["contentType"] = "application/vnd.microsoft.card.adaptive",
                    ["contentUrl"] = null,
                    ["content"] = new JsonObject
                    {
                        ["$schema"] = "http://adaptivecards.io/schemas/adaptive-card.json",
                        ["type"] = "AdaptiveCard",
                        ["version"] = "1.2",
                        ["fallbackText"] = text.Title,
                        ["msteams"] = new JsonObject { ["width"] = "full" },
                        ["body"] = body,
                        ["actions"] = actions,
                    },
                }),
            },
            _json);
    }

    // A channel is read by many: the texts that say "you" are for one.
    private static string Told(Message message, MessageText text) => message.Kind == MessageKind.Page
        ? $"Paged: {PlainText.OneLine(message.Recipient, 60)}{(PlainText.OneLine(message.Because, 200) is { Length: > 0 } because ? $", as {because}" : "")}. {Texts.Next(message)}"
        : text.Body;

    private static string Color(Message message) => (message.Kind, message.Severity) switch
    {
        (MessageKind.Resolved, _) => "good",
        (MessageKind.Acknowledged or MessageKind.Snoozed or MessageKind.Test or MessageKind.SelfTest, _) => "accent",
        (_, Severity.Warning) => "warning",
        (_, Severity.Info) => "default",
        _ => "attention",
    };

    private static JsonObject Run(string text, string size = "Default", bool bold = false, string color = "default") => new()
    {
        ["type"] = "RichTextBlock",
        ["inlines"] = new JsonArray(new JsonObject { ["type"] = "TextRun", ["text"] = text, ["size"] = size, ["weight"] = bold ? "Bolder" : "Default", ["color"] = color }),
    };
}
