using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tocsin.Alerts;
using Tocsin.Notify;
using Tocsin.Outgoing;

namespace Tocsin.Providers;

/// <summary>Push by a Gotify server. Its messages have no buttons and cannot be changed; a tap opens the page with the button.</summary>
internal sealed class Gotify(GuardedHttp http) : INotifier
{
    private static readonly JsonSerializerOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public ProviderInfo Info { get; } = new("gotify", "Gotify", new("https://gotify.net/docs/pushmsg"),
    [
        new("url", "The server's base address, such as https://gotify.example.com.", Required: true),
        new("token", "The token of an application that the person made there; it is theirs, and says who gets the message.", Required: true, Secret: true),
        ProviderSetting.Updates("yes"),
    ])
    {
        Rings = true,
    };

    public IReadOnlyList<Error> Check(ContactMethod method)
    {
        var errors = SettingsCheck.Keys(Info, method);
        if (SettingsCheck.Get(method, "url") is { Length: > 0 } url)
        {
            if (OutgoingUrl.Parse(url, "url").Error is { } badUrl)
            {
                errors.Add(badUrl);
            }
            else if (url.AsSpan().ContainsAny('?', '#'))
            {
                errors.Add(Error.Invalid("url", "The base address has no query; the token has a setting of its own."));
            }
        }

        if (SettingsCheck.Get(method, "token") is { Length: > 0 } token && (token.Length > 200 || token.Any(c => c is <= ' ' or > '~')))
        {
            errors.Add(Error.Invalid("token", "A token has letters, digits and signs without blanks, such as AP8N….abc."));
        }

        return errors;
    }

    public async Task<SendOutcome> SendAsync(Message message, ContactMethod method, CancellationToken ct)
    {
        if (Check(method) is [var first, ..])
        {
            return new SendOutcome.Refused(first.Detail);
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, $"{SettingsCheck.Get(method, "url").TrimEnd('/')}/message") { Content = new ByteArrayContent(Write(message)) };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Add("X-Gotify-Key", SettingsCheck.Get(method, "token"));
        return (await http.SendAsync(request, ct)).ToOutcome(ReadReceipt);
    }

    internal static int Priority(Message message) => (message.Kind, message.Severity) switch
    {
        (MessageKind.Resolved or MessageKind.Acknowledged or MessageKind.Snoozed, _) => 2,
        (MessageKind.Test or MessageKind.Reminder or MessageKind.Waited, _) => 5,
        (MessageKind.SelfTest, _) => 7,
        (_, Severity.Critical) => 9,
        (_, Severity.Warning) => 5,
        (_, Severity.Info) => 2,
        _ => 7,
    };

    internal static byte[] Write(Message message)
    {
        var text = Texts.For(message);
        var description = PlainText.Block(message.Description, 2000);
        var extras = new JsonObject { ["client::display"] = new JsonObject { ["contentType"] = "text/plain" } };
        if (((text.Actionable ? message.ActionUrl : null) ?? message.IncidentUrl) is { } url)
        {
            extras["client::notification"] = new JsonObject { ["click"] = new JsonObject { ["url"] = url.AbsoluteUri } };
        }

        return JsonSerializer.SerializeToUtf8Bytes(
            new JsonObject
            {
                ["title"] = text.Title,
                ["message"] = description.Length == 0 ? text.Body : $"{text.Body}\n\n{description}",
                ["priority"] = Priority(message),
                ["extras"] = extras,
            },
            _json);
    }

    private static string? ReadReceipt(string body)
    {
        using var json = JsonAnswer.Parse(body);
        return json?.RootElement.Text("id") is { Length: > 0 } id ? $"Gotify id {PlainText.OneLine(id, 20)}" : null;
    }
}
